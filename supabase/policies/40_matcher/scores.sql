-- Lists of candidates: who writes them, and how a night's lists take the place of those in use. Service only.

select private.declare_table('private.prices', owner => 'user_id',
    withheld => 'where the next run of the market begins; follows from everybody''s data', switch => 'any');
select private.declare_table('private.match_scores', withheld => 'lists of other people, by id');
select private.declare_table('private.engine_versions', about_nobody => 'engines');
select private.declare_table('private.score_generation', about_nobody => 'which lists are in use');

revoke all on private.match_scores, private.engine_versions, private.score_generation
    from public, anon, authenticated, service_role;

-- The owner's rights, on purpose: the table behind it is out of reach for everybody.
create or replace view public.match_scores with (security_invoker = false) as
    select s.user_id, s.candidate_user_id, s.event_id, s.mode, s.score, s.sub_scores, s.reasons, s.engine_version,
        s.computed_at
    from private.match_scores s
    where s.generation = (select g.generation from private.score_generation g);
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

create or replace function private.engine_in_force() returns text
language sql stable set search_path = ''
return (select v.version from private.engine_versions v order by v.adopted_at desc limit 1);
comment on function private.engine_in_force() is 'The engine adopted last; null before the first worker came.';

create or replace function private.admit_engine(version text) returns boolean
language plpgsql volatile set search_path = '' as $$
begin
    if version is not distinct from private.engine_in_force() then
        return true;
    end if;
    insert into private.engine_versions (version) values (admit_engine.version) on conflict do nothing;
    if not found then
        return false;
    end if;
    -- Nothing was written yet: what comes now begins the generation in use.
    update private.score_generation g set engine_version = admit_engine.version
    where g.engine_version is null or not exists (select from private.match_scores s where s.generation = g.generation);
    return true;
end $$;
comment on function private.admit_engine(text) is
    'Whether a worker of this engine may work. A new engine is put in force by the first worker that comes with it; '
    'from then on workers of earlier ones do nothing.';

create or replace function public.adopt_engine_version(version text) returns boolean
language plpgsql volatile security definer set search_path = '' as $$
begin
    update private.engine_versions v set adopted_at = clock_timestamp() where v.version = adopt_engine_version.version;
    return found;
end $$;
comment on function public.adopt_engine_version(text) is
    'Puts an earlier engine back in force, to go back to a former deployment: its workers work again, and the next '
    'tick renews the scores. False when it never worked here. Service only.';
revoke all on function public.adopt_engine_version(text) from public, anon, authenticated, service_role;
grant execute on function public.adopt_engine_version(text) to service_role;
select private.declare_call('adopt_engine_version');

create or replace function private.unlist(member uuid, other uuid default null, event uuid default null) returns void
language plpgsql volatile set search_path = '' as $$
begin
    -- In one order for everybody: two who are on each other's lists may go at the same instant.
    delete from private.match_scores s where s.ctid = any (array(
        select x.ctid from private.match_scores x
        where (x.user_id = unlist.member or x.candidate_user_id = unlist.member)
          and (unlist.other is null or unlist.other in (x.user_id, x.candidate_user_id))
          and (unlist.event is null or x.event_id = unlist.event)
        order by x.user_id, x.candidate_user_id, x.generation, x.pool for update));
end $$;
comment on function private.unlist(uuid, uuid, uuid) is
    'Takes a member off every list, theirs and those of others; only where another one is concerned, or in one event, '
    'if given.';

create or replace function private.write_lists(
    members uuid[], event uuid, generation bigint, engine_version text, lists jsonb
) returns integer
language plpgsql volatile set search_path = '' as $$
declare
    written integer;
begin
    -- Their entries on others' lists too, which are replaced next, in the order in which private.unlist() takes them.
    perform 1 from private.match_scores s
    where (s.user_id = any (members) or s.candidate_user_id = any (members))
      and s.generation = write_lists.generation and s.pool = private.pool_of(event)
    order by s.user_id, s.candidate_user_id, s.generation, s.pool for update;
    delete from private.match_scores s
    where s.user_id = any (members) and s.generation = write_lists.generation and s.pool = private.pool_of(event);
    insert into private.match_scores
        (generation, user_id, candidate_user_id, event_id, mode, score, sub_scores, reasons, engine_version)
    select write_lists.generation, x.u, x.c, event, x.m, x.s, x.p, x.l, write_lists.engine_version
    from jsonb_to_recordset(lists) as x (u uuid, ur bigint, c uuid, cr bigint, m public.match_mode, s numeric, p jsonb,
        l text[])
    -- Whoever changed, paused or was blocked since is on nobody's list; they are in the queue, or gone.
    join public.connect_profiles a on a.user_id = x.u and a.revision = x.ur
    join public.connect_profiles b on b.user_id = x.c and b.revision = x.cr
    where x.u = any (members) and private.is_searching(a) and private.is_searching(b)
      -- Nor whoever has left the event since.
      and (event is null or 2 = (select count(*) from public.event_members e where e.event_id = event
          and e.user_id in (x.u, x.c)))
      and not exists (select from private.apart k where k.one = x.u and k.other = x.c)
      and not exists (select from private.apart k where k.one = x.c and k.other = x.u);
    get diagnostics written = row_count;
    return written;
end $$;
comment on function private.write_lists(uuid[], uuid, bigint, text, jsonb) is
    'Replaces the lists of these members in one pool and generation by rows {u, ur, c, cr, m, s, p, l}: member and '
    'candidate with their revisions, mode, score, parts, labels.';

create or replace function private.ask_overtaken(
    members uuid[], asked_by xid8[], hidden boolean[], event uuid, generation bigint
) returns integer
language plpgsql volatile set search_path = '' as $$
declare
    marked integer;
begin
    -- What their worker has loaded may not hold these members as they are now, and whoever is in the queue is not
    -- written to in return: without another turn neither side would hear of the other. A row that is being completed
    -- right now is waited for; then it is gone, and is written to. Whose pause ended by itself was hidden from
    -- everybody until their own worker loaded them.
    with overtaken as (
        select q.id from private.matchmaking_leases l
        join public.matchmaking_queue q on q.id = l.queue_id and q.pool = private.pool_of(event)
            and q.user_id <> all (members)
        where exists (
            select from unnest(members, ask_overtaken.asked_by, ask_overtaken.hidden) as m (id, asked_by, hidden)
            join private.match_scores s on s.user_id = m.id and s.generation = ask_overtaken.generation
                and s.pool = q.pool and s.candidate_user_id = q.user_id
            where m.hidden or not pg_visible_in_snapshot(m.asked_by, l.seen))
        order by q.id for update of q
    )
    update public.matchmaking_queue q set asked_by = pg_current_xact_id() from overtaken o where q.id = o.id;
    get diagnostics marked = row_count;
    return marked;
end $$;
comment on function private.ask_overtaken(uuid[], xid8[], boolean[], uuid, bigint) is
    'Gives another turn to candidates of these members whom a worker took before it could see what these asked for. '
    'Returns how many.';

create or replace function private.write_in_return(members uuid[], event uuid, generation bigint) returns uuid[]
language plpgsql volatile set search_path = '' as $$
declare
    this_pool uuid := private.pool_of(event);
    touched uuid[];
begin
    -- Who is in the queue gets a whole list in their own turn.
    delete from private.match_scores s
    where s.candidate_user_id = any (members) and s.generation = write_in_return.generation and s.pool = this_pool
      and s.user_id <> all (members)
      and not exists (select from public.matchmaking_queue q where q.user_id = s.user_id and q.pool = this_pool
          and q.available_at <= now());
    with mine as (
        select s.* from private.match_scores s
        where s.user_id = any (members) and s.generation = write_in_return.generation and s.pool = this_pool
          and s.candidate_user_id <> all (members)
          and not exists (select from public.matchmaking_queue q
            where q.user_id = s.candidate_user_id and q.pool = this_pool and q.available_at <= now())
    ),
    theirs as (
        select c.candidate_user_id as owner, coalesce(min(t.score) filter (where t.place = 50), 0) as least
        from (select distinct candidate_user_id from mine) c
        left join lateral (
            select l.score, row_number() over (order by l.score desc) as place from private.match_scores l
            where l.user_id = c.candidate_user_id and l.generation = write_in_return.generation
              and l.pool = this_pool) t on true
        group by c.candidate_user_id
    ),
    added as (
        insert into private.match_scores
            (generation, user_id, candidate_user_id, event_id, mode, score, sub_scores, reasons, engine_version)
        select m.generation, m.candidate_user_id, m.user_id, m.event_id, m.mode, m.score, m.sub_scores, m.reasons,
            m.engine_version
        from mine m join theirs t on t.owner = m.candidate_user_id
        where m.score > t.least or t.least = 0
        order by m.candidate_user_id, m.user_id
        on conflict do nothing
        returning user_id
    )
    select array_agg(distinct a.user_id) into touched from added a;
    -- Fifty are enough.
    delete from private.match_scores s using (
        select l.user_id, l.candidate_user_id, row_number() over (partition by l.user_id
            order by l.score desc, l.candidate_user_id) as place
        from private.match_scores l
        where l.user_id = any (touched) and l.generation = write_in_return.generation and l.pool = this_pool) o
    where o.place > 50 and s.user_id = o.user_id and s.candidate_user_id = o.candidate_user_id
      and s.generation = write_in_return.generation and s.pool = this_pool;
    return coalesce(touched, '{}');
end $$;
comment on function private.write_in_return(uuid[], uuid, bigint) is
    'Puts members whose lists were just written on the lists of their candidates, where they are among the best fifty. '
    'Returns whose lists changed.';

create or replace function private.queue_improved(
    members uuid[], event uuid, generation bigint, touched uuid[]
) returns integer
language plpgsql volatile set search_path = '' as $$
declare
    most integer := (select s.matchmaking_fan_out from public.settings s);
    them uuid[];
begin
    if cardinality(touched) = 0 or most = 0 then
        return 0;
    end if;
    with best as (
        select l.user_id, l.candidate_user_id as member, l.score,
            row_number() over (partition by l.user_id order by l.score desc, l.candidate_user_id) as place
        from private.match_scores l
        where l.user_id = any (touched) and l.generation = queue_improved.generation and l.pool = private.pool_of(event)
    ),
    hopeful as materialized (
        select b.user_id, b.member, b.score from best b
        where b.place <= 3 and b.member = any (members) and b.user_id <> all (private.met(b.member))
    ),
    -- Both must still have a place: else there is nothing to gain before the night.
    room as materialized (
        select s.user_id from private.capacities(array(select user_id from hopeful union select member from hopeful),
            queue_improved.event) s where s.capacity > 0
    ),
    chosen as (
        select h.user_id, row_number() over (partition by h.member order by h.score desc, h.user_id) as number
        from hopeful h join room x on x.user_id = h.user_id join room y on y.user_id = h.member
    )
    select array_agg(distinct c.user_id) into them from chosen c where c.number <= most;
    return private.enqueue(coalesce(them, '{}'), event, 1, 'improved');
end $$;
comment on function private.queue_improved(uuid[], uuid, bigint, uuid[]) is
    'Queues others again for whom a changed member is now among the best three and could still be proposed: at most '
    'settings.matchmaking_fan_out per changed member.';
