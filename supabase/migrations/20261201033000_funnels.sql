-- How many candidates each of a member's filters leaves, as of last night.

create table private.funnels (
    user_id uuid primary key references public.users (id) on delete cascade,
    funnel jsonb not null check (jsonb_typeof(funnel) = 'object'),
    engine_version text not null,
    computed_at timestamptz not null default now()
);
alter table private.funnels enable row level security;

comment on table private.funnels is
    'A member''s filter funnel of last night, already rounded, nothing under 20. Shown to that member alone.';
comment on column private.funnels.user_id is 'The member.';
comment on column private.funnels.funnel is 'What the member is shown.';
comment on column private.funnels.engine_version is 'Engine that counted.';
comment on column private.funnels.computed_at is 'When it was counted.';
