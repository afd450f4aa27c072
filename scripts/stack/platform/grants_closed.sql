-- Newer hosted projects, and all since the end of October 2026: the client roles, service_role included, can neither
-- read nor write what is new in public. As there, truncate, references and trigger stay granted on new tables.
alter default privileges for role postgres in schema public
    grant truncate, references, trigger on tables to anon, authenticated, service_role;
alter default privileges for role postgres in schema public
    revoke all on functions from anon, authenticated, service_role;
alter default privileges for role postgres in schema public
    grant update on sequences to anon, authenticated, service_role;
