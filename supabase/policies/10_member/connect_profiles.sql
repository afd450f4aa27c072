-- Opting in and pausing. A member reads their own preferences, never their vectors, readiness or revision.

select private.declare_table('connect_profiles', owner => 'user_id', export => 'preferences',
    shown => '{id,is_active,consented_at,consent_version,consent_lapsed_at,absent_since,paused_at,paused_until,mode,'
        'min_age,max_age,distance_km,preferred_genders,friendship_genders,language_pref,values_vector,'
        'communication_vector,life_goals_vector,emotional_readiness_score,vectors_stored_at,created_at,updated_at}');
select private.declare_withheld('connect_profiles', '{revision}', 'a counter of changes, for the matcher');
select private.declare_switch('connect_profiles', 'values',
    '{values_vector,communication_vector,life_goals_vector,emotional_readiness_score,vectors_stored_at}');
select private.declare_event('profile.activated', payload => '{mode}');
select private.declare_event('profile.paused');

revoke all on public.connect_profiles from public, anon, authenticated, service_role;
grant select (
    id, user_id, is_active, consented_at, paused_at, paused_until, mode, min_age, max_age, distance_km, created_at
) on public.connect_profiles to authenticated;
grant select, insert, update, delete on public.connect_profiles to service_role;

alter table public.connect_profiles enable row level security;
drop policy if exists "members read their own profile" on public.connect_profiles;
create policy "members read their own profile" on public.connect_profiles for select to authenticated
    using (user_id = (select private.member_id()));
drop policy if exists "in plain comparisons" on public.connect_profiles;
create policy "in plain comparisons" on public.connect_profiles as restrictive for select to authenticated
    using ((select private.reads_plainly()));

create or replace function private.is_searching(p public.connect_profiles) returns boolean
language sql stable set search_path = ''
return (p.is_active or coalesce(p.paused_until <= now(), false))
    and num_nonnulls(p.consent_lapsed_at, p.absent_since) = 0;
comment on function private.is_searching(public.connect_profiles) is
    'Opted in under the consent text in force, with an account that stands, and not paused; a pause with an end ends '
    'by itself.';

create or replace function private.searches_from(p public.connect_profiles) returns timestamptz
language sql stable set search_path = ''
return case
    when num_nonnulls(p.consent_lapsed_at, p.absent_since) > 0 then null
    when p.is_active then now()
    -- greatest() passes over nulls: a pause without an end would be over.
    when p.paused_until is not null then greatest(now(), p.paused_until)
end;
comment on function private.searches_from(public.connect_profiles) is
    'From when on somebody searches: now, or when their pause ends; null when nothing will change by itself.';

create or replace function private.preferences(p public.connect_profiles) returns jsonb
language sql immutable set search_path = ''
return jsonb_build_object(
    'mode', p.mode, 'minAge', p.min_age, 'maxAge', p.max_age, 'distanceKm', p.distance_km,
    'preferredGenders', p.preferred_genders, 'friendshipGenders', p.friendship_genders,
    'languagePref', p.language_pref);
comment on function private.preferences(public.connect_profiles) is
    'Whom the member would like to meet, as they see it.';

create or replace function private.profile_changed() returns trigger
language plpgsql set search_path = '' as $$
begin
    new.revision := old.revision + 1;
    new.updated_at := now();
    return new;
end $$;
comment on function private.profile_changed() is
    'Every change is a new revision: proposals computed before it are not stored.';
create or replace trigger profile_changed before update on public.connect_profiles
    for each row execute function private.profile_changed();

create or replace function private.refuse_wishes(preferred text[], friendship text[], languages text[]) returns jsonb
language plpgsql volatile set search_path = '' as $$
declare
    broken text := case when cardinality(languages) > 50 then 'languagePref: too many.'
        else coalesce(private.refused_genders('preferredGenders', preferred, true),
            private.refused_genders('friendshipGenders', friendship, true)) end;
begin
    return case when broken is not null then private.refuse('invalid_body', broken) end;
end $$;
comment on function private.refuse_wishes(text[], text[], text[]) is
    'The refusal of wishes that name no known gender or too many languages; null for any other.';

create or replace function public.activate(
    mode public.connect_mode, consent_version text,
    min_age integer default null, max_age integer default null, distance_km integer default 0,
    preferred_genders text[] default null, friendship_genders text[] default '{""}', language_pref text[] default null
) returns jsonb
language plpgsql volatile security definer set search_path = '' as $$
declare
    caller private.admission := private.admit('write');
    u public.users;
    p public.connect_profiles;
    missing text;
    broken text;
    asked jsonb;
    kept constant text[] := '{""}';
    refusal jsonb;
begin
    if caller.refusal is not null then return caller.refusal; end if;
    refusal := coalesce(private.refuse_wishes(activate.preferred_genders,
        nullif(activate.friendship_genders, kept), activate.language_pref),
        private.refuse_after_erasures(caller.member));
    if refusal is not null then
        return refusal;
    elsif activate.consent_version is distinct from private.lock_consent_version() then
        return private.refuse('consent_required', 'consentVersion does not name the consent text in force.');
    end if;
    select * into u from public.users where id = caller.member for no key update;
    missing := private.missing_fields(u);
    if missing <> '' then
        return private.refuse('profile_incomplete', 'PUT /connect/profile first; still missing: ' || missing || '.');
    end if;

    asked := private.questions_of(caller.member);
    select * into p from public.connect_profiles c where c.user_id = caller.member;
    begin
        insert into public.connect_profiles (user_id, consent_version, mode, min_age, max_age, distance_km,
            preferred_genders, friendship_genders, language_pref)
        values (caller.member, activate.consent_version, activate.mode,
            -- What is not said stays as it was: a filter is a boundary, and ending a pause must not lift it.
            coalesce(activate.min_age, p.min_age, 18), coalesce(activate.max_age, p.max_age, 120),
            case when activate.distance_km = 0 then p.distance_km else activate.distance_km end,
            coalesce(activate.preferred_genders, p.preferred_genders, '{}'),
            case when activate.friendship_genders = kept then p.friendship_genders else activate.friendship_genders end,
            coalesce(activate.language_pref, p.language_pref, '{}'))
        on conflict (user_id) do update set
            is_active = true, paused_at = null, paused_until = null, consented_at = now(),
            consent_version = excluded.consent_version, mode = excluded.mode, min_age = excluded.min_age,
            max_age = excluded.max_age, distance_km = excluded.distance_km, language_pref = excluded.language_pref,
            preferred_genders = excluded.preferred_genders, friendship_genders = excluded.friendship_genders
        returning * into strict p;
    exception
        when check_violation then get stacked diagnostics broken = constraint_name;
        when not_null_violation then broken := '';
    end;
    if broken is not null then return private.refuse('invalid_body', private.broken_rule(broken)); end if;

    perform private.note_own_change(caller.member, asked);
    perform private.agree(caller.member, activate.consent_version, 'activated', private.signals_of(caller.member));
    perform private.emit('profile.activated', null, caller.member, jsonb_build_object('mode', activate.mode));
    return jsonb_build_object('status', 'active', 'profileId', p.id, 'preferences', private.preferences(p));
end $$;
comment on function public.activate(
    public.connect_mode, text, integer, integer, integer, text[], text[], text[]
) is
    'POST /connect/activate: opts the caller in under the consent text in force, or ends their pause. Preferences not '
    'given stay as they were (distance_km: 0 is not given, null is any; friendship_genders: one empty word is not '
    'given, null is as preferred_genders).';
revoke all on function public.activate(public.connect_mode, text, integer, integer, integer, text[], text[], text[])
    from public, anon, authenticated, service_role;
grant execute on function public.activate(public.connect_mode, text, integer, integer, integer, text[], text[], text[])
    to authenticated;
select private.declare_call('activate', replayable => true);

create or replace function public.deactivate(until timestamptz default null) returns jsonb
language plpgsql volatile security definer set search_path = '' as $$
declare
    caller private.admission := private.admit('write');
begin
    if caller.refusal is not null then return caller.refusal; end if;
    if deactivate.until <= now() then
        return private.refuse('invalid_body', 'until: must lie in the future.');
    end if;
    perform private.lock_member(caller.member);
    -- Matches before lists, which go with the profile: a partner who blocks or is erased takes them in that order.
    perform private.lock_matches(caller.member);
    update public.connect_profiles set is_active = false, paused_at = now(), paused_until = deactivate.until
    where user_id = caller.member;
    if not found then
        return private.refuse('profile_incomplete', 'There is nothing to pause: POST /connect/activate first.');
    end if;
    perform private.leave_all_matches(caller.member, false);
    perform private.cancel_tasks(caller.member);
    perform private.emit('profile.paused', null, caller.member);
    return jsonb_build_object('status', 'paused', 'until', private.iso(deactivate.until));
end $$;
comment on function public.deactivate(timestamptz) is
    'POST /connect/deactivate: pauses the caller and withdraws them from every proposal for good. Open chats stay.';
revoke all on function public.deactivate(timestamptz) from public, anon, authenticated, service_role;
grant execute on function public.deactivate(timestamptz) to authenticated;
select private.declare_call('deactivate', replayable => true);

create or replace function public.store_profile_vectors(
    user_id uuid, values_vector extensions.vector, communication_vector extensions.vector,
    life_goals_vector extensions.vector, readiness numeric
) returns jsonb
language plpgsql volatile security definer set search_path = '' as $$
begin
    perform private.lock_member(store_profile_vectors.user_id);
    if not private.allows(store_profile_vectors.user_id, 'values') then
        raise exception using errcode = 'PT403', message = 'consent_required',
            detail = 'The values switch of this member is off.';
    end if;
    if exists (select from public.connect_profiles p
        where p.user_id = store_profile_vectors.user_id and p.consent_lapsed_at is not null)
    then
        raise exception using errcode = 'PT403', message = 'consent_required',
            detail = 'This member has not agreed to the consent text in force.';
    end if;
    if num_nonnulls(values_vector, communication_vector, life_goals_vector, readiness) not in (0, 4)
        or not coalesce(readiness between 0 and 100, true)
        or not coalesce(extensions.vector_norm(values_vector) > 0 and extensions.vector_norm(communication_vector) > 0
            and extensions.vector_norm(life_goals_vector) > 0, true)
    then
        raise exception using errcode = 'PT422', message = 'invalid_body',
            detail = 'Three vectors that have a length, and readiness between 0 and 100; or four nulls.';
    end if;
    update public.connect_profiles p set
        values_vector = extensions.l2_normalize(store_profile_vectors.values_vector),
        communication_vector = extensions.l2_normalize(store_profile_vectors.communication_vector),
        life_goals_vector = extensions.l2_normalize(store_profile_vectors.life_goals_vector),
        emotional_readiness_score = readiness,
        vectors_stored_at = case when readiness is not null then now() end
    where p.user_id = store_profile_vectors.user_id;
    if not found then
        raise exception using errcode = 'PT404', message = 'not_found',
            detail = 'This member has not activated Connect.';
    end if;
    return '{}'::jsonb;
end $$;
comment on function public.store_profile_vectors(uuid, extensions.vector, extensions.vector, extensions.vector,
    numeric) is
    'How an operator''s vectors (16 dimensions each) and readiness (0–100) arrive. They win over those of the quiz '
    'until four nulls clear them. Refused while the member''s values switch is off. Service only.';
revoke all on function public.store_profile_vectors(
    uuid, extensions.vector, extensions.vector, extensions.vector, numeric
) from public, anon, authenticated, service_role;
grant execute on function public.store_profile_vectors(
    uuid, extensions.vector, extensions.vector, extensions.vector, numeric
) to service_role;
select private.declare_call('store_profile_vectors');
