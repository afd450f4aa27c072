-- How runs of background jobs begin and end. Admins read job_runs in the dashboard; only these functions write it.

revoke all on public.job_runs from public, anon, authenticated, service_role;
grant select on public.job_runs to service_role;
alter table public.job_runs enable row level security;

create or replace function private.begin_job_run(job text, trigger text, engine_version text) returns public.job_runs
language plpgsql volatile set search_path = '' as $$
declare
    run public.job_runs;
begin
    -- A worker killed in mid-run says nothing more; the next run closes its row.
    update public.job_runs j set status = 'failed', finished_at = clock_timestamp(), error = 'abandoned',
        duration_ms = extract(epoch from clock_timestamp() - j.started_at) * 1000
    where j.name = begin_job_run.job and j.status = 'running' and j.started_at < now() - interval '10 minutes';
    -- Not now(): that is when the transaction began, and a load may have waited for its turn.
    insert into public.job_runs (name, trigger, engine_version, started_at)
    values (begin_job_run.job, begin_job_run.trigger, begin_job_run.engine_version, clock_timestamp())
    returning * into run;
    return run;
end $$;
comment on function private.begin_job_run(text, text, text) is 'Opens a run, and closes those of the same job that were abandoned.';

create or replace function private.end_job_run(run_id uuid, metadata jsonb) returns void
language plpgsql volatile set search_path = '' as $$
begin
    update public.job_runs j set status = 'succeeded', finished_at = clock_timestamp(),
        duration_ms = extract(epoch from clock_timestamp() - j.started_at) * 1000,
        metadata = end_job_run.metadata
    where j.id = end_job_run.run_id and j.status = 'running';
end $$;
comment on function private.end_job_run(uuid, jsonb) is 'Closes a run that got to its end, with what it did in counts.';

create or replace function public.open_job_run(job text, trigger text, engine_version text) returns jsonb
language plpgsql volatile security definer set search_path = '' as $$
begin
    return jsonb_build_object('runId', (private.begin_job_run(open_job_run.job, open_job_run.trigger, open_job_run.engine_version)).id);
end $$;
comment on function public.open_job_run(text, text, text) is 'Opens a run of a job that loads its own work. Service only.';
revoke all on function public.open_job_run(text, text, text) from public, anon, authenticated, service_role;
grant execute on function public.open_job_run(text, text, text) to service_role;

create or replace function public.finish_job_run(run_id uuid, metadata jsonb) returns jsonb
language plpgsql volatile security definer set search_path = '' as $$
begin
    perform private.end_job_run(finish_job_run.run_id, finish_job_run.metadata);
    return '{}'::jsonb;
end $$;
comment on function public.finish_job_run(uuid, jsonb) is 'Closes a run of a job that stores its own work. Service only.';
revoke all on function public.finish_job_run(uuid, jsonb) from public, anon, authenticated, service_role;
grant execute on function public.finish_job_run(uuid, jsonb) to service_role;

create or replace function public.fail_job_run(run_id uuid, error text) returns jsonb
language plpgsql volatile security definer set search_path = '' as $$
begin
    update public.job_runs j set status = 'failed', finished_at = clock_timestamp(),
        duration_ms = extract(epoch from clock_timestamp() - j.started_at) * 1000,
        error = left(fail_job_run.error, 500)
    where j.id = fail_job_run.run_id and j.status = 'running';
    return '{}'::jsonb;
end $$;
comment on function public.fail_job_run(uuid, text) is 'Closes a run that did not get to the end.';
revoke all on function public.fail_job_run(uuid, text) from public, anon, authenticated, service_role;
grant execute on function public.fail_job_run(uuid, text) to service_role;
