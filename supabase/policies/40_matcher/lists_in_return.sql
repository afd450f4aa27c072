-- What a batch of the queue changes on the lists of others, and who of them is asked again. Service only.

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
        join private.pool_members p on p.user_id = q.user_id
        where exists (
            select from unnest(members, ask_overtaken.asked_by, ask_overtaken.hidden) as m (id, asked_by, hidden)
            join private.lists s on s.user_id = m.id and s.generation = ask_overtaken.generation
                and s.pool = q.pool and s.candidates @> array[p.number]
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
language plpgsql volatile set search_path = ''
-- A few lists among everybody's, each by its key: the planner expects half of them and would read all.
set enable_seqscan = off set enable_hashjoin = off set enable_mergejoin = off
set plan_cache_mode = force_generic_plan set jit = off as $$
declare
    this_pool uuid := private.pool_of(event);
    numbers integer[] := private.numbers_of(members);
    touched uuid[];
begin
    with mine as materialized (
        select p.user_id as owner, own.number as candidate, e.score, e.facts
        from private.lists l
        join private.pool_members own on own.user_id = l.user_id
        cross join lateral private.entries_of(l) e
        join private.pool_members p on p.number = e.candidate
        where l.user_id = any (members) and l.generation = write_in_return.generation and l.pool = this_pool
          and e.candidate <> all (numbers)
    ),
    others as materialized (
        select l.user_id from private.lists l where l.candidates && numbers
          and l.generation = write_in_return.generation and l.pool = this_pool
        union
        -- Whose list is full of better ones keeps it as it is.
        select m.owner from mine m
        join private.lists l on l.user_id = m.owner and l.generation = write_in_return.generation and l.pool = this_pool
        where cardinality(l.candidates) < 50 or m.score > l.scores[50]
    ),
    -- Who is in the queue gets a whole list in their own turn.
    owners as materialized (
        select o.user_id from others o
        where o.user_id <> all (members) and not exists (select from public.matchmaking_queue q
            where q.user_id = o.user_id and q.pool = this_pool and q.available_at <= now())
    ),
    added as materialized (
        select m.owner, array_agg(m.candidate order by m.candidate) as candidates,
            array_agg(m.score order by m.candidate) as scores, array_agg(m.facts order by m.candidate) as facts
        from mine m join owners o on o.user_id = m.owner group by m.owner
    ),
    written as (
        update private.lists l set (candidates, scores, facts, computed_at) = (
            select w.candidates, w.scores, w.facts, clock_timestamp()
            from private.without(l, numbers) r
            cross join lateral private.with_added(r, n.candidates, n.scores, n.facts) w)
        from (select o.user_id, a.candidates, a.scores, a.facts
            from owners o left join added a on a.owner = o.user_id) n
        where l.user_id = n.user_id and l.generation = write_in_return.generation and l.pool = this_pool
        returning l.user_id, l.candidates && n.candidates as improved
    )
    select array_agg(w.user_id) into touched from written w where w.improved;
    return coalesce(touched, '{}');
end $$;
comment on function private.write_in_return(uuid[], uuid, bigint) is
    'Puts members whose lists were just written on the lists of their candidates, where they are among the best fifty, '
    'and takes them off those of others. Returns on whose lists they stand now. After private.lock_lists().';

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
        select l.user_id, m.user_id as member, e.score
        from private.lists l cross join lateral unnest(l.candidates[1:3], l.scores[1:3]) e (candidate, score)
        join private.pool_members m on m.number = e.candidate
        where l.user_id = any (touched) and l.generation = queue_improved.generation and l.pool = private.pool_of(event)
    ),
    hopeful as materialized (
        select b.user_id, b.member, b.score from best b
        where b.member = any (members) and b.user_id <> all (private.met(b.member))
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
