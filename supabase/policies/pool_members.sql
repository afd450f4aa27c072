-- What the engine reads of a member, and the search for one member's candidates. Service only.
--
-- A pool may grow by thousands before its statistics are made anew, and a plan made for a few members can then take
-- hours. So nothing here is left to them: whoever reads members one by one reads by keys (no enable_seqscan), whoever
-- joins whole pools hashes them (no enable_nestloop). A forbidden plan counts as very dear where no other can be had, and
-- the server compiles what is dear (jit) for seconds in each call: so all that work on whole pools do without.

revoke all on private.pool_members, private.pool_members_due from public, anon, authenticated, service_role;

create or replace function private.pool_columns() returns text[]
language sql immutable set search_path = ''
return '{id,revision,birthDate,gender,preferredGenders,mode,minAge,maxAge,distanceKm,languages,languagePref,homeCell,tz,
valuesVector,communicationVector,lifeGoalsVector,readiness,traits,dealBreakers,employer,industry,wantedIndustries,
avoidsColleagues,avoidsCompetitors,profileVector,activity,interests,weights,chart,capacity,waitingSince,price}'::text[];
comment on function private.pool_columns() is 'Names of what the engine reads of a member, in the order of private.pool_input(); the last three change from run to run.';

create or replace function private.pool_input(member uuid, chart_version text) returns jsonb
language sql stable set search_path = ''
set enable_seqscan = off set enable_nestloop = on set plan_cache_mode = force_generic_plan set jit = off as $$
    select jsonb_build_array(
        p.user_id, p.revision, u.birth_date, u.gender, p.preferred_genders, p.mode, p.min_age, p.max_age, p.distance_km,
        array_remove(array[u.lang_primary, u.lang_secondary], null), p.language_pref,
        case when 'location' = any (c.signals) then u.home_cell end, u.tz,
        case when 'values' = any (c.signals) then p.values_vector::text::jsonb end,
        case when 'values' = any (c.signals) then p.communication_vector::text::jsonb end,
        case when 'values' = any (c.signals) then p.life_goals_vector::text::jsonb end,
        case when 'values' = any (c.signals) then p.emotional_readiness_score end,
        coalesce(m.traits, '{}'), coalesce(m.deal_breakers, '{}'),
        -- A number that is the same for the same employer, on every server: names do not leave the database.
        ('x' || left(encode(sha256(convert_to(lower(w.employer), 'UTF8')), 'hex'), 8))::bit(32)::integer & 2147483647, w.industry, coalesce(m.industries, '{}'),
        coalesce(m.exclude_colleagues, true), coalesce(m.exclude_competitors, false),
        case when 'values' = any (c.signals) then f.feature_vector::text::jsonb end,
        case when 'values' = any (c.signals) then f.activity_score end,
        coalesce(i.interests, '{}'), m.algorithm_weights,
        case when 'birthData' = any (c.signals) and b.engine_version = pool_input.chart_version then b.packed end)
    from public.connect_profiles p
    join public.users u on u.id = p.user_id
    left join lateral (select k.signals from public.consents k
        where k.user_id = p.user_id order by k.id desc limit 1) c on true
    left join public.matching_preferences m on m.user_id = p.user_id
    left join public.work_profiles w on w.user_id = p.user_id
    left join public.user_features f on f.user_id = p.user_id
    left join public.user_interest_index i on i.user_id = p.user_id
    left join public.birth_charts b on b.user_id = p.user_id
    where p.user_id = member
$$;
comment on function private.pool_input(uuid, text) is 'What the engine reads of a member, switches honoured, in the order of private.pool_columns().';

create or replace function private.pool_shape() returns text
language sql stable set search_path = ''
return md5(array_to_string(private.pool_columns(), ',') || (
    select string_agg(p.prosrc, '' order by p.proname) from pg_catalog.pg_proc p
    where p.pronamespace = 'private'::regnamespace and p.proname in ('pool_input', 'ready')));
comment on function private.pool_shape() is
    'Changes with the columns of the pool and with how they are read: rows kept by an earlier one are not taken for current.';

create or replace function private.cell_place(cell text) returns double precision[]
language plpgsql immutable set search_path = '' as $$
declare
    latitude double precision;
    longitude double precision;
begin
    if not coalesce(private.is_cell(cell), false) then
        return null;
    end if;
    latitude := (split_part(cell, '.', 1)::int + 0.5) / 10 - 90;
    longitude := (split_part(cell, '.', 2)::int + 0.5) / greatest(1, round(3600 * cos(radians(latitude)))) * 360 - 180;
    return array[cos(radians(latitude)) * cos(radians(longitude)), cos(radians(latitude)) * sin(radians(longitude)), sin(radians(latitude))];
end $$;
comment on function private.cell_place(text) is 'Centre of a cell as a unit vector from the centre of the earth; null for what is no cell. As shared/engine/places.py.';

create or replace function private.area(place double precision[], tz text) returns integer
language sql immutable set search_path = ''
return case when place is null then -1 - (hashtext(tz) & 1048575)
    else floor((degrees(asin(place[3])) + 90) / 5)::integer * 72
        + floor((degrees(atan2(place[2], place[1])) + 180) / 5)::integer % 72 end;
comment on function private.area(double precision[], text) is 'The square of five degrees around a place; without one a number below zero for the time zone.';

create or replace function private.areas_within(place double precision[], reach double precision, tz text) returns integer[]
language plpgsql immutable set search_path = '' as $$
declare
    -- A hundredth of a degree for rounding.
    angle double precision := degrees(2 * asin(least(sqrt(reach) / 2, 1))) + 0.01;
    latitude double precision := degrees(asin(place[3]));
    longitude double precision := degrees(atan2(place[2], place[1]));
    wide double precision;
begin
    if abs(latitude) + angle >= 89 then
        return null;
    end if;
    wide := degrees(asin(sin(radians(angle)) / cos(radians(latitude)))) + 0.01;
    if angle > 30 or wide > 60 then
        return null;
    end if;
    return array(
        select y * 72 + (x + 72) % 72
        from generate_series(floor((latitude - angle + 90) / 5)::integer, floor((latitude + angle + 90) / 5)::integer) y,
            generate_series(floor((longitude - wide + 180) / 5)::integer, floor((longitude + wide + 180) / 5)::integer) x)
        || private.area(null, tz);
end $$;
comment on function private.areas_within(double precision[], double precision, text) is
    'Areas in which anybody within reach of a place lives, and that of who has no cell in the same time zone; null where these are too many to name.';

create or replace function private.ready(input jsonb, chart_version text) returns private.pool_members
language plpgsql stable set search_path = '' as $$
declare
    m private.pool_members;
    genders jsonb := '{"female": 1, "male": 2, "non_binary": 4}';
    traits text[] := enum_range(null::public.trait)::text[];
begin
    m.user_id := input ->> 0;
    m.revision := input -> 1;
    m.chart_version := ready.chart_version;
    m.shape := private.pool_shape();
    m.birth_date := input ->> 2;
    m.gender := genders -> (input ->> 3);
    m.wanted_genders := coalesce((select bit_or((genders -> g)::integer) from jsonb_array_elements_text(input -> 4) g), 7);
    m.modes := case input ->> 5 when 'romantic' then 1 when 'friendship' then 2 when 'both' then 3 else 4 end;
    -- Nobody below the adult age is in anybody's window, whatever a profile says.
    m.min_age := greatest((input -> 6)::integer, 18);
    m.max_age := input -> 7;
    -- least() passes over nulls, and any distance is to stay null: whoever has no cell would be kept to a time zone.
    m.reach := case when input -> 8 <> 'null' then 4 * sin(least((input ->> 8)::double precision / (2 * 6371.0088), pi() / 2)) ^ 2 end;
    m.languages := array(select jsonb_array_elements_text(input -> 9));
    m.wanted_languages := array(select jsonb_array_elements_text(input -> 10));
    m.place := private.cell_place(input ->> 11);
    m.tz := input ->> 12;
    m.area := private.area(m.place, m.tz);
    m.traits := coalesce((select bit_or(1 << array_position(traits, t)) from jsonb_array_elements_text(input -> 17) t), 0);
    m.deal_breakers := coalesce((select bit_or(1 << array_position(traits, t)) from jsonb_array_elements_text(input -> 18) t), 0);
    m.direction := case
        when m.modes = 4 then nullif(input -> 24, 'null')::text::extensions.vector(16)
            operator(extensions.||) array_fill(0, array[32])::extensions.vector(32)
        else nullif(input -> 13, 'null')::text::extensions.vector(16)
            operator(extensions.||) nullif(input -> 14, 'null')::text::extensions.vector(16)
            operator(extensions.||) nullif(input -> 15, 'null')::text::extensions.vector(16)
    end;
    m.input := input;
    return m;
end $$;
comment on function private.ready(jsonb, text) is 'A member''s row for the search, from what the engine reads of them.';

create or replace function private.can_be_matched(p public.connect_profiles) returns boolean
language plpgsql stable set search_path = '' as $$
begin
    return private.is_searching(p) and exists (select from public.users u
        where u.id = p.user_id and num_nulls(u.birth_date, u.gender, u.lang_primary, u.tz) = 0);
end $$;
comment on function private.can_be_matched(public.connect_profiles) is 'Searching, and has told what every match needs.';

create or replace function private.pool_member_due() returns trigger
language plpgsql security definer set search_path = '' as $$
begin
    -- An update of what is there already, so that a search that is at it waits for this transaction.
    insert into private.pool_members_due as d (user_id) values (new.user_id)
    on conflict (user_id) do update set since = now();
    return null;
end $$;
comment on function private.pool_member_due() is 'Every revision of a profile is to be seen by the next search.';
create or replace trigger pool_member_due after insert or update on public.connect_profiles
    for each row execute function private.pool_member_due();

drop function if exists private.refresh_pool_members(uuid[], text);
create or replace function private.refresh_pool_members(members uuid[], chart_version text, others_too boolean default true) returns integer
language plpgsql volatile set search_path = ''
set enable_seqscan = off set enable_nestloop = on set plan_cache_mode = force_generic_plan set jit = off as $$
declare
    current_shape text := private.pool_shape();
    due uuid[];
    made integer;
begin
    -- The people first, as an erasure takes them. Whoever is being erased in this instant is left to their erasure.
    due := array(
        select u.id from public.users u
        where u.id in (select o.user_id from private.pool_members_due o where others_too or o.user_id = any (members))
        order by u.id for key share skip locked);
    perform from private.pool_members_due o where o.user_id = any (due) order by o.user_id for update;
    with taken as (delete from private.pool_members_due d where d.user_id = any (due) returning d.user_id)
    select array_agg(t.user_id) into due from taken t;
    -- The statements below see whatever those above have waited for.
    due := coalesce(due, '{}') || members;
    delete from private.pool_members m
    where m.user_id = any (due) and not exists (
        select from public.connect_profiles p where p.user_id = m.user_id and private.can_be_matched(p));
    with stale as materialized (
        select p.user_id from public.connect_profiles p
        left join private.pool_members m on m.user_id = p.user_id
        where p.user_id = any (due)
          and (m.user_id is null or (m.revision, m.chart_version, m.shape)
            is distinct from (p.revision, refresh_pool_members.chart_version, current_shape))
          and private.can_be_matched(p)
        order by p.user_id
    )
    insert into private.pool_members
    select r.* from stale s
    cross join lateral private.pool_input(s.user_id, refresh_pool_members.chart_version) i
    cross join lateral private.ready(i, refresh_pool_members.chart_version) r
    on conflict (user_id) do update set
        revision = excluded.revision, chart_version = excluded.chart_version, shape = excluded.shape, modes = excluded.modes,
        gender = excluded.gender, wanted_genders = excluded.wanted_genders, birth_date = excluded.birth_date,
        min_age = excluded.min_age, max_age = excluded.max_age, tz = excluded.tz, area = excluded.area,
        place = excluded.place, reach = excluded.reach, languages = excluded.languages,
        wanted_languages = excluded.wanted_languages, traits = excluded.traits, deal_breakers = excluded.deal_breakers,
        direction = excluded.direction, input = excluded.input;
    get diagnostics made = row_count;
    return made;
end $$;
comment on function private.refresh_pool_members(uuid[], text, boolean) is
    'Makes the rows of these members anew where they are not current, with others_too those of everybody who changed, and removes those of who does not search. Returns how many were made.';

drop function if exists private.free_slots(uuid);
create or replace function private.standing(members uuid[])
returns table (user_id uuid, capacity integer, waiting_since timestamptz)
language sql stable set search_path = ''
set enable_seqscan = off set enable_nestloop = on set plan_cache_mode = force_generic_plan set jit = off as $$
    select u.id,
        case when coalesce(l.last_end > now() - s.cooldown, false) then 0
            -- Who met somebody before an erasure is no newcomer when they come back.
            else (case when u.created_at > now() - s.newcomer_period
                    and not exists (select from private.returned_members r where r.user_id = u.id)
                then greatest(s.newcomer_match_cap, s.live_match_cap) else s.live_match_cap end - coalesce(l.live, 0))::integer end,
        greatest(p.created_at, l.proposed_at)
    from unnest(members) as m (id)
    join public.users u on u.id = m.id
    join public.connect_profiles p on p.user_id = u.id
    cross join public.settings s
    cross join lateral (
        select max(t.created_at) as proposed_at, count(*) filter (where t.ended_at > now()) as live,
            max(t.ended_at) filter (where t.ended_at <= now()) as last_end
        from (
            select a.created_at, least(a.ends_at, a.left_a_at) as ended_at from public.matches a where a.user_a = u.id
            union all
            select b.created_at, least(b.ends_at, b.left_b_at) from public.matches b where b.user_b = u.id
        ) t) l
$$;
comment on function private.standing(uuid[]) is
    'Live matches each may still take (none during a cooldown; one''s own exit frees a slot at once, the other side''s stays taken until expires_at), and since when they wait.';

create or replace function private.met(member uuid) returns uuid[]
language sql stable set search_path = ''
set enable_seqscan = off set enable_nestloop = on set plan_cache_mode = force_generic_plan set jit = off
return array_remove(array(
    select a.user_b from public.matches a where a.user_a = member
    union all select b.user_a from public.matches b where b.user_b = member), null);
comment on function private.met(uuid) is 'Whom the member was ever proposed to, once for each time.';

create or replace function private.kept_apart(member uuid) returns uuid[]
language sql stable set search_path = ''
set enable_seqscan = off set enable_nestloop = on set plan_cache_mode = force_generic_plan set jit = off
return array(
    select k.other from private.apart k where k.one = member
    union select k.one from private.apart k where k.other = member);
comment on function private.kept_apart(uuid) is 'Whom the member blocked, who blocked them, and whom they met before an erasure.';

create or replace function private.candidates_of(members uuid[], event_id uuid, most integer)
returns table (user_id uuid, candidates uuid[])
language plpgsql stable set search_path = '' as $$
declare
    -- Written out and put into each of the searches below: a function of its own would be called for every row.
    passes constant text := $rule$
        c.gender = any (a.genders) and c.birth_date > a.born_after and c.birth_date <= a.born_until
        and c.min_age <= a.age and c.max_age >= a.age and c.modes & a.modes <> 0 and c.wanted_genders & a.gender <> 0
        and c.user_id <> a.user_id and c.user_id <> all (a.apart)
        and (a.wanted_languages = '{}' or c.languages && a.wanted_languages)
        and (c.wanted_languages = '{}' or c.wanted_languages && a.languages)
        and c.traits & a.deal_breakers = 0 and c.deal_breakers & a.traits = 0
        and (least(c.reach, a.reach) is null
            or case when c.place is null or a.place is null then c.tz = a.tz
                else (c.place[1] - a.place[1]) ^ 2 + (c.place[2] - a.place[2]) ^ 2 + (c.place[3] - a.place[3]) ^ 2
                    <= least(c.reach, a.reach) * 1.000001 + 1e-12 end)$rule$;
    search text;
begin
    if event_id is not null then
        search := 'select c.user_id, c.direction, c.revision from public.event_members e
            join private.pool_members c on c.user_id = e.user_id where e.event_id = $2 and ' || passes;
    else
        -- Who names a distance is looked for among the squares within it, everybody else by gender and age.
        search := 'select c.user_id, c.direction, c.revision from private.pool_members c
                where a.areas is not null and c.area = any (a.areas) and ' || passes || '
            union all select c.user_id, c.direction, c.revision from private.pool_members c
                where a.areas is null and ' || passes;
    end if;
    return query execute $query$
        with asking as materialized (
            select m.*, extract(year from age($4, m.birth_date))::integer as age,
                array(select g from unnest('{1,2,4}'::smallint[]) g where g & m.wanted_genders <> 0) as genders,
                ($4 - make_interval(years => m.max_age + 1, days => 1))::date as born_after,
                ($4 - make_interval(years => m.min_age::integer))::date as born_until,
                case when m.reach is not null and m.place is not null then private.areas_within(m.place, m.reach, m.tz) end as areas,
                private.kept_apart(m.user_id) as apart
            from private.pool_members m where m.user_id = any ($1)
        )
        select a.user_id, array(
            select f.user_id from ($query$ || search || $query$) f
            join public.connect_profiles p on p.user_id = f.user_id and p.revision = f.revision
                and (p.is_active or p.paused_until <= now()) and p.consent_lapsed_at is null and p.absent_since is null
            -- Who has no vectors stands in an order of their own for each member, not in that of ids.
            order by f.direction operator(extensions.<=>) a.direction nulls last, hashtext(f.user_id::text || a.user_id::text)
            limit $3)
        from asking a$query$
    using members, event_id, most, (now() at time zone 'UTC')::date;
end $$;
comment on function private.candidates_of(uuid[], uuid, integer) is
    'Whom each of these members may meet in a pool, those they met before included: mutual filters by index first, then nearest vectors. At most so many each. Whoever is here is asked every rule again by the engine; here it counts that nobody eligible is left out.';

create or replace function private.price(member uuid, before bigint default null) returns real
language sql stable set search_path = ''
set enable_seqscan = off set enable_nestloop = on set plan_cache_mode = force_generic_plan set jit = off
return (select x.price from private.prices x where x.user_id = member and (before is null or x.set_by < before)
    order by x.set_by desc limit 1);
comment on function private.price(uuid, bigint) is 'What the market asks for a member, or asked before a run.';
