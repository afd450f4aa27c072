-- The caller's identity, and the form of a refusal. Every function a member calls begins with private.admit()
-- (rate_limits.sql). data_api.sql holds the function that PostgREST runs before any request.

-- New objects are closed, because the platform's own defaults may open them: every client could read a view that an
-- operator adds. By Postgres' default every role may execute a new function, so the last line covers every schema.
alter default privileges in schema public revoke all on tables from anon, authenticated, service_role;
alter default privileges in schema public revoke all on sequences from anon, authenticated, service_role;
alter default privileges in schema public revoke all on functions from anon, authenticated, service_role;
alter default privileges revoke execute on functions from public;

grant usage on schema public to anon, authenticated, service_role;
-- Policies and PostgREST call a few functions there. No other function in private is executable (see
-- 99_closing/revoke_private.sql).
grant usage on schema private to anon, authenticated, service_role;

-- Functions that read auth.users have quoted bodies. A view or a parsed body would depend on the table's columns and
-- block the Auth server's own migrations.
create or replace function private.account_stands(account uuid) returns boolean
language plpgsql stable set search_path = '' as $$
begin
    return exists (select from auth.users u where u.id = account
        and u.deleted_at is null and not u.is_anonymous and coalesce(u.banned_until <= now(), true));
end $$;
comment on function private.account_stands(uuid) is
    'Whether an account exists and is neither banned now, nor soft-deleted, nor anonymous. Any other account counts as '
    'absent in every function. The row decides, because a token may outlive it.';

create or replace function private.member_id() returns uuid
language plpgsql stable security definer set search_path = '' as $$
declare
    claims jsonb := nullif(current_setting('request.jwt.claims', true), '')::jsonb;
begin
    if claims is null
        or coalesce(claims ->> 'role', 'authenticated') <> 'authenticated'
        or coalesce(claims ->> 'is_anonymous', 'false') <> 'false'
        or not coalesce(claims -> 'aud' @> '"authenticated"', true)
        or coalesce(claims ->> 'sub', '') !~* '^[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}$'
        -- A token that another application got for a member through the project's OAuth server.
        or claims ? 'client_id' and not exists (select from public.settings s
            where claims ->> 'client_id' = any (s.oauth_clients))
        or not private.account_stands((claims ->> 'sub')::uuid)
    then
        return null;
    end if;
    return (claims ->> 'sub')::uuid;
end $$;
comment on function private.member_id() is
    'The signed-in member who makes this request. Null for anonymous sign-ins, other roles or audiences, subjects that '
    'are no UUID, and accounts that do not stand. Null also for tokens of OAuth clients that settings.oauth_clients '
    'does not name.';
grant execute on function private.member_id() to authenticated;

create or replace function private.is_admin() returns boolean
language plpgsql stable set search_path = '' as $$
begin
    return exists (select from auth.users u
        where u.id = private.member_id() and u.raw_app_meta_data @> '{"connect_admin": true}');
end $$;
comment on function private.is_admin() is
    'Whether the caller''s account has app_metadata.connect_admin now. The row decides, not the claim in a token.';

create or replace function private.name_request() returns void
language plpgsql volatile set search_path = '' as $$
declare
    request_id text := nullif(current_setting('request.headers', true), '')::json ->> 'x-request-id';
begin
    -- A caller of the data API can send any text in this header, so only a plain word gets into a log.
    if request_id ~ '^[A-Za-z0-9][A-Za-z0-9._-]{7,63}$' then
        perform set_config('application_name', left(request_id, 63), true);
    end if;
end $$;
comment on function private.name_request() is
    'Sets application_name to the id of the request, for the server''s log and pg_stat_activity. At most 63 '
    'characters; a malformed id is ignored.';

create or replace function private.iso(at timestamptz) returns text
language sql immutable set search_path = ''
return to_char(at at time zone 'UTC', 'YYYY-MM-DD"T"HH24:MI:SS.US"Z"');
comment on function private.iso(timestamptz) is 'UTC in ISO 8601, the same in every session.';

create or replace function private.refuse(code text, detail text) returns jsonb
language plpgsql volatile set search_path = '' as $$
begin
    perform set_config('response.status', case code
        when 'unauthenticated' then '401'
        when 'forbidden' then '403'
        when 'consent_required' then '403'
        when 'not_found' then '404'
        when 'match_not_open' then '409'
        when 'conflict' then '409'
        when 'profile_incomplete' then '409'
        when 'idempotency_conflict' then '409'
        when 'invalid_body' then '422'
        when 'rate_limited' then '429'
        else '500'
    end, true);
    return jsonb_build_object('ok', false, 'code', code, 'detail', detail);
end $$;
comment on function private.refuse(text, text) is
    'The answer of a refused call. It is returned, not raised: an error would roll back the count of this call.';

create or replace function private.has_sinks() returns boolean
language sql stable set search_path = ''
return exists (select from public.event_sinks s where s.is_active);
comment on function private.has_sinks() is 'Whether any sink receives what happens now.';

create or replace function private.emit(
    event_type text, match_id uuid, user_id uuid, payload jsonb default '{}'
) returns void
language sql volatile set search_path = ''
begin atomic
    insert into public.domain_events (event_type, match_id, user_id, payload, handed_on)
    values (event_type, match_id, user_id, payload, not private.has_sinks());
end;
comment on function private.emit(text, uuid, uuid, jsonb) is
    'Writes one line into the outbox, in the caller''s transaction.';

create or replace function private.pool_of(event_id uuid) returns uuid
language sql immutable set search_path = ''
return coalesce(event_id, '00000000-0000-0000-0000-000000000000');
comment on function private.pool_of(uuid) is 'An event''s pool; zeros for the global one.';
