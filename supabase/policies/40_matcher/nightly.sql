-- The night: one run with steps, done by one worker at a time under a lease.
--
--   charts ─▶ quiz ─▶ interests ─▶ enter ─▶ compare ─▶ rank ─▶ place ─▶ requeue ─▶ funnel
--
-- The run is a task of kind nightly. Its worker names the task in every call; whoever has lost it changes nothing. A
-- worker that takes the task over begins with the first step that is not done. A run keeps the pool it saw, so every
-- worker ranks the same members, and the run can be made again. Service only.

select private.declare_job('nightly', at => '47 2 * * *', late_after => '26 hours');

create or replace function private.id_range(piece integer, pieces integer, out first_user uuid, out last_user uuid)
language sql immutable set search_path = ''
return (
    (lpad(to_hex(4294967296 * piece / pieces), 8, '0') || '-0000-0000-0000-000000000000')::uuid,
    (lpad(to_hex(4294967296 * (piece + 1) / pieces - 1), 8, '0') || '-ffff-ffff-ffff-ffffffffffff')::uuid);
comment on function private.id_range(integer, integer) is
    'The piece (from 0) of so many into which all ids are cut, first and last id included. Ids are random, so pieces '
    'hold about equally many; where they are cut names nobody.';

create or replace function private.night_pieces() returns jsonb
language sql stable set search_path = '' as $$
    select jsonb_agg(jsonb_build_array(r.first_user, r.last_user) order by r.first_user)
    from (select greatest(1, ceil(count(*)::numeric / (select s.shard_size from public.settings s)))::integer as pieces
        from public.connect_profiles p where private.is_searching(p)) n
    cross join lateral generate_series(0, n.pieces - 1) g (piece)
    cross join lateral private.id_range(g.piece, n.pieces) r
$$;
comment on function private.night_pieces() is
    'Ranges of ids, first and last, of about settings.shard_size members who search: so many enter in one call.';

create or replace function public.open_nightly(
    engine_version text, chart_version text, trigger text default 'schedule', part text default null
) returns jsonb
language plpgsql volatile security definer set search_path = '' as $$
declare
    run public.job_runs;
begin
    perform private.name_request();
    if not private.admit_engine(open_nightly.engine_version) then
        return jsonb_build_object('runId', null, 'superseded', true);
    end if;
    if coalesce(open_nightly.part, 'lists') = 'lists' then
        perform private.release_held_questions();
    end if;
    -- Whoever opens one at the same instant is waited for, and joined.
    for look in 1..2 loop
        select * into run from public.job_runs j where j.name = 'nightly' and j.scope = 'all'
            and j.status = 'running' for update;
        if run.id is not null and exists (select from private.tasks t where t.kind = 'nightly' and t.key = run.id::text
            and t.parked_at is null)
        then
            if run.engine_version = open_nightly.engine_version then
                return jsonb_build_object('runId', run.id, 'resumed', true);
            end if;
            perform private.fail_run(run.id, 'superseded by another engine');
        end if;
        run := private.begin_job_run('nightly', open_nightly.trigger, open_nightly.engine_version);
        exit when run.id is not null;
    end loop;
    if run.id is null then
        return private.running_job('nightly');
    end if;
    update public.job_runs j set metadata = jsonb_strip_nulls(jsonb_build_object(
        'chartVersion', open_nightly.chart_version, 'only', open_nightly.part, 'steps', '[]'::jsonb))
    where j.id = run.id;
    delete from private.tasks t where t.kind = 'nightly' and not exists (
        select from public.job_runs j where j.id::text = t.key and j.status = 'running');
    perform private.put_tasks('nightly', jsonb_build_array(jsonb_build_object('key', run.id)));
    return jsonb_build_object('runId', run.id);
end $$;
comment on function public.open_nightly(text, text, text, text) is
    'Begins a night, or only one step of it, or says which run is at it. Service only.';
revoke all on function public.open_nightly(text, text, text, text) from public, anon, authenticated, service_role;
grant execute on function public.open_nightly(text, text, text, text) to service_role;
select private.declare_call('open_nightly');

create or replace function public.claim_night(worker text, engine_version text) returns jsonb
language plpgsql volatile security definer set search_path = '' as $$
declare
    claimed jsonb;
    run public.job_runs;
begin
    perform private.name_request();
    if claim_night.engine_version is distinct from private.engine_in_force() then
        return jsonb_build_object('runId', null);
    end if;
    claimed := private.take_tasks('nightly', claim_night.worker, 1) -> 0;
    -- Its workers never came back, time after time.
    perform private.fail_run(j.id, t.last_error) from private.tasks t
    join public.job_runs j on j.id::text = t.key and j.status = 'running'
    where t.kind = 'nightly' and t.parked_at is not null;
    select * into run from public.job_runs j where j.id::text = claimed ->> 'key' and j.status = 'running'
        and j.engine_version = claim_night.engine_version;
    if run.id is null then
        -- Cancelled, given up, or begun by an engine that is no longer in force.
        delete from private.tasks t where t.id = (claimed -> 'id')::bigint;
        return jsonb_build_object('runId', null);
    end if;
    update public.job_runs j set heartbeat_at = clock_timestamp() where j.id = run.id;
    return jsonb_build_object('runId', run.id, 'claim', jsonb_build_object('id', claimed -> 'id', 'attempt',
            claimed -> 'attempt'),
        'only', run.metadata -> 'only', 'pieces', private.night_pieces(),
        'unchanged', coalesce(run.metadata -> 'unchanged', 'false'),
        'done', (select coalesce(jsonb_agg(x -> 'step'), '[]') from jsonb_array_elements(run.metadata -> 'steps') x));
end $$;
comment on function public.claim_night(text, text) is
    'Takes the night that is open for a worker of the engine in force, under a lease; runId is null when there is '
    'none, or another worker has it. Service only.';
revoke all on function public.claim_night(text, text) from public, anon, authenticated, service_role;
grant execute on function public.claim_night(text, text) to service_role;
select private.declare_call('claim_night');

create or replace function private.hold_night(claim jsonb) returns public.job_runs
language plpgsql volatile set search_path = '' as $$
declare
    lasts interval := (select s.task_lease from public.settings s);
    run public.job_runs;
begin
    -- Two calls of one worker may be under way: a sign of life is given by one of them, and now and then.
    update private.tasks t set leased_until = clock_timestamp() + lasts
    where t.id = (select x.id from private.tasks x where x.id = (claim -> 'id')::bigint
        and x.attempt = (claim -> 'attempt')::integer and x.leased_until < clock_timestamp() + lasts * 0.9
        for update skip locked);
    select j.* into run from private.tasks t join public.job_runs j on j.id::text = t.key and j.status = 'running'
    where t.id = (claim -> 'id')::bigint and t.attempt = (claim -> 'attempt')::integer and t.leased_until is not null
    for share of t, j;
    update public.job_runs j set heartbeat_at = clock_timestamp()
    where j.id = (select x.id from public.job_runs x where x.id = run.id
        and x.heartbeat_at < clock_timestamp() - interval '10 seconds' for update skip locked);
    return run;
end $$;
comment on function private.hold_night(jsonb) is
    'The run of a claim {id, attempt}, if its worker still holds it and it goes on: neither changes until this '
    'transaction ends. All null otherwise.';

create or replace function public.end_night_step(
    claim jsonb, step text, progress numeric, did jsonb default '{}', seconds numeric default null,
    error text default null
) returns jsonb
language plpgsql volatile security definer set search_path = '' as $$
declare
    run public.job_runs;
begin
    perform private.name_request();
    run := private.hold_night(end_night_step.claim);
    if run.id is null then
        return jsonb_build_object('late', true);
    end if;
    update public.job_runs j set progress = least(greatest(end_night_step.progress, j.progress), 1),
        metadata = j.metadata || end_night_step.did || jsonb_build_object('steps', j.metadata -> 'steps'
            || jsonb_strip_nulls(jsonb_build_object('step', end_night_step.step, 'seconds', end_night_step.seconds,
                'error', left(end_night_step.error, 500))))
    where j.id = run.id;
    return jsonb_build_object('late', false);
end $$;
comment on function public.end_night_step(jsonb, text, numeric, jsonb, numeric, text) is
    'Notes that a step is over, how long it took, what it did in counts, and, where it failed and the night goes on, '
    'why. Service only.';
revoke all on function public.end_night_step(jsonb, text, numeric, jsonb, numeric, text)
    from public, anon, authenticated, service_role;
grant execute on function public.end_night_step(jsonb, text, numeric, jsonb, numeric, text) to service_role;
select private.declare_call('end_night_step');

create or replace function public.end_night(claim jsonb) returns jsonb
language plpgsql volatile security definer set search_path = '' as $$
declare
    run public.job_runs;
begin
    perform private.name_request();
    run := private.hold_night(end_night.claim);
    if run.id is null then
        return jsonb_build_object('late', true);
    end if;
    delete from private.tasks t where t.id = (end_night.claim -> 'id')::bigint;
    perform private.end_job_run(run.id, '{}');
    return jsonb_build_object('late', false);
end $$;
comment on function public.end_night(jsonb) is 'The night is over: its run succeeded. Service only.';
revoke all on function public.end_night(jsonb) from public, anon, authenticated, service_role;
grant execute on function public.end_night(jsonb) to service_role;
select private.declare_call('end_night');

create or replace function public.fail_night(claim jsonb, error text) returns jsonb
language plpgsql volatile security definer set search_path = '' as $$
declare
    run public.job_runs;
    attempts integer := (fail_night.claim -> 'attempt')::integer;
    parked boolean;
begin
    perform private.name_request();
    run := private.hold_night(fail_night.claim);
    if run.id is null then
        return jsonb_build_object('late', true);
    end if;
    parked := 0 < (private.give_back(jsonb_build_array(fail_night.claim), fail_night.error, false)
        -> 'parked')::integer;
    if parked then
        delete from private.tasks t where t.id = (fail_night.claim -> 'id')::bigint;
        perform private.fail_run(run.id, concat('failed ', attempts, ' times: ', fail_night.error));
    end if;
    return jsonb_build_object('late', false, 'parked', parked);
end $$;
comment on function public.fail_night(jsonb, text) is
    'Gives the night back after a failure: another worker goes on with it after a pause, or, after '
    'settings.task_attempts, the run has failed. Service only.';
revoke all on function public.fail_night(jsonb, text) from public, anon, authenticated, service_role;
grant execute on function public.fail_night(jsonb, text) to service_role;
select private.declare_call('fail_night');

create or replace function public.enter_night(claim jsonb, first_user uuid, last_user uuid) returns jsonb
language plpgsql volatile security definer set search_path = '' set statement_timeout = '45s' set jit = off as $$
declare
    run public.job_runs;
begin
    perform private.name_request();
    -- Nobody withdraws, erases or stores meanwhile: what is kept would outlive it, and a replay would see it.
    perform private.take_pool_lock();
    run := private.hold_night(enter_night.claim);
    if run.id is null then
        return jsonb_build_object('late', true);
    end if;
    return jsonb_build_object('late', false, 'entered', private.enter_members(run, run.metadata ->> 'chartVersion',
        enter_night.first_user, enter_night.last_user));
end $$;
comment on function public.enter_night(jsonb, uuid, uuid) is
    'Keeps a range of members as the run sees them. Service only.';
revoke all on function public.enter_night(jsonb, uuid, uuid) from public, anon, authenticated, service_role;
grant execute on function public.enter_night(jsonb, uuid, uuid) to service_role;
select private.declare_call('enter_night');

create or replace function public.compare_night(claim jsonb) returns jsonb
language plpgsql volatile security definer set search_path = '' set statement_timeout = '45s' set jit = off as $$
declare
    run public.job_runs;
    now_hash text;
begin
    perform private.name_request();
    run := private.hold_night(compare_night.claim);
    if run.id is null then
        return jsonb_build_object('late', true);
    end if;
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
    return jsonb_build_object('late', false, 'runHash', now_hash,
        'unchanged', coalesce(now_hash = (select g.input_hash from private.score_generation g), false));
end $$;
comment on function public.compare_night(jsonb) is
    'Whether nothing has changed since the lists in use were made. Service only.';
revoke all on function public.compare_night(jsonb) from public, anon, authenticated, service_role;
grant execute on function public.compare_night(jsonb) to service_role;
select private.declare_call('compare_night');
