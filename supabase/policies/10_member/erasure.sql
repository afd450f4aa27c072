-- Leaving Connect altogether, and what is kept so that a block or a report outlives it. Nobody reads any of it:
-- functions compare keyed hashes, and what follows is only ever that two people are not proposed to each other.

revoke all on private.erased_members, private.erased_hashes, private.erased_pairs, private.erased_sides,
    private.returned_members, private.stable_identifiers, private.erasure_codes from public, anon, authenticated, service_role;

create or replace view private.apart with (security_invoker = true) as
    select k.blocker_id as one, k.blocked_id as other, k.created_at as since from public.blocks k where k.blocked_id is not null
    union all
    select r.user_id, p.other_user, r.returned_at
    from private.returned_members r
    join private.erased_pairs p on p.erased_id = r.erased_id and p.other_user <> r.user_id
    union all
    select r.user_id, o.user_id, greatest(r.returned_at, o.returned_at)
    from private.returned_members r
    join private.erased_pairs p on p.erased_id = r.erased_id
    join private.returned_members o on o.erased_id = p.other_erased_id and o.user_id <> r.user_id;
comment on view private.apart is 'Members who must never meet, by a block, or because one of them was erased after they had met and came back. A pair may be there either way round.';
comment on column private.apart.one is 'One of them.';
comment on column private.apart.other is 'The other one.';
comment on column private.apart.since is 'Since when it is known.';

create or replace function private.erasure_hashes(words text) returns bytea[]
language plpgsql stable set search_path = '' as $$
declare
    earlier text := (select s.decrypted_secret from vault.decrypted_secrets s where s.name = 'connect_erasure_key_previous');
begin
    return array(
        select private.hmac_sha256(convert_to(k.key, 'UTF8'), convert_to(words, 'UTF8'))
        from unnest(array[private.secret('connect_erasure_key')] || string_to_array(nullif(earlier, ''), ','))
            with ordinality as k (key, place) order by k.place);
end $$;
comment on function private.erasure_hashes(text) is
    'Keyed hashes of some words: under the erasure key first, then under earlier ones. A missing key is a loud failure.';

create or replace function private.hashes_of(member uuid) returns bytea[]
language plpgsql stable set search_path = '' as $$
begin
    return private.erasure_hashes('member ' || member)
        || array(select i.hash from private.stable_identifiers i where i.user_id = member order by i.hash);
end $$;
comment on function private.hashes_of(uuid) is 'By what a member is known again after an erasure: the first is that of their account under the key in force.';

create or replace function private.erased_before(member uuid) returns uuid[]
language plpgsql stable set search_path = '' as $$
declare
    hashes bytea[] := private.hashes_of(member);
begin
    return array(
        select h.erased_id from private.erased_hashes h where h.hash = any (hashes)
        union select r.erased_id from private.returned_members r where r.user_id = member);
end $$;
comment on function private.erased_before(uuid) is 'The erased people a member was, as far as hashes tell; usually none, sometimes one.';

create or replace function private.remember_erased(member uuid) returns void
language plpgsql volatile set search_path = '' as $$
declare
    has_met boolean := exists (select from public.matches m where member in (m.user_a, m.user_b))
        or exists (select from public.blocks k where member in (k.blocker_id, k.blocked_id))
        or exists (select from public.reports r where r.reported_id = member)
        or exists (select from private.erased_pairs p where p.other_user = member)
        -- Whom an operator knows is known again, or an erasure before the first meeting would undo that.
        or exists (select from private.stable_identifiers i where i.user_id = member);
    hashes bytea[];
    them uuid[];
begin
    -- Whoever met nobody, and is known by nothing, leaves nothing behind.
    if not has_met and not exists (select from private.erased_hashes) then
        return;
    end if;
    hashes := private.hashes_of(member);
    them := private.erased_before(member);
    if cardinality(them) = 0 then
        if not has_met then
            return;
        end if;
        insert into private.erased_members default values returning array[id] into them;
    end if;
    insert into private.erased_hashes (hash, erased_id)
    select h.hash, t.id from unnest(them) t (id) cross join (
        select hashes[1] as hash union select i.hash from private.stable_identifiers i where i.user_id = member) h
    on conflict do nothing;

    insert into private.erased_pairs as p (erased_id, other_user, blocked)
    select t.id, o.other, bool_or(o.blocked) from unnest(them) t (id) cross join (
        select m.user_b as other, false as blocked from public.matches m where m.user_a = member
        union all select m.user_a, false from public.matches m where m.user_b = member
        union all select k.blocked_id, true from public.blocks k where k.blocker_id = member
        union all select k.blocker_id, true from public.blocks k where k.blocked_id = member) o
    -- One statement may erase both: whoever went first has noted this pair, and is found below.
    where exists (select from public.users u where u.id = o.other)
    group by t.id, o.other order by t.id, o.other
    on conflict on constraint erased_pairs_once do update set blocked = p.blocked or excluded.blocked;
    -- Whom of these was erased before: from now on both are names only hashes know.
    with before as (
        delete from private.erased_pairs p where p.other_user = member returning p.erased_id, p.blocked
    ),
    both_ways as (
        select b.erased_id as one, t.id as other, b.blocked from before b cross join unnest(them) t (id)
        union all select t.id, b.erased_id, b.blocked from before b cross join unnest(them) t (id)
    )
    insert into private.erased_pairs as p (erased_id, other_erased_id, blocked)
    select w.one, w.other, bool_or(w.blocked) from both_ways w where w.one <> w.other group by w.one, w.other order by w.one, w.other
    on conflict on constraint erased_pairs_once_erased do update set blocked = p.blocked or excluded.blocked;

    insert into private.erased_sides (match_id, side, erased_id)
    select m.id, (case when m.user_a = member then 'a' else 'b' end)::public.match_side, them[1] from public.matches m
    where member in (m.user_a, m.user_b) and m.ends_at + (select s.safety_window from public.settings s) > now()
    on conflict do nothing;
    update public.reports r set reported_erased = them[1] where r.reported_id = member;

    -- The same person may be here under another account already.
    perform private.recognise(o.user_id) from (
        select distinct i.user_id from private.stable_identifiers i join public.users u on u.id = i.user_id
        where i.hash = any (hashes) and i.user_id <> member order by i.user_id) o;
end $$;
comment on function private.remember_erased(uuid) is
    'Notes, as keyed hashes, whom a member who is being erased must not meet again, and who they were in their latest matches and in reports about them.';

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
        select a.other from private.apart a where a.one = member union select a.one from private.apart a where a.other = member order by 1) k;
end $$;
comment on function private.recognise(uuid) is 'Links a member to the erased person they were, if hashes know one: reports about that one are about them, and pairs of that one are theirs.';

create or replace function private.member_arrived() returns trigger
language plpgsql security definer set search_path = '' as $$
begin
    if exists (select from private.erased_hashes) then
        perform private.recognise(a.id) from arrived a order by a.id;
    end if;
    perform private.give_back_limits(a.id) from arrived a order by a.id;
    return null;
end $$;
comment on function private.member_arrived() is 'Whoever comes to Connect is looked for among those who were erased, and has used up what they had used up then.';
create or replace trigger member_arrived after insert on public.users
    referencing new table as arrived for each statement execute function private.member_arrived();

create or replace function private.erased_partner(match_id uuid, member uuid) returns uuid
language sql stable set search_path = '' as $$
    select s.erased_id from public.matches m
    join private.erased_sides s on s.match_id = m.id and s.side = (case when m.user_a = member then 'b' else 'a' end)::public.match_side
    where m.id = erased_partner.match_id and member in (m.user_a, m.user_b)
$$;
comment on function private.erased_partner(uuid, uuid) is 'The erased person on the other side of a member''s match; null when nobody was erased there, or too long ago.';

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
comment on function private.report_sticks() is 'A report about a partner who has been erased is about them when they return, or have returned.';
create or replace trigger report_sticks before insert on public.reports
    for each row when (new.reported_id is null and new.match_id is not null) execute function private.report_sticks();

create or replace function private.forget_person(member uuid, counters_too boolean default true) returns void
language plpgsql volatile set search_path = '' as $$
declare
    their record;
    met uuid[] := array(select m.id from public.matches m where member in (m.user_a, m.user_b) order by m.id);
begin
    -- What they wrote is gone at once. What the other one wrote is theirs, until both have gone.
    delete from public.blind_chat_messages t where t.sender_user_id = member;
    with last_of_two as (
        update public.blind_chats c set salt = decode(repeat('00', 32), 'hex')
        from public.matches m where m.id = c.match_id and m.id = any (met) and num_nulls(nullif(m.user_a, member), nullif(m.user_b, member)) = 2
        returning c.id
    ),
    copied as (
        update public.reports r set evidence_salt = decode(repeat('00', 32), 'hex') from last_of_two c where r.evidence_chat_id = c.id
    )
    delete from public.blind_chat_messages t using last_of_two c where t.blind_chat_id = c.id;
    for their in
        select t.table_name, t.rows_of from private.personal_tables t
        where t.swept and t.table_name <> 'private.rate_counters'
    loop
        execute format('delete from %s t where %s', their.table_name, their.rows_of) using member;
    end loop;
    if counters_too then
        -- A call that is under way holds its counter and waits for the member: not the other way round. That one goes at night.
        delete from private.rate_counters c using (
            select x.user_id, x.kind from private.rate_counters x where x.user_id = member for update skip locked) free
        where c.user_id = free.user_id and c.kind = free.kind;
    end if;
end $$;
comment on function private.forget_person(uuid, boolean) is
    'Removes what no foreign key takes with the member: their messages, rows that belong to the account; the counts of their calls only if asked. After remember_erased().';

create or replace function private.new_code() returns text
language sql volatile set search_path = '' as $$
    -- Of a random UUID the first six bytes and the last seven are strong random bits; eight letters make 40 of them.
    select string_agg(substr('23456789ABCDEFGHJKLMNPQRSTUVWXYZ', 1 + get_byte(drawn.bytes, place) % 32, 1), '' order by place)
    from (select uuid_send(gen_random_uuid()) as bytes) drawn, unnest('{0,1,2,3,4,5,14,15}'::integer[]) place
$$;
comment on function private.new_code() is 'Eight letters and digits that are not taken for one another.';

create or replace function public.erase_member(code text default null) returns jsonb
language plpgsql volatile security definer set search_path = '' as $$
declare
    caller private.admission := private.admit('write');
    kept private.erasure_codes;
    drawn text := private.new_code();
begin
    if caller.refusal is not null then return caller.refusal; end if;
    -- Whoever sends the same code twice at once is erased once, and told so twice.
    select * into kept from private.erasure_codes c where c.user_id = caller.member for update;
    if not exists (select from public.users u where u.id = caller.member) then
        perform private.remember_erased(caller.member);
        -- This call has been counted: asking again and again is not free.
        perform private.forget_person(caller.member, counters_too => false);
        return jsonb_build_object('status', 'erased');
    elsif erase_member.code is null then
        insert into private.erasure_codes as c (user_id, code_hash, expires_at)
        select caller.member, (private.erasure_hashes('code ' || caller.member || ' ' || drawn))[1], clock_timestamp() + s.erasure_code_lifetime
        from public.settings s
        on conflict (user_id) do update set code_hash = excluded.code_hash, expires_at = excluded.expires_at, wrong_tries = 0
        returning * into kept;
        return jsonb_build_object('status', 'confirm', 'code', drawn, 'expiresAt', private.iso(kept.expires_at));
    elsif kept.user_id is null or kept.expires_at <= clock_timestamp()
        or kept.code_hash <> (private.erasure_hashes('code ' || caller.member || ' ' || upper(erase_member.code)))[1]
    then
        update private.erasure_codes c set wrong_tries = c.wrong_tries + 1 where c.user_id = caller.member and c.wrong_tries < 4;
        if not found then
            delete from private.erasure_codes c where c.user_id = caller.member;
        end if;
        return private.refuse('invalid_body', 'code: wrong, used, or too old. POST /connect/erase without a code gives a new one.');
    end if;
    delete from public.users u where u.id = caller.member;
    return jsonb_build_object('status', 'erased');
end $$;
comment on function public.erase_member(text) is
    'POST /connect/erase: without a code gives one; with it removes everything of the caller in Connect. The account stays.';
revoke all on function public.erase_member(text) from public, anon, authenticated, service_role;
grant execute on function public.erase_member(text) to authenticated;

create or replace function public.set_stable_identifier(user_id uuid, identifier text) returns jsonb
language plpgsql volatile security definer set search_path = '' as $$
declare
    m public.matches;
begin
    if not exists (select from auth.users u where u.id = set_stable_identifier.user_id) then
        raise exception using errcode = 'PT404', message = 'not_found', detail = 'There is no such account.';
    elsif identifier = '' or char_length(identifier) > 1000 then
        raise exception using errcode = 'PT422', message = 'invalid_body', detail = 'identifier: 1 to 1,000 characters, or null to forget what was set.';
    end if;
    -- As for a block: the member, their profile, their matches, before lists.
    perform private.lock_member(set_stable_identifier.user_id);
    perform 1 from public.connect_profiles p where p.user_id = set_stable_identifier.user_id for no key update;
    if identifier is null then
        delete from private.stable_identifiers i where i.user_id = set_stable_identifier.user_id;
        return '{}'::jsonb;
    end if;
    insert into private.stable_identifiers (user_id, hash)
    select set_stable_identifier.user_id, h.hash from unnest(private.erasure_hashes('identifier ' || identifier)) h (hash)
    on conflict do nothing;
    if exists (select from public.users u where u.id = set_stable_identifier.user_id) then
        perform private.lock_matches(set_stable_identifier.user_id);
        perform private.recognise(set_stable_identifier.user_id);
        -- A match that a block would not have allowed ends as any does whose one side leaves.
        for m in
            select x.* from public.matches x
            where set_stable_identifier.user_id in (x.user_a, x.user_b) and x.ends_at > now() and exists (
                select from private.returned_members r join private.erased_pairs p on p.erased_id = r.erased_id and p.blocked
                left join private.returned_members o on o.erased_id = p.other_erased_id
                where r.user_id = set_stable_identifier.user_id and coalesce(p.other_user, o.user_id) in (x.user_a, x.user_b)
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
    'Tells by what a person is known whatever account they use (a verified document or number), best before they use Connect. Only a keyed hash is kept; several add up, null forgets them. Blocks and "no pair twice" then hold across erasure and a new account. Service only.';
revoke all on function public.set_stable_identifier(uuid, text) from public, anon, authenticated, service_role;
grant execute on function public.set_stable_identifier(uuid, text) to service_role;

create or replace function private.purge_erasures() returns integer
language plpgsql volatile set search_path = '' as $$
declare
    gone integer;
    their text;
begin
    delete from private.erasure_codes c where c.expires_at < now();
    delete from private.erased_sides s using public.matches m
    where m.id = s.match_id and m.ends_at + (select g.safety_window from public.settings g) <= now();
    get diagnostics gone = row_count;
    -- The planner keeps samples of ids and dates, of rows that are gone too, until it takes new ones.
    for their in select distinct r.table_name from private.personal_columns r where r.rule <> 'nobody' order by 1 loop
        execute format('analyze %s', their);
    end loop;
    return gone;
end $$;
comment on function private.purge_erasures() is 'Forgets who sat on the erased side of a match that can no longer be blocked or reported, codes that are too old, and what the planner sampled of rows that are gone. Returns how many sides.';
