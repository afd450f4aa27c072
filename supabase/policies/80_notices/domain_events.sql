-- Read and marked as published by the service alone.

revoke all on public.domain_events from public, anon, authenticated, service_role;
grant select, update on public.domain_events to service_role;
alter table public.domain_events enable row level security;
