"""An attacker who knows members asks the running service for each of them, and takes proposals for them."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import UTC, datetime
from itertools import product
from typing import Any

import psycopg

from scripts.stack.home import Trouble
from scripts.stack.throwaway import ThrowawayStack
from scripts.tools.pools.attacker import Account, Attacker
from scripts.tools.pools.tables import fraction, percent, progress, table
from scripts.tools.pools.targets import Bounds, Target, apart, choose, faces
from scripts.tools.pools.world import be_counted, fill, identify, put, settings_there, superuser
from scripts.tools.sample.community import Community
from scripts.tools.sample.streams import stream

MEMBERS = 1000
TARGETS = 25
ACCOUNTS = (1, 4, 20)
GUESTS = 12


@dataclass(frozen=True)
class Seen:
    """A proposal that an account got, and who it really is."""

    target: Target
    mode: str
    asked_as: str
    truth: str


@dataclass(frozen=True)
class Outcome:
    """What one way to attack gave."""

    way: str
    targets: Sequence[Target]
    seen: Sequence[Seen]

    def row(self) -> tuple[str, ...]:
        """As a row of the table."""
        right = [s for s in self.seen if s.truth == s.target.id]
        read = [s.target.bears(s.mode, s.asked_as) for s in self.seen]
        reached = {s.target.id for s in self.seen}
        chances = [
            1 / len({s.truth for s in self.seen if s.target.id == id_})
            if any(s.target.id == id_ for s in right)
            else 0.0
            for id_ in reached
        ]
        return (
            self.way,
            f"{len(reached)} of {len(self.targets)}",
            f"{len({s.target.id for s in right})} of {len(self.targets)}",
            f"{len(right)} of {len(self.seen)}",
            fraction(sum(chances) / len(chances) if chances else float("nan")),
            percent(sum(mode for mode, _ in read), len(read)),
            percent(sum(gender for _, gender in read), len(read)),
        )


HEADINGS = (
    "accounts",
    "targets with a proposal",
    "targets found",
    "proposals that are the target",
    "chance that one person drawn of those proposed is",
    "mode read right",
    "wished gender read right",
)


class Attack:
    """One community and those whom the attacker knows in it; afterwards everything is as it was."""

    def __init__(
        self, attacker: Attacker, database: psycopg.Connection[Any], members: int, seed: int
    ) -> None:
        self._database = database
        self._attacker = attacker
        self.community: Community = fill(database, members, seed)
        be_counted(database)
        self._seed = seed
        # Before there were bounds, a window of one age and a kilometre were allowed.
        self.bounds = Bounds(4, 25) if "min_fit" in settings_there(database) else Bounds(0, 1)

    def run(
        self, targets: int, counts: Sequence[int], *, events: Sequence[bool], identifiers: bool
    ) -> list[Outcome]:
        """Every way: with and without an event, fresh and aged, by number of accounts."""
        known = choose(self.community, targets, self._seed)
        found = []
        for event, aged, count in product(events, (False, True), counts):
            way = f"{count}, {'a day old' if aged else 'fresh'}{', at an evening' if event else ''}"
            seen = [
                one
                for few in apart(known)
                for one in self._round(few, count, aged=aged, event=event, identifiers=identifiers)
            ]
            found.append(Outcome(way, known, seen))
            progress(" | ".join(found[-1].row()))
        return found

    def _round(
        self, targets: Sequence[Target], count: int, *, aged: bool, event: bool, identifiers: bool
    ) -> list[Seen]:
        today = datetime.now(UTC).date()
        asking: list[tuple[Target, Account]] = []
        with self._put_back():
            for number, target in enumerate(targets):
                code = self._evening(target, number) if event else None
                told = faces(target, count, self.bounds, today, pads=aged and not identifiers)
                accounts = self._attacker.join(told, aged=aged, event=code)
                if identifiers:
                    # The attacker is one person, with one number.
                    identify(self._database, [accounts[0].id])
                asking += [(target, account) for account in accounts]
            self._attacker.wait()
            own = {account.id for _, account in asking}
            seen = [
                Seen(target, match["mode"], account.face.gender, self._truth(match["matchId"], account.id))
                for target, account in asking
                for match in self._attacker.proposals(account)
            ]
            # What two accounts of the attacker's get is known to be that: it comes to both at one time.
            return [one for one in seen if one.truth not in own]

    def _truth(self, match: str, account: str) -> str:
        row = self._database.execute(
            "select case when m.user_a = %s then m.user_b else m.user_a end::text"
            " from public.matches m where m.id = %s",
            [account, match],
        ).fetchone()
        return str(row[0]) if row else ""

    def _evening(self, target: Target, number: int) -> str:
        """An event of the target and others of the same area; its code, which the attacker has."""
        them = self.community
        near = [
            str(id_)
            for id_, metro, active in zip(them.id, them.metro, them.active, strict=True)
            if active and metro == target.area and str(id_) != target.id
        ]
        drawn = stream(self._seed, f"guests of {target.id}").permutation(len(near))[: GUESTS - 1]
        guests = [near[at] for at in drawn]
        code = f"evening-{number}"
        self._database.execute(
            "with e as (insert into public.events (code, name, matchmaking_enabled)"
            " values (%s, %s, true) returning id)"
            " insert into public.event_members (event_id, user_id)"
            " select e.id, u from e, unnest(%s::uuid[]) u",
            [code, code, [target.id, *guests]],
        )
        return code

    @contextmanager
    def _put_back(self) -> Iterator[None]:
        """Nobody waits but those who come now; whatever they did is undone."""
        self._database.execute("delete from public.matchmaking_queue where true")
        try:
            yield
        finally:
            kept = [str(id_) for id_ in self.community.id]
            for statement in (
                "delete from public.matches where cardinality(%s::uuid[]) > 0",
                "delete from public.events where cardinality(%s::uuid[]) > 0",
                "delete from public.users where id <> all (%s::uuid[])",
                "delete from auth.users where id <> all (%s::uuid[])",
            ):
                self._database.execute(statement, [kept])


def measure(
    members: int,
    targets: int,
    counts: Sequence[int],
    seed: int,
    *,
    events: Sequence[bool],
    identifiers: bool,
    settings: dict[str, int],
) -> list[Outcome]:
    """All ways against a throwaway stack of this checkout. Raises Trouble for a setting there is not."""
    with (
        ThrowawayStack() as stack,
        superuser(stack) as database,
        Attacker(stack, database) as attacker,
    ):
        attack = Attack(attacker, database, members + targets, seed)
        if unknown := settings.keys() - settings_there(database):
            raise Trouble(f"There is no setting {', '.join(sorted(unknown))}.")
        put(database, settings)
        if identifiers:
            identify(database, [str(id_) for id_ in attack.community.id])
            put(database, {"identifiers_required": True})
        be_counted(database)
        progress(f"{len(attack.community):,} members; {targets} of them are known to the attacker")
        return attack.run(targets, counts, events=events, identifiers=identifiers)


def told(outcomes: Sequence[Outcome]) -> str:
    """The table, and what somebody would have guessed without asking."""
    targets = outcomes[0].targets
    other = [t for t in targets if ("male" if t.gender == "female" else "female") in t.wishes]
    romantic = [t for t in targets if "romantic" in t.modes]
    return "\n\n".join(
        [
            table(HEADINGS, [outcome.row() for outcome in outcomes]),
            f"Without asking: {percent(len(romantic), len(targets))} of the targets look for romance,"
            f" {percent(len(other), len(targets))} would meet the gender that is supposed.",
        ]
    )
