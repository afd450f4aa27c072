-- Locks, in the order in which every transaction takes them. A transaction may skip a level; it never goes back to one.
--
--   1  settings    the one row                 lock_consent_version                    share
--   2  pool        advisory                    share_pool_lock · take_pool_lock        share · alone
--   3  generation  advisory                    share_generation_lock · take_generation_lock
--   4  erasure     advisory                    take_erasure_lock                       alone
--   5  members     users, by id                lock_member · lock_members              against changes
--                                              lock_match, lock_pair: both sides       against an erasure
--   6  profiles    connect_profiles, by user   lock_profile · lock_listed              against changes · share
--      matches     matches, by id              lock_match · lock_pair · lock_matches   alone
--   7  night       its task, then job_runs     hold_night (40_matcher/nightly)         alone
--   8  queue       matchmaking_queue, by id    enqueue, complete_matchmaking           alone
--                  then matchmaking_leases
--   9  lists       private.lists, by key       take_off, unlist, lock_lists            alone
--  10  tasks       private.tasks, by kind     put_tasks, finish_tasks …               alone
--                  and key
--
-- A call counts itself before all of these (rate_counters), and a worker names its run. On level 6 a member's profile
-- and their matches may come in either order. A transaction that takes both already holds the member, so two such
-- transactions cannot block each other there. try_key_locks does not wait for a lock on an Idempotency-Key.

create or replace function private.lock_consent_version() returns text
language plpgsql volatile set search_path = '' as $$
begin
    -- A change of the settings waits, so a member cannot agree to a text while an operator replaces it.
    return (select s.consent_version from public.settings s for share);
end $$;
comment on function private.lock_consent_version() is
    'Shared lock on the settings. Returns the version of the consent text, which stays in force until this transaction '
    'ends.';

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
    'Exclusive lock "pool": no transaction stores, withdraws or erases meanwhile. Take it before loading a whole pool '
    'or changing its queue. A batch locks the rows of its own members first and then those of others, so row locks '
    'alone would have no common order.';

create or replace function private.share_generation_lock() returns void
language plpgsql volatile set search_path = '' as $$
begin
    perform pg_advisory_xact_lock_shared(hashtextextended('connect generation', 0));
end $$;
comment on function private.share_generation_lock() is
    'Shared lock "generation". Take it before writing lists. Without it they could go to a generation that is being '
    'replaced, while the new lists hold an older state of these members.';

create or replace function private.take_generation_lock() returns void
language plpgsql volatile set search_path = '' as $$
begin
    perform pg_advisory_xact_lock(hashtextextended('connect generation', 0));
end $$;
comment on function private.take_generation_lock() is
    'Exclusive lock "generation": no list of a batch is written meanwhile. Take it to put new lists in place.';

create or replace function private.take_erasure_lock() returns void
language plpgsql volatile set search_path = '' as $$
begin
    perform pg_advisory_xact_lock(hashtextextended('connect erasure', 0));
end $$;
comment on function private.take_erasure_lock() is
    'Exclusive lock "erasure": only one erasure runs at a time. Two partners who erase at once would each hold their '
    'own row and wait for the other''s.';

create or replace function private.lock_member(member uuid) returns void
language plpgsql volatile set search_path = '' as $$
begin
    perform 1 from public.users u where u.id = member for no key update;
end $$;
comment on function private.lock_member(uuid) is
    'Locks one member, so that changes to them happen one after the other. Take it before any match row.';

create or replace function private.lock_members(members uuid[]) returns void
language plpgsql volatile set search_path = '' as $$
begin
    perform 1 from public.users u where u.id = any (members) order by u.id for no key update;
end $$;
comment on function private.lock_members(uuid[]) is
    'Locks several members, by id. A condition that the transaction checks afterwards stays true until it ends.';

create or replace function private.lock_profile(member uuid) returns void
language plpgsql volatile set search_path = '' as $$
begin
    perform 1 from public.connect_profiles p where p.user_id = member for no key update;
end $$;
comment on function private.lock_profile(uuid) is
    'Locks a member''s profile. It waits for transactions that store lists naming this member, so that the caller then '
    'finds these lists. Take it after lock_member().';

create or replace function private.lock_listed(people uuid[]) returns void
language plpgsql volatile set search_path = '' as $$
begin
    -- A pause, withdrawal, block or exit before this transaction is seen here, and the member is not listed. One after
    -- it finds the stored lists. The member is locked before the profile, in the order of an erasure.
    perform 1 from public.users u join public.connect_profiles p on p.user_id = u.id
    where u.id = any (people)
    order by u.id for key share of u for share of p;
end $$;
comment on function private.lock_listed(uuid[]) is
    'Shared lock on the members whom lists name: none of them leaves until the lists are stored. Take it after '
    'lock_members().';

create or replace function private.lock_match(match_id uuid, member uuid) returns public.matches
language plpgsql volatile set search_path = '' as $$
declare
    m public.matches;
begin
    -- The two members are locked before the match, in the order of an erasure. A key share waits only for an erasure.
    perform 1 from public.users u
    where u.id in (select unnest(array[x.user_a, x.user_b]) from public.matches x
        where x.id = lock_match.match_id and member in (x.user_a, x.user_b))
    order by u.id for key share;
    select * into m from public.matches x
    where x.id = lock_match.match_id and member in (x.user_a, x.user_b) for update;
    return m;
end $$;
comment on function private.lock_match(uuid, uuid) is
    'A match of this member, locked with everything that belongs to it; all null if there is no such match.';

create or replace function private.lock_pair(match_id uuid) returns public.matches
language plpgsql volatile set search_path = '' as $$
declare
    m public.matches;
begin
    -- As in private.lock_match(), but for no one member: both members first, by id.
    perform 1 from public.users u
    where u.id in (select unnest(array[x.user_a, x.user_b]) from public.matches x where x.id = lock_pair.match_id)
    order by u.id for key share;
    select * into m from public.matches x where x.id = lock_pair.match_id for update;
    return m;
end $$;
comment on function private.lock_pair(uuid) is
    'Any match, locked with everything that belongs to it; all null if there is no such match.';

create or replace function private.lock_matches(member uuid) returns void
language plpgsql volatile set search_path = '' as $$
begin
    perform 1 from public.matches m where member in (m.user_a, m.user_b) order by m.id for update;
end $$;
comment on function private.lock_matches(uuid) is 'Locks every match of a member, by id.';

create or replace function private.try_key_locks(member uuid, keys jsonb) returns boolean
language plpgsql volatile set search_path = '' as $$
declare
    given record;
begin
    -- This does not wait for the first call to end: the call would only wait for its rate counter next.
    for given in select k.each ->> 'key' as key from jsonb_array_elements(keys) as k (each) order by 1 loop
        -- Advisory locks of two numbers have a key space of their own, which no other lock of ours uses.
        if not pg_try_advisory_xact_lock(hashtext(member::text), hashtext(given.key)) then
            return false;
        end if;
    end loop;
    return true;
end $$;
comment on function private.try_key_locks(uuid, jsonb) is
    'Tries to lock the Idempotency-Keys of a call. False while another call of this member holds one of them.';
