-- What a member says of themself, refuses in others and wants of them.
--
-- Religion and drugs among traits and deal-breakers are covered by the values switch: they are refused while it is
-- off, not read where an operator wrote them, and go with its withdrawal.

select private.declare_table('matching_preferences', owner => 'user_id', export => 'matchingPreferences',
    shown => '{traits,deal_breakers,industries,job_levels,company_sizes,networking_goals,meeting_types,'
        'exclude_colleagues,exclude_competitors,algorithm_weights,updated_at}',
    requeues => 'insert or update or delete');

revoke all on public.matching_preferences from public, anon, authenticated, service_role;
grant select (traits, deal_breakers, exclude_colleagues, exclude_competitors, algorithm_weights, updated_at)
    on public.matching_preferences to authenticated;
grant select, insert, update, delete on public.matching_preferences to service_role;

alter table public.matching_preferences enable row level security;
drop policy if exists "members read their own preferences" on public.matching_preferences;
create policy "members read their own preferences" on public.matching_preferences for select to authenticated
    using (user_id = (select private.member_id()));
drop policy if exists "in plain comparisons" on public.matching_preferences;
create policy "in plain comparisons" on public.matching_preferences as restrictive for select to authenticated
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

create or replace function private.sensitive_traits() returns public.trait[]
language sql immutable set search_path = ''
return '{religious,not_religious,uses_drugs}'::public.trait[];
comment on function private.sensitive_traits() is 'Traits about religion and drugs, which the values switch covers.';

create or replace function private.allowed_traits(
    traits public.trait[], signals public.consent_signal[]
) returns public.trait[]
language sql immutable set search_path = ''
return case when 'values' = any (signals) then traits
    else array(select t from unnest(traits) with ordinality x (t, place)
        where t <> all (private.sensitive_traits()) order by place) end;
comment on function private.allowed_traits(public.trait[], public.consent_signal[]) is
    'Traits that may be read under these switches.';

create or replace function private.forget_sensitive_traits(member uuid) returns void
language plpgsql volatile set search_path = '' as $$
begin
    update public.matching_preferences m set
        traits = private.allowed_traits(m.traits, '{}'), deal_breakers = private.allowed_traits(m.deal_breakers, '{}'),
        updated_at = now()
    where m.user_id = member and m.traits || m.deal_breakers && private.sensitive_traits();
    update private.held_questions h set held = h.held || (
        select coalesce(jsonb_object_agg(v.key, v.value - private.sensitive_traits()::text[]), '{}')
        from jsonb_each(h.held) v where v.key in ('traits', 'dealBreakers'))
    where h.user_id = member;
    perform private.retell(member, jsonb_build_object('preferences', private.preferences_of(member)));
end $$;
comment on function private.forget_sensitive_traits(uuid) is
    'Removes religion and drugs from what a member says of themself and refuses in others, also where a '
    'change waits and in kept answers.';

create or replace function private.preferences_of(member uuid) returns jsonb
language sql stable set search_path = '' as $$
    select jsonb_build_object(
        'traits', coalesce(m.traits, '{}'), 'dealBreakers', coalesce(m.deal_breakers, '{}'),
        'industries', coalesce(m.industries, '{}'), 'jobLevels', coalesce(m.job_levels, '{}'),
        'companySizes', coalesce(m.company_sizes, '{}'), 'networkingGoals', coalesce(m.networking_goals, '{}'),
        'meetingTypes', coalesce(m.meeting_types, '{}'),
        'excludeColleagues', coalesce(m.exclude_colleagues, true),
        'excludeCompetitors', coalesce(m.exclude_competitors, false),
        'algorithmWeights', coalesce(m.algorithm_weights, '{}'))
    from (select member) me left join public.matching_preferences m on m.user_id = me.member
$$;
comment on function private.preferences_of(uuid) is
    'What a member says of themself and wants of others, as they see it.';

create or replace function public.get_preferences() returns jsonb
language plpgsql volatile security definer set search_path = '' as $$
declare
    caller private.admission := private.admit('read');
begin
    if caller.refusal is not null then return caller.refusal; end if;
    return jsonb_build_object('preferences', private.preferences_of(caller.member));
end $$;
comment on function public.get_preferences() is
    'GET /connect/preferences: what the caller says of themself, refuses in others and wants of them.';
revoke all on function public.get_preferences() from public, anon, authenticated, service_role;
grant execute on function public.get_preferences() to authenticated;
select private.declare_call('get_preferences');

create or replace function public.put_preferences(
    traits public.trait[] default '{}', deal_breakers public.trait[] default '{}', industries text[] default '{}',
    job_levels public.job_level[] default '{}', company_sizes public.company_size[] default '{}',
    networking_goals public.networking_goal[] default '{}', meeting_types public.meeting_type[] default '{}',
    exclude_colleagues boolean default true, exclude_competitors boolean default false,
    algorithm_weights jsonb default '{}'
) returns jsonb
language plpgsql volatile security definer set search_path = '' as $$
#variable_conflict use_column
declare
    caller private.admission := private.admit('write');
    asked jsonb;
    is_new boolean;
    broken text;
begin
    if caller.refusal is not null then return caller.refusal; end if;
    asked := private.questions_of((private.ensure_user(caller.member)).id);
    if (put_preferences.traits && private.sensitive_traits()
            or put_preferences.deal_breakers && private.sensitive_traits())
        and not private.allows(caller.member, 'values')
    then
        return private.refuse('consent_required',
            'religious, not_religious and uses_drugs need the values switch: PUT /connect/consents first.');
    elsif jsonb_typeof(put_preferences.algorithm_weights) = 'object'
        and put_preferences.algorithm_weights - array(select p.part from private.score_parts() p) <> '{}'
    then
        return private.refuse('invalid_body', (select format('algorithmWeights: of %s, each 0.5 to 2.',
            string_agg(p.part, ', ' order by p.place)) from private.score_parts() p));
    end if;
    begin
        insert into public.matching_preferences as m (user_id, traits, deal_breakers, industries, job_levels,
            company_sizes, networking_goals, meeting_types, exclude_colleagues, exclude_competitors, algorithm_weights)
        values (caller.member, put_preferences.traits, put_preferences.deal_breakers, put_preferences.industries,
            put_preferences.job_levels, put_preferences.company_sizes, put_preferences.networking_goals,
            put_preferences.meeting_types, put_preferences.exclude_colleagues, put_preferences.exclude_competitors,
            nullif(put_preferences.algorithm_weights, '{}'))
        on conflict (user_id) do update set
            traits = excluded.traits, deal_breakers = excluded.deal_breakers, industries = excluded.industries,
            job_levels = excluded.job_levels, company_sizes = excluded.company_sizes,
            networking_goals = excluded.networking_goals, meeting_types = excluded.meeting_types,
            exclude_colleagues = excluded.exclude_colleagues, exclude_competitors = excluded.exclude_competitors,
            algorithm_weights = excluded.algorithm_weights, updated_at = now()
        returning m.xmax = 0 into is_new;
    exception
        when check_violation then get stacked diagnostics broken = constraint_name;
        when not_null_violation then broken := '';
    end;
    if broken is not null then return private.refuse('invalid_body', private.broken_rule(broken)); end if;
    perform private.note_own_change(caller.member, asked, is_new);
    perform private.retell(caller.member, jsonb_build_object('preferences', private.preferences_of(caller.member)));
    return jsonb_build_object('preferences', private.preferences_of(caller.member));
end $$;
comment on function public.put_preferences(public.trait[], public.trait[], text[], public.job_level[],
    public.company_size[], public.networking_goal[], public.meeting_type[], boolean, boolean, jsonb) is
    'PUT /connect/preferences: replaces everything the caller says of themself, refuses in others and wants of them.';
revoke all on function public.put_preferences(public.trait[], public.trait[], text[], public.job_level[],
    public.company_size[], public.networking_goal[], public.meeting_type[], boolean, boolean, jsonb)
    from public, anon, authenticated, service_role;
grant execute on function public.put_preferences(public.trait[], public.trait[], text[], public.job_level[],
    public.company_size[], public.networking_goal[], public.meeting_type[], boolean, boolean, jsonb) to authenticated;
select private.declare_call('put_preferences', replayable => true);
