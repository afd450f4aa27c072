-- Members read their own row and replace it through put_profile().

select private.declare_table('users', rows_of => 't.id = $1', export => 'profile',
    shown => '{id,display_name,birth_date,birth_time,birth_time_accuracy,birth_place,birth_lat,birth_lon,birth_tz,'
        'gender,lang_primary,lang_secondary,tz,home_place,home_cell,created_at}',
    free_text => '{display_name,birth_time,birth_place,birth_lat,birth_lon,home_place}');
select private.declare_switch('users', 'location', '{home_cell}');
select private.declare_table('private.place_changes', owner => 'user_id', export => 'homeChanges', ordered_by => 't.id',
    shown => '{first_setting,changed_at}');
select private.declare_withheld('private.place_changes', '{id,place_digest}',
    'tells a new place from the same one again; the place itself is in profile');

revoke all on public.users from public, anon, authenticated, service_role;
-- Column by column: a grant on the table would open xmax too, which moves when a partner acts on a shared match.
-- No text either, here and in every other table: get_profile() tells it, and counts.
grant select (id, birth_date, birth_time, birth_time_accuracy, birth_lat, birth_lon, created_at)
    on public.users to authenticated;
grant select, insert, update, delete on public.users to service_role;
revoke all on private.place_changes from public, anon, authenticated, service_role;

alter table public.users enable row level security;
drop policy if exists "members read themselves" on public.users;
create policy "members read themselves" on public.users for select to authenticated
    using (id = (select private.member_id()));
drop policy if exists "in plain comparisons" on public.users;
create policy "in plain comparisons" on public.users as restrictive for select to authenticated
    using ((select private.reads_plainly()));

create or replace function private.profile(member uuid) returns jsonb
language sql stable set search_path = '' as $$
    select jsonb_build_object(
        'id', member,
        'displayName', u.display_name, 'birthDate', u.birth_date, 'birthTime', to_char(u.birth_time, 'HH24:MI:SS'),
        'birthTimeAccuracy', u.birth_time_accuracy, 'birthPlace', u.birth_place,
        'birthLat', u.birth_lat, 'birthLon', u.birth_lon, 'birthTz', u.birth_tz,
        'gender', u.gender, 'langPrimary', u.lang_primary, 'langSecondary', u.lang_secondary,
        'tz', u.tz, 'homePlace', u.home_place, 'homeCell', u.home_cell, 'createdAt', private.iso(u.created_at))
    from (select member) me left join public.users u on u.id = me.member
$$;
comment on function private.profile(uuid) is 'A member''s own data, as they see it; nulls before they said anything.';

create or replace function private.missing_fields(u public.users) returns text
language sql immutable set search_path = ''
return concat_ws(', ',
    case when u.display_name is null then 'displayName' end,
    case when u.birth_date is null then 'birthDate' end,
    case when u.gender is null then 'gender' end,
    case when u.lang_primary is null then 'langPrimary' end,
    case when u.tz is null then 'tz' end);
comment on function private.missing_fields(public.users) is
    'What activation still needs, as field names; empty when nothing.';

create or replace function private.user_named() returns trigger
language plpgsql security definer set search_path = '' as $$
declare
    zone text := private.zone_of(new.tz);
    birth_zone text := private.zone_of(new.birth_tz);
    broken text := case when zone is null and new.tz is not null then 'users_tz_check'
        when birth_zone is null and new.birth_tz is not null then 'users_birth_tz_check' end;
begin
    if broken is not null then
        raise check_violation using constraint = broken, message = private.broken_rule(broken);
    end if;
    new.tz := zone;
    new.birth_tz := birth_zone;
    return new;
end $$;
comment on function private.user_named() is
    'Whoever writes a row, a zone has one name in it, so that comparing two is comparing texts.';
create or replace trigger user_named before insert or update of tz, birth_tz on public.users
    for each row execute function private.user_named();

create or replace function private.user_speaks() returns trigger
language plpgsql security definer set search_path = '' as $$
declare
    spoken text := private.language_of(new.lang_primary);
    spoken_too text := private.language_of(new.lang_secondary);
    broken text := case when spoken is null and new.lang_primary is not null then 'users_lang_primary_check'
        when spoken_too is null and new.lang_secondary is not null then 'users_lang_secondary_check' end;
begin
    if broken is not null then
        raise check_violation using constraint = broken, message = private.broken_rule(broken);
    end if;
    new.lang_primary := spoken;
    new.lang_secondary := spoken_too;
    return new;
end $$;
comment on function private.user_speaks() is 'Whoever writes a row, a language has one code in it.';
create or replace trigger user_speaks before insert or update of lang_primary, lang_secondary on public.users
    for each row execute function private.user_speaks();

create or replace function private.profile_speaks() returns trigger
language plpgsql security definer set search_path = '' as $$
declare
    wanted text[] := private.languages_of(new.language_pref);
begin
    -- What the table itself refuses (nulls, arrays of arrays, too many) is left as it is for the table to refuse.
    if array_ndims(new.language_pref) > 1 or cardinality(new.language_pref) > 20
        or exists (select from unnest(new.language_pref) l where l is null)
    then
        return new;
    end if;
    if array_position(wanted, null) is not null then
        raise check_violation using constraint = 'connect_profiles_languages',
            message = private.broken_rule('connect_profiles_languages');
    end if;
    new.language_pref := wanted;
    return new;
end $$;
comment on function private.profile_speaks() is 'Whoever writes a row, a language has one code in it, once.';
create or replace trigger profile_speaks before insert or update of language_pref on public.connect_profiles
    for each row execute function private.profile_speaks();

create or replace function private.is_adult(born date, tz text, at timestamptz) returns boolean
language plpgsql stable set search_path = '' as $$
declare
    today date := (at at time zone 'UTC')::date;
begin
    begin
        today := least(today, (at at time zone private.zone_of(tz))::date);
    exception when invalid_parameter_value then
        -- This server's tz database is older than the zone's name. Nowhere does a day begin later.
        today := least(today, ((at - interval '12 hours') at time zone 'UTC')::date);
    end;
    return born <= (today - interval '18 years')::date;
end $$;
comment on function private.is_adult(date, text, timestamptz) is
    'Eighteen both by the UTC date and by the date in the zone: never early anywhere. As '
    'shared/engine/filters/filters.py.';

create or replace function private.user_grown_up() returns trigger
language plpgsql security definer set search_path = '' as $$
begin
    if not private.is_adult(new.birth_date, new.tz, now()) then
        raise check_violation using constraint = 'users_adult', message = private.broken_rule('users_adult');
    end if;
    return new;
end $$;
comment on function private.user_grown_up() is
    'The table''s own constraint counts on the UTC date, for a restored dump too; whoever writes a row also waits for '
    'the birthday in the zone.';
create or replace trigger user_grown_up before insert or update of birth_date, tz on public.users
    for each row execute function private.user_grown_up();

create or replace function private.is_cell(cell text) returns boolean
language plpgsql immutable set search_path = '' as $$
declare
    grid_row integer;
begin
    if cell !~ '^\d{1,4}\.\d{1,4}$' or split_part(cell, '.', 1)::int > 1799 then
        return false;
    end if;
    grid_row := split_part(cell, '.', 1);
    -- Rows are a tenth of a degree high; towards the poles they hold fewer columns, so that a cell keeps its size.
    return split_part(cell, '.', 2)::int < greatest(1, round(3600 * cos(radians((grid_row + 0.5) / 10 - 90))));
end $$;
comment on function private.is_cell(text) is 'Whether ROW.COL is a cell of the home grid.';

create or replace function private.ensure_user(member uuid) returns public.users
language plpgsql volatile set search_path = '' as $$
declare
    u public.users;
begin
    insert into public.users (id) values (member) on conflict do nothing;
    select * into strict u from public.users where id = member for no key update;
    return u;
end $$;
comment on function private.ensure_user(uuid) is 'The member''s row, made if this is their first word, locked.';

create or replace function private.broken_rule(constraint_name text) returns text
language plpgsql stable set search_path = '' as $$
begin
    return coalesce((select obj_description(c.oid, 'pg_constraint') from pg_catalog.pg_constraint c
        join pg_catalog.pg_namespace n on n.oid = c.connamespace and n.nspname = 'public'
        where c.conname = constraint_name), 'A value is missing or out of range.');
end $$;
comment on function private.broken_rule(text) is
    'What a table''s refusal means, in the words of the comment on the constraint.';

create or replace function private.place_moves_from(member uuid, place text, cell text) returns timestamptz
language plpgsql volatile set search_path = '' as $$
declare
    allowed integer := (select s.place_changes_per_day from public.settings s);
    moves timestamptz[];
    digest bytea := sha256(convert_to(place || '|' || coalesce(cell, ''), 'UTF8'));
    latest private.place_changes;
begin
    if place is null then
        return null;
    end if;
    select * into latest from private.place_changes c where c.user_id = member order by c.id desc limit 1;
    if found and latest.place_digest = digest then
        return null;
    end if;
    moves := array(select c.changed_at from private.place_changes c
        where c.user_id = member and not c.first_setting and c.changed_at > now() - interval '24 hours'
        order by c.changed_at);
    if cardinality(moves) >= allowed then
        return moves[1 + cardinality(moves) - allowed] + interval '24 hours';
    end if;
    insert into private.place_changes (user_id, place_digest, first_setting) values (member, digest, latest.id is null);
    -- Only the newest change and those of the last day are ever looked at.
    delete from private.place_changes c
    where c.user_id = member and c.changed_at <= now() - interval '24 hours'
      and c.id < (select max(n.id) from private.place_changes n where n.user_id = member);
    return null;
end $$;
comment on function private.place_moves_from(uuid, text, text) is
    'Records a new home place, or says from when on it may move again: it has moved too often in 24 hours. Moving '
    'one''s own place around finds other people.';

create or replace function private.refuse_move(moves_from timestamptz) returns jsonb
language plpgsql volatile set search_path = '' as $$
declare
    allowed integer := (select s.place_changes_per_day from public.settings s);
begin
    perform private.tell_limit(allowed, allowed + 1, moves_from);
    return private.refuse('rate_limited', 'homePlace: the home place has changed too often today. Try again tomorrow.');
end $$;
comment on function private.refuse_move(timestamptz) is 'The answer to one move of home too many.';

create or replace function public.get_profile() returns jsonb
language plpgsql volatile security definer set search_path = '' as $$
declare
    caller private.admission := private.admit('read');
begin
    if caller.refusal is not null then return caller.refusal; end if;
    return jsonb_build_object('profile', private.profile(caller.member), 'genders', (
        select jsonb_agg(jsonb_build_object('gender', g.word, 'mayBeWished', g.wished) order by g.bit)
        from public.genders g));
end $$;
comment on function public.get_profile() is
    'GET /connect/profile: what the caller told about themself, and the genders of this community.';
revoke all on function public.get_profile() from public, anon, authenticated, service_role;
grant execute on function public.get_profile() to authenticated;
select private.declare_call('get_profile', precedes_call => true);

create or replace function private.refuse_profile(
    gender text, born date, tz text, birth_time time, home_cell text, name_risk numeric
) returns jsonb
language plpgsql volatile set search_path = '' as $$
declare
    broken text := case when gender is not null then private.refused_genders('gender', array[gender], false) end;
begin
    if broken is not null then
        return private.refuse('invalid_body', broken);
    elsif name_risk >= (select s.message_risk_refused from public.settings s) then
        return private.refuse('invalid_body', 'displayName: not a name that can be shown to people here.');
    elsif not private.is_adult(born, tz, now()) then
        return private.refuse('invalid_body', 'birthDate: Connect is for people of 18 and over.');
    elsif birth_time = '24:00' then
        return private.refuse('invalid_body', 'birthTime: from 00:00 to 23:59:59.');
    elsif not coalesce(private.is_cell(home_cell), true) then
        return private.refuse('invalid_body', 'homeCell: not a grid cell.');
    end if;
    return null;
end $$;
comment on function private.refuse_profile(text, date, text, time, text, numeric) is
    'The refusal of a profile whose values no row could hold, or whose name a message could not say; null for any '
    'other.';

create or replace function public.put_profile(
    display_name text default null, birth_date date default null, birth_time time default null,
    birth_time_accuracy public.birth_time_accuracy default null, birth_place text default null,
    birth_lat double precision default null, birth_lon double precision default null, birth_tz text default null,
    gender text default null, lang_primary text default null, lang_secondary text default null,
    tz text default null, home_place text default null, home_cell text default null,
    name_risk numeric default null
) returns jsonb
language plpgsql volatile security definer set search_path = '' as $$
#variable_conflict use_column
declare
    caller private.admission := private.admit('write');
    refusal jsonb;
    broken text;
    moves_from timestamptz;
    asked jsonb;
begin
    if caller.refusal is not null then return caller.refusal; end if;
    refusal := private.refuse_profile(put_profile.gender, put_profile.birth_date, put_profile.tz,
        put_profile.birth_time, put_profile.home_cell, name_risk);
    if refusal is not null then return refusal; end if;

    -- One block, so that a refusal inside it undoes whatever came before.
    begin
        asked := private.questions_of((private.ensure_user(caller.member)).id);
        if exists (select from public.connect_profiles p where p.user_id = caller.member) and num_nulls(
            put_profile.display_name, put_profile.birth_date, put_profile.gender, put_profile.lang_primary,
            put_profile.tz) > 0 then
            raise exception using errcode = 'PT409';
        end if;
        update public.users set
            display_name = put_profile.display_name, birth_date = put_profile.birth_date,
            birth_time = put_profile.birth_time,
            birth_time_accuracy = case when put_profile.birth_time is null then put_profile.birth_time_accuracy
                else coalesce(put_profile.birth_time_accuracy, 'exact') end,
            birth_place = put_profile.birth_place, birth_lat = put_profile.birth_lat,
            birth_lon = put_profile.birth_lon, birth_tz = put_profile.birth_tz, gender = put_profile.gender,
            lang_primary = put_profile.lang_primary, lang_secondary = put_profile.lang_secondary,
            tz = put_profile.tz, home_place = put_profile.home_place,
            home_cell = case when private.allows(caller.member, 'location') and put_profile.home_place is not null
                then put_profile.home_cell end
        where id = caller.member;
        moves_from := private.place_moves_from(caller.member, put_profile.home_place, put_profile.home_cell);
        if moves_from is not null then
            raise exception using errcode = 'PT429';
        end if;
    exception
        when check_violation then
            get stacked diagnostics broken = constraint_name;
            return private.refuse('invalid_body', private.broken_rule(broken));
        when sqlstate 'PT409' then
            return private.refuse('profile_incomplete',
                'An activated profile keeps displayName, birthDate, gender, langPrimary and tz.');
        when sqlstate 'PT429' then
            return private.refuse_move(moves_from);
    end;
    perform private.note_own_change(caller.member, asked);
    perform private.retell(caller.member, jsonb_build_object('profile', private.profile(caller.member)));
    return jsonb_build_object('profile', private.profile(caller.member));
end $$;
comment on function public.put_profile(
    text, date, time, public.birth_time_accuracy, text, double precision, double precision, text, text, text,
    text, text, text, text, numeric
) is
    'PUT /connect/profile: replaces everything the caller told about themself. name_risk is what moderation says of '
    'the display name.';
revoke all on function public.put_profile(
    text, date, time, public.birth_time_accuracy, text, double precision, double precision, text, text, text,
    text, text, text, text, numeric
) from public, anon, authenticated, service_role;
grant execute on function public.put_profile(
    text, date, time, public.birth_time_accuracy, text, double precision, double precision, text, text, text,
    text, text, text, text, numeric
) to authenticated;
select private.declare_call('put_profile', replayable => true);

create or replace function private.user_changed() returns trigger
language plpgsql security definer set search_path = '' as $$
begin
    update public.connect_profiles set updated_at = now() where user_id = new.id;
    if found then
        perform private.ask_for_matches(new.id, 2, 'changed');
    end if;
    return new;
end $$;
comment on function private.user_changed() is
    'A new birth date or gender is a new revision of the profile, and they are matched again.';
create or replace trigger user_changed after update on public.users
    for each row when (old.* is distinct from new.*) execute function private.user_changed();
