"""Lives a life in both of its worlds, through one of the doors, and says where they can be told apart."""

from collections.abc import Callable, Iterator
from contextlib import AbstractContextManager, contextmanager
from dataclasses import dataclass
from typing import Any

import psycopg

from tests.cast import Cast
from tests.database.transcript import first_difference
from tests.lives.doors import Inside, Outside
from tests.lives.script import Life, World, draw
from tests.lives.stage import Stage


@dataclass(frozen=True)
class Difference:
    """Where the two worlds of a life differ: the seed, and what the member was told in each."""

    life: Life
    one: str
    other: str

    def __str__(self) -> str:
        worlds = "\n".join(
            f"world {number}: partners {world.partners}, sides {world.sides}, exits {world.exits}, secret"
            f" {world.secret}"
            for number, world in enumerate(self.life.worlds)
        )
        steps = "\n".join(f"{number:3}: {step}" for number, step in enumerate(self.life.steps))
        return (
            f"life {self.life.seed} differs.\n--- one\n{self.one}\n--- other\n{self.other}\n--- where\n"
            f"{_around(self.one, self.other)}\n{worlds}\n{steps}\n"
            f"Again: CONNECT_LIVES=1 CONNECT_LIVES_FROM={self.life.seed} scripts/test -n 0"
            " tests/lives/test_lives.py"
        )


Worlds = Callable[[Life, World], AbstractContextManager[Stage]]
"""Makes a stage for one world of a life, alone in its database."""


def inside(database: psycopg.Connection[Any]) -> Worlds:
    """Worlds of SQL functions. Each is one transaction, which is rolled back."""

    @contextmanager
    def world(life: Life, which: World) -> Iterator[Stage]:
        with database.transaction(force_rollback=True):
            yield Stage(database, Inside(database), life, which)

    return world


def outside(cast: Cast, database: psycopg.Connection[Any]) -> Worlds:
    """Worlds of HTTP. Each begins with nobody there."""
    door = Outside(cast, database)

    @contextmanager
    def world(life: Life, which: World) -> Iterator[Stage]:
        database.execute("truncate auth.users, public.matches, private.erased_members cascade")
        yield Stage(database, door, life, which)

    return world


def _around(one: str, other: str) -> str:
    """The place where two lines part."""
    at = next(
        (n for n, pair in enumerate(zip(one, other, strict=False)) if pair[0] != pair[1]),
        min(len(one), len(other)),
    )
    return f"…{one[max(0, at - 60) : at + 60]}…\n…{other[max(0, at - 60) : at + 60]}…"


def live(seed: int, worlds: Worlds) -> Difference | None:
    """Live one life twice; the first difference, or None."""
    life = draw(seed)
    told = []
    for which in life.worlds:
        with worlds(life, which) as stage:
            transcript = stage.play()
            said = transcript.tells(*stage.secrets())
        if said:
            return Difference(life, f"somebody's id was told: {said}", "")
        told.append(transcript)
    found = first_difference(told)
    return None if found is None else Difference(life, *found)
