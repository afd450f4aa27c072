-- Accounts that do not count, tokens of other applications, and counting what leads to a message.

alter table public.connect_profiles add column absent_since timestamptz;
comment on column public.connect_profiles.absent_since is
    'Since when the account has been banned, soft-deleted or anonymous, as the schedule noticed; null while it stands. Absent members are not matched; their chats end a day later.';
create index connect_profiles_absent_idx on public.connect_profiles (absent_since) where absent_since is not null;

alter table public.settings
    add column oauth_clients text[] not null default '{}' check (cardinality(oauth_clients) <= 100),
    add column absence_grace interval not null default '24 hours' check (absence_grace >= '0');
comment on column public.settings.oauth_clients is
    'OAuth clients (client_id) whose users'' tokens count as the members themselves. Others are refused; the app''s own tokens name no client.';
comment on column public.settings.absence_grace is 'How long after its member''s account was banned or deleted a chat still stays open.';

alter type private.limited_call add value 'draft' before 'wrong_id';
comment on column private.rate_counters.kind is 'read, write, message, draft (asking to write a message), or an id that was not theirs.';
