-- Reports with their evidence. An administrator takes a report and decides it with a reason. It is kept for a time.

create type public.report_status as enum ('open', 'reviewing', 'decided');
comment on type public.report_status is 'The state of the safety team''s work on a report.';
create type public.report_decision as enum ('no_action', 'warned', 'stopped');
comment on type public.report_decision is
    'The decision on a report. warned and stopped uphold it; stopped has ended the pair.';

create table public.reports (
    id uuid primary key default gen_random_uuid(),
    match_id uuid references public.matches (id) on delete set null,
    reporter_id uuid references public.users (id) on delete set null,
    reported_id uuid references public.users (id) on delete set null,
    reported_erased uuid references private.erased_members (id) on delete set null,
    reason text not null check (char_length(reason) between 1 and 100 and reason !~ '[[:cntrl:]]'),
    -- A second report of the same match is added here.
    details text check (char_length(details) between 1 and 10000),
    status public.report_status not null default 'open',
    created_at timestamptz not null default now(),
    updated_at timestamptz not null default now(),

    evidence_salt bytea check (octet_length(evidence_salt) = 32),
    evidence_chat_id uuid,
    evidence_count integer not null default 0 check (evidence_count between 0 and 100),

    taken_by uuid,
    taken_at timestamptz,
    decision public.report_decision,
    decided_by uuid,
    decided_at timestamptz,
    decision_reason text check (char_length(decision_reason) between 1 and 1000),

    constraint reports_decided_whole check (
        num_nulls(decision, decided_by, decided_at, decision_reason) in (0, 4)
        and (decision is null or status = 'decided')
    ),
    constraint reports_taken_whole check ((taken_by is null) = (taken_at is null)),
    constraint reports_salt_with_evidence check (evidence_salt is not null or evidence_count = 0),
    constraint reports_salt_of_a_chat check ((evidence_salt is null) = (evidence_chat_id is null))
);
create index reports_open_idx on public.reports (created_at) where status <> 'decided';
create index reports_match_idx on public.reports (match_id);
create index reports_reporter_idx on public.reports (reporter_id);
create index reports_reported_idx on public.reports (reported_id);
create index reports_evidence_chat_idx on public.reports (evidence_chat_id) where evidence_chat_id is not null;
create index reports_decided_idx on public.reports (decided_at) where decision is not null;
create index reports_reported_erased_idx on public.reports (reported_erased) where reported_erased is not null;

comment on table public.reports is 'Calls for help about a partner, for the safety team.';
comment on column public.reports.id is 'Row id.';
comment on column public.reports.match_id is 'The match it is about.';
comment on column public.reports.reporter_id is 'The member who reports; null once erased.';
comment on column public.reports.reported_id is 'The reported member; null once erased. Never shown to a member.';
comment on column public.reports.reported_erased is
    'The reported member, once erased. The same value in two reports is the same person. reported_id is filled in when '
    'they return. Never shown to a member.';
comment on column public.reports.reason is 'The kind of trouble.';
comment on column public.reports.details is 'The reporter''s own words.';
comment on column public.reports.status is 'The state of the safety team''s work.';
comment on column public.reports.created_at is 'When it was first reported.';
comment on column public.reports.updated_at is 'When the reporter last added to it.';
comment on column public.reports.evidence_salt is
    'Salt of the chat that its evidence is from, which opens it; null: no evidence. It outlives the chat. It is zeroed '
    'with the chat''s own when both sides are erased.';
comment on column public.reports.evidence_chat_id is
    'Chat its evidence is from; part of what the cipher authenticates. No reference: chats go before reports.';
comment on column public.reports.evidence_count is 'How many messages the reporter chose as evidence.';
comment on column public.reports.taken_by is
    'Auth user of the administrator who took it. No reference: the record stays when the account is deleted.';
comment on column public.reports.taken_at is 'When it was taken; after a day another administrator may take it.';
comment on column public.reports.decision is
    'The decision; null: not decided, or decided by hand before decisions were kept.';
comment on column public.reports.decided_by is 'Auth user of the administrator who decided.';
comment on column public.reports.decided_at is 'When it was decided; kept for settings.report_retention from then.';
comment on column public.reports.decision_reason is 'Why it was decided so, in the administrator''s words.';

create table private.report_evidence (
    report_id uuid not null references public.reports (id) on delete cascade,
    message_id uuid not null,
    number integer not null check (number > 0),
    side public.match_side not null,
    writer_id uuid references public.users (id) on delete cascade,
    content_ciphertext bytea not null check (octet_length(content_ciphertext) between 29 and 8028),
    key_id text not null check (key_id ~ '^[A-Za-z0-9_-]{1,32}$'),
    sent_at timestamptz not null,
    primary key (report_id, message_id)
);
create index report_evidence_writer_idx on private.report_evidence (writer_id);
alter table private.report_evidence enable row level security;

comment on table private.report_evidence is
    'Messages a reporter chose, copied unchanged from the chat. They outlive the chat, and are deleted with the report '
    'or with the member who wrote them.';
comment on column private.report_evidence.report_id is 'The report.';
comment on column private.report_evidence.message_id is
    'Id the message had in its chat; part of what the cipher authenticates. No reference: chats go before reports.';
comment on column private.report_evidence.number is 'Order within the chat.';
comment on column private.report_evidence.side is 'Which side wrote it.';
comment on column private.report_evidence.writer_id is 'The member who wrote it. Their erasure deletes it.';
comment on column private.report_evidence.content_ciphertext is 'Nonce, ciphertext and tag.';
comment on column private.report_evidence.key_id is 'Key of the ring it is sealed under.';
comment on column private.report_evidence.sent_at is 'When it was sent.';
