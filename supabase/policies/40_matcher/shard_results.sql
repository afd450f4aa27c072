-- What comes of the pieces of a nightly run: lists are stored, cleared of who departed meanwhile, and put in place.
-- Service only.

create or replace function public.store_scores(run_id uuid, number integer, attempt integer, lists jsonb) returns jsonb
language plpgsql volatile security definer set search_path = '' set statement_timeout = '45s' set jit = off as $$
declare
    s private.job_shards;
    run public.job_runs;
    listed integer;
begin
    perform private.name_request();
    perform private.share_pool_lock();
    s := private.lock_shard(store_scores.run_id, store_scores.number, store_scores.attempt);
    if s.run_id is null then
        return jsonb_build_object('late', true, 'listed', 0);
    end if;
    select * into run from public.job_runs j where j.id = s.run_id;
    listed := private.write_lists(
        array(select h.user_id from private.pool_history h where h.user_id between s.first_user and s.last_user
            and h.entered_run <= run.sequence and (h.left_run is null or h.left_run > run.sequence)),
        s.event_id, run.sequence, run.engine_version, lists);
    if (select x.batch_log_pairs from public.settings x) then
        insert into public.batch_logs (run_id, user_a, user_b, started_at, finished_at, status)
        select distinct s.run_id, least(l.user_id, l.candidate_user_id), greatest(l.user_id, l.candidate_user_id),
            s.claimed_at, clock_timestamp(), 'ok'::public.batch_log_status
        from private.match_scores l
        where l.user_id between s.first_user and s.last_user and l.generation = run.sequence
          and l.pool = private.pool_of(s.event_id)
        -- A pair may be in two pieces that are stored at once: in one order, so that one waits for the other.
        order by 2, 3
        on conflict do nothing;
    end if;
    perform private.shard_done(s.run_id, s.number, '{}', listed);
    return jsonb_build_object('late', false, 'listed', listed);
end $$;
comment on function public.store_scores(uuid, integer, integer, jsonb) is
    'Stores the lists of one piece into the generation that is being made, and notes its pairs in batch_logs. Service '
    'only.';
revoke all on function public.store_scores(uuid, integer, integer, jsonb)
    from public, anon, authenticated, service_role;
grant execute on function public.store_scores(uuid, integer, integer, jsonb) to service_role;
select private.declare_call('store_scores');

create or replace function private.drop_departed(run public.job_runs, most integer default null) returns integer
language plpgsql volatile set search_path = '' as $$
declare
    -- What was not committed yet when the run began counts too.
    run_since timestamptz := run.started_at - interval '1 hour';
    departed uuid[];
    dropped integer;
begin
    departed := array(
        select p.user_id from public.connect_profiles p
        left join private.pool_history h on h.user_id = p.user_id
            and h.entered_run <= run.sequence and (h.left_run is null or h.left_run > run.sequence)
        where p.updated_at > run_since and (h.revision is distinct from p.revision or not private.is_searching(p)));
    delete from private.match_scores s where s.ctid = any (array(
        select x.ctid from private.match_scores x where x.user_id = any (departed) and x.generation = run.sequence
        union all
        select x.ctid from private.match_scores x where x.candidate_user_id = any (departed)
            and x.generation = run.sequence
        union all
        select x.ctid from private.match_scores x
            join private.apart k on (x.user_id, x.candidate_user_id) in ((k.one, k.other), (k.other, k.one))
        where k.since > run_since and x.generation = run.sequence
        union all
        select x.ctid from private.match_scores x
        where x.event_id is not null and x.generation = run.sequence
          and 2 <> (select count(*) from public.event_members e where e.event_id = x.event_id
              and e.user_id in (x.user_id, x.candidate_user_id))
        limit drop_departed.most));
    get diagnostics dropped = row_count;
    return dropped;
end $$;
comment on function private.drop_departed(public.job_runs, integer) is
    'Takes whoever changed, paused, withdrew, was blocked or left an event during a run off its lists: they may have '
    'done so while these were being written, and neither transaction saw the other. Returns how many entries went, at '
    'most so many.';

create or replace function public.clear_shard(
    run_id uuid, number integer, attempt integer, most integer default 20000
) returns jsonb
language plpgsql volatile security definer set search_path = '' set statement_timeout = '45s' set jit = off as $$
declare
    s private.job_shards;
begin
    perform private.name_request();
    s := private.lock_shard(clear_shard.run_id, clear_shard.number, clear_shard.attempt);
    if s.run_id is null then
        return jsonb_build_object('late', true);
    end if;
    return jsonb_build_object('late', false, 'dropped', private.drop_departed(
        (select j from public.job_runs j where j.id = s.run_id), clear_shard.most));
end $$;
comment on function public.clear_shard(uuid, integer, integer, integer) is
    'Before new lists are put in place: takes entries of who departed meanwhile off them, so many at a time, so that '
    'putting them in place finds few. Service only.';
revoke all on function public.clear_shard(uuid, integer, integer, integer)
    from public, anon, authenticated, service_role;
grant execute on function public.clear_shard(uuid, integer, integer, integer) to service_role;
select private.declare_call('clear_shard');

create or replace function public.put_scores_in_place(run_id uuid, number integer, attempt integer) returns jsonb
language plpgsql volatile security definer set search_path = '' set statement_timeout = '45s' set jit = off as $$
declare
    s private.job_shards;
    run public.job_runs;
begin
    perform private.name_request();
    perform private.take_generation_lock();
    s := private.lock_shard(put_scores_in_place.run_id, put_scores_in_place.number, put_scores_in_place.attempt);
    if s.run_id is null then
        return jsonb_build_object('late', true);
    end if;
    select * into run from public.job_runs j where j.id = s.run_id;
    perform private.drop_departed(run);
    update private.score_generation g set generation = run.sequence, engine_version = run.engine_version,
        input_hash = run.metadata ->> 'runHash', since = clock_timestamp()
    where g.id;
    perform private.shard_done(s.run_id, s.number, '{}');
    return jsonb_build_object('late', false);
end $$;
comment on function public.put_scores_in_place(uuid, integer, integer) is
    'From this transaction on the new lists are the ones in use, all at once. Service only.';
revoke all on function public.put_scores_in_place(uuid, integer, integer)
    from public, anon, authenticated, service_role;
grant execute on function public.put_scores_in_place(uuid, integer, integer) to service_role;
select private.declare_call('put_scores_in_place');

create or replace function public.requeue_shard(run_id uuid, number integer, attempt integer) returns jsonb
language plpgsql volatile security definer set search_path = '' set statement_timeout = '45s' set jit = off as $$
declare
    s private.job_shards;
    run public.job_runs;
    changed uuid[];
    event uuid;
    renewed integer;
begin
    perform private.name_request();
    s := private.lock_shard(requeue_shard.run_id, requeue_shard.number, requeue_shard.attempt);
    if s.run_id is null then
        return jsonb_build_object('late', true);
    end if;
    select * into run from public.job_runs j where j.id = s.run_id;
    -- Who has come or changed since the run began is not on the new lists as they are now.
    changed := array(
        select p.user_id from public.connect_profiles p
        left join private.pool_history h on h.user_id = p.user_id
            and h.entered_run <= run.sequence and (h.left_run is null or h.left_run > run.sequence)
        where p.user_id between s.first_user and s.last_user and h.revision is distinct from p.revision
          and private.can_be_matched(p));
    renewed := private.enqueue(changed, null, 1, 'renewed');
    -- The proposals of the night are those of the global pool. Whoever has places left is matched at their event.
    for event in select e.id from public.events e where private.is_open(e) order by e.id loop
        renewed := renewed + private.enqueue(array(
            select x.user_id from public.event_members x
            join public.connect_profiles p on p.user_id = x.user_id and private.is_searching(p)
            cross join lateral private.capacities(array[x.user_id]) t
            where x.event_id = event and x.user_id between s.first_user and s.last_user
              and (t.free > 0 or x.joined_at >= run.started_at or x.user_id = any (changed))), event, 1, 'renewed');
    end loop;
    perform private.shard_done(s.run_id, s.number, '{}', renewed => renewed);
    return jsonb_build_object('late', false, 'renewed', renewed);
end $$;
comment on function public.requeue_shard(uuid, integer, integer) is
    'Queues who of a piece has come or changed since the run began, and who has places left at their events. Service '
    'only.';
revoke all on function public.requeue_shard(uuid, integer, integer) from public, anon, authenticated, service_role;
grant execute on function public.requeue_shard(uuid, integer, integer) to service_role;
select private.declare_call('requeue_shard');

create or replace function public.drop_old_scores(most integer default 50000) returns jsonb
language plpgsql volatile security definer set search_path = '' set statement_timeout = '45s' set jit = off as $$
declare
    dropped integer;
begin
    perform private.name_request();
    delete from private.match_scores s where s.ctid = any (array(
        select o.ctid from private.match_scores o
        where o.generation <> (select g.generation from private.score_generation g)
          and o.generation not in (select j.sequence from public.job_runs j where j.name = 'match_scores'
              and j.status = 'running')
        limit drop_old_scores.most));
    get diagnostics dropped = row_count;
    return jsonb_build_object('dropped', dropped);
end $$;
comment on function public.drop_old_scores(integer) is
    'Deletes lists of generations that are no longer, or never came, into use; so many rows at a time. Service only.';
revoke all on function public.drop_old_scores(integer) from public, anon, authenticated, service_role;
grant execute on function public.drop_old_scores(integer) to service_role;
select private.declare_call('drop_old_scores');
