-- Requests to show names. One side asks and the other answers. If both ask, that counts as a yes of both.

create type public.reveal_status as enum (
    'pending',    -- asked, not answered
    'accepted',   -- the other side said yes or asked too
    'declined'    -- the other side said no; the asker is not told
);
comment on type public.reveal_status is 'The state of a request to show names.';

create table public.reveals (
    id uuid primary key default gen_random_uuid(),
    match_id uuid not null references public.matches (id) on delete cascade,
    requested_side public.match_side not null,
    requested_by uuid references public.users (id) on delete set null,
    requested_to uuid references public.users (id) on delete set null,
    status public.reveal_status not null default 'pending',
    created_at timestamptz not null default now(),
    answered_at timestamptz,
    -- A side asks once; asking again changes nothing.
    unique (match_id, requested_side),
    constraint reveals_answered check ((status = 'pending') = (answered_at is null))
);
create index reveals_requested_by_idx on public.reveals (requested_by);
create index reveals_requested_to_idx on public.reveals (requested_to);

comment on table public.reveals is 'Requests to show names, and their answers.';
comment on column public.reveals.id is 'Handle of the request, given only to the side that must answer.';
comment on column public.reveals.match_id is 'The match.';
comment on column public.reveals.requested_side is 'Side that asked.';
comment on column public.reveals.requested_by is 'Member who asked; null once erased.';
comment on column public.reveals.requested_to is 'Member who answers; null once erased.';
comment on column public.reveals.status is 'Whether and how it was answered.';
comment on column public.reveals.created_at is 'When it was asked.';
comment on column public.reveals.answered_at is 'When it was answered.';
