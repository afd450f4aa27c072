-- Bells that start the worker; each is answered once.

create table private.bell_nonces (
    nonce uuid primary key,
    rung_at timestamptz not null,
    claimed_at timestamptz not null default now()
);
create index bell_nonces_claimed_idx on private.bell_nonces (claimed_at desc);
alter table private.bell_nonces enable row level security;

comment on table private.bell_nonces is 'Bells already answered; a replayed one is refused.';
comment on column private.bell_nonces.nonce is 'The bell''s nonce.';
comment on column private.bell_nonces.rung_at is 'When it says it was rung.';
comment on column private.bell_nonces.claimed_at is 'When it was answered.';
