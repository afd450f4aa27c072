-- Events. Each is a pool of its own beside the global one. Members join with the event's code.

create table public.events (
    id uuid primary key default gen_random_uuid(),
    code text not null check (code ~ '^[A-Za-z0-9][A-Za-z0-9_-]{3,39}$'),
    name text not null check (char_length(name) between 1 and 120 and name = btrim(name) and name !~ '[[:cntrl:]]'),
    ends_at timestamptz,
    matchmaking_enabled boolean not null default false,
    guests_vouched boolean not null default false,
    created_at timestamptz not null default now()
);
-- Members type codes from posters, so two codes must not differ by case alone.
create unique index events_code_idx on public.events (lower(code));

comment on table public.events is
    'Events whose members are matched among themselves. Enabling matchmaking queues all members of the event.';
comment on column public.events.id is 'The event, as queue functions name it.';
comment on column public.events.code is
    'The code that members type to join: 4 to 40 letters, digits, - or _; case does not matter.';
comment on column public.events.name is 'Name shown to members who join.';
comment on column public.events.ends_at is
    'The end of the event: after it no member joins or is matched in this pool. Null: no end.';
comment on column public.events.matchmaking_enabled is
    'Whether members are matched here. Turning it on queues them all. Turning it off empties the queue of this event.';
comment on column public.events.guests_vouched is
    'Set it if staff at the door know the guests. Then young accounts count among people who fit, too.';
comment on column public.events.created_at is 'When it was made.';

create table public.event_members (
    event_id uuid not null references public.events (id) on delete cascade,
    user_id uuid not null references public.users (id) on delete cascade,
    joined_at timestamptz not null default now(),
    enough_at bigint,
    primary key (event_id, user_id)
);
create index event_members_user_idx on public.event_members (user_id);

comment on table public.event_members is 'The members of each event.';
comment on column public.event_members.event_id is 'The event.';
comment on column public.event_members.user_id is 'The member. Never shown to another member.';
comment on column public.event_members.joined_at is 'When they joined.';
comment on column public.event_members.enough_at is
    'Revision of the member''s profile at which enough guests fitted what they look for. Null or an older one: not '
    'known.';
