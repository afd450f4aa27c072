-- Renewing everybody's scores, in pieces: a run keeps the pool it saw, workers take pieces of it under leases, and
-- the last piece puts the new lists in the place of the old ones. Whoever dies is replaced; a run goes on where it was.

select private.declare_table('private.job_shards', about_nobody => 'pieces of a run, cut where nobody is');
select private.declare_table('batch_logs', withheld => 'pairs that were scored: other people, by id');
select private.declare_job('match_scores', at => '47 2 * * *', late_after => '26 hours');

revoke all on private.job_shards from public, anon, authenticated, service_role;
revoke all on public.batch_logs from public, anon, authenticated, service_role;
grant select, delete on public.batch_logs to service_role;
alter table public.batch_logs enable row level security;

create or replace function private.id_range(piece integer, pieces integer, out first_user uuid, out last_user uuid)
language sql immutable set search_path = ''
return (
    (lpad(to_hex(4294967296 * piece / pieces), 8, '0') || '-0000-0000-0000-000000000000')::uuid,
    (lpad(to_hex(4294967296 * (piece + 1) / pieces - 1), 8, '0') || '-ffff-ffff-ffff-ffffffffffff')::uuid);
comment on function private.id_range(integer, integer) is
    'The piece (from 0) of so many into which all ids are cut, first and last id included. Ids are random, so pieces '
    'hold about equally many; where they are cut names nobody.';

create or replace function private.pieces_of(members bigint) returns integer
language sql stable set search_path = ''
return greatest(1, ceil(members::numeric / (select s.shard_size from public.settings s)))::integer;
comment on function private.pieces_of(bigint) is 'Into how many pieces work on so many members is cut.';

create or replace function public.open_match_scores(
    engine_version text, chart_version text, trigger text default 'schedule'
) returns jsonb
language plpgsql volatile security definer set search_path = '' set statement_timeout = '45s' set jit = off as $$
declare
    run public.job_runs;
    pieces integer := private.pieces_of((select count(*) from public.connect_profiles p where private.is_searching(p)));
begin
    perform private.name_request();
    if not private.admit_engine(open_match_scores.engine_version) then
        return jsonb_build_object('runId', null, 'superseded', true);
    end if;
    -- Whoever opens one at the same instant is waited for, and joined.
    for look in 1..2 loop
        select * into run from public.job_runs j where j.name = 'match_scores' and j.scope = 'all'
            and j.status = 'running' for update;
        if run.id is not null and exists (select from private.job_shards s where s.run_id = run.id) then
            if run.engine_version = open_match_scores.engine_version then
                return jsonb_build_object('runId', run.id, 'resumed', true);
            end if;
            perform private.fail_run(run.id, 'superseded by another engine');
        end if;
        run := private.begin_job_run('match_scores', open_match_scores.trigger, open_match_scores.engine_version);
        exit when run.id is not null;
    end loop;
    if run.id is null then
        return private.running_job('match_scores');
    end if;
    update public.job_runs j set metadata = jsonb_build_object('chartVersion', open_match_scores.chart_version)
    where j.id = run.id;
    insert into private.job_shards (run_id, number, phase, work, event_id, first_user, last_user)
    select run.id, row_number() over (order by w.phase, w.event_id nulls first, r.first_user), w.phase, w.work,
        w.event_id, r.first_user, r.last_user
    from (
        -- Everybody is ready before it is counted who fits whom; a pool of one piece is when it begins.
        select 0 as phase, 'ready' as work, null::uuid as event_id, pieces as pieces where pieces > 1
        union all select 1, 'enter', null, pieces
        union all select 2, 'compare', null, null
        union all select 3, 'scores', null, pieces
        union all select 3, 'scores', e.id, private.pieces_of((select count(*) from public.event_members x
            where x.event_id = e.id))
            from public.events e where private.is_open(e)
                and exists (select from public.event_members x where x.event_id = e.id)
        union all select 4, 'proposals', null, null
        union all select 5, 'put_in_place', null, null
        union all select 6, 'requeue', null, pieces
    ) w
    cross join lateral generate_series(0, coalesce(w.pieces, 1) - 1) p (piece)
    left join lateral private.id_range(p.piece, w.pieces) r on w.pieces is not null;
    return jsonb_build_object('runId', run.id, 'shards',
        (select count(*) from private.job_shards s where s.run_id = run.id));
end $$;
comment on function public.open_match_scores(text, text, text) is
    'Begins to renew everybody''s lists and proposals, cut into shards, or says which run is at it. Service only.';
revoke all on function public.open_match_scores(text, text, text) from public, anon, authenticated, service_role;
grant execute on function public.open_match_scores(text, text, text) to service_role;
select private.declare_call('open_match_scores');

create or replace function public.claim_shard(worker text, engine_version text) returns jsonb
language plpgsql volatile security definer set search_path = '' as $$
declare
    s private.job_shards;
    most integer := (select x.matchmaking_attempts from public.settings x);
begin
    perform private.name_request();
    select d.* into s from private.job_shards d
    join public.job_runs j on j.id = d.run_id and j.status = 'running' and j.engine_version = claim_shard.engine_version
    where d.done_at is null and coalesce(d.leased_until <= now(), true)
      and not exists (select from private.job_shards e where e.run_id = d.run_id and e.phase < d.phase
          and e.done_at is null)
    order by j.sequence, d.phase, d.number limit 1 for update of d skip locked;
    if s.run_id is null then
        return jsonb_build_object('runId', null);
    end if;
    if s.attempt >= most then
        perform private.fail_run(s.run_id, concat('shard ', s.number, ' (', s.work, ') failed ', s.attempt, ' times: ',
            coalesce(s.last_error, 'abandoned by its worker')));
        return jsonb_build_object('runId', null);
    end if;
    update private.job_shards d set attempt = d.attempt + 1, worker = claim_shard.worker,
        claimed_at = clock_timestamp(),
        leased_until = clock_timestamp() + (select x.job_lease from public.settings x)
    where d.run_id = s.run_id and d.number = s.number;
    update public.job_runs j set heartbeat_at = clock_timestamp() where j.id = s.run_id;
    return jsonb_build_object('runId', s.run_id, 'number', s.number, 'attempt', s.attempt + 1, 'work', s.work,
        'eventId', s.event_id, 'first', s.first_user, 'last', s.last_user);
end $$;
comment on function public.claim_shard(text, text) is
    'Takes the next piece of a running job for a worker of the same engine, under a lease; runId is null when there is '
    'none. Service only.';
revoke all on function public.claim_shard(text, text) from public, anon, authenticated, service_role;
grant execute on function public.claim_shard(text, text) to service_role;
select private.declare_call('claim_shard');

create or replace function private.lock_shard(run_id uuid, number integer, attempt integer) returns private.job_shards
language plpgsql volatile set search_path = '' as $$
declare
    s private.job_shards;
begin
    update private.job_shards d set leased_until = clock_timestamp() + (select x.job_lease from public.settings x)
    from public.job_runs j
    where d.run_id = lock_shard.run_id and d.number = lock_shard.number and d.attempt = lock_shard.attempt
      and d.done_at is null
      and j.id = d.run_id and j.status = 'running'
    returning d.* into s;
    return s;
end $$;
comment on function private.lock_shard(uuid, integer, integer) is
    'The piece, if a worker still holds it and its run goes on: locked, and for another lease. All null otherwise.';

create or replace function private.shard_done(
    run_id uuid, number integer, did jsonb, listed integer default 0, renewed integer default 0
) returns void
language plpgsql volatile set search_path = '' as $$
begin
    update private.job_shards d set done_at = clock_timestamp(), leased_until = null
    where d.run_id = shard_done.run_id and d.number = shard_done.number;
    update public.job_runs j set heartbeat_at = clock_timestamp(),
        progress = (select count(d.done_at)::numeric / count(*) from private.job_shards d where d.run_id = j.id),
        -- From the row as it is now: two pieces may be done at the same instant.
        metadata = j.metadata || did || jsonb_build_object(
            'listed', coalesce((j.metadata -> 'listed')::integer, 0) + shard_done.listed,
            'renewed', coalesce((j.metadata -> 'renewed')::integer, 0) + shard_done.renewed)
    where j.id = shard_done.run_id;
    -- Whoever was done at that instant has been waited for, and is seen now.
    if not exists (select from private.job_shards d where d.run_id = shard_done.run_id and d.done_at is null) then
        perform private.end_job_run(shard_done.run_id, '{}');
    end if;
end $$;
comment on function private.shard_done(uuid, integer, jsonb, integer, integer) is
    'A piece is done: the run''s progress, and what it adds to the run''s statement. The last one ends the run.';

create or replace function public.ready_shard(run_id uuid, number integer, attempt integer) returns jsonb
language plpgsql volatile security definer set search_path = '' set statement_timeout = '45s' set jit = off as $$
declare
    s private.job_shards;
    made integer;
begin
    perform private.name_request();
    perform private.take_pool_lock();
    s := private.lock_shard(ready_shard.run_id, ready_shard.number, ready_shard.attempt);
    if s.run_id is null then
        return jsonb_build_object('late', true);
    end if;
    made := private.ready_members((select j.metadata ->> 'chartVersion' from public.job_runs j where j.id = s.run_id),
        s.first_user, s.last_user);
    perform private.shard_done(s.run_id, s.number, '{}');
    return jsonb_build_object('late', false, 'made', made);
end $$;
comment on function public.ready_shard(uuid, integer, integer) is
    'Makes what the search reads of the members of a piece current, where it is not. Service only.';
revoke all on function public.ready_shard(uuid, integer, integer) from public, anon, authenticated, service_role;
grant execute on function public.ready_shard(uuid, integer, integer) to service_role;
select private.declare_call('ready_shard');

create or replace function public.enter_shard(run_id uuid, number integer, attempt integer) returns jsonb
language plpgsql volatile security definer set search_path = '' set statement_timeout = '45s' set jit = off as $$
declare
    s private.job_shards;
    run public.job_runs;
    entered integer;
begin
    perform private.name_request();
    -- Nobody withdraws, erases or stores meanwhile: what is kept would outlive it, and a replay would see it.
    perform private.take_pool_lock();
    s := private.lock_shard(enter_shard.run_id, enter_shard.number, enter_shard.attempt);
    if s.run_id is null then
        return jsonb_build_object('late', true);
    end if;
    select * into run from public.job_runs j where j.id = s.run_id;
    entered := private.enter_members(run, run.metadata ->> 'chartVersion', s.first_user, s.last_user);
    perform private.shard_done(s.run_id, s.number, '{}');
    return jsonb_build_object('late', false, 'entered', entered);
end $$;
comment on function public.enter_shard(uuid, integer, integer) is
    'Keeps the members of a piece as the run sees them. Service only.';
revoke all on function public.enter_shard(uuid, integer, integer) from public, anon, authenticated, service_role;
grant execute on function public.enter_shard(uuid, integer, integer) to service_role;
select private.declare_call('enter_shard');

create or replace function public.compare_shard(run_id uuid, number integer, attempt integer) returns jsonb
language plpgsql volatile security definer set search_path = '' set statement_timeout = '45s' set jit = off as $$
declare
    s private.job_shards;
    run public.job_runs;
    now_hash text;
    unchanged boolean;
begin
    perform private.name_request();
    s := private.lock_shard(compare_shard.run_id, compare_shard.number, compare_shard.attempt);
    if s.run_id is null then
        return jsonb_build_object('late', true);
    end if;
    select * into run from public.job_runs j where j.id = s.run_id;
    -- Prices are left out: they follow from the rest, and move a little with every run.
    now_hash := private.hash_of(concat_ws(' ', run.engine_version, run.metadata ->> 'chartVersion',
        (run.started_at at time zone 'UTC')::date, private.rules()::text,
        -- The pool is what it was after the last run that found anybody changed, come or gone.
        (select concat_ws(' ', count(*), max(h.entered_run)) from private.pool_history h
            where h.entered_run <= run.sequence and (h.left_run is null or h.left_run > run.sequence)),
        (select max(h.left_run) from private.pool_history h where h.left_run <= run.sequence),
        (select concat_ws(' ', count(*), max(k.since)) from private.apart k),
        (select private.hash_of(string_agg(concat_ws(' ', x.event_id, x.user_id), ',' order by x.event_id, x.user_id))
            from public.event_members x join public.events e on e.id = x.event_id where private.is_open(e))));
    unchanged := coalesce(now_hash = (select g.input_hash from private.score_generation g), false);
    if unchanged then
        delete from private.job_shards d where d.run_id = run.id and d.done_at is null and d.number <> s.number;
        perform private.shard_done(s.run_id, s.number, '{"unchanged": true}');
    else
        perform private.shard_done(s.run_id, s.number, jsonb_build_object('runHash', now_hash));
    end if;
    return jsonb_build_object('late', false, 'unchanged', unchanged);
end $$;
comment on function public.compare_shard(uuid, integer, integer) is
    'Ends the run when nothing has changed since the lists in use were made; else they are renewed. Service only.';
revoke all on function public.compare_shard(uuid, integer, integer) from public, anon, authenticated, service_role;
grant execute on function public.compare_shard(uuid, integer, integer) to service_role;
select private.declare_call('compare_shard');

create or replace function public.load_shard(
    run_id uuid, number integer, attempt integer, after uuid default null, most integer default 5000
) returns json
language plpgsql volatile security definer set search_path = '' set statement_timeout = '45s' set jit = off as $$
declare
    s private.job_shards;
    run public.job_runs;
begin
    perform private.name_request();
    s := private.lock_shard(load_shard.run_id, load_shard.number, load_shard.attempt);
    if s.run_id is null then
        return json_build_object('late', true);
    end if;
    select * into run from public.job_runs j where j.id = s.run_id;
    return json_build_object('late', false, 'now', private.iso(run.started_at), 'settings', private.rules(),
        'page', private.pool_page(run.sequence, run.started_at, s.event_id, s.work = 'proposals', load_shard.after,
            load_shard.most));
end $$;
comment on function public.load_shard(uuid, integer, integer, uuid, integer) is
    'A page of the pool as the run saw it, for one of its pieces: members beyond an id, so many at most. Service only.';
revoke all on function public.load_shard(uuid, integer, integer, uuid, integer)
    from public, anon, authenticated, service_role;
grant execute on function public.load_shard(uuid, integer, integer, uuid, integer) to service_role;
select private.declare_call('load_shard');

create or replace function public.fail_shard(run_id uuid, number integer, attempt integer, error text) returns jsonb
language plpgsql volatile security definer set search_path = '' as $$
begin
    perform private.name_request();
    update private.job_shards d set leased_until = clock_timestamp(), last_error = left(fail_shard.error, 500)
    where d.run_id = fail_shard.run_id and d.number = fail_shard.number and d.attempt = fail_shard.attempt
      and d.done_at is null;
    return jsonb_build_object('late', not found);
end $$;
comment on function public.fail_shard(uuid, integer, integer, text) is
    'Gives a piece back after a failure; another worker may take it at once. Service only.';
revoke all on function public.fail_shard(uuid, integer, integer, text) from public, anon, authenticated, service_role;
grant execute on function public.fail_shard(uuid, integer, integer, text) to service_role;
select private.declare_call('fail_shard');
