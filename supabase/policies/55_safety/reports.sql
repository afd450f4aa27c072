-- Reports about a partner, with messages of the chat as evidence. Their ciphertext is copied with the chat's salt. No
-- answer tells which of them were there: after the end of a match that would distinguish an erasure from a close.

select private.declare_table('reports', owner => 'reporter_id', export => 'reports', ordered_by => 't.created_at, t.id',
    shown => '{match_id,reason,details,created_at}', free_text => '{evidence_salt,details}');
select private.declare_withheld('reports',
    '{id,reported_id,reported_erased,status,updated_at,evidence_salt,evidence_count,taken_at,decision,decided_at,'
        'decision_reason}', 'names the other one, or is the safety team''s; who reported you is protected');
select private.declare_about_nobody('reports', '{taken_by,decided_by}', 'administrators at work');
select private.declare_about_nobody('reports', '{evidence_chat_id}', 'a chat');
select private.declare_table('private.report_evidence', free_text => '{content_ciphertext}');
select private.declare_about_nobody('private.report_evidence', '{message_id}', 'a message');
select private.declare_withheld('private.report_evidence',
    '{report_id,number,side,writer_id,content_ciphertext,key_id,sent_at}',
    'messages copied for the safety team; those that are yours are in messages');
select private.declare_event('member.reported');

create or replace function private.keep_evidence(
    m public.matches, member uuid, report_id uuid, message_ids uuid[]
) returns boolean
language plpgsql volatile set search_path = '' as $$
declare
    s private.seat := private.seat(m, member);
    c public.blind_chats;
    kept integer;
begin
    -- Faults of the list itself, which do not depend on the stored messages.
    if m.chat_opened_at is null or array_ndims(message_ids) > 1 or cardinality(message_ids) > 20
        or cardinality(message_ids) <> (select count(distinct x) from unnest(message_ids) x)
    then
        return false;
    end if;
    select * into c from public.blind_chats x where x.match_id = m.id;
    insert into private.report_evidence (report_id, message_id, number, side, writer_id, content_ciphertext, key_id,
        sent_at)
    select keep_evidence.report_id, t.id, t.number, t.side, t.sender_user_id, t.content_ciphertext, t.key_id,
        t.created_at
    from public.blind_chat_messages t
    where t.blind_chat_id = c.id and t.id = any (keep_evidence.message_ids) and t.sender_user_id is not null
      and (t.unreadable_at is null or t.side = s.side)
      and not exists (select from private.report_evidence e where e.report_id = keep_evidence.report_id
          and e.message_id = t.id)
    order by t.number
    limit 100 - (select count(*) from private.report_evidence e where e.report_id = keep_evidence.report_id);
    select count(*) into kept from private.report_evidence e where e.report_id = keep_evidence.report_id;
    update public.reports r set evidence_count = kept, evidence_salt = c.salt, evidence_chat_id = c.id
    where r.id = keep_evidence.report_id and kept > 0 and c.id is not null;
    -- After the end of the match, messages that are deleted or do not fit are left out silently.
    return s.is_over or cardinality(message_ids) = (select count(*) from private.report_evidence e
        where e.report_id = keep_evidence.report_id and e.message_id = any (keep_evidence.message_ids));
end $$;
comment on function private.keep_evidence(public.matches, uuid, uuid, uuid[]) is
    'Copies messages of this match''s chat to a report, if the member can read them; a hundred at most. False if the '
    'list names other messages: then the caller undoes it. The caller has locked the match.';

create or replace function public.report_partner(
    match_id uuid, reason text, details text default null, message_ids uuid[] default null
)
returns jsonb
language plpgsql volatile security definer set search_path = '' as $$
declare
    caller private.admission := private.admit('write', names_an_id => true);
    m public.matches;
    report uuid;
begin
    if caller.refusal is not null then return caller.refusal; end if;
    m := private.recent_match(report_partner.match_id, caller.member);
    if m.id is null then return private.not_found(caller.member); end if;
    -- One block, so that a refusal inside it undoes the changes before it.
    begin
        if report_partner.reason is null or char_length(report_partner.reason) not between 1 and 100
            or char_length(report_partner.details) not between 1 and 2000
        then
            raise exception using errcode = '23514';
        end if;
        -- A second report of the same match is added to the first one while that is undecided.
        update public.reports r set reason = report_partner.reason, updated_at = now(),
            details = left(nullif(concat_ws(E'\n\n', r.details, report_partner.details), ''), 10000)
        where r.id = (select x.id from public.reports x
            where x.match_id = m.id and x.reporter_id = caller.member and x.status <> 'decided'
            order by x.created_at, x.id limit 1)
        returning r.id into report;
        if report is null then
            insert into public.reports (match_id, reporter_id, reported_id, reason, details)
            values (m.id, caller.member, (private.seat(m, caller.member)).partner, report_partner.reason,
                report_partner.details)
            returning id into report;
        end if;
        if cardinality(message_ids) > 0 and not private.keep_evidence(m, caller.member, report, message_ids) then
            raise exception using errcode = 'PT422';
        end if;
    exception
        when check_violation or not_null_violation then
            return private.refuse('invalid_body', 'reason: 1 to 100 characters; details: up to 2,000.');
        when sqlstate 'PT422' then
            return private.refuse('invalid_body',
                'messageIds: up to 20 different messages of the chat with this match.');
    end;
    perform private.emit('member.reported', m.id, caller.member);
    return '{}'::jsonb;
end $$;
comment on function public.report_partner(uuid, text, text, uuid[]) is
    'POST /connect/report: calls the safety team, with messages of the chat as evidence. The answer tells nothing '
    'about the partner, and nothing changes for them.';
revoke all on function public.report_partner(uuid, text, text, uuid[]) from public, anon, authenticated, service_role;
grant execute on function public.report_partner(uuid, text, text, uuid[]) to authenticated;
select private.declare_call('report_partner', replayable => true);
