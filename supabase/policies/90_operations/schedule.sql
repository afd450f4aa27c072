-- The schedule: how the worker is rung, what a tick does, and what is purged.

select private.declare_job('matcher', at => '* * * * *', command => 'select private.tick()');
select private.declare_job('purge', at => '17 * * * *', late_after => '26 hours', does => 'private.purge()');

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
    shards integer;
    workers integer;
begin
    perform private.notice_absences();
    select * into strict rules from public.settings;
    select count(*) into waiting from (
        select from public.matchmaking_queue q where q.pool = any (private.open_pools()) and q.available_at <= now()
        limit rules.matcher_workers * rules.backlog_per_worker) q;
    select count(*) into shards from private.job_shards d join public.job_runs j on j.id = d.run_id
        and j.status = 'running'
    where d.done_at is null and d.phase = (select min(e.phase) from private.job_shards e where e.run_id = d.run_id
        and e.done_at is null);
    -- One bell at least: health goes by the ticks, and the worker finds out for itself that there is nothing to do.
    workers := least(rules.matcher_workers, greatest(1, ceil(waiting::numeric / rules.backlog_per_worker), shards));
    for bell in 1..workers loop
        perform private.ring('matcher');
    end loop;
    -- Another engine has come into force: everybody's lists are renewed by it, now rather than at night.
    if private.engine_in_force() <> (select g.engine_version from private.score_generation g)
        and not exists (select from public.job_runs j where j.name = 'match_scores' and private.is_alive(j))
    then
        perform private.ring('match_scores');
    end if;
    return workers;
end $$;
comment on function private.tick() is
    'Every minute: notices whose account no longer stands or stands again, and rings as many workers as the queue '
    'needs, up to settings.matcher_workers. Returns how many.';

create or replace function private.is_scheduled() returns boolean
language plpgsql stable security definer set search_path = '' as $$
begin
    return exists (select from cron.job j where j.jobname = 'connect-matcher' and j.active);
end $$;
comment on function private.is_scheduled() is 'Whether pg_cron is told to ring the matcher.';

create or replace function private.purge_of(purged regclass, condition text, most integer) returns integer
language plpgsql volatile set search_path = '' as $$
declare
    gone integer;
begin
    execute format('delete from %1$s x where x.ctid = any (array(select x.ctid from %1$s x where %2$s limit $1))',
        purged, condition)
    using most;
    get diagnostics gone = row_count;
    return gone;
end $$;
comment on function private.purge_of(regclass, text, integer) is
    'Deletes at most so many rows of a table (x in the condition). Returns how many.';

create or replace function private.first_kept_run() returns bigint
language sql stable set search_path = ''
return (select min(j.sequence) from public.job_runs j where j.started_at > now() - interval '7 days');
comment on function private.first_kept_run() is
    'Runs from this one on can be recomputed; older ones keep their statement alone.';

create or replace function private.last_logged_run() returns uuid
language sql stable set search_path = ''
return (select j.id from public.job_runs j where exists (select from public.batch_logs l where l.run_id = j.id)
    order by j.sequence desc limit 1);
comment on function private.last_logged_run() is 'The last night that noted pairs: members are told of that one.';

create or replace function private.purge(lasts interval default '60 seconds') returns jsonb
language plpgsql volatile security definer set search_path = '' as $$
declare
    most constant integer := 20000;
    deadline timestamptz := clock_timestamp() + lasts;
    counts jsonb := '{}';
    swept record;
    gone integer;
    all_gone integer;
begin
    for swept in values
        ('runDetails', 'cron.job_run_details', 'x.end_time < now() - interval ''7 days'''),
        ('bells', 'private.bell_nonces', 'x.claimed_at < now() - interval ''1 day'''),
        ('rateCounters', 'private.rate_counters', 'x.window_started_at + (private.call_limit(x.kind)).lasts <= now()'),
        ('keptLimits', 'private.kept_limits', 'x.until <= now()'),
        ('returnedProposals', 'private.returned_proposals',
            'x.proposed_at <= now() - (select s.proposal_lifetime from public.settings s)'),
        ('idempotencyKeys', 'private.idempotency_keys',
            'x.created_at < now() - (select s.idempotency_lifetime from public.settings s)'),
        ('runs', 'public.job_runs', 'x.started_at < now() - interval ''90 days'' and x.status <> ''running'''),
        ('poolHistory', 'private.pool_history', 'x.left_run <= (select private.first_kept_run())'),
        ('prices', 'private.prices', 'exists (select from private.prices later where later.user_id = x.user_id
            and later.set_by > x.set_by and later.set_by < (select private.first_kept_run()))'),
        -- Events that ended by the clock: their queue is not worked any more.
        ('overEvents', 'public.matchmaking_queue',
            'exists (select from public.events e where e.id = x.event_id and not private.is_open(e))'),
        ('batchLogs', 'public.batch_logs', 'x.run_id <> (select private.last_logged_run())'),
        -- With their evidence and the salt that opens it.
        ('reports', 'public.reports', 'x.decided_at < now() - (select s.report_retention from public.settings s)'),
        ('abuseSignals', 'private.abuse_signals',
            'x.created_at < now() - (select s.report_retention from public.settings s)'),
        ('events', 'public.domain_events', 'x.created_at < now() - (select s.event_retention from public.settings s)')
    loop
        all_gone := 0;
        loop
            exit when clock_timestamp() > deadline;
            gone := private.purge_of(swept.column2::regclass, swept.column3, most);
            all_gone := all_gone + gone;
            exit when gone < most;
        end loop;
        counts := counts || jsonb_build_object(swept.column1, all_gone);
    end loop;
    all_gone := 0;
    loop
        exit when clock_timestamp() > deadline;
        gone := (public.drop_old_scores(most) ->> 'dropped')::integer;
        all_gone := all_gone + gone;
        exit when gone < most;
    end loop;
    return counts || jsonb_build_object('oldScores', all_gone, 'erasedSides', private.purge_erasures());
end $$;
comment on function private.purge(interval) is
    'Removes what only grows: old run details, spent nonces, empty counters, old runs and what they were made from, '
    'lists out of use, old lines of the outbox. What it cannot do in its time the next hour does. Returns counts.';

create or replace function private.wanted_schedule() returns table (jobname text, schedule text, command text)
language sql stable set search_path = ''
begin atomic
    select 'connect-' || translate(j.name, '_', '-'), j.schedule, j.command from private.declared_jobs j;
end;
comment on function private.wanted_schedule() is 'The schedule as it should be; applying the policies makes it so.';
