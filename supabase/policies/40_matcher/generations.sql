-- Which lists are in use, and which engine may work: a night's lists take the place of those in use all at once.
-- Service only.

select private.declare_table('private.prices', owner => 'user_id',
    withheld => 'where the next run of the market begins; follows from everybody''s data', switch => 'any');
select private.declare_table('private.engine_versions', about_nobody => 'engines');
select private.declare_table('private.score_generation', about_nobody => 'which lists are in use');

revoke all on private.engine_versions, private.score_generation from public, anon, authenticated, service_role;

create or replace function private.engine_in_force() returns text
language sql stable set search_path = ''
return (select v.version from private.engine_versions v order by v.adopted_at desc limit 1);
comment on function private.engine_in_force() is 'The engine adopted last; null before the first worker came.';

create or replace function private.admit_engine(version text) returns boolean
language plpgsql volatile set search_path = '' as $$
begin
    if version is not distinct from private.engine_in_force() then
        return true;
    end if;
    insert into private.engine_versions (version) values (admit_engine.version) on conflict do nothing;
    if not found then
        return false;
    end if;
    -- Nothing was written yet: what comes now begins the generation in use.
    update private.score_generation g set engine_version = admit_engine.version
    where g.engine_version is null or not exists (select from private.lists l where l.generation = g.generation);
    return true;
end $$;
comment on function private.admit_engine(text) is
    'Whether a worker of this engine may work. A new engine is put in force by the first worker that comes with it; '
    'from then on workers of earlier ones do nothing.';

create or replace function public.adopt_engine_version(version text) returns boolean
language plpgsql volatile security definer set search_path = '' as $$
begin
    update private.engine_versions v set adopted_at = clock_timestamp() where v.version = adopt_engine_version.version;
    return found;
end $$;
comment on function public.adopt_engine_version(text) is
    'Puts an earlier engine back in force, to go back to a former deployment: its workers work again, and the next '
    'tick renews the scores. False when it never worked here. Service only.';
revoke all on function public.adopt_engine_version(text) from public, anon, authenticated, service_role;
grant execute on function public.adopt_engine_version(text) to service_role;
select private.declare_call('adopt_engine_version');
