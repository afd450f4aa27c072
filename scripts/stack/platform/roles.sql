-- Roles as on the hosted platform. `supabase_admin` (superuser) runs this; `postgres` is what people get.
-- :names are filled in by scripts/stack/postgres.py.

create role anon nologin;
create role authenticated nologin;
create role service_role nologin bypassrls;
create role authenticator login noinherit password :authenticator_password;
-- The Auth server: it owns the accounts. Nobody knows a password of it here.
create role supabase_auth_admin login noinherit;
create role postgres login createdb createrole replication bypassrls password :postgres_password;

grant anon, authenticated, service_role to authenticator;
alter database postgres owner to postgres;

create schema extensions authorization supabase_admin;
grant usage on schema extensions to postgres, anon, authenticated, service_role;
grant create on schema extensions to postgres;
grant usage on schema public to postgres, anon, authenticated, service_role;
