-- Counters per member. They are in the database, so they hold across instances and for direct calls of the data API.

create type private.limited_call as enum ('read', 'write', 'message', 'draft', 'wrong_id', 'export', 'kept_bytes');
comment on type private.limited_call is 'A kind of call, or of cost, for which each member has a budget.';
create type private.admission as (member uuid, refusal jsonb);
comment on type private.admission is 'The admitted member, or the refusal of their call.';

-- Unlogged: a count is not needed after a crash, and reading calls must not pay for WAL.
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
    'read, write, message, draft (open_message), wrong_id (an id not theirs), export, or kept_bytes.';
comment on column private.rate_counters.window_started_at is
    'When the current window began; an older window counts as empty.';
comment on column private.rate_counters.used is 'Calls counted in the window.';
