-- Tasks: work that waits for a worker. A kind of task has the name of the job that does it.
--
--   put ─▶ waiting ─ claim ─▶ in work ─ finish ─▶ gone
--             ▲                 │ └─ fail ─▶ waiting, after a pause that doubles
--             │                 └─ fail too often, or park ─▶ parked ─ unpark ─▶ waiting
--             └──── the lease runs out: its worker was killed
--
-- A worker holds a task by its id and attempt. Putting a task again, cancelling it, or another worker's claim takes it
-- away, and what the former worker brings changes nothing. A claim skips locked tasks; all else takes tasks by kind and
-- key, so no two functions wait for each other. Service only.

select private.declare_table('private.tasks', withheld => 'state of the machine: work that waits for a worker');

revoke all on private.tasks from public, anon, authenticated, service_role;

create or replace function private.put_tasks(kind text, tasks jsonb) returns integer
language plpgsql volatile set search_path = '' as $$
declare
    put integer;
begin
    insert into private.tasks as t (kind, key, user_id, signal, event_id, payload, available_at)
    select put_tasks.kind, x.key, x.user_id, x.signal, x.event_id, coalesce(x.payload, '{}'),
        coalesce(x.available_at, clock_timestamp())
    from jsonb_to_recordset(put_tasks.tasks) as x (key text, user_id uuid, signal public.consent_signal,
        event_id bigint, payload jsonb, available_at timestamptz)
    order by x.key
    on conflict on constraint tasks_once do update set id = default, user_id = excluded.user_id,
        signal = excluded.signal, event_id = excluded.event_id, payload = excluded.payload, attempt = 0,
        available_at = excluded.available_at, worker = null, leased_until = null, parked_at = null, last_error = null
    -- What was given up is given up until something is different.
    where t.parked_at is null or t.payload <> excluded.payload;
    get diagnostics put = row_count;
    return put;
end $$;
comment on function private.put_tasks(text, jsonb) is
    'Puts tasks: [{key, user_id, signal, event_id, payload, available_at}], all but the key optional, each key once. A '
    'task of the same kind and key is replaced; a parked one only by another payload. Returns how many were put.';

create or replace function private.cancel_tasks(member uuid, signal public.consent_signal default null) returns void
language sql volatile set search_path = ''
begin atomic
    with theirs as materialized (
        select t.id from private.tasks t where t.user_id = cancel_tasks.member and t.signal is not null
            and t.signal = coalesce(cancel_tasks.signal, t.signal)
        order by t.kind, t.key for update
    )
    delete from private.tasks t using theirs x where t.id = x.id;
end;
comment on function private.cancel_tasks(uuid, public.consent_signal) is
    'Cancels a member''s tasks that depend on a switch (null: on any), whether waiting, in work or parked. An erasure '
    'takes all of a member''s tasks along, by foreign key.';

create or replace function private.take_tasks(kind text, worker text, most integer) returns jsonb
language plpgsql volatile set search_path = '' as $$
declare
    first private.tasks;
    rules public.settings;
    claimed jsonb;
begin
    if most is null or most not between 1 and 10000 then
        raise exception using errcode = 'PT422', message = 'invalid_body', detail = 'most: 1 to 10,000.';
    end if;
    select * into strict rules from public.settings;
    loop
        -- Written out, not a function: the index is of tasks that are not parked.
        select * into first from private.tasks t
        where t.kind = take_tasks.kind and t.parked_at is null and t.available_at <= now()
          and (t.leased_until is null or t.leased_until <= now())
        order by t.available_at, t.id limit 1 for update skip locked;
        exit when first.id is null or first.attempt < rules.task_attempts;
        -- Its worker never came back, time after time.
        update private.tasks t set parked_at = clock_timestamp(), leased_until = null,
            last_error = coalesce(t.last_error, 'abandoned by its worker')
        where t.id = first.id;
    end loop;
    with free as materialized (
        select t.id from private.tasks t
        where t.kind = take_tasks.kind and t.parked_at is null and t.available_at <= now()
          and (t.leased_until is null or t.leased_until <= now()) and t.attempt = first.attempt
        order by t.available_at, t.id
        -- Each attempt is made in an eighth of the company: a task that kills its worker is soon alone, and takes no
        -- other along when it is parked.
        limit greatest(1, most >> 3 * least(first.attempt, 8)) for update skip locked
    ),
    taken as (
        update private.tasks t set attempt = t.attempt + 1, worker = take_tasks.worker,
            leased_until = clock_timestamp() + rules.task_lease
        -- By ids, however many the planner expects: it must not read the whole table.
        where t.id = any (array(select f.id from free f))
        returning t.id, t.attempt, t.key, t.user_id, t.payload
    )
    select jsonb_agg(jsonb_build_object('id', k.id, 'attempt', k.attempt, 'key', k.key, 'user', k.user_id, 'payload',
        k.payload) order by k.id)
    into claimed from taken k;
    return coalesce(claimed, '[]');
end $$;
comment on function private.take_tasks(text, text, integer) is
    'Leases tasks of a kind to a worker, in their turn, so many at most: [{id, attempt, key, user, payload}]. Tasks '
    'that were tried before come in smaller numbers. Tasks that were tried too often are parked.';

create or replace function private.held_tasks(claims jsonb) returns setof bigint
language sql volatile set search_path = ''
begin atomic
    select t.id from private.tasks t
    join jsonb_to_recordset(held_tasks.claims) as c (id bigint, attempt integer)
        on c.id = t.id and c.attempt = t.attempt
    where t.leased_until is not null
    -- Locked ones are waited for: a claim that began earlier holds, for its own time, tasks that it does not take.
    order by t.kind, t.key for update of t;
end;
comment on function private.held_tasks(jsonb) is
    'Of claims [{id, attempt}], the tasks that their worker still holds, locked. A lease that has run out counts while '
    'no other worker has taken the task.';

create or replace function public.claim_tasks(kind text, worker text, most integer default 100) returns jsonb
language plpgsql volatile security definer set search_path = '' as $$
begin
    perform private.name_request();
    return jsonb_build_object('claimed', private.take_tasks(claim_tasks.kind, claim_tasks.worker, claim_tasks.most));
end $$;
comment on function public.claim_tasks(text, text, integer) is
    'Takes up to 10,000 tasks of a kind for a worker, in their turn, for settings.task_lease. Service only.';
revoke all on function public.claim_tasks(text, text, integer) from public, anon, authenticated, service_role;
grant execute on function public.claim_tasks(text, text, integer) to service_role;
select private.declare_call('claim_tasks');

create or replace function public.finish_tasks(claims jsonb) returns jsonb
language plpgsql volatile security definer set search_path = '' as $$
declare
    finished integer;
    events bigint[];
begin
    perform private.name_request();
    with done as (
        delete from private.tasks t where t.id = any (array(select private.held_tasks(finish_tasks.claims)))
        returning t.event_id
    )
    select count(*), array_agg(d.event_id) filter (where d.event_id is not null) into finished, events from done d;
    if events is not null then
        perform private.note_delivered(events);
    end if;
    return jsonb_build_object('finished', finished, 'late', jsonb_array_length(claims) - finished);
end $$;
comment on function public.finish_tasks(jsonb) is
    'Removes tasks that are done: [{id, attempt}]. late: claims that were lost, which change nothing. Service only.';
revoke all on function public.finish_tasks(jsonb) from public, anon, authenticated, service_role;
grant execute on function public.finish_tasks(jsonb) to service_role;
select private.declare_call('finish_tasks');

create or replace function private.give_back(claims jsonb, error text, for_good boolean) returns jsonb
language plpgsql volatile set search_path = '' as $$
declare
    rules public.settings;
    again integer;
    parked integer;
begin
    select * into strict rules from public.settings;
    with back as (
        update private.tasks t set leased_until = null, last_error = left(give_back.error, 500),
            parked_at = case when for_good or t.attempt >= rules.task_attempts then clock_timestamp() end,
            available_at = clock_timestamp() + least(rules.task_backoff * 2 ^ (t.attempt - 1), '1 hour')
        where t.id = any (array(select private.held_tasks(give_back.claims)))
        returning t.parked_at
    )
    select count(*) filter (where b.parked_at is null), count(b.parked_at) into again, parked from back b;
    return jsonb_build_object('again', again, 'parked', parked,
        'late', jsonb_array_length(claims) - again - parked);
end $$;
comment on function private.give_back(jsonb, text, boolean) is
    'Ends claims without their work being done: to be tried again later, or parked.';

create or replace function public.fail_tasks(claims jsonb, error text) returns jsonb
language plpgsql volatile security definer set search_path = '' as $$
begin
    perform private.name_request();
    return private.give_back(fail_tasks.claims, fail_tasks.error, false);
end $$;
comment on function public.fail_tasks(jsonb, text) is
    'Gives claimed tasks back: they are tried again after a pause that doubles, and parked after '
    'settings.task_attempts. error is a kind, never personal data. Service only.';
revoke all on function public.fail_tasks(jsonb, text) from public, anon, authenticated, service_role;
grant execute on function public.fail_tasks(jsonb, text) to service_role;
select private.declare_call('fail_tasks');

create or replace function public.park_tasks(claims jsonb, error text) returns jsonb
language plpgsql volatile security definer set search_path = '' as $$
begin
    perform private.name_request();
    return private.give_back(park_tasks.claims, park_tasks.error, true);
end $$;
comment on function public.park_tasks(jsonb, text) is
    'Gives claimed tasks up that no further attempt can do. They wait for another payload or an operator. Service '
    'only.';
revoke all on function public.park_tasks(jsonb, text) from public, anon, authenticated, service_role;
grant execute on function public.park_tasks(jsonb, text) to service_role;
select private.declare_call('park_tasks');

create or replace function public.unpark_tasks(kind text default null) returns bigint
language plpgsql volatile security definer set search_path = '' as $$
declare
    freed bigint;
begin
    -- Under another id: attempts begin anew, and a worker that comes late must not be taken for the next one.
    update private.tasks t set id = default, parked_at = null, attempt = 0, available_at = clock_timestamp()
    where t.id = any (array(select x.id from private.tasks x
        where x.parked_at is not null and x.kind = coalesce(unpark_tasks.kind, x.kind)
        order by x.kind, x.key for update));
    get diagnostics freed = row_count;
    return freed;
end $$;
comment on function public.unpark_tasks(text) is
    'Has parked tasks of a kind (null: of all) tried again. Returns how many. Service only.';
revoke all on function public.unpark_tasks(text) from public, anon, authenticated, service_role;
grant execute on function public.unpark_tasks(text) to service_role;
select private.declare_call('unpark_tasks');

-- The owner's rights, on purpose: tasks are out of reach for everybody.
create or replace view public.task_queue with (security_invoker = false) as
    select t.kind, count(*) filter (where t.parked_at is null) as waiting,
        count(*) filter (where t.parked_at is null and w.since <= now()) as available,
        count(*) filter (where t.leased_until > now()) as leased, count(t.parked_at) as parked,
        extract(epoch from now() - min(w.since) filter (where t.parked_at is null and w.since <= now()))::integer
            as oldest_seconds,
        max(t.attempt) as attempts, max(t.last_error) as last_error
    from private.tasks t cross join lateral (select greatest(t.available_at, t.leased_until)) w (since)
    group by t.kind;
comment on view public.task_queue is 'Tasks in counts, by kind. Service only.';
comment on column public.task_queue.kind is 'What is to be done; the job of this name does it.';
comment on column public.task_queue.waiting is 'All that are not parked.';
comment on column public.task_queue.available is 'Of these: a worker may take them now.';
comment on column public.task_queue.leased is 'Of these: a worker has them. The rest comes later, after a failure.';
comment on column public.task_queue.parked is 'Given up; unpark_tasks() has them tried again.';
comment on column public.task_queue.oldest_seconds is
    'How long the available task waits that waits longest; null when there is none.';
comment on column public.task_queue.attempts is 'Most attempts that any of them took.';
comment on column public.task_queue.last_error is 'One of the errors they met.';
revoke all on public.task_queue from public, anon, authenticated, service_role;
grant select on public.task_queue to service_role;
select private.declare_view('task_queue');
