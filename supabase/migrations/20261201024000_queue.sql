-- Which members wait to be matched, in which pool, and what became of attempts. Postgres is the queue: a row is work
-- to do, a lease says that a worker is at it, and a finished row is gone.

create type public.queue_reason as enum (
    'joined',    -- opted in, ended a pause, or came to an event
    'changed',   -- changed something the engine reads
    'freed',     -- a place became free
    'improved',  -- somebody came who is among their best three
    'enabled',   -- matchmaking of the event was turned on or started again
    'renewed',   -- changed while everybody's scores were renewed
    'hand'       -- an operator asked
);
comment on type public.queue_reason is 'Why a member is in the queue.';

create table public.matchmaking_queue (
    id bigint generated always as identity primary key,
    event_id uuid references public.events (id) on delete cascade,
    user_id uuid not null references public.users (id) on delete cascade,
    priority smallint not null default 0 check (priority between 0 and 3),
    reason public.queue_reason not null default 'hand',
    enqueued_at timestamptz not null default now(),
    available_at timestamptz not null default now(),
    pool uuid not null generated always as (coalesce(event_id, '00000000-0000-0000-0000-000000000000')) stored,
    turn_at timestamptz not null default now(),
    asked_by xid8 not null default pg_current_xact_id(),
    constraint matchmaking_queue_once unique (user_id, pool)
);
create index matchmaking_queue_turn_idx on public.matchmaking_queue (pool, turn_at, id);
create index matchmaking_queue_first_idx on public.matchmaking_queue (turn_at, id);
create index matchmaking_queue_joined_idx on public.matchmaking_queue (turn_at, id) where reason = 'joined';
create index matchmaking_queue_event_idx on public.matchmaking_queue (event_id) where event_id is not null;

comment on table public.matchmaking_queue is
    'Members who wait to be matched, one row per member and pool. Finished rows are deleted; deleting rows by hand is '
    'safe.';
comment on column public.matchmaking_queue.id is 'Row id.';
comment on column public.matchmaking_queue.event_id is 'The event''s pool; null: the global pool.';
comment on column public.matchmaking_queue.user_id is 'Who waits.';
comment on column public.matchmaking_queue.priority is
    '0 newcomers, 1 existing members, 2 changed profiles, 3 an event that was enabled. Larger goes first; each level '
    'is a head start of settings.priority_head_start, so that waiting always outruns it.';
comment on column public.matchmaking_queue.reason is 'Why they are here. Every fourth batch goes to those who joined.';
comment on column public.matchmaking_queue.enqueued_at is 'Since when they wait.';
comment on column public.matchmaking_queue.available_at is
    'Not before then: a pause or a cooldown that ends by itself, or the wait after a failure.';
comment on column public.matchmaking_queue.pool is 'event_id, with zeros for the global pool.';
comment on column public.matchmaking_queue.turn_at is
    'What the queue is ordered by: enqueued_at, or available_at where that lay ahead, less the head start of the '
    'priority.';
comment on column public.matchmaking_queue.asked_by is
    'Transaction that asked last. A worker removes the row only if nobody has asked again since it took it.';

create table private.matchmaking_leases (
    queue_id bigint primary key references public.matchmaking_queue (id) on delete cascade,
    attempt integer not null default 1 check (attempt >= 1),
    worker text not null check (worker ~ '^[A-Za-z0-9._:-]{1,64}$'),
    asked_by xid8 not null,
    claimed_at timestamptz not null,
    leased_until timestamptz not null,
    seen pg_snapshot not null default pg_current_snapshot(),
    last_error text check (char_length(last_error) <= 500)
);
alter table private.matchmaking_leases enable row level security;

comment on table private.matchmaking_leases is
    'Queue rows that a worker took: until when, and at which attempt. Apart from the queue, so that taking a row '
    'writes nothing there.';
comment on column private.matchmaking_leases.queue_id is 'The row of the queue.';
comment on column private.matchmaking_leases.attempt is
    'How often it was taken. Whatever a worker stores must name it: a worker that lost its lease stores nothing.';
comment on column private.matchmaking_leases.worker is 'Which worker took it last.';
comment on column private.matchmaking_leases.asked_by is 'Who had asked last when it was taken.';
comment on column private.matchmaking_leases.claimed_at is 'When it was taken.';
comment on column private.matchmaking_leases.leased_until is 'From then on another worker may take it.';
comment on column private.matchmaking_leases.seen is
    'Which transactions could be seen when it was taken: whoever asked in a later one may be missing from what its '
    'worker loaded.';
comment on column private.matchmaking_leases.last_error is
    'What went wrong at the attempt before; a kind, never personal data.';

create table public.matchmaking_parked (
    user_id uuid not null references public.users (id) on delete cascade,
    event_id uuid references public.events (id) on delete cascade,
    pool uuid not null generated always as (coalesce(event_id, '00000000-0000-0000-0000-000000000000')) stored,
    priority smallint not null,
    reason public.queue_reason not null,
    attempts integer not null,
    last_error text not null check (char_length(last_error) <= 500),
    parked_at timestamptz not null default now(),
    constraint matchmaking_parked_once primary key (user_id, pool)
);
create index matchmaking_parked_event_idx on public.matchmaking_parked (event_id) where event_id is not null;

comment on table public.matchmaking_parked is
    'Members whose last attempt failed too. They go back into the queue when something about them changes, or by '
    'select unpark_matchmaking().';
comment on column public.matchmaking_parked.user_id is 'Who could not be matched.';
comment on column public.matchmaking_parked.event_id is 'In which event''s pool; null: the global pool.';
comment on column public.matchmaking_parked.pool is 'event_id, with zeros for the global pool.';
comment on column public.matchmaking_parked.priority is 'Priority they had.';
comment on column public.matchmaking_parked.reason is 'Why they were queued.';
comment on column public.matchmaking_parked.attempts is 'How often it was tried.';
comment on column public.matchmaking_parked.last_error is 'What went wrong last; a kind, never personal data.';
comment on column public.matchmaking_parked.parked_at is 'When it was given up.';

create type public.pool_status as enum ('idle', 'running', 'paused', 'error');
comment on type public.pool_status is
    'How the matching of a pool stands. paused alone stops it; error says that somebody is parked.';

create table public.matchmaking_jobs (
    id uuid primary key default gen_random_uuid(),
    event_id uuid references public.events (id) on delete cascade,
    status public.pool_status not null default 'idle',
    last_run_at timestamptz,
    processed_count bigint not null default 0,
    error_count bigint not null default 0,
    last_error text,
    created_at timestamptz not null default now(),
    constraint matchmaking_jobs_once unique nulls not distinct (event_id)
);
insert into public.matchmaking_jobs default values;

comment on table public.matchmaking_jobs is
    'One row per pool: the global one (event_id null) and one for each event. Set status to paused to stop a pool, to '
    'anything else to go on.';
comment on column public.matchmaking_jobs.id is 'Row id.';
comment on column public.matchmaking_jobs.event_id is 'The event; null: the global pool.';
comment on column public.matchmaking_jobs.status is
    'paused: nobody is taken from this pool''s queue. Otherwise workers keep it up to date.';
comment on column public.matchmaking_jobs.last_run_at is 'When a worker last took members of this pool.';
comment on column public.matchmaking_jobs.processed_count is
    'Members matched here since the pool exists, each time anew.';
comment on column public.matchmaking_jobs.error_count is 'Attempts that failed.';
comment on column public.matchmaking_jobs.last_error is 'What the last failure was.';
comment on column public.matchmaking_jobs.created_at is 'Since when the pool exists.';
