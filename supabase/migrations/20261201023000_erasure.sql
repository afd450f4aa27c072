-- What outlives an erasure: that two people must not meet again, and that a report is about the same person, told by
-- keyed hashes alone. Only the holder of the erasure key, who asks about a name, learns who an erased person was.

create table private.erased_members (
    id uuid primary key default gen_random_uuid(),
    erased_at timestamptz not null default now()
);
alter table private.erased_members enable row level security;

comment on table private.erased_members is
    'People who were erased after having met, blocked or been reported by somebody. The id is drawn at random and says '
    'nothing.';
comment on column private.erased_members.id is 'Stands for the person.';
comment on column private.erased_members.erased_at is 'When they were first erased.';

create table private.erased_hashes (
    hash bytea not null check (octet_length(hash) = 32),
    erased_id uuid not null references private.erased_members (id) on delete cascade,
    primary key (hash, erased_id)
);
create index erased_hashes_erased_idx on private.erased_hashes (erased_id);
alter table private.erased_hashes enable row level security;

comment on table private.erased_hashes is
    'By what an erased person is known again: their account, and the operator''s stable identifiers. Keyed hashes; '
    'without the key nobody can try names out.';
comment on column private.erased_hashes.hash is 'HMAC-SHA-256 under the erasure key.';
comment on column private.erased_hashes.erased_id is 'The person.';

create table private.erased_pairs (
    id bigint generated always as identity primary key,
    erased_id uuid not null references private.erased_members (id) on delete cascade,
    other_user uuid references public.users (id) on delete cascade,
    other_erased_id uuid references private.erased_members (id) on delete cascade,
    blocked boolean not null default false,

    constraint erased_pairs_one_other check (num_nonnulls(other_user, other_erased_id) = 1),
    constraint erased_pairs_two_people check (erased_id <> other_erased_id),
    constraint erased_pairs_once unique (erased_id, other_user),
    constraint erased_pairs_once_erased unique (erased_id, other_erased_id)
);
create index erased_pairs_other_user_idx on private.erased_pairs (other_user);
create index erased_pairs_other_erased_idx on private.erased_pairs (other_erased_id);
alter table private.erased_pairs enable row level security;

comment on table private.erased_pairs is
    'Whom an erased person must not meet again: everybody they met or blocked, or who blocked them. Two erased people '
    'have a row each way.';
comment on column private.erased_pairs.id is 'Row id.';
comment on column private.erased_pairs.erased_id is 'The erased person.';
comment on column private.erased_pairs.other_user is 'The other one, while they are a member.';
comment on column private.erased_pairs.other_erased_id is 'The other one, once erased too.';
comment on column private.erased_pairs.blocked is 'Whether one of them blocked the other; not who.';

create table private.erased_sides (
    match_id uuid not null references public.matches (id) on delete cascade,
    side public.match_side not null,
    erased_id uuid not null references private.erased_members (id) on delete cascade,
    primary key (match_id, side)
);
create index erased_sides_erased_idx on private.erased_sides (erased_id);
alter table private.erased_sides enable row level security;

comment on table private.erased_sides is
    'Which erased person sat on a side of a match, so that the other side can still block and report them. Purged '
    'settings.safety_window after the match ended.';
comment on column private.erased_sides.match_id is 'The match.';
comment on column private.erased_sides.side is 'Their side.';
comment on column private.erased_sides.erased_id is 'The erased person.';

create table private.returned_members (
    user_id uuid not null references public.users (id) on delete cascade,
    erased_id uuid not null references private.erased_members (id) on delete cascade,
    returned_at timestamptz not null default clock_timestamp(),
    primary key (user_id, erased_id)
);
create index returned_members_erased_idx on private.returned_members (erased_id);
alter table private.returned_members enable row level security;

comment on table private.returned_members is
    'Members who were erased before and came back, known by their account or by a stable identifier. private.apart '
    'keeps them from whom they must not meet.';
comment on column private.returned_members.user_id is 'The member as they are now.';
comment on column private.returned_members.erased_id is 'Who they were.';
comment on column private.returned_members.returned_at is 'When they were known again.';

create table private.stable_identifiers (
    user_id uuid not null references auth.users (id) on delete cascade,
    hash bytea not null check (octet_length(hash) = 32),
    primary key (user_id, hash)
);
create index stable_identifiers_hash_idx on private.stable_identifiers (hash);
alter table private.stable_identifiers enable row level security;

comment on table private.stable_identifiers is
    'What tells the operator that two accounts are one person, as keyed hashes alone: see set_stable_identifier().';
comment on column private.stable_identifiers.user_id is 'The account.';
comment on column private.stable_identifiers.hash is
    'HMAC-SHA-256 under the erasure key, one row per key in use when it was set.';

create table private.erasure_codes (
    user_id uuid primary key references auth.users (id) on delete cascade,
    code_hash bytea not null check (octet_length(code_hash) = 32),
    wrong_tries smallint not null default 0 check (wrong_tries between 0 and 5),
    expires_at timestamptz not null
);
create index erasure_codes_expires_idx on private.erasure_codes (expires_at);
alter table private.erasure_codes enable row level security;

comment on table private.erasure_codes is 'Codes that confirm an erasure, one per member, the latest; good once.';
comment on column private.erasure_codes.user_id is 'Who asked to be erased.';
comment on column private.erasure_codes.code_hash is 'The code as a keyed hash.';
comment on column private.erasure_codes.wrong_tries is 'Wrong codes given; the fifth voids it.';
comment on column private.erasure_codes.expires_at is 'Until when it is good.';
