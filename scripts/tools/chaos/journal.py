"""What members were told is so: kept here, outside the database, and compared with it afterwards.

A change that was acknowledged must be there, whatever was killed since. One whose answer never came may be
there or not.
"""

import threading
import time
from collections.abc import Iterable
from dataclasses import dataclass, field
from typing import Any

GLOBAL = "00000000-0000-0000-0000-000000000000"

_STATE = """
select u.id::text, jsonb_build_object(
    'searches', case when p.is_active then 'yes' when p.paused_until is not null then 'later' else 'no' end,
    'ages', to_jsonb(array[p.min_age, p.max_age]),
    'event', exists (select from public.event_members x where x.user_id = u.id))
from public.users u left join public.connect_profiles p on p.user_id = u.id
"""
_DECISIONS = """
select m.id::text, u::text, case u when m.user_a then m.decision_a else m.decision_b end::text
from public.matches m, unnest(array[m.user_a, m.user_b]) u where u is not null
"""


@dataclass
class Person:
    """One member as they know themself. Only one thread acts for them."""

    id: str
    token: str
    may_be: dict[str, list[Any]] = field(default_factory=dict)  # fact → what it may be now
    gone: bool | None = False  # None: the erasure was not answered
    asked: dict[str, float] = field(default_factory=dict)  # pool → when they last asked to be matched there


@dataclass
class Journal:
    """All members, and what they were told."""

    people: dict[str, Person] = field(default_factory=dict)
    decisions: dict[tuple[str, str], str] = field(default_factory=dict)  # (match, member) → answer
    acknowledged: int = 0
    unanswered: int = 0
    refused: int = 0
    _lock: threading.Lock = field(default_factory=threading.Lock)

    def add(self, person: Person, **facts: Any) -> None:
        """Somebody who was told that they are a member."""
        person.may_be = {name: [value] for name, value in facts.items()}
        with self._lock:
            self.people[person.id] = person

    def told(
        self, person: Person, answered: bool | None, began: float, asks: Iterable[str], **facts: Any
    ) -> None:
        """An answer came, a refusal (False), or nothing (None). `asks`: pools they are to be matched in."""
        with self._lock:
            self.acknowledged += answered is True
            self.refused += answered is False
            self.unanswered += answered is None
        if answered is False:
            return
        for name, value in facts.items():
            person.may_be[name] = [value, *([] if answered else person.may_be.get(name, []))]
        if answered:
            person.asked |= dict.fromkeys(asks, began)

    def decided(self, person: Person, match_id: str, action: str) -> None:
        """An answer to a proposal was acknowledged."""
        with self._lock:
            self.acknowledged += 1
            self.decisions[match_id, person.id] = action

    def living(self) -> list[Person]:
        """Who was not erased."""
        with self._lock:
            return [person for person in self.people.values() if person.gone is False]

    def lost(self, ask: Any) -> list[str]:
        """What was acknowledged and is not there. `ask`: runs a query."""
        found: dict[str, dict[str, Any]] = dict(ask(_STATE))
        said = {(match, member): answer for match, member, answer in ask(_DECISIONS)}
        lost = []
        with self._lock:
            people, decisions = list(self.people.values()), dict(self.decisions)
        for person in people:
            there = found.get(person.id)
            if person.gone is None:
                continue
            if (there is None) != person.gone:
                lost.append("a member who joined" if there is None else "an erasure")
            elif there is not None:
                lost += [
                    f"a member's {fact}"
                    for fact, values in person.may_be.items()
                    if there[fact] not in values
                ]
        spoken = {"accept": "accepted", "decline": "declined"}
        lost += [
            "an answer to a proposal"
            for key, action in decisions.items()
            if key in said and said[key] != spoken[action]
        ]
        return lost


def now() -> float:
    """The clock that Postgres on this machine goes by too."""
    return time.time()
