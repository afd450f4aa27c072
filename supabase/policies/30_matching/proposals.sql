-- Proposals become matches. Each proposal is checked again under lock against the present state. Service only.

select private.declare_event('match.created', payload => '{mode}');

create or replace function private.people_of(proposals jsonb) returns uuid[]
language sql immutable set search_path = ''
return array(select (x ->> 'a')::uuid from jsonb_array_elements(proposals) x
    union select (x ->> 'b')::uuid from jsonb_array_elements(proposals) x);
comment on function private.people_of(jsonb) is 'The members named by proposals, each once.';

create or replace function private.allowed_proposals(proposals jsonb, event_id uuid, min_score numeric) returns table (
    a uuid, b uuid, mode public.match_mode, total_score numeric, astro_score numeric, hd_score numeric,
    values_score numeric, communication_score numeric, readiness_score numeric, score_breakdown jsonb, labels text[],
    place bigint
)
-- The planner also expects 100 rows from a list in JSON.
language sql stable rows 100 set search_path = '' as $$
    with offer as (
        select x.*, row_number() over (partition by least(x.a, x.b), greatest(x.a, x.b) order by x.place) as copy
        from rows from (jsonb_to_recordset(proposals) as (
            a uuid, b uuid, "revisionA" bigint, "revisionB" bigint, mode public.match_mode,
            "totalScore" numeric, "astroScore" numeric, "hdScore" numeric, "valuesScore" numeric,
            "communicationScore" numeric, "readinessScore" numeric,
            "scoreBreakdown" jsonb, labels text[])) with ordinality
            as x (a, b, revision_a, revision_b, mode, total_score, astro_score, hd_score, values_score,
                communication_score, readiness_score, score_breakdown, labels, place)
    )
    select o.a, o.b, o.mode, o.total_score, o.astro_score, o.hd_score, o.values_score, o.communication_score,
        o.readiness_score, o.score_breakdown, o.labels, o.place
    from offer o
    join public.connect_profiles pa on pa.user_id = o.a and pa.revision = o.revision_a and private.is_searching(pa)
    join public.connect_profiles pb on pb.user_id = o.b and pb.revision = o.revision_b and private.is_searching(pb)
    where o.copy = 1 and o.a <> o.b and o.total_score >= min_score
      -- The profile of a banned account looks unchanged until the next tick, so the account itself is checked.
      and private.account_stands(o.a) and private.account_stands(o.b)
      and (allowed_proposals.event_id is null or 2 = (select count(*) from public.event_members e
        where e.event_id = allowed_proposals.event_id and e.user_id in (o.a, o.b)))
      and not exists (select from private.apart k where k.one = o.a and k.other = o.b)
      and not exists (select from private.apart k where k.one = o.b and k.other = o.a)
      and not exists (select from public.matches h
        where least(h.user_a, h.user_b) = least(o.a, o.b) and greatest(h.user_a, h.user_b) = greatest(o.a, o.b))
$$;
comment on function private.allowed_proposals(jsonb, uuid, numeric) is
    'The proposals that may be made now. Checks revision, pause, account, event, block, history and minimum score. The '
    'caller has locked the members they name.';

create or replace function private.insert_proposals(
    run_id uuid, engine_version text, event_id uuid, proposals jsonb
) returns integer
language plpgsql volatile set search_path = '' as $$
declare
    rules public.settings;
    stored integer;
    -- Not now(): it may lie before a load that has not seen these pairs, and a replay orders them by time.
    stored_at timestamptz := clock_timestamp();
begin
    select * into strict rules from public.settings;
    with allowed as materialized (
        select * from private.allowed_proposals(proposals, insert_proposals.event_id, rules.match_min_score)
    ),
    -- Windows instead of joins: the planner expects a short list and would join it in a quadratic loop.
    turn as (
        select t.*, row_number() over (partition by t.member order by t.place) as number
        from (select w.*, w.a as member from allowed w union all select w.*, w.b from allowed w) t
    ),
    room as materialized (
        select s.user_id, s.capacity from private.capacities(array(select distinct t.member from turn t),
            insert_proposals.event_id) s
    ),
    judged as (
        select t.*, bool_and(t.number <= s.capacity) over (partition by t.place) as both_have_room
        from turn t join room s on s.user_id = t.member
    ),
    tossed as materialized (
        -- The side of each member is drawn anew for each pair, so that it tells nothing about them.
        select j.*, random() < 0.5 as heads from judged j where j.both_have_room and j.member = j.a
    ),
    made as (
        insert into public.matches (
            user_a, user_b, mode, expires_at, astro_score, hd_score, values_score, communication_score, readiness_score,
            total_score, score_breakdown, explanation, engine_version, run_id, event_id, created_at)
        select case when w.heads then w.a else w.b end, case when w.heads then w.b else w.a end, w.mode,
            stored_at + rules.proposal_lifetime, w.astro_score, w.hd_score, w.values_score, w.communication_score,
            w.readiness_score, w.total_score, coalesce(w.score_breakdown, '{}'), coalesce(w.labels, '{}'),
            insert_proposals.engine_version, insert_proposals.run_id, insert_proposals.event_id, stored_at
        from tossed w order by w.place
        on conflict do nothing returning id, mode
    ),
    told as (
        insert into public.domain_events (event_type, match_id, payload, handed_on)
        select 'match.created', m.id, jsonb_build_object('mode', m.mode), not (select private.has_sinks()) from made m
    )
    select count(*) into stored from made;
    return stored;
end $$;
comment on function private.insert_proposals(uuid, text, uuid, jsonb) is
    'Stores proposals in their order and returns how many were stored. Checks those of allowed_proposals() and both '
    'members'' capacity over all pools. The caller has locked the members.';

create or replace function private.store_prices(run_id uuid, prices jsonb) returns void
language plpgsql volatile set search_path = '' as $$
begin
    -- A later run may have loaded already without these prices. They count for the runs that start after now.
    insert into private.prices (user_id, set_by, price)
    select u.id, (select max(k.sequence) from public.job_runs k), x.price
    from jsonb_to_recordset(store_prices.prices) as x (id uuid, price real)
    join public.users u on u.id = x.id
    join public.connect_profiles p on p.user_id = u.id and private.is_searching(p)
    left join public.job_runs j on j.id = store_prices.run_id
    -- A member who has withdrawn a signal since is no longer among those that the run has seen.
    where store_prices.run_id is null or exists (select from private.pool_history h where h.user_id = u.id
        and h.entered_run <= j.sequence and (h.left_run is null or h.left_run > j.sequence))
    on conflict (user_id, set_by) do update set price = excluded.price;
end $$;
comment on function private.store_prices(uuid, jsonb) is
    'Keeps the market''s prices of members; later runs begin with them. With a run, only prices of members whom it saw '
    'and who have withdrawn nothing since.';

create or replace function public.store_proposals(claim jsonb, proposals jsonb, prices jsonb default '[]') returns jsonb
language plpgsql volatile security definer set search_path = '' set statement_timeout = '45s' set jit = off as $$
declare
    run public.job_runs;
    stored integer;
begin
    perform private.name_request();
    perform private.share_pool_lock();
    perform private.lock_members(private.people_of(proposals)
        || array(select (x ->> 'id')::uuid from jsonb_array_elements(prices) x));
    run := private.hold_night(store_proposals.claim);
    if run.id is null then
        return jsonb_build_object('late', true, 'stored', 0);
    end if;
    stored := private.insert_proposals(run.id, run.engine_version, null, proposals);
    perform private.store_prices(run.id, prices);
    return jsonb_build_object('late', false, 'stored', stored,
        'storedByRun', (select count(*) from public.matches m where m.run_id = run.id));
end $$;
comment on function public.store_proposals(jsonb, jsonb, jsonb) is
    'Stores a part of a night''s proposals, each checked again under lock, and prices of the market that changed. '
    'storedByRun: how many there are of this run by now. Service only.';
revoke all on function public.store_proposals(jsonb, jsonb, jsonb) from public, anon, authenticated, service_role;
grant execute on function public.store_proposals(jsonb, jsonb, jsonb) to service_role;
select private.declare_call('store_proposals');
