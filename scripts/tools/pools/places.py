"""How many places of others an attacker holds who gets proposals, declines, erases, and comes back."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

import psycopg
from psycopg import sql

from scripts.stack.throwaway import ThrowawayStack
from scripts.tools.pools.attacker import Account, Attacker, Face
from scripts.tools.pools.tables import progress, table
from scripts.tools.pools.world import be_counted, fill, superuser

ROUNDS = 8
_ERASES = (2, 6)
"""After these rounds all data of the account goes; after a second time in a day, coming back waits a day."""
_AT_NIGHT = 6
"""After so many rounds the attacker waits three days, and everything that was proposed has run out."""
_HOME = "Berlin, DE"
_DATED = {
    "public.matches": ("created_at", "expires_at", "decided_a_at", "decided_b_at", "left_a_at", "left_b_at"),
    "private.returned_proposals": ("proposed_at",),
    "private.kept_limits": ("since", "until"),
    "private.rate_counters": ("window_started_at",),
    "private.place_changes": ("changed_at",),
    "private.own_changes": ("day",),
}
HEADINGS = (
    "accounts",
    "round",
    "ways back that had to wait",
    "proposals until now",
    "places of others held now",
    "members without a place left for it",
)


@dataclass(frozen=True)
class Held:
    """How it stands after one round."""

    accounts: int
    name: str
    refused: int
    proposals: int
    places: int
    full: int

    def row(self) -> tuple[object, ...]:
        """As a row of the table."""
        return (self.accounts, self.name, self.refused, self.proposals, self.places, self.full)


def measure(members: int, counts: Sequence[int], most: int, seed: int) -> list[Held]:
    """A throwaway stack of this checkout; its members have all their places free when an attacker comes."""
    found: list[Held] = []
    with (
        ThrowawayStack() as stack,
        superuser(stack) as database,
        Attacker(stack, database) as attacker,
    ):
        for count in counts:
            fill(database, members, seed)
            be_counted(database)
            database.execute("delete from public.matchmaking_queue where true")
            accounts = attacker.join([face(at) for at in range(count)], aged=True)
            found += rounds(database, attacker, accounts, most)
    return found


def face(number: int) -> Face:
    """Open for everybody but the attacker's other accounts, and at home where most are."""
    born = f"{1990 + number % 8}-06-15"
    return Face("female", born, _HOME, ("de", "en"), "both", (18, 99), ("male", "non_binary"), None)


def rounds(
    database: psycopg.Connection[Any], attacker: Attacker, accounts: Sequence[Account], most: int
) -> list[Held]:
    """Every round as it stands after it; each account gets its proposals, declines, erases, comes back."""
    found = []
    made = 0
    back = list(accounts)
    for number in range(1, most + 1):
        attacker.wait()
        made += sum(len(attacker.proposals(account)) for account in back)
        refused = 0
        for account in list(back):
            for match in attacker.proposals(account):
                body = {"matchId": match["matchId"], "action": "decline"}
                attacker.say(account, "POST", "/connect/respond", body)
            if number in _ERASES:
                attacker.leave(account)
                if not attacker.opt_in(account):
                    refused += 1
                    back.remove(account)
        places, full = _held(database)
        found.append(Held(len(accounts), f"{number}", refused, made, places, full))
        progress(" | ".join(map(str, found[-1].row())))
        if number == _AT_NIGHT:
            _three_days_later(database)
            back = [account for account in accounts if account in back or attacker.opt_in(account)]
            places, full = _held(database)
            found.append(Held(len(accounts), "three days later", 0, made, places, full))
        if not back:
            break
    return found


def _held(database: psycopg.Connection[Any]) -> tuple[int, int]:
    """Proposals that still take a place of a member who did not end them, and members with none left."""
    row = database.execute(
        "with held as ("
        " select m.user_a as who from public.matches m where least(m.ends_at, m.left_a_at) > now()"
        " union all select m.user_b from public.matches m where least(m.ends_at, m.left_b_at) > now()),"
        " theirs as (select h.who, count(*) as places from held h"
        " join auth.users u on u.id = h.who and u.email like '%@sample.invalid' group by 1)"
        " select coalesce(sum(t.places), 0)::int,"
        " count(*) filter (where t.places >= (select s.live_match_cap from public.settings s))::int"
        " from theirs t"
    ).fetchone()
    return row if row else (0, 0)


def _three_days_later(database: psycopg.Connection[Any]) -> None:
    """The clock cannot be moved; what it is compared with can: everything happened 73 hours earlier."""
    for table_name, columns in _DATED.items():
        there = {
            str(name)
            for (name,) in database.execute(
                "select attname from pg_attribute where attrelid = to_regclass(%s) and attnum > 0",
                [table_name],
            )
        }
        moved = [
            sql.SQL("{0} = {0} - interval '73 hours'").format(sql.Identifier(name))
            for name in columns
            if name in there
        ]
        if moved:
            parts = sql.Identifier(*table_name.split(".")), sql.SQL(", ").join(moved)
            database.execute(sql.SQL("update {} set {} where true").format(*parts))


def told(held: Sequence[Held]) -> str:
    """The table."""
    return table(HEADINGS, [one.row() for one in held])
