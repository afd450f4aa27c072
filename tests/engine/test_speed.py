"""A run every minute is no burden, and nobody waits for one member's change."""

from __future__ import annotations

import statistics
import time
from dataclasses import replace

from shared.engine import Pool, Rules, market, rank
from shared.engine.runs.incremental import update
from shared.engine.runs.ranking import stall_of
from shared.engine.runs.scored import score_pairs
from tests.engine.community import NOW, answer_of, crowd


def test_a_thousand_members_are_read_and_ranked_within_a_second() -> None:
    """Measured: about 0.1 s. The limit leaves room for a busy machine, not for a loop over all pairs."""
    answer = answer_of(crowd(1000, seed=1))
    rank(Pool.parse(answer), Rules(), NOW)  # a process loads the machine code once
    started = time.perf_counter()
    ranking = rank(Pool.parse(answer), Rules(), NOW)
    assert time.perf_counter() - started < 1.0
    assert len(ranking.proposals) > 400


def test_one_changed_member_takes_milliseconds() -> None:
    """Measured: about 1 ms; a run of all these members takes ten times as long as the limit."""
    pool = Pool.parse(answer_of(crowd(2000, seed=1)))
    prices = market.propose(stall_of(pool, score_pairs(pool, Rules(), NOW, lambda _step: None))).prices
    pool = replace(pool, prices=prices.values)
    took = []
    for member in range(0, len(pool), 20):
        started = time.perf_counter()
        update(pool, Rules(), NOW, member, prices.scale)
        took.append(time.perf_counter() - started)
    assert statistics.median(took) < 0.01
