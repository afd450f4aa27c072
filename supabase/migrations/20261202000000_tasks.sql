-- Work that waits for a worker, the sinks of the outbox, and how long things are kept.

create table public.event_sinks (
    id uuid primary key default gen_random_uuid(),
    name text not null unique check (name ~ '^[a-z0-9][a-z0-9_-]{0,62}$'),
    event_types text[] not null default '{}' check (
        array_position(event_types, null) is null and cardinality(event_types) <= 200
    ),
    is_active boolean not null default true,
    created_at timestamptz not null default now()
);
alter table public.event_sinks enable row level security;

comment on table public.event_sinks is
    'Systems of the operator that receive events. A sink receives what happens while it is active.';
comment on column public.event_sinks.id is 'Handle of the sink.';
comment on column public.event_sinks.name is 'What operators call it.';
comment on column public.event_sinks.event_types is 'Names of the events it receives; none: all.';
comment on column public.event_sinks.is_active is 'Whether new events are handed to it.';
comment on column public.event_sinks.created_at is 'When it was added.';

-- An event outlives its match: a sink may not have received it yet.
alter table public.domain_events
    drop constraint domain_events_match_id_fkey,
    drop constraint domain_events_event_type_check,
    add constraint domain_events_event_type_check check (event_type ~ '^[a-z_]+(\.[a-z_]+){1,2}$'),
    -- Its index goes with it.
    drop column published_at,
    add column handed_on boolean not null default true,
    add column delivered_at timestamptz;
create index domain_events_waiting_idx on public.domain_events (id) where not handed_on;
create index domain_events_created_idx on public.domain_events using brin (created_at) with (autosummarize = on);
comment on column public.domain_events.match_id is 'The match concerned, if any. No reference: the event outlives it.';
comment on column public.domain_events.handed_on is
    'Whether there is a task for each of its sinks. True from the start where no sink was active.';
comment on column public.domain_events.delivered_at is
    'When a sink received it last; null: none has. A sink that has not received it has a task.';

create table private.tasks (
    id bigint generated always as identity primary key,
    kind text not null check (kind ~ '^[a-z_]{1,32}$'),
    key text not null check (char_length(key) between 1 and 200),
    user_id uuid references public.users (id) on delete cascade,
    signal public.consent_signal,
    event_id bigint references public.domain_events (id),
    payload jsonb not null default '{}' check (jsonb_typeof(payload) = 'object'),
    attempt integer not null default 0 check (attempt >= 0),
    available_at timestamptz not null default now(),
    worker text,
    leased_until timestamptz,
    parked_at timestamptz,
    last_error text check (char_length(last_error) <= 500),
    created_at timestamptz not null default now(),
    constraint tasks_once unique (kind, key),
    constraint tasks_parked_free check (parked_at is null or leased_until is null)
-- Half of each page stays free, so that a claim changes rows in place and touches no index.
) with (fillfactor = 50);
create index tasks_turn_idx on private.tasks (kind, available_at, id) where parked_at is null;
create index tasks_user_idx on private.tasks (user_id) where user_id is not null;
create index tasks_event_idx on private.tasks (event_id) where event_id is not null;
alter table private.tasks enable row level security;
-- The planner keeps no samples of these, which would outlive their rows.
alter table private.tasks alter column key set statistics 0, alter column payload set statistics 0;

comment on table private.tasks is
    'Work that waits for a worker. A finished task is deleted, so a row is work that is still to be done.';
comment on column private.tasks.id is
    'With the attempt, what a worker holds a task by. A task that is replaced gets another id.';
comment on column private.tasks.kind is 'What is to be done. The job of this name does it.';
comment on column private.tasks.key is 'What it is done to; one task of a kind and key at a time.';
comment on column private.tasks.user_id is 'The member it is about, if any: an erasure takes the task along.';
comment on column private.tasks.signal is
    'The switch it depends on, if any: turning it off cancels the task, and so does a pause.';
comment on column private.tasks.event_id is 'The event it delivers, if any: it stays in the outbox meanwhile.';
comment on column private.tasks.payload is 'What the worker needs to know beside the key.';
comment on column private.tasks.attempt is 'How often it was claimed. Results of an older attempt are rejected.';
comment on column private.tasks.available_at is 'From when a worker may take it; later after a failure.';
comment on column private.tasks.worker is 'The worker that claimed it last.';
comment on column private.tasks.leased_until is 'Until when that worker has it alone; null: no worker has it.';
comment on column private.tasks.parked_at is 'When it was given up, until an operator tries again; null: it was not.';
comment on column private.tasks.last_error is 'Kind of its last failure. Never personal data.';
comment on column private.tasks.created_at is 'When it was put here first.';

comment on column public.job_runs.trigger is 'What started it: schedule, hand, retry, or tasks that waited.';

alter table public.settings
    add column task_lease interval not null default '2 minutes' check (task_lease between '1 second' and '1 hour'),
    add column task_attempts integer not null default 8 check (task_attempts between 5 and 20),
    add column task_backoff interval not null default '15 seconds' check (task_backoff between '0' and '1 hour'),
    add column message_retention interval not null default '90 days' check (message_retention >= '1 day'),
    add column match_retention interval not null default '90 days' check (match_retention >= '1 day'),
    add column analytics_retention interval not null default '13 months' check (analytics_retention >= '1 month');
comment on column public.settings.task_lease is
    'How long a worker may keep a task it took. A killed worker''s tasks are taken over after it.';
comment on column public.settings.task_attempts is 'After so many attempts a task is parked.';
comment on column public.settings.task_backoff is
    'Wait after a task''s first failure; doubled after each further one, an hour at most.';
comment on column public.settings.message_retention is
    'Chats and their messages are deleted this long after the chat''s end, never before safety_window is over.';
comment on column public.settings.match_retention is
    'A match loses its scores and labels this long after its end, never before safety_window is over. Its row stays.';
comment on column public.settings.analytics_retention is 'Weekly counts of match outcomes are deleted after this.';
comment on column public.settings.event_retention is
    'How long a line of the outbox stays after its last sink has received it; after it was written, where none does.';

-- What the purge of scores looks for.
alter table public.matches alter column total_score drop not null;
create index matches_scored_idx on public.matches (ends_at) where total_score is not null;
comment on column public.matches.total_score is
    'Score 0–100 the pair was proposed with; null once settings.match_retention is over.';
