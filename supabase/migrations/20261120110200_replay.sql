-- What a run was made from, kept so that it can be recomputed: who searched as they were then, and the prices it began with.

alter table public.job_runs add column sequence bigint generated always as identity;
create unique index job_runs_sequence_idx on public.job_runs (sequence);
comment on column public.job_runs.sequence is 'Order of the runs.';

comment on column public.job_runs.engine_version is 'Engine that ran; of the charts job, the version of the charts.';
comment on column public.job_runs.metadata is
    'What the run did. Of a matcher run: members (searching), membersWithRoom (can take a proposal; these are membersWithProposal, membersWithoutCandidates (nobody passes all filters), membersBelowMinimum (candidates, all below match_min_score) and those whose candidates are full), before and after the fairness pass (before: best chances first, after: what the run did; expectedMatches: per member; tenthPercentile: a tenth expects no more; gini of proposals received: 0 is all the same; envy: share who would rather have another''s proposals; largestLoad: most that anybody got), groups (by gender and whom they seek), longestWaitDays, manifest (for scripts/replay).';

alter table public.matches add column run_id uuid references public.job_runs (id) on delete set null;
create index matches_run_idx on public.matches (run_id);
comment on column public.matches.run_id is 'The matcher run that proposed the pair; null once the run is purged.';

alter table public.settings add column cooldown interval not null default '0' check (cooldown >= '0');
comment on column public.settings.cooldown is 'After a match of theirs has ended a member is not proposed to anyone for this long.';

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
comment on table private.pool_history is 'Members as the engine saw them, one row per change: a run can be recomputed. Gone with the member, and when they withdraw a signal.';
comment on column private.pool_history.user_id is 'The member.';
comment on column private.pool_history.entered_run is 'Sequence of the first run that saw them so.';
comment on column private.pool_history.left_run is 'Sequence of the first run that no longer did; null: still so.';
comment on column private.pool_history.revision is 'Revision of the profile.';
comment on column private.pool_history.chart_version is 'Chart version the run asked for.';
comment on column private.pool_history.shape is 'What input held then, and how: private.pool_shape().';
comment on column private.pool_history.capacity is 'Proposals they could still take.';
comment on column private.pool_history.waiting_since is 'Their last proposal, or when they joined.';
comment on column private.pool_history.input is 'What the engine reads of them, in the order of private.pool_columns().';

create table private.prices (
    user_id uuid not null references public.users (id) on delete cascade,
    set_by bigint not null,
    price real not null check (price >= 0),
    primary key (user_id, set_by)
);
alter table private.prices enable row level security;
comment on table private.prices is 'What the market of a run asked for each member: where the next run begins. A row per change.';
comment on column private.prices.user_id is 'The member.';
comment on column private.prices.set_by is 'Runs after this sequence begin with it.';
comment on column private.prices.price is 'The weight A of the market with transferable utility.';
