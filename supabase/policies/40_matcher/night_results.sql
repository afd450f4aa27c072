-- What comes of a night: lists are stored, cleared of who departed meanwhile, and put in place. Service only.

create or replace function public.store_lists(claim jsonb, event_id uuid, lists jsonb) returns jsonb
language plpgsql volatile security definer set search_path = '' set statement_timeout = '45s' set jit = off as $$
declare
    run public.job_runs;
    named uuid[] := array(select x::uuid from jsonb_array_elements_text(lists -> 'people') with ordinality t (x, n)
        order by t.n);
    listed integer;
begin
    perform private.name_request();
    perform private.share_pool_lock();
    perform private.lock_listed(named);
    run := private.hold_night(store_lists.claim);
    if run.id is null then
        return jsonb_build_object('late', true, 'listed', 0);
    end if;
    listed := private.write_lists(
        array(select named[x.m + 1] from jsonb_to_recordset(lists -> 'of') as x (m integer)),
        store_lists.event_id, run.sequence, lists, run.started_at - interval '1 hour');
    return jsonb_build_object('late', false, 'listed', listed);
end $$;
comment on function public.store_lists(jsonb, uuid, jsonb) is
    'Stores lists of one pool, as write_lists() takes them, into the generation that is being made. Service only.';
revoke all on function public.store_lists(jsonb, uuid, jsonb)
    from public, anon, authenticated, service_role;
grant execute on function public.store_lists(jsonb, uuid, jsonb) to service_role;
select private.declare_call('store_lists');

create or replace function public.store_fits(claim jsonb, few uuid[]) returns jsonb
language plpgsql volatile security definer set search_path = '' set statement_timeout = '45s' set jit = off as $$
declare
    run public.job_runs;
begin
    perform private.name_request();
    perform private.share_pool_lock();
    run := private.hold_night(store_fits.claim);
    if run.id is null then
        return jsonb_build_object('late', true);
    end if;
    -- In one order, as whoever makes these rows anew. Whoever has changed since is counted in their own turn.
    perform from private.pool_members m where m.enough is distinct from (m.user_id <> all (few))
    order by m.user_id for update;
    update private.pool_members m set enough = m.user_id <> all (few)
    from private.pool_history h
    where h.user_id = m.user_id and h.entered_run <= run.sequence and (h.left_run is null or h.left_run > run.sequence)
      and h.revision = m.revision and m.enough is distinct from (m.user_id <> all (few));
    return jsonb_build_object('late', false);
end $$;
comment on function public.store_fits(jsonb, uuid[]) is
    'Keeps for whom of those whom the night sees too few people fit; for all others enough do. Service only.';
revoke all on function public.store_fits(jsonb, uuid[]) from public, anon, authenticated, service_role;
grant execute on function public.store_fits(jsonb, uuid[]) to service_role;
select private.declare_call('store_fits');

create or replace function private.departed(run public.job_runs) returns uuid[]
language sql stable set search_path = ''
return array(
    select p.user_id from public.connect_profiles p
    left join private.pool_history h on h.user_id = p.user_id
        and h.entered_run <= run.sequence and (h.left_run is null or h.left_run > run.sequence)
    -- What was not committed yet when the run began counts too.
    where p.updated_at > run.started_at - interval '1 hour'
      and (h.revision is distinct from p.revision or not private.is_searching(p)));
comment on function private.departed(public.job_runs) is 'Who changed, paused or withdrew since a run began.';

create or replace function private.drop_departed(run public.job_runs) returns void
language plpgsql volatile set search_path = '' set enable_seqscan = off set jit = off as $$
declare
    departed uuid[] := private.departed(run);
    event uuid;
begin
    perform private.take_off(departed, private.numbers_of(departed), generation => run.sequence);
    perform private.take_apart(null, null, run.sequence, run.started_at - interval '1 hour');
    -- Whoever has left an event, and was written to its lists at that instant.
    for event, departed in
        select l.event_id, array_agg(distinct x.user_id) from private.lists l
        cross join lateral (
            select l.user_id union all
            select m.user_id from private.pool_members m where m.number = any (l.candidates)) x
        where l.event_id is not null and l.generation = run.sequence and not exists (
            select from public.event_members e where e.event_id = l.event_id and e.user_id = x.user_id)
        group by l.event_id order by l.event_id
    loop
        perform private.take_off(departed, private.numbers_of(departed), event, run.sequence);
    end loop;
end $$;
comment on function private.drop_departed(public.job_runs) is
    'Takes whoever changed, paused, withdrew, was blocked or left an event during a run off its lists: they may have '
    'done so while these were being written, and neither transaction saw the other.';

create or replace function public.clear_lists(claim jsonb) returns jsonb
language plpgsql volatile security definer set search_path = '' set statement_timeout = '45s' set jit = off as $$
declare
    run public.job_runs;
begin
    perform private.name_request();
    run := private.hold_night(clear_lists.claim);
    if run.id is null then
        return jsonb_build_object('late', true);
    end if;
    perform private.drop_departed(run);
    return jsonb_build_object('late', false);
end $$;
comment on function public.clear_lists(jsonb) is
    'Before new lists are put in place: takes who departed meanwhile off them, so that putting them in place finds '
    'few. Service only.';
revoke all on function public.clear_lists(jsonb) from public, anon, authenticated, service_role;
grant execute on function public.clear_lists(jsonb) to service_role;
select private.declare_call('clear_lists');

create or replace function public.put_lists_in_place(claim jsonb) returns jsonb
language plpgsql volatile security definer set search_path = '' set statement_timeout = '45s' set jit = off as $$
declare
    run public.job_runs;
begin
    perform private.name_request();
    perform private.take_generation_lock();
    run := private.hold_night(put_lists_in_place.claim);
    if run.id is null then
        return jsonb_build_object('late', true);
    end if;
    perform private.drop_departed(run);
    update private.score_generation g set generation = run.sequence, engine_version = run.engine_version,
        input_hash = run.metadata ->> 'runHash', since = clock_timestamp()
    where g.id;
    return jsonb_build_object('late', false);
end $$;
comment on function public.put_lists_in_place(jsonb) is
    'From this transaction on the new lists are the ones in use, all at once. Service only.';
revoke all on function public.put_lists_in_place(jsonb)
    from public, anon, authenticated, service_role;
grant execute on function public.put_lists_in_place(jsonb) to service_role;
select private.declare_call('put_lists_in_place');

create or replace function public.requeue_night(claim jsonb, first_user uuid, last_user uuid) returns jsonb
language plpgsql volatile security definer set search_path = '' set statement_timeout = '45s' set jit = off as $$
declare
    run public.job_runs;
    changed uuid[];
    event uuid;
    renewed integer;
begin
    perform private.name_request();
    run := private.hold_night(requeue_night.claim);
    if run.id is null then
        return jsonb_build_object('late', true);
    end if;
    -- Who has come or changed since the run began is not on the new lists as they are now.
    changed := array(
        select p.user_id from public.connect_profiles p
        left join private.pool_history h on h.user_id = p.user_id
            and h.entered_run <= run.sequence and (h.left_run is null or h.left_run > run.sequence)
        where p.user_id between requeue_night.first_user and requeue_night.last_user
          and h.revision is distinct from p.revision
          and private.can_be_matched(p));
    renewed := private.enqueue(changed, null, 1, 'renewed');
    -- The proposals of the night are those of the global pool. Whoever has places left is matched at their event.
    for event in select e.id from public.events e where private.is_open(e) order by e.id loop
        renewed := renewed + private.enqueue(array(
            select x.user_id from public.event_members x
            join public.connect_profiles p on p.user_id = x.user_id and private.is_searching(p)
            cross join lateral private.capacities(array[x.user_id]) t
            where x.event_id = event and x.user_id between requeue_night.first_user and requeue_night.last_user
              and (t.free > 0 or x.joined_at >= run.started_at or x.user_id = any (changed))), event, 1, 'renewed');
    end loop;
    return jsonb_build_object('late', false, 'renewed', renewed);
end $$;
comment on function public.requeue_night(jsonb, uuid, uuid) is
    'Queues who of a range of ids has come or changed since the run began, and who has places left at their events. '
    'Service only.';
revoke all on function public.requeue_night(jsonb, uuid, uuid) from public, anon, authenticated, service_role;
grant execute on function public.requeue_night(jsonb, uuid, uuid) to service_role;
select private.declare_call('requeue_night');

create or replace function public.drop_old_lists(most integer default 50000) returns jsonb
language plpgsql volatile security definer set search_path = '' set statement_timeout = '45s' set jit = off as $$
declare
    dropped integer;
begin
    perform private.name_request();
    delete from private.lists s where s.ctid = any (array(
        select o.ctid from private.lists o
        where o.generation <> (select g.generation from private.score_generation g)
          and o.generation not in (select j.sequence from public.job_runs j where j.name = 'nightly'
              and j.status = 'running')
        limit drop_old_lists.most));
    get diagnostics dropped = row_count;
    return jsonb_build_object('dropped', dropped);
end $$;
comment on function public.drop_old_lists(integer) is
    'Deletes lists of generations that are no longer, or never came, into use; so many rows at a time. Service only.';
revoke all on function public.drop_old_lists(integer) from public, anon, authenticated, service_role;
grant execute on function public.drop_old_lists(integer) to service_role;
select private.declare_call('drop_old_lists');
