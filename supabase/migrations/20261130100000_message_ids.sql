-- A message's id is unique in its chat: nobody can find out by an id of their choice what became of a message elsewhere.

alter table public.blind_chat_messages drop constraint blind_chat_messages_pkey;
alter table public.blind_chat_messages add primary key (blind_chat_id, id);
comment on column public.blind_chat_messages.id is 'Drawn by the sender''s function, unique in its chat; part of what the cipher authenticates.';
