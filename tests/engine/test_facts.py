"""What is told of pairs, as bytes: against `explain` and plain rounding, one pair after the other."""

from __future__ import annotations

import random

import numpy as np
import pytest
from hypothesis import example, given, settings
from hypothesis import strategies as st

from shared.engine.configuration import CONFIGURATION
from shared.engine.filters.eligibility import eligible_pairs
from shared.engine.pool.pool import Pool
from shared.engine.runs import facts
from shared.engine.runs.facts import ABSENT, FACTS, LABELS, WIDTH, WORDS, facts_of, hundredths, told
from shared.engine.scoring.labels import OPEN, VOCABULARY
from shared.engine.scoring.parts import PARTS
from shared.engine.scoring.scores import score, two_decimals
from tests.engine.community import NOW, Member, crowd, everyone, make_member, pool_of
from tests.engine.described import described
from tests.engine.drawn_charts import drawn_exact, drawn_uncertain

few = settings(max_examples=12, deadline=None)


def charted(size: int, seed: int) -> list[Member]:
    """Members of all modes. Some lack parts or give them no weight; many do not know when they were born."""
    rng, draw = np.random.default_rng(seed), random.Random(seed)
    members = crowd(size, seed)
    names = [part.name for part in PARTS]
    for member in members:
        hours = draw.choice([0.5, 3.0, 24.0, 24.0])
        member["chart"] = draw.choice([None, drawn_exact(rng), drawn_uncertain(rng, hours)])
        weights = {name: draw.choice([0.0, 0.0, 0.2, round(draw.random(), 3)]) for name in names}
        member["weights"] = draw.choice([None, None, {"astro": 1.0, "hd": 1.0}, weights])
        member |= {"languagePref": [], "preferredGenders": [], "distanceKm": None, "minAge": 18, "maxAge": 99}
    return members


def pairs_of(pool: Pool) -> tuple[np.ndarray, np.ndarray]:
    pairs = eligible_pairs(pool, NOW, everyone(pool))
    return pairs.low.astype(np.int64), pairs.high.astype(np.int64)


@few
@given(st.integers(0, 10**6))
def test_bytes_say_what_explain_says(seed: int) -> None:
    pool = pool_of(charted(30, seed))
    low, high = pairs_of(pool)
    order = np.random.default_rng(seed).permutation(len(low))
    low, high = low[order], high[order]
    assert [told(row) for row in facts_of(pool, low, high)] == described(pool, low, high)


def test_the_drawn_pairs_are_of_every_kind() -> None:
    """Otherwise the comparison above would show little."""
    pool = pool_of(charted(120, 5))
    low, high = pairs_of(pool)
    found = described(pool, low, high)
    assert {one.mode for one in found} == {"romantic", "friendship", "professional"}
    assert {label for one in found for label in one.labels} == VOCABULARY
    assert {len(one.labels) for one in found} == {1, 2, 3, 4}
    assert [told(row) for row in facts_of(pool, low, high)] == found


def test_pieces_of_work_leave_no_seam(monkeypatch: pytest.MonkeyPatch) -> None:
    pool = pool_of(charted(40, 2))
    low, high = pairs_of(pool)
    whole = facts_of(pool, low, high)
    monkeypatch.setattr(facts, "_PAIRS_AT_ONCE", 37)
    monkeypatch.setattr(facts, "_BLOCK", 5)
    assert np.array_equal(facts_of(pool, low, high), whole)


def test_labels_fit_into_their_bytes() -> None:
    assert CONFIGURATION.strengths + 1 <= LABELS
    assert len(WORDS) < 255


def test_the_places_of_the_bytes() -> None:
    members = [make_member(n, readiness=50 + n, mode="romantic") for n in (1, 2)]
    (row,) = facts_of(pool_of(members), np.array([0]), np.array([1]))
    assert (FACTS, LABELS, WIDTH) == (21, 4, 8)
    assert row.dtype == np.uint8
    assert row[0] == 1
    assert [WORDS[code - 1] for code in row[1:5] if code] == told(row).labels
    playing = [part.name for part in PARTS if part.shares.get("romantic")]
    values = row[5:].tobytes()
    by_name = {name: int.from_bytes(values[2 * at : 2 * at + 2], "big") for at, name in enumerate(playing)}
    assert by_name.pop("readiness") == round(100 * told(row).breakdown["readiness"])
    assert set(by_name.values()) == {ABSENT}


def test_nothing_known_is_an_open_beginning_and_no_pair_no_row() -> None:
    pool = pool_of([make_member(1), make_member(2)])
    one = told(facts_of(pool, np.array([0]), np.array([1]))[0].tobytes())
    assert (one.labels, one.breakdown) == ([OPEN], {})
    nothing = np.empty(0, dtype=np.int64)
    assert facts_of(pool, nothing, nothing).shape == (0, FACTS)


@settings(deadline=None)
@given(st.floats(-12, 12))
@example(0.0)
@example(-0.0)
def test_hundredths_are_the_rounded_score(z: float) -> None:
    assert hundredths(np.array([z])).tolist() == [round(100 * two_decimals(score(z)))]
    assert hundredths(np.array([z]))[0] / 100 == two_decimals(score(z))


def test_hundredths_round_as_decimals_do_next_to_a_half() -> None:
    """Scores whose product with 100 is a half only because the product is rounded."""
    scores = [(2 * k + 1) / 200 + step * 2.0**-46 for k in range(3000, 9000) for step in (-1, 0, 1)]
    near = [value for value in scores if value * 100 % 1 == 0.5]
    assert len({value * 100 - 100 * round(value, 2) for value in near}) > 1
    assert facts.rounded(np.array(near)).tolist() == [round(100 * round(value, 2)) for value in near]
