-- What a run was made from, kept so that it can be recomputed: the members who searched, as they were then, and the
-- prices it began with.

create table private.pool_history (
    user_id uuid not null references public.users (id) on delete cascade,
    entered_run bigint not null,
    left_run bigint check (left_run > entered_run),
    revision bigint not null,
    chart_version text not null,
    shape text not null,
    capacity integer not null,
    waiting_since timestamptz not null,
    input jsonb not null check (jsonb_typeof(input) = 'array'),
    primary key (user_id, entered_run)
);
create index pool_history_left_idx on private.pool_history (left_run);
alter table private.pool_history enable row level security;

comment on table private.pool_history is
    'Members as the engine saw them, one row per change: a run can be recomputed. Gone with the member, and when they '
    'withdraw a signal.';
comment on column private.pool_history.user_id is 'The member.';
comment on column private.pool_history.entered_run is 'Sequence of the first run that saw them so.';
comment on column private.pool_history.left_run is 'Sequence of the first run that no longer did; null: still so.';
comment on column private.pool_history.revision is 'Revision of the profile.';
comment on column private.pool_history.chart_version is 'Chart version the run asked for.';
comment on column private.pool_history.shape is 'What input held then, and how: private.pool_shape().';
comment on column private.pool_history.capacity is 'Proposals they could still take.';
comment on column private.pool_history.waiting_since is 'Their last proposal, or when they joined.';
comment on column private.pool_history.input is
    'What the engine reads of them, in the order of private.pool_columns().';

create table private.prices (
    user_id uuid not null references public.users (id) on delete cascade,
    set_by bigint not null,
    price real not null check (price >= 0),
    primary key (user_id, set_by)
);
alter table private.prices enable row level security;

comment on table private.prices is
    'What the market of a run asked for each member: where the next run begins. A row per change.';
comment on column private.prices.user_id is 'The member.';
comment on column private.prices.set_by is 'Runs after this sequence begin with it.';
comment on column private.prices.price is 'The weight A of the market with transferable utility.';
