-- The matcher's two calls, load and store, and the bells that start it. Service only.

revoke all on private.bell_nonces, private.pool_history, private.prices from public, anon, authenticated, service_role;

create or replace function private.between_loads() returns void
language plpgsql volatile set search_path = '' as $$
begin
    perform pg_advisory_xact_lock_shared(hashtextextended('connect pool', 0));
end $$;
comment on function private.between_loads() is
    'Waits until no pool is being loaded; the next load waits for this transaction. Taken before any row of a member, by whoever deletes or stores what a load reads or keeps.';

create or replace function private.erased_between_loads() returns trigger
language plpgsql security definer set search_path = '' as $$
begin
    perform private.between_loads();
    return null;
end $$;
comment on function private.erased_between_loads() is
    'A load that keeps members would fail on one who is erased under its hands, or each would wait for the other.';
create or replace trigger erased_between_loads before delete on public.users
    for each statement execute function private.erased_between_loads();

create or replace function private.free_slots(member uuid) returns integer
language plpgsql stable set search_path = '' as $$
declare
    cooldown interval := (select s.cooldown from public.settings s);
begin
    if cooldown > '0' and exists (
        select from public.matches m
        where (m.user_a = member and least(m.ends_at, m.left_a_at) between now() - cooldown and now())
           or (m.user_b = member and least(m.ends_at, m.left_b_at) between now() - cooldown and now()))
    then
        return 0;
    end if;
    return (select case when u.created_at > now() - s.newcomer_period
                then greatest(s.newcomer_match_cap, s.live_match_cap) else s.live_match_cap end
            from public.users u, public.settings s where u.id = member)
        - (select count(*) from public.matches m
            where m.user_a = member and m.ends_at > now() and m.left_a_at is null)
        - (select count(*) from public.matches m
            where m.user_b = member and m.ends_at > now() and m.left_b_at is null);
end $$;
comment on function private.free_slots(uuid) is
    'Live matches the member may still take; none during their cooldown. Their own exit frees a slot at once; the other side''s stays taken until expires_at.';

create or replace function public.claim_bell(nonce uuid, rung_at timestamptz) returns jsonb
language plpgsql volatile security definer set search_path = '' as $$
begin
    insert into private.bell_nonces (nonce, rung_at) values (claim_bell.nonce, claim_bell.rung_at) on conflict do nothing;
    return jsonb_build_object('fresh', found);
end $$;
comment on function public.claim_bell(uuid, timestamptz) is 'Takes a bell''s nonce once; fresh is false for a replayed bell.';
revoke all on function public.claim_bell(uuid, timestamptz) from public, anon, authenticated, service_role;
grant execute on function public.claim_bell(uuid, timestamptz) to service_role;

drop function if exists public.load_pool(text, text);
create or replace function private.pool_columns() returns text[]
language sql immutable set search_path = ''
return '{id,revision,birthDate,gender,preferredGenders,mode,minAge,maxAge,distanceKm,languages,languagePref,homeCell,tz,
valuesVector,communicationVector,lifeGoalsVector,readiness,traits,dealBreakers,employer,industry,wantedIndustries,
avoidsColleagues,avoidsCompetitors,profileVector,activity,interests,weights,chart,capacity,waitingSince,price}'::text[];
comment on function private.pool_columns() is 'Names of what the engine reads of a member, in the order of private.pool_history.input; the last three change from run to run.';

create or replace function private.pool_input(member uuid, chart_version text) returns jsonb
language sql stable set search_path = '' as $$
    select jsonb_build_array(
        p.user_id, p.revision, u.birth_date, u.gender, p.preferred_genders, p.mode, p.min_age, p.max_age, p.distance_km,
        array_remove(array[u.lang_primary, u.lang_secondary], null), p.language_pref,
        case when 'location' = any (c.signals) then u.home_cell end, u.tz,
        case when 'values' = any (c.signals) then p.values_vector::text::jsonb end,
        case when 'values' = any (c.signals) then p.communication_vector::text::jsonb end,
        case when 'values' = any (c.signals) then p.life_goals_vector::text::jsonb end,
        case when 'values' = any (c.signals) then p.emotional_readiness_score end,
        coalesce(m.traits, '{}'), coalesce(m.deal_breakers, '{}'),
        -- A number that is the same for the same employer, on every server: names do not leave the database.
        ('x' || left(encode(sha256(convert_to(lower(w.employer), 'UTF8')), 'hex'), 8))::bit(32)::integer & 2147483647, w.industry, coalesce(m.industries, '{}'),
        coalesce(m.exclude_colleagues, true), coalesce(m.exclude_competitors, false),
        case when 'values' = any (c.signals) then f.feature_vector::text::jsonb end,
        case when 'values' = any (c.signals) then f.activity_score end,
        coalesce(i.interests, '{}'), m.algorithm_weights,
        case when 'birthData' = any (c.signals) and b.engine_version = pool_input.chart_version then b.packed end)
    from public.connect_profiles p
    join public.users u on u.id = p.user_id
    left join lateral (select k.signals from public.consents k
        where k.user_id = p.user_id order by k.id desc limit 1) c on true
    left join public.matching_preferences m on m.user_id = p.user_id
    left join public.work_profiles w on w.user_id = p.user_id
    left join public.user_features f on f.user_id = p.user_id
    left join public.user_interest_index i on i.user_id = p.user_id
    left join public.birth_charts b on b.user_id = p.user_id
    where p.user_id = member
$$;
comment on function private.pool_input(uuid, text) is 'What the engine reads of a member, switches honoured, in the order of private.pool_columns().';

create or replace function private.pool_shape() returns text
language sql stable set search_path = ''
return md5(array_to_string(private.pool_columns(), ',') || (
    select p.prosrc from pg_catalog.pg_proc p where p.oid = 'private.pool_input(uuid, text)'::regprocedure));
comment on function private.pool_shape() is
    'Changes with the columns of the pool and with how they are read: rows kept by an earlier one are not taken for current.';

create or replace function private.pool_as_of(run bigint, run_started_at timestamptz) returns json
language sql stable set search_path = '' as $$
    with seen as materialized (
        select h.user_id, h.capacity, h.waiting_since, h.input,
            row_number() over (order by h.user_id) - 1 as place,
            (select x.price from private.prices x where x.user_id = h.user_id and x.set_by < run
                order by x.set_by desc limit 1) as price
        from private.pool_history h
        where h.entered_run <= run and (h.left_run is null or h.left_run > run)
    ),
    apart as (
        select m.user_a as one, m.user_b as other from public.matches m
        where m.user_a is not null and m.user_b is not null and m.created_at < run_started_at
        union
        select b.blocker_id, b.blocked_id from public.blocks b where b.created_at < run_started_at
    )
    select json_build_object(
        'members', json_build_object('columns', private.pool_columns(), 'rows', coalesce((
            select json_agg(s.input || jsonb_build_array(
                s.capacity, floor(extract(epoch from s.waiting_since))::bigint, s.price) order by s.place)
            from seen s), '[]')),
        'excluded', coalesce((
            select json_agg(json_build_array(x.place, y.place) order by x.place, y.place)
            from apart join seen x on x.user_id = apart.one join seen y on y.user_id = apart.other), '[]'))
$$;
comment on function private.pool_as_of(bigint, timestamptz) is
    'The pool a run saw: its members row by row, and the pairs that might not meet (again).';

create or replace function public.load_pool(
    engine_version text, chart_version text, trigger text default 'schedule', job text default 'matcher'
) returns json
language plpgsql volatile security definer set search_path = '' set statement_timeout = '120s' as $$
declare
    run public.job_runs;
    pool json;
begin
    -- One load after the other: each compares who searches now with who did at the load before. And nobody
    -- withdraws, erases or stores meanwhile: what a load keeps would outlive it, and a replay would see it.
    perform pg_advisory_xact_lock(hashtextextended('connect pool', 0));
    run := private.begin_job_run(load_pool.job, load_pool.trigger, load_pool.engine_version);

    with searching as materialized (
        select p.user_id, p.revision, greatest(p.created_at, l.proposed_at) as waiting_since,
            case when coalesce(l.last_end > now() - s.cooldown, false) then 0
                else case when u.created_at > now() - s.newcomer_period
                    then greatest(s.newcomer_match_cap, s.live_match_cap) else s.live_match_cap end
                    - coalesce(l.live, 0) end as capacity
        from public.connect_profiles p
        join public.users u on u.id = p.user_id
        cross join public.settings s
        left join (
            select t.member, max(t.created_at) as proposed_at,
                count(*) filter (where t.ended_at > now()) as live,
                max(t.ended_at) filter (where t.ended_at <= now()) as last_end
            from (
                select m.user_a as member, m.created_at, least(m.ends_at, m.left_a_at) as ended_at from public.matches m
                union all
                select m.user_b, m.created_at, least(m.ends_at, m.left_b_at) from public.matches m
            ) t group by t.member) l on l.member = p.user_id
        where private.is_searching(p)
          and num_nulls(u.birth_date, u.gender, u.lang_primary, u.tz) = 0
    ),
    as_before as materialized (
        select h.user_id from private.pool_history h
        join searching s on s.user_id = h.user_id and s.revision = h.revision
            and s.capacity = h.capacity and s.waiting_since = h.waiting_since
        where h.left_run is null and h.chart_version = load_pool.chart_version and h.shape = private.pool_shape()
    ),
    gone as (
        update private.pool_history h set left_run = run.sequence
        where h.left_run is null and not exists (select from as_before a where a.user_id = h.user_id)
    )
    insert into private.pool_history (user_id, entered_run, revision, chart_version, shape, capacity, waiting_since, input)
    select s.user_id, run.sequence, s.revision, load_pool.chart_version, private.pool_shape(), s.capacity, s.waiting_since,
        private.pool_input(s.user_id, load_pool.chart_version)
    from searching s where not exists (select from as_before a where a.user_id = s.user_id);

    pool := private.pool_as_of(run.sequence, run.started_at);
    return json_build_object(
        'runId', run.id, 'now', private.iso(run.started_at),
        'settings', (select json_build_object('matchMinScore', s.match_min_score, 'minPool', s.min_pool) from public.settings s),
        'inputHash', encode(sha256(convert_to(pool::text, 'UTF8')), 'hex'),
        'pool', pool);
end $$;
comment on function public.load_pool(text, text, text, text) is
    'Everyone who searches, switches honoured, and the pairs that may not meet again. Opens the run in job_runs and keeps what changed since the run before.';
revoke all on function public.load_pool(text, text, text, text) from public, anon, authenticated, service_role;
grant execute on function public.load_pool(text, text, text, text) to service_role;

drop function if exists public.store_proposals(uuid, text, jsonb, jsonb);
create or replace function public.store_proposals(
    run_id uuid, engine_version text, proposals jsonb, statement jsonb default '{}', prices jsonb default '[]'
) returns jsonb
language plpgsql volatile security definer set search_path = '' set statement_timeout = '120s' as $$
declare
    rules public.settings;
    stored integer;
    stored_at timestamptz;
    offered integer := coalesce(jsonb_array_length(proposals), 0);
begin
    perform private.between_loads();
    -- Not now(), which may lie before a load that has not seen these pairs: a replay goes by the time.
    stored_at := clock_timestamp();
    select * into strict rules from public.settings;
    -- Locks everyone named, in one order, as every change to a member does: what is checked below stays true.
    perform 1 from public.users u
    where u.id in (select (x ->> 'a')::uuid from jsonb_array_elements(proposals) x
        union select (x ->> 'b')::uuid from jsonb_array_elements(proposals) x
        union select (x ->> 'id')::uuid from jsonb_array_elements(prices) x)
    order by u.id for no key update;

    with offer as (
        select x.*, row_number() over (partition by least(x.a, x.b), greatest(x.a, x.b) order by x.place) as copy
        from rows from (jsonb_to_recordset(proposals) as (
            a uuid, b uuid, "revisionA" bigint, "revisionB" bigint, mode public.match_mode,
            "totalScore" numeric, "astroScore" numeric, "hdScore" numeric, "valuesScore" numeric,
            "communicationScore" numeric, "readinessScore" numeric,
            "scoreBreakdown" jsonb, labels text[], insight text)) with ordinality
            as x (a, b, revision_a, revision_b, mode, total_score, astro_score, hd_score, values_score,
                communication_score, readiness_score, score_breakdown, labels, insight, place)
    ),
    allowed as materialized (
        select o.* from offer o
        join public.connect_profiles pa on pa.user_id = o.a and pa.revision = o.revision_a and private.is_searching(pa)
        join public.connect_profiles pb on pb.user_id = o.b and pb.revision = o.revision_b and private.is_searching(pb)
        where o.copy = 1 and o.a <> o.b and o.total_score >= rules.match_min_score
          and not exists (select from public.blocks k where k.blocker_id = o.a and k.blocked_id = o.b)
          and not exists (select from public.blocks k where k.blocker_id = o.b and k.blocked_id = o.a)
          and not exists (select from public.matches h
            where least(h.user_a, h.user_b) = least(o.a, o.b) and greatest(h.user_a, h.user_b) = greatest(o.a, o.b))
    ),
    -- Windows instead of joins: the planner takes the list for a handful and would loop over it quadratically.
    turn as (
        select t.*, row_number() over (partition by t.member order by t.place) as number
        from (select w.*, w.a as member from allowed w union all select w.*, w.b from allowed w) t
    ),
    seated as (
        -- Slots are counted once a member, at their first turn.
        select t.*, max(case when t.number = 1 then private.free_slots(t.member) end) over (partition by t.member) as slots
        from turn t
    ),
    judged as (
        select s.*, bool_and(s.number <= s.slots) over (partition by s.place) as both_have_room from seated s
    ),
    tossed as materialized (
        -- Who is a is drawn anew for each pair, so that a side says nothing about a person.
        select j.*, random() < 0.5 as heads from judged j where j.both_have_room and j.member = j.a
    ),
    made as (
        insert into public.matches (
            user_a, user_b, mode, expires_at, astro_score, hd_score, values_score, communication_score, readiness_score,
            total_score, score_breakdown, explanation, insight, engine_version, run_id, created_at)
        select case when w.heads then w.a else w.b end, case when w.heads then w.b else w.a end, w.mode,
            stored_at + rules.proposal_lifetime, w.astro_score, w.hd_score, w.values_score, w.communication_score,
            w.readiness_score, w.total_score, coalesce(w.score_breakdown, '{}'), coalesce(w.labels, '{}'), w.insight,
            store_proposals.engine_version, store_proposals.run_id, stored_at
        from tossed w order by w.place
        on conflict do nothing returning id, mode
    ),
    told as (
        insert into public.domain_events (event_type, match_id, payload)
        select 'match.created', m.id, jsonb_build_object('mode', m.mode) from made m
    )
    select count(*) into stored from made;

    -- A later run may have loaded already, without these prices: they are for the runs that are still to come.
    insert into private.prices (user_id, set_by, price)
    select u.id, (select max(k.sequence) from public.job_runs k), x.price
    from jsonb_to_recordset(store_proposals.prices) as x (id uuid, price real)
    join public.users u on u.id = x.id
    join public.job_runs j on j.id = store_proposals.run_id
    -- Who has withdrawn a signal since is no longer among those the run has seen.
    where exists (select from private.pool_history h where h.user_id = u.id
        and h.entered_run <= j.sequence and (h.left_run is null or h.left_run > j.sequence))
    on conflict (user_id, set_by) do update set price = excluded.price;

    perform private.end_job_run(store_proposals.run_id, coalesce(statement, '{}')
        || jsonb_build_object('offered', offered, 'stored', stored, 'skipped', offered - stored));
    return jsonb_build_object('stored', stored, 'skipped', offered - stored);
end $$;
comment on function public.store_proposals(uuid, text, jsonb, jsonb, jsonb) is
    'Stores proposals in rank order, checking each again under lock: revision, pause, block, history, capacity, minimum score. Keeps the prices of the market that moved. Closes the run.';
revoke all on function public.store_proposals(uuid, text, jsonb, jsonb, jsonb) from public, anon, authenticated, service_role;
grant execute on function public.store_proposals(uuid, text, jsonb, jsonb, jsonb) to service_role;

create or replace function public.worker_health() returns jsonb
language plpgsql volatile security definer set search_path = '' as $$
declare
    last_tick timestamptz := (select max(n.claimed_at) from private.bell_nonces n);
    last_run timestamptz := (select max(j.finished_at) from public.job_runs j where j.name = 'matcher' and j.status = 'succeeded');
    scheduled boolean := private.is_scheduled();
begin
    return jsonb_build_object(
        'lastTickAt', private.iso(last_tick), 'lastRunAt', private.iso(last_run),
        'scheduled', scheduled,
        -- It rings every minute: three missed rings are a fault. A server just started gets its three minutes.
        'tickOverdue', scheduled and greatest(last_tick, pg_postmaster_start_time()) < now() - interval '3 minutes',
        -- Ticks that come while no run gets to its end are a fault too.
        'runOverdue', scheduled and greatest(last_run, pg_postmaster_start_time()) < now() - interval '5 minutes');
end $$;
comment on function public.worker_health() is 'What the worker''s health check asks the database.';
revoke all on function public.worker_health() from public, anon, authenticated, service_role;
grant execute on function public.worker_health() to service_role;
