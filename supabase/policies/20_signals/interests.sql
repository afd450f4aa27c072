-- Interests: members choose from the catalogue, and matching reads user_interest_index.
--
--   catalogue ─▶ subjects, interests (with weights) ─┐
--   PUT /connect/interests ─▶ member_interests ──────┴─▶ user_interest_index ─▶ pool
--
-- One function writes the index: private.index_interests(). put_interests() calls it where the change takes effect at
-- once, in the same transaction. The job interests calls it for everybody, as a step of the night. So a change that has
-- to wait for the night needs no mark: until then the index is what it was.
--
-- The export shows member_interests, which are the member's own words.

select private.declare_table('subjects', about_nobody => 'the catalogue, the same for everybody');
select private.declare_table('interests', about_nobody => 'the catalogue, the same for everybody');
select private.declare_table('member_interests', owner => 'user_id', export => 'interests',
    shown => '{interests,updated_at}', free_text => '{interests}');
select private.declare_table('user_interest_index', owner => 'user_id',
    withheld => 'your interests again, with weights that follow from what all members chose',
    free_text => '{interest}');
select private.declare_job('interests');

revoke all on public.subjects, public.interests, public.member_interests, public.user_interest_index
    from public, anon, authenticated, service_role;
grant select on public.subjects, public.interests, public.member_interests, public.user_interest_index to service_role;
alter table public.subjects enable row level security;
alter table public.interests enable row level security;
alter table public.member_interests enable row level security;
alter table public.user_interest_index enable row level security;

create or replace function private.bring_catalogue_up() returns integer
language plpgsql volatile set search_path = '' as $$
declare
    changed integer;
begin
    insert into public.subjects as s (slug, names, place)
    select c.slug, c.names, c.place from private.interest_catalogue() c where c.subject is null
    except select s.slug, s.names, s.place from public.subjects s
    on conflict (slug) do update set names = excluded.names, place = excluded.place;
    with put as (
        insert into public.interests as i (slug, subject, names, place, retired)
        select c.slug, c.subject, c.names, c.place, false from private.interest_catalogue() c
        where c.subject is not null
        except select i.slug, i.subject, i.names, i.place, i.retired from public.interests i
        on conflict (slug) do update set subject = excluded.subject, names = excluded.names, place = excluded.place,
            retired = false
        returning 1
    ),
    gone as (
        update public.interests i set retired = true where not i.retired
            and i.slug not in (select c.slug from private.interest_catalogue() c where c.subject is not null)
        returning 1
    )
    select (select count(*) from put) + (select count(*) from gone) into changed;
    return changed;
end $$;
comment on function private.bring_catalogue_up() is
    'Brings subjects and interests up to the catalogue. What left it is retired, and a slug keeps whoever chose it. '
    'Returns how many interests are new, changed or retired.';
select private.bring_catalogue_up();

create or replace function private.interest_weight(holders bigint, members bigint) returns smallint
language sql immutable set search_path = ''
return (1 + (8 * (holders + 10) <= members + 20)::integer + (32 * (holders + 10) <= members + 20)::integer
    + (128 * (holders + 10) <= members + 20)::integer)::smallint;
comment on function private.interest_weight(bigint, bigint) is
    'What an interest weighs that so many of all members with interests chose: the logarithm of its inverse share, in '
    'four steps. Ten more holders, as if half of twenty members had it, keep a few holders from being told apart. As '
    'shared/engine/population.py.';

create or replace function private.index_interests(members uuid[]) returns uuid[]
language plpgsql volatile set search_path = '' set jit = off as $$
declare
    changed uuid[];
begin
    with wanted as materialized (
        select m.user_id, i.subject, i.slug, i.weight
        from public.member_interests m cross join unnest(m.interests) x (slug)
        join public.interests i on i.slug = x.slug
        where m.user_id = any (members)
    ),
    gone as (
        delete from public.user_interest_index k where k.user_id = any (members) and not exists (
            select from wanted w where w.user_id = k.user_id and w.slug = k.interest)
        returning k.user_id
    ),
    put as (
        insert into public.user_interest_index as k (user_id, subject, interest, weight)
        select w.* from wanted w
        except select k.* from public.user_interest_index k where k.user_id = any (members)
        on conflict (user_id, interest) do update set subject = excluded.subject, weight = excluded.weight
        returning k.user_id
    )
    select array_agg(distinct c.user_id) into changed from (select * from gone union all select * from put) c;
    -- A new revision: what was computed from the former interests is not stored any more.
    perform from public.connect_profiles p where p.user_id = any (changed) order by p.user_id for no key update;
    update public.connect_profiles p set updated_at = now() where p.user_id = any (changed);
    return coalesce(changed, '{}');
end $$;
comment on function private.index_interests(uuid[]) is
    'Makes what matching reads of these members'' interests anew, where it is not current: the one writer of '
    'user_interest_index. Returns whose rows changed. Take the members'' locks before.';

create or replace function public.get_interests() returns jsonb
language plpgsql volatile security definer set search_path = '' as $$
declare
    caller private.admission := private.admit('read');
begin
    if caller.refusal is not null then return caller.refusal; end if;
    return (
        with me as (
            select coalesce((select u.lang_primary from public.users u where u.id = caller.member), 'en') as language,
                coalesce((select m.interests from public.member_interests m where m.user_id = caller.member), '{}')
                    as chosen
        ),
        shown as (
            select i.subject, jsonb_agg(jsonb_build_object('id', i.slug, 'name',
                coalesce(i.names ->> me.language, i.names ->> 'en'), 'mine', i.slug = any (me.chosen))
                order by i.place) as interests
            from public.interests i cross join me
            where not i.retired or i.slug = any (me.chosen) group by i.subject
        )
        select jsonb_build_object('subjects', coalesce(jsonb_agg(jsonb_build_object('id', s.slug, 'name',
            coalesce(s.names ->> me.language, s.names ->> 'en'), 'interests', h.interests) order by s.place), '[]'))
        from public.subjects s join shown h on h.subject = s.slug cross join me);
end $$;
comment on function public.get_interests() is
    'GET /connect/interests: the catalogue in the caller''s language, and what they chose from it.';
revoke all on function public.get_interests() from public, anon, authenticated, service_role;
grant execute on function public.get_interests() to authenticated;
select private.declare_call('get_interests');

create or replace function public.put_interests(interests text[]) returns jsonb
language plpgsql volatile security definer set search_path = '' as $$
declare
    caller private.admission := private.admit('write');
    chosen text[] := array(select distinct x from unnest(put_interests.interests) x order by x);
    before public.member_interests;
    unknown text;
begin
    if caller.refusal is not null then return caller.refusal; end if;
    if put_interests.interests is null or array_position(chosen, null) is not null or cardinality(chosen) > 50 then
        return private.refuse('invalid_body', 'interests: up to 50 ids.');
    end if;
    -- A retired interest stays with the members who have it.
    unknown := (select string_agg(left(x, 40), ', ' order by x) from unnest(chosen) x where not exists (
        select from public.interests i where i.slug = x and (not i.retired or exists (
            select from public.member_interests m where m.user_id = caller.member and x = any (m.interests)))));
    if unknown is not null then
        return private.refuse('invalid_body', format('interests: there is no interest called %s.', unknown));
    end if;
    perform private.share_pool_lock();
    perform private.ensure_user(caller.member);
    select * into before from public.member_interests m where m.user_id = caller.member;
    if before.interests is distinct from chosen then
        insert into public.member_interests as m (user_id, interests) values (caller.member, chosen)
        on conflict (user_id) do update set interests = excluded.interests, updated_at = now();
        -- The first choice is free, and so is all that is said before there is anything to match.
        if (before.user_id is null
                or not exists (select from public.connect_profiles p where p.user_id = caller.member)
                or private.count_own_change(caller.member))
            and private.index_interests(array[caller.member]) <> '{}'
        then
            perform private.ask_for_matches(caller.member, 2, 'changed');
        end if;
    end if;
    return jsonb_build_object('interests', to_jsonb(chosen));
end $$;
comment on function public.put_interests(text[]) is
    'PUT /connect/interests: replaces what the caller chose. Unknown ids are refused by name. The change takes effect '
    'at once, or at night where the caller has changed too much today.';
revoke all on function public.put_interests(text[]) from public, anon, authenticated, service_role;
grant execute on function public.put_interests(text[]) to authenticated;
select private.declare_call('put_interests', replayable => true);

create or replace function public.weigh_interests() returns jsonb
language plpgsql volatile security definer set search_path = '' set statement_timeout = '45s' set jit = off as $$
declare
    catalogued integer;
    weighed integer;
begin
    perform private.name_request();
    catalogued := private.bring_catalogue_up();
    with held as (
        select x.slug, count(*) as holders from public.member_interests m cross join unnest(m.interests) x (slug)
        group by x.slug
    ),
    due as (
        select i.slug, private.interest_weight(coalesce(h.holders, 0),
            (select count(*) from public.member_interests m where m.interests <> '{}')) as weight
        from public.interests i left join held h on h.slug = i.slug
    ),
    put as (
        update public.interests i set weight = d.weight from due d where d.slug = i.slug and d.weight <> i.weight
        returning 1
    )
    select count(*) into weighed from put;
    return jsonb_build_object('catalogued', catalogued, 'weighed', weighed);
end $$;
comment on function public.weigh_interests() is
    'Brings the catalogue up to date and weighs each interest by how many members chose it. Returns how many interests '
    'changed, in either respect. Service only.';
revoke all on function public.weigh_interests() from public, anon, authenticated, service_role;
grant execute on function public.weigh_interests() to service_role;
select private.declare_call('weigh_interests');

create or replace function public.index_interests(most integer default 2000, beyond uuid default null) returns jsonb
language plpgsql volatile security definer set search_path = '' set statement_timeout = '45s' set jit = off as $$
declare
    page uuid[] := array(
        select m.user_id from public.member_interests m
        where index_interests.beyond is null or m.user_id > index_interests.beyond
        order by m.user_id limit least(greatest(index_interests.most, 1), 20000));
begin
    perform private.name_request();
    perform private.share_pool_lock();
    perform private.lock_members(page);
    return jsonb_build_object('looked', cardinality(page), 'indexed', cardinality(private.index_interests(page)),
        'next', case when cardinality(page) >= index_interests.most then page[cardinality(page)] end);
end $$;
comment on function public.index_interests(integer, uuid) is
    'Makes what matching reads of so many members'' interests anew, beyond an id, where it is not current. looked: how '
    'many it looked at; indexed: how many it changed; next: where the next page begins, null after the last. Service '
    'only.';
revoke all on function public.index_interests(integer, uuid) from public, anon, authenticated, service_role;
grant execute on function public.index_interests(integer, uuid) to service_role;
select private.declare_call('index_interests');
