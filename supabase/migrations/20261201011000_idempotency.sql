-- What was answered under an Idempotency-Key: a request sent again is answered again, and done once.

create table private.idempotency_keys (
    user_id uuid not null,
    key_hash bytea not null check (octet_length(key_hash) = 32),
    body_hash bytea not null check (octet_length(body_hash) = 32),
    status smallint not null check (status between 200 and 499),
    answer jsonb not null,
    created_at timestamptz not null default clock_timestamp(),
    primary key (user_id, key_hash)
);
create index idempotency_keys_created_idx on private.idempotency_keys (created_at);
alter table private.idempotency_keys enable row level security;
-- The planner keeps no samples of these, which would outlive their rows.
alter table private.idempotency_keys alter column answer set statistics 0;

comment on table private.idempotency_keys is
    'Answers of changing calls, by member and key, written in the transaction of the change.';
comment on column private.idempotency_keys.user_id is
    'Whose call it was. No reference: administrators need not be anybody here, and a deletion need not wait.';
comment on column private.idempotency_keys.key_hash is
    'HMAC of the key the app chose; under rotation one row per key of the ring.';
comment on column private.idempotency_keys.body_hash is
    'HMAC of route and body: the same key with another body is a mistake.';
comment on column private.idempotency_keys.status is 'HTTP status of the answer.';
comment on column private.idempotency_keys.answer is 'The answer, as it is given again.';
comment on column private.idempotency_keys.created_at is 'When it was given.';
