-- Members reach a match only through the functions below. They hold no grant on the table: a side, a status or a time
-- would tell them who the partner is or what the partner decided.

select private.declare_table('matches', rows_of => '(t.user_a = $1 or t.user_b = $1)', export => 'matches',
    ordered_by => 't.created_at, t.id', shown => '{mode,expires_at,chat_opened_at}');
select private.declare_own_side('matches', '{id}', 'matchId', 'to_jsonb(t.id)');
select private.declare_own_side('matches', '{created_at}', 'proposedAt', 'to_jsonb(private.iso(t.created_at))');
select private.declare_own_side('matches', '{ends_at}', 'endsAt', 'to_jsonb(private.iso(t.ends_at))');
select private.declare_own_side('matches', '{decision_a}', 'decision',
    'to_jsonb(case when t.user_a = $1 then t.decision_a else t.decision_b end)');
select private.declare_own_side('matches', '{decided_a_at}', 'decidedAt',
    'to_jsonb(private.iso(case when t.user_a = $1 then t.decided_a_at else t.decided_b_at end))');
select private.declare_own_side('matches', '{left_a_at}', 'leftAt',
    'to_jsonb(private.iso(case when t.user_a = $1 then t.left_a_at else t.left_b_at end))');
select private.declare_own_side('matches', '{decision_b,decided_b_at,left_b_at,chat_ends_at,user_b}');
-- As the status tells them: gone when the match is over, whether or not the sweep has been.
select private.declare_own_side('matches', '{explanation}', 'labels',
    'case when t.ends_at > now() then to_jsonb(t.explanation) end');
select private.declare_own_side('matches', '{user_a}', 'partner', 'private.partner_shown(t, $1)');
select private.declare_withheld('matches', '{status,updated_at,stopped_at,swept_at}',
    'moves with what the other one or the safety team does');
select private.declare_withheld('matches',
    '{astro_score,hd_score,values_score,communication_score,readiness_score,total_score,score_breakdown}',
    'computed from the other one''s data as much as from yours');
select private.declare_withheld('matches', '{engine_version,run_id,event_id}',
    'how and where the pair was found would tell of the other one');
select private.declare_job('expiry', at => '*/5 * * * *', late_after => '15 minutes',
    does => 'jsonb_build_object(''ended'', private.expire_matches())');
select private.declare_event('match.accepted', payload => '{side,status}');
select private.declare_event('match.left', payload => '{side,status}');
select private.declare_event('match.status_updated', payload => '{old_status,new_status,side,mode}');

revoke all on public.matches from public, anon, authenticated, service_role;
grant select, insert, update, delete on public.matches to service_role;
alter table public.matches enable row level security;

create or replace function private.seat(m public.matches, member uuid) returns private.seat
language plpgsql volatile set search_path = '' as $$
declare
    s private.seat;
    left_at timestamptz;
    partner_left_at timestamptz;
begin
    if m.user_a = member then
        s.side := 'a'; s.partner := m.user_b;
        s.decision := m.decision_a; s.partner_decision := m.decision_b;
        left_at := m.left_a_at; partner_left_at := m.left_b_at;
    else
        s.side := 'b'; s.partner := m.user_a;
        s.decision := m.decision_b; s.partner_decision := m.decision_a;
        left_at := m.left_b_at; partner_left_at := m.left_a_at;
    end if;
    -- A partner whose account does not stand has left any proposal. A chat stays open for settings.absence_grace.
    s.partner_left := num_nonnulls(partner_left_at, m.stopped_at) > 0 or not private.account_stands(s.partner);
    s.over_at := least(left_at, m.ends_at, case when m.chat_opened_at is not null then (
        select p.absent_since + g.absence_grace from public.connect_profiles p cross join public.settings g
        where p.user_id = s.partner and p.absent_since is not null) end);
    -- Not now(), the start of the transaction: the match may have ended while it waited for the lock.
    s.is_over := s.over_at <= clock_timestamp();
    return s;
end $$;
comment on function private.seat(public.matches, uuid) is
    'A match from the side of this member. It is over if they left, the proposal expired or the chat ended. The clock '
    'decides that, not a sweep.';

create or replace function private.set_status(
    m public.matches, new_status text, actor uuid, side public.match_side
) returns void
language plpgsql volatile set search_path = '' as $$
begin
    perform private.emit('match.status_updated', m.id, actor, jsonb_build_object(
        'old_status', m.status, 'new_status', new_status, 'side', side, 'mode', m.mode));
    update public.matches set updated_at = now(),
        -- accepted_both is told in the outbox only: the same transaction opens the chat.
        status = (case new_status when 'accepted_both' then 'blind_chat_active'
            else new_status end)::public.match_status
    where id = m.id;
end $$;
comment on function private.set_status(public.matches, text, uuid, public.match_side) is
    'Moves a locked match to its next status and writes that into the outbox.';

create or replace function private.leave(
    m public.matches, member uuid, new_status public.match_status default 'closed'
) returns void
language plpgsql volatile set search_path = '' as $$
declare
    s private.seat := private.seat(m, member);
begin
    update public.matches set
        left_a_at = case when s.side = 'a' then now() else left_a_at end,
        left_b_at = case when s.side = 'b' then now() else left_b_at end,
        -- A chat ends for both sides. A proposal looks unchanged to the other side until it expires.
        chat_ends_at = case when m.chat_opened_at is not null then now() end
    where id = m.id;
    perform private.queue_freed_members(array[member, case when m.chat_opened_at is not null then s.partner end]);
    if m.chat_opened_at is not null then
        update public.blind_chats set closed_at = now() where match_id = m.id and closed_at is null;
    end if;
    if m.status in ('proposed', 'accepted_a', 'accepted_b', 'blind_chat_active', 'revealed') then
        perform private.set_status(m, new_status::text, member, s.side);
    else
        -- The other side left before and has set the status already. This event records that this side left too.
        perform private.emit('match.left', m.id, member, jsonb_build_object('side', s.side, 'status', m.status));
    end if;
end $$;
comment on function private.leave(public.matches, uuid, public.match_status) is
    'One side leaves a locked match for good: by a decline, pause, block, close or erasure. All look alike to the '
    'other side.';

create or replace function private.leave_all_matches(member uuid, chats_too boolean) returns void
language plpgsql volatile set search_path = '' as $$
declare
    m public.matches;
begin
    for m in
        select * from public.matches x
        where member in (x.user_a, x.user_b) and x.ends_at > now()
          and (chats_too or x.chat_opened_at is null)
        order by x.id for update
    loop
        -- Checked again under the lock: the second yes may have opened the chat meanwhile.
        if not (private.seat(m, member)).is_over and (chats_too or m.chat_opened_at is null) then
            perform private.leave(m, member);
        end if;
    end loop;
end $$;
comment on function private.leave_all_matches(uuid, boolean) is
    'Withdraws a member from every proposal, and with chats_too from open chats.';

create or replace function public.respond(match_id uuid, action public.match_action) returns jsonb
language plpgsql volatile security definer set search_path = '' as $$
declare
    caller private.admission := private.admit('write', names_an_id => true);
    m public.matches;
    s private.seat;
    chat_id uuid;
    answer public.match_decision := case action when 'accept' then 'accepted' else 'declined' end;
begin
    if caller.refusal is not null then return caller.refusal; end if;
    if action is null then return private.refuse('invalid_body', 'action: accept or decline.'); end if;
    m := private.lock_match(respond.match_id, caller.member);
    if m.id is null then return private.not_found(caller.member); end if;
    s := private.seat(m, caller.member);

    if s.decision = answer then
        return private.own_answer(m, s);
    elsif s.is_over and (s.decision is null or m.ends_at <= clock_timestamp()) then
        return private.not_found(caller.member);
    elsif s.decision is not null then
        return private.refuse('match_not_open', 'You have already answered this match.');
    end if;

    update public.matches set
        decision_a = case when s.side = 'a' then answer else decision_a end,
        decided_a_at = case when s.side = 'a' then now() else decided_a_at end,
        decision_b = case when s.side = 'b' then answer else decision_b end,
        decided_b_at = case when s.side = 'b' then now() else decided_b_at end
    where id = m.id;
    if answer = 'declined' then
        perform private.leave(m, caller.member, 'declined');
        return jsonb_build_object('status', 'declined', 'blindChatId', null);
    elsif s.partner_decision = 'accepted' and not s.partner_left then
        chat_id := private.open_chat(m);
        perform private.set_status(m, 'accepted_both', caller.member, s.side);
        return jsonb_build_object('status', 'accepted_both', 'blindChatId', chat_id);
    elsif m.status = 'proposed' then
        perform private.set_status(m, 'accepted_' || s.side, caller.member, s.side);
    else
        -- The partner has left. The yes is stored and answered as usual, and the match expires at its time.
        perform private.emit('match.accepted', m.id, caller.member,
            jsonb_build_object('side', s.side, 'status', m.status));
    end if;
    return jsonb_build_object('status', 'accepted_' || s.side, 'blindChatId', null);
end $$;
comment on function public.respond(uuid, public.match_action) is
    'POST /connect/respond: accepts or declines a proposal. The second yes opens the chat. Until then no answer tells '
    'the partner''s decision.';
revoke all on function public.respond(uuid, public.match_action) from public, anon, authenticated, service_role;
grant execute on function public.respond(uuid, public.match_action) to authenticated;
select private.declare_call('respond', replayable => true);

create or replace function private.own_answer(m public.matches, s private.seat) returns jsonb
language plpgsql stable set search_path = '' as $$
begin
    return case
        when s.decision = 'declined' then jsonb_build_object('status', 'declined', 'blindChatId', null)
        when m.chat_opened_at is null then jsonb_build_object('status', 'accepted_' || s.side, 'blindChatId', null)
        else jsonb_build_object('status', 'blind_chat_active',
            'blindChatId', case when not s.is_over
                then (select c.id from public.blind_chats c where c.match_id = m.id) end)
    end;
end $$;
comment on function private.own_answer(public.matches, private.seat) is
    'The answer to a member who sends the same decision again.';

create or replace function public.get_status() returns jsonb
language plpgsql volatile security definer set search_path = '' as $$
declare
    caller private.admission := private.admit('read');
    p public.connect_profiles;
    searching boolean;
    entries jsonb;
begin
    if caller.refusal is not null then return caller.refusal; end if;
    select * into p from public.connect_profiles c where c.user_id = caller.member;
    searching := p.id is not null and private.is_searching(p);
    select coalesce(jsonb_agg(e.entry order by e.progress desc, e.created_at, e.id), '[]') into entries
    from private.status_entries(caller.member) e;
    return jsonb_build_object(
        'active', searching,
        -- Python makes the sentence about a match from its labels, in this language.
        'language', (select u.lang_primary from public.users u where u.id = caller.member),
        'pausedUntil', case when not searching then private.iso(p.paused_until) end,
        'consentRequired', p.consent_lapsed_at is not null,
        'preferences', case when p.id is not null then private.preferences(p) end,
        'current', coalesce(entries -> 0, private.status_entry() || jsonb_build_object('stage',
            case when p.id is null then 'inactive' when searching then 'searching' else 'paused' end)),
        'matches', entries);
end $$;
comment on function public.get_status() is
    'GET /connect/status: the caller''s state and every match that is not over for them, the furthest stage first.';
revoke all on function public.get_status() from public, anon, authenticated, service_role;
grant execute on function public.get_status() to authenticated;
select private.declare_call('get_status');

create or replace function private.status_entry() returns jsonb
language sql immutable set search_path = ''
return '{"stage": null, "matchId": null, "blindChatId": null, "revealState": null, "revealId": null, "mode": null,
    "expiresAt": null, "pseudonym": null, "partnerPseudonym": null, "labels": null, "partner": null}'::jsonb;
comment on function private.status_entry() is 'An empty entry of the status: all fields are null.';

create or replace function private.status_entries(member uuid)
returns table (entry jsonb, progress integer, created_at timestamptz, id uuid)
language sql volatile set search_path = '' as $$
    select
        jsonb_build_object(
            'stage', (array['match_found', 'waiting', 'blind_chat', 'reveal_requested', 'revealed'])[v.progress],
            'matchId', m.id,
            'blindChatId', c.id,
            'revealState', v.reveal_state,
            'revealId', case when v.progress = 4 and asked_me.status = 'pending' then asked_me.id end,
            'mode', m.mode,
            'expiresAt', private.iso(m.ends_at),
            'pseudonym', case s.side when 'a' then c.pseudonym_a else c.pseudonym_b end,
            'partnerPseudonym', case s.side when 'a' then c.pseudonym_b else c.pseudonym_a end,
            'labels', to_jsonb(m.explanation),
            'partner', case when v.progress = 5
                then jsonb_build_object('displayName',
                    (select u.display_name from public.users u where u.id = s.partner)) end),
        v.progress, m.created_at, m.id
    from public.matches m
    cross join lateral private.seat(m, member) s
    left join public.blind_chats c on c.match_id = m.id
    left join public.reveals i_asked on i_asked.match_id = m.id and i_asked.requested_side = s.side
    left join public.reveals asked_me on asked_me.match_id = m.id and asked_me.requested_side <> s.side
    cross join lateral (select
        case
            when m.chat_opened_at is null then 'none'
            when c.reveal_state = 'mutual' then 'mutual'
            -- A request of this member stays "requested" even if it is declined. One that they declined is not shown.
            when i_asked.id is not null or asked_me.status = 'pending' then 'requested'
            else 'none'
        end) as r (reveal_state)
    cross join lateral (select r.reveal_state,
        case
            when r.reveal_state = 'mutual' then 5
            when r.reveal_state = 'requested' then 4
            when m.chat_opened_at is not null then 3
            when s.decision = 'accepted' then 2
            else 1
        end) as v (reveal_state, progress)
    where (m.user_a = member or m.user_b = member) and m.ends_at > now() and not s.is_over
$$;
comment on function private.status_entries(uuid) is
    'The member''s live matches as they may see them. No field depends on the partner''s decision, its time or their '
    'exit.';

create or replace function public.close_match(match_id uuid) returns jsonb
language plpgsql volatile security definer set search_path = '' as $$
declare
    caller private.admission := private.admit('write', names_an_id => true);
    m public.matches;
begin
    if caller.refusal is not null then return caller.refusal; end if;
    m := private.recent_match(close_match.match_id, caller.member);
    if m.id is null then
        return private.not_found(caller.member);
    elsif m.chat_opened_at is null then
        return private.refuse('match_not_open', 'No chat has opened in this match.');
    elsif not (private.seat(m, caller.member)).is_over then
        perform private.leave(m, caller.member);
    end if;
    return jsonb_build_object('status', 'closed');
end $$;
comment on function public.close_match(uuid) is
    'POST /connect/close: leaves a chat. The partner sees only that it has ended.';
revoke all on function public.close_match(uuid) from public, anon, authenticated, service_role;
grant execute on function public.close_match(uuid) to authenticated;
select private.declare_call('close_match', replayable => true);

create or replace function private.recent_match(match_id uuid, member uuid) returns public.matches
language plpgsql volatile set search_path = '' as $$
declare
    m public.matches := private.lock_match(recent_match.match_id, member);
begin
    if m.id is not null
        and (private.seat(m, member)).over_at + (select s.safety_window from public.settings s) <= now()
    then
        m := null;
    end if;
    return m;
end $$;
comment on function private.recent_match(uuid, uuid) is
    'A locked match of this member. All null if there is none, or if it ended more than settings.safety_window ago.';

create or replace function private.expire_matches() returns integer
language plpgsql volatile security definer set search_path = '' as $$
declare
    m public.matches;
    ended integer := 0;
    freed uuid[] := '{}';
begin
    for m in
        select * from public.matches x
        -- Also where a side had left: only now the other side's place is free, as if nobody had answered.
        where x.ends_at <= now() and x.swept_at is null
        order by x.id for update skip locked
    loop
        if m.status in ('proposed', 'accepted_a', 'accepted_b') then
            perform private.set_status(m, 'expired', null, null);
        elsif m.status in ('blind_chat_active', 'revealed') then
            perform private.set_status(m, 'closed', null, null);
            update public.blind_chats set closed_at = now() where match_id = m.id and closed_at is null;
        end if;
        -- Labels derive from the signals of two members, so they are deleted when the match ends.
        update public.matches set explanation = '{}', swept_at = now() where id = m.id;
        freed := freed || array[
            case when m.left_a_at is null then m.user_a end, case when m.left_b_at is null then m.user_b end];
        ended := ended + 1;
    end loop;
    perform private.queue_freed_members(freed);
    return ended;
end $$;
comment on function private.expire_matches() is
    'Sets the status of matches that ended by the clock: unanswered proposals expire, idle chats close. Returns how '
    'many.';
