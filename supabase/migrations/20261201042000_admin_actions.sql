-- What administrators did to the matching and to reports: written with the deed, never changed.

create table public.admin_actions (
    id uuid primary key default gen_random_uuid(),
    acted_at timestamptz not null default clock_timestamp(),
    admin_id uuid not null,
    action text not null check (action in (
        'start', 'pause', 'resume', 'clear',
        'list_reports', 'read_report', 'read_evidence', 'take_report', 'decide_report', 'stop_match')),
    event_code text,
    report_id uuid,
    match_id uuid,
    why text check (char_length(why) between 1 and 1000),
    details jsonb not null default '{}' check (jsonb_typeof(details) = 'object')
);
create index admin_actions_acted_idx on public.admin_actions (acted_at desc);
create index admin_actions_report_idx on public.admin_actions (report_id, acted_at) where report_id is not null;

comment on table public.admin_actions is
    'Everything administrators did, and every report they read, by whom, when and why: written before anything is '
    'answered. Append-only; nobody but the functions of /admin writes here.';
comment on column public.admin_actions.id is 'Row id.';
comment on column public.admin_actions.acted_at is 'When.';
comment on column public.admin_actions.admin_id is
    'The administrator''s auth user. No reference: what was done stays on record when the account goes.';
comment on column public.admin_actions.action is
    'What: start, pause, resume or clear the matching; or what was read or done of reports.';
comment on column public.admin_actions.event_code is 'At which event; null: the global pool.';
comment on column public.admin_actions.report_id is
    'Which report. No reference: what was read stays on record when the report is purged.';
comment on column public.admin_actions.match_id is 'Which match, where one was stopped by its own id.';
comment on column public.admin_actions.why is 'Why, in the administrator''s words.';
comment on column public.admin_actions.details is
    'start, clear: priority, and how many rows. Reports: the decision, or why nothing came of it.';
