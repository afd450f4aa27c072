-- What every later file stands on: the platform's extensions and a schema that no client can reach.

create extension if not exists vector with schema extensions;
create extension if not exists pg_cron;
create extension if not exists pg_net with schema extensions;
create extension if not exists supabase_vault;

create schema private;
comment on schema private is
    'Connect''s own room: helpers, counters, bells. Not exposed through the API.';
revoke all on schema private from public;
