-- What the worker's health check asks the database. Service only.

create or replace function private.up_since() returns timestamptz
language sql stable set search_path = ''
return pg_postmaster_start_time();
comment on function private.up_since() is 'When this server started: what could not happen before is not late yet.';

create or replace function private.opens(secret_name text) returns boolean
language plpgsql stable set search_path = '' as $$
begin
    return (select s.decrypted_secret <> '' from vault.decrypted_secrets s where s.name = secret_name);
exception when data_exception then
    -- Vault decrypts row by row, and a row that another key closed is an error.
    return false;
end $$;
comment on function private.opens(text) is
    'Whether Vault has something to say under this name; null when it knows no such name.';

create or replace function private.missing_secrets() returns text[]
language sql stable set search_path = '' as $$
    select array(
        select w.name from unnest('{connect_bell_key,connect_erasure_key,connect_worker_url}'::text[]) as w (name)
        where private.opens(w.name) is not true
        -- The former key is there while keys are changed, and then it must open.
        union all select 'connect_erasure_key_previous' where not private.opens('connect_erasure_key_previous')
        order by 1)
$$;
comment on function private.missing_secrets() is
    'Names of what the schedule and erasures need from Vault and do not find there, or cannot open.';

create or replace function private.work_waits(allowed interval) returns boolean
language plpgsql stable set search_path = '' as $$
begin
    return exists (
        select from public.matchmaking_jobs j
        left join public.events e on e.id = j.event_id
        cross join lateral (
            -- The first few in turn tell: whoever stands behind them has waited hardly longer. A pool that is
            -- paused, or whose event is over, may be long, and is not looked at.
            select greatest(q.enqueued_at, q.available_at) as since from public.matchmaking_queue q
            where q.pool = private.pool_of(j.event_id) and q.turn_at < now() - allowed and private.is_free(q)
            order by q.turn_at, q.id limit 200) w
        where j.status <> 'paused' and (j.event_id is null or private.is_open(e)) and w.since < now() - allowed);
end $$;
comment on function private.work_waits(interval) is
    'Whether somebody whom a worker may take has waited longer than that.';

create or replace function private.failed_jobs() returns text[]
language plpgsql stable set search_path = '' as $$
begin
    return array(
        select j.name
        from private.declared_jobs j
        left join lateral (select r.status from public.job_runs r
            -- What a killed matcher held is under leases, and others take it.
            where r.name = j.name and r.status in ('succeeded', 'failed')
              and not (j.name = 'matcher' and r.error = 'abandoned')
            order by r.started_at desc limit 1) latest on true
        where latest.status = 'failed'
        union
        -- What failed before it could open a run of its own.
        select translate(substr(k.jobname, length('connect-') + 1), '-', '_')
        from cron.job k cross join lateral (select d.status from cron.job_run_details d
            where d.jobid = k.jobid and d.end_time is not null order by d.runid desc limit 1) d
        where k.jobname like 'connect-%' and d.status = 'failed'
        order by 1);
end $$;
comment on function private.failed_jobs() is 'Jobs of the schedule whose latest run that came to an end failed.';

create or replace function public.worker_health() returns jsonb
language plpgsql volatile security definer set search_path = '' as $$
declare
    scheduled boolean := private.is_scheduled();
    up_since timestamptz := private.up_since();
    last_tick timestamptz := (select max(n.claimed_at) from private.bell_nonces n);
    last_run timestamptz := (select j.finished_at from public.job_runs j
        where j.name = 'matcher' and j.status = 'succeeded' order by j.started_at desc limit 1);
    last_night timestamptz := (select j.finished_at from public.job_runs j
        where j.name = 'nightly' and j.status = 'succeeded' and j.metadata ? 'runHash'
        order by j.started_at desc limit 1);
begin
    perform private.name_request();
    return jsonb_build_object(
        'lastTickAt', private.iso(last_tick), 'lastRunAt', private.iso(last_run), 'lastNightAt',
        private.iso(last_night),
        'scheduled', scheduled,
        -- It rings every minute: three missed rings are a fault. A server just started gets its three minutes.
        'tickOverdue', scheduled and greatest(last_tick, up_since) < now() - interval '3 minutes',
        'workOverdue', scheduled and up_since < now() - interval '5 minutes' and private.work_waits('5 minutes'),
        -- The matcher's own runs are left out: what a killed one held is under leases, and others take it.
        'jobOverdue', scheduled and exists (select from public.job_runs j
            where j.status = 'running' and j.name <> 'matcher' and not private.is_alive(j)),
        'nightOverdue', scheduled and exists (select from public.connect_profiles)
            and greatest(last_night, up_since, (select j.created_at from public.matchmaking_jobs j
                where j.event_id is null))
                < now() - interval '26 hours',
        'jobsFailed', case when scheduled then private.failed_jobs() else '{}' end,
        -- Until then nobody is let in: every call is taken for one that asks for more.
        'wordingUnknown', not private.called_without_postgrest_options(),
        'secretsMissing', case when scheduled then private.missing_secrets() else '{}' end);
end $$;
comment on function public.worker_health() is
    'What the worker''s health check asks the database: ticks, waiting work, jobs without a sign of life or failed, '
    'the last night, whether this PostgREST''s statements are known, secrets. Service only.';
revoke all on function public.worker_health() from public, anon, authenticated, service_role;
grant execute on function public.worker_health() to service_role;
select private.declare_call('worker_health');
