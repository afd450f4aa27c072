"""A run every minute is no burden, and no member waits long for another's change."""

from __future__ import annotations

from dataclasses import replace

from shared.engine import Pool, Rules, market, rank
from shared.engine.runs.incremental import update
from shared.engine.runs.ranking import stall_of
from shared.engine.runs.scored import score_pairs
from tests.engine.community import NOW, answer_of, crowd
from tests.engine.double_loop import eligible_pairs_of
from tests.pace import seconds_of


def test_a_pair_costs_less_than_a_tenth_of_plain_python_rules() -> None:
    """A run over 1,000 members has 100 times as many pairs as the loop over 100, and scores them besides."""
    few, answer = crowd(100, seed=1), answer_of(crowd(1000, seed=1))
    assert len(rank(Pool.parse(answer), Rules(), NOW).proposals) > 400
    run = seconds_of(lambda: rank(Pool.parse(answer), Rules(), NOW), tries=3)
    assert run < 100 / 10 * seconds_of(lambda: eligible_pairs_of(few), tries=3)


def test_one_changed_member_costs_less_than_a_twentieth_of_a_run() -> None:
    """Measured: about a hundredth."""
    pool = Pool.parse(answer_of(crowd(2000, seed=1)))
    prices = market.propose(stall_of(pool, score_pairs(pool, Rules(), NOW, lambda _step: None))).prices
    pool = replace(pool, prices=prices.values)
    run = seconds_of(lambda: rank(pool, Rules(), NOW), tries=3)

    def change_twenty() -> None:
        for member in range(0, len(pool), len(pool) // 20):
            update(pool, Rules(), NOW, member, prices.scale)

    assert seconds_of(change_twenty, tries=3) < run
