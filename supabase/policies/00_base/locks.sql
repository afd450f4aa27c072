-- Locks, in the order in which every transaction takes them. A transaction leaves levels out; it goes back to none.
--
--   1  settings    the one row                 lock_consent_version                    share
--   2  pool        advisory                    share_pool_lock · take_pool_lock        share · alone
--   3  generation  advisory                    share_generation_lock · take_generation_lock
--   4  erasure     advisory                    take_erasure_lock                       alone
--   5  members     users, by id                lock_member · lock_members              against changes
--                                              lock_match, lock_pair: both sides       against an erasure
--   6  profiles    connect_profiles, by user   lock_profile · lock_listed              against changes · share
--      matches     matches, by id              lock_match · lock_pair · lock_matches   alone
--   7  pieces      job_shards, then job_runs   lock_shard (40_matcher/shards)          alone
--   8  queue       matchmaking_queue, by id    enqueue, complete_matchmaking           alone
--                  then matchmaking_leases
--   9  lists       match_scores, by key        unlist, write_lists                     alone
--  10  tasks       private.tasks, by kind     put_tasks, finish_tasks …               alone
--                  and key
--
-- A call counts itself before all of these (rate_counters), and a worker names its run. On level 6 a member's profile
-- and their matches may come in either order: whoever takes both holds the member, so two of them never meet there.
-- A lock on an Idempotency-Key is only tried, never waited for: try_key_locks.

create or replace function private.lock_consent_version() returns text
language plpgsql volatile set search_path = '' as $$
begin
    -- No member agrees to one text while an operator puts another in force.
    return (select s.consent_version from public.settings s for share);
end $$;
comment on function private.lock_consent_version() is
    'Shared lock on the settings: the consent text in force, which stays in force until this transaction ends.';

create or replace function private.share_pool_lock() returns void
language plpgsql volatile set search_path = '' as $$
begin
    perform pg_advisory_xact_lock_shared(hashtextextended('connect pool', 0));
end $$;
comment on function private.share_pool_lock() is
    'Shared lock "pool". Take it before deleting or storing what a pool load reads or keeps; a load takes it alone.';

create or replace function private.take_pool_lock() returns void
language plpgsql volatile set search_path = '' as $$
begin
    perform pg_advisory_xact_lock(hashtextextended('connect pool', 0));
end $$;
comment on function private.take_pool_lock() is
    'Lock "pool", alone: no transaction stores, withdraws or erases meanwhile. Take it before loading a whole pool or '
    'changing its queue. A batch locks the rows of its own members first and then those of others, which is no order '
    'that both could keep.';

create or replace function private.share_generation_lock() returns void
language plpgsql volatile set search_path = '' as $$
begin
    perform pg_advisory_xact_lock_shared(hashtextextended('connect generation', 0));
end $$;
comment on function private.share_generation_lock() is
    'Shared lock "generation". Take it before writing lists. Without it they might be written to the generation that '
    'goes out of use, of members whom the new lists know only as they were.';

create or replace function private.take_generation_lock() returns void
language plpgsql volatile set search_path = '' as $$
begin
    perform pg_advisory_xact_lock(hashtextextended('connect generation', 0));
end $$;
comment on function private.take_generation_lock() is
    'Lock "generation", alone: no list of a batch is written meanwhile. Take it to put new lists in place.';

create or replace function private.take_erasure_lock() returns void
language plpgsql volatile set search_path = '' as $$
begin
    perform pg_advisory_xact_lock(hashtextextended('connect erasure', 0));
end $$;
comment on function private.take_erasure_lock() is
    'Lock "erasure", alone: two partners who erase at once would each hold their own row and wait for the other''s.';

create or replace function private.lock_member(member uuid) returns void
language plpgsql volatile set search_path = '' as $$
begin
    perform 1 from public.users u where u.id = member for no key update;
end $$;
comment on function private.lock_member(uuid) is
    'Changes to one member happen one after the other. Take it before any match row.';

create or replace function private.lock_members(members uuid[]) returns void
language plpgsql volatile set search_path = '' as $$
begin
    perform 1 from public.users u where u.id = any (members) order by u.id for no key update;
end $$;
comment on function private.lock_members(uuid[]) is
    'The same for several members, by id: what a transaction checks afterwards stays true until it ends.';

create or replace function private.lock_profile(member uuid) returns void
language plpgsql volatile set search_path = '' as $$
begin
    perform 1 from public.connect_profiles p where p.user_id = member for no key update;
end $$;
comment on function private.lock_profile(uuid) is
    'Waits while lists that name this member are being stored; afterwards these are found. After lock_member().';

create or replace function private.lock_listed(lists jsonb) returns void
language plpgsql volatile set search_path = '' as $$
begin
    -- A member who pauses, withdraws, blocks or goes does so before this transaction, which then does not list them, or
    -- after it, and then finds what it has listed. The member before the profile, as an erasure takes them.
    perform 1 from public.users u join public.connect_profiles p on p.user_id = u.id
    where u.id in (select x.c from jsonb_to_recordset(lists) as x (c uuid))
    order by u.id for key share of u for share of p;
end $$;
comment on function private.lock_listed(jsonb) is
    'Shared lock on the members whom lists name: none of them leaves until the lists are stored. After lock_members().';

create or replace function private.lock_match(match_id uuid, member uuid) returns public.matches
language plpgsql volatile set search_path = '' as $$
declare
    m public.matches;
begin
    -- The people before the match, as an erasure takes them; a key share waits for nothing but an erasure.
    perform 1 from public.users u
    where u.id in (select unnest(array[x.user_a, x.user_b]) from public.matches x
        where x.id = lock_match.match_id and member in (x.user_a, x.user_b))
    order by u.id for key share;
    select * into m from public.matches x
    where x.id = lock_match.match_id and member in (x.user_a, x.user_b) for update;
    return m;
end $$;
comment on function private.lock_match(uuid, uuid) is
    'A match of this member, locked with everything that belongs to it; all null when there is no such match.';

create or replace function private.lock_pair(match_id uuid) returns public.matches
language plpgsql volatile set search_path = '' as $$
declare
    m public.matches;
begin
    -- As private.lock_match() does, for no member: the people first, in their order.
    perform 1 from public.users u
    where u.id in (select unnest(array[x.user_a, x.user_b]) from public.matches x where x.id = lock_pair.match_id)
    order by u.id for key share;
    select * into m from public.matches x where x.id = lock_pair.match_id for update;
    return m;
end $$;
comment on function private.lock_pair(uuid) is
    'Any match, locked with everything that belongs to it; all null when there is no such match.';

create or replace function private.lock_matches(member uuid) returns void
language plpgsql volatile set search_path = '' as $$
begin
    perform 1 from public.matches m where member in (m.user_a, m.user_b) order by m.id for update;
end $$;
comment on function private.lock_matches(uuid) is 'Every match of a member, by id.';

create or replace function private.try_key_locks(member uuid, keys jsonb) returns boolean
language plpgsql volatile set search_path = '' as $$
declare
    given record;
begin
    -- Not waiting for the first call to end: its rate counter would be waited for next.
    for given in select k.each ->> 'key' as key from jsonb_array_elements(keys) as k (each) order by 1 loop
        -- Two numbers: a space of their own, which no other lock of ours can be met in.
        if not pg_try_advisory_xact_lock(hashtext(member::text), hashtext(given.key)) then
            return false;
        end if;
    end loop;
    return true;
end $$;
comment on function private.try_key_locks(uuid, jsonb) is
    'Locks on the Idempotency-Keys of a call; false while another call of this member holds one.';
