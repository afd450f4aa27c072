-- Reports that hold evidence and are worked: taken, decided with a reason, and kept for a time. A pair can be stopped.

create type public.report_decision as enum ('no_action', 'warned', 'stopped');
comment on type public.report_decision is 'What became of a report. warned and stopped uphold it; stopped has ended the pair.';

alter table public.reports
    add column updated_at timestamptz not null default now(),
    add column evidence_salt bytea check (octet_length(evidence_salt) = 32),
    add column evidence_chat_id uuid,
    add column evidence_count integer not null default 0 check (evidence_count between 0 and 100),
    add column taken_by uuid,
    add column taken_at timestamptz,
    add column decision public.report_decision,
    add column decided_by uuid,
    add column decided_at timestamptz,
    add column decision_reason text check (char_length(decision_reason) between 1 and 1000),
    drop constraint reports_details_check,
    -- Somebody who reports again adds to what they said.
    add constraint reports_details_check check (char_length(details) between 1 and 10000),
    add constraint reports_decided_whole check (
        num_nulls(decision, decided_by, decided_at, decision_reason) in (0, 4) and (decision is null or status = 'decided')),
    add constraint reports_taken_whole check ((taken_by is null) = (taken_at is null)),
    add constraint reports_salt_with_evidence check (evidence_salt is not null or evidence_count = 0),
    add constraint reports_salt_of_a_chat check ((evidence_salt is null) = (evidence_chat_id is null));
create index reports_evidence_chat_idx on public.reports (evidence_chat_id) where evidence_chat_id is not null;
create index reports_decided_idx on public.reports (decided_at) where decision is not null;

comment on column public.reports.updated_at is 'When the reporter last added to it.';
comment on column public.reports.evidence_salt is 'Salt of the chat its evidence is from, which opens it; null: none. Outlives the chat; zeroed with the chat''s when both sides are erased.';
comment on column public.reports.evidence_chat_id is 'Chat its evidence is from; part of what the cipher authenticates. No reference: chats go before reports.';
comment on column public.reports.evidence_count is 'How many messages the reporter chose as evidence.';
comment on column public.reports.taken_by is 'Auth user of the administrator who is at it. No reference: the record stays when the account goes.';
comment on column public.reports.taken_at is 'Since when; after a day another one may take it.';
comment on column public.reports.decision is 'What became of it; null: not decided, or decided by hand before decisions were kept.';
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
-- The planner keeps no sample of these, which would outlive an erasure.
alter table private.report_evidence alter column content_ciphertext set statistics 0;
alter table public.reports alter column evidence_salt set statistics 0;
comment on table private.report_evidence is 'Messages a reporter chose, copied as they lay in the chat: they outlive the chat and go with the report, or with whoever wrote them.';
comment on column private.report_evidence.report_id is 'The report.';
comment on column private.report_evidence.message_id is 'Id the message had in its chat; part of what the cipher authenticates. No reference: chats go before reports.';
comment on column private.report_evidence.number is 'Order within the chat.';
comment on column private.report_evidence.side is 'Which side wrote it.';
comment on column private.report_evidence.writer_id is 'Who wrote it; their erasure takes it.';
comment on column private.report_evidence.content_ciphertext is 'Nonce, ciphertext and tag.';
comment on column private.report_evidence.key_id is 'Key of the ring it is sealed under.';
comment on column private.report_evidence.sent_at is 'When it was sent.';

alter table public.matches add column stopped_at timestamptz;
comment on column public.matches.stopped_at is 'When the safety team ended it. Each side sees what they would see had the other one left.';

-- What administrators did to reports stands in the same record as what they did to the matching.
alter table public.admin_actions
    drop constraint admin_actions_action_check,
    add constraint admin_actions_action_check check (action in ('start', 'pause', 'resume', 'clear',
        'list_reports', 'read_report', 'read_evidence', 'take_report', 'decide_report', 'stop_match')),
    add column report_id uuid,
    add column match_id uuid,
    add column why text check (char_length(why) between 1 and 1000);
create index admin_actions_report_idx on public.admin_actions (report_id, acted_at) where report_id is not null;
comment on table public.admin_actions is
    'Everything administrators did, and every report they read, by whom, when and why: written before anything is answered. Append-only; nobody but the functions of /admin writes here.';
comment on column public.admin_actions.action is 'What: start, pause, resume or clear the matching; or what was read or done of reports.';
comment on column public.admin_actions.details is 'start, clear: priority, and how many rows. Reports: the decision, or why nothing came of it.';
comment on column public.admin_actions.report_id is 'Which report. No reference: what was read stays on record when the report is purged.';
comment on column public.admin_actions.match_id is 'Which match, where one was stopped by its own id.';
comment on column public.admin_actions.why is 'Why, in the administrator''s words.';

alter table public.settings add column report_retention interval not null default '1 year' check (report_retention >= '1 day');
comment on column public.settings.report_retention is 'Reports and their evidence are deleted this long after they were decided.';
