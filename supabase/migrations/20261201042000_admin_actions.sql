-- Acts of administrators on the matching and on reports. Each is written in the transaction of the act, and never
-- changed.

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
    'Every act of an administrator and every report they read, with time and reason. It is written before the call is '
    'answered. Append-only; only the functions of /admin write here.';
comment on column public.admin_actions.id is 'Row id.';
comment on column public.admin_actions.acted_at is 'When the administrator acted.';
comment on column public.admin_actions.admin_id is
    'The administrator''s auth user. No reference: the record stays when the account is deleted.';
comment on column public.admin_actions.action is
    'The act: start, pause, resume or clear the matching, or an act on reports.';
comment on column public.admin_actions.event_code is 'The event whose matching it changed; null: the global pool.';
comment on column public.admin_actions.report_id is
    'The report. No reference: the record stays when the report is purged.';
comment on column public.admin_actions.match_id is 'The match, if one was stopped by its own id.';
comment on column public.admin_actions.why is 'The reason, in the administrator''s words.';
comment on column public.admin_actions.details is
    'start, clear: priority, and how many rows. Reports: the decision, or the code of a refusal.';
