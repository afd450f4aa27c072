-- Who asks to be matched, and when: every change of what the engine reads puts a member into the queue, in the
-- transaction of the change. Only these functions and an operator touch the queue.

-- Another guest's joining of an event queues members again and unparks them, so these rows would tell of it.
select private.declare_table('matchmaking_queue', owner => 'user_id',
    withheld => 'state of the machine; whether and since when you wait can be what another member did');
select private.declare_table('matchmaking_parked', owner => 'user_id',
    withheld => 'state of the machine; what another member does can end it');
select private.declare_table('private.matchmaking_leases',
    withheld => 'state of the machine: which worker is at a waiting member');
select private.declare_table('matchmaking_jobs', about_nobody => 'pools, in counts');

revoke all on public.matchmaking_queue, public.matchmaking_parked, public.matchmaking_jobs
    from public, anon, authenticated, service_role;
revoke all on private.matchmaking_leases from public, anon, authenticated, service_role;
grant select, insert, update, delete on public.matchmaking_queue to service_role;
grant select, delete on public.matchmaking_parked to service_role;
grant select, update on public.matchmaking_jobs to service_role;
alter table public.matchmaking_queue enable row level security;
alter table public.matchmaking_parked enable row level security;
alter table public.matchmaking_jobs enable row level security;

create or replace function private.queue_turn() returns trigger
language plpgsql security definer set search_path = '' as $$
begin
    -- Who must wait until later stands among those who come then, not in everybody's way.
    new.turn_at := case when new.available_at > now() then greatest(new.enqueued_at, new.available_at)
        else new.enqueued_at end
        - new.priority * (select s.priority_head_start from public.settings s);
    return new;
end $$;
comment on function private.queue_turn() is
    'Priority is a head start, so that whoever waits long enough is served before any priority.';
create or replace trigger queue_turn before insert or update of priority, enqueued_at, available_at
    on public.matchmaking_queue
    for each row execute function private.queue_turn();

create or replace function private.enqueue(
    members uuid[], event_id uuid, priority integer, reason public.queue_reason, not_before timestamptz default now()
) returns integer
language plpgsql volatile set search_path = '' set enable_seqscan = off set jit = off as $$
#variable_conflict use_column
declare
    asked integer;
begin
    delete from public.matchmaking_parked k where k.user_id = any (members)
        and k.pool = private.pool_of(enqueue.event_id);
    if cardinality(members) > 1 then
        -- By id, as a worker locks what it completes: in the order of members it would end in a deadlock.
        perform 1 from public.matchmaking_queue q
        where q.pool = private.pool_of(enqueue.event_id) and q.user_id = any (members) order by q.id for update;
    end if;
    -- Who is there already is locked and marked: a worker that took them before this transaction is seen will find
    -- that somebody has asked again, and leaves the row. Asking twice in one transaction writes once.
    -- Who is being erased has no row among the people any more, while what they told is still going.
    insert into public.matchmaking_queue as q (event_id, user_id, priority, reason, available_at)
    select enqueue.event_id, m.id, enqueue.priority, enqueue.reason, greatest(enqueue.not_before, x.begins)
    from unnest(members) m (id)
    -- One by one, however many: not joined, see pools.sql.
    cross join lateral (
        select private.searches_from(p) as begins from public.connect_profiles p join public.users u on u.id = p.user_id
        where p.user_id = m.id limit 1) x
    where x.begins is not null order by m.id
    on conflict on constraint matchmaking_queue_once do update set
        asked_by = pg_current_xact_id(),
        priority = greatest(q.priority, excluded.priority),
        reason = case when q.reason = 'joined' then q.reason else excluded.reason end,
        available_at = least(q.available_at, excluded.available_at)
    where q.asked_by <> pg_current_xact_id();
    get diagnostics asked = row_count;
    return asked;
end $$;
comment on function private.enqueue(uuid[], uuid, integer, public.queue_reason, timestamptz) is
    'Puts members into a pool''s queue, or marks that they asked again; their waiting time stays. Whose pause has an '
    'end is there from then on, who does not search is left out. Returns how many rows were written.';

create or replace function private.ask_for_matches(
    member uuid, priority integer, reason public.queue_reason, not_before timestamptz default now()
)
returns void
language plpgsql volatile set search_path = '' as $$
declare
    event uuid;
begin
    perform private.enqueue(array[member], null, priority, reason, not_before);
    for event in
        select e.id from public.event_members x join public.events e on e.id = x.event_id
        where x.user_id = member and private.is_open(e) order by e.id
    loop
        perform private.enqueue(array[member], event, priority, reason, not_before);
    end loop;
end $$;
comment on function private.ask_for_matches(uuid, integer, public.queue_reason, timestamptz) is
    'Queues a member in every pool they are in, if they search or their pause has an end.';

create or replace function private.forget_candidates(member uuid) returns void
language plpgsql volatile set search_path = '' as $$
begin
    delete from private.pool_members m where m.user_id = member;
end $$;
comment on function private.forget_candidates(uuid) is 'Takes a member out of every list, theirs and those of others.';

create or replace function private.profile_asks() returns trigger
language plpgsql security definer set search_path = '' as $$
begin
    if tg_op = 'INSERT' then
        perform private.ask_for_matches(new.user_id, 0, 'joined');
    elsif private.is_searching(new) then
        if private.is_searching(old) then
            perform private.ask_for_matches(new.user_id, 2, 'changed');
        else
            perform private.ask_for_matches(new.user_id, 0, 'joined');
        end if;
    else
        delete from public.matchmaking_queue q where q.user_id = new.user_id;
        delete from public.matchmaking_parked k where k.user_id = new.user_id;
        perform private.forget_candidates(new.user_id);
        perform private.ask_for_matches(new.user_id, 0, 'joined');
    end if;
    return null;
end $$;
comment on function private.profile_asks() is
    'Who opts in, comes back, or changes what they look for is matched; who pauses is on nobody''s list.';
create or replace trigger profile_asks after insert or update of
    is_active, paused_until, absent_since, mode, min_age, max_age, distance_km, preferred_genders,
    friendship_genders, language_pref, values_vector,
    communication_vector, life_goals_vector, emotional_readiness_score on public.connect_profiles
    for each row execute function private.profile_asks();

create or replace function private.proposable_from(member uuid) returns timestamptz
language plpgsql stable set search_path = '' as $$
begin
    return (select greatest(now(), max(m.at) filter (where m.made >= s.proposals_per_lifetime) + s.proposal_lifetime)
        from public.settings s left join (
            select p.at,
                sum(p.proposals) over (order by p.at desc rows between unbounded preceding and current row) as made
            from private.proposals_made p where p.user_id = member) m on true
        group by s.id);
end $$;
comment on function private.proposable_from(uuid) is
    'Now, or when the account has had fewer than settings.proposals_per_lifetime proposals within a proposal_lifetime '
    'again.';

create or replace function private.queue_freed_members(members uuid[]) returns void
language plpgsql volatile set search_path = '' as $$
declare
    member uuid;
begin
    -- Whoever is being erased right now needs nothing, and must not be waited for.
    for member in select u.id from public.users u where u.id = any (members)
        order by u.id for key share skip locked loop
        perform private.ask_for_matches(member, 1, 'freed', private.proposable_from(member));
    end loop;
end $$;
comment on function private.queue_freed_members(uuid[]) is
    'A place of these members became free: they are matched again, as soon as their account may have a proposal.';

create or replace function private.is_open(e public.events) returns boolean
language sql stable set search_path = ''
return e.matchmaking_enabled and coalesce(e.ends_at > now(), true);
comment on function private.is_open(public.events) is 'Whether members of the event are matched now.';

create or replace function private.enqueue_pool(
    event_id uuid, priority integer, reason public.queue_reason
) returns integer
language plpgsql volatile set search_path = '' as $$
begin
    return private.enqueue(
        case when event_id is null then array(select p.user_id from public.connect_profiles p)
            else array(select x.user_id from public.event_members x where x.event_id = enqueue_pool.event_id)
        end, enqueue_pool.event_id, priority, reason);
end $$;
comment on function private.enqueue_pool(uuid, integer, public.queue_reason) is
    'Queues everybody who searches in a pool, or will when their pause ends.';

create or replace function public.enqueue_event_matchmaking(event_id uuid, priority integer default 0) returns integer
language plpgsql volatile security definer set search_path = '' as $$
declare
    e public.events;
begin
    if enqueue_event_matchmaking.priority is null or enqueue_event_matchmaking.priority not between 0 and 3 then
        raise exception using errcode = 'PT422', message = 'invalid_body', detail = 'priority: 0, 1, 2 or 3.';
    end if;
    if enqueue_event_matchmaking.event_id is not null then
        select * into e from public.events x where x.id = enqueue_event_matchmaking.event_id;
        if e.id is null then
            raise exception using errcode = 'PT404', message = 'not_found', detail = 'There is no such event.';
        elsif not e.matchmaking_enabled then
            raise exception using errcode = 'PT409', message = 'conflict',
                detail = 'Matchmaking of this event is off: set events.matchmaking_enabled.';
        elsif not private.is_open(e) then
            -- Over: nobody is matched there, and whoever queues all enabled events goes on with the next.
            return 0;
        end if;
    end if;
    perform private.take_pool_lock();
    return private.enqueue_pool(enqueue_event_matchmaking.event_id, enqueue_event_matchmaking.priority, 'enabled');
end $$;
comment on function public.enqueue_event_matchmaking(uuid, integer) is
    'Queues everybody of an event (null: of the global pool) with a priority of 0 to 3. Returns how many rows were '
    'written. Service only.';
revoke all on function public.enqueue_event_matchmaking(uuid, integer) from public, anon, authenticated, service_role;
grant execute on function public.enqueue_event_matchmaking(uuid, integer) to service_role;
select private.declare_call('enqueue_event_matchmaking');

create or replace function public.unpark_matchmaking() returns integer
language plpgsql volatile security definer set search_path = '' as $$
declare
    k public.matchmaking_parked;
    moved integer := 0;
begin
    for k in select * from public.matchmaking_parked order by user_id loop
        moved := moved + private.enqueue(array[k.user_id], k.event_id, k.priority, 'hand');
    end loop;
    return moved;
end $$;
comment on function public.unpark_matchmaking() is
    'Puts everybody who is parked back into the queue, after the fault has been mended. Returns how many. Service '
    'only.';
revoke all on function public.unpark_matchmaking() from public, anon, authenticated, service_role;
grant execute on function public.unpark_matchmaking() to service_role;
select private.declare_call('unpark_matchmaking');
