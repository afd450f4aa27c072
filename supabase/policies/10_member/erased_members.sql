-- What is kept so that a block or a report outlives an erasure. No role reads any of it: functions compare keyed
-- hashes, and what follows is only ever that two people are not proposed to each other.

select private.declare_table('private.returned_members',
    withheld => 'that somebody was erased before keeps others safe, and would tell on them');
select private.declare_table('private.erased_pairs', withheld => 'whom an erased member must not meet again');
select private.declare_table('private.erased_sides', withheld => 'which side of a match was erased');
select private.declare_table('private.erased_members',
    about_nobody => 'people who are no members any more, under random ids');
select private.declare_table('private.erased_hashes',
    about_nobody => 'keyed hashes of people who are no members any more');
select private.declare_table('private.stable_identifiers', owner => 'user_id',
    withheld => 'hashes by which the operator knows an account again; without their key they say nothing',
    swept => true);

revoke all on private.erased_members, private.erased_hashes, private.erased_pairs, private.erased_sides,
    private.returned_members, private.stable_identifiers from public, anon, authenticated, service_role;

create or replace view private.apart with (security_invoker = true) as
    select k.blocker_id as one, k.blocked_id as other, k.created_at as since from public.blocks k
    where k.blocked_id is not null
    union all
    select r.user_id, p.other_user, r.returned_at
    from private.returned_members r
    join private.erased_pairs p on p.erased_id = r.erased_id and p.other_user <> r.user_id
    union all
    select r.user_id, o.user_id, greatest(r.returned_at, o.returned_at)
    from private.returned_members r
    join private.erased_pairs p on p.erased_id = r.erased_id
    join private.returned_members o on o.erased_id = p.other_erased_id and o.user_id <> r.user_id;
comment on view private.apart is
    'Members who must never meet, by a block, or because one of them was erased after they had met and came back. A '
    'pair may be there either way round.';
comment on column private.apart.one is 'One of them.';
comment on column private.apart.other is 'The other one.';
comment on column private.apart.since is 'Since when it is known.';

create or replace function private.erasure_hashes(words text) returns bytea[]
language plpgsql stable set search_path = '' as $$
declare
    earlier text := (select s.decrypted_secret from vault.decrypted_secrets s
        where s.name = 'connect_erasure_key_previous');
begin
    return array(
        select private.hmac_sha256(convert_to(k.key, 'UTF8'), convert_to(words, 'UTF8'))
        from unnest(array[private.secret('connect_erasure_key')] || string_to_array(nullif(earlier, ''), ','))
            with ordinality as k (key, place) order by k.place);
end $$;
comment on function private.erasure_hashes(text) is
    'Keyed hashes of some words: under the erasure key first, then under earlier ones. A missing key is a loud '
    'failure.';

create or replace function private.hashes_of(member uuid) returns bytea[]
language plpgsql stable set search_path = '' as $$
begin
    return private.erasure_hashes('member ' || member)
        || array(select i.hash from private.stable_identifiers i where i.user_id = member order by i.hash);
end $$;
comment on function private.hashes_of(uuid) is
    'By what a member is known again after an erasure: the first is that of their account under the key in force.';

create or replace function private.erased_before(member uuid) returns uuid[]
language plpgsql stable set search_path = '' as $$
declare
    hashes bytea[] := private.hashes_of(member);
begin
    return array(
        select h.erased_id from private.erased_hashes h where h.hash = any (hashes)
        union select r.erased_id from private.returned_members r where r.user_id = member);
end $$;
comment on function private.erased_before(uuid) is
    'The erased people a member was, as far as hashes tell; usually none, sometimes one.';

create or replace function private.recognise(member uuid) returns void
language plpgsql volatile set search_path = '' as $$
declare
    them uuid[];
begin
    with known as (
        insert into private.returned_members (user_id, erased_id)
        select member, t.id from unnest(private.erased_before(member)) t (id)
        on conflict do nothing returning erased_id
    )
    select array_agg(k.erased_id) into them from known k;
    if them is null then
        return;
    end if;
    update public.reports r set reported_id = member where r.reported_erased = any (them) and r.reported_id is null;
    -- Lists that were made before this was known.
    perform private.unlist(member, k.other) from (
        select a.other from private.apart a where a.one = member union select a.one from private.apart a
        where a.other = member order by 1) k;
end $$;
comment on function private.recognise(uuid) is
    'Links a member to the erased person they were, if hashes know one: reports about that one are about them, and '
    'pairs of that one are theirs.';

create or replace function private.member_arrived() returns trigger
language plpgsql security definer set search_path = '' as $$
begin
    if exists (select from private.erased_hashes) then
        perform private.recognise(a.id) from arrived a order by a.id;
    end if;
    perform private.give_back_limits(a.id) from arrived a order by a.id;
    return null;
end $$;
comment on function private.member_arrived() is
    'Whoever comes to Connect is looked for among those who were erased, and has used up what they had used up then.';
create or replace trigger member_arrived after insert on public.users
    referencing new table as arrived for each statement execute function private.member_arrived();

create or replace function private.erased_partner(match_id uuid, member uuid) returns uuid
language sql stable set search_path = '' as $$
    select s.erased_id from public.matches m
    join private.erased_sides s on s.match_id = m.id
        and s.side = (case when m.user_a = member then 'b' else 'a' end)::public.match_side
    where m.id = erased_partner.match_id and member in (m.user_a, m.user_b)
$$;
comment on function private.erased_partner(uuid, uuid) is
    'The erased person on the other side of a member''s match; null when nobody was erased there, or too long ago.';

create or replace function private.block_sticks() returns trigger
language plpgsql security definer set search_path = '' as $$
declare
    partner uuid := private.erased_partner(new.match_id, new.blocker_id);
begin
    if partner is not null then
        insert into private.erased_pairs as p (erased_id, other_user, blocked) values (partner, new.blocker_id, true)
        on conflict on constraint erased_pairs_once do update set blocked = true;
        perform private.unlist(new.blocker_id, r.user_id) from private.returned_members r where r.erased_id = partner;
    end if;
    return null;
end $$;
comment on function private.block_sticks() is 'Blocking a partner who has been erased holds when they return.';
create or replace trigger block_sticks after insert on public.blocks
    for each row when (new.blocked_id is null and new.match_id is not null) execute function private.block_sticks();

create or replace function private.report_sticks() returns trigger
language plpgsql security definer set search_path = '' as $$
begin
    new.reported_erased := private.erased_partner(new.match_id, new.reporter_id);
    new.reported_id := (select r.user_id from private.returned_members r
        where r.erased_id = new.reported_erased order by r.returned_at desc limit 1);
    return new;
end $$;
comment on function private.report_sticks() is
    'A report about a partner who has been erased is about them when they return, or have returned.';
create or replace trigger report_sticks before insert on public.reports
    for each row when (new.reported_id is null and new.match_id is not null) execute function private.report_sticks();

create or replace function public.set_stable_identifier(user_id uuid, identifier text) returns jsonb
language plpgsql volatile security definer set search_path = '' as $$
declare
    m public.matches;
begin
    if not exists (select from auth.users u where u.id = set_stable_identifier.user_id) then
        raise exception using errcode = 'PT404', message = 'not_found', detail = 'There is no such account.';
    elsif identifier = '' or char_length(identifier) > 1000 then
        raise exception using errcode = 'PT422', message = 'invalid_body',
            detail = 'identifier: 1 to 1,000 characters, or null to forget what was set.';
    end if;
    -- As for a block: the member, their profile, their matches, before lists.
    perform private.lock_member(set_stable_identifier.user_id);
    perform private.lock_profile(set_stable_identifier.user_id);
    if identifier is null then
        delete from private.stable_identifiers i where i.user_id = set_stable_identifier.user_id;
        return '{}'::jsonb;
    end if;
    insert into private.stable_identifiers (user_id, hash)
    select set_stable_identifier.user_id, h.hash
    from unnest(private.erasure_hashes('identifier ' || identifier)) h (hash)
    on conflict do nothing;
    if exists (select from public.users u where u.id = set_stable_identifier.user_id) then
        perform private.lock_matches(set_stable_identifier.user_id);
        perform private.recognise(set_stable_identifier.user_id);
        -- A match that a block would not have allowed ends as any does whose one side leaves.
        for m in
            select x.* from public.matches x
            where set_stable_identifier.user_id in (x.user_a, x.user_b) and x.ends_at > now() and exists (
                select from private.returned_members r join private.erased_pairs p on p.erased_id = r.erased_id
                    and p.blocked
                left join private.returned_members o on o.erased_id = p.other_erased_id
                where r.user_id = set_stable_identifier.user_id
                  and coalesce(p.other_user, o.user_id) in (x.user_a, x.user_b)
                  and coalesce(p.other_user, o.user_id) <> set_stable_identifier.user_id)
            order by x.id
        loop
            if not (private.seat(m, set_stable_identifier.user_id)).is_over then
                perform private.leave(m, set_stable_identifier.user_id);
            end if;
        end loop;
    end if;
    return '{}'::jsonb;
end $$;
comment on function public.set_stable_identifier(uuid, text) is
    'Tells by what a person is known whatever account they use (a verified document or number), best before they use '
    'Connect. Only a keyed hash is kept; several add up, null forgets them. Blocks and "no pair twice" then hold '
    'across erasure and a new account. Service only.';
revoke all on function public.set_stable_identifier(uuid, text) from public, anon, authenticated, service_role;
grant execute on function public.set_stable_identifier(uuid, text) to service_role;
select private.declare_call('set_stable_identifier');
