-- The matcher's work on the queue: claim, complete, fail; search.sql holds what it loads. A worker holds what it took
-- by an attempt number and a lease; what it brings after losing them changes nothing. Service only.

create or replace function private.park(queue_id bigint, error text) returns void
language plpgsql volatile set search_path = '' as $$
begin
    with gone as (
        delete from public.matchmaking_queue q where q.id = park.queue_id returning q.*
    ),
    lost as (
        select g.*, l.attempt from gone g left join private.matchmaking_leases l on l.queue_id = g.id
    ),
    parked as (
        insert into public.matchmaking_parked (user_id, event_id, priority, reason, attempts, last_error)
        select l.user_id, l.event_id, l.priority, l.reason, coalesce(l.attempt, 0), left(park.error, 500) from lost l
        on conflict on constraint matchmaking_parked_once do update set priority = excluded.priority,
            reason = excluded.reason,
            attempts = excluded.attempts, last_error = excluded.last_error, parked_at = now()
        returning event_id
    )
    update public.matchmaking_jobs j set error_count = j.error_count + 1, last_error = left(park.error, 500),
        status = case when j.status = 'paused' then j.status else 'error' end
    from parked p where j.event_id is not distinct from p.event_id;
end $$;
comment on function private.park(bigint, text) is
    'Gives a queue row up: it waits in matchmaking_parked for a change or an operator.';

create or replace function private.is_free(q public.matchmaking_queue) returns boolean
language sql stable set search_path = ''
return q.available_at <= now() and not exists (
    select from private.matchmaking_leases l where l.queue_id = q.id and l.leased_until > now());
comment on function private.is_free(public.matchmaking_queue) is 'Whether a worker may take the row now.';

create sequence if not exists private.claims;
comment on sequence private.claims is 'Counts claims: every fourth goes to those who joined.';

create or replace function private.first_in_turn(
    inout newcomers boolean, out first public.matchmaking_queue, out tried integer
)
language plpgsql volatile set search_path = '' as $$
declare
    pools uuid[] := private.open_pools();
    chosen uuid;
    most constant integer := (select s.matchmaking_attempts from public.settings s);
begin
    loop
        -- The pool first, so that one which is paused, or held by others, stands in nobody's way however long it is.
        chosen := null;
        if newcomers then
            select q.pool into chosen from public.matchmaking_queue q
            where q.reason = 'joined' and q.pool = any (pools) and private.is_free(q)
            order by q.turn_at, q.id limit 1;
            newcomers := chosen is not null;
        end if;
        if chosen is null then
            select o.pool into chosen from unnest(pools) o (pool)
            cross join lateral (
                select q.turn_at, q.id from public.matchmaking_queue q
                where q.pool = o.pool and private.is_free(q) order by q.turn_at, q.id limit 1) q
            order by q.turn_at, q.id limit 1;
        end if;
        exit when chosen is null;
        select q.* into first from public.matchmaking_queue q
        where q.pool = chosen and private.is_free(q) and (not newcomers or q.reason = 'joined')
        order by q.turn_at, q.id limit 1 for update of q skip locked;
        if first.id is null then
            -- Other workers are at everything that is free here right now.
            pools := array_remove(pools, chosen);
            continue;
        end if;
        select l.attempt into tried from private.matchmaking_leases l where l.queue_id = first.id;
        exit when coalesce(tried, 0) < most;
        -- Its worker never came back, time after time, and it was alone with it.
        perform private.park(first.id, 'abandoned by its worker');
        first := null;
    end loop;
end $$;
comment on function private.first_in_turn(boolean) is
    'The row of the queue whose turn it is, locked, of an open pool, and how often it was tried; all null when no row '
    'is free. newcomers: a member who joined comes first, and newcomers tells whether there was one. Rows that were '
    'tried too often are parked.';

create or replace function private.lease_batch(
    first public.matchmaking_queue, newcomers boolean, most integer, worker text
) returns json
language plpgsql volatile set search_path = '' as $$
declare
    claimed json;
    lasts constant interval := (select s.matchmaking_lease from public.settings s);
begin
    with more as (
        select q.id, q.user_id, q.asked_by from public.matchmaking_queue q
        where most > 1 and q.pool = first.pool and q.id <> first.id and q.available_at <= now()
          and (not newcomers or q.reason = 'joined')
          and not exists (select from private.matchmaking_leases l where l.queue_id = q.id)
        order by q.turn_at, q.id limit most - 1 for update of q skip locked
    ),
    taken as (
        select first.id, first.user_id, first.asked_by union all select m.id, m.user_id, m.asked_by from more m
    ),
    leased as (
        insert into private.matchmaking_leases as l (queue_id, worker, asked_by, claimed_at, leased_until)
        select t.id, lease_batch.worker, t.asked_by, clock_timestamp(), clock_timestamp() + lasts
        from taken t order by t.id
        -- Another worker may have taken it since this statement began to look: then it is theirs.
        on conflict (queue_id) do update set attempt = l.attempt + 1, worker = excluded.worker,
            asked_by = excluded.asked_by, claimed_at = excluded.claimed_at, leased_until = excluded.leased_until,
            seen = excluded.seen
        where l.leased_until <= clock_timestamp()
        returning queue_id, attempt
    )
    select json_agg(json_build_object('id', l.queue_id, 'attempt', l.attempt, 'user', t.user_id) order by l.queue_id)
    into claimed from leased l join taken t on t.id = l.queue_id;
    return coalesce(claimed, '[]');
end $$;
comment on function private.lease_batch(public.matchmaking_queue, boolean, integer, text) is
    'Leases a row of the queue and more of its pool to a worker, so many at most. Returns [{id, attempt, user}].';

create or replace function public.claim_matchmaking(
    worker text, engine_version text, chart_version text, batch_size integer default 20
) returns json
language plpgsql volatile security definer set search_path = '' as $$
declare
    turn record;
    claimed json;
begin
    perform private.name_request();
    if batch_size is null or batch_size not between 1 and 1000 then
        raise exception using errcode = 'PT422', message = 'invalid_body', detail = 'batch_size: 1 to 1,000.';
    end if;
    if not private.admit_engine(claim_matchmaking.engine_version) then
        return json_build_object('superseded', true, 'claimed', '[]'::json);
    end if;
    -- A member who came last would wait for all before them; so every fourth batch begins with one who joined.
    turn := private.first_in_turn(batch_size >= 4 and nextval('private.claims') % 4 = 0);
    if (turn.first).id is null then
        return json_build_object('superseded', false, 'claimed', '[]'::json);
    end if;
    -- A member who failed before goes alone, and so can fail no other.
    claimed := private.lease_batch(turn.first, turn.newcomers, case when turn.tried > 0 then 1 else batch_size end,
        claim_matchmaking.worker);
    update public.matchmaking_jobs j set last_run_at = now(),
        status = case when j.status in ('error', 'paused') then j.status else 'running' end
    where j.event_id is not distinct from (turn.first).event_id
      and (j.status = 'idle' or j.last_run_at is null or j.last_run_at < now() - interval '1 second');
    return json_build_object('superseded', false, 'eventId', (turn.first).event_id, 'claimed', claimed,
        'births', private.births_due(claim_matchmaking.chart_version,
            array(select (c ->> 'user')::uuid from json_array_elements(claimed) c), 1000, null),
        'quiz', private.answers_due(null, array(
            select t.user_id from json_array_elements(claimed) c
            join private.tasks t on t.kind = 'quiz' and t.key = c ->> 'user' and t.parked_at is null), 1000, null)
            -> 'members');
end $$;
comment on function public.claim_matchmaking(text, text, text, integer) is
    'Takes up to 1,000 members of one pool from the queue for a worker, in their turn, for the time of a lease; a '
    'member who failed before comes alone. Also tells whose charts are missing, and '
    'answers to the quiz whose task waits. Service only.';
revoke all on function public.claim_matchmaking(text, text, text, integer)
    from public, anon, authenticated, service_role;
grant execute on function public.claim_matchmaking(text, text, text, integer) to service_role;
select private.declare_call('claim_matchmaking');

create or replace function private.open_pools() returns uuid[]
language plpgsql stable set search_path = '' as $$
begin
    return array(
        select private.pool_of(j.event_id) from public.matchmaking_jobs j left join public.events e on e.id = j.event_id
        where j.status <> 'paused' and (j.event_id is null or private.is_open(e)));
end $$;
comment on function private.open_pools() is
    'Pools whose members are matched now: not paused by an operator, and no event that is switched off or over.';

create or replace function private.lock_claims(
    claims jsonb, out members uuid[], out ids bigint[], out asked xid8[], out hidden boolean[], out newly uuid[],
    out event_id uuid
)
language plpgsql volatile set search_path = '' as $$
begin
    perform 1 from public.matchmaking_queue q
    where q.id in (select c.id from jsonb_to_recordset(claims) as c (id bigint)) order by q.id for update;
    with kept as (
        select l.queue_id, l.asked_by from private.matchmaking_leases l
        join jsonb_to_recordset(claims) as c (id bigint, attempt integer) on c.id = l.queue_id and c.attempt = l.attempt
        where l.leased_until > clock_timestamp()
        order by l.queue_id for update of l
    )
    select array_agg(q.user_id order by q.user_id), array_agg(q.id), array_agg(k.asked_by order by q.user_id),
        array_agg(q.available_at > q.enqueued_at order by q.user_id),
        array_agg(q.user_id) filter (where q.reason in ('joined', 'changed')), (array_agg(q.event_id))[1]
    into members, ids, asked, hidden, newly, event_id
    from kept k join public.matchmaking_queue q on q.id = k.queue_id;
end $$;
comment on function private.lock_claims(jsonb) is
    'The claims that a worker still holds, locked: the row before its lease, as everyone takes them. members, asked '
    '(which transaction asked last) and hidden (their pause ended by itself) in one order; newly: those who joined or '
    'changed.';

create or replace function private.finish_claims(ids bigint[]) returns integer
language plpgsql volatile set search_path = '' as $$
declare
    finished integer;
begin
    -- Finished unless somebody has asked again since it was taken.
    with done as (
        delete from public.matchmaking_queue q using private.matchmaking_leases l
        where q.id = any (ids) and l.queue_id = q.id and l.asked_by = q.asked_by
        returning q.id
    )
    select count(*) into finished from done;
    delete from private.matchmaking_leases l where l.queue_id = any (ids);
    -- A row that stays is other work, under another id: its attempts begin anew, and a worker that comes late with an
    -- attempt from before must not be taken for the one that has it next.
    update public.matchmaking_queue q set id = default where q.id = any (ids);
    return finished;
end $$;
comment on function private.finish_claims(bigint[]) is
    'Takes finished rows off the queue, and gives those that asked again another id. Returns how many are finished.';

create or replace function public.complete_matchmaking(
    claims jsonb, engine_version text, run_id uuid default null, lists jsonb default '{}', proposals jsonb default '[]',
    prices jsonb default '[]'
) returns jsonb
language plpgsql volatile security definer set search_path = '' set statement_timeout = '45s' set jit = off as $$
declare
    held record;
    members uuid[];
    g private.score_generation;
    listed integer := 0;
    stored integer;
    improved integer := 0;
    named uuid[];
    touched uuid[];
    finished integer;
begin
    perform private.name_request();
    perform private.share_pool_lock();
    perform private.share_generation_lock();
    perform private.lock_members(private.people_of(proposals) || array(select q.user_id from public.matchmaking_queue q
        where q.id in (select c.id from jsonb_to_recordset(claims) as c (id bigint))));
    named := array(select x::uuid from jsonb_array_elements_text(lists -> 'people') x);
    perform private.lock_listed(named);
    held := private.lock_claims(claims);
    members := coalesce(held.members, '{}');
    if cardinality(members) = 0 then
        return jsonb_build_object('completed', 0, 'listed', 0, 'stored', 0, 'improved', 0, 'late',
            jsonb_array_length(claims));
    end if;

    perform private.note_fits(members, held.event_id);
    -- Only what was asked by a member whose claim still holds.
    stored := private.insert_proposals(complete_matchmaking.run_id, complete_matchmaking.engine_version, held.event_id,
        (select coalesce(jsonb_agg(x order by n), '[]') from jsonb_array_elements(proposals) with ordinality as t (x, n)
         where (x ->> 'a')::uuid = any (members) or (x ->> 'b')::uuid = any (members)));
    if held.event_id is null then
        perform private.store_prices(null, (select coalesce(jsonb_agg(x), '[]') from jsonb_array_elements(prices) x
            where (x ->> 'id')::uuid = any (members)));
    end if;
    finished := private.finish_claims(held.ids);

    -- Lists of another engine than the generation's would mix with it: everybody's are being renewed then.
    select * into g from private.score_generation;
    if g.engine_version is not distinct from complete_matchmaking.engine_version then
        perform private.lock_lists(named, members, held.event_id, g.generation);
        listed := private.write_lists(members, held.event_id, g.generation, lists);
        perform private.ask_overtaken(members, held.asked, held.hidden, held.event_id, g.generation);
        touched := private.write_in_return(members, held.event_id, g.generation);
        improved := private.queue_improved(coalesce(held.newly, '{}'), held.event_id, g.generation, touched);
    end if;

    update public.matchmaking_jobs j set processed_count = j.processed_count + cardinality(members),
        last_run_at = now(),
        status = case when j.status = 'paused' then j.status else private.pool_state(j.event_id) end
    where j.event_id is not distinct from held.event_id;
    return jsonb_build_object('completed', finished, 'again', cardinality(members) - finished, 'listed', listed,
        'stored', stored, 'improved', improved, 'late', jsonb_array_length(claims) - cardinality(members));
end $$;
comment on function public.complete_matchmaking(jsonb, text, uuid, jsonb, jsonb, jsonb) is
    'Stores what came of claimed members in one transaction: lists, proposals, prices; and takes them off the queue, '
    'unless they asked again meanwhile. Claims that were lost change nothing. Service only.';
revoke all on function public.complete_matchmaking(jsonb, text, uuid, jsonb, jsonb, jsonb)
    from public, anon, authenticated, service_role;
grant execute on function public.complete_matchmaking(jsonb, text, uuid, jsonb, jsonb, jsonb) to service_role;
select private.declare_call('complete_matchmaking');

create or replace function public.fail_matchmaking(claims jsonb, error text) returns jsonb
language plpgsql volatile security definer set search_path = '' as $$
declare
    c record;
    rules public.settings;
    parked integer := 0;
    again integer := 0;
begin
    perform private.name_request();
    select * into strict rules from public.settings;
    -- The row before its lease, as everyone takes them.
    perform 1 from public.matchmaking_queue q
    where q.id in (select x.id from jsonb_to_recordset(claims) as x (id bigint)) order by q.id for update;
    for c in
        select l.queue_id, l.attempt, q.event_id from private.matchmaking_leases l
        join jsonb_to_recordset(claims) as x (id bigint, attempt integer) on x.id = l.queue_id and x.attempt = l.attempt
        join public.matchmaking_queue q on q.id = l.queue_id
        order by l.queue_id for update of l
    loop
        if c.attempt >= rules.matchmaking_attempts then
            perform private.park(c.queue_id, fail_matchmaking.error);
            parked := parked + 1;
        else
            update private.matchmaking_leases l set leased_until = clock_timestamp(),
                last_error = left(fail_matchmaking.error, 500)
            where l.queue_id = c.queue_id;
            update public.matchmaking_queue q
            set available_at = clock_timestamp() + least(rules.matchmaking_backoff * 2 ^ (c.attempt - 1), '1 hour')
            where q.id = c.queue_id;
            update public.matchmaking_jobs j set error_count = j.error_count + 1,
                last_error = left(fail_matchmaking.error, 500)
            where j.event_id is not distinct from c.event_id;
            again := again + 1;
        end if;
    end loop;
    return jsonb_build_object('again', again, 'parked', parked);
end $$;
comment on function public.fail_matchmaking(jsonb, text) is
    'Gives claimed members back: they are tried again after a wait that doubles, alone, and parked after '
    'settings.matchmaking_attempts. error is a kind, never personal data. Service only.';
revoke all on function public.fail_matchmaking(jsonb, text) from public, anon, authenticated, service_role;
grant execute on function public.fail_matchmaking(jsonb, text) to service_role;
select private.declare_call('fail_matchmaking');
