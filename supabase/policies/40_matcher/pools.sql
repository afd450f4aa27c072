-- What the engine reads of a member. Service only.
--
-- A pool may grow by thousands before its statistics are made anew, and a plan made for a few members can then take
-- hours. So nothing here is left to them: whoever reads members one by one reads by keys (no enable_seqscan), whoever
-- joins whole pools hashes them (no enable_nestloop). A forbidden plan counts as very dear where no other can be had,
-- and the server compiles what is dear (jit) for seconds in each call: so all that work on whole pools do without.

select private.declare_table('private.pool_members', withheld => 'a copy of the sections, made ready for searching',
    free_text => '{input}');
select private.declare_table('private.pool_members_due',
    withheld => 'state of the machine: whose copy is to be made anew');

revoke all on private.pool_members, private.pool_members_due from public, anon, authenticated, service_role;

create or replace function private.pool_values(member uuid, chart_version text) returns jsonb
language sql stable set search_path = ''
set enable_seqscan = off set enable_nestloop = on set plan_cache_mode = force_generic_plan set jit = off as $$
    select jsonb_build_object(
        'id', p.user_id, 'revision', p.revision, 'birthDate', u.birth_date, 'gender', u.gender,
        'preferredGenders', p.preferred_genders, 'friendshipGenders', p.friendship_genders,
        'mode', p.mode, 'minAge', p.min_age, 'maxAge', p.max_age, 'distanceKm', p.distance_km,
        'languages', array_remove(array[u.lang_primary, u.lang_secondary], null), 'languagePref', p.language_pref,
        'homeCell', case when 'location' = any (c.signals) then u.home_cell end, 'tz', u.tz,
        'traits', private.allowed_traits(coalesce(m.traits, '{}'), c.signals),
        'dealBreakers', private.allowed_traits(coalesce(m.deal_breakers, '{}'), c.signals),
        -- Names do not leave the database.
        'employer', case when w.employer is not null then private.employer_code(w.employer) end,
        'avoidsColleagues', coalesce(m.exclude_colleagues, true),
        'avoidsCompetitors', coalesce(m.exclude_competitors, false),
        'weights', m.algorithm_weights
    ) || jsonb_build_object(
        -- What the parts of the score are made of. An operator's vectors win over those of the quiz.
        'valuesVector', case when 'values' = any (c.signals)
            then coalesce(p.values_vector, q.values_vector)::text::jsonb end,
        'communicationVector', case when 'values' = any (c.signals)
            then coalesce(p.communication_vector, q.communication_vector)::text::jsonb end,
        'lifeGoalsVector', case when 'values' = any (c.signals)
            then coalesce(p.life_goals_vector, q.life_goals_vector)::text::jsonb end,
        'readiness', case when 'values' = any (c.signals)
            then coalesce(p.emotional_readiness_score, q.readiness) end,
        'chart', case when 'birthData' = any (c.signals) and b.engine_version = pool_values.chart_version
            then b.packed end,
        'profileVector', case when 'values' = any (c.signals) then f.feature_vector::text::jsonb end,
        'interests', coalesce((select jsonb_object_agg(i.interest, i.weight) from public.user_interest_index i
            where i.user_id = p.user_id), '{}'),
        'industry', w.industry, 'wantedIndustries', coalesce(m.industries, '{}'),
        'jobLevel', w.job_level, 'wantedLevels', coalesce(m.job_levels, '{}'),
        'companySize', w.company_size, 'wantedSizes', coalesce(m.company_sizes, '{}'),
        'goals', coalesce(m.networking_goals, '{}'),
        'activity', case when 'values' = any (c.signals) then f.activity_score end)
    from (values (pool_values.member)) asked (id)
    left join public.connect_profiles p on p.user_id = asked.id
    left join public.users u on u.id = p.user_id
    left join lateral (select k.signals from public.consents k
        where k.user_id = p.user_id order by k.id desc limit 1) c on true
    left join public.matching_preferences m on m.user_id = p.user_id
    left join public.work_profiles w on w.user_id = p.user_id
    left join public.user_features f on f.user_id = p.user_id
    left join public.user_quiz_vectors q on q.user_id = p.user_id
    left join public.birth_charts b on b.user_id = p.user_id
$$;
comment on function private.pool_values(uuid, text) is
    'What the engine reads of a member, by the name of its column, switches honoured. A new column is a line here; the '
    'engine asks for it by name.';

create or replace function private.pool_columns() returns text[]
language sql stable set search_path = ''
return array(select jsonb_object_keys(private.pool_values(null, null)))
    || '{capacity,waitingSince,price,stands,number}'::text[];
comment on function private.pool_columns() is
    'Names of what private.pool_row() holds, in its order.';

create or replace function private.packed_reals(numbers jsonb) returns text
language sql immutable set search_path = ''
return (select translate(encode(string_agg(float4send(x.number::real), '' order by x.place), 'base64'), E'\n', '')
    from jsonb_array_elements_text(nullif(numbers, 'null')) with ordinality x (number, place));
comment on function private.packed_reals(jsonb) is
    'Numbers in four bytes each, the highest first, as base64; null for null.';

create or replace function private.packed_integers(numbers jsonb) returns text
language sql immutable set search_path = ''
return (select translate(encode(string_agg(int4send(x.number::integer), '' order by x.place), 'base64'), E'\n', '')
    from jsonb_array_elements_text(nullif(numbers, 'null')) with ordinality x (number, place));
comment on function private.packed_integers(jsonb) is
    'Whole numbers in four bytes each, the highest first, as base64; null for null.';

create or replace function private.pool_input(named jsonb) returns jsonb
language sql immutable set search_path = ''
return jsonb_path_query_array(named || jsonb_build_object(
    'valuesVector', private.packed_reals(named -> 'valuesVector'),
    'communicationVector', private.packed_reals(named -> 'communicationVector'),
    'lifeGoalsVector', private.packed_reals(named -> 'lifeGoalsVector'),
    'profileVector', private.packed_reals(named -> 'profileVector'),
    'chart', private.packed_integers(named -> 'chart')), '$.*');
comment on function private.pool_input(jsonb) is
    'What private.pool_values() says of a member, kept without names, in the order of private.pool_columns(): jsonb '
    'orders the same names in one way. Vectors and charts are packed.';

create or replace function private.pool_row(
    input jsonb, capacity integer, waiting_since timestamptz, price real, stands boolean, number integer
) returns jsonb
language sql immutable set search_path = ''
return input || jsonb_build_array(capacity, floor(extract(epoch from waiting_since))::bigint, price, stands, number);
comment on function private.pool_row(jsonb, integer, timestamptz, real, boolean, integer) is
    'A member as a pool holds them: what is kept of them (private.pool_input()), and what changes from run to run.';

create or replace function private.pool_shape() returns text
language sql stable set search_path = ''
return md5(array_to_string(private.pool_columns(), ',') || (
    select string_agg(p.prosrc, '' order by p.proname) from pg_catalog.pg_proc p
    where p.pronamespace = 'private'::regnamespace
      and p.proname in ('pool_values', 'allowed_traits', 'employer_name', 'gender_bits', 'pool_input',
        'ready')) || coalesce((
    -- As it lies in Vault: another key is another text, and employers get other numbers.
    select s.secret from vault.decrypted_secrets s where s.name = 'connect_erasure_key'), ''));
comment on function private.pool_shape() is
    'Changes with the columns of the pool, with how they are read, and with the erasure key, under which employers are '
    'compared: rows kept by an earlier one are not taken for current.';

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
    return array[cos(radians(latitude)) * cos(radians(longitude)), cos(radians(latitude)) * sin(radians(longitude)),
        sin(radians(latitude))];
end $$;
comment on function private.cell_place(text) is
    'Centre of a cell as a unit vector from the centre of the earth; null for what is no cell. As '
    'shared/engine/features/places.py.';

create or replace function private.area(place double precision[], tz text) returns integer
language sql immutable set search_path = ''
return case when place is null then -1 - (hashtext(tz) & 1048575)
    else floor((degrees(asin(place[3])) + 90) / 5)::integer * 72
        + floor((degrees(atan2(place[2], place[1])) + 180) / 5)::integer % 72 end;
comment on function private.area(double precision[], text) is
    'The square of five degrees around a place; without one a number below zero for the time zone.';

create or replace function private.areas_within(
    place double precision[], reach double precision, tz text
) returns integer[]
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
        from generate_series(floor((latitude - angle + 90) / 5)::integer,
            floor((latitude + angle + 90) / 5)::integer) y,
            generate_series(floor((longitude - wide + 180) / 5)::integer,
                floor((longitude + wide + 180) / 5)::integer) x)
        || private.area(null, tz);
end $$;
comment on function private.areas_within(double precision[], double precision, text) is
    'Areas in which anybody within reach of a place lives, and that of who has no cell in the same time zone; null '
    'where these are too many to name.';

create or replace function private.gender_bits(words jsonb) returns integer
language plpgsql stable set search_path = '' as $$
begin
    if words = '[]' then return -1; end if;
    return coalesce((select bit_or(g.bit) from public.genders g where words ? g.word), 0);
end $$;
comment on function private.gender_bits(jsonb) is
    'A list of genders as one set of bits; -1, all of them, for an empty one.';

create or replace function private.ready(input jsonb, chart_version text) returns private.pool_members
language plpgsql volatile set search_path = '' as $$
declare
    m private.pool_members;
    traits text[] := enum_range(null::public.trait)::text[];
    nowhere constant text := array_fill(0, array[16])::extensions.vector::text;
begin
    m.user_id := input ->> 'id';
    m.revision := input -> 'revision';
    m.chart_version := ready.chart_version;
    m.shape := private.pool_shape();
    m.birth_date := input ->> 'birthDate';
    m.modes := case input ->> 'mode' when 'romantic' then 1 when 'friendship' then 2 when 'both' then 3 else 4 end;
    m.gender := private.gender_bits(jsonb_build_array(input -> 'gender'));
    m.wanted_genders := case when m.modes & 5 <> 0 then private.gender_bits(input -> 'preferredGenders') else 0 end;
    m.friendship_genders := case when m.modes & 2 <> 0
        then private.gender_bits(coalesce(nullif(input -> 'friendshipGenders', 'null'), input -> 'preferredGenders'))
        else 0 end;
    -- Nobody below the adult age is in anybody's window, whatever a profile says.
    m.min_age := greatest((input -> 'minAge')::integer, 18);
    m.max_age := input -> 'maxAge';
    -- least() passes over nulls, and any distance is to stay null: whoever has no cell would be kept to a time zone.
    m.reach := case when input -> 'distanceKm' <> 'null'
        then 4 * sin(least((input ->> 'distanceKm')::double precision / (2 * 6371.0088), pi() / 2)) ^ 2 end;
    m.languages := array(select jsonb_array_elements_text(input -> 'languages'));
    m.wanted_languages := array(select jsonb_array_elements_text(input -> 'languagePref'));
    m.place := private.cell_place(input ->> 'homeCell');
    m.tz := input ->> 'tz';
    m.area := private.area(m.place, m.tz);
    m.traits := coalesce((select bit_or(1 << array_position(traits, t))
        from jsonb_array_elements_text(input -> 'traits') t), 0);
    m.deal_breakers := coalesce((select bit_or(1 << array_position(traits, t))
        from jsonb_array_elements_text(input -> 'dealBreakers') t), 0);
    m.direction := case
        when m.modes = 4 then nullif(input -> 'profileVector', 'null')::text::extensions.vector(16)
            operator(extensions.||) array_fill(0, array[32])::extensions.vector(32)
        -- A signal that a member lacks turns their direction nowhere.
        when 'null' <> any (array[input -> 'valuesVector', input -> 'communicationVector', input -> 'lifeGoalsVector'])
            then coalesce(nullif(input -> 'valuesVector', 'null')::text, nowhere)::extensions.vector(16)
                operator(extensions.||) coalesce(nullif(input -> 'communicationVector', 'null')::text, nowhere)
                    ::extensions.vector(16)
                operator(extensions.||) coalesce(nullif(input -> 'lifeGoalsVector', 'null')::text, nowhere)
                    ::extensions.vector(16)
    end;
    m.input := private.pool_input(input);
    -- Used where the member has no row yet: a number stays with its row.
    m.number := nextval('private.pool_numbers');
    return m;
end $$;
comment on function private.ready(jsonb, text) is 'A member''s row for the search, from private.pool_values().';

create or replace function private.can_be_matched(p public.connect_profiles) returns boolean
language plpgsql stable set search_path = '' as $$
begin
    return private.is_searching(p) and exists (select from public.users u
        where u.id = p.user_id and num_nulls(u.birth_date, u.gender, u.lang_primary, u.tz) = 0);
end $$;
comment on function private.can_be_matched(public.connect_profiles) is
    'Searching, and has told what every match needs.';

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

create or replace function private.refresh_pool_members(
    members uuid[], chart_version text, others_too boolean default true
) returns integer
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
    cross join lateral private.pool_values(s.user_id, refresh_pool_members.chart_version) n
    -- A change too many of today waits: until the night the member is as they were.
    left join private.held_questions h on h.user_id = s.user_id
    cross join lateral private.ready(n || coalesce(h.held, '{}'), refresh_pool_members.chart_version) r
    on conflict (user_id) do update set
        enough = null, revision = excluded.revision, chart_version = excluded.chart_version, shape = excluded.shape,
        modes = excluded.modes,
        gender = excluded.gender, wanted_genders = excluded.wanted_genders,
        friendship_genders = excluded.friendship_genders, birth_date = excluded.birth_date,
        min_age = excluded.min_age, max_age = excluded.max_age, tz = excluded.tz, area = excluded.area,
        place = excluded.place, reach = excluded.reach, languages = excluded.languages,
        wanted_languages = excluded.wanted_languages, traits = excluded.traits, deal_breakers = excluded.deal_breakers,
        direction = excluded.direction, input = excluded.input;
    get diagnostics made = row_count;
    return made;
end $$;
comment on function private.refresh_pool_members(uuid[], text, boolean) is
    'Makes the rows of these members anew where they are not current, with others_too those of everybody who changed, '
    'and removes those of who does not search. Returns how many were made.';

create or replace view private.proposals_made with (security_invoker = true) as
    select m.user_a as user_id, m.created_at as at, 1 as proposals, least(m.ends_at, m.left_a_at) as ended_at
    from public.matches m where m.user_a is not null
    union all
    select m.user_b, m.created_at, 1, least(m.ends_at, m.left_b_at) from public.matches m where m.user_b is not null
    union all
    select r.user_id, r.proposed_at, r.proposals, null from private.returned_proposals r;
comment on view private.proposals_made is
    'Proposals made to accounts; those before an erasure included while they count.';
comment on column private.proposals_made.user_id is 'The member.';
comment on column private.proposals_made.at is 'When.';
comment on column private.proposals_made.proposals is 'How many.';
comment on column private.proposals_made.ended_at is
    'When they ended for this member; null for those before an erasure.';

create or replace function private.capacity(free integer, enough boolean) returns integer
language sql immutable set search_path = ''
return case when enough then free else least(free, 0) end;
comment on function private.capacity(integer, boolean) is
    'Proposals that somebody with so many free places is dealt: none where too few people fit, or nobody has counted.';

create or replace function private.capacities(members uuid[], event_id uuid default null)
returns table (user_id uuid, free integer, enough boolean, capacity integer, waiting_since timestamptz)
language sql stable set search_path = ''
set enable_seqscan = off set enable_nestloop = on set plan_cache_mode = force_generic_plan set jit = off as $$
    select u.id, f.free, f.enough, private.capacity(f.free, f.enough), greatest(p.created_at, l.proposed_at)
    from unnest(members) as m (id)
    join public.users u on u.id = m.id
    join public.connect_profiles p on p.user_id = u.id
    cross join public.settings s
    cross join lateral (
        select max(t.at) as proposed_at, count(*) filter (where t.ended_at > now()) as live,
            coalesce(sum(t.proposals) filter (where t.at > now() - s.proposal_lifetime), 0) as made
        from private.proposals_made t where t.user_id = u.id) l
    cross join lateral (
        select least(
            -- Who met somebody before an erasure is no newcomer when they come back.
            case when u.created_at > now() - s.newcomer_period
                    and not exists (select from private.returned_members r where r.user_id = u.id)
                then greatest(s.newcomer_match_cap, s.live_match_cap) else s.live_match_cap end - l.live,
            s.proposals_per_lifetime - l.made)::integer as free,
            case when capacities.event_id is null
                then (select x.enough from private.pool_members x where x.user_id = u.id)
                else (select x.enough_at = p.revision from public.event_members x
                    where x.event_id = capacities.event_id and x.user_id = u.id) end as enough) f
$$;
comment on function private.capacities(uuid[], uuid) is
    'Proposals each may still take (one''s own exit frees a live match at once, the other side''s stays taken until '
    'expires_at; at most settings.proposals_per_lifetime in any proposal_lifetime), and since when they wait. capacity '
    'is none for whom too few people fitted when they were last counted.';
