-- The search for one member's candidates, and whether enough people fit what they look for. Service only. Plans are
-- left to no statistics here: see pools.sql.

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
comment on function private.kept_apart(uuid) is
    'Whom the member blocked, who blocked them, and whom they met before an erasure.';

create or replace function private.questions(members uuid[]) returns table (
    user_id uuid, modes smallint, gender integer, wanted_genders integer, friendship_genders integer, genders integer[],
    age integer, born_after date, born_until date,
    languages text[], wanted_languages text[], traits bigint, deal_breakers bigint,
    place double precision[], reach double precision, tz text, areas integer[], direction extensions.vector)
language sql stable set search_path = ''
set enable_seqscan = off set enable_nestloop = on set plan_cache_mode = force_generic_plan set jit = off as $$
    select m.user_id, m.modes, m.gender, m.wanted_genders, m.friendship_genders,
        array(select g.bit from public.genders g where g.bit & (m.wanted_genders | m.friendship_genders) <> 0),
        extract(year from age(t.today, m.birth_date))::integer,
        (t.today - make_interval(years => m.max_age + 1, days => 1))::date,
        (t.today - make_interval(years => m.min_age::integer))::date,
        m.languages, m.wanted_languages, m.traits, m.deal_breakers, m.place, m.reach, m.tz,
        case when m.reach is not null and m.place is not null then private.areas_within(m.place, m.reach, m.tz) end,
            m.direction
    from private.pool_members m cross join (select (now() at time zone 'UTC')::date as today) t
    where m.user_id = any (members)
$$;
comment on function private.questions(uuid[]) is 'What these members look for, as the searches below compare it.';

create or replace function private.fitting(event_id uuid, conditions text) returns text
language sql immutable set search_path = ''
return (select case
    when fitting.event_id is not null then 'select c.* from public.event_members e
        join private.pool_members c on c.user_id = e.user_id where e.event_id = $2 and ' || w.rule
    -- Who names a distance is looked for among the squares within it, everybody else by gender and age.
    else 'select c.* from private.pool_members c where a.areas is not null and c.area = any (a.areas) and ' || w.rule
        || '
        union all select c.* from private.pool_members c where a.areas is null and ' || w.rule end
    -- Written out and put into each of the searches: a function of its own would be called for every row.
    from (select $rule$
        c.gender = any (a.genders) and c.birth_date > a.born_after and c.birth_date <= a.born_until
        and c.modes & a.modes <> 0 and c.user_id <> a.user_id
        and (a.wanted_languages = '{}' or c.languages && a.wanted_languages)
        and $rule$ || conditions || $rule$
        and exists (select from public.connect_profiles p where p.user_id = c.user_id and p.revision = c.revision
            and (p.is_active or p.paused_until <= now()) and p.consent_lapsed_at is null
            and p.absent_since is null)$rule$ as rule) w);
comment on function private.fitting(uuid, text) is
    'A query for who in a pool fits the question a (private.questions()), distance apart, and more conditions on c. $2 '
    'is the event.';

create or replace function private.near(reach text) returns text
language sql immutable set search_path = ''
return replace($rule$(%reach is null
    or case when c.place is null or a.place is null then c.tz = a.tz
        else (c.place[1] - a.place[1]) ^ 2 + (c.place[2] - a.place[2]) ^ 2 + (c.place[3] - a.place[3]) ^ 2
            <= %reach * 1.000001 + 1e-12 end)$rule$, '%reach', reach);
comment on function private.near(text) is
    'The condition that c is within a reach of a, written as an expression; without both cells in the same zone.';

create or replace function private.candidates_of(members uuid[], event_id uuid, most integer)
returns table (user_id uuid, candidates uuid[])
language plpgsql stable set search_path = '' as $$
begin
    return query execute $query$
        with asking as materialized (
            select q.*, private.kept_apart(q.user_id) as apart from private.questions($1) q
        )
        select a.user_id, array(
            select f.user_id from ($query$ || private.fitting(candidates_of.event_id, $rule$
                c.min_age <= a.age and c.max_age >= a.age
                -- Romance or work, or else friendship: who does not look for one of them wants nobody for it.
                and (c.wanted_genders & a.gender <> 0 and a.wanted_genders & c.gender <> 0
                    or c.friendship_genders & a.gender <> 0 and a.friendship_genders & c.gender <> 0)
                and c.user_id <> all (a.apart)
                and (c.wanted_languages = '{}' or c.wanted_languages && a.languages)
                and c.traits & a.deal_breakers = 0 and c.deal_breakers & a.traits = 0 and $rule$
                || private.near('least(c.reach, a.reach)')) || $query$) f
            -- Who has no vectors stands in an order of their own for each member, not in that of ids.
            order by f.direction operator(extensions.<=>) a.direction nulls last,
            hashtext(f.user_id::text || a.user_id::text)
            limit $3)
        from asking a$query$
    using members, candidates_of.event_id, most;
end $$;
comment on function private.candidates_of(uuid[], uuid, integer) is
    'Whom each of these members may meet in a pool, those they met before included: mutual filters by index first, '
    'then nearest vectors. At most so many each. Whoever is here is asked every rule again by the engine; here it '
    'counts that nobody eligible is left out.';

create or replace function private.stands(member uuid, older_than timestamptz, identified boolean) returns boolean
language sql stable set search_path = ''
set enable_seqscan = off set enable_nestloop = on set plan_cache_mode = force_generic_plan set jit = off
return exists (
    -- The Auth server dates every account; without a date it was put there by the operator.
    select from auth.users u where u.id = member and coalesce(u.created_at <= older_than, true)
      and (not identified or exists (select from private.stable_identifiers i where i.user_id = member))
      -- One person with several accounts in the pool counts by the oldest.
      and not exists (
        select from private.stable_identifiers i
        join private.stable_identifiers o on o.hash = i.hash and o.user_id <> member
        join private.pool_members m on m.user_id = o.user_id
        join auth.users x on x.id = o.user_id
        where i.user_id = member and (x.created_at, x.id) < (u.created_at, member)));
comment on function private.stands(uuid, timestamptz, boolean) is
    'Whether an account counts among people who fit: made by a time, with an identifier where that is asked, and the '
    'oldest account with its identifier.';

create or replace function private.standing_until() returns timestamptz
language sql stable set search_path = ''
return (select case when exists (
        select from public.connect_profiles p where p.created_at <= now() - s.standing_after)
    -- In a community's first hours everybody is new.
    then now() - s.standing_after else 'infinity' end from public.settings s);
comment on function private.standing_until() is 'Accounts made by then count among people who fit.';

create or replace function private.wishes(modes integer, wanted_genders integer, friendship_genders integer)
returns table (modes integer, genders integer)
language sql immutable set search_path = '' as $$
    select bit_or(w.modes), w.genders
    from (values (wishes.modes & 5, wishes.wanted_genders), (wishes.modes & 2, wishes.friendship_genders))
        w (modes, genders)
    where w.modes <> 0 group by w.genders
$$;
comment on function private.wishes(integer, integer, integer) is
    'Whom somebody asks for: once, or where they want to meet others as friends than for romance, once for each.';

create or replace function private.fits(members uuid[], event_id uuid) returns table (user_id uuid, enough boolean)
language plpgsql stable set search_path = ''
set enable_seqscan = off set enable_nestloop = on set plan_cache_mode = force_generic_plan set jit = off as $$
declare
    rules public.settings;
    made_by timestamptz := private.standing_until();
begin
    select * into strict rules from public.settings;
    -- At a door somebody may know the guests.
    if exists (select from public.events e where e.id = fits.event_id and e.guests_vouched) then
        made_by := 'infinity';
    end if;
    return query execute $query$
        with asking as materialized (select q.* from private.questions($1) q)
        select a.user_id, bool_and($3 <= (select count(*) from ($query$
            || private.fitting(fits.event_id, 'c.modes & w.modes <> 0 and c.gender & w.genders <> 0 and '
                || private.near('a.reach') || ' and private.stands(c.user_id, $4, $5)') || $query$ limit $3) f))
        from asking a cross join lateral private.wishes(a.modes, a.wanted_genders, a.friendship_genders) w
        group by a.user_id$query$
    using members, fits.event_id, case when fits.event_id is null then rules.min_fit else rules.event_min_fit end,
        made_by, rules.identifiers_required;
end $$;
comment on function private.fits(uuid[], uuid) is
    'Whether enough standing people of a pool fit what each of these members looks for (mode, distance, ages, genders, '
    'languages), whether or not these would have them, and met, blocked or full. Who asks for others as friends than '
    'for romance asks twice, and each needs enough: a proposal tells which it answers. Counts no further than it must.';

create or replace function private.note_fits(members uuid[], event_id uuid) returns void
language plpgsql volatile set search_path = '' as $$
begin
    if note_fits.event_id is null then
        -- In one order, as whoever makes these rows anew.
        perform from private.pool_members m where m.user_id = any (members) order by m.user_id for update;
        update private.pool_members m set enough = f.enough from private.fits(members, null) f
        where m.user_id = f.user_id and m.enough is distinct from f.enough;
    else
        update public.event_members x set enough_at = case when f.enough then m.revision end
        from private.fits(members, note_fits.event_id) f join private.pool_members m on m.user_id = f.user_id
        where x.event_id = note_fits.event_id and x.user_id = f.user_id
          and x.enough_at is distinct from case when f.enough then m.revision end;
    end if;
end $$;
comment on function private.note_fits(uuid[], uuid) is
    'Keeps for whom enough people fit: a member for whom too few do is proposed to nobody.';

create or replace function private.price(member uuid, before bigint default null) returns real
language sql stable set search_path = ''
set enable_seqscan = off set enable_nestloop = on set plan_cache_mode = force_generic_plan set jit = off
return (select x.price from private.prices x where x.user_id = member and (before is null or x.set_by < before)
    order by x.set_by desc limit 1);
comment on function private.price(uuid, bigint) is 'What the market asks for a member, or asked before a run.';

create or replace function private.extend_leases(claims jsonb, out members uuid[], out event_id uuid, out pools bigint)
language plpgsql volatile set search_path = '' as $$
begin
    with kept as (
        update private.matchmaking_leases l set leased_until = clock_timestamp() + s.matchmaking_lease
        from jsonb_to_recordset(claims) as c (id bigint, attempt integer), public.settings s
        where l.queue_id = c.id and l.attempt = c.attempt
        returning l.queue_id
    )
    select array_agg(q.user_id order by q.user_id), (array_agg(q.event_id))[1], count(distinct q.pool)
    into members, event_id, pools from kept k join public.matchmaking_queue q on q.id = k.queue_id;
end $$;
comment on function private.extend_leases(jsonb) is
    'The claimed members whom the worker still holds, for another lease: who, in which pool, and in how many pools.';

create or replace function public.load_candidates(claims jsonb, chart_version text) returns json
language plpgsql volatile security definer set search_path = '' set statement_timeout = '45s' set jit = off as $$
declare
    held record;
    members uuid[];
    event uuid;
    most integer;
    answer json;
begin
    perform private.name_request();
    -- Before anything is locked: it may wait for members who are changing right now.
    perform private.refresh_pool_members(array(select q.user_id from public.matchmaking_queue q
        where q.id in (select c.id from jsonb_to_recordset(claims) as c (id bigint))), load_candidates.chart_version);
    held := private.extend_leases(claims);
    if held.pools > 1 then
        raise exception using errcode = 'PT422', message = 'invalid_body',
            detail = 'claims: members of one pool at a time.';
    end if;
    members := coalesce(held.members, '{}');
    event := held.event_id;
    most := (select s.matchmaking_candidates from public.settings s);

    with asking as materialized (
        select c.user_id, c.candidates, private.met(c.user_id) as met, private.kept_apart(c.user_id) as apart
        from private.candidates_of(members, event, most) c
    ),
    them as materialized (
        select x.id, row_number() over (order by x.id) - 1 as place
        from (select a.user_id as id from asking a union select unnest(a.candidates) from asking a) x
    ),
    fit as materialized (select f.user_id, f.enough from private.fits(members, event) f),
    rows as (
        select t.place, private.pool_row(m.input, private.capacity(s.free, coalesce(f.enough, s.enough)),
            s.waiting_since, private.price(t.id), true, m.number) as row
        from them t join private.pool_members m on m.user_id = t.id
        join private.capacities(array(select id from them), event) s on s.user_id = t.id
        left join fit f on f.user_id = t.id
    )
    select json_build_object(
        'now', private.iso(clock_timestamp()), 'settings', private.rules(),
        'scale', (select (j.metadata #>> '{manifest,marketScale}')::double precision from public.job_runs j
            where j.name = 'nightly' and j.status = 'succeeded'
              and j.metadata #> '{manifest,marketScale}' is not null
            order by j.sequence desc limit 1),
        'pool', json_build_object(
            'members', json_build_object('columns', private.pool_columns(), 'rows',
                coalesce((select json_agg(r.row order by r.place) from rows r), '[]')),
            'excluded', coalesce((select json_agg(json_build_array(x.place, y.place) order by x.place, y.place)
                from asking a join them x on x.id = a.user_id join them y on y.id = any (a.apart)), '[]')),
        'asking', coalesce((select json_agg(json_build_object('place', x.place,
                'met', coalesce((select json_agg(y.place order by y.place) from them y where y.id = any (a.met)), '[]'))
                    order by x.place)
            from asking a join them x on x.id = a.user_id), '[]'))
    into answer;
    return answer;
end $$;
comment on function public.load_candidates(jsonb, text) is
    'What the engine needs to match the claimed members of one pool: them and everybody they may meet, who must stay '
    'apart, and whom they met. Claims that were lost are left out. Service only.';
revoke all on function public.load_candidates(jsonb, text) from public, anon, authenticated, service_role;
grant execute on function public.load_candidates(jsonb, text) to service_role;
select private.declare_call('load_candidates');
