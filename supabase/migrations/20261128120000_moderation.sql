-- How risky a message was judged to be, by the function that sealed it: a score and words, never the text.

-- Used from the policies on: a value is not there for the transaction that adds it.
alter type private.abuse_kind add value if not exists 'refused_message';
comment on type private.abuse_kind is 'What was noted: a message that does not open (a tampering client made it), or one too risky to deliver.';

alter table public.blind_chat_messages
    add column risk_score numeric(5, 2) check (risk_score between 0 and 100),
    add column risk_kinds text[] check (
        risk_kinds <@ '{threat,hate,harassment,sexual_pressure,sexual,minor,self_harm,violence,money,scam,contact_exchange}'
        and cardinality(risk_kinds) <= 11),
    add constraint blind_chat_messages_risk_whole check ((risk_score is null) = (risk_kinds is null));
comment on column public.blind_chat_messages.risk_score is 'How risky it was judged to be, 0–100; null: sent before messages were judged.';
comment on column public.blind_chat_messages.risk_kinds is 'What kinds of risk the score comes from, the weightiest first.';

alter table private.abuse_signals
    add column risk_score numeric(5, 2) check (risk_score between 0 and 100),
    add column risk_kinds text[];
comment on table private.abuse_signals is 'What a tampering client did, and messages too risky to deliver. A signal to look at, not a verdict.';
comment on column private.abuse_signals.risk_score is 'Of a refused message: its score. The message itself is kept nowhere.';
comment on column private.abuse_signals.risk_kinds is 'Of a refused message: what kinds of risk.';
comment on column private.abuse_signals.noted_by is 'Whose client noticed a message that does not open: it is their word. Null for what the database refused itself.';

alter table public.settings
    add column message_risk_refused numeric(5, 2) not null default 90 check (message_risk_refused between 0 and 100),
    add column refuse_contact_exchange boolean not null default false;
comment on column public.settings.message_risk_refused is 'A message of this score (0–100) or more is not delivered.';
comment on column public.settings.refuse_contact_exchange is
    'Whether a message that gives or asks for a contact before both have revealed is refused too, whatever its score. Off: it is delivered and flagged.';
