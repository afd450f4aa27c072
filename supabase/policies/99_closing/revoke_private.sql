-- Last word: whatever was created above, nobody but the owner runs anything in private, save what policies and
-- PostgREST itself name; and in public nothing is a client's that is neither Connect's nor named by the operator.

create or replace function private.relations() returns text[]
language sql immutable set search_path = ''
return array[
    'admin_actions', 'all_events_members', 'batch_logs', 'birth_charts', 'blind_chat_messages', 'blind_chats', 'blocks',
    'connect_profiles', 'consents', 'domain_events', 'event_members', 'event_sinks', 'events', 'fairness_over_time',
    'genders', 'job_health', 'job_runs', 'match_feedback', 'match_funnel', 'match_funnel_shares', 'match_scores',
    'matches', 'matching_preferences', 'matchmaking_jobs', 'matchmaking_parked', 'matchmaking_queue', 'message_risks',
    'queue_age', 'report_queue', 'reports', 'reveals', 'settings', 'task_queue', 'user_features', 'user_interest_index',
    'users', 'work_profiles', 'workers_alive'];
comment on function private.relations() is 'Connect''s own tables and views in public.';

create or replace function private.calls() returns text[]
language sql immutable set search_path = ''
return array[
    'activate', 'adopt_engine_version', 'answer_reveal', 'beat_job_run', 'block_partner', 'call_once',
    'call_once_as_admin', 'cancel_job', 'claim_bell', 'claim_births', 'claim_matchmaking', 'claim_shard', 'claim_tasks',
    'clear_shard', 'close_match', 'compare_shard', 'complete_matchmaking', 'deactivate', 'decide_report',
    'drop_old_scores', 'enqueue_event_matchmaking', 'enter_shard', 'erase_member', 'export_member', 'fail_job_run',
    'fail_matchmaking', 'fail_shard', 'fail_tasks', 'finish_job_run', 'finish_tasks', 'get_consents',
    'get_detailed_queue_info', 'get_funnel', 'get_matching', 'get_matchmaking_queue_stats', 'get_profile', 'get_status',
    'give_feedback', 'join_event', 'leave_event', 'list_reports', 'load_candidates', 'load_run', 'load_run_matches',
    'load_run_page', 'load_shard', 'note_unreadable', 'open_job_run', 'open_match_scores', 'open_message', 'park_tasks',
    'plan_charts', 'preview_pool', 'put_consents', 'put_profile', 'put_scores_in_place', 'read_chat', 'read_evidence',
    'read_report', 'ready_shard', 'report_partner', 'request_reveal', 'requeue_shard', 'respond', 'retry_job',
    'send_message', 'set_stable_identifier', 'steer_matching', 'stop_match', 'store_birth_charts', 'store_funnels',
    'store_profile_vectors', 'store_proposals', 'store_scores', 'take_report', 'unpark_matchmaking', 'unpark_tasks',
    'worker_health'];
comment on function private.calls() is 'Connect''s own functions in public.';

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
      and c.relname <> all (private.relations() || (select s.own_objects from public.settings s))
      and not exists (select from pg_catalog.pg_depend d where d.objid = c.oid and d.deptype = 'e')
      and private.is_open(k.kind, c.oid)
    union all
    select 'function', p.oid::regprocedure::text, pg_has_role(p.proowner, 'usage'), p.oid
    from pg_catalog.pg_proc p
    where p.pronamespace = 'public'::regnamespace
      and p.proname <> all (private.calls() || (select s.own_objects from public.settings s))
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

do $$
declare
    one record;
begin
    -- Identity columns fill themselves; no client needs a sequence of ours.
    for one in
        select d.objid::regclass as name from pg_catalog.pg_depend d
        join pg_catalog.pg_class c on c.oid = d.refobjid and c.relnamespace = 'public'::regnamespace
        join pg_catalog.pg_class q on q.oid = d.objid and q.relkind = 'S'
        where d.deptype in ('a', 'i') and c.relname = any (private.relations())
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
          and format('%s.%s', t.schemaname, t.tablename) in (select c.table_name from private.personal_columns c));
begin
    if published is not null then
        raise exception 'Realtime publishes %', published
            using hint = 'alter publication supabase_realtime drop table …: Connect tells members what they may know '
                'through its functions.';
    end if;
end $$;
