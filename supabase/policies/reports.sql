-- Telling the operators about a partner, with messages of the chat as evidence. Two calls where there is evidence, as
-- for sending: open_report gives what the function needs to unseal and seal, report_partner checks again and stores.

create or replace function private.evidence_of(m public.matches, member uuid, message_ids uuid[]) returns uuid[]
language plpgsql stable set search_path = '' as $$
declare
    readable uuid[];
begin
    if cardinality(message_ids) > 20 or array_position(message_ids, null) is not null
        or cardinality(message_ids) <> (select count(distinct x) from unnest(message_ids) x)
        or m.chat_opened_at is null
    then
        return null;
    end if;
    readable := array(select t.id from public.blind_chat_messages t join public.blind_chats c on c.id = t.blind_chat_id
        where c.match_id = m.id and t.id = any (message_ids)
          and (t.unreadable_at is null or t.side = (private.seat(m, member)).side)
          and t.sender_user_id is not null
        order by t.number);
    -- Once the chat is over, what is not there any more is left out without a word: else whoever reports afterwards
    -- could tell a partner who was erased, and took their messages along, from one who just closed it.
    return case when m.ends_at <= clock_timestamp() or cardinality(readable) = cardinality(message_ids) then readable end;
end $$;
comment on function private.evidence_of(public.matches, uuid, uuid[]) is
    'The messages among these that a member may give as evidence: of this match''s chat, theirs or readable to them. Null when one may not.';

create or replace function private.no_such_messages() returns jsonb
language plpgsql volatile set search_path = '' as $$
begin
    return private.refuse('invalid_body', 'messageIds: up to 20 different messages of the chat with this match.');
end $$;
comment on function private.no_such_messages() is 'The one answer to messages of other chats, absent and unreadable ones.';

create or replace function private.my_open_report(match_id uuid, member uuid) returns public.reports
language sql stable set search_path = '' as $$
    select r.* from public.reports r
    where r.match_id = my_open_report.match_id and r.reporter_id = member and r.status <> 'decided'
    order by r.created_at, r.id limit 1
$$;
comment on function private.my_open_report(uuid, uuid) is 'The report of this match that a member adds to by reporting again; all null when there is none. The match is locked.';

create or replace function public.open_report(match_id uuid, message_ids uuid[]) returns jsonb
language plpgsql volatile security definer set search_path = '' as $$
declare
    caller private.admission := private.admit('write', names_an_id => true);
    m public.matches;
    chosen uuid[];
    draft private.report_drafts;
    chat public.blind_chats;
    report public.reports;
begin
    if caller.refusal is not null then return caller.refusal; end if;
    m := private.recent_match(open_report.match_id, caller.member);
    if m.id is null then return private.not_found(caller.member); end if;
    chosen := private.evidence_of(m, caller.member, coalesce(open_report.message_ids, '{}'));
    if chosen is null then return private.no_such_messages(); end if;
    select * into chat from public.blind_chats c where c.match_id = m.id;
    report := private.my_open_report(m.id, caller.member);
    -- An unfinished draft goes on, unless it is of another report than the one that is open now.
    insert into private.report_drafts as d (match_id, reporter_id, report_id, salt)
    values (m.id, caller.member, coalesce(report.id, gen_random_uuid()),
        coalesce(report.evidence_salt, uuid_send(gen_random_uuid()) || uuid_send(gen_random_uuid())))
    on conflict on constraint report_drafts_pkey do update set
        report_id = excluded.report_id, salt = excluded.salt, drawn_at = now()
    where d.report_id <> excluded.report_id and (report.id is not null or exists (select from public.reports r where r.id = d.report_id));
    select * into strict draft from private.report_drafts d where d.match_id = m.id and d.reporter_id = caller.member;
    return jsonb_build_object(
        'reportId', draft.report_id, 'reportSalt', translate(encode(draft.salt, 'base64'), E'\n', ''),
        'blindChatId', chat.id, 'salt', translate(encode(chat.salt, 'base64'), E'\n', ''),
        'keyId', (select g.message_key_id from public.settings g),
        'messages', coalesce((select jsonb_agg(jsonb_build_object(
                'id', t.id, 'side', t.side, 'ciphertext', translate(encode(t.content_ciphertext, 'base64'), E'\n', ''),
                'keyId', t.key_id) order by t.number)
            from public.blind_chat_messages t where t.id = any (chosen)), '[]'));
end $$;
comment on function public.open_report(uuid, uuid[]) is
    'First half of POST /connect/report with evidence: the chosen messages as they lie there, and the salts to open them and to seal them to the report.';
revoke all on function public.open_report(uuid, uuid[]) from public, anon, authenticated, service_role;
grant execute on function public.open_report(uuid, uuid[]) to authenticated;

create or replace function private.store_evidence(m public.matches, member uuid, draft private.report_drafts, evidence jsonb) returns boolean
language plpgsql volatile set search_path = '' as $$
declare
    chosen uuid[];
    stored integer;
begin
    if jsonb_typeof(evidence) <> 'array' or jsonb_array_length(evidence) > 20 or exists (
        select from jsonb_array_elements(evidence) e
        where jsonb_typeof(e) <> 'object' or coalesce(e ->> 'messageId', '') !~ '^[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}$'
            or coalesce(e ->> 'keyId', '') !~ '^[A-Za-z0-9_-]{1,32}$'
            or coalesce(e ->> 'ciphertext', '') !~ '^[A-Za-z0-9+/]+={0,2}$' or length(e ->> 'ciphertext') % 4 <> 0
            or octet_length(decode(e ->> 'ciphertext', 'base64')) not between 29 and 8028)
    then
        return false;
    end if;
    chosen := private.evidence_of(m, member, array(select (e ->> 'messageId')::uuid from jsonb_array_elements(evidence) e));
    if chosen is null then return false; end if;
    insert into private.report_evidence (report_id, message_id, number, side, writer_id, content_ciphertext, key_id, sent_at)
    select draft.report_id, t.id, t.number, t.side, t.sender_user_id, decode(e ->> 'ciphertext', 'base64'), e ->> 'keyId', t.created_at
    from jsonb_array_elements(evidence) e join public.blind_chat_messages t on t.id = (e ->> 'messageId')::uuid
    where t.id = any (chosen)
    -- Chosen before: it is there already.
    on conflict do nothing;
    select count(*) into stored from private.report_evidence x where x.report_id = draft.report_id;
    if stored > 100 then return false; end if;
    update public.reports r set evidence_count = stored, evidence_salt = draft.salt where r.id = draft.report_id and stored > 0;
    return true;
end $$;
comment on function private.store_evidence(public.matches, uuid, private.report_drafts, jsonb) is
    'Stores messages sealed to a report that exists; false when one of them is not to be had, or all are too many: then the caller undoes it. The match is locked.';

drop function if exists public.report_partner(uuid, text, text);
create or replace function public.report_partner(match_id uuid, reason text, details text default null, evidence jsonb default null)
returns jsonb
language plpgsql volatile security definer set search_path = '' as $$
declare
    caller private.admission := private.admit('write', names_an_id => true);
    m public.matches;
    draft private.report_drafts;
    report public.reports;
begin
    if caller.refusal is not null then return caller.refusal; end if;
    m := private.recent_match(report_partner.match_id, caller.member);
    if m.id is null then return private.not_found(caller.member); end if;
    report := private.my_open_report(m.id, caller.member);
    if evidence is not null then
        delete from private.report_drafts d where d.match_id = m.id and d.reporter_id = caller.member returning * into draft;
        -- Sealed to a report that was decided meanwhile, or to another than the one now open: to be opened again.
        if draft.report_id is null or (report.id is not null and report.id <> draft.report_id)
            or (report.id is null and exists (select from public.reports r where r.id = draft.report_id))
        then
            return private.no_such_messages();
        end if;
    end if;
    -- One block, so that a refusal inside it undoes whatever came before.
    begin
        if report_partner.reason is null or char_length(report_partner.reason) not between 1 and 100
            or char_length(report_partner.details) not between 1 and 2000
        then
            raise exception using errcode = '23514';
        elsif report.id is null then
            insert into public.reports (id, match_id, reporter_id, reported_id, reason, details)
            values (coalesce(draft.report_id, gen_random_uuid()), m.id, caller.member, (private.seat(m, caller.member)).partner,
                report_partner.reason, report_partner.details)
            returning * into report;
        else
            -- Whoever reports again adds to what they said: one person is one report, however often they call.
            update public.reports r set reason = report_partner.reason, updated_at = now(),
                details = left(nullif(concat_ws(E'\n\n', r.details, report_partner.details), ''), 10000)
            where r.id = report.id;
        end if;
        if evidence is not null and not private.store_evidence(m, caller.member, draft, evidence) then
            raise exception using errcode = 'PT422';
        end if;
    exception
        when check_violation or not_null_violation then
            return private.refuse('invalid_body', 'reason: 1 to 100 characters; details: up to 2,000.');
        when sqlstate 'PT422' then
            return private.no_such_messages();
    end;
    perform private.emit('member.reported', m.id, caller.member);
    return '{}'::jsonb;
end $$;
comment on function public.report_partner(uuid, text, text, jsonb) is
    'POST /connect/report: calls the safety team; evidence is what open_report gave, sealed to the report. Says nothing about the partner and changes nothing for them.';
revoke all on function public.report_partner(uuid, text, text, jsonb) from public, anon, authenticated, service_role;
grant execute on function public.report_partner(uuid, text, text, jsonb) to authenticated;

create or replace function private.report_loses_a_person() returns trigger
language plpgsql set search_path = '' as $$
begin
    -- A reporter's words go with them. Those about a partner who goes stay: the reporter reads their own reports, and
    -- would see that the partner was erased.
    if new.reporter_id is null and old.reporter_id is not null then
        new.reason := 'erased';
        new.details := null;
    end if;
    -- Evidence goes with whoever wrote it; whether that has happened already is the database's to choose.
    new.evidence_count := (select count(*) from private.report_evidence e where e.report_id = new.id
        and e.writer_id is distinct from case when new.reporter_id is null then old.reporter_id end
        and e.writer_id is distinct from case when new.reported_id is null then old.reported_id end);
    return new;
end $$;
comment on function private.report_loses_a_person() is
    'Nothing an erased person said stays readable in a report. What the one who stays wrote does.';
create or replace trigger report_loses_a_person before update of reporter_id, reported_id on public.reports
    for each row when (old.reporter_id is not null and new.reporter_id is null or old.reported_id is not null and new.reported_id is null)
    execute function private.report_loses_a_person();
