-- A pair that the safety team ends. To each side it looks as if the other side had left.

create or replace function private.stop_match(match_id uuid) returns boolean
language plpgsql volatile set search_path = '' as $$
declare
    m public.matches := private.lock_pair(stop_match.match_id);
begin
    if m.id is null or m.stopped_at is not null or m.ends_at <= clock_timestamp() then
        return false;
    end if;
    -- A chat ends for both. A proposal looks unanswered to each side until it expires, because seat() tells each side
    -- that the other has left. Both places stay taken until then, as the remaining side's place does after an exit.
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
    'Ends a pair at once; false if it was over already. The two never meet again, because no pair is proposed twice. '
    'Also by hand: select private.stop_match(''…'').';
