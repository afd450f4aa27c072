-- What administrators did to the matching: written with the deed, never changed.

create table public.admin_actions (
    id uuid primary key default gen_random_uuid(),
    acted_at timestamptz not null default clock_timestamp(),
    admin_id uuid not null,
    action text not null check (action in ('start', 'pause', 'resume', 'clear')),
    event_code text,
    details jsonb not null default '{}' check (jsonb_typeof(details) = 'object')
);
create index admin_actions_acted_idx on public.admin_actions (acted_at desc);

comment on table public.admin_actions is 'Every POST /admin/matching: who, what, when. Append-only; nobody but that route writes here.';
comment on column public.admin_actions.id is 'Row id.';
comment on column public.admin_actions.acted_at is 'When.';
comment on column public.admin_actions.admin_id is 'The administrator''s auth user. No reference: what was done stays on record when the account goes.';
comment on column public.admin_actions.action is 'What: start, pause, resume or clear.';
comment on column public.admin_actions.event_code is 'At which event; null: the global pool.';
comment on column public.admin_actions.details is 'Priority, and how many rows were queued or cleared.';
