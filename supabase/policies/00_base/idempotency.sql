-- Doing things once. A call with an Idempotency-Key goes through call_once(). That runs the named function and keeps
-- its answer in the same transaction, so that a crash leaves both or neither.

select private.declare_table('private.idempotency_keys', owner => 'user_id',
    withheld => 'answers of the last day, kept so that a call sent twice is done once; they say what the sections say',
    swept => true, free_text => '{answer}');

revoke all on private.idempotency_keys from public, anon, authenticated, service_role;

create or replace function private.written_call(name text, args jsonb) returns text
language sql stable set search_path = '' as $$
    select format('select public.%I(%s) from jsonb_to_record($1) as a (%s)', p.proname,
        string_agg(format('%1$I => a.%1$I', n.name), ', ' order by n.at) filter (where n.name is not null),
        coalesce(string_agg(format('%I %s', n.name, format_type(n.type, null)), ', ' order by n.at)
            filter (where n.name is not null), '"-" text'))
    from pg_catalog.pg_proc p
    left join lateral unnest(p.proargnames, p.proargtypes::oid[]) with ordinality as n (name, type, at)
        on args ? n.name
    where p.pronamespace = 'public'::regnamespace and p.proname = written_call.name
      and has_function_privilege('authenticated', p.oid, 'execute')
      and not exists (select from jsonb_object_keys(args) as given (name)
          where given.name <> all (coalesce(p.proargnames, '{}')))
    group by p.oid, p.proname
$$;
comment on function private.written_call(text, jsonb) is
    'The statement that calls a function, as PostgREST would, with named arguments from a JSON object ($1). Null if '
    'members may not call such a function, or it lacks one of the arguments.';

create or replace function private.are_keys(keys jsonb) returns boolean
language sql immutable set search_path = ''
return jsonb_typeof(keys) is not distinct from 'array' and jsonb_array_length(keys) between 1 and 16
    and not exists (select from jsonb_array_elements(keys) as k (each)
        where coalesce(k.each ->> 'key', '') !~ '^[0-9a-f]{64}$'
          or coalesce(k.each ->> 'body', '') !~ '^[0-9a-f]{64}$')
    -- A key named twice would fail only after the call, and undo it with its counters: a dry run.
    and jsonb_array_length(keys) =
        (select count(distinct k.each ->> 'key') from jsonb_array_elements(keys) as k (each));
comment on function private.are_keys(jsonb) is
    'Whether these are 1 to 16 pairs of hashes of a key and a body, no key twice.';

create or replace function private.answered_before(member uuid, keys jsonb) returns private.idempotency_keys
language plpgsql stable set search_path = '' as $$
declare
    kept private.idempotency_keys;
begin
    select i.* into kept
    from jsonb_array_elements(keys) as k (each)
    join private.idempotency_keys i on i.user_id = member and i.key_hash = decode(k.each ->> 'key', 'hex')
    where i.created_at > clock_timestamp() - (select s.idempotency_lifetime from public.settings s)
    limit 1;
    return kept;
end $$;
comment on function private.answered_before(uuid, jsonb) is
    'The answer kept under one of these keys; all null if there is none.';

create or replace function private.answer_again(kept private.idempotency_keys, keys jsonb) returns jsonb
language plpgsql volatile set search_path = '' as $$
declare
    caller private.admission := case when private.is_admin() then private.admit_admin() else private.admit('write') end;
    refusal jsonb;
begin
    if caller.refusal is not null then
        return caller.refusal;
    elsif not exists (select from jsonb_array_elements(keys) as k (each)
        where decode(k.each ->> 'key', 'hex') = kept.key_hash and decode(k.each ->> 'body', 'hex') = kept.body_hash)
    then
        refusal := private.refuse('idempotency_conflict', 'This key was used with another body.');
        perform set_config('response.status', '422', true);
        return refusal;
    end if;
    perform set_config('response.status', kept.status::text, true);
    perform set_config('response.headers', (
        coalesce(nullif(current_setting('response.headers', true), ''), '[]')::jsonb
        || '[{"Idempotent-Replayed": "true"}]')::text, true);
    return kept.answer;
end $$;
comment on function private.answer_again(private.idempotency_keys, jsonb) is
    'The answer to a call whose key has been used: the kept answer, or a refusal if the body was another.';

create or replace function private.keep_answer(member uuid, keys jsonb, answer jsonb) returns void
language plpgsql volatile set search_path = '' as $$
declare
    code smallint := coalesce(nullif(current_setting('response.status', true), ''), '200');
    headers text := current_setting('response.headers', true);
begin
    -- A refusal has changed nothing, so the key may be used again, with the same body or with another.
    if code >= 400 then
        return;
    end if;
    insert into private.idempotency_keys as i (user_id, key_hash, body_hash, status, answer)
    select member, decode(k.each ->> 'key', 'hex'), decode(k.each ->> 'body', 'hex'), code, keep_answer.answer
    from jsonb_array_elements(keys) as k (each)
    on conflict on constraint idempotency_keys_pkey do update set
        body_hash = excluded.body_hash, status = excluded.status, answer = excluded.answer,
        created_at = excluded.created_at;
    perform private.count_call(member, 'kept_bytes',
        jsonb_array_length(keys) * (octet_length(keep_answer.answer::text) + 200));
    -- The answer's headers tell how many calls remain, not how many bytes.
    perform set_config('response.headers', headers, true);
end $$;
comment on function private.keep_answer(uuid, jsonb, jsonb) is
    'Keeps the answer of a change under its keys, unless it is a refusal, and counts its bytes.';

create or replace function public.call_once(
    keys jsonb, name text, args jsonb default '{}', decides boolean default true
) returns jsonb
language plpgsql volatile security definer set search_path = '' as $$
declare
    me uuid := private.member_id();
    caller private.admission;
    statement text;
    allowed boolean;
    kept private.idempotency_keys;
    answer jsonb;
begin
    if me is null or not private.called_without_postgrest_options() then
        return (private.admit('write')).refusal;
    end if;
    if not private.are_keys(keys) or jsonb_typeof(args) is distinct from 'object' then
        caller := private.admit('write');
        return coalesce(caller.refusal,
            private.refuse('invalid_body', 'keys: 1 to 16 pairs of key and body hashes; args: an object.'));
    end if;
    statement := private.written_call(call_once.name, args);
    allowed := exists (select from private.declared_calls c
        where c.name = call_once.name and case when decides then c.replayable else c.precedes_call end);
    if statement is null or not allowed then
        caller := private.admit('write');
        return coalesce(caller.refusal,
            private.refuse('invalid_body', 'name: none that members call with these arguments.'));
    end if;

    if decides and not private.try_key_locks(me, keys) then
        perform set_config('response.headers', '[{"Retry-After": "1"}]', true);
        return private.refuse('idempotency_conflict', 'The first request with this key is still being answered.');
    end if;
    kept := private.answered_before(me, keys);
    if kept.user_id is not null then
        return private.answer_again(kept, keys);
    elsif decides and private.spent(me, 'kept_bytes') then
        caller := private.admit('write');
        return coalesce(caller.refusal, private.refuse('rate_limited', 'Too many calls with a key in a day.'));
    end if;
    execute statement into answer using args;
    if decides then
        perform private.keep_answer(me, keys, answer);
    end if;
    return answer;
end $$;
comment on function public.call_once(jsonb, text, jsonb, boolean) is
    'Runs one function that members may call, once per key (hashes made by the edge). Keeps its answer for 24 hours, '
    'unless that is a refusal. A key in use: 409; used with another body: 422. With decides false it runs a question '
    'before the change, and only looks whether the key has been used.';
revoke all on function public.call_once(jsonb, text, jsonb, boolean) from public, anon, authenticated, service_role;
grant execute on function public.call_once(jsonb, text, jsonb, boolean) to authenticated;
select private.declare_call('call_once');

create or replace function public.call_once_as_admin(keys jsonb, name text, args jsonb default '{}') returns jsonb
language plpgsql volatile security definer set search_path = '' set statement_timeout = '45s' set jit = off as $$
begin
    if not private.is_admin() then return (private.admit_admin()).refusal; end if;
    return public.call_once(keys, call_once_as_admin.name, args);
end $$;
comment on function public.call_once_as_admin(jsonb, text, jsonb) is
    'call_once() for administrators, whose calls may take longer than a member''s. The named function checks what the '
    'administrator may do.';
revoke all on function public.call_once_as_admin(jsonb, text, jsonb) from public, anon, authenticated, service_role;
grant execute on function public.call_once_as_admin(jsonb, text, jsonb) to authenticated;
select private.declare_call('call_once_as_admin');

create or replace function private.retell(member uuid, answer jsonb) returns void
language plpgsql volatile set search_path = '' as $$
declare
    keys text[] := array(select jsonb_object_keys(retell.answer));
begin
    update private.idempotency_keys i set answer = retell.answer
    where i.user_id = member and i.answer ?& keys and i.answer - keys = '{}';
end $$;
comment on function private.retell(uuid, jsonb) is
    'Replaces kept answers of the same keys by the present one, so that none keeps what a member said before.';

create or replace function private.forget_kept_cells(member uuid) returns void
language plpgsql volatile set search_path = '' as $$
begin
    update private.idempotency_keys i set answer = jsonb_set(i.answer, '{profile,homeCell}', 'null')
    where i.user_id = member and i.answer #>> '{profile,homeCell}' is not null;
end $$;
comment on function private.forget_kept_cells(uuid) is 'Removes a withdrawn home cell from kept answers, too.';
