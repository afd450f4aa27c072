-- What an operator keeps in public beside Connect is theirs to open, by name. What was there before Connect came stays as it is.

alter table public.settings add column own_objects text[] not null default '{}' check (cardinality(own_objects) <= 10000);
comment on column public.settings.own_objects is
    'Names of tables, views, sequences and functions in public that are no part of Connect and whose grants apply-sql leaves alone; at first, what was there before Connect. Everything else there that is not Connect''s is closed to clients.';

-- Numbers of objects rise: a smaller one than that of Connect's first table is older.
update public.settings s set own_objects = (
    select coalesce(array_agg(distinct o.name order by o.name), '{}')
    from (select c.oid, c.relname::text as name from pg_catalog.pg_class c
            where c.relnamespace = 'public'::regnamespace and c.relkind in ('r', 'p', 'v', 'm', 'f', 'S')
        union all select p.oid, p.proname::text from pg_catalog.pg_proc p where p.pronamespace = 'public'::regnamespace) o
    where o.oid < 'public.settings'::regclass::oid
        and not exists (select from pg_catalog.pg_depend d where d.objid = o.oid and d.deptype = 'e'))
where s.id;
