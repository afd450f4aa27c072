-- A run, as it was made: for recomputing it, and for counting in the pool of last night.

create or replace function private.kept_run(run_id uuid) returns public.job_runs
language plpgsql stable set search_path = '' as $$
declare
    run public.job_runs;
begin
    select * into run from public.job_runs j
    where j.name = 'nightly' and case when kept_run.run_id is null
        then j.status = 'succeeded' and j.metadata ? 'runHash' else j.id = kept_run.run_id end
    order by j.sequence desc limit 1;
    return run;
end $$;
comment on function private.kept_run(uuid) is
    'A run over everybody; null: the latest that got to its end. All null when there is none.';

create or replace function public.load_run(run_id uuid default null) returns json
language plpgsql volatile security definer set search_path = '' as $$
declare
    run public.job_runs := private.kept_run(load_run.run_id);
    shape_now text := private.pool_shape();
begin
    perform private.name_request();
    if run.id is null then
        return private.refuse('not_found',
            'No such run: take the id of one from job_runs where name is nightly.')::json;
    elsif exists (
        select from private.pool_history h
        where h.entered_run <= run.sequence and (h.left_run is null or h.left_run > run.sequence)
          and h.shape <> shape_now)
    then
        return private.refuse('not_found',
            'This run read other columns of the pool than are read now; it cannot be made again.')::json;
    end if;
    return json_build_object('runId', run.id, 'now', private.iso(run.started_at), 'settings', private.rules(),
        'engineVersion', run.engine_version, 'status', run.status, 'statement', run.metadata);
end $$;
comment on function public.load_run(uuid) is
    'What a run over everybody was made with and what it says of itself; null: the latest that got to its end. Service '
    'only.';
revoke all on function public.load_run(uuid) from public, anon, authenticated, service_role;
grant execute on function public.load_run(uuid) to service_role;
select private.declare_call('load_run');

create or replace function public.load_run_page(
    run_id uuid, after uuid default null, most integer default 5000
) returns json
language plpgsql volatile security definer set search_path = '' set statement_timeout = '45s' set jit = off as $$
declare
    run public.job_runs := private.kept_run(load_run_page.run_id);
begin
    perform private.name_request();
    return private.pool_page(run.sequence, run.started_at, load_run_page.after, load_run_page.most);
end $$;
comment on function public.load_run_page(uuid, uuid, integer) is
    'A page of the pool a run was made from: members beyond an id, so many at most. Who has erased or withdrawn since '
    'is missing. Service only.';
revoke all on function public.load_run_page(uuid, uuid, integer) from public, anon, authenticated, service_role;
grant execute on function public.load_run_page(uuid, uuid, integer) to service_role;
select private.declare_call('load_run_page');

create or replace function public.load_run_matches(
    run_id uuid, after uuid default null, most integer default 5000
) returns json
language plpgsql volatile security definer set search_path = '' set statement_timeout = '45s' set jit = off as $$
begin
    perform private.name_request();
    return (
        with page as (
            select m.* from public.matches m
            where m.run_id = load_run_matches.run_id
              and (load_run_matches.after is null or m.id > load_run_matches.after)
            order by m.id limit most
        )
        select json_build_object(
            'matches', coalesce(json_agg(json_build_object('a', m.user_a, 'b', m.user_b, 'totalScore', m.total_score,
                'astroScore', m.astro_score, 'hdScore', m.hd_score, 'valuesScore', m.values_score,
                'communicationScore', m.communication_score, 'readinessScore', m.readiness_score,
                'labels', nullif(m.explanation, '{}')) order by m.id), '[]'),
            'next', case when count(*) = most then (array_agg(m.id order by m.id desc))[1] end)
        from page m);
end $$;
comment on function public.load_run_matches(uuid, uuid, integer) is
    'What a run over everybody stored: matches beyond an id, so many at most. Service only.';
revoke all on function public.load_run_matches(uuid, uuid, integer) from public, anon, authenticated, service_role;
grant execute on function public.load_run_matches(uuid, uuid, integer) to service_role;
select private.declare_call('load_run_matches');
