-- Renewing everybody's scores, in pieces: a run keeps the pool it saw, workers take pieces of it under leases, and
-- the last piece puts the new lists in the place of the old ones. Whoever dies is replaced; a run goes on where it was.

revoke all on private.job_shards from public, anon, authenticated, service_role;
revoke all on public.batch_logs from public, anon, authenticated, service_role;
grant select, delete on public.batch_logs to service_role;
alter table public.batch_logs enable row level security;

create or replace function public.open_match_scores(engine_version text, chart_version text, trigger text default 'schedule') returns jsonb
language plpgsql volatile security definer set search_path = '' set statement_timeout = '600s' as $$
declare
    run public.job_runs;
    now_hash text;
    size integer := (select s.shard_size from public.settings s);
begin
    perform private.name_request();
    if not private.admit_engine(open_match_scores.engine_version) then
        return jsonb_build_object('runId', null, 'superseded', true);
    end if;
    perform private.between_batches();
    select * into run from public.job_runs j where j.name = 'match_scores' and j.scope = 'all' and j.status = 'running' for update;
    if run.id is not null and exists (select from private.job_shards s where s.run_id = run.id) then
        if run.engine_version = open_match_scores.engine_version then
            return jsonb_build_object('runId', run.id, 'resumed', true);
        end if;
        perform private.fail_run(run.id, 'superseded by another engine');
    end if;
    run := private.begin_job_run('match_scores', open_match_scores.trigger, open_match_scores.engine_version);
    if run.id is null then
        return private.running_job('match_scores');
    end if;
    perform private.enter_pool(run, open_match_scores.chart_version);
    -- Prices are left out: they follow from the rest, and move a little with every run.
    now_hash := private.hash_of(concat_ws(' ', open_match_scores.engine_version, open_match_scores.chart_version,
        (run.started_at at time zone 'UTC')::date, private.rules()::text,
        (select private.hash_of(string_agg(concat_ws(' ', h.capacity, h.waiting_since, h.input), E'\n' order by h.user_id))
            from private.pool_history h where h.entered_run <= run.sequence and (h.left_run is null or h.left_run > run.sequence)),
        (select concat_ws(' ', count(*), max(k.since)) from private.apart k),
        (select private.hash_of(string_agg(concat_ws(' ', x.event_id, x.user_id), ',' order by x.event_id, x.user_id))
            from public.event_members x join public.events e on e.id = x.event_id where private.is_open(e))));
    if now_hash = (select g.input_hash from private.score_generation g) then
        perform private.end_job_run(run.id, jsonb_build_object('unchanged', true));
        return jsonb_build_object('runId', run.id, 'unchanged', true);
    end if;
    update public.job_runs j set metadata = jsonb_build_object('runHash', now_hash) where j.id = run.id;

    insert into private.job_shards (run_id, number, phase, work, event_id, first_user, last_user)
    select run.id, row_number() over (order by c.phase, c.event_id nulls first, c.first_user), c.phase, c.work, c.event_id, c.first_user, c.last_user
    from (
        -- The least and greatest of uuids are found by their order, which knows no min().
        select 1 as phase, 'scores' as work, p.event_id, (array_agg(p.user_id order by p.user_id))[1] as first_user,
            (array_agg(p.user_id order by p.user_id desc))[1] as last_user
        from (
            select e.event_id, h.user_id, (row_number() over (partition by e.event_id order by h.user_id) - 1) / size as piece
            from private.pool_history h
            join (select null::uuid as event_id, null::uuid as user_id, true as everybody
                union all
                select x.event_id, x.user_id, false from public.event_members x join public.events v on v.id = x.event_id
                where private.is_open(v) and x.joined_at < run.started_at) e on e.everybody or e.user_id = h.user_id
            where h.entered_run <= run.sequence and (h.left_run is null or h.left_run > run.sequence)
        ) p group by p.event_id, p.piece
        union all select 2, 'proposals', null, null, null
        union all select 3, 'put_in_place', null, null, null
    ) c;
    return jsonb_build_object('runId', run.id, 'shards', (select count(*) from private.job_shards s where s.run_id = run.id));
end $$;
comment on function public.open_match_scores(text, text, text) is
    'Begins to renew everybody''s lists and proposals, cut into shards, or says which run is at it. When nothing has changed since the lists in use were made, says so and does nothing. Service only.';
revoke all on function public.open_match_scores(text, text, text) from public, anon, authenticated, service_role;
grant execute on function public.open_match_scores(text, text, text) to service_role;

create or replace function public.claim_shard(worker text, engine_version text) returns jsonb
language plpgsql volatile security definer set search_path = '' as $$
declare
    s private.job_shards;
    most integer := (select x.matchmaking_attempts from public.settings x);
begin
    perform private.name_request();
    select d.* into s from private.job_shards d
    join public.job_runs j on j.id = d.run_id and j.status = 'running' and j.engine_version = claim_shard.engine_version
    where d.done_at is null and coalesce(d.leased_until <= now(), true)
      and not exists (select from private.job_shards e where e.run_id = d.run_id and e.phase < d.phase and e.done_at is null)
    order by j.sequence, d.phase, d.number limit 1 for update of d skip locked;
    if s.run_id is null then
        return jsonb_build_object('runId', null);
    end if;
    if s.attempt >= most then
        perform private.fail_run(s.run_id, concat('shard ', s.number, ' (', s.work, ') failed ', s.attempt, ' times: ',
            coalesce(s.last_error, 'abandoned by its worker')));
        return jsonb_build_object('runId', null);
    end if;
    update private.job_shards d set attempt = d.attempt + 1, worker = claim_shard.worker,
        leased_until = clock_timestamp() + (select x.job_lease from public.settings x)
    where d.run_id = s.run_id and d.number = s.number;
    update public.job_runs j set heartbeat_at = clock_timestamp() where j.id = s.run_id;
    return jsonb_build_object('runId', s.run_id, 'number', s.number, 'attempt', s.attempt + 1, 'work', s.work,
        'eventId', s.event_id, 'first', s.first_user, 'last', s.last_user);
end $$;
comment on function public.claim_shard(text, text) is
    'Takes the next piece of a running job for a worker of the same engine, under a lease; runId is null when there is none. Service only.';
revoke all on function public.claim_shard(text, text) from public, anon, authenticated, service_role;
grant execute on function public.claim_shard(text, text) to service_role;

create or replace function private.hold_shard(run_id uuid, number integer, attempt integer) returns boolean
language plpgsql volatile set search_path = '' as $$
begin
    perform 1 from private.job_shards d join public.job_runs j on j.id = d.run_id and j.status = 'running'
    where d.run_id = hold_shard.run_id and d.number = hold_shard.number and d.attempt = hold_shard.attempt and d.done_at is null
    for update of d;
    return found;
end $$;
comment on function private.hold_shard(uuid, integer, integer) is 'Whether a worker still holds a piece, and its run goes on; locks the piece.';

drop function if exists private.shard_done(uuid, integer, jsonb);
create or replace function private.shard_done(run_id uuid, number integer, did jsonb, listed integer default 0) returns void
language plpgsql volatile set search_path = '' as $$
begin
    -- Where it was cut names two members: nobody asks any more.
    update private.job_shards d set done_at = clock_timestamp(), leased_until = null, first_user = null, last_user = null
    where d.run_id = shard_done.run_id and d.number = shard_done.number;
    update public.job_runs j set heartbeat_at = clock_timestamp(),
        progress = (select count(d.done_at)::numeric / count(*) from private.job_shards d where d.run_id = j.id),
        -- From the row as it is now: two pieces may be done at the same instant.
        metadata = j.metadata || did || jsonb_build_object('listed', coalesce((j.metadata -> 'listed')::integer, 0) + shard_done.listed)
    where j.id = shard_done.run_id;
end $$;
comment on function private.shard_done(uuid, integer, jsonb, integer) is 'A piece is done: the run''s progress, and what it adds to the run''s statement.';

create or replace function public.load_shard(run_id uuid, number integer, attempt integer) returns json
language plpgsql volatile security definer set search_path = '' set statement_timeout = '300s' as $$
declare
    s private.job_shards;
    run public.job_runs;
    pool json;
begin
    perform private.name_request();
    if not private.hold_shard(load_shard.run_id, load_shard.number, load_shard.attempt) then
        return json_build_object('late', true);
    end if;
    select * into s from private.job_shards d where d.run_id = load_shard.run_id and d.number = load_shard.number;
    select * into run from public.job_runs j where j.id = s.run_id;
    pool := private.pool_as_of(run.sequence, run.started_at, s.event_id, s.work = 'proposals');
    return json_build_object('late', false, 'now', private.iso(run.started_at), 'settings', private.rules(),
        'inputHash', private.hash_of(pool::text), 'pool', pool);
end $$;
comment on function public.load_shard(uuid, integer, integer) is 'The pool as the run saw it, for one of its pieces. Service only.';
revoke all on function public.load_shard(uuid, integer, integer) from public, anon, authenticated, service_role;
grant execute on function public.load_shard(uuid, integer, integer) to service_role;

create or replace function public.store_scores(run_id uuid, number integer, attempt integer, lists jsonb) returns jsonb
language plpgsql volatile security definer set search_path = '' set statement_timeout = '300s' as $$
declare
    s private.job_shards;
    run public.job_runs;
    listed integer;
begin
    perform private.name_request();
    perform private.between_loads();
    if not private.hold_shard(store_scores.run_id, store_scores.number, store_scores.attempt) then
        return jsonb_build_object('late', true, 'listed', 0);
    end if;
    select * into s from private.job_shards d where d.run_id = store_scores.run_id and d.number = store_scores.number;
    select * into run from public.job_runs j where j.id = s.run_id;
    listed := private.write_lists(
        array(select h.user_id from private.pool_history h where h.user_id between s.first_user and s.last_user
            and h.entered_run <= run.sequence and (h.left_run is null or h.left_run > run.sequence)),
        s.event_id, run.sequence, run.engine_version, lists);
    if (select x.batch_log_pairs from public.settings x) then
        insert into public.batch_logs (run_id, user_a, user_b, started_at, finished_at, status)
        select distinct s.run_id, least(l.user_id, l.candidate_user_id), greatest(l.user_id, l.candidate_user_id),
            -- The lease began when the piece was taken.
            s.leased_until - (select x.job_lease from public.settings x), clock_timestamp(), 'ok'::public.batch_log_status
        from private.match_scores l
        where l.user_id between s.first_user and s.last_user and l.generation = run.sequence and l.pool = private.pool_of(s.event_id)
        -- A pair may be in two pieces that are stored at once: in one order, so that one waits for the other.
        order by 2, 3
        on conflict do nothing;
    end if;
    perform private.shard_done(s.run_id, s.number, '{}', listed);
    return jsonb_build_object('late', false, 'listed', listed);
end $$;
comment on function public.store_scores(uuid, integer, integer, jsonb) is
    'Stores the lists of one piece into the generation that is being made, and notes its pairs in batch_logs. Service only.';
revoke all on function public.store_scores(uuid, integer, integer, jsonb) from public, anon, authenticated, service_role;
grant execute on function public.store_scores(uuid, integer, integer, jsonb) to service_role;

create or replace function private.drop_departed(run public.job_runs) returns void
language plpgsql volatile set search_path = '' as $$
declare
    -- What was not committed yet when the run began counts too.
    run_since timestamptz := run.started_at - interval '1 hour';
    departed uuid[];
begin
    departed := array(
        select p.user_id from public.connect_profiles p
        left join private.pool_history h on h.user_id = p.user_id
            and h.entered_run <= run.sequence and (h.left_run is null or h.left_run > run.sequence)
        where p.updated_at > run_since and (h.revision is distinct from p.revision or not private.is_searching(p)));
    delete from private.match_scores s using unnest(departed) d (id) where s.user_id = d.id and s.generation = run.sequence;
    delete from private.match_scores s using unnest(departed) d (id) where s.candidate_user_id = d.id and s.generation = run.sequence;
    delete from private.match_scores s using private.apart k
    where k.since > run_since and s.generation = run.sequence
      and (s.user_id, s.candidate_user_id) in ((k.one, k.other), (k.other, k.one));
    delete from private.match_scores s
    where s.event_id is not null and s.generation = run.sequence
      and 2 <> (select count(*) from public.event_members e where e.event_id = s.event_id and e.user_id in (s.user_id, s.candidate_user_id));
end $$;
comment on function private.drop_departed(public.job_runs) is
    'Takes whoever changed, paused, withdrew, was blocked or left an event during a run off its lists: they may have done so while these were being written, and neither transaction saw the other.';

create or replace function public.put_scores_in_place(run_id uuid, number integer, attempt integer) returns jsonb
language plpgsql volatile security definer set search_path = '' set statement_timeout = '120s' as $$
declare
    run public.job_runs;
    member uuid;
    event uuid;
    renewed integer := 0;
begin
    perform private.name_request();
    -- The other side of keep_generation(), before anything else is locked.
    perform pg_advisory_xact_lock(hashtextextended('connect generation', 0));
    if not private.hold_shard(put_scores_in_place.run_id, put_scores_in_place.number, put_scores_in_place.attempt) then
        return jsonb_build_object('late', true);
    end if;
    select * into run from public.job_runs j where j.id = put_scores_in_place.run_id;
    perform private.drop_departed(run);
    update private.score_generation g set generation = run.sequence, engine_version = run.engine_version,
        input_hash = run.metadata ->> 'runHash', since = clock_timestamp();
    -- Who has come or changed since the run began is not on the new lists as they are now.
    for member in
        select p.user_id from public.connect_profiles p
        left join private.pool_history h on h.user_id = p.user_id
            and h.entered_run <= run.sequence and (h.left_run is null or h.left_run > run.sequence)
        where h.revision is distinct from p.revision and private.can_be_matched(p)
        order by p.user_id
    loop
        perform private.ask_for_matches(member, 1, 'renewed');
        renewed := renewed + 1;
    end loop;
    -- The proposals of the night are those of the global pool. Whoever has places left is matched at their event.
    for event in select e.id from public.events e where private.is_open(e) order by e.id loop
        renewed := renewed + private.enqueue(array(
            select s.user_id from private.standing(array(select x.user_id from public.event_members x
                join public.connect_profiles p on p.user_id = x.user_id and private.is_searching(p) where x.event_id = event)) s
            where s.capacity > 0 or exists (select from public.event_members x
                where x.event_id = event and x.user_id = s.user_id and x.joined_at >= run.started_at)), event, 1, 'renewed');
    end loop;
    perform private.shard_done(run.id, put_scores_in_place.number, jsonb_build_object('renewed', renewed));
    perform private.end_job_run(run.id, '{}');
    return jsonb_build_object('late', false, 'renewed', renewed);
end $$;
comment on function public.put_scores_in_place(uuid, integer, integer) is
    'Ends a renewal: from this transaction on the new lists are the ones in use, all at once; who changed meanwhile is queued. Service only.';
revoke all on function public.put_scores_in_place(uuid, integer, integer) from public, anon, authenticated, service_role;
grant execute on function public.put_scores_in_place(uuid, integer, integer) to service_role;

create or replace function public.fail_shard(run_id uuid, number integer, attempt integer, error text) returns jsonb
language plpgsql volatile security definer set search_path = '' as $$
begin
    perform private.name_request();
    update private.job_shards d set leased_until = clock_timestamp(), last_error = left(fail_shard.error, 500)
    where d.run_id = fail_shard.run_id and d.number = fail_shard.number and d.attempt = fail_shard.attempt and d.done_at is null;
    return jsonb_build_object('late', not found);
end $$;
comment on function public.fail_shard(uuid, integer, integer, text) is 'Gives a piece back after a failure; another worker may take it at once. Service only.';
revoke all on function public.fail_shard(uuid, integer, integer, text) from public, anon, authenticated, service_role;
grant execute on function public.fail_shard(uuid, integer, integer, text) to service_role;

create or replace function public.drop_old_scores(most integer default 50000) returns jsonb
language plpgsql volatile security definer set search_path = '' set statement_timeout = '120s' as $$
declare
    dropped integer;
begin
    perform private.name_request();
    delete from private.match_scores s where s.ctid = any (array(
        select o.ctid from private.match_scores o
        where o.generation <> (select g.generation from private.score_generation g)
          and o.generation not in (select j.sequence from public.job_runs j where j.name = 'match_scores' and j.status = 'running')
        limit drop_old_scores.most));
    get diagnostics dropped = row_count;
    return jsonb_build_object('dropped', dropped);
end $$;
comment on function public.drop_old_scores(integer) is 'Deletes lists of generations that are no longer, or never came, into use; so many rows at a time. Service only.';
revoke all on function public.drop_old_scores(integer) from public, anon, authenticated, service_role;
grant execute on function public.drop_old_scores(integer) to service_role;
