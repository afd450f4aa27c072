-- Leaving for good and asking for help. Both take a match handle, never a user id: an id would tell
-- whether a person exists.

create table public.blocks (
    id uuid primary key default gen_random_uuid(),
    match_id uuid references public.matches (id) on delete set null,
    blocker_id uuid not null references public.users (id) on delete cascade,
    blocked_id uuid references public.users (id) on delete set null,
    created_at timestamptz not null default now(),
    unique (blocker_id, blocked_id),
    -- Once a match: an erased partner is blocked like any other, as far as the blocker can see.
    unique (blocker_id, match_id),
    constraint blocks_two_people check (blocker_id <> blocked_id)
);
create index blocks_blocked_idx on public.blocks (blocked_id, blocker_id);
create index blocks_match_idx on public.blocks (match_id);

comment on table public.blocks is 'Pairs that must never meet again.';
comment on column public.blocks.id is 'Row id.';
comment on column public.blocks.match_id is 'The match it came from.';
comment on column public.blocks.blocker_id is 'Who blocked.';
comment on column public.blocks.blocked_id is 'Who is blocked; null once erased. Never shown to a member.';
comment on column public.blocks.created_at is 'When.';

create type public.report_status as enum ('open', 'reviewing', 'decided');
comment on type public.report_status is 'Where the safety team stands with a report.';

create table public.reports (
    id uuid primary key default gen_random_uuid(),
    match_id uuid references public.matches (id) on delete set null,
    reporter_id uuid references public.users (id) on delete set null,
    reported_id uuid references public.users (id) on delete set null,
    reason text not null check (char_length(reason) between 1 and 100 and reason !~ '[[:cntrl:]]'),
    details text check (char_length(details) between 1 and 2000),
    status public.report_status not null default 'open',
    created_at timestamptz not null default now()
);
create index reports_open_idx on public.reports (created_at) where status <> 'decided';
create index reports_match_idx on public.reports (match_id);
create index reports_reporter_idx on public.reports (reporter_id);
create index reports_reported_idx on public.reports (reported_id);

comment on table public.reports is 'Calls for help about a partner, for the safety team.';
comment on column public.reports.id is 'Row id.';
comment on column public.reports.match_id is 'The match it is about.';
comment on column public.reports.reporter_id is 'Who reports; null once erased.';
comment on column public.reports.reported_id is 'Who is reported; null once erased. Never shown to a member.';
comment on column public.reports.reason is 'What kind of trouble.';
comment on column public.reports.details is 'The reporter''s own words.';
comment on column public.reports.status is 'Where the safety team stands.';
comment on column public.reports.created_at is 'When.';

create type private.abuse_kind as enum ('unreadable_message');
comment on type private.abuse_kind is 'What only a tampering client does.';

create table private.abuse_signals (
    id bigint generated always as identity primary key,
    user_id uuid references public.users (id) on delete cascade,
    kind private.abuse_kind not null,
    match_id uuid references public.matches (id) on delete cascade,
    noted_by uuid references public.users (id) on delete set null,
    created_at timestamptz not null default now()
);
create index abuse_signals_user_idx on private.abuse_signals (user_id);
create index abuse_signals_noted_by_idx on private.abuse_signals (noted_by);
create index abuse_signals_match_idx on private.abuse_signals (match_id);

alter table private.abuse_signals enable row level security;
comment on table private.abuse_signals is 'Things only a tampering client does. A signal to look at, not a verdict.';
comment on column private.abuse_signals.id is 'Order.';
comment on column private.abuse_signals.user_id is 'Whose message or call it was.';
comment on column private.abuse_signals.kind is 'What happened.';
comment on column private.abuse_signals.match_id is 'Where.';
comment on column private.abuse_signals.noted_by is 'Whose client noticed: it is their word.';
comment on column private.abuse_signals.created_at is 'When.';
