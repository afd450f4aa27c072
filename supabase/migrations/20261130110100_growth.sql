-- What members make the database keep has an end, in bytes and in time.

alter type private.limited_call add value 'export';
alter type private.limited_call add value 'kept_bytes';
-- Which kinds of call there are is the enum's to say.
alter table private.kept_limits drop constraint kept_limits_kind_check;

alter table public.settings
    add column exports_per_day integer not null default 5 check (exports_per_day between 1 and 1000000),
    add column kept_answer_bytes_per_day integer not null default 2000000 check (kept_answer_bytes_per_day between 10000 and 1000000000),
    add column event_retention interval not null default '30 days' check (event_retention >= '1 day');
comment on column public.settings.exports_per_day is 'Exports a member may have in a day.';
comment on column public.settings.kept_answer_bytes_per_day is
    'Bytes of answers kept for a member''s retries in a day, with 200 for each key. Beyond that calls with a key are refused, those without go on.';
comment on column public.settings.event_retention is 'How long a line of the outbox stays, handed on or not.';

-- The edge says which messages it could not open, and signs it: nobody's word alone accuses a partner.
alter table private.abuse_signals
    add column message_id uuid,
    add column statement text check (statement ~ '^[A-Za-z0-9_-]{1,32}:[A-Za-z0-9+/]{43}=$'),
    add constraint abuse_signals_statement check ((message_id is null) = (statement is null));
comment on column private.abuse_signals.message_id is 'The message that did not open.';
comment on column private.abuse_signals.statement is
    'The edge''s word for it: an HMAC under a key of the ring, which POST /admin/evidence checks. Only the edge can make one.';
