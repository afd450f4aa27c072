"""What must hold whatever was killed: each a question to the database that counts what breaks it."""

from collections import Counter
from typing import Any

from scripts.tools.chaos.asking import Asking
from scripts.tools.chaos.books import Books
from scripts.tools.chaos.journal import Journal
from shared.engine.runs.lists import LONGEST

_SEATS = """
with seats as (
    select m.user_a as member, m.id, m.created_at, least(m.ends_at, m.left_a_at) as over
    from public.matches m where m.user_a is not null
    union all
    select m.user_b, m.id, m.created_at, least(m.ends_at, m.left_b_at)
    from public.matches m where m.user_b is not null
)
"""
_CAP = """case when u.created_at > x.created_at - k.newcomer_period
    then greatest(k.newcomer_match_cap, k.live_match_cap) else k.live_match_cap end"""

ALWAYS = {
    "a pair proposed twice, ever": """
        select count(*) from (select from public.matches m where m.user_a is not null and m.user_b is not null
            group by least(m.user_a, m.user_b), greatest(m.user_a, m.user_b) having count(*) > 1) x""",
    "a member over capacity, counting all pools": f"""{_SEATS}
        select count(*) from seats x join public.users u on u.id = x.member cross join public.settings k
        where (select count(*) from seats y where y.member = x.member and y.created_at <= x.created_at
            and y.over > x.created_at) > {_CAP}""",  # noqa: S608 - our own words
    "a proposal that the outbox tells not once": """
        select count(*) from public.matches m where 1 <> (select count(*) from public.domain_events e
            where e.match_id = m.id and e.event_type = 'match.created')""",
    "a list of, or with, somebody who paused or went": """
        select count(*) from public.match_scores s
        left join public.connect_profiles a on a.user_id = s.user_id
        left join public.connect_profiles b on b.user_id = s.candidate_user_id
        where not coalesce(private.is_searching(a) and private.is_searching(b), false)""",
    "an event's list with somebody who is not there": """
        select count(*) from public.match_scores s where s.event_id is not null and 2 <> (
            select count(*) from public.event_members x
            where x.event_id = s.event_id and x.user_id in (s.user_id, s.candidate_user_id))""",
    "lists of more than one engine": """
        select count(*) from public.match_scores s
        where s.engine_version is distinct from private.engine_in_force()""",
    "a list of more than fifty": """
        select count(*) from (select from public.match_scores s
            group by s.user_id, s.event_id having count(*) > 50) x""",
    "a member parked though nothing is wrong with them": "select count(*) from public.matchmaking_parked",
    "a lease without its row": """
        select count(*) from private.matchmaking_leases l
        where not exists (select from public.matchmaking_queue q where q.id = l.queue_id)""",
    "two runs of one job and scope": """
        select count(*) from (select from public.job_runs j where j.status = 'running'
            group by j.name, j.scope having count(*) > 1) x""",
    "a night that ended well with steps undone, or done twice": """
        select count(*) from public.job_runs j where j.name = 'nightly' and j.status = 'succeeded'
            and (select array_agg(x ->> 'step' order by n)
                from jsonb_array_elements(j.metadata -> 'steps') with ordinality t (x, n)) is distinct from
            case when j.metadata ? 'unchanged' then '{charts,quiz,interests,enter,compare,funnel}'::text[]
                else '{charts,quiz,interests,enter,compare,rank,place,requeue,funnel}' end""",
    "a night that is over and still somebody's task": """
        select count(*) from private.tasks t where t.kind = 'nightly' and not exists (
            select from public.job_runs j where j.id::text = t.key and j.status = 'running')""",
    "a list that holds a number of nobody": """
        select count(*) from private.lists l cross join lateral unnest(l.candidates) c (number)
        where not exists (select from private.pool_members m where m.number = c.number)""",
    "a run that failed": """
        select count(*) from public.job_runs j
        where j.name = 'nightly' and j.status in ('failed', 'cancelled')""",
    "a search row that is ahead of its profile": """
        select count(*) from private.pool_members m
        left join public.connect_profiles p on p.user_id = m.user_id
        where p.user_id is null or m.revision > p.revision""",
}
"""Holds at every moment."""

AT_REST = {
    "somebody still in the queue": """
        select count(*) from public.matchmaking_queue q where q.available_at <= now()""",
    "somebody searching whose last change the search has not seen": """
        select count(*) from public.connect_profiles p
        left join private.pool_members m on m.user_id = p.user_id
        where private.can_be_matched(p) and m.revision is distinct from p.revision""",
    "a list that goes one way only": """
        select count(*) from public.match_scores s where not exists (select from public.match_scores t
            where t.user_id = s.candidate_user_id and t.candidate_user_id = s.user_id
              and t.event_id is not distinct from s.event_id)
          and 50 > (select count(*) from public.match_scores t
            where t.user_id = s.candidate_user_id and t.event_id is not distinct from s.event_id)""",
    "a list older than the profiles on it": """
        select count(*) from public.match_scores s join public.connect_profiles p on p.user_id = s.user_id
        where s.computed_at < p.updated_at and p.paused_until is null""",
}
"""Holds once nobody changes and all work is done."""

_DONE = """
select s.user_id::text, s.pool::text, extract(epoch from max(s.at))::float8 from watch.seen s
where s.what = 'done' group by s.user_id, s.pool
"""
_WAITING = "select q.user_id::text, q.pool::text from public.matchmaking_queue q"
_SEARCHING = """
select p.user_id::text, '00000000-0000-0000-0000-000000000000' from public.connect_profiles p
where private.can_be_matched(p)
union all
select x.user_id::text, x.event_id::text from public.event_members x
join public.connect_profiles p on p.user_id = x.user_id and private.can_be_matched(p)
"""


def broken(asking: Asking, questions: dict[str, str]) -> Counter[str]:
    """How often each is broken; what holds is left out."""
    counts = {name: int(asking.value(question)) for name, question in questions.items()}
    return Counter({name: count for name, count in counts.items() if count})


def lost(asking: Asking, journal: Journal) -> Counter[str]:
    """What was acknowledged to members and is not so, and who asked to be matched and never was."""
    gone = Counter(journal.lost(asking.rows))
    done = {(member, pool): at for member, pool, at in asking.rows(_DONE)}
    waiting, searching = set(asking.rows(_WAITING)), set(asking.rows(_SEARCHING))
    for person in journal.living():
        for pool, since in person.asked.items():
            key = (person.id, pool)
            if key in searching and key not in waiting and done.get(key, 0.0) < since:
                gone["a member who asked to be matched"] += 1
    return gone


def miscounted(asking: Asking, books: Books, before: int) -> Counter[str]:
    """Work that was counted more, or less, often than it was acknowledged."""
    counted = (
        int(asking.value("select sum(j.processed_count)::bigint from public.matchmaking_jobs j")) - before
    )
    wrong: Counter[str] = Counter()
    if not books.processed <= counted <= books.processed + books.unsure:
        wrong["processed_count, off by"] = abs(counted - books.processed)
    if books.twice():
        wrong["a claim or a step done twice"] = books.twice()
    return wrong


def lists(asking: Asking) -> tuple[set[tuple[Any, ...]], set[Any]]:
    """Everybody's lists as they are in use; and whose are as long as lists get: these leave somebody out."""
    entries = set(asking.rows(_LISTS))
    lengths = Counter((owner, event) for owner, _, event, _, _ in entries)
    return entries, {owner for (owner, _), length in lengths.items() if length >= LONGEST}


_LISTS = """
select s.user_id, s.candidate_user_id, s.event_id, s.mode::text, s.score from public.match_scores s
"""
