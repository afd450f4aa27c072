-- Blocks. A member blocks by naming a match, never a user id: an id would tell whether a person exists.

create table public.blocks (
    id uuid primary key default gen_random_uuid(),
    match_id uuid references public.matches (id) on delete set null,
    blocker_id uuid not null references public.users (id) on delete cascade,
    blocked_id uuid references public.users (id) on delete set null,
    created_at timestamptz not null default now(),

    unique (blocker_id, blocked_id),
    -- One block for a match: to the blocker, blocking an erased partner looks like any other block.
    unique (blocker_id, match_id),
    constraint blocks_two_people check (blocker_id <> blocked_id)
);
create index blocks_blocked_idx on public.blocks (blocked_id, blocker_id);
create index blocks_match_idx on public.blocks (match_id);

comment on table public.blocks is 'Pairs that must never meet again.';
comment on column public.blocks.id is 'Row id.';
comment on column public.blocks.match_id is 'The match it came from.';
comment on column public.blocks.blocker_id is 'The member who blocked.';
comment on column public.blocks.blocked_id is 'The blocked member; null once erased. Never shown to a member.';
comment on column public.blocks.created_at is 'When the member blocked.';
