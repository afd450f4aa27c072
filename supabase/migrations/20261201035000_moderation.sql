-- Signs of abuse: scores, words and signed statements, never a text.

create type private.abuse_kind as enum ('unreadable_message', 'refused_message');
comment on type private.abuse_kind is
    'The kind of a sign: a message that does not open (a tampering client made it), or one too risky to deliver.';

create table private.abuse_signals (
    id bigint generated always as identity primary key,
    user_id uuid references public.users (id) on delete cascade,
    kind private.abuse_kind not null,
    match_id uuid references public.matches (id) on delete cascade,
    noted_by uuid references public.users (id) on delete set null,
    message_id uuid,
    statement text check (statement ~ '^[A-Za-z0-9_-]{1,32}:[A-Za-z0-9+/]{43}=$'),
    risk_score numeric(5, 2) check (risk_score between 0 and 100),
    risk_kinds text[],
    created_at timestamptz not null default now(),
    constraint abuse_signals_statement check ((message_id is null) = (statement is null))
);
create index abuse_signals_user_idx on private.abuse_signals (user_id);
create index abuse_signals_noted_by_idx on private.abuse_signals (noted_by);
create index abuse_signals_match_idx on private.abuse_signals (match_id);
alter table private.abuse_signals enable row level security;

comment on table private.abuse_signals is
    'Acts of tampering clients, and messages too risky to deliver. A signal to look at, not a verdict.';
comment on column private.abuse_signals.id is 'Order.';
comment on column private.abuse_signals.user_id is 'The member whose message it was.';
comment on column private.abuse_signals.kind is 'The kind of sign.';
comment on column private.abuse_signals.match_id is 'The match in whose chat it happened.';
comment on column private.abuse_signals.noted_by is
    'The member whose client noticed a message that does not open: it is their claim. Null for a refused message.';
comment on column private.abuse_signals.message_id is 'The message that did not open.';
comment on column private.abuse_signals.statement is
    'The edge''s signed statement: an HMAC under a key of the ring, which POST /admin/evidence checks. Only the edge '
    'can make one.';
comment on column private.abuse_signals.risk_score is
    'Score of a refused message. The message itself is not kept.';
comment on column private.abuse_signals.risk_kinds is 'Kinds of risk of a refused message.';
comment on column private.abuse_signals.created_at is 'When it was noted.';
