-- PostgREST learns of a changed schema from these two triggers, as on the hosted platform.

create function extensions.announce_schema_change() returns event_trigger language plpgsql as $$
declare
    change record;
begin
    for change in select * from pg_event_trigger_ddl_commands() loop
        -- temporary tables come and go in every session and are never served
        if change.schema_name is distinct from 'pg_temp' then
            notify pgrst, 'reload schema';
            return;
        end if;
    end loop;
end
$$;

create function extensions.announce_schema_drop() returns event_trigger language plpgsql as $$
declare
    gone record;
begin
    for gone in select * from pg_event_trigger_dropped_objects() loop
        if not gone.is_temporary then
            notify pgrst, 'reload schema';
            return;
        end if;
    end loop;
end
$$;

create event trigger announce_schema_change on ddl_command_end
    execute function extensions.announce_schema_change();
create event trigger announce_schema_drop on sql_drop
    execute function extensions.announce_schema_drop();
