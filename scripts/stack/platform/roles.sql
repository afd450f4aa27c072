-- Roles as on the hosted platform. `supabase_admin` (superuser) runs this; `postgres` is what people get.
-- :names are filled in by scripts/stack/postgres.py.

create role anon nologin noinherit;
create role authenticated nologin noinherit;
create role service_role nologin noinherit bypassrls;
create role authenticator login noinherit password :authenticator_password;
create role supabase_auth_admin nologin noinherit createrole;
create role postgres login createdb createrole replication bypassrls password :postgres_password;

grant anon, authenticated, service_role to authenticator;
grant anon, authenticated, service_role, authenticator to postgres with admin option;
grant pg_read_all_data, pg_monitor, pg_signal_backend to postgres with admin option;

alter role anon set statement_timeout = '3s';
alter role authenticated set statement_timeout = '8s';
alter role authenticator set statement_timeout = '8s';
alter role authenticator set lock_timeout = '8s';
-- the search path people get in the dashboard and through the API
alter role postgres set search_path = "$user", public, extensions;
alter role supabase_admin set search_path = "$user", public, extensions;

-- PostgREST reads these from the role it logs in as. On hosted projects supautils lets `postgres` store any `pgrst.*`.
grant set on parameter "pgrst.db_pre_request", "pgrst.openapi_mode", "pgrst.db_schemas", "pgrst.db_max_rows",
    "pgrst.db_extra_search_path" to postgres;

alter database postgres owner to postgres;

create schema extensions authorization supabase_admin;
grant usage on schema extensions to postgres, anon, authenticated, service_role;
grant create on schema extensions to postgres;
grant usage on schema public to postgres, anon, authenticated, service_role;
