-- Every number an operator may turn, in one row. Code holds none of them.

create table public.settings (
    id boolean primary key default true check (id),

    consent_version text not null default 'v1' check (consent_version ~ '^[A-Za-z0-9._-]{1,32}$'),

    match_min_score numeric(5, 2) not null default 50 check (match_min_score between 0 and 100),
    min_pool integer not null default 1 check (min_pool between 1 and 100000),
    live_match_cap integer not null default 3 check (live_match_cap between 1 and 50),
    newcomer_match_cap integer not null default 4 check (newcomer_match_cap between 1 and 50),
    newcomer_period interval not null default '48 hours' check (newcomer_period >= '0'),

    proposal_lifetime interval not null default '3 days' check (proposal_lifetime > '0'),
    chat_idle_lifetime interval not null default '30 days' check (chat_idle_lifetime > '0'),
    safety_window interval not null default '90 days' check (safety_window > '0'),

    reads_per_minute integer not null default 120 check (reads_per_minute > 0),
    writes_per_minute integer not null default 60 check (writes_per_minute > 0),
    messages_per_minute integer not null default 20 check (messages_per_minute > 0),
    wrong_ids_per_10_minutes integer not null default 60 check (wrong_ids_per_10_minutes > 0),
    place_changes_per_day integer not null default 2 check (place_changes_per_day > 0),

    message_key_id text check (message_key_id ~ '^[A-Za-z0-9_-]{1,32}$')
);
insert into public.settings default values;

comment on table public.settings is 'One row: the limits, lifetimes and thresholds of this community. Changes apply to the next request.';
comment on column public.settings.id is 'Always true: keeps the table at one row.';
comment on column public.settings.consent_version is 'Consent text in force; activation and switches must name it.';
comment on column public.settings.match_min_score is 'A pair scoring below this (0–100) is never proposed.';
comment on column public.settings.min_pool is 'Members with fewer eligible candidates than this are not proposed to anyone.';
comment on column public.settings.live_match_cap is 'Live matches a member may hold at once.';
comment on column public.settings.newcomer_match_cap is 'Live matches a member may hold during their newcomer period.';
comment on column public.settings.newcomer_period is 'How long after joining a member counts as a newcomer.';
comment on column public.settings.proposal_lifetime is 'Time both have to answer a proposal.';
comment on column public.settings.chat_idle_lifetime is 'A chat ends this long after its last message.';
comment on column public.settings.safety_window is 'How long after a match is over it can still be reported, blocked or rated.';
comment on column public.settings.reads_per_minute is 'Reading calls per member and minute.';
comment on column public.settings.writes_per_minute is 'Changing calls per member and minute.';
comment on column public.settings.messages_per_minute is 'Chat messages per member and minute.';
comment on column public.settings.wrong_ids_per_10_minutes is 'Calls naming an id that is not theirs, per member and ten minutes.';
comment on column public.settings.place_changes_per_day is 'Changes of one''s own home place in 24 hours; more would allow trilateration.';
comment on column public.settings.message_key_id is
    'Key id for new messages. Null: the first key of CONNECT_MESSAGE_KEYS. Rotate by giving every instance the new key first, then naming it here.';
