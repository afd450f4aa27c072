-- What the schedule runs: bells for the worker, and sweeps that need no worker.

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
comment on function private.hmac_sha256(bytea, bytea) is 'HMAC-SHA-256 (RFC 2104) from the server''s own sha256: pgcrypto is not everywhere.';

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

create or replace function private.ring(job text) returns bigint
language plpgsql volatile security definer set search_path = '' as $$
declare
    path text := case job when 'matcher' then '/matcher' else '/jobs/' || job end;
    body jsonb := jsonb_build_object('job', job, 'trigger', 'schedule');
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
comment on function private.ring(text) is 'Rings the worker for one job: a signed request through pg_net. Returns pg_net''s request id.';

create or replace function private.is_scheduled() returns boolean
language plpgsql stable security definer set search_path = '' as $$
begin
    return exists (select from cron.job j where j.jobname = 'connect-matcher' and j.active);
end $$;
comment on function private.is_scheduled() is 'Whether pg_cron is told to ring the matcher.';

create or replace function private.purge() returns void
language plpgsql volatile security definer set search_path = '' as $$
begin
    delete from cron.job_run_details d where d.end_time < now() - interval '7 days';
    delete from private.bell_nonces n where n.claimed_at < now() - interval '1 day';
    delete from private.rate_counters c where c.window_started_at < now() - interval '1 hour';
    delete from public.job_runs j where j.started_at < now() - interval '90 days';
    -- Runs of the last week can be recomputed; older ones keep their statement alone.
    delete from private.pool_history h
    where h.left_run <= (select min(j.sequence) from public.job_runs j where j.started_at > now() - interval '7 days');
    delete from private.prices x
    where exists (select from private.prices later where later.user_id = x.user_id and later.set_by > x.set_by
        and later.set_by < (select min(j.sequence) from public.job_runs j where j.started_at > now() - interval '7 days'));
end $$;
comment on function private.purge() is 'Removes what only grows: old run details, spent nonces, empty counters, old runs and what they were made from.';
