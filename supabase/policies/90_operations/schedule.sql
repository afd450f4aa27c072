-- The schedule: how the worker is rung and what a tick does. Each job declares its time beside what it does.

select private.declare_job('matcher', at => '* * * * *', command => 'select private.tick()');

create or replace function private.hmac_sha256(key bytea, message bytea) returns bytea
language plpgsql immutable strict set search_path = '' as $$
declare
    padded bytea := case when octet_length(key) > 64 then sha256(key) else key end;
    inner_pad bytea;
    outer_pad bytea;
begin
    padded := padded || decode(repeat('00', 64 - octet_length(padded)), 'hex');
    inner_pad := padded;
    outer_pad := padded;
    for i in 0..63 loop
        inner_pad := set_byte(inner_pad, i, get_byte(padded, i) # 54);
        outer_pad := set_byte(outer_pad, i, get_byte(padded, i) # 92);
    end loop;
    return sha256(outer_pad || sha256(inner_pad || message));
end $$;
comment on function private.hmac_sha256(bytea, bytea) is
    'HMAC-SHA-256 (RFC 2104) from the server''s own sha256: pgcrypto is not everywhere.';

create or replace function private.secret(secret_name text) returns text
language plpgsql stable set search_path = '' as $$
declare
    value text := (select s.decrypted_secret from vault.decrypted_secrets s where s.name = secret_name);
begin
    if coalesce(value, '') = '' then
        raise exception 'Vault holds no secret named %', secret_name
            using hint = 'Set it in the environment of scripts/apply-sql and run that again.';
    end if;
    return value;
end $$;
comment on function private.secret(text) is 'A secret from Vault; a missing one is a loud failure.';

create or replace function private.ring(job text, trigger text default 'schedule') returns bigint
language plpgsql volatile security definer set search_path = '' as $$
declare
    path text := case job when 'matcher' then '/matcher' else '/jobs/' || job end;
    body jsonb := jsonb_build_object('job', job, 'trigger', trigger);
    rung_at text := floor(extract(epoch from clock_timestamp()))::bigint::text;
    nonce text := gen_random_uuid()::text;
    signature text;
begin
    -- pg_net keeps what it sends where every role can read it: a signature is worth nothing a moment later.
    signature := encode(private.hmac_sha256(
        convert_to(private.secret('connect_bell_key'), 'UTF8'),
        convert_to(concat_ws('.', rung_at, nonce, path, body::text), 'UTF8')), 'hex');
    return net.http_post(
        url => private.secret('connect_worker_url') || path,
        body => body,
        headers => jsonb_build_object('Content-Type', 'application/json', 'X-Connect-Timestamp', rung_at,
            'X-Connect-Nonce', nonce, 'X-Connect-Signature', signature),
        timeout_milliseconds => 5000);
end $$;
comment on function private.ring(text, text) is
    'Rings the worker for one job: a signed request through pg_net. Returns pg_net''s request id. A missing secret or '
    'address is an error, which the schedule records.';

create or replace function private.tick() returns integer
language plpgsql volatile security definer set search_path = '' as $$
declare
    rules public.settings;
    waiting integer;
    workers integer;
begin
    perform private.notice_absences();
    perform private.hand_on_events();
    select * into strict rules from public.settings;
    select count(*) into waiting from (
        select from public.matchmaking_queue q where q.pool = any (private.open_pools()) and q.available_at <= now()
        limit rules.matcher_workers * rules.backlog_per_worker) q;
    -- One bell at least: health goes by the ticks, and the worker finds out for itself that there is nothing to do.
    workers := least(rules.matcher_workers, greatest(1, ceil(waiting::numeric / rules.backlog_per_worker)));
    for bell in 1..workers loop
        perform private.ring('matcher');
    end loop;
    perform private.ring(w.job, 'tasks') from private.jobs_with_tasks() w (job);
    -- Another engine has come into force: everybody's lists are renewed by it, now rather than at night.
    if private.engine_in_force() <> (select g.engine_version from private.score_generation g)
        and not exists (select from public.job_runs j where j.name = 'nightly' and private.is_alive(j))
    then
        perform private.ring('nightly');
    end if;
    return workers;
end $$;
comment on function private.tick() is
    'Every minute: notices whose account no longer stands or stands again, hands new events to their sinks, and rings '
    'as many workers as the queue needs, up to settings.matcher_workers, and one more for each kind of task that '
    'waits. Returns how many the queue needs.';

create or replace function private.is_scheduled() returns boolean
language plpgsql stable security definer set search_path = '' as $$
begin
    return exists (select from cron.job j where j.jobname = 'connect-matcher' and j.active);
end $$;
comment on function private.is_scheduled() is 'Whether pg_cron is told to ring the matcher.';

-- Missed ticks are not made up for: each job works from what it finds.
create or replace function private.wanted_schedule() returns table (jobname text, schedule text, command text)
language sql stable set search_path = ''
begin atomic
    select 'connect-' || translate(j.name, '_', '-'), j.schedule, j.command from private.declared_jobs j
    where j.schedule is not null;
end;
comment on function private.wanted_schedule() is 'The schedule as it should be; applying the policies makes it so.';

create or replace function private.jobs_with_tasks() returns setof text
language sql stable set search_path = '' as $$
    select j.name from private.declared_jobs j
    where exists (select from private.tasks t where t.kind = j.name and t.parked_at is null
        and t.available_at <= now() and (t.leased_until is null or t.leased_until <= now()))
      -- A night is one run, whoever works on it.
      and (select count(*) from public.job_runs r where r.name = j.name and r.status = 'running' and r.scope <> 'all'
          and private.is_alive(r)) < (select s.matcher_workers from public.settings s)
$$;
comment on function private.jobs_with_tasks() is
    'Jobs whose tasks wait for a worker while fewer than settings.matcher_workers are at them.';
