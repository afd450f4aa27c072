-- Last word: whatever was created above, nobody but the owner runs anything in private, save what policies and PostgREST
-- itself name.

revoke all on all functions in schema private from public, anon, authenticated, service_role;
revoke all on all tables in schema private from public, anon, authenticated, service_role;
revoke all on all sequences in schema private from public, anon, authenticated, service_role;
grant execute on function private.member_id(), private.reads_plainly() to authenticated;
grant execute on function private.before_request() to anon, authenticated, service_role;
-- Identity columns fill themselves; no client needs a sequence of ours.
revoke all on sequence public.consents_id_seq, public.domain_events_id_seq, public.job_runs_sequence_seq,
    public.matchmaking_queue_id_seq, public.batch_logs_id_seq from public, anon, authenticated, service_role;

-- A published row is sent to whoever RLS lets see it, with every column and every change. Nothing of ours is.
do $$
declare
    published text := (select string_agg(format('%I.%I', t.schemaname, t.tablename), ', ' order by 1) from pg_catalog.pg_publication_tables t
        where t.pubname = 'supabase_realtime'
          and format('%s.%s', t.schemaname, t.tablename) in (select c.table_name from private.personal_columns c));
begin
    if published is not null then
        raise exception 'Realtime publishes %', published
            using hint = 'alter publication supabase_realtime drop table …: Connect tells members what they may know through its functions.';
    end if;
end $$;
