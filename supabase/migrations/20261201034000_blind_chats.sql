-- The anonymous chat of a match, and its encrypted messages.

create type public.reveal_state as enum ('none', 'requested', 'mutual');
comment on type public.reveal_state is 'Whether a side has asked for names, or both see them.';

create table public.blind_chats (
    id uuid primary key default gen_random_uuid(),
    match_id uuid not null unique references public.matches (id) on delete cascade,
    pseudonym_a text not null check (char_length(pseudonym_a) between 1 and 60),
    pseudonym_b text not null check (char_length(pseudonym_b) between 1 and 60),
    salt bytea not null check (octet_length(salt) = 32),
    reveal_state public.reveal_state not null default 'none',
    message_count integer not null default 0 check (message_count >= 0),
    created_at timestamptz not null default now(),
    last_message_at timestamptz,
    closed_at timestamptz,
    constraint blind_chats_pseudonyms_differ check (pseudonym_a <> pseudonym_b)
);

comment on table public.blind_chats is 'Chats that two members share under pseudonyms.';
comment on column public.blind_chats.id is 'Handle of the chat for both members.';
comment on column public.blind_chats.match_id is 'The match it belongs to.';
comment on column public.blind_chats.pseudonym_a is 'Pseudonym of side a, drawn for this chat alone.';
comment on column public.blind_chats.pseudonym_b is 'Pseudonym of side b.';
comment on column public.blind_chats.salt is 'Salt of this chat''s message keys. Destroying it destroys the messages.';
comment on column public.blind_chats.reveal_state is 'Whether names were asked for or shown.';
comment on column public.blind_chats.message_count is 'Messages so far. The next one gets this number plus one.';
comment on column public.blind_chats.created_at is 'When the second yes opened it.';
comment on column public.blind_chats.last_message_at is 'Time of the last message; the idle end counts from here.';
comment on column public.blind_chats.closed_at is 'When a side left or the chat fell idle.';

create table public.blind_chat_messages (
    id uuid not null,
    blind_chat_id uuid not null references public.blind_chats (id) on delete cascade,
    number integer not null check (number > 0),
    side public.match_side not null,
    sender_user_id uuid references public.users (id) on delete set null,
    -- 12 bytes nonce, 16 bytes tag, at least one byte of text, at most 2,000 characters of four bytes.
    content_ciphertext bytea not null check (octet_length(content_ciphertext) between 29 and 8028),
    key_id text not null check (key_id ~ '^[A-Za-z0-9_-]{1,32}$'),
    risk_score numeric(5, 2) check (risk_score between 0 and 100),
    risk_kinds text[] check (
        risk_kinds
            <@ '{threat,hate,harassment,sexual_pressure,sexual,minor,self_harm,violence,money,scam,contact_exchange}'
        and cardinality(risk_kinds) <= 11
    ),
    unreadable_at timestamptz,
    created_at timestamptz not null default now(),

    unique (blind_chat_id, number),
    constraint blind_chat_messages_risk_whole check ((risk_score is null) = (risk_kinds is null)),
    primary key (blind_chat_id, id)
);
create index blind_chat_messages_sender_idx on public.blind_chat_messages (sender_user_id);

comment on table public.blind_chat_messages is 'Messages as AES-256-GCM ciphertext. The keys are not in the database.';
comment on column public.blind_chat_messages.id is
    'Drawn by the sender''s function, unique in its chat; part of what the cipher authenticates.';
comment on column public.blind_chat_messages.blind_chat_id is 'The chat.';
comment on column public.blind_chat_messages.number is 'Order within the chat.';
comment on column public.blind_chat_messages.side is 'Which side wrote it.';
comment on column public.blind_chat_messages.sender_user_id is
    'The member who wrote it; null once erased. Never shown to a member.';
comment on column public.blind_chat_messages.content_ciphertext is 'Nonce, ciphertext and tag.';
comment on column public.blind_chat_messages.key_id is 'Key of the ring it was written under.';
comment on column public.blind_chat_messages.risk_score is
    'Its risk as judged, 0–100; null: sent before messages were judged.';
comment on column public.blind_chat_messages.risk_kinds is
    'The kinds of risk that the score comes from, the heaviest first.';
comment on column public.blind_chat_messages.unreadable_at is
    'When it failed authentication as the partner read it. It is not served to them again.';
comment on column public.blind_chat_messages.created_at is 'When it was sent.';
