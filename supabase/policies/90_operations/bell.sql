-- A bell rings once: its nonce is taken before any work begins. Service only.

select private.declare_table('private.bell_nonces', about_nobody => 'bells of the schedule');

revoke all on private.bell_nonces from public, anon, authenticated, service_role;

create or replace function public.claim_bell(nonce uuid, rung_at timestamptz) returns jsonb
language plpgsql volatile security definer set search_path = '' as $$
begin
    perform private.name_request();
    insert into private.bell_nonces (nonce, rung_at)
    values (claim_bell.nonce, claim_bell.rung_at) on conflict do nothing;
    return jsonb_build_object('fresh', found);
end $$;
comment on function public.claim_bell(uuid, timestamptz) is
    'Takes a bell''s nonce once; fresh is false for a replayed bell.';
revoke all on function public.claim_bell(uuid, timestamptz) from public, anon, authenticated, service_role;
grant execute on function public.claim_bell(uuid, timestamptz) to service_role;
select private.declare_call('claim_bell');
