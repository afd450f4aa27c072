"""Members whom nobody else in the stack can meet: they share a language and want no other."""

import random
import string
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from itertools import product
from typing import Any

from scripts.stack.ring import ring
from shared.engine.charts import chart_version
from tests.cast import Cast, Json, Member
from tests.database.crowd import crowd, retire
from tests.database.queue import ENGINE

_tongues = ("q" + "".join(letters) for letters in product(string.ascii_lowercase, repeat=2))


class Island:
    """Some members and those who come later. Their vectors are drawn, so that scores differ."""

    def __init__(self, cast: Cast, size: int, seed: int = 1) -> None:
        self.cast = cast
        self.tongue = next(_tongues)
        self.members: list[Member] = []
        self._draw = random.Random(seed)
        self.come(size)

    def come(self, count: int = 1, vector: list[float] | None = None) -> list[Member]:
        """New members, a row in the queue for each."""
        members = crowd(self.cast, count, active=False)
        ids = [member.id for member in members]
        vectors = [str(vector or [2.0, *(self._draw.gauss(0, 0.5) for _ in range(15))]) for _ in members]
        with self.cast.database.transaction():
            self.cast.database.execute(
                "update public.users set lang_primary = %s, created_at = now() - interval '30 days'"
                " where id = any (%s::uuid[])",
                [self.tongue, ids],
            )
            self.cast.database.execute(
                "insert into public.consents (user_id, version, kind, signals)"
                " select unnest(%s::uuid[]), 'v1', 'activated', '{values,birthData}'",
                [ids],
            )
            self.cast.database.execute(
                "insert into public.connect_profiles (user_id, consent_version, mode, min_age, max_age,"
                " language_pref, values_vector, communication_vector, life_goals_vector,"
                " emotional_readiness_score)"
                " select m.id, 'v1', 'both', 18, 99, array[%s], n.v, n.v, n.v, 50"
                " from unnest(%s::uuid[], %s::text[]) as m (id, v)"
                " cross join lateral (select extensions.l2_normalize(m.v::extensions.vector)) n (v)",
                [self.tongue, ids, vectors],
            )
        self.members += members
        return members

    def be_counted(self) -> None:
        """For everybody here it is known that enough people fit, as after a batch."""
        self.cast.database.execute(
            "select private.refresh_pool_members(%(ids)s::uuid[], %(charts)s),"
            " private.note_fits(%(ids)s::uuid[], null)",
            {"ids": self.ids, "charts": chart_version()},
        )

    @property
    def ids(self) -> list[str]:
        """Who lives here."""
        return [member.id for member in self.members]

    def lists(self, event: str | None = None) -> dict[str, list[tuple[str, float]]]:
        """Lists in use: candidate and score, best first, by whose list it is."""
        rows = self.cast.database.execute(
            "select user_id::text, candidate_user_id::text, score from public.match_scores"
            " where user_id = any (%s::uuid[]) and event_id is not distinct from %s::uuid"
            " order by user_id, score desc, candidate_user_id",
            [self.ids, event],
        ).fetchall()
        found: dict[str, list[tuple[str, float]]] = {}
        for owner, candidate, score in rows:
            found.setdefault(owner, []).append((candidate, float(score)))
        return found

    def listed(self) -> set[tuple[str, str]]:
        """Every entry of a list in use, of any pool, as whose list it is on and who it is."""
        rows = self.cast.database.execute(
            "select user_id::text, candidate_user_id::text from public.match_scores"
            " where user_id = any (%(ids)s::uuid[]) or candidate_user_id = any (%(ids)s::uuid[])",
            {"ids": self.ids},
        ).fetchall()
        return {(str(owner), str(candidate)) for owner, candidate in rows}

    def proposed(self, event: str | None = None) -> list[frozenset[str]]:
        """Pairs proposed here, in an event or (None) globally, in the order they were stored."""
        rows = self.cast.database.execute(
            "select user_a::text, user_b::text from public.matches"
            " where (user_a = any (%(ids)s::uuid[]) or user_b = any (%(ids)s::uuid[]))"
            " and event_id is not distinct from %(event)s::uuid order by created_at, id",
            {"ids": self.ids, "event": event},
        ).fetchall()
        return [frozenset(map(str, row)) for row in rows]

    def poison(self, member: Member) -> None:
        """Give the member a chart that the engine refuses and the table takes."""
        self.cast.database.execute(
            "insert into public.birth_charts"
            " (user_id, radix_json, design_json, packed, input_hash, engine_version)"
            " select u.id, '{}', '{}', '{7}', private.birth_hash(u), %s from public.users u where u.id = %s",
            [chart_version(), member.id],
        )


NewIsland = Callable[..., Island]
"""Brings so many members ashore."""


@contextmanager
def inhabited(cast: Cast) -> Iterator[Any]:
    """Makes islands; afterwards nobody on them searches any more."""
    made: list[Island] = []

    def island(size: int, seed: int = 1) -> Island:
        made.append(Island(cast, size, seed))
        return made[-1]

    try:
        yield island
    finally:
        for one in made:
            retire(cast, one.members)


def begin_anew(cast: Cast) -> None:
    """Nobody waits, no list is kept, no night is going, and the engine of this checkout is in force."""
    with cast.database.transaction():
        cast.database.execute("delete from public.matchmaking_queue")
        cast.database.execute("delete from public.matchmaking_parked")
        cast.database.execute("delete from private.lists")
        cast.database.execute("delete from private.tasks where kind = 'nightly'")
        cast.database.execute("delete from public.job_runs where status = 'running'")
        cast.database.execute(
            "select private.admit_engine(%s), public.adopt_engine_version(%s)", [ENGINE] * 2
        )
        cast.database.execute(
            "update private.score_generation set engine_version = %s, input_hash = null", [ENGINE]
        )


def bell(cast: Cast, job: str = "matcher", only: str | None = None) -> Json:
    """One bell; what the worker did."""
    answer = ring(cast.stack.functions_url, cast.stack.keys.bell_key, job, only=only)
    assert answer.status_code == 200, answer.text
    did: Json = answer.json()
    return did
