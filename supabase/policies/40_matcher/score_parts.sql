-- The parts of the score. Written by scripts/docs from shared/engine/scoring/parts: change them there.

create or replace function private.score_parts() returns table (part text, switch public.consent_signal)
language sql immutable set search_path = '' as $$
    values
        ('values', 'values'::public.consent_signal),
        ('communication', 'values'),
        ('life_goals', 'values'),
        ('readiness', 'values'),
        ('astro', 'birthData'),
        ('hd', 'birthData'),
        ('profile', 'values'),
        ('interests', null),
        ('location', 'location'),
        ('industry', null),
        ('activity', 'values')
$$;
comment on function private.score_parts() is
    'Parts of the score, and the switch that covers what each is made from; null: given for matching. Own '
    'weights of a member are of these, and a withdrawal removes those of its switch from stored scores.';
