-- What matching reads of a member is a question about others, and a proposal its answer. So an account asks anew only
-- so often a day.

alter table public.settings
    add column own_changes_per_day integer not null default 3 check (own_changes_per_day > 0);
comment on column public.settings.own_changes_per_day is
    'How often a day (UTC) a member''s own changes of what matching reads take effect at once. Later ones take effect '
    'at night.';

create table private.own_changes (
    user_id uuid primary key references public.users (id) on delete cascade,
    day date not null,
    changes integer not null check (changes > 0)
);
alter table private.own_changes enable row level security;

comment on table private.own_changes is
    'How often a member changed today what matching reads of them. Limits how many questions about others they ask.';
comment on column private.own_changes.user_id is 'The member.';
comment on column private.own_changes.day is 'The day (UTC); on a later one the count is zero.';
comment on column private.own_changes.changes is 'Changes on that day; the count stops one past the limit.';

create table private.held_questions (
    user_id uuid primary key references public.users (id) on delete cascade,
    held jsonb not null check (jsonb_typeof(held) = 'object' and held <> '{}'),
    since timestamptz not null default now()
);
alter table private.held_questions enable row level security;

comment on table private.held_questions is
    'What matching still reads of members who changed it more often than a day has changes. The next night, or their '
    'first change of another day, ends it. They themselves read what they stored.';
comment on column private.held_questions.user_id is 'The member.';
comment on column private.held_questions.held is 'Columns of the pool as they were before, by name.';
comment on column private.held_questions.since is 'When the last change began to wait.';
