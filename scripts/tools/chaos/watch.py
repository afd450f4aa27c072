"""The queue's own record: triggers of ours note, with the deed itself, who was taken and what came of it.

Only this throwaway database has them. They tell how long it took until a killed worker's work was another's.
"""

import threading
from bisect import bisect_left, bisect_right
from dataclasses import dataclass, field
from itertools import pairwise

from scripts.tools.chaos.asking import Asking

_MADE = """
create schema watch;
create table watch.seen (
    id bigint generated always as identity primary key,
    at timestamptz not null default clock_timestamp(),
    what text not null,
    work text not null,
    worker text,
    user_id uuid,
    pool uuid
);
create index on watch.seen (work, id);
create index on watch.seen (worker);
create index on watch.seen (user_id, pool) where what = 'done';

create function watch.row_gone() returns trigger language plpgsql security definer set search_path = '' as $$
begin
    insert into watch.seen (what, work, user_id, pool)
    select case when l.asked_by = old.asked_by then 'done' else 'left' end, 'row ' || old.id,
        old.user_id, old.pool
    from (select) x left join private.matchmaking_leases l on l.queue_id = old.id;
    return old;
end $$;
create trigger watch before delete on public.matchmaking_queue for each row execute function watch.row_gone();

create function watch.lease() returns trigger language plpgsql security definer set search_path = '' as $$
begin
    if tg_op = 'DELETE' then
        insert into watch.seen (what, work) values ('released', 'row ' || old.queue_id);
    elsif tg_op = 'INSERT' or new.attempt <> old.attempt then
        insert into watch.seen (what, work, worker) values ('taken', 'row ' || new.queue_id, new.worker);
    end if;
    return null;
end $$;
create trigger watch after insert or update or delete on private.matchmaking_leases
    for each row execute function watch.lease();

create function watch.night() returns trigger language plpgsql security definer set search_path = '' as $$
begin
    if old.kind <> 'nightly' then
        return null;
    elsif tg_op = 'DELETE' then
        insert into watch.seen (what, work) values ('done', 'night ' || old.key);
    elsif new.attempt <> old.attempt then
        insert into watch.seen (what, work, worker) values ('taken', 'night ' || new.key, new.worker);
    end if;
    return null;
end $$;
create trigger watch after update or delete on private.tasks for each row execute function watch.night();
"""
# What a dead worker had taken, and the next that came of it, if it came after the death.
_BECAME = """
select split_part(held.work, ' ', 1), dead.point, dead.killed, next.what,
    extract(epoch from next.at)::float8 - dead.killed,
    (select extract(epoch from min(s.at))::float8 - dead.killed from watch.seen s
        where s.work = held.work and s.id > next.id and s.what <> 'taken')
from unnest(%s::text[], %s::float8[], %s::text[]) as dead (name, killed, point)
join watch.seen held on held.worker = dead.name and held.what = 'taken'
left join lateral (select s.* from watch.seen s
    where s.work = held.work and s.id > held.id order by s.id limit 1) next on true
where next.at is null or next.at > to_timestamp(dead.killed)
"""


_TAKES = "select extract(epoch from s.at)::float8 from watch.seen s where s.what = 'taken' order by s.at"


def idle(takes: list[float], free: float, taken: float) -> float:
    """The longest time between two takes from when some work was free to when it was taken itself.

    Work that waits while others are served has its turn to wait for, and a worker to come; work that waits
    while nobody is served has been forgotten.
    """
    if taken <= free:
        return 0.0
    between = takes[bisect_right(takes, free) : bisect_left(takes, taken)]
    return max(later - earlier for earlier, later in pairwise([free, *between, taken]))


@dataclass
class Recovery:
    """What became of the work that killed workers held: seconds since the kill."""

    taken_over: list[float] = field(default_factory=list)  # until another worker took it
    done: list[float] = field(default_factory=list)  # until the other one was done with it
    slowest: str = ""  # where the worker was killed whose work waited longest
    idle: float = 0.0  # longest that work lay there, its lease over, while no worker took anything at all
    by_itself: int = 0  # the dead worker's last call was under way, and got through
    never: int = 0


class Watch:
    """Installs the record, and remembers which workers were killed."""

    def __init__(self, asking: Asking) -> None:
        self._asking = asking
        self._dead: list[tuple[str, float, str]] = []
        self._lock = threading.Lock()
        asking.rows(_MADE)

    def killed(self, names: set[str], at: float, point: str) -> None:
        """A worker that had claimed under these names is dead since `at`; `point`: of its work."""
        with self._lock:
            self._dead += [(name, at, point) for name in names]

    def became(self, leases: dict[str, float]) -> dict[str, Recovery]:
        """By kind of work, `row` of the queue and `night`, what became of all the dead held."""
        with self._lock:
            dead = list(self._dead)
        takes = [at for (at,) in self._asking.rows(_TAKES)]
        found = {"row": Recovery(), "night": Recovery()}
        for kind, point, killed, what, seconds, done in self._asking.rows(
            _BECAME, *(list(column) for column in zip(*dead, strict=True))
        ):
            recovery = found[kind]
            if what is None:
                recovery.never += 1
            elif what != "taken":
                recovery.by_itself += 1
            else:
                if seconds > max(recovery.taken_over, default=0.0):
                    recovery.slowest = point
                recovery.taken_over.append(seconds)
                recovery.idle = max(recovery.idle, idle(takes, killed + leases[kind], killed + seconds))
                if done is not None:
                    recovery.done.append(done)
        return found
