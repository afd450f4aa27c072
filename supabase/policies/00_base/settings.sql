-- Operators edit the row in the dashboard; no client reads it.

select private.declare_table('settings', about_nobody => 'of the whole community');

revoke all on public.settings from public, anon, authenticated, service_role;
grant select, update on public.settings to service_role;
alter table public.settings enable row level security;
