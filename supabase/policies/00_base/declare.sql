-- A concept declares what it is, beside itself: the policy file of a table, call, job or event says so with one of the
-- functions below. Declarations are collected while policies are applied. The last file, 99_closing, puts them in force
-- in one transaction and fails on anything of Connect's that is not declared. Not declared always means not allowed.

revoke all on private.declaring, private.declared_tables, private.declared_columns, private.declared_switches,
    private.declared_calls, private.declared_jobs, private.declared_events
    from public, anon, authenticated, service_role;

create or replace function private.enter(register text, name text, said jsonb) returns void
language plpgsql volatile set search_path = '' as $$
begin
    insert into private.declaring (register, name, said) values (enter.register, enter.name, enter.said)
    on conflict do nothing;
    if not found then
        raise exception '% stands in % twice: declare it once, in the policy file of its concept.', name, register;
    end if;
end $$;
comment on function private.enter(text, text, jsonb) is 'Notes one line of a register until policies are applied.';

-- From here on everything is declared anew. Functions and views written after this moment are Connect's.
truncate private.declaring;
select private.enter('began', 'applying', jsonb_build_object('at', pg_current_xact_id()::text));

create or replace function private.full_name(name text) returns text
language plpgsql stable set search_path = '' as $$
declare
    full_name text := case when name ~ '\.' then name else 'public.' || name end;
begin
    if to_regclass(full_name) is null then
        raise exception 'There is no table or view %.', full_name;
    end if;
    return full_name;
end $$;
comment on function private.full_name(text) is 'The name of a table or view with its schema; public is left out.';

create or replace function private.declare_columns(
    name text, columns text[], rule text, key text default null, expression text default null, why text default null
) returns void
language plpgsql volatile set search_path = '' as $$
declare
    full_name text := private.full_name(name);
    missing text := (select string_agg(c, ', ') from unnest(columns) c
        where (c <> '*' or rule in ('shown', 'own side')) and not exists (
            select from pg_catalog.pg_attribute a
            where a.attrelid = full_name::regclass and a.attname = c and a.attnum > 0 and not a.attisdropped));
begin
    if missing is not null then
        raise exception '% has no column %.', full_name, missing;
    end if;
    perform private.enter('declared_columns', full_name || '.' || c, jsonb_build_object('table_name', full_name,
        'column_name', c, 'rule', rule, 'key', key, 'expression', expression, 'why', why))
    from unnest(columns) c;
end $$;
comment on function private.declare_columns(text, text[], text, text, text, text) is
    'Notes the rule of some columns of a table.';

create or replace function private.declare_own_side(
    name text, columns text[], key text default null, expression text default null, why text default null
) returns void
language sql volatile set search_path = ''
return private.declare_columns(name, columns, 'own side', key, expression, why);
comment on function private.declare_own_side(text, text[], text, text, text) is
    'Columns that the export tells in the member''s own view: an expression over the row t and the member $1. Without '
    'an expression another column of the table says it.';

create or replace function private.declare_withheld(name text, columns text[], why text) returns void
language sql volatile set search_path = ''
return private.declare_columns(name, columns, 'withheld', why => why);
comment on function private.declare_withheld(text, text[], text) is
    'Columns that are about the member too, but not handed out. The export tells the reason.';

create or replace function private.declare_about_nobody(name text, columns text[], why text) returns void
language sql volatile set search_path = ''
return private.declare_columns(name, columns, 'nobody', why => why);
comment on function private.declare_about_nobody(text, text[], text) is 'Columns that are about no member at all.';

create or replace function private.declare_switch(name text, signal text, columns text[] default null) returns void
language plpgsql volatile set search_path = '' as $$
begin
    if signal <> 'any' then
        perform signal::public.consent_signal;
    end if;
    perform private.enter('declared_switches', private.full_name(name) || ' ' || signal, jsonb_build_object(
        'table_name', private.full_name(name), 'signal', signal, 'columns', columns));
end $$;
comment on function private.declare_switch(text, text, text[]) is
    'What goes when a member turns a switch off (any: whichever): these columns become null, or else their rows go.';

create or replace function private.signal_changed() returns trigger
language plpgsql security definer set search_path = '' as $$
begin
    update public.connect_profiles set updated_at = now() where user_id = coalesce(new.user_id, old.user_id);
    -- A chart follows from birth data, and quiz signals from answers. These have asked already, and it is the matcher
    -- or a night that stores what follows.
    if found and tg_table_name not in ('birth_charts', 'user_quiz_vectors') then
        perform private.ask_for_matches(coalesce(new.user_id, old.user_id), 2, 'changed');
    end if;
    return null;
end $$;
comment on function private.signal_changed() is
    'What the engine reads of a member has changed: a new revision of their profile, and they are matched again.';

create or replace function private.declare_table(
    name text, owner text default null, rows_of text default null, export text default null,
    ordered_by text default null, shown text[] default '{}', withheld text default null,
    about_nobody text default null, swept boolean default false, switch text default null,
    requeues text default null, free_text text[] default '{}'
) returns void
language plpgsql volatile set search_path = '' as $$
declare
    full_name text := private.full_name(name);
    sampled text;
begin
    rows_of := coalesce(rows_of, 't.' || quote_ident(owner) || ' = $1');
    if rows_of is null and (export is not null or swept or switch is not null) then
        raise exception '%: owner or rows_of must say which rows are a member''s.', full_name;
    end if;
    perform private.enter('declared_tables', full_name, jsonb_build_object('table_name', full_name,
        'section', export, 'rows_of', rows_of, 'ordered_by', ordered_by, 'swept', swept, 'requeues', requeues));
    perform private.declare_columns(full_name, shown, 'shown');
    if withheld is not null then
        perform private.declare_withheld(full_name, '{*}', withheld);
    elsif about_nobody is not null then
        perform private.declare_about_nobody(full_name, '{*}', about_nobody);
    elsif owner is not null then
        perform private.declare_withheld(full_name, array[owner], 'said once, in profile');
    end if;
    if switch is not null then
        perform private.declare_switch(full_name, switch);
    end if;
    if requeues is not null then
        execute format('create or replace trigger signal_changed after %s on %s for each row execute function '
            'private.signal_changed()', requeues, full_name);
    end if;
    -- The planner keeps no samples of personal text: they would outlive their rows.
    select string_agg(format('alter column %I set statistics 0', a.attname), ', ') into sampled
    from pg_catalog.pg_attribute a
    where a.attrelid = full_name::regclass and a.attname = any (free_text) and a.attstattarget is distinct from 0;
    if sampled is not null then
        execute format('alter table %s %s', full_name, sampled);
    end if;
end $$;
comment on function private.declare_table(
    text, text, text, text, text, text[], text, text, boolean, text, text, text[]) is
    'Says what a table is. owner: the column with the member, or rows_of: which rows t are the member''s ($1). export: '
    'the section, with shown columns and the order where a member has several rows; or the reason why the whole table '
    'is withheld or about nobody. swept: an erasure deletes its rows by hand. switch: turning it off deletes them. '
    'requeues: which changes ask for matching again. free_text: columns of which the planner keeps no samples.';

create or replace function private.declare_view(name text) returns void
language plpgsql volatile set search_path = '' as $$
declare
    full_name text := private.full_name(name);
begin
    perform private.enter('declared_tables', full_name, jsonb_build_object('table_name', full_name, 'swept', false));
end $$;
comment on function private.declare_view(text) is 'Says that a view in public is Connect''s.';

create or replace function private.declare_call(
    name text, replayable boolean default false, precedes_call boolean default false
) returns void
language plpgsql volatile set search_path = '' as $$
begin
    if to_regproc(format('public.%I', name)) is null then
        raise exception 'There is no function public.%, or more than one.', name;
    end if;
    perform private.enter('declared_calls', name, jsonb_build_object('name', name, 'replayable', replayable,
        'precedes_call', precedes_call));
end $$;
comment on function private.declare_call(text, boolean, boolean) is
    'Says that a function in public is Connect''s. replayable: its answer may be kept under an Idempotency-Key; one '
    'that tells a salt or a partner must not outlive them. precedes_call: call_once() may run it before or without a '
    'kept answer, with the owner''s rights.';

create or replace function private.declare_job(
    name text, at text default null, late_after interval default null, does text default null, command text default null
) returns void
language sql volatile set search_path = ''
return private.enter('declared_jobs', name, jsonb_build_object('name', name, 'schedule', at,
    'late_after', late_after, 'command', coalesce(command, format('select private.start_job(%L)', name)),
    'does', does));
comment on function private.declare_job(text, text, interval, text, text) is
    'Says what a job is: when it starts (UTC; null: where its tasks wait), after how long without success it is '
    'overdue, and the expression that does it. Without one a worker is rung for it. command: what pg_cron runs instead '
    'of start_job().';

create or replace function private.declare_event(name text, payload text[] default '{}') returns void
language sql volatile set search_path = ''
return private.enter('declared_events', name, jsonb_build_object('name', name, 'payload', payload));
comment on function private.declare_event(text, text[]) is 'Says that an event is emitted, and with which keys.';

select private.declare_table(t, about_nobody => 'what the policy files declare')
from unnest('{private.declaring,private.declared_tables,private.declared_columns,private.declared_switches,'
    'private.declared_calls,private.declared_jobs,private.declared_events}'::text[]) t;
