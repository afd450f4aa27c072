-- Last word: whatever was created above, nobody but the owner runs anything in private, save the one
-- function that policies name.

revoke all on all functions in schema private from public, anon, authenticated, service_role;
revoke all on all tables in schema private from public, anon, authenticated, service_role;
revoke all on all sequences in schema private from public, anon, authenticated, service_role;
grant execute on function private.member_id() to authenticated;
-- Identity columns fill themselves; no client needs a sequence of ours.
revoke all on sequence public.consents_id_seq, public.domain_events_id_seq, public.job_runs_sequence_seq,
    public.matchmaking_queue_id_seq, public.batch_logs_id_seq from public, anon, authenticated, service_role;
