"""The stage: a throwaway stack with a small community, workers behind gates, a schedule that ticks fast."""

import contextlib
import time
from collections import Counter
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from datetime import UTC, datetime

import psycopg

from scripts.stack.home import Trouble
from scripts.stack.reporter import Reporter
from scripts.stack.throwaway import Running, ThrowawayStack
from scripts.tools.chaos import invariants
from scripts.tools.chaos.asking import Asking
from scripts.tools.chaos.books import Books
from scripts.tools.chaos.fleet import Fleet
from scripts.tools.chaos.journal import GLOBAL, Journal, Person, now
from scripts.tools.chaos.members import EVENT_CODE, Members
from scripts.tools.chaos.switchboard import Switchboard
from scripts.tools.chaos.watch import Watch
from scripts.tools.sample.community import draw_community
from scripts.tools.sample.load import load

WORKERS = 3
LEASE = 3.0
"""Seconds of settings.matchmaking_lease here; the checks allow one and more."""
JOB_LEASE = 10.0
"""The shortest settings.job_lease that the checks allow."""
NIGHT_LEASE = 5.0
"""Seconds of settings.task_lease: of a night."""
TICK = 1.0
_PATIENCE = 90.0
"""How long all work may take to come to rest once nobody changes any more."""

# Twenty attempts: nobody may be parked merely because kill -9 found the same row again and again. A short
# life of proposals keeps places becoming free; distance is left out, or so few would have hardly a candidate.
_SETTINGS = f"""
update public.settings set matchmaking_lease = '{LEASE} seconds', job_lease = '{JOB_LEASE} seconds',
    task_lease = '{NIGHT_LEASE} seconds', task_attempts = 20, task_backoff = '1 second',
    matchmaking_attempts = 20, matcher_workers = {WORKERS}, backlog_per_worker = 10, shard_size = 24,
    proposal_lifetime = '25 seconds', reads_per_minute = 1000000, writes_per_minute = 1000000,
    wrong_ids_per_10_minutes = 1000000;
update cron.job set active = jobname in ('connect-matcher', 'connect-expiry'),
    schedule = case jobname when 'connect-matcher' then '{TICK:.0f} second'
        when 'connect-expiry' then '5 seconds' else schedule end
    where jobname like 'connect-%';
"""  # noqa: S608 - our own words
_EVENT = """
insert into public.events (code, name, matchmaking_enabled) values ('{0}', 'An evening', true);
insert into public.event_members (event_id, user_id)
    select e.id, u.id from public.events e, public.users u where get_byte(uuid_send(u.id), 1) % 3 = 0;
"""
_REVISED = (
    "update public.connect_profiles set distance_km = null, language_pref = '{}',"
    " mode = case mode when 'professional' then 'both' else mode end"
)
_PEOPLE = """
select p.user_id::text, p.is_active, array[p.min_age, p.max_age],
    exists (select from public.event_members x where x.user_id = p.user_id)
from public.connect_profiles p order by p.user_id
"""


@dataclass
class Stage:
    """All that a phase needs, and what went wrong so far."""

    stack: Running
    reporter: Reporter
    asking: Asking
    books: Books
    journal: Journal
    watch: Watch
    fleet: Fleet
    switchboard: Switchboard
    members: Members
    ends: float
    counted_before: int
    faults: Counter[str] = field(default_factory=Counter)

    def wait(self, what: str, until: Callable[[], object], seconds: float = _PATIENCE) -> None:
        """Return when it is so; raise Trouble when it takes too long, or all of this does."""
        end = min(time.monotonic() + seconds, self.ends)
        while not until():
            if time.monotonic() > end:
                raise Trouble(f"Waited too long for: {what}.")
            time.sleep(0.1)

    def in_time(self) -> bool:
        """Raises Trouble when there is no time left; else true, to stand in a loop."""
        if time.monotonic() > self.ends:
            raise Trouble("Not done in the time that was given.")
        return True

    def rest(self) -> None:
        """Return when nothing is left to do: no proposal expires meanwhile, or there always would be."""
        self.asking.rows("update cron.job set active = false where jobname = 'connect-expiry'")
        self.wait("all work to be done", lambda: self.asking.value(_BUSY) == 0)
        self.wait("all of it to be noted", lambda: self.books.under_way == 0)

    def examine(self, phase: str) -> None:
        """At rest, compare everything with what must hold; then let all lists be made anew, in peace: what
        got lost on the way is seen in them."""
        self.rest()
        found = invariants.broken(self.asking, invariants.ALWAYS | invariants.AT_REST)
        found += invariants.lost(self.asking, self.journal)
        found += invariants.miscounted(self.asking, self.books, self.counted_before)
        kept, full = invariants.lists(self.asking)
        for event in self.asking.rows("select null::uuid union all select e.id from public.events e"):
            self.asking.rows("select public.enqueue_event_matchmaking(%s)", *event)
        self.rest()
        made, full_now = invariants.lists(self.asking)
        for name, differing in (("missing from", made - kept), ("too many on", kept - made)):
            entries = [one for one in differing if not {*one[:2]} & (full | full_now)]
            if entries:
                found[f"entries {name} lists, against those made in peace"] = len(entries)
        for name, count in sorted(found.items()):
            self.reporter.line(f"  BROKEN after {phase}: {name} ({count})")
        self.faults += found
        self.asking.rows("update cron.job set active = true where jobname = 'connect-expiry'")


_BUSY = """
select (select count(*) from public.matchmaking_queue)
    + (select count(*) from public.job_runs j where j.name = 'nightly' and j.status = 'running')
"""


@contextlib.contextmanager
def set_stage(size: int, seed: int, minutes: float, reporter: Reporter) -> Iterator[Stage]:
    """Start everything; stop and wipe it all afterwards, however the block ends."""
    ends = time.monotonic() + minutes * 60
    with contextlib.ExitStack() as open_things:
        with reporter.step("Starting a stack of its own"):
            stack = open_things.enter_context(ThrowawayStack({"CONNECT_SCHEDULE": "on"}, functions=False))
        asking = Asking(stack.superuser_url)
        books = Books()
        with reporter.step(f"Loading {size} members, starting {WORKERS} workers"):
            watch, event = _fill(stack, asking, size, seed)
            fleet = open_things.enter_context(Fleet(stack, books, WORKERS))
            switchboard = Switchboard(fleet.workers)
            open_things.callback(switchboard.close)
            asking.rows(
                "select vault.update_secret(s.id, %s) from vault.secrets s"
                " where s.name = 'connect_worker_url'",
                switchboard.url,
            )
        journal = _journal(stack, asking, event)
        members = Members(stack, journal, event, seed)
        stage = Stage(stack, reporter, asking, books, journal, watch, fleet, switchboard, members, ends, 0)
        with reporter.step("Matching everybody for the first time"):
            asking.rows("select private.ring('nightly')")
            stage.examine("the start")
        yield stage
        open_things.callback(fleet.direct, None)


def _fill(stack: Running, asking: Asking, size: int, seed: int) -> tuple[Watch, str]:
    """A community, an event, settings and schedule; the record of the queue and the event's id."""
    with psycopg.connect(stack.database_url) as connection:
        load(connection, draw_community(size, seed, datetime.now(UTC).date()), lambda _: None)
    watch = Watch(asking)
    for statement in (_REVISED, _EVENT.format(EVENT_CODE), _SETTINGS):
        asking.rows(statement)
    return watch, str(asking.value("select e.id::text from public.events e"))


def _journal(stack: Running, asking: Asking, event: str) -> Journal:
    journal = Journal()
    for user_id, searches, ages, at_event in asking.rows(_PEOPLE):
        person = Person(user_id, stack.token(user_id, seconds=86_400))
        journal.add(person, searches="yes" if searches else "no", ages=ages, event=at_event)
        if searches:
            person.asked = dict.fromkeys([GLOBAL, *([event] if at_event else [])], now() - 3600)
    return journal
