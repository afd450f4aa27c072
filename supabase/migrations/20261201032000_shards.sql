-- The nightly run, cut into pieces that workers take under leases like members from the queue.

create table private.job_shards (
    run_id uuid not null references public.job_runs (id) on delete cascade,
    number integer not null check (number >= 1),
    phase smallint not null check (phase >= 0),
    work text not null check (work ~ '^[a-z_]+$'),
    event_id uuid references public.events (id) on delete cascade,
    first_user uuid,
    last_user uuid,
    attempt integer not null default 0,
    worker text,
    claimed_at timestamptz,
    leased_until timestamptz,
    last_error text check (char_length(last_error) <= 500),
    done_at timestamptz,

    primary key (run_id, number)
);
create index job_shards_open_idx on private.job_shards (phase, number) where done_at is null;
create index job_shards_event_idx on private.job_shards (event_id) where event_id is not null;
alter table private.job_shards enable row level security;

comment on table private.job_shards is
    'Pieces of a running job. A worker takes one under a lease; a later phase begins when all before it are done.';
comment on column private.job_shards.run_id is 'The run.';
comment on column private.job_shards.number is 'Order within the run.';
comment on column private.job_shards.phase is
    '0 making members ready, 1 keeping the pool, 2 comparing it, 3 lists, 4 proposals, 5 putting the lists in place, 6 '
    'queueing who changed meanwhile.';
comment on column private.job_shards.work is 'What is to be done.';
comment on column private.job_shards.event_id is 'The event whose pool; null: the global pool.';
comment on column private.job_shards.first_user is
    'First id of the piece; null where it is not about single members. Ids are cut evenly: this is nobody''s.';
comment on column private.job_shards.last_user is 'Last id of the piece.';
comment on column private.job_shards.attempt is 'How often it was taken; fences what a worker stores.';
comment on column private.job_shards.worker is 'Who took it last.';
comment on column private.job_shards.claimed_at is 'When it was taken last.';
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
    pair text not null generated always as (
        least(user_a, user_b)::text || '_' || greatest(user_a, user_b)::text) stored,
    started_at timestamptz not null,
    finished_at timestamptz,
    status public.batch_log_status not null,
    error_msg text check (char_length(error_msg) <= 500),
    check (user_a < user_b)
);
create unique index batch_logs_once_idx on public.batch_logs (run_id, user_a, user_b);
create index batch_logs_user_a_idx on public.batch_logs (user_a);
create index batch_logs_user_b_idx on public.batch_logs (user_b);

comment on table public.batch_logs is
    'Pairs that a nightly run evaluated. Service only: it names people. Kept until the next night; '
    'settings.batch_log_pairs turns it off.';
comment on column public.batch_logs.id is 'Row id.';
comment on column public.batch_logs.run_id is 'The run.';
comment on column public.batch_logs.user_a is 'The lower id.';
comment on column public.batch_logs.user_b is 'The higher id.';
comment on column public.batch_logs.pair is 'Both ids, lower first.';
comment on column public.batch_logs.started_at is 'When the pair''s piece of the run was taken.';
comment on column public.batch_logs.finished_at is 'When it was stored.';
comment on column public.batch_logs.status is 'How it ended.';
comment on column public.batch_logs.error_msg is 'Kind of failure.';
