-- Blocking, and read access to blocks and reports. A member reads which matches they blocked or reported, not the ids
-- of the partners.

select private.declare_table('blocks', owner => 'blocker_id', export => 'blocks', ordered_by => 't.created_at, t.id',
    shown => '{match_id,created_at}');
select private.declare_withheld('blocks', '{id,blocked_id}', 'names the other one; who blocked you is theirs to know');
select private.declare_event('member.blocked');

revoke all on public.blocks, public.reports from public, anon, authenticated, service_role;
revoke all on private.abuse_signals from public, anon, authenticated, service_role;
grant select (match_id, created_at) on public.blocks to authenticated;
grant select (match_id, created_at) on public.reports to authenticated;
grant select, insert, update, delete on public.blocks, public.reports to service_role;

alter table public.blocks enable row level security;
alter table public.reports enable row level security;
drop policy if exists "members read their own blocks" on public.blocks;
create policy "members read their own blocks" on public.blocks for select to authenticated
    using (blocker_id = (select private.member_id()));
drop policy if exists "in plain comparisons" on public.blocks;
create policy "in plain comparisons" on public.blocks as restrictive for select to authenticated
    using ((select private.reads_plainly()));
drop policy if exists "members read their own reports" on public.reports;
create policy "members read their own reports" on public.reports for select to authenticated
    using (reporter_id = (select private.member_id()));
drop policy if exists "in plain comparisons" on public.reports;
create policy "in plain comparisons" on public.reports as restrictive for select to authenticated
    using ((select private.reads_plainly()));

create or replace function public.block_partner(match_id uuid) returns jsonb
language plpgsql volatile security definer set search_path = '' as $$
declare
    caller private.admission := private.admit('write', names_an_id => true);
    m public.matches;
    s private.seat;
begin
    if caller.refusal is not null then return caller.refusal; end if;
    -- The member is locked before any match. The matcher takes the same lock before it proposes.
    perform private.lock_member(caller.member);
    -- Then their profile. A transaction that stores lists naming them holds the same lock.
    perform private.lock_profile(caller.member);
    m := private.recent_match(block_partner.match_id, caller.member);
    if m.id is null then return private.not_found(caller.member); end if;
    s := private.seat(m, caller.member);
    -- A pair has at most one live match, so it is this one or none. Leaving locks the queue, which comes before the
    -- lists in the order of locks.
    if not s.is_over then
        perform private.leave(m, caller.member);
    end if;
    insert into public.blocks (match_id, blocker_id, blocked_id, created_at)
    -- Not now(): a replay of a run uses the blocks that stood when its pool was loaded.
    values (m.id, caller.member, s.partner, clock_timestamp()) on conflict do nothing;
    if s.partner is not null then
        perform private.unlist(caller.member, s.partner);
    end if;
    perform private.emit('member.blocked', m.id, caller.member);
    return '{}'::jsonb;
end $$;
comment on function public.block_partner(uuid) is
    'POST /connect/block: the caller leaves the match and never meets this partner again. The partner sees an ordinary '
    'exit.';
revoke all on function public.block_partner(uuid) from public, anon, authenticated, service_role;
grant execute on function public.block_partner(uuid) to authenticated;
select private.declare_call('block_partner', replayable => true);
