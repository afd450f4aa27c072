-- One frame for all background work: who runs, how far it is, whether it still lives; and work that is cut into
-- pieces which workers take like members from the queue.

alter type public.job_status add value if not exists 'cancelled';

alter table public.job_runs
    add column scope text not null default 'all' check (char_length(scope) between 1 and 100),
    add column attempt integer not null default 1 check (attempt >= 1),
    add column heartbeat_at timestamptz,
    add column progress numeric(5, 4) not null default 0 check (progress between 0 and 1);
comment on column public.job_runs.scope is 'What the run covers: all, one event, or one worker. A job runs once at a time per scope.';
comment on column public.job_runs.attempt is 'How often this was tried in a row; 1 after a success.';
comment on column public.job_runs.heartbeat_at is 'Last sign of life. A running job without one for settings.job_lease is given up and another may start.';
comment on column public.job_runs.progress is 'Part that is done, 0 to 1.';
comment on column public.job_runs.trigger is 'What started it: schedule, hand, or retry.';
comment on column public.job_runs.status is 'How it stands. cancelled: somebody called cancel_job(); the worker stops at its next step.';
update public.job_runs set heartbeat_at = coalesce(finished_at, started_at) where id is not null;
alter table public.job_runs alter column heartbeat_at set default clock_timestamp();
-- A worker that was killed before this migration left a run that nobody will end.
update public.job_runs set status = 'failed', finished_at = now(), error = 'abandoned' where status = 'running';
create unique index job_runs_running_idx on public.job_runs (name, scope) where status = 'running';

alter table public.settings
    add column job_lease interval not null default '5 minutes' check (job_lease between '10 seconds' and '1 day'),
    add column shard_size integer not null default 2500 check (shard_size between 1 and 1000000),
    add column batch_log_pairs boolean not null default true;
comment on column public.settings.job_lease is 'A run or a shard without a sign of life for so long is taken over.';
comment on column public.settings.shard_size is 'Members per piece of a nightly run.';
comment on column public.settings.batch_log_pairs is 'Whether a nightly run notes every pair it scored in batch_logs.';

create table private.job_shards (
    run_id uuid not null references public.job_runs (id) on delete cascade,
    number integer not null check (number >= 1),
    phase smallint not null check (phase >= 1),
    work text not null check (work ~ '^[a-z_]+$'),
    event_id uuid references public.events (id) on delete cascade,
    first_user uuid,
    last_user uuid,
    attempt integer not null default 0,
    worker text,
    leased_until timestamptz,
    last_error text check (char_length(last_error) <= 500),
    done_at timestamptz,
    primary key (run_id, number)
);
create index job_shards_open_idx on private.job_shards (phase, number) where done_at is null;
create index job_shards_event_idx on private.job_shards (event_id) where event_id is not null;
alter table private.job_shards enable row level security;
comment on table private.job_shards is 'Pieces of a running job. A worker takes one under a lease; a later phase begins when all before it are done.';
comment on column private.job_shards.run_id is 'The run.';
comment on column private.job_shards.number is 'Order within the run.';
comment on column private.job_shards.phase is '1 scores, 2 proposals, 3 putting the result in place.';
comment on column private.job_shards.work is 'What is to be done.';
comment on column private.job_shards.event_id is 'The event whose pool; null: the global pool.';
comment on column private.job_shards.first_user is 'First member of the piece, in the order of ids; null where it is not about single members.';
comment on column private.job_shards.last_user is 'Last member of the piece.';
comment on column private.job_shards.attempt is 'How often it was taken; fences what a worker stores.';
comment on column private.job_shards.worker is 'Who took it last.';
comment on column private.job_shards.leased_until is 'From then on another worker may take it.';
comment on column private.job_shards.last_error is 'What went wrong last.';
comment on column private.job_shards.done_at is 'When it was done; null: to do.';

create type public.batch_log_status as enum ('ok', 'error');
comment on type public.batch_log_status is 'How the evaluation of a pair ended.';

create table public.batch_logs (
    id bigint generated always as identity primary key,
    run_id uuid not null references public.job_runs (id) on delete cascade,
    user_a uuid not null references public.users (id) on delete cascade,
    user_b uuid not null references public.users (id) on delete cascade,
    pair text not null generated always as (least(user_a, user_b)::text || '_' || greatest(user_a, user_b)::text) stored,
    started_at timestamptz not null,
    finished_at timestamptz,
    status public.batch_log_status not null,
    error_msg text check (char_length(error_msg) <= 500),
    check (user_a < user_b)
);
create unique index batch_logs_once_idx on public.batch_logs (run_id, user_a, user_b);
create index batch_logs_user_a_idx on public.batch_logs (user_a);
create index batch_logs_user_b_idx on public.batch_logs (user_b);
comment on table public.batch_logs is 'Pairs that a nightly run evaluated. Service only: it names people. Kept until the next night; settings.batch_log_pairs turns it off.';
comment on column public.batch_logs.id is 'Row id.';
comment on column public.batch_logs.run_id is 'The run.';
comment on column public.batch_logs.user_a is 'The lower id.';
comment on column public.batch_logs.user_b is 'The higher id.';
comment on column public.batch_logs.pair is 'Both ids, lower first.';
comment on column public.batch_logs.started_at is 'When the pair''s piece of the run was taken.';
comment on column public.batch_logs.finished_at is 'When it was stored.';
comment on column public.batch_logs.status is 'How it ended.';
comment on column public.batch_logs.error_msg is 'Kind of failure.';
