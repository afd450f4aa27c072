-- Answers under an Idempotency-Key. A request that is sent again gets the kept answer, and is done once.

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

comment on table private.idempotency_keys is
    'Answers of changing calls, by member and key, written in the transaction of the change.';
comment on column private.idempotency_keys.user_id is
    'The auth user who called. No reference: an administrator need not be a member, and a deletion must not wait.';
comment on column private.idempotency_keys.key_hash is
    'HMAC of the key that the app chose. While secrets rotate there is one row for each of them.';
comment on column private.idempotency_keys.body_hash is
    'HMAC of route and body. The same key with another body is refused.';
comment on column private.idempotency_keys.status is 'HTTP status of the answer.';
comment on column private.idempotency_keys.answer is 'The answer, as it is given again.';
comment on column private.idempotency_keys.created_at is 'When it was given.';
