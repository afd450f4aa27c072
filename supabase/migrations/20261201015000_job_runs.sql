-- One frame for all background work: which job runs, how far it is, whether it still lives.

create type public.job_status as enum ('running', 'succeeded', 'failed', 'cancelled');
comment on type public.job_status is 'How a run stands.';

create table public.job_runs (
    id uuid primary key default gen_random_uuid(),
    sequence bigint generated always as identity,
    name text not null check (name ~ '^[a-z_]+$'),
    scope text not null default 'all' check (char_length(scope) between 1 and 100),
    trigger text not null check (trigger ~ '^[a-z_]+$'),
    status public.job_status not null default 'running',
    attempt integer not null default 1 check (attempt >= 1),
    started_at timestamptz not null default now(),
    heartbeat_at timestamptz default clock_timestamp(),
    finished_at timestamptz,
    duration_ms integer check (duration_ms >= 0),
    progress numeric(5, 4) not null default 0 check (progress between 0 and 1),
    engine_version text,
    error text check (char_length(error) <= 500),
    metadata jsonb not null default '{}' check (jsonb_typeof(metadata) = 'object'),

    constraint job_runs_finished check ((status = 'running') = (finished_at is null))
);
create index job_runs_name_idx on public.job_runs (name, started_at desc);
create unique index job_runs_sequence_idx on public.job_runs (sequence);
create unique index job_runs_running_idx on public.job_runs (name, scope) where status = 'running';

comment on table public.job_runs is 'Every run of a background job: when, how long, what it did.';
comment on column public.job_runs.id is 'The run.';
comment on column public.job_runs.sequence is 'Order of the runs.';
comment on column public.job_runs.name is 'Which job.';
comment on column public.job_runs.scope is
    'What the run covers: all, one event, or one worker. A job runs once at a time per scope.';
comment on column public.job_runs.trigger is 'What started it: schedule, hand, or retry.';
comment on column public.job_runs.status is
    'How it stands. cancelled: somebody called cancel_job(); the worker stops at its next step.';
comment on column public.job_runs.attempt is 'How often this was tried in a row; 1 after a success.';
comment on column public.job_runs.started_at is 'When it began to load.';
comment on column public.job_runs.heartbeat_at is
    'Last sign of life. A running job without one for settings.job_lease is given up and another may start.';
comment on column public.job_runs.finished_at is 'When its result was stored.';
comment on column public.job_runs.duration_ms is 'From start to finish, milliseconds.';
comment on column public.job_runs.progress is 'Part that is done, 0 to 1.';
comment on column public.job_runs.engine_version is 'Engine that ran; of the charts job, the version of the charts.';
comment on column public.job_runs.error is 'Kind of failure; never personal data.';
comment on column public.job_runs.metadata is
    'What the run did. Of a matcher run: members (searching), membersWithRoom (can take a proposal; these are '
    'membersWithProposal, membersWithoutCandidates (nobody passes all filters), membersBelowMinimum (candidates, all '
    'below match_min_score) and those whose candidates are full), before and after the fairness pass (before: best '
    'chances first, after: what the run did; expectedMatches: per member; tenthPercentile: a tenth expects no more; '
    'gini of proposals received: 0 is all the same; envy: share who would rather have another''s proposals; '
    'largestLoad: most that anybody got), groups (by gender and whom they seek), longestWaitDays, manifest (for '
    'scripts/replay).';
