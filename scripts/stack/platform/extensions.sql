-- An extension that `postgres` creates belongs to supabase_admin: supautils has that role create it on hosted projects.
-- There is no statement that changes an extension's owner, so its row is changed.

create function extensions.lend_extension() returns event_trigger
language plpgsql security definer set search_path = '' as $$
declare
    made record;
begin
    for made in select * from pg_catalog.pg_event_trigger_ddl_commands() c where c.object_type = 'extension' loop
        update pg_catalog.pg_extension set extowner = 'supabase_admin'::regrole where oid = made.objid;
        delete from pg_catalog.pg_shdepend
        where classid = made.classid and objid = made.objid and deptype = 'o'
            and dbid = (select d.oid from pg_catalog.pg_database d where d.datname = current_database());
    end loop;
end
$$;

create event trigger lend_extension on ddl_command_end when tag in ('CREATE EXTENSION')
    execute function extensions.lend_extension();
