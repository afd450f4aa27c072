-- The outbox, read by the service alone. Each minute a reader hands new events to the sinks that want them: one task of
-- kind deliver for each event and sink. The task is the delivery's state; when it is finished, the sink has the event.
-- Without an active sink an event counts as handed on from the start, and no task is made.

select private.declare_table('domain_events');
select private.declare_about_nobody('domain_events', '{match_id}', 'a match');
select private.declare_withheld('domain_events',
    '{id,event_type,user_id,payload,created_at,handed_on,delivered_at}',
    'an outbox for the operator''s systems; its lines tell what the other one had done before, and what you did is '
    'told in the other sections');
select private.declare_table('event_sinks', about_nobody => 'systems of the operator');

revoke all on public.domain_events, public.event_sinks from public, anon, authenticated, service_role;
grant select on public.domain_events to service_role;
grant select, insert, update, delete on public.event_sinks to service_role;
alter table public.domain_events enable row level security;

create or replace function private.hand_on_events(most integer default 10000) returns integer
language plpgsql volatile set search_path = '' as $$
declare
    handed integer;
    deliveries jsonb;
begin
    with due as materialized (
        select e.id from public.domain_events e where not e.handed_on order by e.id limit most for update skip locked
    ),
    marked as (
        update public.domain_events e set handed_on = true from due d where e.id = d.id returning e.id, e.event_type
    )
    select count(distinct m.id), jsonb_agg(jsonb_build_object('key', s.id || ':' || m.id, 'event_id', m.id, 'payload',
        jsonb_build_object('event', m.id, 'sink', s.id))) filter (where s.id is not null)
    into handed, deliveries
    from marked m
    left join public.event_sinks s on s.is_active and (s.event_types = '{}' or m.event_type = any (s.event_types));
    if deliveries is not null then
        perform private.put_tasks('deliver', deliveries);
    end if;
    return handed;
end $$;
comment on function private.hand_on_events(integer) is
    'Makes the tasks that deliver new events to their sinks, for so many events at a time. Returns how many events.';

create or replace function private.note_delivered(events bigint[]) returns void
language plpgsql volatile set search_path = '' as $$
begin
    -- Workers of two sinks may note the same events: both take them in one order.
    perform 1 from public.domain_events e where e.id = any (events) order by e.id for no key update;
    update public.domain_events e set delivered_at = clock_timestamp() where e.id = any (events);
end $$;
comment on function private.note_delivered(bigint[]) is 'Notes that a sink has received these events.';

create or replace function private.sink_goes() returns trigger
language plpgsql security definer set search_path = '' as $$
begin
    delete from private.tasks t where t.kind = 'deliver' and t.key >= old.id || ':' and t.key < old.id || ';';
    return null;
end $$;
comment on function private.sink_goes() is 'What a sink has not received yet is not kept for it once it is removed.';
create or replace trigger sink_goes after delete on public.event_sinks
    for each row execute function private.sink_goes();
