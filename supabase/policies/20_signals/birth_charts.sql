-- Members read their own charts. The worker's charts job computes them; whatever changes their ground deletes them.

select private.declare_table('birth_charts', owner => 'user_id', export => 'charts',
    shown => '{radix_json,design_json,engine_version,computed_at}', switch => 'birthData',
    requeues => 'insert or update or delete', free_text => '{radix_json,design_json,packed}');
select private.declare_withheld('birth_charts', '{packed,input_hash}',
    'the same charts and birth data again, as a machine reads them');
select private.declare_job('charts');

revoke all on public.birth_charts from public, anon, authenticated, service_role;
grant select (radix_json, design_json, computed_at) on public.birth_charts to authenticated;
grant select, insert, update, delete on public.birth_charts to service_role;

alter table public.birth_charts enable row level security;
drop policy if exists "members read their own charts" on public.birth_charts;
create policy "members read their own charts" on public.birth_charts for select to authenticated
    using (user_id = (select private.member_id()));
drop policy if exists "in plain comparisons" on public.birth_charts;
create policy "in plain comparisons" on public.birth_charts as restrictive for select to authenticated
    using ((select private.reads_plainly()));

create or replace function private.birth_hash(u public.users) returns text
language sql stable set search_path = ''
return encode(sha256(convert_to(jsonb_build_array(
    u.birth_date, u.birth_time, coalesce(u.birth_time_accuracy, 'unknown'), u.birth_lat, u.birth_lon, u.birth_tz)::text,
        'UTF8')), 'hex');
comment on function private.birth_hash(public.users) is 'Fingerprint of the birth data a chart is computed from.';

create or replace function private.birth_changed() returns trigger
language plpgsql security definer set search_path = '' as $$
begin
    delete from public.birth_charts c where c.user_id = new.id;
    perform private.cancel_tasks(new.id, 'birthData');
    return null;
end $$;
comment on function private.birth_changed() is
    'Neither a chart nor its task outlives the birth data it was computed from.';
create or replace trigger birth_changed after update on public.users
    for each row when (
        (old.birth_date, old.birth_time, old.birth_time_accuracy, old.birth_lat, old.birth_lon, old.birth_tz)
        is distinct from (new.birth_date, new.birth_time, new.birth_time_accuracy, new.birth_lat, new.birth_lon,
            new.birth_tz)
    ) execute function private.birth_changed();

create or replace function private.births_due(
    chart_version text, members uuid[], most integer, beyond uuid
) returns json
language sql stable set search_path = '' as $$
    with page as (
        select u.* from public.users u
        where (members is null or u.id = any (members)) and (beyond is null or u.id > beyond)
        order by u.id limit most
    ),
    due as (
        select u.id, u.birth_date, u.birth_time, coalesce(u.birth_time_accuracy, 'unknown') as accuracy,
            u.birth_lat, u.birth_lon, u.birth_tz, private.birth_hash(x) as hash
        from page u
        join public.users x on x.id = u.id
        join public.connect_profiles p on p.user_id = u.id and p.consent_lapsed_at is null
        join lateral (select k.signals from public.consents k
            where k.user_id = u.id order by k.id desc limit 1) s on 'birthData' = any (s.signals)
        left join public.birth_charts c on c.user_id = u.id and c.engine_version = births_due.chart_version
        where c.user_id is null
          and num_nulls(u.birth_date, u.birth_lat, u.birth_lon, u.birth_tz) = 0
          -- Postgres takes 24:00 for a time; nothing that computes with it does.
          and coalesce(u.birth_time < '24:00', true)
    )
    select json_build_object(
        'id', coalesce(json_agg(d.id order by d.id), '[]'),
        'date', coalesce(json_agg(d.birth_date order by d.id), '[]'),
        'time', coalesce(json_agg(d.birth_time order by d.id), '[]'),
        'accuracy', coalesce(json_agg(d.accuracy order by d.id), '[]'),
        'lat', coalesce(json_agg(d.birth_lat order by d.id), '[]'),
        'lon', coalesce(json_agg(d.birth_lon order by d.id), '[]'),
        'tz', coalesce(json_agg(d.birth_tz order by d.id), '[]'),
        'hash', coalesce(json_agg(d.hash order by d.id), '[]'),
        'next', (select case when count(*) = most then (array_agg(g.id order by g.id desc))[1] end from page g))
    from due d
$$;
comment on function private.births_due(text, uuid[], integer, uuid) is
    'Of so many members (null: of all) beyond an id: births whose chart is missing or of another version, column by '
    'column, birthData switch on; next: where the next page begins, null after the last.';

create or replace function public.plan_charts(
    chart_version text, most integer default 2000, beyond uuid default null
) returns jsonb
language plpgsql volatile security definer set search_path = '' set statement_timeout = '45s' set jit = off as $$
declare
    page json;
    due uuid[];
begin
    perform private.name_request();
    page := private.births_due(plan_charts.chart_version, null, least(greatest(plan_charts.most, 1), 20000),
        plan_charts.beyond);
    due := array(select x::uuid from json_array_elements_text(page -> 'id') x);
    -- An erasure takes the member before their tasks.
    perform private.lock_members(due);
    return jsonb_build_object('next', page -> 'next', 'put', private.put_tasks('charts', (
        select coalesce(jsonb_agg(jsonb_build_object('key', u.id, 'user_id', u.id, 'signal', 'birthData', 'payload',
            jsonb_build_object('version', plan_charts.chart_version))), '[]')
        -- Consent may have gone while they were waited for.
        from public.users u where u.id = any (due) and private.allows(u.id, 'birthData'))));
end $$;
comment on function public.plan_charts(text, integer, uuid) is
    'Looks at so many members beyond an id, and puts a task for each whose chart is missing or of another version. '
    'put: how many; next: where the next page begins, null after the last. Service only.';
revoke all on function public.plan_charts(text, integer, uuid) from public, anon, authenticated, service_role;
grant execute on function public.plan_charts(text, integer, uuid) to service_role;
select private.declare_call('plan_charts');

create or replace function public.claim_births(chart_version text, worker text, most integer default 2000)
returns json
language plpgsql volatile security definer set search_path = '' set statement_timeout = '45s' set jit = off as $$
declare
    claimed jsonb;
begin
    perform private.name_request();
    claimed := private.take_tasks('charts', claim_births.worker, claim_births.most);
    return json_build_object('claimed', claimed, 'births', private.births_due(claim_births.chart_version,
        array(select (c ->> 'user')::uuid from jsonb_array_elements(claimed) c), claim_births.most, null));
end $$;
comment on function public.claim_births(text, text, integer) is
    'Takes tasks of kind charts for a worker, with the births that are still due, column by column. Service only.';
revoke all on function public.claim_births(text, text, integer) from public, anon, authenticated, service_role;
grant execute on function public.claim_births(text, text, integer) to service_role;
select private.declare_call('claim_births');

create or replace function public.store_birth_charts(chart_version text, charts jsonb) returns jsonb
language plpgsql volatile security definer set search_path = '' set statement_timeout = '45s' set jit = off as $$
declare
    stored integer;
begin
    perform private.name_request();
    perform private.lock_members(array(select (x ->> 'id')::uuid from jsonb_array_elements(charts) x));
    with made as (
        insert into public.birth_charts (user_id, radix_json, design_json, packed, input_hash, engine_version)
        select u.id, x.radix, x.design, x.packed, x.hash, store_birth_charts.chart_version
        from jsonb_to_recordset(charts) as x (id uuid, hash text, radix jsonb, design jsonb, packed integer[])
        join public.users u on u.id = x.id
        -- Birth data may have changed and consent may have gone while the chart was computed.
        where private.birth_hash(u) = x.hash and private.allows(u.id, 'birthData')
          and not exists (select from public.connect_profiles p where p.user_id = u.id
              and p.consent_lapsed_at is not null)
        on conflict (user_id) do update set radix_json = excluded.radix_json, design_json = excluded.design_json,
            packed = excluded.packed, input_hash = excluded.input_hash, engine_version = excluded.engine_version,
            computed_at = now()
        returning 1
    )
    select count(*) into stored from made;
    return jsonb_build_object('stored', stored, 'skipped', jsonb_array_length(charts) - stored);
end $$;
comment on function public.store_birth_charts(text, jsonb) is
    'Stores charts whose birth data and consent still stand. Service only.';
revoke all on function public.store_birth_charts(text, jsonb) from public, anon, authenticated, service_role;
grant execute on function public.store_birth_charts(text, jsonb) to service_role;
select private.declare_call('store_birth_charts');
