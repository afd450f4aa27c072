-- Members whose account is banned, soft-deleted or anonymous. The Auth server keeps that row, and no trigger of ours
-- may stand there, so the schedule looks. Absent members leave their proposals and the matching at once, as by an exit;
-- their chats a day later, as by a close. An account that stands again comes back as from a pause.

select private.declare_event('profile.absent');

create or replace function private.is_absent(member uuid) returns void
language plpgsql volatile set search_path = '' as $$
begin
    -- In the order of a pause: the member, their matches, the profile with the lists that go with it.
    perform private.lock_member(member);
    perform private.lock_matches(member);
    update public.connect_profiles p set absent_since = clock_timestamp()
    where p.user_id = member and p.absent_since is null;
    if found then
        perform private.leave_all_matches(member, false);
        perform private.cancel_tasks(member);
        perform private.emit('profile.absent', null, member);
    end if;
end $$;
comment on function private.is_absent(uuid) is
    'A member whose account does not stand any more: out of the matching, and out of every proposal for good.';

create or replace function private.notice_absences(most integer default 500) returns integer
language plpgsql volatile set search_path = '' as $$
declare
    member uuid;
    noticed integer := 0;
begin
    -- Few accounts have anything of the kind, and of these each is asked.
    for member in
        select p.user_id from public.connect_profiles p join auth.users u on u.id = p.user_id
        where p.absent_since is null and num_nonnulls(u.banned_until, u.deleted_at, nullif(u.is_anonymous, false)) > 0
          and not private.account_stands(u.id)
        order by p.user_id limit most
    loop
        perform private.is_absent(member);
        noticed := noticed + 1;
    end loop;
    for member in
        select p.user_id from public.connect_profiles p
        where p.absent_since is not null and private.account_stands(p.user_id) order by p.user_id limit most
    loop
        perform private.lock_member(member);
        update public.connect_profiles p set absent_since = null where p.user_id = member;
        noticed := noticed + 1;
    end loop;
    for member in
        select p.user_id from public.connect_profiles p cross join public.settings s
        where p.absent_since + s.absence_grace <= clock_timestamp() and exists (select from public.matches m
            where m.user_a = p.user_id and m.left_a_at is null and m.ends_at > now()
               or m.user_b = p.user_id and m.left_b_at is null and m.ends_at > now())
        order by p.user_id limit most
    loop
        perform private.lock_member(member);
        perform private.leave_all_matches(member, true);
    end loop;
    return noticed;
end $$;
comment on function private.notice_absences(integer) is
    'Takes whose account no longer stands out of the matching, brings back whose account stands again, and closes the '
    'chats of who has been absent for settings.absence_grace; so many of each at a time. Returns how many came or '
    'went.';
