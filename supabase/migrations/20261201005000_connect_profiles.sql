-- Opting in: preferences, pause, and the abstracted vectors the engine reads.
--
-- A filter is a question and a proposal its answer, so filters are coarse: five years of age, 25 km.

create type public.connect_mode as enum ('romantic', 'friendship', 'both', 'professional');
comment on type public.connect_mode is 'What a member looks for; both means romantic and friendship.';
create type public.match_mode as enum ('romantic', 'friendship', 'professional');
comment on type public.match_mode is 'What a pair is proposed for; romantic wins where both are shared.';

create table public.connect_profiles (
    id uuid primary key default gen_random_uuid(),
    user_id uuid not null unique references public.users (id) on delete cascade,
    is_active boolean not null default true,
    consented_at timestamptz not null default now(),
    consent_version text not null,
    consent_lapsed_at timestamptz,
    paused_at timestamptz,
    paused_until timestamptz,
    absent_since timestamptz,

    mode public.connect_mode not null,
    min_age integer not null check (min_age between 18 and 120),
    max_age integer not null check (max_age between 18 and 120),
    distance_km integer,
    preferred_genders text[] not null default '{}',
    friendship_genders text[],
    language_pref text[] not null default '{}',

    values_vector extensions.vector(16),
    communication_vector extensions.vector(16),
    life_goals_vector extensions.vector(16),
    emotional_readiness_score numeric(5, 2) check (emotional_readiness_score between 0 and 100),
    vectors_stored_at timestamptz,

    revision bigint not null default 1,
    created_at timestamptz not null default now(),
    updated_at timestamptz not null default now(),

    constraint connect_profiles_pause check (is_active = (paused_at is null)),
    constraint connect_profiles_pause_end check (paused_until is null or paused_until > paused_at),
    constraint connect_profiles_languages check (
        -- The first line refuses commas inside an element, empty and null elements, and arrays of arrays.
        language_pref = string_to_array(array_to_string(language_pref, ','), ',')
        and array_to_string(language_pref, ',') ~ '^([a-z]{2,3}(,[a-z]{2,3})*)?$' and cardinality(language_pref) <= 20
    ),
    constraint connect_profiles_vectors check (
        (values_vector is null or extensions.vector_norm(values_vector) > 0)
        and (communication_vector is null or extensions.vector_norm(communication_vector) > 0)
        and (life_goals_vector is null or extensions.vector_norm(life_goals_vector) > 0)
    ),
    constraint connect_profiles_created check (created_at between '2000-01-01' and '2200-01-01'),
    constraint connect_profiles_ages check (max_age - min_age >= 4),
    constraint connect_profiles_distance check (distance_km between 25 and 20000)
);
create index connect_profiles_active_idx on public.connect_profiles (user_id) where is_active;
create index connect_profiles_absent_idx on public.connect_profiles (absent_since) where absent_since is not null;

comment on table public.connect_profiles is
    'One row per member who opted in: what they look for, whether they search, and their abstracted vectors.';
comment on column public.connect_profiles.id is 'Handle of the profile, given to its owner.';
comment on column public.connect_profiles.user_id is 'The member.';
comment on column public.connect_profiles.is_active is 'False while paused.';
comment on column public.connect_profiles.consented_at is 'When the member last opted in.';
comment on column public.connect_profiles.consent_version is 'Consent text they agreed to last.';
comment on column public.connect_profiles.consent_lapsed_at is
    'Since when the consent text they agreed to is no longer the one in force: until they agree to that, they are not '
    'matched. Null: all is well.';
comment on column public.connect_profiles.paused_at is 'When the current pause began.';
comment on column public.connect_profiles.paused_until is
    'When the pause ends by itself; null: until they activate again.';
comment on column public.connect_profiles.absent_since is
    'Since when the account has been banned, soft-deleted or anonymous, as the schedule noticed; null while it stands. '
    'Absent members are not matched; their chats end a day later.';
comment on column public.connect_profiles.mode is 'What they look for; both means romantic and friendship.';
comment on column public.connect_profiles.min_age is 'Youngest partner, years.';
comment on column public.connect_profiles.max_age is 'Oldest partner, years.';
comment on column public.connect_profiles.distance_km is 'Farthest partner in km between grid cells; null means any.';
comment on column public.connect_profiles.preferred_genders is 'Genders they want to meet; empty means any.';
comment on column public.connect_profiles.friendship_genders is
    'Genders they want to meet as friends; empty means any, null the same as preferred_genders.';
comment on column public.connect_profiles.language_pref is
    'Languages the partner may speak, ISO 639 codes; empty means any.';
comment on column public.connect_profiles.values_vector is 'Unit vector of values; only while the values switch is on.';
comment on column public.connect_profiles.communication_vector is
    'Unit vector of communication style; only while the values switch is on.';
comment on column public.connect_profiles.life_goals_vector is
    'Unit vector of life goals; only while the values switch is on.';
comment on column public.connect_profiles.emotional_readiness_score is
    'Readiness 0–100; only while the values switch is on.';
comment on column public.connect_profiles.vectors_stored_at is 'When vectors and readiness last arrived.';
comment on column public.connect_profiles.revision is
    'Grows with every change that could change a match; a proposal from an older revision is not stored.';
comment on column public.connect_profiles.created_at is 'When the member first opted in.';
comment on column public.connect_profiles.updated_at is 'Last change.';

-- What a member is told when a value is refused.
comment on constraint connect_profiles_ages on public.connect_profiles is
    'minAge, maxAge: at least five years of age, so maxAge is 4 or more above minAge.';
comment on constraint connect_profiles_min_age_check on public.connect_profiles is 'minAge: 18 to 120.';
comment on constraint connect_profiles_max_age_check on public.connect_profiles is 'maxAge: 18 to 120.';
comment on constraint connect_profiles_languages on public.connect_profiles is 'languagePref: up to 20 ISO 639 codes.';
comment on constraint connect_profiles_vectors on public.connect_profiles is 'A vector needs a direction.';
comment on constraint connect_profiles_created on public.connect_profiles is 'createdAt: a time of this age.';
comment on constraint connect_profiles_distance on public.connect_profiles is
    'distanceKm: 25 to 20,000, or null for any.';
