-- What members say of themselves, refuse in others and do for a living: their own rows only; abstracted features never.

select private.declare_table('matching_preferences', owner => 'user_id', export => 'matchingPreferences',
    shown => '{traits,deal_breakers,industries,exclude_colleagues,exclude_competitors,algorithm_weights,updated_at}',
    requeues => 'insert or update or delete');
select private.declare_table('work_profiles', owner => 'user_id', export => 'work',
    shown => '{industry,employer,updated_at}', requeues => 'insert or update or delete', free_text => '{employer}');
select private.declare_table('user_features', owner => 'user_id', export => 'features',
    shown => '{feature_vector,activity_score,computed_at}', switch => 'values',
    requeues => 'insert or update or delete');

revoke all on public.matching_preferences, public.work_profiles, public.user_features
    from public, anon, authenticated, service_role;
grant select (traits, deal_breakers, exclude_colleagues, exclude_competitors, algorithm_weights, updated_at)
    on public.matching_preferences to authenticated;
grant select (updated_at) on public.work_profiles to authenticated;
grant select, insert, update, delete
    on public.matching_preferences, public.work_profiles, public.user_features to service_role;

alter table public.matching_preferences enable row level security;
alter table public.work_profiles enable row level security;
alter table public.user_features enable row level security;
drop policy if exists "members read their own preferences" on public.matching_preferences;
create policy "members read their own preferences" on public.matching_preferences for select to authenticated
    using (user_id = (select private.member_id()));
drop policy if exists "in plain comparisons" on public.matching_preferences;
create policy "in plain comparisons" on public.matching_preferences as restrictive for select to authenticated
    using ((select private.reads_plainly()));
drop policy if exists "members read their own work" on public.work_profiles;
create policy "members read their own work" on public.work_profiles for select to authenticated
    using (user_id = (select private.member_id()));
drop policy if exists "in plain comparisons" on public.work_profiles;
create policy "in plain comparisons" on public.work_profiles as restrictive for select to authenticated
    using ((select private.reads_plainly()));

create or replace function private.weights_name_parts() returns trigger
language plpgsql security definer set search_path = '' as $$
begin
    if new.algorithm_weights - array(select p.part from private.score_parts() p) <> '{}' then
        raise exception using errcode = 'check_violation', schema = tg_table_schema, table = tg_table_name,
            constraint = 'matching_preferences_weights',
            message = 'algorithm_weights names something else than a part of the score';
    end if;
    return null;
end $$;
comment on function private.weights_name_parts() is
    'Own weights are of parts of the score. Not a check of the table: the engine''s list of parts grows without a '
    'migration.';
create or replace trigger weights_name_parts after insert or update of algorithm_weights
    on public.matching_preferences for each row when (new.algorithm_weights is not null)
    execute function private.weights_name_parts();
