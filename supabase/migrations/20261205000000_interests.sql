-- Interests: a catalogue, what each member chose from it, and what matching reads of that.

create table public.subjects (
    slug text primary key check (slug ~ '^[a-z]+(_[a-z]+)*$' and char_length(slug) <= 40),
    names jsonb not null check (jsonb_typeof(names) = 'object' and names ? 'en'),
    place integer not null
);

comment on table public.subjects is 'Subjects of interests. The job interests brings them up to the catalogue.';
comment on column public.subjects.slug is 'Stays for ever.';
comment on column public.subjects.names is 'Its name by language; English stands where a language has none.';
comment on column public.subjects.place is 'Where members read it, counted through subjects and interests.';

create table public.interests (
    slug text primary key check (slug ~ '^[a-z]+(_[a-z]+)*$' and char_length(slug) <= 40),
    subject text not null references public.subjects (slug),
    names jsonb not null check (jsonb_typeof(names) = 'object' and names ? 'en'),
    place integer not null,
    retired boolean not null default false,
    weight smallint not null default 1 check (weight between 1 and 4)
);
create index interests_subject_idx on public.interests (subject);

comment on table public.interests is
    'What members can be interested in. The job interests brings them up to the catalogue; none is ever deleted.';
comment on column public.interests.slug is 'Stays for ever: choices of members hold it.';
comment on column public.interests.subject is 'The subject it belongs to.';
comment on column public.interests.names is 'Its name by language; English stands where a language has none.';
comment on column public.interests.place is 'Where members read it, counted through subjects and interests.';
comment on column public.interests.retired is
    'It left the catalogue: members who chose it keep it, and no other member can choose it.';
comment on column public.interests.weight is
    'What it weighs in matching, 1 to 4, the rarer the more. A night makes it anew.';

create table public.member_interests (
    user_id uuid primary key references public.users (id) on delete cascade,
    interests text[] not null default '{}',
    updated_at timestamptz not null default now(),
    constraint member_interests_words check (
        interests = string_to_array(array_to_string(interests, ','), ',')
        and array_to_string(interests, ',') ~ '^([a-z]+(_[a-z]+)*(,[a-z]+(_[a-z]+)*)*)?$'
        and cardinality(interests) <= 50
    )
);

comment on table public.member_interests is 'The interests that a member chose, as they said it last.';
comment on column public.member_interests.user_id is 'The member.';
comment on column public.member_interests.interests is 'Slugs of interests, in alphabetical order.';
comment on column public.member_interests.updated_at is 'Last change.';
comment on constraint member_interests_words on public.member_interests is 'interests: up to 50 lower-case words.';

create table public.user_interest_index (
    user_id uuid not null references public.users (id) on delete cascade,
    subject text not null references public.subjects (slug),
    interest text not null references public.interests (slug),
    weight smallint not null check (weight between 1 and 4),
    primary key (user_id, interest)
);
create index user_interest_index_subject_idx on public.user_interest_index (subject);
create index user_interest_index_interest_idx on public.user_interest_index (interest);

comment on table public.user_interest_index is
    'What matching reads of members'' interests. Made from member_interests, and written by one function alone.';
comment on column public.user_interest_index.user_id is 'The member.';
comment on column public.user_interest_index.subject is 'The subject of the interest.';
comment on column public.user_interest_index.interest is 'An interest that the member chose.';
comment on column public.user_interest_index.weight is 'What it weighs, as interests had it when this row was made.';
