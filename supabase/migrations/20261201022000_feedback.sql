-- A member's opinion of a match. Only they read it. The ranking learns from it only while their switch is on.

create table public.match_feedback (
    id uuid primary key default gen_random_uuid(),
    match_id uuid not null references public.matches (id) on delete cascade,
    user_id uuid not null references public.users (id) on delete cascade,
    rating smallint not null check (rating between 1 and 5),
    fit_score numeric(5, 2) check (fit_score between 0 and 100),
    safety_score numeric(5, 2) check (safety_score between 0 and 100),
    communication_score numeric(5, 2) check (communication_score between 0 and 100),
    reasons text[] not null default '{}' check (
        cardinality(reasons) <= 10
        -- Refuses commas inside an element, empty and null elements, and arrays of arrays.
        and reasons = string_to_array(array_to_string(reasons, ','), ',')
        and array_to_string(reasons, ',') ~ '^([a-z][a-z_]{0,39}(,[a-z][a-z_]{0,39})*)?$'
    ),
    notes text check (char_length(notes) between 1 and 1000),
    vector_delta extensions.vector(16),
    created_at timestamptz not null default now(),
    updated_at timestamptz not null default now(),
    unique (match_id, user_id)
);
create index match_feedback_user_idx on public.match_feedback (user_id);

comment on table public.match_feedback is 'One opinion per member and match, readable by its author alone.';
comment on column public.match_feedback.id is 'Row id.';
comment on column public.match_feedback.match_id is 'The match it is about.';
comment on column public.match_feedback.user_id is 'The member who wrote it.';
comment on column public.match_feedback.rating is 'Overall, 1 to 5.';
comment on column public.match_feedback.fit_score is 'How well they fit, 0–100.';
comment on column public.match_feedback.safety_score is 'How safe it felt, 0–100.';
comment on column public.match_feedback.communication_score is 'How well they could talk, 0–100.';
comment on column public.match_feedback.reasons is 'Short tags, such as shared_values.';
comment on column public.match_feedback.notes is 'The member''s own words.';
comment on column public.match_feedback.vector_delta is
    'The change of the ranking that follows from it; only while the feedback switch is on.';
comment on column public.match_feedback.created_at is 'First given.';
comment on column public.match_feedback.updated_at is 'Last changed.';

-- The texts that a member reads when a value is refused.
comment on constraint match_feedback_rating_check on public.match_feedback is 'rating: 1 to 5.';
comment on constraint match_feedback_fit_score_check on public.match_feedback is 'fitScore: 0 to 100.';
comment on constraint match_feedback_safety_score_check on public.match_feedback is 'safetyScore: 0 to 100.';
comment on constraint match_feedback_communication_score_check on public.match_feedback is
    'communicationScore: 0 to 100.';
comment on constraint match_feedback_reasons_check on public.match_feedback is
    'reasons: up to ten tags such as shared_values.';
comment on constraint match_feedback_notes_check on public.match_feedback is 'notes: 1 to 1,000 characters.';
