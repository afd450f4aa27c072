-- Counting calls. Clients have no access to the counters or to these functions.

select private.declare_table('private.rate_counters', owner => 'user_id',
    withheld => 'how many calls you made in the current minutes', swept => true);

revoke all on private.rate_counters from public, anon, authenticated, service_role;

create or replace function private.call_limit(kind private.limited_call, out allowed integer, out lasts interval)
language plpgsql stable set search_path = '' as $$
begin
    select case kind
            when 'read' then s.reads_per_minute
            when 'write' then s.writes_per_minute
            when 'message' then s.messages_per_minute
            -- open_message() has the same limit and a counter of its own, so that sending counts as one message.
            when 'draft' then s.messages_per_minute
            when 'wrong_id' then s.wrong_ids_per_10_minutes
            when 'export' then s.exports_per_day
            when 'kept_bytes' then s.kept_answer_bytes_per_day
        end,
        case when kind = 'wrong_id' then interval '10 minutes' when kind in ('export', 'kept_bytes')
            then interval '1 day' else interval '1 minute' end
    into strict allowed, lasts from public.settings s;
end $$;
comment on function private.call_limit(private.limited_call) is
    'How many calls of a kind (or bytes) a member has, and in which time.';

create or replace function private.tell_limit(allowed integer, used integer, resets_at timestamptz) returns void
language plpgsql volatile set search_path = '' as $$
declare
    seconds integer := greatest(1, ceil(extract(epoch from resets_at - clock_timestamp())));
    headers jsonb := jsonb_build_array(
        jsonb_build_object('RateLimit-Limit', allowed::text),
        jsonb_build_object('RateLimit-Remaining', greatest(0, allowed - used)::text),
        jsonb_build_object('RateLimit-Reset', seconds::text));
begin
    if used > allowed then
        headers := headers || jsonb_build_array(jsonb_build_object('Retry-After', seconds::text));
    end if;
    perform set_config('response.headers', headers::text, true);
end $$;
comment on function private.tell_limit(integer, integer, timestamptz) is
    'Writes the limit, the remaining calls and the reset into the answer''s headers.';

create or replace function private.count_call(
    member uuid, kind private.limited_call, cost integer default 1
) returns boolean
language plpgsql volatile set search_path = '' as $$
declare
    budget record := private.call_limit(kind);
    at timestamptz := clock_timestamp();
    counter private.rate_counters;
begin
    insert into private.rate_counters as c (user_id, kind, window_started_at, used)
    values (member, kind, at, cost)
    on conflict on constraint rate_counters_pkey do update set
        window_started_at = case when c.window_started_at <= at - budget.lasts then at else c.window_started_at end,
        -- The count stops one call past the limit: that is enough to refuse.
        used = case when c.window_started_at <= at - budget.lasts then cost
            else least(c.used, budget.allowed) + cost end
    returning * into counter;
    if counter.window_started_at = at then
        perform private.give_back_counters(member);
        select * into strict counter from private.rate_counters c where c.user_id = member and c.kind = count_call.kind;
    end if;
    perform private.tell_limit(budget.allowed, counter.used, counter.window_started_at + budget.lasts);
    return counter.used <= budget.allowed;
end $$;
comment on function private.count_call(uuid, private.limited_call, integer) is
    'Counts one call, or its cost. False if the limit is exceeded.';

create or replace function private.spent(member uuid, kind private.limited_call) returns boolean
language plpgsql volatile set search_path = '' as $$
declare
    budget record := private.call_limit(kind);
    counter private.rate_counters;
begin
    select * into counter from private.rate_counters c
    where c.user_id = member and c.kind = spent.kind
      and c.window_started_at > clock_timestamp() - budget.lasts and c.used >= budget.allowed;
    if not found then
        return false;
    end if;
    perform private.tell_limit(budget.allowed, budget.allowed + 1, counter.window_started_at + budget.lasts);
    return true;
end $$;
comment on function private.spent(uuid, private.limited_call) is
    'Whether a budget is used up. It does not count this call.';

create or replace function private.admit(
    kind private.limited_call, names_an_id boolean default false
) returns private.admission
language plpgsql volatile set search_path = '' as $$
declare
    caller private.admission;
begin
    perform private.name_request();
    if not private.called_without_postgrest_options() then
        caller.refusal := private.refuse('invalid_body', 'This call takes no parameters in its address.');
        return caller;
    end if;
    caller.member := private.member_id();
    if caller.member is null then
        caller.refusal := private.refuse('unauthenticated', 'Sign in to use Connect.');
    elsif not private.count_call(caller.member, kind) then
        caller.refusal := private.refuse('rate_limited', 'Too many requests. Try again in a moment.');
    elsif names_an_id and private.spent(caller.member, 'wrong_id') then
        caller.refusal := private.refuse('rate_limited', 'Too many requests. Try again in a moment.');
    elsif kind = 'read' then
        -- A reading call writes only counters, and a crash may lose the last ones. So it does not wait for the disk.
        perform set_config('synchronous_commit', 'off', true);
    end if;
    return caller;
end $$;
comment on function private.admit(private.limited_call, boolean) is
    'Admits the caller and counts the call, or returns a refusal. First line of every function that a member calls.';

create or replace function private.not_found(member uuid) returns jsonb
language plpgsql volatile set search_path = '' as $$
declare
    headers text := current_setting('response.headers', true);
begin
    if private.count_call(member, 'wrong_id') then
        -- The answer's headers tell how many calls remain, not how many wrong ids.
        perform set_config('response.headers', headers, true);
        return private.refuse('not_found', 'There is nothing here for you under this id.');
    end if;
    return private.refuse('rate_limited', 'Too many requests. Try again in a moment.');
end $$;
comment on function private.not_found(uuid) is
    'The same answer to absent, foreign and ended ids. It counts them, so that a member cannot try ids out.';
