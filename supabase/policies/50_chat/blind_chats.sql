-- Blind chats and their messages. Clients have no grant, because rows hold sender ids and both pseudonyms.

select private.declare_table('blind_chats',
    rows_of => 't.match_id in (select m.id from public.matches m where m.user_a = $1 or m.user_b = $1)',
    export => 'chats', ordered_by => 't.created_at, t.id', shown => '{match_id}');
select private.declare_own_side('blind_chats', '{id}', 'blindChatId', 'to_jsonb(t.id)');
select private.declare_own_side('blind_chats', '{pseudonym_a}', 'pseudonym',
    'to_jsonb(case when (select m.user_a = $1 from public.matches m where m.id = t.match_id) then t.pseudonym_a else '
        't.pseudonym_b end)');
select private.declare_own_side('blind_chats', '{pseudonym_b}', 'partnerPseudonym',
    'to_jsonb(case when (select m.user_a = $1 from public.matches m where m.id = t.match_id) then t.pseudonym_b else '
        't.pseudonym_a end)');
select private.declare_own_side('blind_chats', '{salt}', 'salt',
    'to_jsonb(translate(encode(t.salt, ''base64''), E''\n'', ''''))',
    'opens the messages on their way to you, and is not handed on');
select private.declare_withheld('blind_chats', '{reveal_state}', 'moves with what the other one does; see reveals');
select private.declare_withheld('blind_chats', '{message_count,created_at,last_message_at,closed_at}',
    'of both sides together; see matches and messages');
select private.declare_table('blind_chat_messages',
    rows_of => '(t.sender_user_id = $1 or t.unreadable_at is null and t.blind_chat_id = any (private.open_chats($1)))',
    export => 'messages', ordered_by => 't.created_at, t.blind_chat_id, t.number',
    shown => '{id,blind_chat_id,created_at,side,key_id}', free_text => '{content_ciphertext}');
select private.declare_own_side('blind_chat_messages', '{sender_user_id}', 'mine',
    'to_jsonb(t.sender_user_id is not distinct from $1)');
select private.declare_own_side('blind_chat_messages', '{content_ciphertext}', 'ciphertext',
    'to_jsonb(translate(encode(t.content_ciphertext, ''base64''), E''\n'', ''''))');
select private.declare_withheld('blind_chat_messages', '{risk_score,risk_kinds}',
    'a judgement for the safety of both; who knows it learns to get past it');
select private.declare_withheld('blind_chat_messages', '{number,unreadable_at}',
    'would count what the other one wrote, or tell whether they could read it');
select private.declare_event('message.sent', payload => '{side}');

revoke all on public.blind_chats, public.blind_chat_messages from public, anon, authenticated, service_role;
grant select, insert, update, delete on public.blind_chats, public.blind_chat_messages to service_role;
alter table public.blind_chats enable row level security;
alter table public.blind_chat_messages enable row level security;

create or replace function private.pseudonym(except_for text default null) returns text
language plpgsql volatile set search_path = '' as $$
declare
    hues constant text[] := '{Amber,Azure,Coral,Crimson,Golden,Hazel,Indigo,Ivory,Jade,Lilac,Mellow,Misty,Olive,Pearl,'
        'Quiet,Russet,Sage,Silver,Sunny,Teal,Tender,Velvet,Violet,Wild}';
    beings constant text[] := '{Badger,Comet,Crane,Dolphin,Falcon,Fern,Finch,Fox,Heron,Juniper,Koala,Lark,Lynx,Maple,'
        'Meadow,Otter,Owl,Panda,River,Robin,Seal,Sparrow,Swift,Willow}';
    name text;
begin
    loop
        name := hues[1 + floor(random() * cardinality(hues))::int] || ' '
            || beings[1 + floor(random() * cardinality(beings))::int];
        exit when name is distinct from except_for;
    end loop;
    return name;
end $$;
comment on function private.pseudonym(text) is 'A name for one chat. It is drawn at random, so it tells nothing.';

create or replace function private.open_chat(m public.matches) returns uuid
language plpgsql volatile set search_path = '' as $$
declare
    chat_id uuid := gen_random_uuid();
    first_name text := private.pseudonym();
begin
    update public.matches set chat_opened_at = now(),
        chat_ends_at = now() + (select s.chat_idle_lifetime from public.settings s)
    where id = m.id;
    insert into public.blind_chats (id, match_id, pseudonym_a, pseudonym_b, salt)
    values (chat_id, m.id, first_name, private.pseudonym(first_name),
        -- Two random UUIDs: 244 bits from the server's strong random source.
        uuid_send(gen_random_uuid()) || uuid_send(gen_random_uuid()));
    return chat_id;
end $$;
comment on function private.open_chat(public.matches) is
    'Opens the chat of a locked match, with two pseudonyms and a fresh salt.';

create or replace function private.my_chat(
    chat_id uuid, member uuid, to_change boolean, out chat public.blind_chats, out m public.matches, out s private.seat
)
language plpgsql volatile set search_path = '' as $$
begin
    select * into chat from public.blind_chats c where c.id = my_chat.chat_id;
    if to_change then
        m := private.lock_match(chat.match_id, member);
        -- Read again under the lock: no other transaction can change it now.
        select * into chat from public.blind_chats c where c.id = my_chat.chat_id;
    else
        select * into m from public.matches x where x.id = chat.match_id and member in (x.user_a, x.user_b);
    end if;
    if m.id is not null then
        s := private.seat(m, member);
    end if;
    if s.is_over is not false then
        m := null; s := null; chat := null;
    end if;
end $$;
comment on function private.my_chat(uuid, uuid, boolean) is
    'An open chat of this member with its match; all null if there is none. With to_change the match is locked.';

create or replace function public.open_message(blind_chat_id uuid) returns jsonb
language plpgsql volatile security definer set search_path = '' as $$
declare
    caller private.admission := private.admit('draft', names_an_id => true);
    room record;
begin
    if caller.refusal is not null then return caller.refusal; end if;
    room := private.my_chat(open_message.blind_chat_id, caller.member, to_change => false);
    if (room.m).id is null then
        return private.not_found(caller.member);
    elsif private.spent(caller.member, 'message') then
        return private.refuse('rate_limited', 'Too many messages. Try again in a moment.');
    end if;
    return jsonb_build_object(
        'salt', encode((room.chat).salt, 'base64'), 'side', (room.s).side,
        'keyId', (select g.message_key_id from public.settings g),
        -- After a mutual reveal a telephone number in a message counts as no risk.
        'revealed', (room.m).status = 'revealed');
end $$;
comment on function public.open_message(uuid) is
    'First half of POST /connect/chat: the values the edge needs to encrypt, if the caller may write here.';
revoke all on function public.open_message(uuid) from public, anon, authenticated, service_role;
grant execute on function public.open_message(uuid) to authenticated;
select private.declare_call('open_message', precedes_call => true);

create or replace function public.send_message(
    blind_chat_id uuid, message_id uuid, ciphertext text, key_id text, risk_score numeric default null,
        risk_kinds text[] default null
) returns jsonb
language plpgsql volatile security definer set search_path = '' as $$
declare
    caller private.admission := private.admit('message', names_an_id => true);
    room record;
    sent public.blind_chat_messages;
    refusal jsonb;
begin
    if caller.refusal is not null then return caller.refusal; end if;
    if message_id is null or length(ciphertext) > 10704 or coalesce(key_id, '') !~ '^[A-Za-z0-9_-]{1,32}$'
        or coalesce(ciphertext, '') !~ '^[A-Za-z0-9+/]+={0,2}$' or length(ciphertext) % 4 <> 0
        or octet_length(decode(ciphertext, 'base64')) not between 29 and 8028
    then
        return private.refuse('invalid_body',
            'A message is a nonce, a ciphertext and a tag in base64, with the id of its key.');
    -- A message that was not judged is not delivered. A member who calls this directly may claim any score. But only
    -- the edge makes messages that open, with the score it found, and a message id is stored once.
    elsif risk_score is null or risk_kinds is null or risk_score not between 0 and 100
        or not private.are_risk_kinds(risk_kinds) then
        return private.refuse('invalid_body', 'A message comes with a score of 0 to 100 and its kinds of risk.');
    end if;
    room := private.my_chat(send_message.blind_chat_id, caller.member, to_change => true);
    if (room.m).id is null then return private.not_found(caller.member); end if;
    refusal := private.refuse_message(caller.member, room.m, round(send_message.risk_score, 2),
        send_message.risk_kinds);
    if refusal is not null then return refusal; end if;

    insert into public.blind_chat_messages (
        id, blind_chat_id, number, side, sender_user_id, content_ciphertext, key_id, risk_score, risk_kinds, created_at)
    values (send_message.message_id, (room.chat).id, (room.chat).message_count + 1, (room.s).side, caller.member,
        decode(ciphertext, 'base64'), send_message.key_id, send_message.risk_score, send_message.risk_kinds,
        -- Not now(): a transaction that waited for the lock began before the message that it follows.
        greatest(clock_timestamp(), (room.chat).last_message_at))
    on conflict on constraint blind_chat_messages_pkey do nothing returning * into sent;
    if sent.id is null then
        return private.refuse('invalid_body', 'This message id is taken.');
    end if;
    update public.blind_chats set message_count = sent.number, last_message_at = sent.created_at
    where id = sent.blind_chat_id;
    update public.matches set chat_ends_at = now() + (select g.chat_idle_lifetime from public.settings g)
    where id = (room.m).id;
    perform private.emit('message.sent', (room.m).id, caller.member, jsonb_build_object('side', sent.side));
    return jsonb_build_object('messageId', sent.id, 'createdAt', private.iso(sent.created_at));
end $$;
comment on function public.send_message(uuid, uuid, text, text, numeric, text[]) is
    'Second half of POST /connect/chat: checks again under lock, then stores the ciphertext.';
revoke all on function public.send_message(uuid, uuid, text, text, numeric, text[])
    from public, anon, authenticated, service_role;
grant execute on function public.send_message(uuid, uuid, text, text, numeric, text[]) to authenticated;
select private.declare_call('send_message', replayable => true);

create or replace function public.read_chat(
    blind_chat_id uuid, after integer default 0, page_size integer default 50
) returns jsonb
language plpgsql volatile security definer set search_path = '' as $$
declare
    caller private.admission := private.admit('read', names_an_id => true);
    room record;
begin
    if caller.refusal is not null then return caller.refusal; end if;
    room := private.my_chat(read_chat.blind_chat_id, caller.member, to_change => false);
    if (room.m).id is null then return private.not_found(caller.member); end if;
    return jsonb_build_object(
        'salt', encode((room.chat).salt, 'base64'),
        'messages', coalesce((select jsonb_agg(jsonb_build_object(
                'id', t.id, 'number', t.number, 'side', t.side, 'mine', t.side = (room.s).side,
                'ciphertext', translate(encode(t.content_ciphertext, 'base64'), E'\n', ''),
                'keyId', t.key_id, 'createdAt', private.iso(t.created_at)) order by t.number)
            from (select * from public.blind_chat_messages x
                where x.blind_chat_id = (room.chat).id and x.number > coalesce(after, 0)
                  and (x.unreadable_at is null or x.side = (room.s).side)
                order by x.number limit least(greatest(coalesce(page_size, 50), 1), 100)) t), '[]'));
end $$;
comment on function public.read_chat(uuid, integer, integer) is
    'GET /connect/chat: a page of messages, oldest first, as ciphertext with the salt and key ids to decrypt them.';
revoke all on function public.read_chat(uuid, integer, integer) from public, anon, authenticated, service_role;
grant execute on function public.read_chat(uuid, integer, integer) to authenticated;
select private.declare_call('read_chat');

create or replace function public.note_unreadable(
    blind_chat_id uuid, message_ids uuid[], statements text[]
) returns jsonb
language plpgsql volatile security definer set search_path = '' as $$
declare
    caller private.admission := private.admit('read', names_an_id => true);
    room record;
begin
    if caller.refusal is not null then return caller.refusal; end if;
    if cardinality(message_ids) > 100 then
        return private.refuse('invalid_body', 'message_ids: those of one page, at most 100.');
    elsif cardinality(message_ids) is distinct from cardinality(statements)
        or exists (select from unnest(statements) t where coalesce(t, '') !~ '^[A-Za-z0-9_-]{1,32}:[A-Za-z0-9+/]{43}=$')
    then
        return private.refuse('invalid_body', 'statements: one for each message, as the function signs them.');
    end if;
    room := private.my_chat(note_unreadable.blind_chat_id, caller.member, to_change => true);
    if (room.m).id is null then return private.not_found(caller.member); end if;
    -- It counts as a reading call, but its notes must survive a crash.
    perform set_config('synchronous_commit', 'on', true);
    with noted as (
        update public.blind_chat_messages t set unreadable_at = now()
        from unnest(message_ids, statements) as n (id, statement)
        where t.blind_chat_id = (room.chat).id and t.id = n.id
          and t.side <> (room.s).side and t.unreadable_at is null
        returning t.sender_user_id, t.id, n.statement
    )
    insert into private.abuse_signals (user_id, kind, match_id, noted_by, message_id, statement)
    select n.sender_user_id, 'unreadable_message', (room.m).id, caller.member, n.id, n.statement from noted n;
    return '{}'::jsonb;
end $$;
comment on function public.note_unreadable(uuid, uuid[], text[]) is
    'Marks messages of the partner that failed authentication. They are not served to the caller again. Each is noted '
    'as a sign of tampering, with a statement that the edge has signed.';
revoke all on function public.note_unreadable(uuid, uuid[], text[]) from public, anon, authenticated, service_role;
grant execute on function public.note_unreadable(uuid, uuid[], text[]) to authenticated;
select private.declare_call('note_unreadable');
