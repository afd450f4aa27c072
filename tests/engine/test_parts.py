"""What every part of the score must be, whichever parts there are."""

from __future__ import annotations

from itertools import product

import numpy as np
import pytest

from shared.engine.part import MODES, Part
from shared.engine.pool.pool import COLUMNS
from shared.engine.scoring.parts import PARTS
from shared.words import LABELS
from tests.engine.community import make_member, pool_of

every_part = pytest.mark.parametrize("part", PARTS, ids=lambda part: part.name)


def raw(part: Part, rows: list[dict[str, object]]) -> np.ndarray:
    """The raw values of all members with all, themselves included."""
    pool = pool_of([make_member(number, **row) for number, row in enumerate(rows, start=1)])
    places = np.array(list(product(range(len(rows)), repeat=2)), dtype=np.int32)
    values = np.full(len(places), np.nan)
    part.formula(*pool.parts[part.name], places[:, 0].copy(), places[:, 1].copy(), values)
    return values.reshape(len(rows), len(rows))


def test_each_part_has_a_name_of_its_own_and_a_share() -> None:
    assert len({part.name for part in PARTS}) == len(PARTS)
    assert all(part.shares and set(part.shares) <= set(MODES) for part in PARTS)
    assert all(set(part.sayings) <= set(part.shares) for part in PARTS)


@every_part
def test_a_part_reads_columns_of_the_pool_and_gives_one_value_to_both_sides(part: Part) -> None:
    assert set(part.columns) <= set(COLUMNS)
    examples = {name: values() for name, values in part.columns.items()}
    rows = [
        {name: values[at % len(values)] for name, values in examples.items()}
        for at in range(max(map(len, examples.values())))
    ]
    values = raw(part, [*rows, {}])
    assert np.isfinite(values[:-1, :-1]).all()
    # Both sides are summed in an order of their own where a time of birth is uncertain.
    assert values[:-1, :-1] == pytest.approx(values[:-1, :-1].T, rel=1e-12)
    assert np.isnan(values[-1]).all()
    assert np.isnan(values[:, -1]).all()


@every_part
def test_what_a_part_may_say_has_words(part: Part) -> None:
    said = [
        label
        for one in part.sayings.values()
        for label in (one.strength, one.tension, *one.families.values())
    ]
    assert set(said) <= set(LABELS)
