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
