"""What a worker tries again, and how it names what went wrong."""

from __future__ import annotations

from collections.abc import Callable
from typing import TypeVar

from shared.engine import PoolError, RulesError
from shared.errors import ApiError, Unavailable
from shared.logs import log

ATTEMPTS = 3
"""How often a step is tried where it got in somebody else's way."""
IN_THE_WAY = ("40001", "40P01", "23503")
"""SQLSTATEs of such a conflict, or of a row that went meanwhile, at the end of an error's reason."""

Done = TypeVar("Done")


def insist(do: Callable[[], Done], job: str, run: str) -> Done:
    """Do a step that may be done anew, and do it anew where another worker, or a member who goes, was in the
    way, as the log says of this run of the job. Raises whatever else `do` raises, and Unavailable after the
    last attempt."""
    for attempt in range(1, ATTEMPTS + 1):
        try:
            return do()
        except Unavailable as error:
            if attempt == ATTEMPTS or not (error.reason or "").endswith(IN_THE_WAY):
                raise
            log("WARNING", "in the way", job=job, run=run, reason=error.reason)
    raise AssertionError("the last attempt returned or raised")


def said(error: Exception) -> str:
    """An error as it is kept: its kind, and its words where they are ours, since ours hold no value of
    anybody's."""
    ours = isinstance(error, PoolError | RulesError)
    kind = f"{type(error).__name__}: {error}" if ours else type(error).__name__
    return f"{kind} {error.reason or error.code}" if isinstance(error, ApiError) else kind
