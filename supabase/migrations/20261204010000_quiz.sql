-- The questionnaire: what members answered, and the signals that the quiz job makes of it.

create table public.quiz_responses (
    user_id uuid primary key references public.users (id) on delete cascade,
    version text not null check (version ~ '^[A-Za-z0-9._-]{1,32}$'),
    answers jsonb not null default '{}',
    answered_at timestamptz not null default now(),

    constraint quiz_responses_answers check (
        jsonb_typeof(answers) = 'object'
        and not jsonb_path_exists(answers, 'strict $.keyvalue() ? (!(@.key like_regex "^[a-z][a-z0-9_]{0,39}$"))')
        and not jsonb_path_exists(answers,
            'strict $.* ? (@.type() != "number" || @ < 1 || @ > 7 || @ % 1 != 0)')
        and jsonb_array_length(jsonb_path_query_array(answers, '$.keyvalue().key')) <= 200
    )
);

comment on table public.quiz_responses is
    'A member''s answers to the questionnaire, readable by that member alone; gone when the values switch is turned '
    'off.';
comment on column public.quiz_responses.user_id is 'The member.';
comment on column public.quiz_responses.version is 'The questionnaire that they answered last.';
comment on column public.quiz_responses.answers is
    'By statement, 1 (not at all) to 7 (completely). Answers to statements that are gone stay, and count for nothing.';
comment on column public.quiz_responses.answered_at is 'Last change.';
comment on constraint quiz_responses_answers on public.quiz_responses is
    'answers: up to 200 statements, each with a whole number from 1 to 7, or null to take an answer back.';
comment on constraint quiz_responses_version_check on public.quiz_responses is
    'version: the one that GET /connect/quiz shows.';

create table public.user_quiz_vectors (
    user_id uuid primary key references public.users (id) on delete cascade,
    -- Compared by their direction: one without any would stop everybody's run.
    values_vector extensions.vector(16) check (extensions.vector_norm(values_vector) > 0),
    communication_vector extensions.vector(16) check (extensions.vector_norm(communication_vector) > 0),
    life_goals_vector extensions.vector(16) check (extensions.vector_norm(life_goals_vector) > 0),
    readiness numeric(5, 2) check (readiness between 0 and 100),
    completed text[] not null default '{}' check (
        completed <@ '{values,communication,life_goals,readiness}' and array_position(completed, null) is null
    ),
    version text not null check (version ~ '^[A-Za-z0-9._-]{1,64}$'),
    input_hash text not null check (input_hash ~ '^[0-9a-f]{64}$'),
    computed_at timestamptz not null default now()
);

comment on table public.user_quiz_vectors is
    'What the quiz job makes of a member''s answers; gone when the values switch is turned off. Vectors in '
    'connect_profiles win where there are any.';
comment on column public.user_quiz_vectors.user_id is 'The member.';
comment on column public.user_quiz_vectors.values_vector is 'Values, length one; null without enough answers.';
comment on column public.user_quiz_vectors.communication_vector is
    'Ways of communicating, length one; null without enough answers.';
comment on column public.user_quiz_vectors.life_goals_vector is 'Goals, length one; null without enough answers.';
comment on column public.user_quiz_vectors.readiness is
    'Readiness for a relationship, 0–100; null without enough answers.';
comment on column public.user_quiz_vectors.completed is
    'Signals that had enough answers at any time. Completing one for the first time is no own change.';
comment on column public.user_quiz_vectors.version is 'Formula, scales and loadings that made it.';
comment on column public.user_quiz_vectors.input_hash is 'SHA-256 of the answers it was made of.';
comment on column public.user_quiz_vectors.computed_at is 'When it was computed.';
