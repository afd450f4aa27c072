-- A match's life. A row also holds each side's own decision and the time at which that side left.
--
--   proposed ─ a accepts ─▶ accepted_a ─ b accepts ─▶ blind_chat_active ─ both reveal ─▶ revealed ─▶ closed
--       │   └─ b accepts ─▶ accepted_b ─ a accepts ─┘        │
--       ├─ either declines ─▶ declined   ├─ no answer ─▶ expired   └─ either leaves ─▶ closed
--
-- `status` is the true state, for administrators. A member never reads it. To the other side a decline, a pause, a
-- block and an erasure all look like a proposal without an answer, until expires_at.

create type public.match_status as enum (
    'proposed',
    'accepted_a',          -- a said yes first
    'accepted_b',          -- b said yes first
    'blind_chat_active',   -- the second yes: chat and pseudonyms exist
    'revealed',            -- both asked for or accepted a reveal
    'declined',            -- a side said no
    'expired',             -- expires_at passed without two yeses
    'closed'               -- a side left, or the chat fell idle
);
comment on type public.match_status is 'The true state of a match; each value names the transition that led there.';
create type public.match_decision as enum ('accepted', 'declined');
comment on type public.match_decision is 'The decision of one side.';
create type public.match_action as enum ('accept', 'decline');
comment on type public.match_action is 'The two possible answers of a side.';
create type public.match_side as enum ('a', 'b');
comment on type public.match_side is 'One of the two places in a match, drawn at random.';

create table public.matches (
    id uuid primary key default gen_random_uuid(),
    user_a uuid references public.users (id) on delete set null,
    user_b uuid references public.users (id) on delete set null,
    mode public.match_mode not null,
    event_id uuid references public.events (id) on delete set null,
    run_id uuid references public.job_runs (id) on delete set null,
    status public.match_status not null default 'proposed',

    decision_a public.match_decision,
    decided_a_at timestamptz,
    decision_b public.match_decision,
    decided_b_at timestamptz,
    left_a_at timestamptz,
    left_b_at timestamptz,
    stopped_at timestamptz,
    swept_at timestamptz,
    chat_opened_at timestamptz,
    chat_ends_at timestamptz,
    expires_at timestamptz not null,
    ends_at timestamptz not null generated always as (coalesce(chat_ends_at, expires_at)) stored,

    astro_score numeric(5, 2) check (astro_score between 0 and 100),
    hd_score numeric(5, 2) check (hd_score between 0 and 100),
    values_score numeric(5, 2) check (values_score between 0 and 100),
    communication_score numeric(5, 2) check (communication_score between 0 and 100),
    readiness_score numeric(5, 2) check (readiness_score between 0 and 100),
    total_score numeric(5, 2) not null check (total_score between 0 and 100),
    score_breakdown jsonb not null default '{}' check (jsonb_typeof(score_breakdown) = 'object'),
    explanation text[] not null default '{}' check (
        explanation = string_to_array(array_to_string(explanation, ','), ',')
        and array_to_string(explanation, ',') ~ '^([a-z]+(_[a-z]+)*(,[a-z]+(_[a-z]+)*)*)?$'
    ),
    engine_version text not null check (engine_version ~ '^[A-Za-z0-9._-]{1,64}$'),

    created_at timestamptz not null default now(),
    updated_at timestamptz not null default now(),

    constraint matches_two_people check (user_a <> user_b),
    constraint matches_decisions_dated check (
        (decision_a is null) = (decided_a_at is null) and (decision_b is null) = (decided_b_at is null)
    ),
    constraint matches_chat_dated check ((chat_opened_at is null) = (chat_ends_at is null)),
    constraint matches_chat_needs_two_yeses check (
        chat_opened_at is null
        or (decision_a is not distinct from 'accepted' and decision_b is not distinct from 'accepted')
    ),
    constraint matches_chat_status check (
        status not in ('blind_chat_active', 'revealed') or chat_opened_at is not null
    )
);
-- At most one live match per unordered pair, even if two matchers propose it at once.
create unique index matches_live_pair_idx on public.matches (least(user_a, user_b), greatest(user_a, user_b))
    where status in ('proposed', 'accepted_a', 'accepted_b', 'blind_chat_active', 'revealed')
      and user_a is not null and user_b is not null;
-- History: a pair that ever met is found here.
create index matches_pair_idx on public.matches (least(user_a, user_b), greatest(user_a, user_b));
create index matches_user_a_idx on public.matches (user_a, ends_at);
create index matches_user_b_idx on public.matches (user_b, ends_at);
-- For the expiry sweep.
create index matches_ending_idx on public.matches (ends_at) where swept_at is null;
create index matches_run_idx on public.matches (run_id);
create index matches_event_idx on public.matches (event_id) where event_id is not null;
create index matches_created_idx on public.matches (created_at);

comment on table public.matches is
    'Pairs that the matcher proposed, and their state. Members read theirs through get_status(), never this table.';
comment on column public.matches.id is 'The only handle of a match a member ever holds.';
comment on column public.matches.user_a is 'One side, drawn at random; null once erased.';
comment on column public.matches.user_b is 'The other side; null once erased.';
comment on column public.matches.mode is 'The kind of relation the pair was proposed for.';
comment on column public.matches.event_id is 'The event whose pool the pair was proposed in; null: the global pool.';
comment on column public.matches.run_id is 'The matcher run that proposed the pair; null once the run is purged.';
comment on column public.matches.status is 'The true state. Each member sees only their own view of it.';
comment on column public.matches.decision_a is 'Answer of side a.';
comment on column public.matches.decided_a_at is 'When side a answered.';
comment on column public.matches.decision_b is 'Answer of side b.';
comment on column public.matches.decided_b_at is 'When side b answered.';
comment on column public.matches.left_a_at is 'When side a left for good: declined, paused, blocked, closed or erased.';
comment on column public.matches.left_b_at is 'When side b left for good.';
comment on column public.matches.stopped_at is
    'When the safety team ended it. To each side it looks as if the other side had left.';
comment on column public.matches.swept_at is
    'When the sweep noted that the match is over; null until then, also where a side left before.';
comment on column public.matches.chat_opened_at is 'When both had said yes; null: no chat has opened.';
comment on column public.matches.chat_ends_at is
    'When the chat ends: its idle end, which every message moves, or the time at which a side left.';
comment on column public.matches.expires_at is 'Until when both may answer. It never changes.';
comment on column public.matches.ends_at is
    'When the match is over for both sides: expires_at until a chat opens, then chat_ends_at.';
comment on column public.matches.astro_score is 'Sub-score 0–100 of the charts; null without consent or data.';
comment on column public.matches.hd_score is 'Sub-score 0–100 of Human Design; null without consent or data.';
comment on column public.matches.values_score is 'Sub-score 0–100 of values; null without consent or data.';
comment on column public.matches.communication_score is
    'Sub-score 0–100 of communication; null without consent or data.';
comment on column public.matches.readiness_score is
    'Sub-score 0–100 of readiness, the lower of the two; null without consent or data.';
comment on column public.matches.total_score is 'Score 0–100 the pair was proposed with.';
comment on column public.matches.score_breakdown is 'Sub-score 0–100 of every block that counted.';
comment on column public.matches.explanation is 'Closed-vocabulary labels both sides may see.';
comment on column public.matches.engine_version is 'Formulas, weights and tables that made the score.';
comment on column public.matches.created_at is 'When the pair was proposed.';
comment on column public.matches.updated_at is 'Last transition.';

create type private.seat as (
    side public.match_side,
    partner uuid,
    decision public.match_decision,
    partner_decision public.match_decision,
    partner_left boolean,
    over_at timestamptz,
    is_over boolean
);
comment on type private.seat is 'A match from the side of one of its two members.';
