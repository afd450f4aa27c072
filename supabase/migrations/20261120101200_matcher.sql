-- What the matcher leaves behind, and the bells that start it.

create type public.job_status as enum ('running', 'succeeded', 'failed');
comment on type public.job_status is 'How a run stands.';

create table public.job_runs (
    id uuid primary key default gen_random_uuid(),
    name text not null check (name ~ '^[a-z_]+$'),
    trigger text not null check (trigger ~ '^[a-z_]+$'),
    status public.job_status not null default 'running',
    started_at timestamptz not null default now(),
    finished_at timestamptz,
    duration_ms integer check (duration_ms >= 0),
    engine_version text,
    error text check (char_length(error) <= 500),
    metadata jsonb not null default '{}' check (jsonb_typeof(metadata) = 'object'),
    constraint job_runs_finished check ((status = 'running') = (finished_at is null))
);
create index job_runs_name_idx on public.job_runs (name, started_at desc);

comment on table public.job_runs is 'Every run of a background job: when, how long, what it did.';
comment on column public.job_runs.id is 'The run.';
comment on column public.job_runs.name is 'Which job.';
comment on column public.job_runs.trigger is 'What started it: schedule or hand.';
comment on column public.job_runs.status is 'How it stands.';
comment on column public.job_runs.started_at is 'When it began to load.';
comment on column public.job_runs.finished_at is 'When its result was stored.';
comment on column public.job_runs.duration_ms is 'From start to finish, milliseconds.';
comment on column public.job_runs.engine_version is 'Engine that ran.';
comment on column public.job_runs.error is 'Kind of failure; never personal data.';
comment on column public.job_runs.metadata is 'Counts and the fairness statement of the run.';

create table private.bell_nonces (
    nonce uuid primary key,
    rung_at timestamptz not null,
    claimed_at timestamptz not null default now()
);
create index bell_nonces_claimed_idx on private.bell_nonces (claimed_at desc);

alter table private.bell_nonces enable row level security;
comment on table private.bell_nonces is 'Bells already answered; a replayed one is refused.';
comment on column private.bell_nonces.nonce is 'The bell''s nonce.';
comment on column private.bell_nonces.rung_at is 'When it says it was rung.';
comment on column private.bell_nonces.claimed_at is 'When it was answered.';
