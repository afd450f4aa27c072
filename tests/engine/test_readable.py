"""Rows the engine refuses are left out, and nothing else changes."""

from __future__ import annotations

import random
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from shared.engine import PoolError, Rules, rank
from shared.engine.pool.parsing import readable
from tests.engine.community import NOW, answer_of, crowd, pool_of, without

ODD: dict[str, Any] = {
    "readiness": 500,
    "birthDate": "17 May",
    "gender": "",
    "chart": [7],
    "languages": None,
    "valuesVector": [1.0],
    "capacity": "three",
}


def spoilt(answer: dict[str, Any], broken: dict[int, str]) -> dict[str, Any]:
    """The answer with one column of some rows broken."""
    table = answer["members"]
    for at, name in broken.items():
        table["rows"][at][table["columns"].index(name)] = ODD[name]
    return answer


@pytest.mark.parametrize("name", ODD)
def test_a_row_with_an_odd_column_is_left_out(name: str) -> None:
    members = crowd(9, 1)
    pool, kept = readable(spoilt(answer_of(members), {4: name}))
    assert kept == [0, 1, 2, 3, 5, 6, 7, 8]
    assert sorted(pool.ids) == sorted(member["id"] for at, member in enumerate(members) if at != 4)


@settings(max_examples=30, deadline=None)
@given(st.integers(0, 10**6), st.dictionaries(st.integers(0, 29), st.sampled_from(list(ODD)), max_size=6))
def test_it_is_the_pool_of_the_others_with_their_exclusions(seed: int, broken: dict[int, str]) -> None:
    members = crowd(30, seed)
    draw = random.Random(seed)
    excluded = [draw.sample(range(30), 2) for _ in range(40)]
    pool, kept = readable(spoilt(answer_of(members, excluded) | {"met": excluded}, broken))
    assert kept == [at for at in range(30) if at not in broken]
    table = answer_of(members, excluded)["members"]["rows"]
    place = {at: new for new, at in enumerate(kept)}
    still = [[place[i], place[j]] for i, j in excluded if i in place and j in place]
    expected = pool_of(
        [dict(zip(answer_of(members)["members"]["columns"], table[at], strict=True)) for at in kept], still
    )
    assert pool.ids == expected.ids
    assert pool.excluded.tolist() == expected.excluded.tolist()
    assert pool.met.tolist() == expected.excluded.tolist()
    assert rank(pool, Rules(), NOW).digest() == rank(expected, Rules(), NOW).digest()


def test_nobody_who_can_be_read_is_an_empty_pool() -> None:
    pool, kept = readable(spoilt(answer_of(crowd(2, 1)), {0: "gender", 1: "gender"}))
    assert (len(pool), kept) == (0, [])


def test_a_row_of_another_length_is_left_out() -> None:
    answer = answer_of(crowd(3, 1))
    answer["members"]["rows"][1].pop()
    assert readable(answer)[1] == [0, 2]


ANSWER = answer_of(crowd(3, 1))


@pytest.mark.parametrize(
    "answer",
    [
        None,
        {},
        {"members": None, "excluded": []},
        {"members": {"columns": ["id"], "rows": []}, "excluded": []},
        without(ANSWER, "gender"),
        ANSWER | {"excluded": None},
        ANSWER | {"excluded": [[0, 3]]},
        ANSWER | {"excluded": [[0, 0]]},
        ANSWER | {"excluded": [["0", 1]]},
        ANSWER | {"excluded": ["01"]},
        {**ANSWER, "members": {**ANSWER["members"], "rows": [ANSWER["members"]["rows"][0]] * 2}},
    ],
)
def test_what_is_nobody_s_row_is_refused(answer: Any) -> None:
    with pytest.raises(PoolError):
        readable(answer)


@pytest.mark.parametrize("pair", [[0, 3], [0, "2"], [0, None], [0, [2]], [0], [0, 2, 2], [-1, 2], [True, 2]])
def test_pairs_that_are_none_are_refused_beside_a_broken_row_too(pair: list[Any]) -> None:
    """Whoever must stay apart does: nothing unreadable about it is passed over."""
    answer = spoilt(answer_of(crowd(3, 1)), {1: "gender"})
    for name in ("excluded", "met"):
        with pytest.raises(PoolError):
            readable(answer | {name: [pair]})
