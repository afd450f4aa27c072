-- The last check: what is Connect's and not declared, or declared wrongly, stops the application of policies with a
-- sentence that says what to declare, and where.

create or replace function private.undeclared_columns() returns setof text
language sql stable set search_path = '' as $$
    with recursive made as (
        select m[1] as name from supabase_migrations.schema_migrations v cross join unnest(v.statements) s
        cross join lateral regexp_matches(s, 'create table (?:if not exists )?public\.(\w+)', 'gi') m
    ),
    tables as (
        -- All of private is Connect's; in public, what a migration of Connect's made.
        select c.oid, n.nspname || '.' || c.relname as name
        from pg_catalog.pg_class c join pg_catalog.pg_namespace n on n.oid = c.relnamespace
        where c.relkind in ('r', 'p')
          and (n.nspname = 'private' or n.nspname = 'public' and c.relname in (select m.name from made m))
    ),
    personal as (
        (select 'auth.users'::regclass::oid as oid
        union select a.attrelid from pg_catalog.pg_attribute a
        where a.attname ~ '(^|_)user_id$' and a.atttypid = 'uuid'::regtype and not a.attisdropped)
        union select k.conrelid from personal p join pg_catalog.pg_constraint k on k.confrelid = p.oid
        where k.contype = 'f'
    )
    select format('%s is not declared: say what it is with private.declare_table() in the policy file of its concept.',
        t.name)
    from tables t where not exists (select from private.declared_tables d where d.table_name = t.name)
    union all
    select format('%s.%s has no rule for the export: name it in shown of private.declare_table(), or in '
        'private.declare_own_side(), declare_withheld() or declare_about_nobody(), beside its table.',
        t.name, a.attname)
    from tables t join pg_catalog.pg_attribute a on a.attrelid = t.oid and a.attnum > 0 and not a.attisdropped
    where exists (select from private.declared_tables d where d.table_name = t.name)
      and not exists (select from private.declared_columns r
        where r.table_name = t.name and r.column_name in (a.attname, '*'))
    union all
    select format('%s has a rule for the whole table and one for a column: keep one.', r.table_name)
    from private.declared_columns r where r.column_name = '*' and exists (select from private.declared_columns x
        where x.table_name = r.table_name and x.column_name <> '*')
    union all
    select format('%s refers to members and is declared to be about nobody: private.declare_table() must say which '
        'rows are a member''s, or why it is withheld.', t.name)
    from tables t join personal p on p.oid = t.oid
    where exists (select from private.declared_columns r where r.table_name = t.name)
      and not exists (select from private.declared_columns r where r.table_name = t.name and r.rule <> 'nobody')
    union all
    select format('%s: export of private.declare_table() names its section, and shown or private.declare_own_side() '
        'its columns; one without the other tells nothing.', d.table_name)
    from private.declared_tables d where (d.section is not null) <> exists (select from private.declared_columns r
        where r.table_name = d.table_name and r.rule in ('shown', 'own side'))
$$;
comment on function private.undeclared_columns() is 'Sentences about tables and columns without a rule.';

create or replace function private.bodies() returns table (name text, body text)
language sql stable set search_path = '' as $$
    select p.oid::regprocedure::text, coalesce(pg_get_function_sqlbody(p.oid), p.prosrc) from pg_catalog.pg_proc p
    where p.pronamespace in ('public'::regnamespace, 'private'::regnamespace)
$$;
comment on function private.bodies() is 'Every function''s body.';

create or replace function private.undeclared_names() returns setof text
language sql stable set search_path = '' as $$
    -- What an operator made in public is older than this application of policies.
    select format('The function public.%s is not declared: add private.declare_call(%L) below it in its policy file.',
        p.proname, p.proname)
    from pg_catalog.pg_proc p
    join private.declaring began on began.register = 'began'
    where p.pronamespace = 'public'::regnamespace and age(p.xmin) <= age((began.said ->> 'at')::xid8::xid)
      and not exists (select from private.declared_calls d where d.name = p.proname)
    union all
    select format('The view %s is not declared: add private.declare_view(%L) below it in its policy file.',
        c.oid::regclass, c.relname)
    from pg_catalog.pg_class c join pg_catalog.pg_rewrite w on w.ev_class = c.oid and w.rulename = '_RETURN'
    join private.declaring began on began.register = 'began'
    where c.relnamespace = 'public'::regnamespace and age(w.xmin) <= age((began.said ->> 'at')::xid8::xid)
      and not exists (select from private.declared_tables d where d.table_name = 'public.' || c.relname)
    union all
    select format('%s emits %s, which is not declared: add private.declare_event() with its payload to the policy '
        'file of that function.', b.name, e.name)
    from private.bodies() b
    cross join lateral (
        select regexp_replace(btrim(m[1]), '^''(.*)''$', '\1')
        from regexp_matches(b.body, 'private\.emit\(\s*(''[^'']*''|[^,)]*)', 'g') m
        union all select m[1]
        from regexp_matches(b.body, 'into public\.domain_events [^'';]*''([^'']*)''', 'g') m) e (name)
    where not exists (select from private.declared_events d where d.name = e.name)
    union all
    select format('%s starts the job %s, which is not declared: add private.declare_job() to the policy file of its '
        'concept.', b.name, j.name)
    from private.bodies() b
    cross join lateral (select m[1]
        from regexp_matches(b.body, 'private\.(?:ring|start_job|begin_job_run)\(\s*''([^'']*)''', 'g') m) j (name)
    where not exists (select from private.declared_jobs d where d.name = j.name)
$$;
comment on function private.undeclared_names() is 'Sentences about functions, views, events and jobs without a line.';

create or replace function private.check_declarations() returns void
language plpgsql volatile set search_path = '' as $$
declare
    wrong text := (select string_agg(u, E'\n') from (
        select private.undeclared_columns() union select private.undeclared_names() order by 1) x (u));
begin
    if wrong is not null then
        raise exception '%', wrong using hint = 'What is not declared is not allowed: see CONTRIBUTING.md.';
    end if;
end $$;
comment on function private.check_declarations() is 'Raises with a sentence for everything that is not declared.';
select private.check_declarations();
truncate private.declaring;
