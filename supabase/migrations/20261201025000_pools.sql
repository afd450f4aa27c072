-- All members who search, as the search for one member's candidates reads them.

create table private.pool_members (
    user_id uuid primary key references public.users (id) on delete cascade,
    revision bigint not null,
    chart_version text not null,
    shape text not null,
    modes smallint not null,
    gender integer not null,
    wanted_genders integer not null,
    friendship_genders integer not null,
    birth_date date not null,
    min_age smallint not null,
    max_age smallint not null,
    tz text not null,
    area integer not null,
    place double precision[] check (cardinality(place) = 3),
    reach double precision,
    languages text[] not null,
    wanted_languages text[] not null,
    traits integer not null,
    deal_breakers integer not null,
    direction extensions.vector(48),
    enough boolean,
    input jsonb not null check (jsonb_typeof(input) = 'array')
);
create index pool_members_area_idx on private.pool_members (area, gender, birth_date);
create index pool_members_age_idx on private.pool_members (gender, birth_date);
alter table private.pool_members enable row level security;

comment on table private.pool_members is
    'Members who search, made ready for finding candidates. A row whose revision is no longer the profile''s is made '
    'anew before it is used. Gone with the member, with a pause, and when they withdraw a signal.';
comment on column private.pool_members.user_id is 'The member.';
comment on column private.pool_members.revision is 'Revision of the profile it was made from.';
comment on column private.pool_members.chart_version is 'Chart version it was made with.';
comment on column private.pool_members.shape is 'How input was read: private.pool_shape().';
comment on column private.pool_members.modes is 'Bits: 1 romantic, 2 friendship, 4 professional.';
comment on column private.pool_members.gender is 'A bit of public.genders.';
comment on column private.pool_members.wanted_genders is
    'The same bits, of whom they want to meet for romance or work: -1 anybody, 0 who looks for friends alone.';
comment on column private.pool_members.friendship_genders is
    'The same bits, of whom they want to meet as friends: -1 anybody, 0 who does not look for friends.';
comment on column private.pool_members.birth_date is 'For the age windows of others.';
comment on column private.pool_members.min_age is 'Youngest partner, years.';
comment on column private.pool_members.max_age is 'Oldest partner, years.';
comment on column private.pool_members.tz is 'Stands in for a distance where a home is not known.';
comment on column private.pool_members.area is
    'Square of five degrees their cell lies in; below zero: a number for the time zone of who has no cell.';
comment on column private.pool_members.place is 'Centre of the cell as a unit vector from the centre of the earth.';
comment on column private.pool_members.reach is 'Farthest partner as a squared chord of the unit sphere; null: any.';
comment on column private.pool_members.languages is 'What they speak.';
comment on column private.pool_members.wanted_languages is 'What a partner may speak; empty: anything.';
comment on column private.pool_members.traits is 'What they say of themselves, as bits.';
comment on column private.pool_members.deal_breakers is 'What they refuse, as the same bits.';
comment on column private.pool_members.direction is 'Their vectors one after the other, for nearest first.';
comment on column private.pool_members.enough is
    'Whether enough standing people fitted what the member looks for, when last counted; null: not counted for this '
    'row.';
comment on column private.pool_members.input is 'What the engine reads of them: private.pool_input().';

create table private.pool_members_due (
    user_id uuid primary key references public.users (id) on delete cascade,
    since timestamptz not null default now()
);
alter table private.pool_members_due enable row level security;

comment on table private.pool_members_due is
    'Members whose row in pool_members is to be made anew before the next search.';
comment on column private.pool_members_due.user_id is 'The member.';
comment on column private.pool_members_due.since is 'When they last changed.';
