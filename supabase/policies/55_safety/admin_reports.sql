-- Administrators work reports with their own token. Each act is recorded before it is answered. If the record fails,
-- nothing is done. No answer names a member or a match.

create or replace view public.report_queue with (security_invoker = true) as
    with reliability as (
        select r.reporter_id,
            (count(*) filter (where r.decision in ('warned', 'stopped')) + 1)::numeric / (count(*) + 2) as share
        from public.reports r where r.decision is not null and r.reporter_id is not null group by r.reporter_id
    ),
    -- Each reporter counts once for a member, even if they report them often. Reports decided no_action do not count.
    told as (
        select distinct coalesce(r.reported_id, r.id) as about, r.reporter_id from public.reports r
        where r.decision is distinct from 'no_action'
    ),
    weight as (
        select t.about, sum(coalesce(l.share, 0.5)) as weight, count(*) as reporters
        from told t left join reliability l on l.reporter_id = t.reporter_id group by t.about
    )
    select r.id as report_id, r.status, round(w.weight, 2) as weight, w.reporters,
        round(coalesce(l.share, 0.5), 2) as reliability, r.created_at, r.updated_at, r.evidence_count, m.mode,
        t.highest_risk, t.risk_kinds, r.taken_at
    from public.reports r
    join weight w on w.about = coalesce(r.reported_id, r.id)
    left join reliability l on l.reporter_id = r.reporter_id
    left join public.matches m on m.id = r.match_id
    left join lateral (
        select max(b.risk_score) as highest_risk,
            array_agg(distinct k.kind order by k.kind) filter (where k.kind is not null) as risk_kinds
        from public.blind_chats c join public.blind_chat_messages b on b.blind_chat_id = c.id
            and b.sender_user_id = r.reported_id
        left join lateral unnest(b.risk_kinds) k (kind) on true
        where c.match_id = r.match_id
    ) t on true
    where r.status <> 'decided';
comment on view public.report_queue is
    'Reports to be decided, without a name, an id of a member or a text. For the heaviest and then the oldest first: '
    'order by weight desc, created_at.';
comment on column public.report_queue.report_id is 'The report, for POST /admin/reports.';
comment on column public.report_queue.status is 'open, or reviewing once an administrator has taken it.';
comment on column public.report_queue.weight is
    'Sum of the reliability of all reporters of the same member. Each reporter counts once.';
comment on column public.report_queue.reporters is 'How many different members report the same member.';
comment on column public.report_queue.reliability is
    'Reliability of this reporter: (reports upheld + 1) / (reports decided + 2), so 0.5 at first. Never shown to '
    'members.';
comment on column public.report_queue.created_at is 'When it was first reported.';
comment on column public.report_queue.updated_at is 'When the reporter last added to it.';
comment on column public.report_queue.evidence_count is 'Messages chosen as evidence.';
comment on column public.report_queue.mode is 'The mode the pair was proposed in; null once the match is deleted.';
comment on column public.report_queue.highest_risk is
    'Highest score (0–100) of a message by the reported side in that chat; null without any.';
comment on column public.report_queue.risk_kinds is 'Kinds of risk of the reported side''s messages.';
comment on column public.report_queue.taken_at is 'When an administrator took it.';
revoke all on public.report_queue from public, anon, authenticated, service_role;
grant select on public.report_queue to service_role;
select private.declare_view('report_queue');

create or replace function private.concerns(r public.reports, person uuid, erased uuid[]) returns boolean
language plpgsql stable set search_path = '' as $$
begin
    return coalesce(person in (r.reporter_id, r.reported_id), false)
        or coalesce(r.reported_erased = any (erased), false)
        or exists (select from private.erased_sides s where s.match_id = r.match_id and s.erased_id = any (erased));
end $$;
comment on function private.concerns(public.reports, uuid, uuid[]) is
    'Whether a report is by or about this person, also as the member they were before an erasure '
    '(private.erased_before()).';

create or replace function private.admit_to_report(
    action text, report_id uuid, why text, details jsonb default '{}',
    out refusal jsonb, out admin uuid, out r public.reports
)
language plpgsql volatile set search_path = '' as $$
declare
    caller private.admission := private.admit_admin();
begin
    refusal := caller.refusal;
    if refusal is not null then return; end if;
    admin := caller.member;
    if why is null or char_length(btrim(why)) not between 1 and 1000 then
        refusal := private.refuse('invalid_body', 'why: 1 to 1,000 characters.');
        return;
    end if;
    select * into r from public.reports x where x.id = admit_to_report.report_id;
    if r.id is null then
        refusal := private.refuse('not_found', 'There is no such report.');
    elsif private.concerns(r, admin, private.erased_before(admin)) then
        refusal := private.refuse('forbidden', 'This report concerns yourself; somebody else must work it.');
        r := null;
    end if;
    insert into public.admin_actions (admin_id, action, report_id, why, details)
    values (admin, admit_to_report.action, admit_to_report.report_id, btrim(admit_to_report.why),
        admit_to_report.details || case when refusal is null then '{}'
            else jsonb_build_object('refused', refusal ->> 'code') end);
end $$;
comment on function private.admit_to_report(text, uuid, text, jsonb) is
    'Admits an administrator to a report. Records the administrator, the action, the report and the reason, also of '
    'refused tries. First line of every function on one report.';

create or replace function private.is_held(r public.reports, admin uuid) returns boolean
language sql stable set search_path = ''
return r.status = 'reviewing' and r.taken_by <> admin and r.taken_at > now() - interval '1 day';
comment on function private.is_held(public.reports, uuid) is
    'Whether another administrator has taken a report. A day later it is free again.';

create or replace function public.list_reports(status text default null) returns jsonb
language plpgsql volatile security definer set search_path = '' as $$
declare
    caller private.admission := private.admit_admin();
    erased uuid[];
begin
    if caller.refusal is not null then return caller.refusal; end if;
    if list_reports.status not in ('open', 'reviewing') then
        return private.refuse('invalid_body', 'status: open or reviewing.');
    end if;
    insert into public.admin_actions (admin_id, action, details)
    values (caller.member, 'list_reports', jsonb_strip_nulls(jsonb_build_object('status', list_reports.status)));
    erased := private.erased_before(caller.member);
    return (
        with waiting as materialized (
            select q.*, r.taken_by is not distinct from caller.member as mine
            from public.report_queue q join public.reports r on r.id = q.report_id
            where (list_reports.status is null or q.status::text = list_reports.status)
              -- An administrator does not see reports that concern themself.
              and not private.concerns(r, caller.member, erased)
        )
        select jsonb_build_object('waiting', (select count(*) from waiting), 'reports',
            coalesce(jsonb_agg(jsonb_build_object(
                'reportId', t.report_id, 'status', t.status, 'weight', t.weight, 'reporters', t.reporters,
                'createdAt', private.iso(t.created_at), 'updatedAt', private.iso(t.updated_at),
                'evidenceCount', t.evidence_count, 'mode', t.mode, 'highestRisk', t.highest_risk,
                'riskKinds', coalesce(t.risk_kinds, '{}'), 'takenAt', private.iso(t.taken_at), 'mine', t.mine)
                order by t.weight desc, t.created_at, t.report_id), '[]'))
        from (select * from waiting w order by w.weight desc, w.created_at, w.report_id limit 100) t);
end $$;
comment on function public.list_reports(text) is
    'GET /admin/reports: the hundred heaviest undecided reports, without a name, an id of a member or a text.';
revoke all on function public.list_reports(text) from public, anon, authenticated, service_role;
grant execute on function public.list_reports(text) to authenticated;
select private.declare_call('list_reports');

create or replace function private.told_of_report(r public.reports, admin uuid) returns jsonb
language plpgsql stable set search_path = '' as $$
declare
    q public.report_queue;
    c public.blind_chats;
    reporter_is_a boolean := (select coalesce(m.user_a = r.reporter_id, m.user_b = r.reported_id) from public.matches m
        where m.id = r.match_id);
begin
    select * into q from public.report_queue x where x.report_id = r.id;
    select * into c from public.blind_chats x where x.match_id = r.match_id;
    return jsonb_build_object(
        'reportId', r.id, 'status', r.status, 'reason', r.reason, 'details', r.details,
        'createdAt', private.iso(r.created_at), 'updatedAt', private.iso(r.updated_at),
        'mode', (select m.mode from public.matches m where m.id = r.match_id),
        -- Their pseudonyms, which belong to that chat alone.
        'reporter', case when reporter_is_a then c.pseudonym_a when not reporter_is_a then c.pseudonym_b end,
        'reported', case when reporter_is_a then c.pseudonym_b when not reporter_is_a then c.pseudonym_a end,
        'weight', q.weight, 'reporters', q.reporters, 'reliability', q.reliability,
        'highestRisk', q.highest_risk, 'riskKinds', coalesce(q.risk_kinds, '{}'),
        'evidenceCount', r.evidence_count, 'takenAt', private.iso(r.taken_at), 'mine',
        r.taken_by is not distinct from admin,
        'decision', r.decision, 'decidedAt', private.iso(r.decided_at), 'decisionReason', r.decision_reason);
end $$;
comment on function private.told_of_report(public.reports, uuid) is
    'A report as an administrator reads it: the reporter''s words and the pseudonyms of that chat, but no id of a '
    'member.';

create or replace function public.read_report(report_id uuid, why text) returns jsonb
language plpgsql volatile security definer set search_path = '' as $$
declare
    let record := private.admit_to_report('read_report', read_report.report_id, read_report.why);
begin
    if let.refusal is not null then return let.refusal; end if;
    return private.told_of_report(let.r, let.admin);
end $$;
comment on function public.read_report(uuid, text) is
    'POST /admin/reports, read: one report with the reporter''s words, for a stated reason.';
revoke all on function public.read_report(uuid, text) from public, anon, authenticated, service_role;
grant execute on function public.read_report(uuid, text) to authenticated;
select private.declare_call('read_report');

create or replace function public.read_evidence(report_id uuid, why text) returns jsonb
language plpgsql volatile security definer set search_path = '' as $$
declare
    let record := private.admit_to_report('read_evidence', read_evidence.report_id, read_evidence.why);
    reporter_side public.match_side;
    c public.blind_chats;
begin
    if let.refusal is not null then return let.refusal; end if;
    reporter_side := (select case coalesce(m.user_a = (let.r).reporter_id, m.user_b = (let.r).reported_id) when true
        then 'a' when false then 'b' end
        from public.matches m where m.id = (let.r).match_id);
    select * into c from public.blind_chats x where x.match_id = (let.r).match_id;
    return jsonb_build_object(
        'reportId', (let.r).id, 'blindChatId', coalesce((let.r).evidence_chat_id, c.id),
        'salt', translate(encode(coalesce((let.r).evidence_salt, c.salt), 'base64'), E'\n', ''),
        -- Messages of the reported side that the edge could not open, each with the edge's signed statement.
        'unreadable', coalesce((select jsonb_agg(jsonb_build_object('id', a.message_id, 'statement', a.statement,
                'side', case reporter_side when 'a' then 'b' else 'a' end) order by a.id)
            from private.abuse_signals a
            where a.match_id = (let.r).match_id and a.kind = 'unreadable_message' and a.user_id = (let.r).reported_id),
                '[]'),
        'messages', coalesce((select jsonb_agg(jsonb_build_object(
                'id', e.message_id, 'side', e.side, 'keyId', e.key_id,
                'by', case when e.side = reporter_side then 'reporter' when e.side <> reporter_side then 'reported' end,
                'ciphertext', translate(encode(e.content_ciphertext, 'base64'), E'\n', ''),
                'createdAt', private.iso(e.sent_at)) order by e.number)
            from private.report_evidence e where e.report_id = (let.r).id), '[]'));
end $$;
comment on function public.read_evidence(uuid, text) is
    'POST /admin/evidence: the messages of one report as ciphertext with their salt, for a stated reason. Without the '
    'key ring they cannot be read.';
revoke all on function public.read_evidence(uuid, text) from public, anon, authenticated, service_role;
grant execute on function public.read_evidence(uuid, text) to authenticated;
select private.declare_call('read_evidence');

create or replace function public.take_report(report_id uuid, why text) returns jsonb
language plpgsql volatile security definer set search_path = '' as $$
declare
    let record := private.admit_to_report('take_report', take_report.report_id, take_report.why);
    r public.reports;
begin
    if let.refusal is not null then return let.refusal; end if;
    select * into r from public.reports x where x.id = take_report.report_id for no key update;
    if r.status = 'decided' then
        return private.refuse('conflict', 'This report has been decided.');
    elsif private.is_held(r, let.admin) then
        return private.refuse('conflict', 'Another administrator is at this report.');
    end if;
    update public.reports x set status = 'reviewing', taken_by = let.admin, taken_at = now() where x.id = r.id
    returning * into r;
    -- The report's text is left out, because this answer may be kept for a retry.
    return jsonb_build_object('reportId', r.id, 'status', r.status, 'takenAt', private.iso(r.taken_at), 'mine', true);
end $$;
comment on function public.take_report(uuid, text) is
    'POST /admin/reports, take: reserves a report for this administrator for a day.';
revoke all on function public.take_report(uuid, text) from public, anon, authenticated, service_role;
grant execute on function public.take_report(uuid, text) to authenticated;
select private.declare_call('take_report', replayable => true);

create or replace function public.decide_report(report_id uuid, decision text, why text) returns jsonb
language plpgsql volatile security definer set search_path = '' as $$
declare
    let record;
    r public.reports;
begin
    let := private.admit_to_report('decide_report', decide_report.report_id, decide_report.why,
        jsonb_strip_nulls(jsonb_build_object('decision', left(decide_report.decision, 20))));
    if let.refusal is not null then return let.refusal; end if;
    if decide_report.decision is null or decide_report.decision not in ('no_action', 'warned', 'stopped') then
        return private.refuse('invalid_body', 'decision: no_action, warned or stopped.');
    end if;
    -- The match is locked before the report, as in report_partner().
    perform private.lock_pair((let.r).match_id);
    select * into r from public.reports x where x.id = decide_report.report_id for no key update;
    if r.id is null then
        return private.refuse('not_found', 'There is no such report.');
    elsif r.status = 'decided' then
        return private.refuse('conflict', 'This report has been decided.');
    elsif private.is_held(r, let.admin) then
        return private.refuse('conflict', 'Another administrator is at this report.');
    end if;
    if decide_report.decision = 'stopped' then
        perform private.stop_match(r.match_id);
    end if;
    update public.reports x set status = 'decided', decision = decide_report.decision::public.report_decision,
        decided_by = let.admin, decided_at = now(), decision_reason = btrim(decide_report.why)
    where x.id = r.id returning * into r;
    return jsonb_build_object('reportId', r.id, 'status', r.status, 'decision', r.decision, 'decidedAt',
        private.iso(r.decided_at));
end $$;
comment on function public.decide_report(uuid, text, text) is
    'POST /admin/reports, decide: no_action, warned or stopped, with the reason. stopped ends the pair at once.';
revoke all on function public.decide_report(uuid, text, text) from public, anon, authenticated, service_role;
grant execute on function public.decide_report(uuid, text, text) to authenticated;
select private.declare_call('decide_report', replayable => true);

create or replace function public.stop_match(
    why text, report_id uuid default null, match_id uuid default null
) returns jsonb
language plpgsql volatile security definer set search_path = '' as $$
declare
    let record;
    caller private.admission;
    stopped uuid := stop_match.match_id;
begin
    if stop_match.report_id is not null and stop_match.match_id is null then
        let := private.admit_to_report('stop_match', stop_match.report_id, stop_match.why);
        if let.refusal is not null then return let.refusal; end if;
        stopped := (let.r).match_id;
    else
        caller := private.admit_admin();
        if caller.refusal is not null then return caller.refusal; end if;
        if stop_match.report_id is not null or stop_match.match_id is null then
            return private.refuse('invalid_body', 'reportId or matchId: exactly one of them.');
        elsif stop_match.why is null or char_length(btrim(stop_match.why)) not between 1 and 1000 then
            return private.refuse('invalid_body', 'why: 1 to 1,000 characters.');
        end if;
        insert into public.admin_actions (admin_id, action, match_id, why)
        values (caller.member, 'stop_match', stop_match.match_id, btrim(stop_match.why));
        if exists (select from public.matches m where m.id = stop_match.match_id
            and caller.member in (m.user_a, m.user_b)) then
            return private.refuse('forbidden', 'This match is your own; close or block it.');
        elsif not exists (select from public.matches m where m.id = stop_match.match_id) then
            return private.refuse('not_found', 'There is no such match.');
        end if;
    end if;
    return jsonb_build_object('stopped', private.stop_match(stopped));
end $$;
comment on function public.stop_match(text, uuid, uuid) is
    'POST /admin/reports, stop: ends the pair of a report, or a match by its id, at once and without a decision. False '
    'if it was over already.';
revoke all on function public.stop_match(text, uuid, uuid) from public, anon, authenticated, service_role;
grant execute on function public.stop_match(text, uuid, uuid) to authenticated;
select private.declare_call('stop_match', replayable => true);
