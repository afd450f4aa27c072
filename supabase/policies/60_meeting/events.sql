-- Joining and leaving events. Members see neither the list of events nor the members of one.

select private.declare_table('events', about_nobody => 'events, not who is there');
select private.declare_table('event_members', owner => 'user_id', export => 'events',
    ordered_by => 't.joined_at, t.event_id', shown => '{joined_at}');
select private.declare_own_side('event_members', '{event_id}', 'event',
    '(select jsonb_build_object(''code'', e.code, ''name'', e.name) from public.events e where e.id = t.event_id)');
select private.declare_withheld('event_members', '{enough_at}',
    'whether enough guests fit what you look for; it would tell about them');
select private.declare_event('event.joined', payload => '{event}');
select private.declare_event('event.left', payload => '{event}');

revoke all on public.events, public.event_members from public, anon, authenticated, service_role;
grant select, insert, update, delete on public.events, public.event_members to service_role;
alter table public.events enable row level security;
alter table public.event_members enable row level security;

create or replace view public.all_events_members with (security_invoker = true) as
    select x.event_id, e.code as event_code, e.name as event_name, x.user_id, x.joined_at
    from public.event_members x join public.events e on e.id = x.event_id;
comment on view public.all_events_members is 'The members of each event. Service only, because it names members.';
comment on column public.all_events_members.event_id is 'The event.';
comment on column public.all_events_members.event_code is 'Its code.';
comment on column public.all_events_members.event_name is 'Its name.';
comment on column public.all_events_members.user_id is 'The member.';
comment on column public.all_events_members.joined_at is 'When they joined.';
revoke all on public.all_events_members from public, anon, authenticated, service_role;
grant select on public.all_events_members to service_role;
select private.declare_view('all_events_members');

create or replace function private.event_made() returns trigger
language plpgsql security definer set search_path = '' as $$
begin
    insert into public.matchmaking_jobs (event_id) values (new.id) on conflict do nothing;
    return null;
end $$;
comment on function private.event_made() is 'Makes the pool of a new event.';
create or replace trigger event_made after insert on public.events for each row execute function private.event_made();

create or replace function private.event_switched() returns trigger
language plpgsql security definer set search_path = '' as $$
begin
    if private.is_open(new) then
        perform private.enqueue_pool(new.id, 3, 'enabled');
    else
        delete from public.matchmaking_queue q where q.event_id = new.id;
        delete from public.matchmaking_parked k where k.event_id = new.id;
    end if;
    return null;
end $$;
comment on function private.event_switched() is
    'Enabling matchmaking queues all members of the event with the highest priority. Disabling it, or ending the '
    'event, empties its queue.';
create or replace trigger event_switched after update on public.events
    for each row when ((old.matchmaking_enabled, old.ends_at) is distinct from (new.matchmaking_enabled, new.ends_at))
    execute function private.event_switched();

create or replace function private.event_joined() returns trigger
language plpgsql security definer set search_path = '' as $$
begin
    if exists (select from public.events e where e.id = new.event_id and private.is_open(e)) then
        perform private.enqueue(array[new.user_id], new.event_id, 0, 'joined');
        -- Members for whom too few fitting guests were there are queued again: the new guest may be enough.
        perform private.enqueue(array(
            select x.user_id from public.event_members x join public.connect_profiles p on p.user_id = x.user_id
            where x.event_id = new.event_id and x.user_id <> new.user_id and x.enough_at is distinct from p.revision),
                new.event_id, 0, 'joined');
    end if;
    return null;
end $$;
comment on function private.event_joined() is
    'Queues a member who joins an event: they are matched there on the next tick, or when their pause ends. Queues '
    'also members for whom too few were there.';
create or replace trigger event_joined after insert on public.event_members
    for each row execute function private.event_joined();

create or replace function private.event_left() returns trigger
language plpgsql security definer set search_path = '' as $$
begin
    -- A transaction that stores lists naming them holds this lock too. So these lists are either found below, or their
    -- transaction finds that the member has left.
    perform private.lock_profile(old.user_id);
    delete from public.matchmaking_queue q where q.user_id = old.user_id and q.event_id = old.event_id;
    delete from public.matchmaking_parked k where k.user_id = old.user_id and k.event_id = old.event_id;
    perform private.take_off(array[old.user_id], private.numbers_of(array[old.user_id]), old.event_id);
    return null;
end $$;
comment on function private.event_left() is
    'Removes a member who leaves an event from its queue and its lists. Matches proposed there stay.';
create or replace trigger event_left after delete on public.event_members
    for each row execute function private.event_left();

create or replace function public.join_event(event_code text) returns jsonb
language plpgsql volatile security definer set search_path = '' as $$
declare
    caller private.admission := private.admit('write', names_an_id => true);
    e public.events;
begin
    if caller.refusal is not null then return caller.refusal; end if;
    select * into e from public.events x
    where lower(x.code) = lower(join_event.event_code) and coalesce(x.ends_at > now(), true) for key share;
    if e.id is null then return private.not_found(caller.member); end if;
    perform private.ensure_user(caller.member);
    insert into public.event_members (event_id, user_id) values (e.id, caller.member) on conflict do nothing;
    if found then
        perform private.emit('event.joined', null, caller.member, jsonb_build_object('event', e.id));
    end if;
    return jsonb_build_object('status', 'joined', 'eventCode', e.code, 'eventName', e.name);
end $$;
comment on function public.join_event(text) is
    'POST /connect/events/join: the caller is matched at this event too, once they have activated. Unknown and ended '
    'events get the same answer.';
revoke all on function public.join_event(text) from public, anon, authenticated, service_role;
grant execute on function public.join_event(text) to authenticated;
select private.declare_call('join_event', replayable => true);

create or replace function public.leave_event(event_code text) returns jsonb
language plpgsql volatile security definer set search_path = '' as $$
declare
    caller private.admission := private.admit('write', names_an_id => true);
    e public.events;
begin
    if caller.refusal is not null then return caller.refusal; end if;
    perform private.lock_member(caller.member);
    delete from public.event_members x using public.events v
    where x.user_id = caller.member and v.id = x.event_id and lower(v.code) = lower(leave_event.event_code)
    returning v.* into e;
    if e.id is null then return private.not_found(caller.member); end if;
    perform private.emit('event.left', null, caller.member, jsonb_build_object('event', e.id));
    return jsonb_build_object('status', 'left', 'eventCode', e.code, 'eventName', e.name);
end $$;
comment on function public.leave_event(text) is
    'POST /connect/events/leave: the caller is not matched at this event any more. Matches proposed there stay.';
revoke all on function public.leave_event(text) from public, anon, authenticated, service_role;
grant execute on function public.leave_event(text) to authenticated;
select private.declare_call('leave_event', replayable => true);
