-- Members see last night's counts of their own filters, never live ones: asking again after a small change of
-- one's filters would tell people apart.

revoke all on private.funnels from public, anon, authenticated, service_role;

create or replace function public.store_funnels(run_id uuid, engine_version text, funnels jsonb) returns jsonb
language plpgsql volatile security definer set search_path = '' set statement_timeout = '120s' as $$
declare
    stored integer;
begin
    perform private.name_request();
    perform private.between_loads();
    perform 1 from public.users u
    where u.id in (select (x ->> 'id')::uuid from jsonb_array_elements(store_funnels.funnels) x)
    order by u.id for no key update;
    with made as (
        insert into private.funnels (user_id, funnel, engine_version)
        select u.id, x.funnel, store_funnels.engine_version
        from jsonb_to_recordset(store_funnels.funnels) as x (id uuid, funnel jsonb)
        join public.users u on u.id = x.id
        join public.job_runs j on j.id = store_funnels.run_id
        -- Who has withdrawn a signal while it was counted is no longer among those the run has seen.
        where exists (select from private.pool_history h where h.user_id = u.id
            and h.entered_run <= j.sequence and (h.left_run is null or h.left_run > j.sequence))
        on conflict (user_id) do update set funnel = excluded.funnel, engine_version = excluded.engine_version,
            computed_at = now()
        returning 1
    )
    select count(*) into stored from made;
    -- Who does not search any more has no funnel of tonight.
    delete from private.funnels f where f.computed_at < now();
    perform private.end_job_run(store_funnels.run_id,
        jsonb_build_object('members', jsonb_array_length(store_funnels.funnels), 'stored', stored));
    return jsonb_build_object('stored', stored);
end $$;
comment on function public.store_funnels(uuid, text, jsonb) is 'Replaces everybody''s funnel by tonight''s. Closes the run. Service only.';
revoke all on function public.store_funnels(uuid, text, jsonb) from public, anon, authenticated, service_role;
grant execute on function public.store_funnels(uuid, text, jsonb) to service_role;

create or replace function public.get_funnel() returns jsonb
language plpgsql volatile security definer set search_path = '' as $$
declare
    caller private.admission := private.admit('read');
    f private.funnels;
begin
    if caller.refusal is not null then return caller.refusal; end if;
    select * into f from private.funnels x where x.user_id = caller.member;
    return jsonb_build_object('funnel', f.funnel, 'asOf', private.iso(f.computed_at));
end $$;
comment on function public.get_funnel() is 'GET /connect/funnel: how many candidates each of the caller''s own filters left last night, rounded; null before the first night.';
revoke all on function public.get_funnel() from public, anon, authenticated, service_role;
grant execute on function public.get_funnel() to authenticated;
