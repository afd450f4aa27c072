-- The outbox: one row per thing that happened, written in the transaction that did it.

create table public.domain_events (
    id bigint generated always as identity primary key,
    event_type text not null check (event_type ~ '^[a-z_]+\.[a-z_]+$'),
    match_id uuid references public.matches (id) on delete cascade,
    user_id uuid references public.users (id) on delete set null,
    payload jsonb not null default '{}' check (jsonb_typeof(payload) = 'object'),
    created_at timestamptz not null default now(),
    published_at timestamptz
);
create index domain_events_unpublished_idx on public.domain_events (id) where published_at is null;
create index domain_events_match_idx on public.domain_events (match_id);
create index domain_events_user_idx on public.domain_events (user_id);

comment on table public.domain_events is
    'Outbox of everything that happened, in order. Holds no name, no text, no birth datum.';
comment on column public.domain_events.id is 'Order of events.';
comment on column public.domain_events.event_type is 'What happened, such as match.status_updated.';
comment on column public.domain_events.match_id is 'The match concerned, if any.';
comment on column public.domain_events.user_id is 'Who caused it; null: the system, or since erased.';
comment on column public.domain_events.payload is 'Facts a subscriber needs: old and new status, side, mode.';
comment on column public.domain_events.created_at is 'When it happened.';
comment on column public.domain_events.published_at is 'When it was handed on; null: still to do.';
