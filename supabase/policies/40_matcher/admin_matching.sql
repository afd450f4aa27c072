-- Administrators steer the matching with their own token; their account's row decides who is one
-- (00_base/admission.sql).

select private.declare_table('admin_actions',
    about_nobody => 'what administrators did to pools and reports; names administrators alone');

revoke all on public.admin_actions from public, anon, authenticated, service_role;
grant select on public.admin_actions to service_role;
alter table public.admin_actions enable row level security;

create or replace function private.admin_action_stands() returns trigger
language plpgsql set search_path = '' as $$
begin
    raise exception using errcode = 'PT409', message = 'admin_actions is append-only';
end $$;
comment on function private.admin_action_stands() is 'What was done stays on record.';
create or replace trigger admin_action_stands before update or delete on public.admin_actions
    for each row execute function private.admin_action_stands();

create or replace function private.admit_admin() returns private.admission
language plpgsql volatile set search_path = '' as $$
declare
    caller private.admission;
begin
    perform private.name_request();
    -- An administrator need not be anybody here, so their calls are not counted; everybody else's are.
    if private.is_admin() and private.called_without_postgrest_options() then
        caller.member := private.member_id();
        return caller;
    end if;
    caller := private.admit('write');
    caller.refusal := coalesce(caller.refusal, private.refuse('forbidden', 'This is for administrators.'));
    return caller;
end $$;
comment on function private.admit_admin() is
    'Lets in an administrator, or says why not, before anything else is looked at.';

create or replace function private.pool_state(event_id uuid) returns public.pool_status
language plpgsql stable set search_path = '' as $$
begin
    return case
        when exists (select from public.matchmaking_parked k where k.pool = private.pool_of(pool_state.event_id))
            then 'error'
        when exists (select from public.matchmaking_queue q where q.pool = private.pool_of(pool_state.event_id))
            then 'running'
        else 'idle' end;
end $$;
comment on function private.pool_state(uuid) is 'How a pool stands that is not paused.';

create or replace function private.ring_by_hand() returns text
language plpgsql volatile set search_path = '' as $$
declare
    not_rung text;
begin
    perform private.ring('matcher', 'hand');
    return null;
exception when others then
    -- What was queued stays: the next tick will find it, once the schedule can ring.
    get stacked diagnostics not_rung = message_text;
    return not_rung;
end $$;
comment on function private.ring_by_hand() is
    'Rings the matcher now. Returns why that was not possible; null otherwise.';

create or replace function public.steer_matching(
    event_code text default null, action text default 'start', priority integer default 0
)
returns jsonb
language plpgsql volatile security definer set search_path = '' set statement_timeout = '45s' set jit = off as $$
declare
    caller private.admission := private.admit_admin();
    e public.events;
    queued integer := 0;
    cleared integer := 0;
    not_rung text;
begin
    if caller.refusal is not null then return caller.refusal; end if;
    if action is null or action not in ('start', 'pause', 'resume', 'clear') then
        return private.refuse('invalid_body', 'action: start, pause, resume or clear.');
    elsif priority is null or priority not between 0 and 3 then
        return private.refuse('invalid_body', 'priority: 0, 1, 2 or 3.');
    end if;
    if event_code is not null then
        select * into e from public.events x where lower(x.code) = lower(steer_matching.event_code);
        if e.id is null then
            return private.refuse('not_found', 'There is no such event.');
        elsif action = 'start' and not private.is_open(e) then
            return private.refuse('conflict',
                'Matchmaking of this event is off, or it is over: see events.matchmaking_enabled and ends_at.');
        end if;
    end if;

    if action in ('start', 'clear') then
        perform private.take_pool_lock();
    end if;
    case action
        when 'start' then
            queued := private.enqueue_pool(e.id, steer_matching.priority, 'enabled');
        when 'pause' then
            update public.matchmaking_jobs j set status = 'paused' where j.event_id is not distinct from e.id;
        when 'resume' then
            update public.matchmaking_jobs j set status = private.pool_state(j.event_id)
            where j.event_id is not distinct from e.id and j.status = 'paused';
        when 'clear' then
            -- In the order in which a worker locks what it completes: any other would end in a deadlock.
            perform 1 from public.matchmaking_queue q where q.pool = private.pool_of(e.id) order by q.id for update;
            delete from public.matchmaking_queue q where q.pool = private.pool_of(e.id);
            get diagnostics cleared = row_count;
    end case;
    if action in ('start', 'resume') then
        not_rung := private.ring_by_hand();
    end if;
    insert into public.admin_actions (admin_id, action, event_code, details)
    values (caller.member, steer_matching.action, e.code,
        jsonb_build_object('priority', steer_matching.priority, 'queued', queued, 'cleared', cleared));
    return jsonb_build_object(
        'action', action, 'eventCode', e.code, 'eventName', e.name, 'queued', queued, 'cleared', cleared,
        'rung', action in ('start', 'resume') and not_rung is null, 'notRung', not_rung,
        'status', (select j.status from public.matchmaking_jobs j where j.event_id is not distinct from e.id));
end $$;
comment on function public.steer_matching(text, text, integer) is
    'POST /admin/matching: queues everybody of an event (null: of the global pool) and rings the matcher, pauses or '
    'resumes the pool, or clears its queue. A bell that cannot be rung is reported in notRung and undoes nothing. '
    'Written to admin_actions.';
revoke all on function public.steer_matching(text, text, integer) from public, anon, authenticated, service_role;
grant execute on function public.steer_matching(text, text, integer) to authenticated;
select private.declare_call('steer_matching', replayable => true);

create or replace function public.get_matching(event_code text default null) returns jsonb
language plpgsql volatile security definer set search_path = '' as $$
declare
    caller private.admission := private.admit_admin();
    e public.events;
    job public.matchmaking_jobs;
    counts jsonb;
    today timestamptz := date_trunc('day', now() at time zone 'UTC') at time zone 'UTC';
begin
    if caller.refusal is not null then return caller.refusal; end if;
    if event_code is not null then
        select * into e from public.events x where lower(x.code) = lower(get_matching.event_code);
        if e.id is null then return private.refuse('not_found', 'There is no such event.'); end if;
    end if;
    select * into job from public.matchmaking_jobs j where j.event_id is not distinct from e.id;
    select jsonb_build_object(
        'waiting', coalesce(sum(c.waiting), 0), 'available', coalesce(sum(c.available), 0),
        'leased', coalesce(sum(c.leased), 0), 'parked', coalesce(sum(c.parked), 0),
        'oldestWaitSeconds', floor(extract(epoch from now() - min(c.since))),
        'queue', coalesce(jsonb_agg(jsonb_build_object('priority', c.priority, 'reason', c.reason, 'waiting', c.waiting,
            'available', c.available, 'leased', c.leased, 'parked', c.parked) order by c.priority desc, c.reason),
                '[]'))
    into counts from private.queue_counts() c where c.pool = private.pool_of(e.id);
    return jsonb_build_object(
        'eventCode', e.code, 'eventName', e.name, 'status', job.status,
        'lastRunAt', private.iso(job.last_run_at), 'processed', job.processed_count, 'errors', job.error_count,
        'lastError', job.last_error,
        'matchedToday', (select count(*) from public.matches m
            where m.created_at >= today and m.event_id is not distinct from e.id),
        'jobs', coalesce((select jsonb_agg(jsonb_build_object('runId', j.id, 'name', j.name, 'scope', j.scope,
            'startedAt', private.iso(j.started_at),
                'heartbeatAt', private.iso(j.heartbeat_at), 'progress', j.progress, 'alive', private.is_alive(j))
                    order by j.sequence)
            from public.job_runs j where j.status = 'running'), '[]')) || counts;
end $$;
comment on function public.get_matching(text) is
    'GET /admin/matching: how the pool of an event (null: the global one) stands, who waits by priority and reason, '
    'and which jobs are running.';
revoke all on function public.get_matching(text) from public, anon, authenticated, service_role;
grant execute on function public.get_matching(text) to authenticated;
select private.declare_call('get_matching');
