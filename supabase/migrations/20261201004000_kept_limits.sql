-- Limits belong to the account. A member who erases themself and comes back has used up as much as before.

create table private.kept_limits (
    account_hash bytea not null check (octet_length(account_hash) = 32),
    -- A kind of call (private.limited_call), or move, own_change, proposal, joined, erasure.
    kind text not null,
    since timestamptz not null,
    used integer not null default 1 check (used > 0),
    until timestamptz not null,
    primary key (account_hash, kind, since)
);
create index kept_limits_until_idx on private.kept_limits (until);
alter table private.kept_limits enable row level security;

comment on table private.kept_limits is
    'How much erased accounts had used up of their limits, until each limit ends. Accounts are keyed hashes.';
comment on column private.kept_limits.account_hash is 'The account, as a keyed hash (private.erasure_hashes()).';
comment on column private.kept_limits.kind is
    'A kind of call, a move of the home place, own changes of a day, proposals made, joining (for what newcomers '
    'have), or erasures in a row.';
comment on column private.kept_limits.since is 'When its window began, or when it happened.';
comment on column private.kept_limits.used is 'How often it happened.';
comment on column private.kept_limits.until is 'When it stops counting.';

create table private.returned_proposals (
    user_id uuid not null references public.users (id) on delete cascade,
    proposed_at timestamptz not null,
    proposals integer not null check (proposals > 0),
    primary key (user_id, proposed_at)
);
alter table private.returned_proposals enable row level security;

comment on table private.returned_proposals is
    'Proposals made to members before they erased themselves and came back. They count for one proposal_lifetime.';
comment on column private.returned_proposals.user_id is 'The member.';
comment on column private.returned_proposals.proposed_at is 'When they were made.';
comment on column private.returned_proposals.proposals is 'How many.';
