-- The funnel from proposal to feedback, counted every hour. Service only: counts, nobody's id.

select private.declare_table('match_outcomes', about_nobody => 'counts');
select private.declare_job('statistics', at => '7 * * * *', late_after => '3 hours',
    does => 'private.refresh_statistics()');

revoke all on public.match_outcomes from public, anon, authenticated, service_role;
grant select on public.match_outcomes to service_role;
alter table public.match_outcomes enable row level security;

create or replace function private.refresh_statistics() returns jsonb
language plpgsql volatile set search_path = '' as $$
declare
    changed integer;
begin
    with counted as materialized (
        select date_trunc('week', m.created_at at time zone 'UTC')::date as week, m.mode, m.engine_version,
            m.event_id is not null as in_event,
            count(*) as proposed,
            count(*) filter (where 'accepted' in (m.decision_a, m.decision_b)) as accepted_by_one,
            count(*) filter (where m.chat_opened_at is not null) as chat_opened,
            count(*) filter (where r.match_id is not null) as revealed,
            count(*) filter (where f.match_id is not null) as feedback_given
        from public.matches m
        left join (select distinct x.match_id from public.reveals x where x.status = 'accepted') r on r.match_id = m.id
        left join (select distinct x.match_id from public.match_feedback x) f on f.match_id = m.id
        where m.created_at >= (select private.first_counted_week() at time zone 'UTC')
        group by 1, 2, 3, 4
    ),
    -- A week some of whose matches are gone is left as it was counted when they were there.
    whole as (
        select c.week from counted c
        left join (select k.week, sum(k.proposed) as proposed from public.match_outcomes k
            group by k.week) before on before.week = c.week
        group by c.week, before.proposed having sum(c.proposed) >= coalesce(before.proposed, 0)
    ),
    -- An event that was deleted: its matches count outside of events from now on.
    gone as (
        delete from public.match_outcomes k
        where k.week in (select w.week from whole w) and not exists (
            select from counted c
            where (c.week, c.mode, c.engine_version, c.in_event) = (k.week, k.mode, k.engine_version, k.in_event))
        returning 1
    ),
    put as (
        insert into public.match_outcomes as k
            (week, mode, engine_version, in_event, proposed, accepted_by_one, chat_opened, revealed, feedback_given)
        select c.* from counted c join whole w on w.week = c.week
        order by c.week, c.mode, c.engine_version, c.in_event
        on conflict (week, mode, engine_version, in_event) do update set proposed = excluded.proposed,
            accepted_by_one = excluded.accepted_by_one, chat_opened = excluded.chat_opened,
            revealed = excluded.revealed,
            feedback_given = excluded.feedback_given, counted_at = now()
        where (k.proposed, k.accepted_by_one, k.chat_opened, k.revealed, k.feedback_given)
            is distinct from (excluded.proposed, excluded.accepted_by_one, excluded.chat_opened, excluded.revealed,
                excluded.feedback_given)
        returning 1
    )
    select (select count(*) from gone) + (select count(*) from put) into changed;
    return case when changed = 0 then jsonb_build_object('unchanged', true)
        else jsonb_build_object('changedRows', changed) end;
end $$;
comment on function private.refresh_statistics() is
    'Brings match_outcomes up to date; says so and writes nothing when nothing has changed. Weeks whose matches were '
    'purged keep their counts.';

create or replace view public.match_outcome_shares with (security_invoker = true) as
    select to_char(k.week, 'IYYY-"W"IW') as week, k.mode, k.engine_version, k.in_event, k.proposed,
        round(100.0 * k.accepted_by_one / nullif(k.proposed, 0), 1) as accepted_percent,
        round(100.0 * k.chat_opened / nullif(k.accepted_by_one, 0), 1) as chat_percent,
        round(100.0 * k.revealed / nullif(k.chat_opened, 0), 1) as reveal_percent,
        round(100.0 * k.feedback_given / nullif(k.chat_opened, 0), 1) as feedback_percent
    from public.match_outcomes k;
comment on view public.match_outcome_shares is
    'The funnel in percent of the step before, per week, mode and engine. Service only.';
comment on column public.match_outcome_shares.week is 'ISO week of the proposals, such as 2026-W48.';
comment on column public.match_outcome_shares.mode is 'What they were proposed for.';
comment on column public.match_outcome_shares.engine_version is 'Engine that proposed them.';
comment on column public.match_outcome_shares.in_event is 'Whether they were proposed at an event.';
comment on column public.match_outcome_shares.proposed is 'Pairs proposed.';
comment on column public.match_outcome_shares.accepted_percent is 'Of the pairs proposed: at least one side said yes.';
comment on column public.match_outcome_shares.chat_percent is 'Of these: both said yes.';
comment on column public.match_outcome_shares.reveal_percent is 'Of the chats: both wanted to see names.';
comment on column public.match_outcome_shares.feedback_percent is 'Of the chats: at least one side gave feedback.';
revoke all on public.match_outcome_shares from public, anon, authenticated, service_role;
grant select on public.match_outcome_shares to service_role;
select private.declare_view('match_outcome_shares');
