"""The same market gives the same bytes: again, on any number of cores, compiled or not."""

from __future__ import annotations

import hashlib
import os
import subprocess
import sys

import pytest

from shared.engine.market import fairness, propose, without_prices
from tests.engine.market.markets import pool, popularity

SOURCE = "from tests.engine.market.test_determinism import fingerprint; print(fingerprint())"


def fingerprint() -> str:
    """Everything two runs give, on one pool and between two sides."""
    found = hashlib.sha256()
    for where in (pool(70, 14, 1), popularity(25, 0.8, 2)):
        outcome = propose(where)
        for part in (outcome.chosen, outcome.shortlist.edges, outcome.prices.values):
            found.update(part.tobytes())
        found.update(repr((outcome.prices.scale, outcome.prices.iterations)).encode())
        found.update(repr((fairness(where, outcome.chosen), without_prices(where).tolist())).encode())
    return found.hexdigest()


def test_again_and_on_any_number_of_cores(monkeypatch: pytest.MonkeyPatch) -> None:
    found = {fingerprint(), fingerprint()}
    for count in (1, 5):
        monkeypatch.setattr(os, "sched_getaffinity", lambda _, count=count: range(count), raising=False)
        found.add(fingerprint())
    assert len(found) == 1


def test_interpreted() -> None:
    """Python itself is the reference of what was compiled."""
    answer = subprocess.run(
        [sys.executable, "-c", SOURCE],
        env=os.environ | {"NUMBA_DISABLE_JIT": "1"},
        capture_output=True,
        text=True,
        check=True,
    )
    assert answer.stdout.strip() == fingerprint()
