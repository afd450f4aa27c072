-- A pair that the safety team ends. Neither side may tell it from the other side's leaving.

create or replace function private.stop_match(match_id uuid) returns boolean
language plpgsql volatile set search_path = '' as $$
declare
    m public.matches := private.lock_pair(stop_match.match_id);
begin
    if m.id is null or m.stopped_at is not null or m.ends_at <= clock_timestamp() then
        return false;
    end if;
    -- A chat ends for both. A proposal stays an ordinary unanswered one for each until it expires, and both places stay
    -- taken till then, as an exit leaves the place of the side that stays: seat() tells each that the other has left.
    update public.matches set stopped_at = now(), chat_ends_at = case when m.chat_opened_at is not null then now() end
    where id = m.id;
    if m.chat_opened_at is not null then
        update public.blind_chats c set closed_at = now() where c.match_id = m.id and c.closed_at is null;
        perform private.queue_freed_members(array[m.user_a, m.user_b]);
    end if;
    if m.status in ('proposed', 'accepted_a', 'accepted_b', 'blind_chat_active', 'revealed') then
        perform private.set_status(m, 'closed', null, null);
    end if;
    return true;
end $$;
comment on function private.stop_match(uuid) is
    'Ends a pair at once; false when it was over already. They never meet again: no pair is proposed twice. Also by '
    'hand: select private.stop_match(''…'').';
