-- The questionnaire. Members store answers, and the quiz job makes signals of them: at once while the day has own
-- changes left, otherwise at night. Nobody but the job writes signals: a member who could would ask for any vector.

select private.declare_table('quiz_responses', owner => 'user_id', export => 'quiz',
    shown => '{version,answers,answered_at}', switch => 'values', requeues => 'insert or update or delete',
    free_text => '{answers}');
select private.declare_table('user_quiz_vectors', owner => 'user_id', export => 'quizVectors',
    shown => '{values_vector,communication_vector,life_goals_vector,readiness,completed,version,computed_at}',
    switch => 'values', requeues => 'insert or update or delete');
select private.declare_withheld('user_quiz_vectors', '{input_hash}', 'a fingerprint of the answers, which are in quiz');
select private.declare_job('quiz');

revoke all on public.quiz_responses, public.user_quiz_vectors from public, anon, authenticated, service_role;
grant select on public.quiz_responses, public.user_quiz_vectors to service_role;
alter table public.quiz_responses enable row level security;
alter table public.user_quiz_vectors enable row level security;

create or replace function private.answers_hash(answers jsonb) returns text
language sql immutable set search_path = ''
return encode(sha256(convert_to(answers::text, 'UTF8')), 'hex');
comment on function private.answers_hash(jsonb) is 'Fingerprint of the answers that signals are made of.';

create or replace function private.quiz_of(member uuid) returns jsonb
language sql stable set search_path = '' as $$
    select jsonb_build_object('answers', coalesce(r.answers, '{}'), 'language', u.lang_primary, 'mode', p.mode)
    from (select member) me (id)
    left join public.users u on u.id = me.id
    left join public.connect_profiles p on p.user_id = me.id
    left join public.quiz_responses r on r.user_id = me.id
$$;
comment on function private.quiz_of(uuid) is
    'A member''s answers, and what decides which statements they are asked, and in which language.';

create or replace function public.get_quiz() returns jsonb
language plpgsql volatile security definer set search_path = '' as $$
declare
    caller private.admission := private.admit('read');
begin
    if caller.refusal is not null then return caller.refusal; end if;
    return private.quiz_of(caller.member);
end $$;
comment on function public.get_quiz() is
    'GET /connect/quiz: the caller''s answers, language and mode. The function knows the statements.';
revoke all on function public.get_quiz() from public, anon, authenticated, service_role;
grant execute on function public.get_quiz() to authenticated;
select private.declare_call('get_quiz');

create or replace function private.quiz_is_covered(member uuid) returns boolean
language sql stable set search_path = ''
return private.allows(member, 'values') and not exists (select from public.connect_profiles p
    where p.user_id = member and p.consent_lapsed_at is not null);
comment on function private.quiz_is_covered(uuid) is
    'Whether a member''s values switch is on, under the consent text in force.';

create or replace function public.put_quiz(version text, answers jsonb) returns jsonb
language plpgsql volatile security definer set search_path = '' as $$
declare
    caller private.admission := private.admit('write');
    broken text;
    hash text;
begin
    if caller.refusal is not null then return caller.refusal; end if;
    perform private.lock_member(caller.member);
    if not private.quiz_is_covered(caller.member) then
        return private.refuse('consent_required', 'PUT /connect/consents first: the values switch is off.');
    elsif jsonb_typeof(put_quiz.answers) is distinct from 'object' then
        return private.refuse('invalid_body', private.broken_rule('quiz_responses_answers'));
    end if;
    begin
        insert into public.quiz_responses as r (user_id, version, answers)
        values (caller.member, put_quiz.version, jsonb_strip_nulls(put_quiz.answers))
        on conflict (user_id) do update set version = excluded.version, answered_at = now(),
            answers = jsonb_strip_nulls(r.answers || put_quiz.answers)
        where r.answers <> jsonb_strip_nulls(r.answers || put_quiz.answers)
        returning private.answers_hash(r.answers) into hash;
    exception
        when check_violation or not_null_violation then
            get stacked diagnostics broken = constraint_name;
            return private.refuse('invalid_body', private.broken_rule(broken));
    end;
    if hash is not null then
        -- The answers' fingerprint: a task that was given up is tried again with other answers.
        perform private.put_tasks('quiz', jsonb_build_array(jsonb_build_object('key', caller.member,
            'user_id', caller.member, 'signal', 'values', 'payload', jsonb_build_object('answers', hash))));
    end if;
    return private.quiz_of(caller.member);
end $$;
comment on function public.put_quiz(text, jsonb) is
    'PUT /connect/quiz: merges answers, 1 to 7 by statement; null takes one back. Puts a task for the quiz job. The '
    'function knows which statements there are.';
revoke all on function public.put_quiz(text, jsonb) from public, anon, authenticated, service_role;
grant execute on function public.put_quiz(text, jsonb) to authenticated;
select private.declare_call('put_quiz', replayable => true);

create or replace function private.answers_due(quiz_version text, members uuid[], most integer, beyond uuid)
returns json
language sql stable set search_path = '' as $$
    with page as (
        select r.* from public.quiz_responses r
        where (members is null or r.user_id = any (members)) and (beyond is null or r.user_id > beyond)
        order by r.user_id limit most
    ),
    due as (
        select p.user_id, p.answers, private.answers_hash(p.answers) as hash from page p
        left join public.user_quiz_vectors v on v.user_id = p.user_id
        where private.quiz_is_covered(p.user_id)
          and (v.version, v.input_hash) is distinct from (quiz_version, private.answers_hash(p.answers))
    )
    select json_build_object('members', (select coalesce(json_agg(json_build_object('id', d.user_id, 'hash', d.hash,
            'answers', d.answers) order by d.user_id), '[]') from due d),
        'next', (select case when count(*) = most then (array_agg(g.user_id order by g.user_id desc))[1] end
            from page g))
$$;
comment on function private.answers_due(text, uuid[], integer, uuid) is
    'Of so many members (null: of all) beyond an id: answers that the stored signals are not made of, or by another '
    'version; next: where the next page begins, null after the last.';

create or replace function public.load_quiz(quiz_version text, most integer default 2000, beyond uuid default null)
returns json
language plpgsql volatile security definer set search_path = '' set statement_timeout = '45s' set jit = off as $$
begin
    perform private.name_request();
    return private.answers_due(load_quiz.quiz_version, null, least(greatest(load_quiz.most, 1), 20000),
        load_quiz.beyond);
end $$;
comment on function public.load_quiz(text, integer, uuid) is
    'Looks at so many members beyond an id, and brings the answers of those whose signals are due. Service only.';
revoke all on function public.load_quiz(text, integer, uuid) from public, anon, authenticated, service_role;
grant execute on function public.load_quiz(text, integer, uuid) to service_role;
select private.declare_call('load_quiz');

create or replace function public.claim_quiz(quiz_version text, worker text, most integer default 2000) returns json
language plpgsql volatile security definer set search_path = '' set statement_timeout = '45s' set jit = off as $$
declare
    claimed jsonb;
begin
    perform private.name_request();
    claimed := private.take_tasks('quiz', claim_quiz.worker, claim_quiz.most);
    return json_build_object('claimed', claimed, 'members', private.answers_due(claim_quiz.quiz_version,
        array(select (c ->> 'user')::uuid from jsonb_array_elements(claimed) c), claim_quiz.most, null) -> 'members');
end $$;
comment on function public.claim_quiz(text, text, integer) is
    'Takes tasks of kind quiz for a worker, with the answers whose signals are still due. Service only.';
revoke all on function public.claim_quiz(text, text, integer) from public, anon, authenticated, service_role;
grant execute on function public.claim_quiz(text, text, integer) to service_role;
select private.declare_call('claim_quiz');

create or replace function private.quiz_change_counts(before public.user_quiz_vectors, member uuid, complete text[])
returns boolean
language sql stable set search_path = ''
return exists (select from public.connect_profiles p where p.user_id = member)
    -- Matching reads neither what was before nor what comes.
    and (num_nonnulls(before.values_vector, before.communication_vector, before.life_goals_vector, before.readiness) > 0
        or complete <> '{}')
    -- A first completion is free. After the switch was off once, it is not the first.
    and (complete <@ coalesce(before.completed, '{}') or exists (
        select from public.consents off join public.consents allowed
            on allowed.user_id = off.user_id and allowed.id < off.id and 'values' = any (allowed.signals)
        where off.user_id = member and 'values' <> all (off.signals)));
comment on function private.quiz_change_counts(public.user_quiz_vectors, uuid, text[]) is
    'Whether new signals are an own change of a member, from those stored before (all null: none). complete: signals '
    'that have enough answers now.';

create or replace function private.quiz_takes_effect(before public.user_quiz_vectors, member uuid, complete text[])
returns boolean
language plpgsql volatile set search_path = '' as $$
begin
    return not private.quiz_change_counts(before, member, complete) or private.count_own_change(member);
end $$;
comment on function private.quiz_takes_effect(public.user_quiz_vectors, uuid, text[]) is
    'Counts an own change where it is one. False where it has to wait for the night.';

create or replace function public.store_quiz_vectors(quiz_version text, made jsonb, at_night boolean) returns jsonb
language plpgsql volatile security definer set search_path = '' set statement_timeout = '45s' set jit = off as $$
declare
    stored integer;
    waiting integer;
begin
    perform private.name_request();
    perform private.lock_members(array(select (x ->> 'id')::uuid from jsonb_array_elements(made) x));
    with fresh as materialized (
        select x.*, array_remove(array[case when x.values is not null then 'values' end,
                case when x.communication is not null then 'communication' end,
                case when x."lifeGoals" is not null then 'life_goals' end,
                case when x.readiness is not null then 'readiness' end], null) as complete, v as before
        from jsonb_to_recordset(made) as x (id uuid, hash text, values extensions.vector(16),
            communication extensions.vector(16), "lifeGoals" extensions.vector(16), readiness numeric)
        join public.quiz_responses r on r.user_id = x.id
        left join public.user_quiz_vectors v on v.user_id = x.id
        -- Answers may have changed and consent may have gone while the signals were made; another worker may have
        -- stored them.
        where private.answers_hash(r.answers) = x.hash and private.quiz_is_covered(x.id)
          and (v.version, v.input_hash) is distinct from (store_quiz_vectors.quiz_version, x.hash)
        order by x.id
    ),
    judged as materialized (
        select f.*, at_night or (f.before).input_hash is not distinct from f.hash
            or private.quiz_takes_effect(f.before, f.id, f.complete) as takes_effect
        from fresh f
    ),
    kept as (
        insert into public.user_quiz_vectors as q (user_id, values_vector, communication_vector, life_goals_vector,
            readiness, completed, version, input_hash)
        select j.id, j.values, j.communication, j."lifeGoals", j.readiness, j.complete, store_quiz_vectors.quiz_version,
            j.hash
        from judged j where j.takes_effect order by j.id
        on conflict (user_id) do update set values_vector = excluded.values_vector,
            communication_vector = excluded.communication_vector, life_goals_vector = excluded.life_goals_vector,
            readiness = excluded.readiness, version = excluded.version, input_hash = excluded.input_hash,
            completed = array(select distinct c from unnest(q.completed || excluded.completed) c order by c),
            computed_at = now()
        returning 1
    )
    select (select count(*) from kept), count(*) filter (where not j.takes_effect) into stored, waiting from judged j;
    return jsonb_build_object('stored', stored, 'waiting', waiting, 'skipped',
        jsonb_array_length(made) - stored - waiting);
end $$;
comment on function public.store_quiz_vectors(text, jsonb, boolean) is
    'Stores signals whose answers and consent still stand. By day an own change past the limit of the day waits for '
    'the night. Service only.';
revoke all on function public.store_quiz_vectors(text, jsonb, boolean) from public, anon, authenticated, service_role;
grant execute on function public.store_quiz_vectors(text, jsonb, boolean) to service_role;
select private.declare_call('store_quiz_vectors');
