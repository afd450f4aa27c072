-- Members see last night's counts of their own filters, never live ones: asking again after a small change of
-- one's filters would tell people apart.

select private.declare_table('private.funnels', owner => 'user_id', export => 'funnel', shown => '{funnel,computed_at}',
    switch => 'any');
select private.declare_withheld('private.funnels', '{engine_version}', 'which engine counted');

revoke all on private.funnels from public, anon, authenticated, service_role;

create or replace function public.store_funnels(
    claim jsonb, pool_of uuid, funnels jsonb, last boolean default true
) returns jsonb
language plpgsql volatile security definer set search_path = '' set statement_timeout = '45s' set jit = off as $$
declare
    stored integer;
    run public.job_runs;
    kept public.job_runs := private.kept_run(store_funnels.pool_of);
begin
    perform private.name_request();
    perform private.share_pool_lock();
    perform private.lock_members(array(select (x ->> 'id')::uuid from jsonb_array_elements(store_funnels.funnels) x));
    run := private.hold_night(store_funnels.claim);
    if run.id is null then
        return jsonb_build_object('late', true, 'stored', 0);
    end if;
    with made as (
        insert into private.funnels (user_id, funnel, engine_version)
        select u.id, x.funnel, run.engine_version
        from jsonb_to_recordset(store_funnels.funnels) as x (id uuid, funnel jsonb)
        join public.users u on u.id = x.id
        -- Who has withdrawn a signal while it was counted is no longer among those the run has seen.
        where exists (select from private.pool_history h where h.user_id = u.id
            and h.entered_run <= kept.sequence and (h.left_run is null or h.left_run > kept.sequence))
        on conflict (user_id) do update set funnel = excluded.funnel, engine_version = excluded.engine_version,
        computed_at = now()
        returning 1
    )
    select count(*) into stored from made;
    if last then
        -- Who does not search any more has no funnel of tonight.
        delete from private.funnels f
        where f.computed_at < run.started_at;
    end if;
    return jsonb_build_object('late', false, 'stored', stored);
end $$;
comment on function public.store_funnels(jsonb, uuid, jsonb, boolean) is
    'Replaces funnels by tonight''s, counted in the pool of the night''s run; part by part, the last takes away those '
    'of who does not search any more. Service only.';
revoke all on function public.store_funnels(jsonb, uuid, jsonb, boolean) from public, anon, authenticated, service_role;
grant execute on function public.store_funnels(jsonb, uuid, jsonb, boolean) to service_role;
select private.declare_call('store_funnels');

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
comment on function public.get_funnel() is
    'GET /connect/funnel: how many candidates each of the caller''s own filters left last night, rounded; null before '
    'the first night.';
revoke all on function public.get_funnel() from public, anon, authenticated, service_role;
grant execute on function public.get_funnel() to authenticated;
select private.declare_call('get_funnel');
