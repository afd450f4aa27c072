-- What each policy file declares of its tables, functions, jobs and events. Policy files fill private.declaring; the
-- last one brings the registers below to the same state in one transaction. See supabase/policies/00_base/declare.sql.

create table private.declaring (
    register text not null,
    name text not null,
    said jsonb not null,
    primary key (register, name)
);
alter table private.declaring enable row level security;
comment on table private.declaring is 'What has been declared since policies are being applied; empty afterwards.';
comment on column private.declaring.register is 'The table that the line is for.';
comment on column private.declaring.name is 'What is declared; once in each register.';
comment on column private.declaring.said is 'The line, by column.';

create table private.declared_tables (
    table_name text primary key,
    section text,
    rows_of text,
    ordered_by text,
    swept boolean not null,
    requeues text
);
alter table private.declared_tables enable row level security;
comment on table private.declared_tables is 'Connect''s tables, and its views in public.';
comment on column private.declared_tables.table_name is 'Schema and name.';
comment on column private.declared_tables.section is 'Its section of the export; null: not exported.';
comment on column private.declared_tables.rows_of is
    'Condition over the row t and the member $1: which rows are the member''s. Null: nothing is done by it.';
comment on column private.declared_tables.ordered_by is
    'Order of a member''s rows; null: one row at most, so that the section is an object or null.';
comment on column private.declared_tables.swept is
    'Whether an erasure deletes these rows itself, because no foreign key does.';
comment on column private.declared_tables.requeues is
    'Which changes of a row put its member into the queue again, as a trigger names them; null: none.';

create table private.declared_columns (
    table_name text not null,
    column_name text not null,
    rule text not null check (rule in ('shown', 'own side', 'withheld', 'nobody')),
    key text,
    expression text,
    why text,
    primary key (table_name, column_name),
    constraint declared_columns_own_side check (rule = 'own side' or num_nonnulls(key, expression) = 0),
    constraint declared_columns_why check (case rule when 'shown' then why is null when 'own side' then true
        else why is not null end)
);
alter table private.declared_columns enable row level security;
comment on table private.declared_columns is 'What the export does with every column there is.';
comment on column private.declared_columns.table_name is 'Schema and name of the table.';
comment on column private.declared_columns.column_name is 'The column; * for all of the table.';
comment on column private.declared_columns.rule is 'shown, own side, withheld, or nobody: about no member at all.';
comment on column private.declared_columns.key is 'Its name in the export; null: the column''s own, in camel case.';
comment on column private.declared_columns.expression is 'The member''s own view of it, as jsonb.';
comment on column private.declared_columns.why is 'Why it is not shown.';

create table private.declared_switches (
    table_name text not null,
    signal text not null,
    columns text[],
    primary key (table_name, signal)
);
alter table private.declared_switches enable row level security;
comment on table private.declared_switches is 'What is deleted when a member turns a switch off.';
comment on column private.declared_switches.table_name is 'Schema and name of the table.';
comment on column private.declared_switches.signal is 'The switch; any: each of them.';
comment on column private.declared_switches.columns is
    'Columns that become null; null: the member''s rows are deleted.';

create table private.declared_calls (
    name text primary key,
    replayable boolean not null,
    precedes_call boolean not null
);
alter table private.declared_calls enable row level security;
comment on table private.declared_calls is 'Connect''s functions in public.';
comment on column private.declared_calls.name is 'The function.';
comment on column private.declared_calls.replayable is 'Whether its answer may be kept under an Idempotency-Key.';
comment on column private.declared_calls.precedes_call is
    'Whether it may be called before a change whose answer is kept, or instead of one.';

create table private.declared_jobs (
    name text primary key,
    schedule text not null,
    late_after interval,
    command text not null,
    does text
);
alter table private.declared_jobs enable row level security;
comment on table private.declared_jobs is 'Every background job.';
comment on column private.declared_jobs.name is 'The job, as in job_runs.';
comment on column private.declared_jobs.schedule is 'When it starts, UTC, as pg_cron reads it.';
comment on column private.declared_jobs.late_after is
    'How long after its last success it is overdue; null: it has no work on a quiet day.';
comment on column private.declared_jobs.command is 'The statement that pg_cron runs.';
comment on column private.declared_jobs.does is
    'The expression that does the work and tells what it did, as jsonb; null: a worker is rung.';

create table private.declared_events (
    name text primary key,
    payload text[] not null
);
alter table private.declared_events enable row level security;
comment on table private.declared_events is 'Every name in domain_events.event_type.';
comment on column private.declared_events.name is 'What happened.';
comment on column private.declared_events.payload is 'Keys of its payload.';
