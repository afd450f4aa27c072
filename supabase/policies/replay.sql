-- A run, as it was made: for recomputing it.

create or replace function public.load_run(run_id uuid) returns json
language plpgsql volatile security definer set search_path = '' set statement_timeout = '120s' as $$
declare
    run public.job_runs;
    pool json;
begin
    select * into run from public.job_runs j where j.id = load_run.run_id and j.name = 'match_scores';
    if run.id is null then
        return private.refuse('not_found', 'No such run: take the id of one from job_runs where name is match_scores.')::json;
    end if;
    if exists (
        select from private.pool_history h
        where h.entered_run <= run.sequence and (h.left_run is null or h.left_run > run.sequence)
          and h.shape <> private.pool_shape())
    then
        return private.refuse('not_found', 'This run read other columns of the pool than are read now; it cannot be made again.')::json;
    end if;
    pool := private.pool_as_of(run.sequence, run.started_at);
    return json_build_object(
        'runId', run.id, 'now', private.iso(run.started_at), 'engineVersion', run.engine_version,
        'status', run.status, 'statement', run.metadata,
        'inputHash', encode(sha256(convert_to(pool::text, 'UTF8')), 'hex'),
        'pool', pool,
        'stored', coalesce((
            select json_agg(json_build_object('a', m.user_a, 'b', m.user_b, 'totalScore', m.total_score,
                'astroScore', m.astro_score, 'hdScore', m.hd_score, 'valuesScore', m.values_score,
                'communicationScore', m.communication_score, 'readinessScore', m.readiness_score,
                'labels', nullif(m.explanation, '{}'), 'insight', m.insight))
            from public.matches m where m.run_id = run.id), '[]'));
end $$;
comment on function public.load_run(uuid) is
    'What a matcher run was made from and what it stored; members who have erased or withdrawn since are missing. Service only.';
revoke all on function public.load_run(uuid) from public, anon, authenticated, service_role;
grant execute on function public.load_run(uuid) to service_role;
