-- Leaving Connect altogether. Whatever deletes a member (their own call, an operator, the Auth server) deletes their
-- row of public.users, and then the steps below happen in their order, each in one place:
--
--   1  locks: the shared pool lock, then the erasure lock                       begin_erasure()
--   2  remember, as keyed hashes, whom they must not meet again                 remember_erased()
--   3  keep what they have used up of their limits                              keep_limits()
--   4  leave every match: the other side sees an ordinary exit                  leave_all_matches()
--   5  delete their messages, salts of chats that both have left, and rows
--      that belong to the account                                               forget_person()
--   6  take their name out of matches                                           erase_member_rows()
--   7  take them off every list                                                 pool_members_gone()
--   8  the foreign keys: rows of the member go with them (on delete cascade), rows that concern others lose their name
--      (on delete set null); a report also loses their words                    report_loses_a_person()

select private.declare_table('private.erasure_codes', owner => 'user_id', withheld => 'a code you asked for, as a hash',
    swept => true);

revoke all on private.erasure_codes from public, anon, authenticated, service_role;

create or replace function private.begin_erasure() returns trigger
language plpgsql security definer set search_path = '' as $$
begin
    -- A load that keeps members would fail on a member who is erased under its hands, or each would wait for the other.
    perform private.share_pool_lock();
    perform private.take_erasure_lock();
    return null;
end $$;
comment on function private.begin_erasure() is 'Step 1 of an erasure: the locks, before any row is deleted.';
create or replace trigger begin_erasure before delete on public.users
    for each statement execute function private.begin_erasure();

create or replace function private.erase_member_rows() returns trigger
language plpgsql security definer set search_path = '' as $$
begin
    -- 2: while it is still written who met whom.
    perform private.remember_erased(old.id);
    perform private.keep_limits(old.id);  -- 3
    perform private.leave_all_matches(old.id, true);  -- 4
    perform private.forget_person(old.id);  -- 5
    -- 6: the foreign keys would do this too, but late. One statement may delete both partners, and the second must not
    -- find the first still named.
    update public.matches m set
        user_a = nullif(m.user_a, old.id),
        user_b = nullif(m.user_b, old.id)
    where old.id in (m.user_a, m.user_b);
    -- 7: the foreign keys would delete these in any order, and other transactions take them in one.
    delete from private.pool_members m where m.user_id = old.id;
    return old;
end $$;
comment on function private.erase_member_rows() is 'Steps 2 to 7 of an erasure, before the member''s row goes.';
create or replace trigger erase_member_rows before delete on public.users
    for each row execute function private.erase_member_rows();

create or replace function private.erased_as(member uuid) returns uuid[]
language plpgsql volatile set search_path = '' as $$
declare
    has_met boolean := exists (select from public.matches m where member in (m.user_a, m.user_b))
        or exists (select from public.blocks k where member in (k.blocker_id, k.blocked_id))
        or exists (select from public.reports r where r.reported_id = member)
        or exists (select from private.erased_pairs p where p.other_user = member)
        -- A member whom an operator knows is known again, or an erasure before the first meeting would undo that.
        or exists (select from private.stable_identifiers i where i.user_id = member);
    hashes bytea[];
    persons uuid[];
begin
    -- A member who met no other, and is known by nothing, leaves nothing behind.
    if not has_met and not exists (select from private.erased_hashes) then
        return null;
    end if;
    hashes := private.hashes_of(member);
    persons := private.erased_before(member);
    if cardinality(persons) = 0 then
        if not has_met then
            return null;
        end if;
        insert into private.erased_members default values returning array[id] into persons;
    end if;
    insert into private.erased_hashes (hash, erased_id)
    select h.hash, t.id from unnest(persons) t (id) cross join (
        select hashes[1] as hash union select i.hash from private.stable_identifiers i where i.user_id = member) h
    on conflict do nothing;
    return persons;
end $$;
comment on function private.erased_as(uuid) is
    'The erased people that stand for a member from now on, with the hashes they are known by; null when there is '
    'nothing to remember.';

create or replace function private.remember_pairs(member uuid, persons uuid[]) returns void
language plpgsql volatile set search_path = '' as $$
begin
    insert into private.erased_pairs as p (erased_id, other_user, blocked)
    select t.id, o.other, bool_or(o.blocked) from unnest(persons) t (id) cross join (
        select m.user_b as other, false as blocked from public.matches m where m.user_a = member
        union all select m.user_a, false from public.matches m where m.user_b = member
        union all select k.blocked_id, true from public.blocks k where k.blocker_id = member
        union all select k.blocker_id, true from public.blocks k where k.blocked_id = member) o
    -- One statement may erase both: the first has noted this pair, and is found below.
    where exists (select from public.users u where u.id = o.other)
    group by t.id, o.other order by t.id, o.other
    on conflict on constraint erased_pairs_once do update set blocked = p.blocked or excluded.blocked;
    -- Others of these pairs were erased before: from now on only hashes know both.
    with before as (
        delete from private.erased_pairs p where p.other_user = member returning p.erased_id, p.blocked
    ),
    both_ways as (
        select b.erased_id as one, t.id as other, b.blocked from before b cross join unnest(persons) t (id)
        union all select t.id, b.erased_id, b.blocked from before b cross join unnest(persons) t (id)
    )
    insert into private.erased_pairs as p (erased_id, other_erased_id, blocked)
    select w.one, w.other, bool_or(w.blocked) from both_ways w where w.one <> w.other
    group by w.one, w.other order by w.one, w.other
    on conflict on constraint erased_pairs_once_erased do update set blocked = p.blocked or excluded.blocked;
end $$;
comment on function private.remember_pairs(uuid, uuid[]) is
    'Whom an erased person must not meet again: everybody they met or blocked, or who blocked them.';

create or replace function private.remember_erased(member uuid) returns void
language plpgsql volatile set search_path = '' as $$
declare
    persons uuid[] := private.erased_as(member);
    hashes bytea[];
begin
    if persons is null then
        return;
    end if;
    perform private.remember_pairs(member, persons);
    insert into private.erased_sides (match_id, side, erased_id)
    select m.id, (case when m.user_a = member then 'a' else 'b' end)::public.match_side, persons[1]
    from public.matches m
    where member in (m.user_a, m.user_b) and m.ends_at + (select s.safety_window from public.settings s) > now()
    on conflict do nothing;
    update public.reports r set reported_erased = persons[1] where r.reported_id = member;

    -- The same person may be here under another account already.
    hashes := private.hashes_of(member);
    perform private.recognise(o.user_id) from (
        select distinct i.user_id from private.stable_identifiers i join public.users u on u.id = i.user_id
        where i.hash = any (hashes) and i.user_id <> member order by i.user_id) o;
end $$;
comment on function private.remember_erased(uuid) is
    'Notes, as keyed hashes, whom a member who is being erased must not meet again, and who they were in their latest '
    'matches and in reports about them.';

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
        from public.matches m where m.id = c.match_id and m.id = any (met)
            and num_nulls(nullif(m.user_a, member), nullif(m.user_b, member)) = 2
        returning c.id
    ),
    copied as (
        update public.reports r set evidence_salt = decode(repeat('00', 32), 'hex') from last_of_two c
        where r.evidence_chat_id = c.id
    )
    delete from public.blind_chat_messages t using last_of_two c where t.blind_chat_id = c.id;
    for their in
        select t.table_name, t.rows_of from private.declared_tables t
        where t.swept and t.table_name <> 'private.rate_counters'
    loop
        execute format('delete from %s t where %s', their.table_name, their.rows_of) using member;
    end loop;
    if counters_too then
        -- A call that is under way holds its counter and waits for the member: not the other way round. That one goes
        -- at night.
        delete from private.rate_counters c using (
            select x.user_id, x.kind from private.rate_counters x where x.user_id = member for update skip locked) free
        where c.user_id = free.user_id and c.kind = free.kind;
    end if;
end $$;
comment on function private.forget_person(uuid, boolean) is
    'Removes what no foreign key takes with the member: their messages, rows that belong to the account; the counts of '
    'their calls only if asked. After remember_erased().';

create or replace function private.report_loses_a_person() returns trigger
language plpgsql set search_path = '' as $$
begin
    -- A reporter's words go with them. Those about a partner who goes stay: the reporter reads their own reports, and
    -- would see that the partner was erased.
    if new.reporter_id is null and old.reporter_id is not null then
        new.reason := 'erased';
        new.details := null;
    end if;
    -- Evidence goes with whoever wrote it; whether that has happened already is the database's to choose.
    new.evidence_count := (select count(*) from private.report_evidence e where e.report_id = new.id
        and e.writer_id is distinct from case when new.reporter_id is null then old.reporter_id end
        and e.writer_id is distinct from case when new.reported_id is null then old.reported_id end);
    return new;
end $$;
comment on function private.report_loses_a_person() is
    'Nothing an erased person said stays readable in a report. What the one who stays wrote does.';
create or replace trigger report_loses_a_person before update of reporter_id, reported_id on public.reports
    for each row when (old.reporter_id is not null and new.reporter_id is null
        or old.reported_id is not null and new.reported_id is null)
    execute function private.report_loses_a_person();

create or replace function private.new_code() returns text
language sql volatile set search_path = '' as $$
    -- Of a random UUID the first six bytes and the last seven are strong random bits; eight letters make 40 of them.
    select string_agg(substr('23456789ABCDEFGHJKLMNPQRSTUVWXYZ', 1 + get_byte(drawn.bytes, place) % 32, 1), ''
        order by place)
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
        select caller.member, (private.erasure_hashes('code ' || caller.member || ' ' || drawn))[1],
            clock_timestamp() + s.erasure_code_lifetime
        from public.settings s
        on conflict (user_id) do update set code_hash = excluded.code_hash, expires_at = excluded.expires_at,
        wrong_tries = 0
        returning * into kept;
        return jsonb_build_object('status', 'confirm', 'code', drawn, 'expiresAt', private.iso(kept.expires_at));
    elsif kept.user_id is null or kept.expires_at <= clock_timestamp()
        or kept.code_hash <> (private.erasure_hashes('code ' || caller.member || ' ' || upper(erase_member.code)))[1]
    then
        update private.erasure_codes c set wrong_tries = c.wrong_tries + 1
        where c.user_id = caller.member and c.wrong_tries < 4;
        if not found then
            delete from private.erasure_codes c where c.user_id = caller.member;
        end if;
        return private.refuse('invalid_body',
            'code: wrong, used, or too old. POST /connect/erase without a code gives a new one.');
    end if;
    delete from public.users u where u.id = caller.member;
    return jsonb_build_object('status', 'erased');
end $$;
comment on function public.erase_member(text) is
    'POST /connect/erase: without a code gives one; with it removes everything of the caller in Connect. The account '
    'stays.';
revoke all on function public.erase_member(text) from public, anon, authenticated, service_role;
grant execute on function public.erase_member(text) to authenticated;
select private.declare_call('erase_member', precedes_call => true);

create or replace function private.purge_erasures(deadline timestamptz) returns integer
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
    for their in
        select t.table_name from (select distinct r.table_name from private.declared_columns r
            where r.rule <> 'nobody') t
        -- Where the time is not enough for all, the next time goes on with the others.
        order by pg_stat_get_last_analyze_time(t.table_name::regclass) nulls first, t.table_name
    loop
        exit when clock_timestamp() > deadline;
        execute format('analyze %s', their);
    end loop;
    return gone;
end $$;
comment on function private.purge_erasures(timestamptz) is
    'Forgets who sat on the erased side of a match that can no longer be blocked or reported, codes that are too old, '
    'and, until the deadline, what the planner sampled of rows that are gone. Returns how many sides.';
