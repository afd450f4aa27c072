-- What roles may and are told, as on the hosted platform. Applied at every start: safe to repeat.

alter role anon inherit;
alter role authenticated inherit;
alter role service_role inherit;
alter role supabase_auth_admin login noinherit nocreaterole;

grant anon, authenticated, service_role, authenticator to postgres with admin option;
grant pg_read_all_data, pg_monitor, pg_signal_backend to postgres with admin option;
grant pg_create_subscription to postgres;
-- PostgREST reads these from the role it logs in as; supautils lets `postgres` store any `pgrst.*` there.
grant set on parameter "pgrst.db_pre_request", "pgrst.openapi_mode", "pgrst.db_schemas", "pgrst.db_max_rows",
    "pgrst.db_extra_search_path" to postgres;

alter role anon set statement_timeout = '3s';
alter role authenticated set statement_timeout = '8s';
alter role authenticator set statement_timeout = '8s';
alter role authenticator set lock_timeout = '8s';
alter role supabase_auth_admin set search_path = 'auth';
alter role supabase_auth_admin set idle_in_transaction_session_timeout = '60s';
-- the search path people get in the dashboard and through the API
alter role postgres set search_path = "$user", public, extensions;
alter role supabase_admin set search_path = "$user", public, extensions;
