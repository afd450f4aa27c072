-- Limits belong to the account. Whoever erases themself and comes back finds them where they were.

create table private.kept_limits (
    account_hash bytea not null check (octet_length(account_hash) = 32),
    kind text not null check (kind in ('read', 'write', 'message', 'draft', 'wrong_id', 'move', 'joined', 'erasure')),
    since timestamptz not null,
    used integer not null default 1 check (used > 0),
    until timestamptz not null,
    primary key (account_hash, kind, since)
);
create index kept_limits_until_idx on private.kept_limits (until);
alter table private.kept_limits enable row level security;
comment on table private.kept_limits is 'What erased accounts had used up of their limits, until it runs out. Accounts are keyed hashes.';
comment on column private.kept_limits.account_hash is 'The account, as a keyed hash (private.erasure_hashes()).';
comment on column private.kept_limits.kind is 'A kind of call, a move of the home place, joining (for what newcomers have), or erasures in a row.';
comment on column private.kept_limits.since is 'When its window began, or when it happened.';
comment on column private.kept_limits.used is 'How often.';
comment on column private.kept_limits.until is 'When it runs out.';

alter table public.settings add column erasures_before_waiting integer not null default 2 check (erasures_before_waiting between 1 and 1000);
comment on column public.settings.erasures_before_waiting is 'From this many erasures on, each within 24 hours of the one before, activating again waits 24 hours. Erasing never waits.';
