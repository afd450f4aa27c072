-- What else the engine reads: what members say of themselves and refuse in others, and their work.
--
-- One row that cannot be read would stop the run for all members: what the engine refuses, the tables refuse.

create type public.trait as enum (
    'smokes', 'drinks_often', 'uses_drugs', 'has_children', 'wants_children', 'wants_no_children',
    'has_pets', 'religious', 'not_religious', 'eats_meat'
);
comment on type public.trait is 'What a member can say of themself, and refuse in a partner.';

create table public.matching_preferences (
    user_id uuid primary key references public.users (id) on delete cascade,
    traits public.trait[] not null default '{}',
    deal_breakers public.trait[] not null default '{}',
    industries text[] not null default '{}',
    exclude_colleagues boolean not null default true,
    exclude_competitors boolean not null default false,
    algorithm_weights jsonb,
    updated_at timestamptz not null default now(),

    constraint matching_preferences_traits check (
        coalesce(array_ndims(traits), 1) = 1 and array_position(traits, null) is null and cardinality(traits) <= 20
    ),
    constraint matching_preferences_deal_breakers check (
        coalesce(array_ndims(deal_breakers), 1) = 1 and array_position(deal_breakers, null) is null
        and cardinality(deal_breakers) <= 20
    ),
    constraint matching_preferences_industries check (
        industries = string_to_array(array_to_string(industries, ','), ',')
        and array_to_string(industries, ',') ~ '^([a-z]+(_[a-z]+)*(,[a-z]+(_[a-z]+)*)*)?$'
        and cardinality(industries) <= 20
    ),
    constraint matching_preferences_weights check (
        jsonb_typeof(algorithm_weights) = 'object'
        -- Strict: lax would look into an array of one number and find nothing wrong.
        and not jsonb_path_exists(algorithm_weights, 'strict $.* ? (@.type() != "number" || @ < 0 || @ > 1)')
    )
);

comment on table public.matching_preferences is
    'What a member refuses in others, and how much each part of a score is to them.';
comment on column public.matching_preferences.user_id is 'The member.';
comment on column public.matching_preferences.traits is 'What they say of themself.';
comment on column public.matching_preferences.deal_breakers is 'Traits a partner must not have.';
comment on column public.matching_preferences.industries is 'Industries they would like to meet, professional mode.';
comment on column public.matching_preferences.exclude_colleagues is 'Nobody of the same employer, professional mode.';
comment on column public.matching_preferences.exclude_competitors is
    'Nobody of another employer in the same industry, professional mode.';
comment on column public.matching_preferences.algorithm_weights is
    'Weights (0–1) of parts of the score (private.score_parts()) that this member changed; null: as configured.';
comment on column public.matching_preferences.updated_at is 'Last change.';

-- What a member is told when a value is refused.
comment on constraint matching_preferences_traits on public.matching_preferences is
    'traits: up to 20, none of them null.';
comment on constraint matching_preferences_deal_breakers on public.matching_preferences is
    'dealBreakers: up to 20, none of them null.';
comment on constraint matching_preferences_industries on public.matching_preferences is
    'industries: up to 20 lower-case words.';
comment on constraint matching_preferences_weights on public.matching_preferences is
    'algorithmWeights: parts of the score with weights from 0 to 1.';

create table public.work_profiles (
    user_id uuid primary key references public.users (id) on delete cascade,
    industry text check (industry ~ '^[a-z]+(_[a-z]+)*$' and char_length(industry) <= 40),
    employer text check (
        char_length(employer) between 1 and 120 and employer = btrim(employer) and employer !~ '[[:cntrl:]]'
    ),
    updated_at timestamptz not null default now()
);

comment on table public.work_profiles is 'A member''s work, for professional mode. Readable by that member alone.';
comment on column public.work_profiles.user_id is 'The member.';
comment on column public.work_profiles.industry is 'Industry, a lower-case word.';
comment on column public.work_profiles.employer is 'Employer; only ever compared, never shown to anyone else.';
comment on column public.work_profiles.updated_at is 'Last change.';

-- What a member is told when a value is refused.
comment on constraint work_profiles_industry_check on public.work_profiles is 'industry: a lower-case word.';
comment on constraint work_profiles_employer_check on public.work_profiles is 'employer: 1 to 120 characters.';

create table public.user_features (
    user_id uuid primary key references public.users (id) on delete cascade,
    -- Compared by its direction: one without any would stop everybody's run.
    feature_vector extensions.vector(16) check (extensions.vector_norm(feature_vector) > 0),
    activity_score numeric(5, 2) check (activity_score between 0 and 100),
    computed_at timestamptz not null default now()
);

comment on table public.user_features is
    'Abstracted professional profile; read by the engine only while the values switch is on.';
comment on column public.user_features.user_id is 'The member.';
comment on column public.user_features.feature_vector is 'Professional profile as a vector; compared by its direction.';
comment on column public.user_features.activity_score is 'How active the member is, 0–100.';
comment on column public.user_features.computed_at is 'When it was computed.';
