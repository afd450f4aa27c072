-- The platform's extensions and a schema that no client can reach. Every later file needs them.

create extension if not exists vector with schema extensions;
create extension if not exists pg_cron;
create extension if not exists pg_net with schema extensions;
create extension if not exists supabase_vault;

create schema private;
comment on schema private is
    'Connect''s internal schema: helpers, counters, bells. Not exposed through the API.';
revoke all on schema private from public;
