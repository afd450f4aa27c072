"""Events of the tests."""

from dataclasses import dataclass

from tests.cast import Cast
from tests.database import queue


@dataclass(frozen=True)
class Event:
    """An event in the database, with the code that members type."""

    id: str
    code: str
    name: str = "An evening"


def event(cast: Cast, *, enabled: bool = True, ends: str | None = None) -> Event:
    """A new one; `ends` is an interval from now."""
    return Event(*queue.event(cast, enabled=enabled, ends=ends))
