-- The SQL surface of pg_net. Its tables are unlogged, as there: a crash loses queued requests.

create schema net;

create domain net.http_method as text
    check (value ilike 'get' or value ilike 'post' or value ilike 'delete');

create unlogged table net.http_request_queue (
    id bigserial,
    method net.http_method not null,
    url text not null,
    headers jsonb,
    body bytea,
    timeout_milliseconds integer not null
);

create unlogged table net._http_response (
    id bigint,
    status_code integer,
    content_type text,
    headers jsonb,
    content text,
    timed_out boolean,
    error_msg text,
    created timestamptz not null default now()
);
create index _http_response_created_idx on net._http_response (created);

create function net._urlencode(value text) returns text language sql immutable strict as $$
    select coalesce(string_agg(
        case when octet_length(letter) = 1 and letter ~ '[A-Za-z0-9_.~-]' then letter
             else regexp_replace(upper(encode(convert_to(letter, 'UTF8'), 'hex')), '(..)', '%\1', 'g') end,
        '' order by place), '')
    from regexp_split_to_table(value, '') with ordinality as parts (letter, place)
$$;

create function net._with_params(url text, params jsonb) returns text language sql immutable as $$
    select url || coalesce((
        select case when strpos(url, '?') > 0 then '&' else '?' end
            || string_agg(net._urlencode(key) || '=' || net._urlencode(value), '&')
        from jsonb_each_text(params)
    ), '')
$$;

create function net._queue(method text, url text, headers jsonb, body bytea, timeout_milliseconds integer)
returns bigint language plpgsql as $$
declare
    request_id bigint;
begin
    insert into net.http_request_queue (method, url, headers, body, timeout_milliseconds)
    values (method, url, headers, body, timeout_milliseconds)
    returning id into request_id;
    -- wakes the sender when, and only when, this transaction commits
    notify net_wake;
    return request_id;
end
$$;

create function net.http_get(
    url text, params jsonb default '{}', headers jsonb default '{}', timeout_milliseconds integer default 5000
) returns bigint language sql as $$
    select net._queue('GET', net._with_params(url, params), headers, null, timeout_milliseconds)
$$;

create function net.http_delete(
    url text, params jsonb default '{}', headers jsonb default '{}', timeout_milliseconds integer default 5000
) returns bigint language sql as $$
    select net._queue('DELETE', net._with_params(url, params), headers, null, timeout_milliseconds)
$$;

create function net.http_post(
    url text, body jsonb default '{}', params jsonb default '{}',
    headers jsonb default '{"Content-Type": "application/json"}', timeout_milliseconds integer default 5000
) returns bigint language plpgsql as $$
declare
    kind text;
begin
    select value into kind from jsonb_each_text(headers) where lower(key) = 'content-type' limit 1;
    if kind is null then
        headers := headers || '{"Content-Type": "application/json"}';
    elsif kind <> 'application/json' then
        raise exception 'Content-Type header must be "application/json"';
    end if;
    return net._queue('POST', net._with_params(url, params), headers,
                      convert_to(body::text, 'UTF8'), timeout_milliseconds);
end
$$;

-- as pg_net does it: every role may queue, and read what is queued
grant usage on schema net to public;
grant all on all sequences in schema net to public;
grant all on all tables in schema net to public;
