"""schemathesis with every check against the running stack, shortly; `scripts/fuzz` does it at length.

Only what members call: each ring of a bell here would be a whole night over whatever other tests left.
"""

from __future__ import annotations

from typing import Any

import psycopg
import pytest

from scripts.stack.throwaway import Running
from scripts.tools.fuzz.rounds import play
from scripts.tools.fuzz.table import table

pytestmark = pytest.mark.nightly

# Hundreds of combinations of their many fields; drawn cases have these two routes as well.
BROAD = ("activate", "putProfile")


@pytest.mark.parametrize(
    ("phases", "leave_out", "at_least"),
    [("examples,fuzzing,stateful", (), 300), ("coverage", BROAD, 500)],
)
def test_nothing_is_found(
    stack: Running,
    unlimited: psycopg.Connection[Any],
    phases: str,
    leave_out: tuple[str, ...],
    at_least: int,
) -> None:
    found = play(stack, unlimited, "connect", seed=1, examples=12, phases=phases, leave_out=leave_out)
    told = "\n".join([found.said, *table(found.counts)])
    assert found.clean, told
    assert found.counts.total() >= at_least, told
    # Cases that never get anywhere would find nothing either.
    assert sum(count for (_, status), count in found.counts.items() if status == "200") > at_least / 5, told
