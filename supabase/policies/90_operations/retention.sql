-- What is deleted when. Each purge is a job of the schedule. It works in batches for less than 45 seconds, and what it
-- does not reach the next one does. How long things are kept is in public.settings.

select private.declare_job('purge', at => '17 * * * *', late_after => '26 hours', does => 'private.purge()');
select private.declare_job('purge_messages', at => '22 * * * *', late_after => '26 hours',
    does => 'private.purge(''purge_messages'')');
select private.declare_job('purge_matches', at => '27 * * * *', late_after => '26 hours',
    does => 'private.purge(''purge_matches'')');
select private.declare_job('purge_events', at => '32 * * * *', late_after => '26 hours',
    does => 'private.purge(''purge_events'')');
select private.declare_job('purge_analytics', at => '52 3 * * *', late_after => '26 hours',
    does => 'private.purge(''purge_analytics'')');

create or replace function private.over_since() returns timestamptz
language sql stable set search_path = ''
return (select now() - s.safety_window from public.settings s);
comment on function private.over_since() is
    'A match that ended before this can be neither blocked, reported nor rated any more.';

create or replace function private.drop_chats(most integer) returns integer
language plpgsql volatile set search_path = '' as $$
declare
    over uuid[] := array(
        select c.id from public.blind_chats c join public.matches m on m.id = c.match_id cross join public.settings s
        where m.ends_at <= least((select private.over_since()), now() - s.message_retention)
          and not exists (select from public.reports r where r.match_id = m.id and r.status <> 'decided')
        limit least(most, 1000));
    messages integer;
    chats integer := 0;
begin
    delete from public.blind_chat_messages t where t.ctid = any (array(
        select x.ctid from public.blind_chat_messages x where x.blind_chat_id = any (over) limit most));
    get diagnostics messages = row_count;
    if messages < most then
        delete from public.blind_chats c where c.id = any (over);
        get diagnostics chats = row_count;
    end if;
    return messages + chats;
end $$;
comment on function private.drop_chats(integer) is
    'Deletes so many messages of chats that ended long ago, then these chats with their salts. A chat stays while a '
    'report about its match is not decided. Returns how many rows.';

create or replace function private.first_kept_run() returns bigint
language sql stable set search_path = ''
return (select min(j.sequence) from public.job_runs j where j.started_at > now() - interval '7 days');
comment on function private.first_kept_run() is
    'Runs from this one on can be recomputed; older ones keep their statement alone.';

create or replace function private.first_counted_week() returns date
language sql stable set search_path = ''
return (select date_trunc('week', (now() - s.analytics_retention) at time zone 'UTC')::date from public.settings s);
comment on function private.first_counted_week() is 'The oldest week whose counts are kept.';

-- What is purged: by which job, under which name it counts, and the expression that does a batch of $1 rows. Most steps
-- delete rows x of one table by their age.
create or replace view private.purges with (security_invoker = true) as
    select v.job, v.place, v.name, d.does from (values
    ('purge', 1, 'runDetails', 'cron.job_run_details', 'x.end_time < now() - interval ''7 days'''),
    ('purge', 2, 'bells', 'private.bell_nonces', 'x.claimed_at < now() - interval ''1 day'''),
    ('purge', 3, 'rateCounters', 'private.rate_counters',
        'x.window_started_at + (private.call_limit(x.kind)).lasts <= now()'),
    ('purge', 4, 'keptLimits', 'private.kept_limits', 'x.until <= now()'),
    ('purge', 5, 'returnedProposals', 'private.returned_proposals',
        'x.proposed_at <= now() - (select s.proposal_lifetime from public.settings s)'),
    ('purge', 6, 'idempotencyKeys', 'private.idempotency_keys',
        'x.created_at < now() - (select s.idempotency_lifetime from public.settings s)'),
    ('purge', 7, 'runs', 'public.job_runs', 'x.started_at < now() - interval ''90 days'' and x.status <> ''running'''),
    ('purge', 8, 'poolHistory', 'private.pool_history', 'x.left_run <= (select private.first_kept_run())'),
    ('purge', 9, 'prices', 'private.prices', 'exists (select from private.prices later where later.user_id = x.user_id '
        'and later.set_by > x.set_by and later.set_by < (select private.first_kept_run()))'),
    -- Events that ended by the clock: their queue is not worked any more.
    ('purge', 10, 'overEvents', 'public.matchmaking_queue',
        'exists (select from public.events e where e.id = x.event_id and not private.is_open(e))'),
    -- With their evidence and the salt that opens it.
    ('purge', 11, 'reports', 'public.reports',
        'x.decided_at < now() - (select s.report_retention from public.settings s)'),
    ('purge', 12, 'abuseSignals', 'private.abuse_signals',
        'x.created_at < now() - (select s.report_retention from public.settings s)'),
    ('purge_events', 1, 'events', 'public.domain_events',
        'x.created_at < now() - (select s.event_retention from public.settings s) and x.handed_on '
        'and coalesce(x.delivered_at, x.created_at) < now() - (select s.event_retention from public.settings s) '
        'and not exists (select from private.tasks t where t.event_id = x.id)'),
    ('purge_analytics', 1, 'outcomes', 'public.match_outcomes', 'x.week < (select private.first_counted_week())')
    ) as v (job, place, name, table_name, condition)
    cross join lateral (select format('private.purge_of(%L, %L, $1)', v.table_name, v.condition)) d (does)
    union all values
    ('purge', 13, 'oldLists', '(public.drop_old_lists($1) ->> ''dropped'')::integer'),
    ('purge_messages', 1, 'chats', 'private.drop_chats($1)'),
    ('purge_matches', 1, 'matches', 'private.strip_matches($1)');
comment on view private.purges is 'The steps of each purge.';
comment on column private.purges.job is 'The job that does it.';
comment on column private.purges.place is 'Its turn within the job.';
comment on column private.purges.name is 'Under which name the job counts it.';
comment on column private.purges.does is 'The expression that does one batch of $1 rows; it says how many rows.';

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

create or replace function private.strip_matches(most integer) returns integer
language plpgsql volatile set search_path = '' as $$
declare
    stripped integer;
begin
    update public.matches m set total_score = null, astro_score = null, hd_score = null, values_score = null,
        communication_score = null, readiness_score = null, score_breakdown = '{}', explanation = '{}'
    where m.id = any (array(
        select x.id from public.matches x cross join public.settings s
        where x.total_score is not null
          and x.ends_at <= least((select private.over_since()), now() - s.match_retention)
        order by x.ends_at limit most for update of x skip locked));
    get diagnostics stripped = row_count;
    return stripped;
end $$;
comment on function private.strip_matches(integer) is
    'Takes scores and labels from so many matches that ended long ago. Their rows stay: a pair is proposed once. '
    'Returns how many.';

create or replace function private.purge(
    job text default 'purge', lasts interval default '30 seconds', most integer default 5000
) returns jsonb
language plpgsql volatile security definer set search_path = '' as $$
declare
    deadline timestamptz := clock_timestamp() + lasts;
    counts jsonb := '{}';
    step record;
    gone integer;
    all_gone integer;
begin
    for step in select p.name, p.does from private.purges p where p.job = purge.job order by p.place loop
        all_gone := 0;
        loop
            exit when clock_timestamp() > deadline;
            execute 'select ' || step.does into gone using most;
            all_gone := all_gone + gone;
            exit when gone = 0;
        end loop;
        counts := counts || jsonb_build_object(step.name, all_gone);
    end loop;
    if job = 'purge' then
        counts := counts || jsonb_build_object('erasedSides', private.purge_erasures(deadline));
    end if;
    return counts;
end $$;
comment on function private.purge(text, interval, integer) is
    'Does one of the purges, in batches of so many rows, and begins no batch after its time. What it did not reach the '
    'next one does. Returns counts.';
