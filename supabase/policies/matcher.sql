-- The matcher's two calls, load and store, and the bells that start it. Service only; admins read job_runs.

revoke all on public.job_runs from public, anon, authenticated, service_role;
grant select on public.job_runs to service_role;
alter table public.job_runs enable row level security;
revoke all on private.bell_nonces from public, anon, authenticated, service_role;

create or replace function private.free_slots(member uuid) returns integer
language plpgsql stable set search_path = '' as $$
begin
    return (select case when u.created_at > now() - s.newcomer_period
                then greatest(s.newcomer_match_cap, s.live_match_cap) else s.live_match_cap end
            from public.users u, public.settings s where u.id = member)
        - (select count(*) from public.matches m
            where m.user_a = member and m.ends_at > now() and m.left_a_at is null)
        - (select count(*) from public.matches m
            where m.user_b = member and m.ends_at > now() and m.left_b_at is null);
end $$;
comment on function private.free_slots(uuid) is
    'Live matches the member may still take. Their own exit frees a slot at once; the other side''s stays taken until expires_at.';

create or replace function public.claim_bell(nonce uuid, rung_at timestamptz) returns jsonb
language plpgsql volatile security definer set search_path = '' as $$
begin
    insert into private.bell_nonces (nonce, rung_at) values (claim_bell.nonce, claim_bell.rung_at) on conflict do nothing;
    return jsonb_build_object('fresh', found);
end $$;
comment on function public.claim_bell(uuid, timestamptz) is 'Takes a bell''s nonce once; fresh is false for a replayed bell.';
revoke all on function public.claim_bell(uuid, timestamptz) from public, anon, authenticated, service_role;
grant execute on function public.claim_bell(uuid, timestamptz) to service_role;

create or replace function public.load_pool(engine_version text, trigger text default 'schedule') returns json
language plpgsql volatile security definer set search_path = '' set statement_timeout = '120s' as $$
declare
    run_id uuid;
    pool json;
begin
    -- A worker killed in mid-run says nothing more; the next run closes its row.
    update public.job_runs j set status = 'failed', finished_at = clock_timestamp(), error = 'abandoned',
        duration_ms = extract(epoch from clock_timestamp() - j.started_at) * 1000
    where j.name = 'matcher' and j.status = 'running' and j.started_at < now() - interval '10 minutes';
    insert into public.job_runs (name, trigger, engine_version)
    values ('matcher', load_pool.trigger, load_pool.engine_version) returning id into run_id;

    with searching as materialized (
        select p.*, u.birth_date, u.gender, u.tz, u.home_cell, u.lang_primary, u.lang_secondary,
            row_number() over (order by p.user_id) - 1 as place,
            'values' = any (c.signals) as values_allowed,
            'location' = any (c.signals) as location_allowed,
            case when u.created_at > now() - s.newcomer_period
                then greatest(s.newcomer_match_cap, s.live_match_cap) else s.live_match_cap end
                - coalesce(l.live, 0) as capacity
        from public.connect_profiles p
        join public.users u on u.id = p.user_id
        cross join public.settings s
        left join lateral (select k.signals from public.consents k
            where k.user_id = p.user_id order by k.id desc limit 1) c on true
        left join (
            select t.member, count(*) as live from (
                select m.user_a as member from public.matches m where m.ends_at > now() and m.left_a_at is null
                union all
                select m.user_b from public.matches m where m.ends_at > now() and m.left_b_at is null
            ) t group by t.member) l on l.member = p.user_id
        where private.is_searching(p)
          and num_nulls(u.birth_date, u.gender, u.lang_primary, u.tz) = 0
    ),
    met as (
        select m.user_a as one, m.user_b as other from public.matches m where m.user_a is not null and m.user_b is not null
        union
        select b.blocker_id, b.blocked_id from public.blocks b
    )
    select json_build_object(
        'runId', run_id, 'now', private.iso(now()),
        'settings', (select json_build_object('matchMinScore', s.match_min_score, 'minPool', s.min_pool) from public.settings s),
        'members', (select json_build_object(
                'id', coalesce(json_agg(m.user_id order by m.place), '[]'),
                'revision', coalesce(json_agg(m.revision order by m.place), '[]'),
                'birthDate', coalesce(json_agg(m.birth_date order by m.place), '[]'),
                'gender', coalesce(json_agg(m.gender order by m.place), '[]'),
                'preferredGenders', coalesce(json_agg(m.preferred_genders order by m.place), '[]'),
                'mode', coalesce(json_agg(m.mode order by m.place), '[]'),
                'minAge', coalesce(json_agg(m.min_age order by m.place), '[]'),
                'maxAge', coalesce(json_agg(m.max_age order by m.place), '[]'),
                'distanceKm', coalesce(json_agg(m.distance_km order by m.place), '[]'),
                'languages', coalesce(json_agg(array_remove(array[m.lang_primary, m.lang_secondary], null) order by m.place), '[]'),
                'languagePref', coalesce(json_agg(m.language_pref order by m.place), '[]'),
                'homeCell', coalesce(json_agg(case when m.location_allowed then m.home_cell end order by m.place), '[]'),
                'tz', coalesce(json_agg(m.tz order by m.place), '[]'),
                'valuesVector', coalesce(json_agg(case when m.values_allowed then m.values_vector::text::json end order by m.place), '[]'),
                'communicationVector', coalesce(json_agg(case when m.values_allowed then m.communication_vector::text::json end order by m.place), '[]'),
                'lifeGoalsVector', coalesce(json_agg(case when m.values_allowed then m.life_goals_vector::text::json end order by m.place), '[]'),
                'readiness', coalesce(json_agg(case when m.values_allowed then m.emotional_readiness_score end order by m.place), '[]'),
                'capacity', coalesce(json_agg(m.capacity order by m.place), '[]'))
            from searching m),
        'excluded', (select coalesce(json_agg(json_build_array(x.place, y.place)), '[]')
            from met join searching x on x.user_id = met.one join searching y on y.user_id = met.other)
    ) into pool;
    return pool;
end $$;
comment on function public.load_pool(text, text) is
    'Everyone who searches, column by column, with switches honoured, and the pairs that may not meet again. Opens the run in job_runs.';
revoke all on function public.load_pool(text, text) from public, anon, authenticated, service_role;
grant execute on function public.load_pool(text, text) to service_role;

create or replace function public.store_proposals(run_id uuid, engine_version text, proposals jsonb, statement jsonb default '{}') returns jsonb
language plpgsql volatile security definer set search_path = '' set statement_timeout = '120s' as $$
declare
    rules public.settings;
    stored integer;
    offered integer := coalesce(jsonb_array_length(proposals), 0);
begin
    select * into strict rules from public.settings;
    -- Locks everyone named, in one order, as every change to a member does: what is checked below stays true.
    perform 1 from public.users u
    where u.id in (select (x ->> 'a')::uuid from jsonb_array_elements(proposals) x
        union select (x ->> 'b')::uuid from jsonb_array_elements(proposals) x)
    order by u.id for no key update;

    with offer as (
        select x.*, row_number() over (partition by least(x.a, x.b), greatest(x.a, x.b) order by x.place) as copy
        from rows from (jsonb_to_recordset(proposals) as (
            a uuid, b uuid, "revisionA" bigint, "revisionB" bigint, mode public.match_mode,
            "totalScore" numeric, "valuesScore" numeric, "communicationScore" numeric, "readinessScore" numeric,
            "scoreBreakdown" jsonb, labels text[], insight text)) with ordinality
            as x (a, b, revision_a, revision_b, mode, total_score, values_score, communication_score, readiness_score,
                score_breakdown, labels, insight, place)
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
            user_a, user_b, mode, expires_at, values_score, communication_score, readiness_score,
            total_score, score_breakdown, explanation, insight, engine_version)
        select case when w.heads then w.a else w.b end, case when w.heads then w.b else w.a end, w.mode,
            now() + rules.proposal_lifetime, w.values_score, w.communication_score, w.readiness_score, w.total_score,
            coalesce(w.score_breakdown, '{}'), coalesce(w.labels, '{}'), w.insight, store_proposals.engine_version
        from tossed w order by w.place
        on conflict do nothing returning id, mode
    ),
    told as (
        insert into public.domain_events (event_type, match_id, payload)
        select 'match.created', m.id, jsonb_build_object('mode', m.mode) from made m
    )
    select count(*) into stored from made;

    update public.job_runs j set status = 'succeeded', finished_at = clock_timestamp(),
        duration_ms = extract(epoch from clock_timestamp() - j.started_at) * 1000,
        metadata = coalesce(statement, '{}') || jsonb_build_object('offered', offered, 'stored', stored, 'skipped', offered - stored)
    where j.id = store_proposals.run_id and j.status = 'running';
    return jsonb_build_object('stored', stored, 'skipped', offered - stored);
end $$;
comment on function public.store_proposals(uuid, text, jsonb, jsonb) is
    'Stores proposals in rank order, checking each again under lock: revision, pause, block, history, capacity, minimum score. Closes the run.';
revoke all on function public.store_proposals(uuid, text, jsonb, jsonb) from public, anon, authenticated, service_role;
grant execute on function public.store_proposals(uuid, text, jsonb, jsonb) to service_role;

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
