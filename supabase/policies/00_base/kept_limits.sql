-- Limits outlive an erasure. They are kept under a hash of the account when its rows are deleted, and given back when
-- the account calls again.

select private.declare_table('private.kept_limits',
    withheld => 'limits that outlive an erasure, under keyed hashes of accounts');
select private.declare_table('private.returned_proposals',
    withheld => 'how many proposals you had before you erased yourself; they count a while longer');

revoke all on private.kept_limits from public, anon, authenticated, service_role;

create or replace function private.keep_limits(member uuid) returns void
language plpgsql volatile set search_path = '' as $$
declare
    account bytea;
    rules public.settings;
begin
    -- A deleted account cannot call again, so nothing is kept.
    if not exists (select from auth.users u where u.id = member) then
        return;
    end if;
    account := (private.erasure_hashes('member ' || member))[1];
    select * into strict rules from public.settings;
    with used_up as (
        select c.kind::text as kind, c.window_started_at as since, c.used,
            c.window_started_at + (private.call_limit(c.kind)).lasts as until
        from private.rate_counters c where c.user_id = member and c.used > 0
        union all
        select 'move', p.changed_at, count(*)::integer, p.changed_at + interval '24 hours'
        from private.place_changes p where p.user_id = member group by p.changed_at
        union all
        select 'own_change', c.day at time zone 'UTC', c.changes, (c.day + 1) at time zone 'UTC'
        from private.own_changes c where c.user_id = member
        union all
        select 'proposal', p.at, sum(p.proposals)::integer, p.at + rules.proposal_lifetime
        from private.proposals_made p where p.user_id = member group by p.at
        union all
        select 'joined', u.created_at, 1, u.created_at + rules.newcomer_period from public.users u where u.id = member
    )
    insert into private.kept_limits as k (account_hash, kind, since, used, until)
    select account, x.kind, x.since, x.used, x.until from used_up x where x.until > clock_timestamp()
    on conflict on constraint kept_limits_pkey do update set used = greatest(k.used, excluded.used);
    -- Erasures in a row are one row, which lasts a day from the latest.
    with before as (
        delete from private.kept_limits k
        where k.account_hash = any (private.erasure_hashes('member ' || member)) and k.kind = 'erasure'
        returning k.used, k.until
    )
    insert into private.kept_limits (account_hash, kind, since, used, until)
    select account, 'erasure', clock_timestamp(),
        1 + coalesce(max(b.used) filter (where b.until > clock_timestamp()), 0),
        clock_timestamp() + interval '24 hours' from before b;
end $$;
comment on function private.keep_limits(uuid) is
    'Keeps what a member has used up of their limits, and that they were erased. An erasure calls it before it deletes '
    'their rows.';

create or replace function private.give_back_counters(member uuid) returns void
language plpgsql volatile set search_path = '' as $$
begin
    if not exists (select from private.kept_limits) then
        return;
    end if;
    with kept as (
        delete from private.kept_limits k
        where k.account_hash = any (private.erasure_hashes('member ' || member))
          and k.kind = any (enum_range(null::private.limited_call)::text[])
        returning k.*
    )
    insert into private.rate_counters as c (user_id, kind, window_started_at, used)
    select member, k.kind::private.limited_call, k.since, k.used from kept k where k.until > clock_timestamp()
    on conflict on constraint rate_counters_pkey do update set
        window_started_at = least(c.window_started_at, excluded.window_started_at), used = c.used + excluded.used;
end $$;
comment on function private.give_back_counters(uuid) is
    'Gives an account that calls after its erasure the counts of calls that it had before.';

create or replace function private.give_back_limits(member uuid) returns void
language plpgsql volatile set search_path = '' as $$
begin
    if not exists (select from private.kept_limits) then
        return;
    end if;
    -- A kept move is a time alone: the former home place is not restored.
    with kept as (
        delete from private.kept_limits k
        where k.account_hash = any (private.erasure_hashes('member ' || member))
          and k.kind in ('move', 'joined', 'own_change', 'proposal')
        returning k.*
    ),
    moved as (
        insert into private.place_changes (user_id, place_digest, first_setting, changed_at)
        select member, '\x', false, k.since from kept k cross join generate_series(1, k.used)
        where k.kind = 'move' and k.until > clock_timestamp() order by k.since
    ),
    proposed as (
        insert into private.returned_proposals (user_id, proposed_at, proposals)
        select member, k.since, k.used from kept k where k.kind = 'proposal' and k.until > clock_timestamp()
    ),
    changed as (
        insert into private.own_changes (user_id, day, changes)
        select member, (k.since at time zone 'UTC')::date, k.used from kept k
        where k.kind = 'own_change' and k.until > clock_timestamp()
    )
    update public.users u set created_at = least(u.created_at, k.since) from kept k
    where k.kind = 'joined' and u.id = member;
end $$;
comment on function private.give_back_limits(uuid) is
    'Gives a member who comes back after an erasure the times of their former moves, proposals and first joining, '
    'and today''s changes.';

create or replace function private.waits_after_erasures(member uuid) returns timestamptz
language plpgsql stable set search_path = '' as $$
begin
    if not exists (select from private.kept_limits) then
        return null;
    end if;
    return (select max(k.until) from private.kept_limits k, public.settings s
        where k.account_hash = any (private.erasure_hashes('member ' || member)) and k.kind = 'erasure'
          and k.used >= s.erasures_before_waiting and k.until > clock_timestamp());
end $$;
comment on function private.waits_after_erasures(uuid) is
    'The time until which an account that was erased repeatedly must wait to activate; null: it need not wait.';

create or replace function private.refuse_after_erasures(member uuid) returns jsonb
language plpgsql volatile set search_path = '' as $$
declare
    waits_until timestamptz := private.waits_after_erasures(member);
begin
    if waits_until is null then
        return null;
    end if;
    perform private.tell_limit(1, 2, waits_until);
    return private.refuse('rate_limited',
        'This account was erased more than once within a day. It can be activated again later.');
end $$;
comment on function private.refuse_after_erasures(uuid) is
    'The refusal of an account that must wait before it may activate again; null for any other.';
