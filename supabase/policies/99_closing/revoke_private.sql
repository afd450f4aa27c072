-- Last word: whatever was created above, nobody but the owner runs anything in private, save what policies and
-- PostgREST itself name; and in public nothing is a client's that is neither Connect's nor named by the operator.

create or replace function private.is_open(kind text, object oid) returns boolean
language sql stable set search_path = ''
return exists (
    select from (
        select aclexplode(coalesce(p.proacl, acldefault('f', p.proowner))) as x from pg_catalog.pg_proc p
        where is_open.kind = 'function' and p.oid = object
        union all select aclexplode(c.relacl) from pg_catalog.pg_class c where is_open.kind <> 'function'
            and c.oid = object
        union all select aclexplode(a.attacl) from pg_catalog.pg_attribute a where is_open.kind <> 'function'
            and a.attrelid = object) g
    where (g.x).grantee in (0, to_regrole('anon')::oid, to_regrole('authenticated')::oid));
comment on function private.is_open(text, oid) is
    'Whether anything on a table (or view), sequence or function is granted to clients, or to everybody.';

create or replace function private.strangers() returns table (kind text, name text, mine boolean, object oid)
language sql stable set search_path = ''
begin atomic
    select k.kind, c.oid::regclass::text, pg_has_role(c.relowner, 'usage'), c.oid
    from pg_catalog.pg_class c
    cross join lateral (select case c.relkind when 'S' then 'sequence' else 'table' end as kind) k
    where c.relnamespace = 'public'::regnamespace and c.relkind in ('r', 'p', 'v', 'm', 'f', 'S')
      and 'public.' || c.relname not in (select t.table_name from private.declared_tables t)
      and c.relname <> all ((select s.own_objects from public.settings s)::text[])
      and not exists (select from pg_catalog.pg_depend d where d.objid = c.oid and d.deptype = 'e')
      and private.is_open(k.kind, c.oid)
    union all
    select 'function', p.oid::regprocedure::text, pg_has_role(p.proowner, 'usage'), p.oid
    from pg_catalog.pg_proc p
    where p.pronamespace = 'public'::regnamespace
      and p.proname not in (select c.name from private.declared_calls c)
      and p.proname <> all ((select s.own_objects from public.settings s)::text[])
      and not exists (select from pg_catalog.pg_depend d where d.objid = p.oid and d.deptype = 'e')
      and private.is_open('function', p.oid);
end;
comment on function private.strangers() is
    'What in public is open to clients, and neither Connect''s, nor named in settings.own_objects, nor an '
    'extension''s; and whether this role may close it.';

revoke all on all functions in schema private from public, anon, authenticated, service_role;
revoke all on all tables in schema private from public, anon, authenticated, service_role;
revoke all on all sequences in schema private from public, anon, authenticated, service_role;
grant execute on function private.member_id(), private.reads_plainly() to authenticated;
grant execute on function private.before_request() to anon, authenticated, service_role;
grant execute on function private.entries_shown(private.lists) to service_role;

do $$
declare
    one record;
begin
    -- Identity columns fill themselves; no client needs a sequence of ours.
    for one in
        select d.objid::regclass as name from pg_catalog.pg_depend d
        join pg_catalog.pg_class c on c.oid = d.refobjid and c.relnamespace = 'public'::regnamespace
        join pg_catalog.pg_class q on q.oid = d.objid and q.relkind = 'S'
        where d.deptype in ('a', 'i') and 'public.' || c.relname in (select t.table_name from private.declared_tables t)
    loop
        execute format('revoke all on sequence %s from public, anon, authenticated, service_role', one.name);
    end loop;
    for one in select * from private.strangers() s loop
        if one.mine then
            execute format('revoke all on %s %s from public, anon, authenticated', one.kind, one.name);
            raise warning 'Closed to clients: % %. To open something of your own, name it in settings.own_objects and '
                'grant it again.',
                one.kind, one.name;
        else
            raise warning 'Open to clients: % %, which belongs to another role. Close it, or name it in '
                'settings.own_objects.',
                one.kind, one.name;
        end if;
    end loop;
end $$;

-- A published row is sent to whoever RLS lets see it, with every column and every change. Nothing of ours is.
do $$
declare
    published text := (select string_agg(format('%I.%I', t.schemaname, t.tablename), ', ' order by 1)
        from pg_catalog.pg_publication_tables t
        where t.pubname = 'supabase_realtime'
          and format('%s.%s', t.schemaname, t.tablename) in (select c.table_name from private.declared_tables c));
begin
    if published is not null then
        raise exception 'Realtime publishes %', published
            using hint = 'alter publication supabase_realtime drop table …: Connect tells members what they may know '
                'through its functions.';
    end if;
end $$;
