-- How far proposals get, counted and kept: it outlives the matches it was counted from.

create table public.match_outcomes (
    week date not null check (extract(isodow from week) = 1),
    mode public.match_mode not null,
    engine_version text not null,
    in_event boolean not null,
    proposed integer not null check (proposed >= 0),
    accepted_by_one integer not null check (accepted_by_one between 0 and proposed),
    chat_opened integer not null check (chat_opened between 0 and accepted_by_one),
    revealed integer not null check (revealed between 0 and chat_opened),
    feedback_given integer not null check (feedback_given between 0 and chat_opened),
    counted_at timestamptz not null default now(),
    primary key (week, mode, engine_version, in_event)
);

comment on table public.match_outcomes is
    'How far the proposals of a week got, in counts of pairs. Brought up to date every hour; kept when the matches '
    'themselves are purged. public.match_outcome_shares shows it in percent.';
comment on column public.match_outcomes.week is 'Monday of the ISO week in which the pairs were proposed, UTC.';
comment on column public.match_outcomes.mode is 'What they were proposed for.';
comment on column public.match_outcomes.engine_version is 'Engine that proposed them.';
comment on column public.match_outcomes.in_event is 'Whether they were proposed at an event.';
comment on column public.match_outcomes.proposed is 'Pairs proposed.';
comment on column public.match_outcomes.accepted_by_one is 'Of these: at least one side said yes.';
comment on column public.match_outcomes.chat_opened is 'Of these: both said yes.';
comment on column public.match_outcomes.revealed is 'Of those with a chat: both wanted to see names.';
comment on column public.match_outcomes.feedback_given is 'Of those with a chat: at least one side gave feedback.';
comment on column public.match_outcomes.counted_at is 'When this row last changed.';
