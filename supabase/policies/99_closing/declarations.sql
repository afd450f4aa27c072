-- Puts what the policy files declared in force: registers, triggers and schedule, in one transaction. A request sees
-- the declarations of before or those of now.

create or replace function private.put_declarations_in_force() returns void
language plpgsql volatile set search_path = '' as $$
declare
    name text;
begin
    for name in select c.relname from pg_catalog.pg_class c
        where c.relnamespace = 'private'::regnamespace and c.relname ~ '^declared_' and c.relkind = 'r'
    loop
        execute format('delete from private.%1$I k where not exists (select from private.declaring d '
            'cross join lateral jsonb_populate_record(null::private.%1$I, d.said) r '
            'where d.register = %1$L and r is not distinct from k)', name);
        execute format('insert into private.%1$I select r.* from private.declaring d '
            'cross join lateral jsonb_populate_record(null::private.%1$I, d.said) r '
            'where d.register = %1$L except select k.* from private.%1$I k', name);
    end loop;
    for name in
        select t.tgrelid::regclass::text from pg_catalog.pg_trigger t
        where t.tgname = 'signal_changed' and not exists (select from private.declared_tables d
            where d.table_name::regclass = t.tgrelid and d.requeues is not null)
    loop
        execute format('drop trigger signal_changed on %s', name);
    end loop;
end $$;
comment on function private.put_declarations_in_force() is
    'Changes the registers where the policy files declare something else now, and drops triggers of tables that ask '
    'for matching no more.';
select private.put_declarations_in_force();

-- What is as it should be is left alone: a job that somebody switched off stays off. Missed ticks are not made up for:
-- each job works from what it finds.
select cron.unschedule(j.jobid) from cron.job j
where j.jobname like 'connect-%' and j.jobname not in (select w.jobname from private.wanted_schedule() w);
select cron.schedule(w.jobname, w.schedule, w.command) from private.wanted_schedule() w
where not exists (select from cron.job j where j.jobname = w.jobname and j.schedule = w.schedule
    and j.command = w.command);
