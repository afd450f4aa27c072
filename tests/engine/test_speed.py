"""A thousand members take well under a second, so a run every minute is no burden."""

from __future__ import annotations

import time

from shared.engine import Pool, Rules, rank
from tests.engine.community import NOW, answer_of, crowd


def test_a_thousand_members_are_read_and_ranked_within_a_second() -> None:
    """Measured: about 0.1 s. The limit leaves room for a busy machine, not for a loop over all pairs."""
    answer = answer_of(crowd(1000, seed=1))
    started = time.perf_counter()
    ranking = rank(Pool.parse(answer), Rules(), NOW)
    assert time.perf_counter() - started < 1.0
    assert len(ranking.proposals) > 400
