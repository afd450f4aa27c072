-- Limits of the data API: the function that PostgREST runs before each request, and the options of a call or a read.
--
-- A plain GET of a member's own rows is a read-only transaction, so it cannot be counted. It is bounded instead: 250 ms
-- of the database, cheap comparisons only, and no columns that hold a text to search in.

create or replace function private.before_request() returns void
language plpgsql volatile set search_path = '' as $$
declare
    headers json;
begin
    -- By now the role is that of the token. The worker's own calls bring the results of whole nights.
    if current_user not in ('anon', 'authenticated') then
        return;
    elsif current_setting('request.method', true) in ('GET', 'HEAD') then
        perform set_config('statement_timeout', '250ms', true);
        return;
    end if;
    headers := nullif(current_setting('request.headers', true), '')::json;
    -- PostgREST's statement parses the whole body before a function's first line runs. A large body would cost seconds.
    if headers ->> 'transfer-encoding' is not null or coalesce(headers ->> 'content-length', '0') !~ '^\d{1,5}$'
        or coalesce(headers ->> 'content-length', '0')::integer > 65536
    then
        raise exception using errcode = 'PT413', message = 'body_too_large',
            detail = 'A body has at most 65,536 bytes and says how many.';
    end if;
end $$;
comment on function private.before_request() is
    'PostgREST runs this before every request, in its transaction and role. Callers other than the service have 250 ms '
    'for a GET, and 64 KB of declared length for a body.';

grant execute on function private.before_request() to anon, authenticated, service_role;

-- This switches the function on, so that no operator must do it by hand. A project that has such a function of its own
-- keeps it, and must call ours in it.
do $$
declare
    wanted constant text[] := array['pgrst.db_pre_request=private.before_request', 'pgrst.openapi_mode=disabled'];
    theirs text := (select c from pg_catalog.pg_db_role_setting s cross join unnest(s.setconfig) c
        where s.setrole = 'authenticator'::regrole and s.setdatabase = 0 and c like 'pgrst.db_pre_request=%');
begin
    if theirs <> wanted[1] and theirs <> 'pgrst.db_pre_request=' then
        raise warning 'PostgREST already runs % before each request: let that function call private.before_request() '
            'first.',
            split_part(theirs, '=', 2);
    elsif not exists (select from pg_catalog.pg_db_role_setting s
        where s.setrole = 'authenticator'::regrole and s.setdatabase = 0 and s.setconfig @> wanted)
    then
        alter role authenticator set pgrst.db_pre_request = 'private.before_request';
        alter role authenticator set pgrst.openapi_mode = 'disabled';
        notify pgrst, 'reload config';
    end if;
end $$;

create or replace function private.is_plain_call(statement text, path text, prefer text) returns boolean
language sql immutable set search_path = ''
-- The end of PostgREST's statement around a plain call. 12.0, 12.2, 13, 14 and 16 all write it like this.
return statement ~ ' FROM \(SELECT "\w+"\.(\*|"pgrst_scalar") FROM "pgrst_source" AS "\w+"\s*(LIMIT (\$\d+|ALL) '
    'OFFSET \$\d+)?\s*\) _postgrest_t$'
    -- pg_graphql calls functions from inside a statement of its own.
    and path ~ '^/rpc/\w+$' and path <> '/rpc/graphql'
    -- Each of these options can roll back a call after it has run.
    and coalesce(prefer, '') !~* 'max-affected|tx\s*=';
comment on function private.is_plain_call(text, text, text) is
    'Whether PostgREST''s statement, path and Prefer header are a plain call of one function: without select, filters, '
    'order or a way to undo it. An unknown form counts as not plain.';

create or replace function private.called_without_postgrest_options() returns boolean
language plpgsql stable set search_path = '' as $$
begin
    -- PostgREST lets a caller select from, filter and sort what a function returned, in the same transaction.
    -- A cast that fails there undoes the call and its counters, and quotes the answer in its error: a dry run
    -- of respond() would tell what the partner decided.
    return coalesce(current_setting('request.method', true), '') = '' or private.is_plain_call(current_query(),
        current_setting('request.path', true), nullif(current_setting('request.headers', true), '')::json ->> 'prefer');
end $$;
comment on function private.called_without_postgrest_options() is
    'Whether this call came without select, filters or order in its address. True for calls that do not come through '
    'PostgREST.';

create or replace function private.reads_plainly() returns boolean
language plpgsql stable set search_path = '' as $$
declare
    -- The statement without names, texts and placeholders: PostgREST's words and operators are left.
    words text := regexp_replace(regexp_replace(current_query(), '"([^"]|"")*"|''([^'']|'''')*''|\$\d+', ' ', 'g'),
        '->>?|\|\|', ' ', 'g');
begin
    if coalesce(current_setting('request.method', true), '') <> ''
        and words ~* '[~!@#%^&|`?"'']|<<|>>|\m(i?like|similar|regexp\w*|to_tsquery)\M'
    then
        raise exception using errcode = 'PT400', message = 'invalid_body',
            detail = 'Rows are found by eq, neq, in, is, lt, lte, gt and gte alone.';
    end if;
    return true;
end $$;
comment on function private.reads_plainly() is
    'Admits a read of a table that compares with =, <>, in, is, <, >, <=, >= only, and refuses any other operator. A '
    'regular expression over a row could keep the server busy for seconds. Every table that members read has it as a '
    'restrictive policy.';
grant execute on function private.reads_plainly() to authenticated;
