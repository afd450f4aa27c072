-- Refuses messages that are too risky to deliver, tells the sender why, and counts risks.

select private.declare_table('private.abuse_signals');
select private.declare_withheld('private.abuse_signals',
    '{id,user_id,kind,match_id,noted_by,created_at,risk_score,risk_kinds}',
    'what another member''s client noticed, for the safety team');
select private.declare_about_nobody('private.abuse_signals', '{message_id,statement}',
    'a message, and the edge''s word that it did not open');

create or replace function private.are_risk_kinds(kinds text[]) returns boolean
language sql immutable set search_path = ''
return kinds <@ '{threat,hate,harassment,sexual_pressure,sexual,minor,self_harm,violence,money,scam,contact_exchange}'
    and (cardinality(kinds) = 0 or array_ndims(kinds) = 1)
    and cardinality(kinds) = (select count(distinct k.kind) from unnest(kinds) k (kind));
comment on function private.are_risk_kinds(text[]) is
    'Whether these are kinds of risk, each once, under the names of shared/chat/moderation/kinds.py.';

create or replace function private.refuse_message(
    member uuid, m public.matches, score numeric, kinds text[]
) returns jsonb
language plpgsql volatile set search_path = '' as $$
declare
    rules public.settings;
    why text;
begin
    select * into strict rules from public.settings;
    -- The reveal may have become mutual while the message was being judged. From then on contacts are allowed.
    why := case when score >= rules.message_risk_refused then kinds[1]
        when rules.refuse_contact_exchange and m.status <> 'revealed'
            and 'contact_exchange' = any (kinds) then 'contact_exchange' end;
    if why is null and score < rules.message_risk_refused then
        return null;
    end if;
    insert into private.abuse_signals (user_id, kind, match_id, risk_score, risk_kinds)
    values (member, 'refused_message', m.id, score, kinds);
    return private.refuse('invalid_body', 'message: not sent. ' || case coalesce(why, '')
        when 'threat' then 'It reads as a threat; leave that out.'
        when 'hate' then 'It reads as hatred against a group of people; leave that out.'
        when 'harassment' then 'It reads as an insult; say it without one.'
        when 'sexual_pressure' then 'It reads as pressing for something sexual; leave that out.'
        when 'sexual' then 'It is more sexual than is allowed here; leave that out.'
        when 'minor' then 'It reads as if somebody under 18 were concerned; Connect is for adults.'
        when 'self_harm' then 'It speaks of self-harm, and nobody here may be able to help; please turn to somebody '
            'you trust or a crisis line.'
        when 'violence' then 'It reads as violent; leave that out.'
        when 'money' then 'It asks for money or account details; leave that out.'
        when 'scam' then 'It reads as an offer of money or a link that harms people; leave that out.'
        when 'contact_exchange' then 'It gives or asks for a way to be reached elsewhere; that is possible once you '
            'have both revealed.'
        else 'Say it in other words.' end);
end $$;
comment on function private.refuse_message(uuid, public.matches, numeric, text[]) is
    'The refusal of a message that is too risky to deliver; null for any other. It is noted with score and kinds, '
    'without the text. The caller has locked the match.';

create or replace view public.message_risks with (security_invoker = true) as
    select date_trunc('day', b.created_at)::date as day, k.kind,
        width_bucket(b.risk_score, 0, 100, 10)::integer * 10 - 10 as score_from,
        count(*) as messages
    from public.blind_chat_messages b cross join lateral unnest(b.risk_kinds) k (kind)
    group by 1, 2, 3;
comment on view public.message_risks is
    'Delivered messages by day, kind of risk and tens of score. A message with two kinds counts in both.';
comment on column public.message_risks.day is 'The day the messages were sent, UTC.';
comment on column public.message_risks.kind is 'Kind of risk.';
comment on column public.message_risks.score_from is 'Scores from this to nine above it; 100 stands alone.';
comment on column public.message_risks.messages is 'Number of messages.';
revoke all on public.message_risks from public, anon, authenticated, service_role;
grant select on public.message_risks to service_role;
select private.declare_view('message_risks');
