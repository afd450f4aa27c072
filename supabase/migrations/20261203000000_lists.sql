-- Lists as one row per member and pool. What was a row per candidate, and a row per pair that a night evaluated, are
-- views over these rows.

drop view if exists public.match_scores;
drop table private.match_scores;
drop table public.batch_logs;

-- A member on lists goes by a number, which dies with their row here: a list names nobody who has gone.
create sequence private.pool_numbers as integer;
comment on sequence private.pool_numbers is 'Numbers by which lists name members.';
alter table private.pool_members add column number integer not null unique default nextval('private.pool_numbers');
comment on column private.pool_members.number is 'By which lists name the member, until this row goes.';

create table private.lists (
    generation bigint not null,
    pool uuid not null generated always as (coalesce(event_id, '00000000-0000-0000-0000-000000000000')) stored,
    user_id uuid not null references public.users (id) on delete cascade,
    event_id uuid references public.events (id) on delete cascade,
    candidates integer[] not null check (cardinality(candidates) <= 50),
    scores smallint[] not null check (0 <= all (scores) and 10000 >= all (scores)),
    facts bytea not null,
    error text check (char_length(error) <= 500),
    computed_at timestamptz not null default clock_timestamp(),
    primary key (user_id, generation, pool),
    check (cardinality(scores) = cardinality(candidates)),
    check (case when cardinality(candidates) = 0 then length(facts) = 0
        else length(facts) % cardinality(candidates) = 0 end)
);
-- Whoever leaves is found on every list by this index. Its waiting entries are few, so that a search stays short.
create index lists_candidates_idx on private.lists using gin (candidates) with (gin_pending_list_limit = 2048);
create index lists_event_idx on private.lists (event_id) where event_id is not null;
alter table private.lists enable row level security;

comment on table private.lists is
    'The best candidates of each member in each pool, per generation, best first: the same place in each column is the '
    'same candidate. Read public.match_scores, which shows the generation in use.';
comment on column private.lists.generation is 'Sequence of the run that began it.';
comment on column private.lists.pool is 'event_id, with zeros for the global pool.';
comment on column private.lists.user_id is 'Whose list.';
comment on column private.lists.event_id is 'In which event''s pool; null: the global pool.';
comment on column private.lists.candidates is 'Who is on it, by private.pool_members.number.';
comment on column private.lists.scores is 'Scores 0–100, in hundredths, falling.';
comment on column private.lists.facts is
    'As many bytes for each candidate: mode, labels and scores of the parts, as shared/engine/runs/facts.py packs '
    'them.';
comment on column private.lists.error is 'Why the member could not be evaluated, and has no candidates.';
comment on column private.lists.computed_at is 'When.';

alter table public.settings drop column batch_log_pairs;
drop type public.batch_log_status;

-- A night is one task that one worker does, step by step.
drop table private.job_shards;
alter table private.declared_jobs alter column schedule drop not null;
comment on column private.declared_jobs.schedule is
    'When it starts, as pg_cron writes it, UTC; null: where tasks of its kind wait, or as a step of the night.';
comment on column public.settings.job_lease is 'A run without a sign of life for this long is given up.';
comment on column public.settings.shard_size is 'Members who enter a night in one call.';

-- A night counts itself for whom enough people fit.
truncate private.pool_history;
alter table private.pool_history add column stands boolean not null, add column number integer not null;
comment on column private.pool_history.number is 'By which lists of the run name the member.';
comment on column private.pool_history.stands is
    'Whether the account counted among people who fit: private.stands() at that time.';
comment on column private.pool_history.capacity is
    'Proposals they could still take, were there enough people who fit.';

-- An operator may look at a member's list, and it is on record that somebody did.
alter table public.admin_actions
    alter column admin_id drop not null,
    drop constraint admin_actions_action_check,
    add constraint admin_actions_action_check check (action in (
        'start', 'pause', 'resume', 'clear', 'read_list',
        'list_reports', 'read_report', 'read_evidence', 'take_report', 'decide_report', 'stop_match'));
comment on column public.admin_actions.admin_id is
    'The administrator''s auth user; null: an operator, with the service key. No reference: the record stays when the '
    'account is deleted.';
comment on column public.admin_actions.action is
    'The act: start, pause, resume or clear the matching, reading a member''s list, or an act on reports.';
comment on column public.admin_actions.details is
    'start, clear: priority, and how many rows. read_list: the member, as a keyed hash. Reports: the decision, or the '
    'code of a refusal.';
comment on table public.admin_actions is
    'Every act of an administrator, every report they read, and every list an operator read, with time and reason. It '
    'is written before the call is answered. Append-only; only functions write here.';
