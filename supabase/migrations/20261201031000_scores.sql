-- The best candidates of each member, computed ahead. All lists of one generation were made by one engine; a night
-- writes a new generation beside the one in use, and one update puts it in its place.

-- No index by generation: it is new every night and unknown to the statistics, so the planner would read it whole
-- where a member's list is meant. A list is found by its member.
create table private.match_scores (
    generation bigint not null,
    pool uuid not null generated always as (coalesce(event_id, '00000000-0000-0000-0000-000000000000')) stored,
    user_id uuid not null references public.users (id) on delete cascade,
    candidate_user_id uuid not null references public.users (id) on delete cascade,
    event_id uuid references public.events (id) on delete cascade,
    mode public.match_mode not null,
    score numeric(5, 2) not null check (score between 0 and 100),
    sub_scores jsonb not null check (jsonb_typeof(sub_scores) = 'object'),
    reasons text[] not null,
    engine_version text not null,
    computed_at timestamptz not null default now(),
    primary key (user_id, generation, pool, candidate_user_id),
    check (user_id <> candidate_user_id)
);
create index match_scores_candidate_idx on private.match_scores (candidate_user_id, generation);
create index match_scores_event_idx on private.match_scores (event_id) where event_id is not null;
alter table private.match_scores enable row level security;

comment on table private.match_scores is
    'The best candidates of each member in each pool, per generation. Read public.match_scores, which shows the one in '
    'use.';
comment on column private.match_scores.generation is 'Sequence of the run that began it.';
comment on column private.match_scores.pool is 'event_id, with zeros for the global pool.';
comment on column private.match_scores.user_id is 'Whose list.';
comment on column private.match_scores.candidate_user_id is 'Who is on it.';
comment on column private.match_scores.event_id is 'In which event''s pool; null: the global pool.';
comment on column private.match_scores.mode is 'What the pair would be proposed for.';
comment on column private.match_scores.score is 'Score 0–100.';
comment on column private.match_scores.sub_scores is 'Sub-score 0–100 of every block that counted.';
comment on column private.match_scores.reasons is 'Closed-vocabulary labels, strongest first.';
comment on column private.match_scores.engine_version is 'Engine that scored.';
comment on column private.match_scores.computed_at is 'When.';

create table private.engine_versions (
    version text primary key check (version ~ '^[A-Za-z0-9._-]{1,64}$'),
    adopted_at timestamptz not null default clock_timestamp()
);
create index engine_versions_adopted_idx on private.engine_versions (adopted_at desc);
alter table private.engine_versions enable row level security;

comment on table private.engine_versions is
    'Engines that have worked here. The one adopted last is in force: workers of another one do nothing, and the '
    'scores are renewed.';
comment on column private.engine_versions.version is 'Hash of formulas, weights and tables.';
comment on column private.engine_versions.adopted_at is
    'When it was first seen, or put back in force by adopt_engine_version().';

create table private.score_generation (
    id boolean primary key default true check (id),
    generation bigint not null default 0,
    engine_version text,
    input_hash text,
    since timestamptz not null default now()
);
alter table private.score_generation enable row level security;
insert into private.score_generation default values;

comment on table private.score_generation is 'One row: which generation of match_scores is in use.';
comment on column private.score_generation.id is 'Always true: keeps the table at one row.';
comment on column private.score_generation.generation is 'The generation.';
comment on column private.score_generation.engine_version is
    'Engine that made all of it; null: nobody has written yet.';
comment on column private.score_generation.input_hash is 'What it was made from, to tell that nothing has changed.';
comment on column private.score_generation.since is 'When it came into use.';
