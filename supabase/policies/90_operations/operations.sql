-- What operators ask about the queue and the jobs, in SQL. Service only, and only counts: no pair, no text.

create or replace function private.queue_counts() returns table (
    pool uuid, priority smallint, reason public.queue_reason,
    waiting bigint, available bigint, leased bigint, parked bigint, since timestamptz, newest timestamptz
)
language sql stable set search_path = '' as $$
    select c.pool, c.priority, c.reason, sum(c.waiting)::bigint, sum(c.available)::bigint, sum(c.leased)::bigint,
        sum(c.parked)::bigint,
        min(c.since), max(c.newest)
    from (
        select q.pool, q.priority, q.reason, count(*) as waiting,
            count(*) filter (where q.available_at <= now() and l.queue_id is null) as available,
            count(l.queue_id) as leased, 0 as parked,
            min(greatest(q.enqueued_at, q.available_at)) filter (where q.available_at <= now()) as since,
            max(q.enqueued_at) as newest
        from public.matchmaking_queue q
        left join private.matchmaking_leases l on l.queue_id = q.id and l.leased_until > now()
        group by q.pool, q.priority, q.reason
        union all
        select k.pool, k.priority, k.reason, 0, 0, 0, count(*), null, null
        from public.matchmaking_parked k group by k.pool, k.priority, k.reason
    ) c group by c.pool, c.priority, c.reason
$$;
comment on function private.queue_counts() is
    'The queue in counts. waiting: all rows; available: a worker may take them now; leased: a worker is at it; the '
    'rest comes later, after a pause or a failure. since: when the one available longest became so.';

create or replace function private.members_per_second() returns double precision
language sql stable set search_path = '' as $$
    select sum((r.metadata ->> 'completed')::numeric) / nullif(sum(r.duration_ms), 0) * 1000 * greatest(1, (
        select count(*) from public.job_runs j where j.name = 'matcher' and private.is_alive(j)))
    from (
        select j.metadata, j.duration_ms from public.job_runs j
        where j.name = 'matcher' and j.status = 'succeeded' and j.started_at > now() - interval '1 day'
          and jsonb_typeof(j.metadata -> 'completed') = 'number'
        order by j.started_at desc limit 100
    ) r
$$;
comment on function private.members_per_second() is
    'What the workers that are at it now get done, by the last hundred runs of a day; null when there were none.';

create or replace function public.get_matchmaking_queue_stats() returns table (
    event_id uuid, event_name text, status public.pool_status,
    waiting bigint, available bigint, leased bigint, parked bigint,
    priority_0 bigint, priority_1 bigint, priority_2 bigint, priority_3 bigint,
    oldest timestamptz, last_run_at timestamptz, processed_count bigint, error_count bigint, seconds_left bigint
)
language sql stable security definer set search_path = '' as $$
    with counts as materialized (
        select c.pool, sum(c.waiting)::bigint as waiting, sum(c.available)::bigint as available,
            sum(c.leased)::bigint as leased, sum(c.parked)::bigint as parked,
            array[coalesce(sum(c.waiting) filter (where c.priority = 0), 0),
                coalesce(sum(c.waiting) filter (where c.priority = 1), 0),
                coalesce(sum(c.waiting) filter (where c.priority = 2), 0),
                    coalesce(sum(c.waiting) filter (where c.priority = 3), 0)
            ]::bigint[] as by_priority,
            min(c.since) as since
        from private.queue_counts() c group by c.pool
    ),
    -- Pools wait in one line: a pool is done when the last of it has had its turn.
    line as (
        select t.pool, max(t.place) as place from (
            select q.pool, row_number() over (order by q.turn_at, q.id) as place
            from public.matchmaking_queue q
            join (select private.pool_of(j.event_id) as pool from public.matchmaking_jobs j
                where j.status <> 'paused') o on o.pool = q.pool
            where q.available_at <= now()
        ) t group by t.pool
    ),
    speed as materialized (
        select private.members_per_second() as members
    )
    select j.event_id, coalesce(e.name, '(global pool)'), j.status,
        coalesce(c.waiting, 0), coalesce(c.available, 0), coalesce(c.leased, 0), coalesce(c.parked, 0),
        coalesce(c.by_priority[1], 0), coalesce(c.by_priority[2], 0), coalesce(c.by_priority[3], 0),
        coalesce(c.by_priority[4], 0),
        c.since, j.last_run_at, j.processed_count, j.error_count,
        case when coalesce(c.waiting, 0) = 0 then 0
            else ceil(l.place / nullif(s.members, 0))::bigint end
    from public.matchmaking_jobs j
    cross join speed s
    left join public.events e on e.id = j.event_id
    left join counts c on c.pool = private.pool_of(j.event_id)
    left join line l on l.pool = private.pool_of(j.event_id)
    order by coalesce(c.waiting, 0) desc, e.name nulls first
$$;
comment on function public.get_matchmaking_queue_stats() is
    'One row per pool: who waits (all, available now, leased to a worker, by priority), who is parked, since when the '
    'oldest waits, and an estimate of the seconds until all that are available have had their turn, by recent runs; '
    'null while paused or unknown. Service only.';
revoke all on function public.get_matchmaking_queue_stats() from public, anon, authenticated, service_role;
grant execute on function public.get_matchmaking_queue_stats() to service_role;
select private.declare_call('get_matchmaking_queue_stats');

create or replace function public.get_detailed_queue_info(event_id uuid) returns table (
    event_name text, status public.pool_status, priority smallint, reason public.queue_reason,
    waiting bigint, available bigint, leased bigint, parked bigint, oldest timestamptz, newest timestamptz,
    attempts integer, last_error text, processed_count bigint, error_count bigint
)
language plpgsql stable security definer set search_path = '' as $$
#variable_conflict use_column
begin
    if get_detailed_queue_info.event_id is not null
        and not exists (select from public.events e where e.id = get_detailed_queue_info.event_id)
    then
        raise exception using errcode = 'PT404', message = 'not_found', detail = 'There is no such event.';
    end if;
    return query
    with trouble as (
        select t.priority, t.reason, max(t.attempts) as attempts, max(t.last_error) as last_error from (
            select k.priority, k.reason, k.attempts, k.last_error from public.matchmaking_parked k
            where k.pool = private.pool_of(get_detailed_queue_info.event_id)
            union all
            select q.priority, q.reason, l.attempt, l.last_error from private.matchmaking_leases l
            join public.matchmaking_queue q on q.id = l.queue_id
            where q.pool = private.pool_of(get_detailed_queue_info.event_id)
        ) t group by t.priority, t.reason
    )
    select coalesce(e.name, '(global pool)'), j.status, c.priority, c.reason,
        coalesce(c.waiting, 0), coalesce(c.available, 0), coalesce(c.leased, 0), coalesce(c.parked, 0), c.since,
        c.newest,
        t.attempts, t.last_error, j.processed_count, j.error_count
    from public.matchmaking_jobs j
    left join public.events e on e.id = j.event_id
    left join private.queue_counts() c on c.pool = private.pool_of(j.event_id)
    left join trouble t on t.priority = c.priority and t.reason = c.reason
    where j.event_id is not distinct from get_detailed_queue_info.event_id
    order by c.priority desc, c.reason;
end $$;
comment on function public.get_detailed_queue_info(uuid) is
    'One pool (null: the global one) by priority and reason: counts as in get_matchmaking_queue_stats(), the most '
    'attempts anybody needed, and one of the errors they met. One row without a priority when nobody waits. Service '
    'only.';
revoke all on function public.get_detailed_queue_info(uuid) from public, anon, authenticated, service_role;
grant execute on function public.get_detailed_queue_info(uuid) to service_role;
select private.declare_call('get_detailed_queue_info');

create or replace view public.queue_age with (security_invoker = true) as
    select j.event_id, coalesce(e.name, '(global pool)') as event_name, j.status, count(w.seconds) as waiting,
        coalesce(max(w.seconds), 0) as oldest_seconds,
        percentile_disc(0.5) within group (order by w.seconds) as p50_seconds,
        percentile_disc(0.95) within group (order by w.seconds) as p95_seconds
    from public.matchmaking_jobs j
    left join public.events e on e.id = j.event_id
    left join (
        select q.pool, extract(epoch from now() - greatest(q.enqueued_at, q.available_at))::integer as seconds
        from public.matchmaking_queue q where q.available_at <= now()
    ) w on w.pool = coalesce(j.event_id, '00000000-0000-0000-0000-000000000000')
    group by j.event_id, e.name, j.status;
comment on view public.queue_age is 'How long members wait in each pool whose turn it could be now. Service only.';
comment on column public.queue_age.event_id is 'The event; null: the global pool.';
comment on column public.queue_age.event_name is 'Its name.';
comment on column public.queue_age.status is 'How the pool stands; nobody is taken from one that is paused.';
comment on column public.queue_age.waiting is
    'Members who wait, those a worker is at included; not those whose pause is to end, or who may have no proposal, '
    'yet.';
comment on column public.queue_age.oldest_seconds is 'How long the one waits who waits longest.';
comment on column public.queue_age.p50_seconds is 'Half of them wait no longer; null when nobody waits.';
comment on column public.queue_age.p95_seconds is '95 of 100 wait no longer.';
revoke all on public.queue_age from public, anon, authenticated, service_role;
grant select on public.queue_age to service_role;
select private.declare_view('queue_age');

-- The owner's rights, on purpose: leases are out of reach for everybody.
create or replace view public.workers_alive with (security_invoker = false) as
    select j.scope as worker, j.engine_version, j.started_at, j.heartbeat_at,
        (select count(*) from private.matchmaking_leases l where l.worker = j.scope
            and l.leased_until > now()) as members_held
    from public.job_runs j
    where j.name = 'matcher' and j.status = 'running'
      and j.heartbeat_at > now() - (select s.job_lease from public.settings s);
comment on view public.workers_alive is 'Calls of the matcher that are at work now. Service only.';
comment on column public.workers_alive.worker is 'The name it takes work under; new with every call.';
comment on column public.workers_alive.engine_version is 'Its engine.';
comment on column public.workers_alive.started_at is 'When it began.';
comment on column public.workers_alive.heartbeat_at is 'Its last sign of life.';
comment on column public.workers_alive.members_held is 'Members of the queue it holds under a lease.';
revoke all on public.workers_alive from public, anon, authenticated, service_role;
grant select on public.workers_alive to service_role;
select private.declare_view('workers_alive');

-- The owner's rights here too: what is declared of a job stands in private.
create or replace view public.job_health with (security_invoker = false) as
    select w.name, ok.finished_at as last_success_at, bad.finished_at as last_failure_at, bad.error as last_error,
        usual.duration_ms as usual_duration_ms, going.started_at as running_since, going.progress,
        coalesce(ok.finished_at, (select j.created_at from public.matchmaking_jobs j
            where j.event_id is null)) < now() - w.late_after as overdue
    from private.declared_jobs w
    left join lateral (select j.finished_at from public.job_runs j where j.name = w.name and j.status = 'succeeded'
        order by j.started_at desc limit 1) ok on true
    left join lateral (select j.finished_at, j.error from public.job_runs j where j.name = w.name
        and j.status = 'failed'
        order by j.started_at desc limit 1) bad on true
    left join lateral (select j.started_at, j.progress from public.job_runs j where j.name = w.name
        and j.status = 'running'
        order by j.started_at limit 1) going on true
    left join lateral (select percentile_disc(0.5) within group (order by r.duration_ms) as duration_ms from (
        select j.duration_ms from public.job_runs j where j.name = w.name and j.status = 'succeeded'
        order by j.started_at desc limit 30) r) usual on true;
comment on view public.job_health is
    'Every background job: when it last worked, how it last failed, how long it takes, whether it is late. Service '
    'only.';
comment on column public.job_health.name is 'The job, as in job_runs.';
comment on column public.job_health.last_success_at is 'End of its last success; null: none yet.';
comment on column public.job_health.last_failure_at is 'End of its last failure; null: none.';
comment on column public.job_health.last_error is
    'Kind of that failure; abandoned: its worker gave no more sign of life.';
comment on column public.job_health.usual_duration_ms is 'Half of its last thirty successes took no longer.';
comment on column public.job_health.running_since is 'Begin of the run that is going; of several, the first.';
comment on column public.job_health.progress is 'How far that one is, 0 to 1.';
comment on column public.job_health.overdue is
    'Whether its last success is longer ago than its schedule allows; null for the matcher, which has no work on a '
    'quiet day: see queue_age.';
revoke all on public.job_health from public, anon, authenticated, service_role;
grant select on public.job_health to service_role;
select private.declare_view('job_health');

create or replace view public.fairness_over_time with (security_invoker = true) as
    select j.finished_at, j.engine_version, (j.metadata ->> 'members')::integer as members,
        (j.metadata ->> 'membersWithRoom')::integer as members_with_room,
        (j.metadata ->> 'membersWithProposal')::integer as members_with_proposal,
        (j.metadata #>> '{before,expectedMatches}')::double precision as expected_matches_before,
        (j.metadata #>> '{after,expectedMatches}')::double precision as expected_matches,
        (j.metadata #>> '{before,gini}')::double precision as gini_before,
        (j.metadata #>> '{after,gini}')::double precision as gini,
        (j.metadata #>> '{before,tenthPercentile}')::double precision as tenth_percentile_before,
        (j.metadata #>> '{after,tenthPercentile}')::double precision as tenth_percentile,
        (j.metadata ->> 'longestWaitDays')::double precision as longest_wait_days
    from public.job_runs j
    where j.name = 'nightly' and j.status = 'succeeded' and j.metadata ? 'membersWithRoom';
comment on view public.fairness_over_time is
    'How evenly each night''s proposals fell, from its statement in job_runs.metadata; nights in which nothing had '
    'changed are left out. Service only.';
comment on column public.fairness_over_time.finished_at is 'End of the run.';
comment on column public.fairness_over_time.engine_version is 'Engine that proposed.';
comment on column public.fairness_over_time.members is 'Who searched.';
comment on column public.fairness_over_time.members_with_room is 'Of these: who could take a proposal.';
comment on column public.fairness_over_time.members_with_proposal is 'Of these: who got one.';
comment on column public.fairness_over_time.expected_matches_before is
    'Matches a member may expect, had everybody just got their best chances.';
comment on column public.fairness_over_time.expected_matches is 'The same, as it was done.';
comment on column public.fairness_over_time.gini_before is 'How uneven proposals would have fallen; 0: all the same.';
comment on column public.fairness_over_time.gini is 'The same, as it was done.';
comment on column public.fairness_over_time.tenth_percentile_before is
    'A tenth would have expected no more matches than this.';
comment on column public.fairness_over_time.tenth_percentile is 'The same, as it was done.';
comment on column public.fairness_over_time.longest_wait_days is 'Longest wait of who had room and got none.';
revoke all on public.fairness_over_time from public, anon, authenticated, service_role;
grant select on public.fairness_over_time to service_role;
select private.declare_view('fairness_over_time');
