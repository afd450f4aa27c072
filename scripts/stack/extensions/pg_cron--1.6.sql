-- The SQL surface of pg_cron. The scheduler itself is a process of the local stack.

create schema cron;

create sequence cron.jobid_seq;
create table cron.job (
    jobid bigint primary key default nextval('cron.jobid_seq'),
    schedule text not null,
    command text not null,
    nodename text not null default 'localhost',
    nodeport integer not null default inet_server_port(),
    database text not null default current_database(),
    username text not null default current_user,
    active boolean not null default true,
    jobname text,
    constraint jobname_username_uniq unique (jobname, username)
);
alter table cron.job enable row level security;
create policy cron_job_policy on cron.job using (username = current_user);

create sequence cron.runid_seq;
create table cron.job_run_details (
    jobid bigint,
    runid bigint primary key default nextval('cron.runid_seq'),
    job_pid integer,
    database text,
    username text,
    command text,
    status text,
    return_message text,
    start_time timestamptz,
    end_time timestamptz
);
alter table cron.job_run_details enable row level security;
create policy cron_job_run_details_policy on cron.job_run_details using (username = current_user);

-- Five fields of digits, names, lists, ranges and steps ('$' = last day of the month), or 'N seconds' below 60.
create function cron._check_schedule(schedule text) returns void language plpgsql as $$
begin
    if schedule ~ '^\s*([1-9]|[1-5][0-9]) seconds?\s*$' or schedule ~ '^\s*@[a-z]+\s*$' then
        return;
    end if;
    if schedule !~* '^\s*([0-9*,/-]+\s+){2}([0-9*,/$-]+)\s+([0-9*,/a-z-]+)\s+([0-9*,/a-z-]+)\s*$' then
        raise exception 'invalid schedule: %', schedule using
            errcode = 'invalid_parameter_value',
            hint = 'Use cron format (e.g. 5 4 * * *), or interval format ''[1-59] seconds''';
    end if;
end
$$;

create function cron.schedule(job_name text, schedule text, command text) returns bigint
language plpgsql security definer set search_path = '' as $$
declare
    id bigint;
begin
    perform cron._check_schedule(schedule);
    if job_name is null then
        raise exception 'job_name can not be NULL' using errcode = 'internal_error';
    end if;
    -- session_user's own current role: a definer function hides current_user
    insert into cron.job as known (jobname, schedule, command, username)
    values (job_name, schedule, command, cron._caller())
    on conflict on constraint jobname_username_uniq do update
        set schedule = excluded.schedule, command = excluded.command
    returning known.jobid into id;
    return id;
end
$$;

-- The role that called: the role last set, or the one that logged in.
create function cron._caller() returns text language sql stable set search_path = '' as $$
    select case current_setting('role') when 'none' then session_user::text else current_setting('role') end
$$;

create function cron.schedule(schedule text, command text) returns bigint
language plpgsql security definer set search_path = '' as $$
declare
    id bigint;
begin
    perform cron._check_schedule(schedule);
    insert into cron.job as known (schedule, command, username)
    values (schedule, command, cron._caller())
    returning known.jobid into id;
    return id;
end
$$;

create function cron.unschedule(job_id bigint) returns boolean
language plpgsql security definer set search_path = '' as $$
begin
    delete from cron.job where jobid = job_id and username = cron._caller();
    if not found then
        raise exception 'could not find valid entry for job %', job_id using errcode = 'internal_error';
    end if;
    return true;
end
$$;

create function cron.unschedule(job_name text) returns boolean
language plpgsql security definer set search_path = '' as $$
begin
    delete from cron.job where jobname = job_name and username = cron._caller();
    if not found then
        raise exception 'could not find valid entry for job ''%''', job_name using errcode = 'internal_error';
    end if;
    return true;
end
$$;

create function cron.alter_job(
    job_id bigint, schedule text default null, command text default null,
    database text default null, username text default null, active boolean default null
) returns void language plpgsql security definer set search_path = '' as $$
begin
    if alter_job.schedule is not null then
        perform cron._check_schedule(alter_job.schedule);
    end if;
    update cron.job as known set
        schedule = coalesce(alter_job.schedule, known.schedule),
        command = coalesce(alter_job.command, known.command),
        database = coalesce(alter_job.database, known.database),
        active = coalesce(alter_job.active, known.active)
    where known.jobid = job_id and known.username = cron._caller();
    if not found then
        raise exception 'Job % does not exist or you don''t own it', job_id using errcode = 'internal_error';
    end if;
end
$$;

revoke execute on all functions in schema cron from public;
grant usage on schema cron to postgres with grant option;
grant execute on all functions in schema cron to postgres with grant option;
grant select on cron.job to postgres with grant option;
grant select, delete on cron.job_run_details to postgres with grant option;

select pg_catalog.pg_extension_config_dump('cron.job', '');
select pg_catalog.pg_extension_config_dump('cron.jobid_seq', '');
select pg_catalog.pg_extension_config_dump('cron.job_run_details', '');
select pg_catalog.pg_extension_config_dump('cron.runid_seq', '');
