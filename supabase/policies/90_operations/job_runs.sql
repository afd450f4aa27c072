-- The frame of every background job: one run at a time per job and scope, with signs of life, progress and an end
-- that says what was done. Admins read job_runs in the dashboard; only these functions write it.

revoke all on public.job_runs from public, anon, authenticated, service_role;
grant select on public.job_runs to service_role;
alter table public.job_runs enable row level security;

create or replace function private.is_alive(run public.job_runs) returns boolean
language sql stable set search_path = ''
return run.status = 'running' and run.heartbeat_at > now() - (select s.job_lease from public.settings s);
comment on function private.is_alive(public.job_runs) is 'Whether a run still gives signs of life.';

create or replace function private.begin_job_run(job text, trigger text, engine_version text, scope text default 'all')
returns public.job_runs
language plpgsql volatile set search_path = '' as $$
#variable_conflict use_column
declare
    run public.job_runs;
    before public.job_runs;
begin
    -- A worker killed in mid-run says nothing more; the next run closes its row.
    update public.job_runs j set status = 'failed', finished_at = clock_timestamp(), error = 'abandoned',
        duration_ms = least(extract(epoch from clock_timestamp() - j.started_at) * 1000, 2147483647)
    where j.name = begin_job_run.job and j.status = 'running' and not private.is_alive(j);
    select * into before from public.job_runs j
    where j.name = begin_job_run.job and j.scope = begin_job_run.scope and j.status <> 'running'
    order by j.sequence desc limit 1;
    -- Not now(): that is when the transaction began, and a load may have waited for its turn.
    insert into public.job_runs (name, trigger, engine_version, scope, started_at, attempt)
    values (begin_job_run.job, begin_job_run.trigger, begin_job_run.engine_version, begin_job_run.scope,
        clock_timestamp(),
        case when before.status = 'failed' then least(before.attempt, 1000000) + 1 else 1 end)
    on conflict (name, scope) where status = 'running' do nothing
    returning * into run;
    return run;
end $$;
comment on function private.begin_job_run(text, text, text, text) is
    'Opens a run and closes an abandoned one of the same job and scope. All null while another one is running.';

create or replace function private.running_job(job text, scope text default 'all') returns jsonb
language sql stable set search_path = '' as $$
    select jsonb_build_object('runId', null, 'running', (select j.id from public.job_runs j
        where j.name = running_job.job and j.scope = running_job.scope and j.status = 'running'))
$$;
comment on function private.running_job(text, text) is
    'What a job is told whose run was not opened because another one is running.';

create or replace function private.end_job_run(run_id uuid, metadata jsonb) returns void
language plpgsql volatile set search_path = '' as $$
begin
    update public.job_runs j set status = 'succeeded', finished_at = clock_timestamp(),
        heartbeat_at = clock_timestamp(),
        duration_ms = least(extract(epoch from clock_timestamp() - j.started_at) * 1000, 2147483647), progress = 1,
        metadata = j.metadata || end_job_run.metadata
    where j.id = end_job_run.run_id and j.status = 'running';
end $$;
comment on function private.end_job_run(uuid, jsonb) is 'Closes a run that got to its end, with what it did in counts.';

create or replace function private.fail_run(run_id uuid, error text) returns void
language plpgsql volatile set search_path = '' as $$
begin
    update public.job_runs j set status = 'failed', finished_at = clock_timestamp(),
        duration_ms = least(extract(epoch from clock_timestamp() - j.started_at) * 1000, 2147483647),
        error = left(fail_run.error, 500)
    where j.id = fail_run.run_id and j.status = 'running';
end $$;
comment on function private.fail_run(uuid, text) is 'Closes a run that did not get to its end.';

create or replace function public.open_job_run(
    job text, trigger text, engine_version text, scope text default 'all'
) returns jsonb
language plpgsql volatile security definer set search_path = '' as $$
declare
    run public.job_runs := private.begin_job_run(open_job_run.job, open_job_run.trigger, open_job_run.engine_version,
        open_job_run.scope);
begin
    perform private.name_request();
    if run.id is null then
        return private.running_job(open_job_run.job, open_job_run.scope);
    end if;
    return jsonb_build_object('runId', run.id);
end $$;
comment on function public.open_job_run(text, text, text, text) is
    'Opens a run of a job; runId is null while another one of the same scope is running. Service only.';
revoke all on function public.open_job_run(text, text, text, text) from public, anon, authenticated, service_role;
grant execute on function public.open_job_run(text, text, text, text) to service_role;

create or replace function public.beat_job_run(run_id uuid, progress numeric default null) returns jsonb
language plpgsql volatile security definer set search_path = '' as $$
declare
    run public.job_runs;
begin
    perform private.name_request();
    update public.job_runs j set heartbeat_at = clock_timestamp(),
        -- Not coalesce(): greatest() passes over a null, and a beat that tells none would take the run back to 0.
        progress = case when beat_job_run.progress is null then j.progress
            else least(greatest(beat_job_run.progress, 0), 1) end
    where j.id = beat_job_run.run_id and j.status = 'running';
    select * into run from public.job_runs j where j.id = beat_job_run.run_id;
    return jsonb_build_object('goOn', coalesce(run.status = 'running', false), 'status', run.status, 'progress',
        run.progress,
        'error', run.error, 'metadata', run.metadata);
end $$;
comment on function public.beat_job_run(uuid, numeric) is
    'A sign of life; tells how the run stands, and goOn is false once it has ended, was cancelled or given up. Service '
    'only.';
revoke all on function public.beat_job_run(uuid, numeric) from public, anon, authenticated, service_role;
grant execute on function public.beat_job_run(uuid, numeric) to service_role;

create or replace function public.finish_job_run(run_id uuid, metadata jsonb) returns jsonb
language plpgsql volatile security definer set search_path = '' as $$
begin
    perform private.name_request();
    perform private.end_job_run(finish_job_run.run_id, finish_job_run.metadata);
    return '{}'::jsonb;
end $$;
comment on function public.finish_job_run(uuid, jsonb) is 'Closes a run that got to its end. Service only.';
revoke all on function public.finish_job_run(uuid, jsonb) from public, anon, authenticated, service_role;
grant execute on function public.finish_job_run(uuid, jsonb) to service_role;

create or replace function public.fail_job_run(run_id uuid, error text) returns jsonb
language plpgsql volatile security definer set search_path = '' as $$
begin
    perform private.name_request();
    perform private.fail_run(fail_job_run.run_id, fail_job_run.error);
    return '{}'::jsonb;
end $$;
comment on function public.fail_job_run(uuid, text) is 'Closes a run that did not get to its end. Service only.';
revoke all on function public.fail_job_run(uuid, text) from public, anon, authenticated, service_role;
grant execute on function public.fail_job_run(uuid, text) to service_role;

create or replace function public.cancel_job(run_id uuid) returns boolean
language plpgsql volatile security definer set search_path = '' as $$
begin
    update public.job_runs j set status = 'cancelled', finished_at = clock_timestamp(),
        duration_ms = least(extract(epoch from clock_timestamp() - j.started_at) * 1000, 2147483647)
    where j.id = cancel_job.run_id and j.status = 'running';
    return found;
end $$;
comment on function public.cancel_job(uuid) is
    'Stops a running job: what it has stored stays, its next step finds that it is over. False when it was not '
    'running. Service only.';
revoke all on function public.cancel_job(uuid) from public, anon, authenticated, service_role;
grant execute on function public.cancel_job(uuid) to service_role;

create or replace function public.retry_job(run_id uuid) returns bigint
language plpgsql volatile security definer set search_path = '' as $$
declare
    run public.job_runs;
begin
    select * into run from public.job_runs j where j.id = retry_job.run_id;
    if run.id is null then
        raise exception using errcode = 'PT404', message = 'not_found', detail = 'There is no such run.';
    elsif run.status = 'running' then
        raise exception using errcode = 'PT409', message = 'conflict',
            detail = 'This run is still going: cancel_job() stops it.';
    end if;
    return private.start_job(run.name, 'retry');
end $$;
comment on function public.retry_job(uuid) is
    'Starts the job of a finished run again, now. Returns pg_net''s request id; null for a job that runs inside the '
    'database and is done already. Service only.';
revoke all on function public.retry_job(uuid) from public, anon, authenticated, service_role;
grant execute on function public.retry_job(uuid) to service_role;

create or replace function private.start_job(job text, trigger text default 'schedule') returns bigint
language plpgsql volatile security definer set search_path = '' as $$
declare
    run public.job_runs;
    did jsonb;
    state text;
begin
    if job not in ('expiry', 'statistics') and job not like 'purge%' then
        return private.ring(job, trigger);
    end if;
    run := private.begin_job_run(job, trigger, null);
    if run.id is null then
        return null;
    end if;
    begin
        did := case job
            when 'expiry' then jsonb_build_object('ended', private.expire_matches())
            when 'statistics' then private.refresh_statistics()
            else private.purge(job)
        end;
        perform private.end_job_run(run.id, did);
    -- A time-out is none of the others.
    exception when query_canceled or others then
        -- The run's row tells it, and pg_cron's: neither holds what the rows held.
        get stacked diagnostics state = returned_sqlstate;
        perform private.fail_run(run.id, 'SQLSTATE ' || state);
        raise warning 'job % failed: SQLSTATE %', job, state;
    end;
    return null;
end $$;
comment on function private.start_job(text, text) is
    'Starts a job: rings the worker for it, or runs it here and now when it needs no worker. What the schedule calls.';
