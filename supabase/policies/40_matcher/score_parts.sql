-- The parts of the score. Written by scripts/docs from shared/engine/scoring/parts: change them there.

create or replace function private.score_parts()
returns table (place integer, part text, switch public.consent_signal, modes integer)
language sql immutable set search_path = '' as $$
    values
        (1, 'values', 'values'::public.consent_signal, 3),
        (2, 'communication', 'values', 3),
        (3, 'life_goals', 'values', 3),
        (4, 'readiness', 'values', 3),
        (5, 'astro', 'birthData', 3),
        (6, 'hd', 'birthData', 3),
        (7, 'profile', 'values', 4),
        (8, 'interests', null, 7),
        (9, 'location', 'location', 7),
        (10, 'industry', null, 4),
        (11, 'activity', 'values', 4),
        (12, 'goals', null, 4),
        (13, 'position', null, 4)
$$;
comment on function private.score_parts() is
    'Parts of the score in their order, the switch that covers what each is made from (null: given for '
    'matching), and the modes in which it plays, as bits. Own weights of a member are of these, and a '
    'withdrawal removes those of its switch from stored scores.';

create or replace function private.score_labels() returns text[]
language sql immutable set search_path = ''
return array[
    'aligned_life_goals', 'common_interests', 'complementary_energies', 'creative_friction',
    'different_communication', 'different_interests', 'different_life_goals', 'different_rhythm',
    'different_values', 'different_work', 'easy_exchange', 'emotional_resonance', 'familiar_rhythm', 'gentle_pace',
    'goals_apart', 'goals_that_meet', 'kindred_communication', 'natural_attraction', 'natural_ease',
    'open_beginning', 'ready_together', 'related_work', 'shared_energy', 'shared_values', 'similar_pace',
    'steady_ground'];
comment on function private.score_labels() is
    'Every label that a pair can carry, by the number that packed facts hold.';
