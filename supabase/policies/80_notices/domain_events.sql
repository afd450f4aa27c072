-- Read and marked as published by the service alone.

select private.declare_table('domain_events',
    withheld => 'an outbox for the operator''s systems; its lines tell what the other one had done before, and what '
        'you did is told in the other sections');

revoke all on public.domain_events from public, anon, authenticated, service_role;
grant select, update on public.domain_events to service_role;
alter table public.domain_events enable row level security;
