-- What else the engine reads: what members say of themselves and refuse in others, and their work.
--
-- One row that cannot be read would stop the run for all members: what the engine refuses, the tables refuse.

create type public.trait as enum (
    'smokes', 'drinks_often', 'uses_drugs', 'has_children', 'wants_children', 'wants_no_children',
    'has_pets', 'religious', 'not_religious', 'eats_meat'
);
comment on type public.trait is 'What a member can say of themself, and refuse in a partner.';

create type public.job_level as enum (
    'intern', 'junior', 'mid', 'senior', 'lead', 'director', 'executive', 'founder'
);
comment on type public.job_level is 'What somebody is at work.';
create type public.company_size as enum ('1', '2-10', '11-50', '51-250', '251-1000', '1001-10000', '10001+');
comment on type public.company_size is 'How many people work there.';
create type public.networking_goal as enum (
    'find_mentor', 'offer_mentoring', 'raise_funding', 'invest', 'find_job', 'hire', 'find_cofounder', 'find_clients',
    'find_suppliers', 'sales_partner', 'find_advisors', 'advise', 'find_speakers', 'speak', 'collaborate',
    'exchange_experience'
);
comment on type public.networking_goal is
    'What a member wants of others at work. Which goals answer which: shared/engine/networking_goals.py.';
create type public.meeting_type as enum ('video', 'phone', 'coffee', 'lunch', 'after_work', 'walk', 'event');
comment on type public.meeting_type is 'How members would like to meet.';

create table public.matching_preferences (
    user_id uuid primary key references public.users (id) on delete cascade,
    traits public.trait[] not null default '{}',
    deal_breakers public.trait[] not null default '{}',
    industries text[] not null default '{}',
    job_levels public.job_level[] not null default '{}',
    company_sizes public.company_size[] not null default '{}',
    networking_goals public.networking_goal[] not null default '{}',
    meeting_types public.meeting_type[] not null default '{}',
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
    constraint matching_preferences_job_levels check (
        coalesce(array_ndims(job_levels), 1) = 1 and array_position(job_levels, null) is null
        and cardinality(job_levels) <= 20
    ),
    constraint matching_preferences_company_sizes check (
        coalesce(array_ndims(company_sizes), 1) = 1 and array_position(company_sizes, null) is null
        and cardinality(company_sizes) <= 20
    ),
    constraint matching_preferences_goals check (
        coalesce(array_ndims(networking_goals), 1) = 1 and array_position(networking_goals, null) is null
        and cardinality(networking_goals) <= 20
    ),
    constraint matching_preferences_meeting_types check (
        coalesce(array_ndims(meeting_types), 1) = 1 and array_position(meeting_types, null) is null
        and cardinality(meeting_types) <= 20
    ),
    constraint matching_preferences_weights check (
        jsonb_typeof(algorithm_weights) = 'object'
        -- Strict: lax would look into an array of one number and find nothing wrong.
        and not jsonb_path_exists(algorithm_weights, 'strict $.* ? (@.type() != "number" || @ < 0.5 || @ > 2)')
    )
);

comment on table public.matching_preferences is
    'What a member refuses in others, and how much each part of a score is to them.';
comment on column public.matching_preferences.user_id is 'The member.';
comment on column public.matching_preferences.traits is 'What they say of themself.';
comment on column public.matching_preferences.deal_breakers is 'Traits a partner must not have.';
comment on column public.matching_preferences.industries is 'Industries they would like to meet, professional mode.';
comment on column public.matching_preferences.job_levels is 'Levels they would like to meet, professional mode.';
comment on column public.matching_preferences.company_sizes is
    'Sizes of companies whose people they would like to meet, professional mode.';
comment on column public.matching_preferences.networking_goals is 'What they want of others, professional mode.';
comment on column public.matching_preferences.meeting_types is
    'How they would like to meet. The matcher does not read it.';
comment on column public.matching_preferences.exclude_colleagues is 'Nobody of the same employer, professional mode.';
comment on column public.matching_preferences.exclude_competitors is
    'Nobody of another employer in the same industry, professional mode.';
comment on column public.matching_preferences.algorithm_weights is
    'How much more or less parts of the score (private.score_parts()) count for this member: a factor of each share, '
    '0.5 to 2. Null, or a part that is not named: as configured.';
comment on column public.matching_preferences.updated_at is 'Last change.';

-- What a member is told when a value is refused.
comment on constraint matching_preferences_traits on public.matching_preferences is
    'traits: up to 20, none of them null.';
comment on constraint matching_preferences_deal_breakers on public.matching_preferences is
    'dealBreakers: up to 20, none of them null.';
comment on constraint matching_preferences_industries on public.matching_preferences is
    'industries: up to 20 lower-case words.';
comment on constraint matching_preferences_job_levels on public.matching_preferences is
    'jobLevels: up to 20, none of them null.';
comment on constraint matching_preferences_company_sizes on public.matching_preferences is
    'companySizes: up to 20, none of them null.';
comment on constraint matching_preferences_goals on public.matching_preferences is
    'networkingGoals: up to 20, none of them null.';
comment on constraint matching_preferences_meeting_types on public.matching_preferences is
    'meetingTypes: up to 20, none of them null.';
comment on constraint matching_preferences_weights on public.matching_preferences is
    'algorithmWeights: parts of the score, each with a factor of its share from 0.5 to 2.';

create table public.work_profiles (
    user_id uuid primary key references public.users (id) on delete cascade,
    industry text check (industry ~ '^[a-z]+(_[a-z]+)*$' and char_length(industry) <= 40),
    job_level public.job_level,
    company_size public.company_size,
    employer text check (
        char_length(employer) between 1 and 120 and employer = btrim(employer) and employer !~ '[[:cntrl:]]'
    ),
    skills text[] not null default '{}',
    headline text check (
        char_length(headline) between 1 and 120 and headline = btrim(headline) and headline !~ '[[:cntrl:]]'
    ),
    shown text[] not null default '{}',
    constraint work_profiles_skills check (
        -- One line each: an element with a line break would become two.
        skills = string_to_array(array_to_string(skills, E'\n'), E'\n') and cardinality(skills) <= 20
        and array_to_string(skills, E'\n') ~ E'^([^[:cntrl:]]{1,40}(\n[^[:cntrl:]]{1,40})*)?$'
    ),
    constraint work_profiles_shown check (
        coalesce(array_ndims(shown), 1) = 1 and cardinality(shown) <= 6 and array_position(shown, null) is null
        and shown <@ '{industry,jobLevel,companySize,employer,skills,headline}'
    ),
    updated_at timestamptz not null default now()
);

comment on table public.work_profiles is 'A member''s work, for professional mode. Readable by that member alone.';
comment on column public.work_profiles.user_id is 'The member.';
comment on column public.work_profiles.industry is 'Industry, a lower-case word.';
comment on column public.work_profiles.job_level is 'What they are at work.';
comment on column public.work_profiles.company_size is 'How many people work where they do.';
comment on column public.work_profiles.employer is
    'Employer. Compared by a keyed hash of its name; shown to others only where shown names it.';
comment on column public.work_profiles.skills is 'What they can do, a line each.';
comment on column public.work_profiles.headline is 'Their work in a line, without contact details.';
comment on column public.work_profiles.shown is
    'What of this a professional card may show: industry, jobLevel, companySize, employer, skills, headline.';
comment on column public.work_profiles.updated_at is 'Last change.';

-- What a member is told when a value is refused.
comment on constraint work_profiles_industry_check on public.work_profiles is 'industry: a lower-case word.';
comment on constraint work_profiles_employer_check on public.work_profiles is 'employer: 1 to 120 characters.';
comment on constraint work_profiles_headline_check on public.work_profiles is 'headline: 1 to 120 characters.';
comment on constraint work_profiles_skills on public.work_profiles is
    'skills: up to 20, 1 to 40 characters each, in one line.';
comment on constraint work_profiles_shown on public.work_profiles is
    'shown: of industry, jobLevel, companySize, employer, skills and headline.';

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
