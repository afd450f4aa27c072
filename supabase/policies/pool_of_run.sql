-- The pool of one run: everybody who searches as they were when it began, kept so that every piece of the run,
-- on any worker, sees the same, and the run can be made again. Service only.

revoke all on private.pool_history, private.prices from public, anon, authenticated, service_role;

create or replace function private.between_loads() returns void
language plpgsql volatile set search_path = '' as $$
begin
    perform pg_advisory_xact_lock_shared(hashtextextended('connect pool', 0));
end $$;
comment on function private.between_loads() is
    'Waits until no pool is being loaded; the next load waits for this transaction. Taken before any row of a member, by whoever deletes or stores what a load reads or keeps.';

create or replace function private.between_batches() returns void
language plpgsql volatile set search_path = '' as $$
begin
    perform pg_advisory_xact_lock(hashtextextended('connect pool', 0));
end $$;
comment on function private.between_batches() is
    'Waits until nobody stores, withdraws or is erased (private.between_loads()), and lets nobody until this transaction ends. Taken before any row by whoever loads a whole pool or changes its queue: a batch takes the rows of its own members first and then those of others, in no order that both could keep.';

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

create or replace function private.enter_pool(run public.job_runs, chart_version text) returns integer
language plpgsql volatile set search_path = '' set enable_nestloop = off as $$
declare
    entered integer;
begin
    perform private.refresh_pool_members(null, enter_pool.chart_version);
    with searching as materialized (
        select m.user_id, m.revision, m.shape, s.capacity, s.waiting_since
        from private.standing(array(select x.user_id from private.pool_members x)) s
        join private.pool_members m on m.user_id = s.user_id
    ),
    as_before as materialized (
        select h.user_id from private.pool_history h
        join searching s on s.user_id = h.user_id and s.revision = h.revision and s.shape = h.shape
            and s.capacity = h.capacity and s.waiting_since = h.waiting_since
        where h.left_run is null and h.chart_version = enter_pool.chart_version
    ),
    gone as (
        update private.pool_history h set left_run = run.sequence
        where h.left_run is null and not exists (select from as_before a where a.user_id = h.user_id)
    )
    insert into private.pool_history (user_id, entered_run, revision, chart_version, shape, capacity, waiting_since, input)
    select s.user_id, run.sequence, s.revision, enter_pool.chart_version, s.shape, s.capacity, s.waiting_since, m.input
    from searching s join private.pool_members m on m.user_id = s.user_id
    where not exists (select from as_before a where a.user_id = s.user_id);
    get diagnostics entered = row_count;
    return entered;
end $$;
comment on function private.enter_pool(public.job_runs, text) is
    'Keeps who searches now, and how, as the pool of a run; rows that are as at the run before are shared with it. Returns how many differed.';

drop function if exists private.pool_as_of(bigint, timestamptz);
create or replace function private.pool_as_of(
    run bigint, run_started_at timestamptz, event_id uuid default null, met_too boolean default true
) returns json
language sql stable set search_path = '' set enable_nestloop = off as $$
    with seen as materialized (
        select h.user_id, h.capacity, h.waiting_since, h.input,
            row_number() over (order by h.user_id) - 1 as place,
            private.price(h.user_id, run) as price
        from private.pool_history h
        where h.entered_run <= run and (h.left_run is null or h.left_run > run)
          and (pool_as_of.event_id is null or exists (select from public.event_members x
            where x.event_id = pool_as_of.event_id and x.user_id = h.user_id and x.joined_at < run_started_at))
    ),
    apart as (
        select m.user_a as one, m.user_b as other from public.matches m
        where met_too and m.user_a is not null and m.user_b is not null and m.created_at < run_started_at
        union
        select k.one, k.other from private.apart k where k.since < run_started_at
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
comment on function private.pool_as_of(bigint, timestamptz, uuid, boolean) is
    'The pool a run saw, or an event''s part of it: its members row by row in the order of ids, and the pairs that must not meet; met_too: nor meet again.';

drop function if exists public.load_pool(text, text, text, text);
create or replace function public.load_pool(
    engine_version text, chart_version text, trigger text default 'schedule', job text default 'match_scores', scope text default 'all'
) returns json
language plpgsql volatile security definer set search_path = '' set statement_timeout = '120s' as $$
declare
    run public.job_runs;
    pool json;
begin
    -- One load after the other: each compares who searches now with who did at the load before. And nobody
    -- withdraws, erases or stores meanwhile: what a load keeps would outlive it, and a replay would see it.
    perform private.between_batches();
    run := private.begin_job_run(load_pool.job, load_pool.trigger, load_pool.engine_version, load_pool.scope);
    if run.id is null then
        return private.running_job(load_pool.job, load_pool.scope)::json;
    end if;
    perform private.enter_pool(run, load_pool.chart_version);
    pool := private.pool_as_of(run.sequence, run.started_at);
    return json_build_object(
        'runId', run.id, 'now', private.iso(run.started_at), 'settings', private.rules(),
        'inputHash', private.hash_of(pool::text), 'pool', pool);
end $$;
comment on function public.load_pool(text, text, text, text, text) is
    'Everyone who searches, switches honoured, and the pairs that may not meet again. Opens the run in job_runs and keeps what changed since the run before; runId is null while another run of the same job and scope is going.';
revoke all on function public.load_pool(text, text, text, text, text) from public, anon, authenticated, service_role;
grant execute on function public.load_pool(text, text, text, text, text) to service_role;

create or replace function private.rules() returns json
language sql stable set search_path = ''
return (select json_build_object('matchMinScore', s.match_min_score, 'minPool', s.min_pool) from public.settings s);
comment on function private.rules() is 'What an operator decides about a run.';

create or replace function private.hash_of(text text) returns text
language sql immutable set search_path = ''
return encode(sha256(convert_to(text, 'UTF8')), 'hex');
comment on function private.hash_of(text) is 'SHA-256 as hexadecimal digits.';

create or replace function public.preview_pool(chart_version text) returns json
language plpgsql volatile security definer set search_path = '' set enable_nestloop = off set statement_timeout = '120s' as $$
begin
    return (
        with seen as materialized (
            select s.user_id, private.pool_input(s.user_id, preview_pool.chart_version) || jsonb_build_array(
                s.capacity, floor(extract(epoch from s.waiting_since))::bigint, private.price(s.user_id)) as row,
                row_number() over (order by s.user_id) - 1 as place
            from private.standing(array(
                select p.user_id from public.connect_profiles p where private.can_be_matched(p))) s
        ),
        blocked as (
            select k.one, k.other from private.apart k
        ),
        apart as (
            select m.user_a as one, m.user_b as other from public.matches m where m.user_a is not null and m.user_b is not null
            union select * from blocked
        )
        select json_build_object('now', private.iso(now()), 'settings', private.rules(), 'pool', json_build_object(
            'members', json_build_object('columns', private.pool_columns(),
                'rows', coalesce((select json_agg(s.row order by s.place) from seen s), '[]')),
            'excluded', coalesce((select json_agg(json_build_array(x.place, y.place) order by x.place, y.place)
                from apart join seen x on x.user_id = apart.one join seen y on y.user_id = apart.other), '[]')),
            'blocked', coalesce((select json_agg(json_build_array(x.place, y.place) order by x.place, y.place)
                from blocked join seen x on x.user_id = blocked.one join seen y on y.user_id = blocked.other), '[]')));
end $$;
comment on function public.preview_pool(text) is 'The pool a run would see if it began now; opens no run and keeps nothing. Service only.';
revoke all on function public.preview_pool(text) from public, anon, authenticated, service_role;
grant execute on function public.preview_pool(text) to service_role;
