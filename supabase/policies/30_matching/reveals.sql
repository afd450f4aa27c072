-- Requests to show names, and their answers. The match row is locked first, so two requests at once become mutual.

select private.declare_table('reveals',
    rows_of => 't.match_id in (select m.id from public.matches m where m.user_a = $1 or m.user_b = $1)',
    export => 'reveals', ordered_by => 't.created_at, t.id', shown => '{match_id}');
select private.declare_own_side('reveals', '{requested_by}', 'mine',
    'to_jsonb(t.requested_by is not distinct from $1)');
select private.declare_own_side('reveals', '{requested_side}');
select private.declare_own_side('reveals', '{created_at}', 'askedAt', 'to_jsonb(private.iso(t.created_at))');
-- Who asked is not told that the other one declined.
select private.declare_own_side('reveals', '{status}', 'status',
    'to_jsonb(case when t.requested_by is not distinct from $1 and t.status = ''declined'' then ''pending'' else '
        't.status end)');
select private.declare_own_side('reveals', '{answered_at}', 'answeredAt',
    'to_jsonb(private.iso(case when t.requested_by is not distinct from $1 and t.status = ''declined'' then null '
        'else t.answered_at end))');
select private.declare_withheld('reveals', '{id,requested_to}',
    'names the other one, or is a handle for the side that answers');
select private.declare_event('reveal.requested', payload => '{side}');
select private.declare_event('reveal.declined');

revoke all on public.reveals from public, anon, authenticated, service_role;
grant select, insert, update, delete on public.reveals to service_role;
alter table public.reveals enable row level security;

create or replace function private.make_mutual(m public.matches, member uuid, asked public.reveals) returns jsonb
language plpgsql volatile set search_path = '' as $$
begin
    update public.reveals set status = 'accepted', answered_at = now() where id = asked.id;
    update public.blind_chats set reveal_state = 'mutual' where match_id = m.id;
    perform private.set_status(m, 'revealed', member, (private.seat(m, member)).side);
    return jsonb_build_object('revealState', 'mutual');
end $$;
comment on function private.make_mutual(public.matches, uuid, public.reveals) is
    'Makes the reveal mutual, because both want it. From now on each side sees the other''s name.';

create or replace function public.request_reveal(match_id uuid) returns jsonb
language plpgsql volatile security definer set search_path = '' as $$
declare
    caller private.admission := private.admit('write', names_an_id => true);
    m public.matches;
    s private.seat;
    asked_me public.reveals;
begin
    if caller.refusal is not null then return caller.refusal; end if;
    m := private.lock_match(request_reveal.match_id, caller.member);
    if m.id is null then return private.not_found(caller.member); end if;
    s := private.seat(m, caller.member);
    if s.is_over then
        return private.not_found(caller.member);
    elsif m.chat_opened_at is null then
        return private.refuse('match_not_open', 'No chat has opened in this match.');
    elsif m.status = 'revealed' then
        return jsonb_build_object('revealState', 'mutual');
    end if;

    select * into asked_me from public.reveals r where r.match_id = m.id and r.requested_side <> s.side;
    if found then
        return private.make_mutual(m, caller.member, asked_me);
    end if;
    insert into public.reveals (match_id, requested_side, requested_by, requested_to)
    values (m.id, s.side, caller.member, s.partner) on conflict do nothing;
    if found then
        update public.blind_chats c set reveal_state = 'requested' where c.match_id = m.id;
        perform private.emit('reveal.requested', m.id, caller.member, jsonb_build_object('side', s.side));
    end if;
    return jsonb_build_object('revealState', 'requested');
end $$;
comment on function public.request_reveal(uuid) is
    'POST /connect/reveal with a match: asks for names. If the partner has asked too, it is mutual at once, even after '
    'a decline by the caller.';
revoke all on function public.request_reveal(uuid) from public, anon, authenticated, service_role;
grant execute on function public.request_reveal(uuid) to authenticated;
select private.declare_call('request_reveal', replayable => true);

create or replace function public.answer_reveal(reveal_id uuid, action public.match_action) returns jsonb
language plpgsql volatile security definer set search_path = '' as $$
declare
    caller private.admission := private.admit('write', names_an_id => true);
    m public.matches;
    asked_me public.reveals;
begin
    if caller.refusal is not null then return caller.refusal; end if;
    if action is null then return private.refuse('invalid_body', 'action: accept or decline.'); end if;
    m := private.lock_match((select r.match_id from public.reveals r
        where r.id = answer_reveal.reveal_id and r.requested_to = caller.member), caller.member);
    if m.id is null or (private.seat(m, caller.member)).is_over then
        return private.not_found(caller.member);
    end if;
    select * into asked_me from public.reveals r where r.id = answer_reveal.reveal_id;

    if asked_me.status = 'pending' and action = 'accept' then
        return private.make_mutual(m, caller.member, asked_me);
    elsif asked_me.status = 'pending' then
        update public.reveals set status = 'declined', answered_at = now() where id = asked_me.id;
        update public.blind_chats set reveal_state = 'none' where match_id = m.id;
        perform private.emit('reveal.declined', m.id, caller.member);
        return jsonb_build_object('revealState', 'none');
    elsif asked_me.status = 'accepted' and action = 'accept' then
        return jsonb_build_object('revealState', 'mutual');
    elsif asked_me.status = 'declined' and action = 'decline' then
        return jsonb_build_object('revealState', 'none');
    end if;
    return private.refuse('match_not_open', 'You have already answered this request.');
end $$;
comment on function public.answer_reveal(uuid, public.match_action) is
    'POST /connect/reveal with a reveal: accepts or declines. The member who asked is not told of a decline.';
revoke all on function public.answer_reveal(uuid, public.match_action) from public, anon, authenticated, service_role;
grant execute on function public.answer_reveal(uuid, public.match_action) to authenticated;
select private.declare_call('answer_reveal', replayable => true);
