-- Lists of candidates: what they hold, who reads them, who writes them. Service only.

select private.declare_table('private.lists', withheld => 'lists of other people, by number');

revoke all on private.lists from public, anon, authenticated, service_role;
revoke all on sequence private.pool_numbers from public, anon, authenticated, service_role;

create or replace function private.entries_of(l private.lists)
returns table (place integer, candidate integer, score smallint, facts bytea)
language sql immutable set search_path = '' as $$
    select e.place::integer, e.candidate, e.score, substr(l.facts, (e.place::integer - 1) * w.width + 1, w.width)
    from (select length(l.facts) / nullif(cardinality(l.candidates), 0) as width) w
    cross join lateral unnest(l.candidates, l.scores) with ordinality e (candidate, score, place)
$$;
comment on function private.entries_of(private.lists) is 'A list''s candidates one by one, best first.';

create or replace function private.mode_of(facts bytea) returns public.match_mode
language sql immutable set search_path = ''
return (case get_byte(facts, 0) when 1 then 'romantic' when 2 then 'friendship' else 'professional' end)
    ::public.match_mode;
comment on function private.mode_of(bytea) is 'What a pair would be proposed for, from its packed facts.';

create or replace function private.reasons_of(facts bytea) returns text[]
language plpgsql immutable set search_path = '' as $$
begin
    return array(select (private.score_labels())[get_byte(facts, g.at)] from generate_series(1, 4) g (at)
        where get_byte(facts, g.at) > 0 order by g.at);
end $$;
comment on function private.reasons_of(bytea) is 'Labels of a pair, strongest first, from its packed facts.';

create or replace function private.sub_scores_of(facts bytea) returns jsonb
language plpgsql immutable set search_path = '' as $$
begin
    return (
        select coalesce(jsonb_object_agg(p.part, trim_scale(v.hundredths / 100.0))
            filter (where v.hundredths <> 65535), '{}')
        from (
            select s.part, 3 + 2 * row_number() over (order by s.place)::integer as at
            from private.score_parts() s where s.modes & get_byte(facts, 0) <> 0
        ) p
        cross join lateral (values (get_byte(facts, p.at) * 256 + get_byte(facts, p.at + 1))) v (hundredths));
end $$;
comment on function private.sub_scores_of(bytea) is
    'Scores 0–100 of the parts that a pair shares, from its packed facts.';

-- A view's functions run with the reader's rights. This is the one that readers of match_scores may run; it reads no
-- table.
create or replace function private.entries_shown(l private.lists) returns table (
    candidate integer, mode public.match_mode, score numeric, sub_scores jsonb, reasons text[]
)
language sql immutable security definer set search_path = '' as $$
    select e.candidate, private.mode_of(e.facts), e.score / 100.0, private.sub_scores_of(e.facts),
        private.reasons_of(e.facts)
    from private.entries_of(l) e
$$;
comment on function private.entries_shown(private.lists) is
    'A list''s candidates one by one, best first, with what is told of each pair.';

-- The owner's rights, on purpose: the tables behind it are out of reach for everybody.
create or replace view public.match_scores with (security_invoker = false) as
    select l.user_id, m.user_id as candidate_user_id, l.event_id, e.mode, e.score::numeric(5, 2) as score,
        e.sub_scores, e.reasons, g.engine_version, l.computed_at
    from private.score_generation g
    join private.lists l on l.generation = g.generation
    cross join lateral private.entries_shown(l) e
    join private.pool_members m on m.number = e.candidate;
comment on view public.match_scores is
    'Everybody''s best candidates, at most 50 in each pool, computed ahead; all of one engine and one generation. '
    'Service only: it names people.';
comment on column public.match_scores.user_id is 'Whose list.';
comment on column public.match_scores.candidate_user_id is
    'Who is on it; pairs that were already proposed are listed too.';
comment on column public.match_scores.event_id is 'In which event''s pool; null: the global pool.';
comment on column public.match_scores.mode is 'What the pair would be proposed for.';
comment on column public.match_scores.score is 'Score 0–100, never below settings.match_min_score of the time.';
comment on column public.match_scores.sub_scores is 'Sub-score 0–100 of every block that counted.';
comment on column public.match_scores.reasons is 'Closed-vocabulary labels, strongest first.';
comment on column public.match_scores.engine_version is 'Engine that scored.';
comment on column public.match_scores.computed_at is 'When.';
revoke all on public.match_scores from public, anon, authenticated, service_role;
grant select on public.match_scores to service_role;
select private.declare_view('match_scores');

-- A row per pair and night would be the dearest thing stored. A pair was evaluated when a list that it is on was made.
create or replace view public.batch_logs with (security_invoker = false) as
    select j.id as run_id, p.user_a, p.user_b, p.user_a::text || '_' || p.user_b::text as pair, j.started_at,
        max(p.computed_at) as finished_at, 'ok' as status, null::text as error_msg
    from private.score_generation g
    left join public.job_runs j on j.sequence = g.generation
    cross join lateral (
        select least(l.user_id, m.user_id) as user_a, greatest(l.user_id, m.user_id) as user_b, l.computed_at
        from private.lists l cross join lateral unnest(l.candidates) e (candidate)
        join private.pool_members m on m.number = e.candidate
        where l.generation = g.generation) p
    group by j.id, j.started_at, p.user_a, p.user_b
    union all
    select j.id, l.user_id, null, null, j.started_at, l.computed_at, 'error', l.error
    from private.score_generation g
    left join public.job_runs j on j.sequence = g.generation
    join private.lists l on l.generation = g.generation and l.error is not null;
comment on view public.batch_logs is
    'Pairs on the lists in use, and when each was evaluated last; members who could not be evaluated, and why. Service '
    'only: it names people.';
comment on column public.batch_logs.run_id is 'The run that began these lists; null: none has yet.';
comment on column public.batch_logs.user_a is 'The lower id; the member, where one could not be evaluated.';
comment on column public.batch_logs.user_b is 'The higher id.';
comment on column public.batch_logs.pair is 'Both ids, lower first.';
comment on column public.batch_logs.started_at is 'When that run began.';
comment on column public.batch_logs.finished_at is 'When the pair was stored last, by the run or the queue.';
comment on column public.batch_logs.status is 'ok or error.';
comment on column public.batch_logs.error_msg is 'Kind of failure.';
revoke all on public.batch_logs from public, anon, authenticated, service_role;
grant select on public.batch_logs to service_role;
select private.declare_view('batch_logs');

create or replace function private.without(l private.lists, gone integer[]) returns private.lists
language plpgsql immutable set search_path = '' as $$
declare
    width integer := length(l.facts) / nullif(cardinality(l.candidates), 0);
    number integer;
    place integer;
begin
    for number in select c from unnest(l.candidates) c where c = any (gone) loop
        place := array_position(l.candidates, number);
        l.candidates := l.candidates[:place - 1] || l.candidates[place + 1:];
        l.scores := l.scores[:place - 1] || l.scores[place + 1:];
        l.facts := substr(l.facts, 1, (place - 1) * width) || substr(l.facts, place * width + 1);
    end loop;
    return l;
end $$;
comment on function private.without(private.lists, integer[]) is 'A list without these candidates.';

create or replace function private.with_added(
    l private.lists, candidates integer[], scores smallint[], facts bytea[]
) returns private.lists
language plpgsql immutable set search_path = '' as $$
declare
    place integer;
    width integer := length(with_added.facts[1]);
begin
    for n in 1 .. coalesce(cardinality(candidates), 0) loop
        -- Behind all that are as good.
        place := (select count(*) from unnest(l.scores) x where x >= with_added.scores[n]);
        l.candidates := l.candidates[:place] || with_added.candidates[n] || l.candidates[place + 1:];
        l.scores := l.scores[:place] || with_added.scores[n] || l.scores[place + 1:];
        l.facts := substr(l.facts, 1, place * width) || with_added.facts[n] || substr(l.facts, place * width + 1);
    end loop;
    -- Fifty are enough.
    if cardinality(l.candidates) > 50 then
        l.candidates := l.candidates[:50];
        l.scores := l.scores[:50];
        l.facts := substr(l.facts, 1, 50 * width);
    end if;
    return l;
end $$;
comment on function private.with_added(private.lists, integer[], smallint[], bytea[]) is
    'A list with these candidates, who are not on it yet, in their places: the best fifty.';

create or replace function private.numbers_of(members uuid[]) returns integer[]
language sql stable set search_path = ''
return array(select m.number from private.pool_members m where m.user_id = any (members));
comment on function private.numbers_of(uuid[]) is 'By which numbers lists name these members, in no order.';

create or replace function private.take_off(
    members uuid[], numbers integer[], event uuid default null, generation bigint default null
) returns void
language plpgsql volatile set search_path = ''
set enable_seqscan = off set plan_cache_mode = force_generic_plan set jit = off as $$
begin
    -- In one order for everybody: two who are on each other's lists may go at the same instant.
    perform 1 from private.lists l
    where (l.user_id = any (members) or l.candidates && numbers)
      and (take_off.event is null or l.event_id = take_off.event)
      and (take_off.generation is null or l.generation = take_off.generation)
    order by l.user_id, l.generation, l.pool for update;
    delete from private.lists l
    where l.user_id = any (members) and (take_off.event is null or l.event_id = take_off.event)
      and (take_off.generation is null or l.generation = take_off.generation);
    update private.lists l set (candidates, scores, facts) = (
        select w.candidates, w.scores, w.facts from private.without(l, numbers) w)
    where l.candidates && numbers and (take_off.event is null or l.event_id = take_off.event)
      and (take_off.generation is null or l.generation = take_off.generation);
end $$;
comment on function private.take_off(uuid[], integer[], uuid, bigint) is
    'Takes members, with their numbers, off every list, theirs and those of others; only in one event, or one '
    'generation, if given.';

create or replace function private.take_apart(owners uuid[], event uuid, generation bigint, since timestamptz)
returns void
language plpgsql volatile set search_path = ''
set enable_seqscan = off set plan_cache_mode = force_generic_plan set jit = off as $$
begin
    update private.lists l set (candidates, scores, facts) = (
        select w.candidates, w.scores, w.facts from private.without(l, k.others) w)
    from (
        select z.one, array_agg(m.number) as others
        from private.apart k
        cross join lateral (values (k.one, k.other), (k.other, k.one)) z (one, other)
        join private.pool_members m on m.user_id = z.other
        where k.since > take_apart.since and (owners is null or z.one = any (owners)) group by z.one) k
    where l.user_id = k.one and l.generation = take_apart.generation and l.candidates && k.others
      and (owners is null or l.pool = private.pool_of(event));
end $$;
comment on function private.take_apart(uuid[], uuid, bigint, timestamptz) is
    'Takes whom they must not meet, known since an instant, off the lists of these members in one pool of a '
    'generation; owners null: off everybody''s in all pools.';

create or replace function private.unlist(member uuid, other uuid) returns void
language plpgsql volatile set search_path = ''
set enable_seqscan = off set plan_cache_mode = force_generic_plan set jit = off as $$
declare
    gone integer[] := private.numbers_of(array[member, other]);
begin
    perform 1 from private.lists l where l.user_id = any (array[member, other])
    order by l.user_id, l.generation, l.pool for update;
    update private.lists l set (candidates, scores, facts) = (
        select w.candidates, w.scores, w.facts from private.without(l, gone) w)
    where l.user_id = any (array[member, other]) and l.candidates && gone;
end $$;
comment on function private.unlist(uuid, uuid) is 'Takes two members off each other''s lists.';

create or replace function private.pool_members_gone() returns trigger
language plpgsql security definer set search_path = '' as $$
declare
    members uuid[];
    numbers integer[];
begin
    select array_agg(g.user_id), array_agg(g.number) into members, numbers from gone g;
    if members is not null then
        perform private.take_off(members, numbers);
    end if;
    return null;
end $$;
comment on function private.pool_members_gone() is
    'Whoever is no longer searched for is on nobody''s list in the same instant.';
create or replace trigger pool_members_gone after delete on private.pool_members
    referencing old table as gone for each statement execute function private.pool_members_gone();

create or replace function private.lock_lists(
    people uuid[], members uuid[], event uuid, generation bigint
) returns void
language plpgsql volatile set search_path = ''
set enable_seqscan = off set plan_cache_mode = force_generic_plan set jit = off as $$
declare
    numbers integer[] := private.numbers_of(members);
begin
    -- A list that is not there could be begun by two at once, and one would undo the other's.
    insert into private.lists (generation, user_id, event_id, candidates, scores, facts)
    select lock_lists.generation, u.id, event, '{}', '{}', '' from public.users u
    where u.id = any (people) order by u.id on conflict do nothing;
    perform 1 from private.lists l
    where (l.user_id = any (people) or l.candidates && numbers)
      and l.generation = lock_lists.generation and l.pool = private.pool_of(event)
    order by l.user_id, l.generation, l.pool for update;
end $$;
comment on function private.lock_lists(uuid[], uuid[], uuid, bigint) is
    'Locks the lists of these people, and those that the members among them are on, in the order in which '
    'private.take_off() takes them. Whoever has no list yet gets an empty one.';

create or replace function private.write_lists(
    members uuid[], event uuid, generation bigint, lists jsonb, since timestamptz default '-infinity'
) returns integer
language plpgsql volatile set search_path = ''
set enable_seqscan = off set plan_cache_mode = force_generic_plan set jit = off as $$
declare
    this_pool uuid := private.pool_of(event);
    people uuid[];
    numbers integer[];
    gone integer[];
    written integer;
begin
    -- Whoever changed, paused or left the event since is on nobody's list; they are in the queue, or gone.
    select array_agg(x.id order by x.at), array_agg(x.number order by x.at),
        -- Who has not been written to since is as they were: only the others are looked at closely.
        array_agg(x.number) filter (where m.number is distinct from x.number or p.user_id is null
            or p.updated_at > write_lists.since
                and (p.revision is distinct from x.revision or not private.is_searching(p))
            or event is not null and not exists (
                select from public.event_members e where e.event_id = event and e.user_id = x.id))
    into people, numbers, gone
    from rows from (
        jsonb_array_elements_text(lists -> 'people'), jsonb_array_elements_text(lists -> 'revisions'),
        jsonb_array_elements_text(lists -> 'numbers')
    ) with ordinality as y (id, revision, number, at)
    cross join lateral (select y.id::uuid, y.revision::bigint, y.number::integer, y.at) x (id, revision, number, at)
    left join private.pool_members m on m.user_id = x.id
    left join public.connect_profiles p on p.user_id = x.id;
    insert into private.lists (generation, user_id, event_id, candidates, scores, facts, error)
    select write_lists.generation, people[x.m + 1], event, x.c::integer[], x.s::smallint[], decode(x.f, 'base64'), x.e
    from jsonb_to_recordset(lists -> 'of') as x (m integer, c text, s text, f text, e text)
    where people[x.m + 1] = any (members) and not coalesce(numbers[x.m + 1] = any (gone), false)
    order by x.m
    on conflict on constraint lists_pkey do update set candidates = excluded.candidates,
        scores = excluded.scores, facts = excluded.facts, error = excluded.error, computed_at = excluded.computed_at;
    delete from private.lists l
    where cardinality(gone) > 0 and l.user_id = any (members) and l.generation = write_lists.generation
      and l.pool = this_pool
      and not exists (select from private.pool_members m where m.user_id = l.user_id and m.number <> all (gone));
    update private.lists l set (candidates, scores, facts) = (
        select w.candidates, w.scores, w.facts from private.without(l, gone) w)
    where cardinality(gone) > 0 and l.user_id = any (members) and l.generation = write_lists.generation
      and l.pool = this_pool and l.candidates && gone;
    -- Nor whoever was blocked.
    perform private.take_apart(members, event, generation, write_lists.since);
    select coalesce(sum(cardinality(l.candidates)), 0) into written from private.lists l
    where l.user_id = any (members) and l.generation = write_lists.generation and l.pool = this_pool;
    return written;
end $$;
comment on function private.write_lists(uuid[], uuid, bigint, jsonb, timestamptz) is
    'Replaces the lists of these members in one pool and generation by {people, revisions, numbers, of: [{m, c, s, f, '
    'e}]}: ids, revisions and numbers of all who are named, then for each list whose it is, by its place among people, '
    'numbers of those on it and scores in hundredths as arrays in text, packed facts, and what went wrong. since: '
    'pairs apart before it were known. Returns how many entries.';
