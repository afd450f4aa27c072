-- Counters per member. They live in the database, so they hold across instances and for direct API calls.

create type private.limited_call as enum ('read', 'write', 'message', 'draft', 'wrong_id', 'export', 'kept_bytes');
comment on type private.limited_call is 'What a member has a budget for.';
create type private.admission as (member uuid, refusal jsonb);
comment on type private.admission is 'The member let in, or the answer that turns them away.';

-- Unlogged: a count is worth nothing after a crash, and reads must not pay for WAL.
create unlogged table private.rate_counters (
    user_id uuid not null references auth.users (id) on delete cascade,
    kind private.limited_call not null,
    window_started_at timestamptz not null,
    used integer not null check (used >= 0),
    primary key (user_id, kind)
);
create index rate_counters_window_idx on private.rate_counters (window_started_at);
alter table private.rate_counters enable row level security;

comment on table private.rate_counters is 'Calls of each member in their current window, one row per kind.';
comment on column private.rate_counters.user_id is 'The member who called.';
comment on column private.rate_counters.kind is
    'read, write, message, draft (asking to write a message), or an id that was not theirs.';
comment on column private.rate_counters.window_started_at is
    'When the current window began; an older window counts as empty.';
comment on column private.rate_counters.used is 'Calls counted in the window.';
