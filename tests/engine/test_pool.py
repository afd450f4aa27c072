"""What the engine accepts as a pool, and what it says about everything else."""

from __future__ import annotations

import base64
import datetime
import math
from dataclasses import replace
from typing import Any

import numpy as np
import pytest

from shared.engine import CONFIGURATION, Pool, PoolError, Rules, RulesError
from tests.engine.community import (
    BERLIN,
    NOW,
    answer_of,
    axis,
    crowd,
    make_member,
    pool_of,
    without,
)
from tests.engine.drawn_charts import drawn_exact, drawn_uncertain
from tests.engine.vocabulary import SHARES


def base64_of(kind: str, numbers: Any) -> str:
    return base64.b64encode(np.array(numbers, dtype=kind).tobytes()).decode()


def test_who_waits_longest_stands_first_and_the_order_of_equals_is_no_order_of_ids() -> None:
    pool = pool_of([make_member(n, waitingSince=since) for n, since in ((1, 30), (2, 10), (3, 20))])
    assert [int(id_[-1]) for id_ in pool.ids] == [2, 3, 1]
    firsts = []
    for since in range(40):
        ids = pool_of([make_member(n, waitingSince=since) for n in (1, 2)]).ids
        firsts.append(int(ids[0][-1]))
    assert 8 < firsts.count(1) < 32


def test_pairs_follow_the_members() -> None:
    pool = pool_of([make_member(n, revision=n) for n in (3, 1, 2)], excluded=[[0, 1], [1, 0]])
    assert pool.revisions.tolist() == [1, 2, 3]
    assert pool.excluded.tolist() == [0 * 3 + 2]  # members 3 and 1, once
    assert pool.met.tolist() == []
    answer = answer_of([make_member(n) for n in (3, 1, 2)], excluded=[[0, 1]])
    both = Pool.parse(answer | {"met": [[2, 0], [1, 2]]})
    assert (both.excluded.tolist(), both.met.tolist()) == ([2], [0 * 3 + 1, 1 * 3 + 2])


def test_nobody_is_a_pool() -> None:
    assert len(pool_of([])) == 0


def test_vectors_become_unit_length_and_absent_ones_zero() -> None:
    tiny, huge = axis(2, 1e-200), axis(2, 1e200)
    pool = pool_of([make_member(1, valuesVector=tiny), make_member(2, valuesVector=huge), make_member(3)])
    assert pool.parts["values"][0][:, 2].tolist() == [1.0, 1.0, 0.0]
    assert pool.parts["values"][1].tolist() == [True, True, False]


@pytest.mark.parametrize(
    ("born", "today", "age"),
    [
        ("2000-11-20", "2026-11-20", 26),  # the birthday itself
        ("2000-11-21", "2026-11-20", 25),  # the day before it
        ("2004-02-29", "2026-02-28", 21),  # a leap day's child waits for 1 March
        ("2004-02-29", "2026-03-01", 22),
    ],
)
def test_age_counts_completed_years(born: str, today: str, age: int) -> None:
    now = datetime.datetime.fromisoformat(today + "T23:59:59+00:00")
    assert pool_of([make_member(1, birthDate=born)]).ages(now).tolist() == [age]


def test_age_is_judged_on_the_utc_date() -> None:
    pool = pool_of([make_member(1, birthDate="2000-11-21")])
    east = datetime.timezone(datetime.timedelta(hours=9))
    assert pool.ages(datetime.datetime(2026, 11, 21, 8, tzinfo=east)).tolist() == [25]
    assert pool.ages(datetime.datetime(2026, 11, 21, 9, tzinfo=east)).tolist() == [26]


def test_now_without_a_zone_is_refused() -> None:
    with pytest.raises(ValueError, match="zone"):
        pool_of([make_member(1)]).ages(NOW.replace(tzinfo=None))


def test_a_cell_that_is_none_counts_as_missing_and_stops_nobody() -> None:
    """Members can write their cell: an impossible one must not end everybody's run."""
    cells = [BERLIN, "0.1799", "9999.0", "here", "", None]
    pool = pool_of([make_member(n, homeCell=cell) for n, cell in enumerate(cells)])
    assert pool.has_place.tolist() == [True, False, False, False, False, False]


def test_more_than_64_languages() -> None:
    codes = [a + b for a in "abcdefghij" for b in "abcdefghij"]
    members = [make_member(n, languages=[code]) for n, code in enumerate(codes)]
    pool = pool_of(members)
    assert pool.languages.shape == (100, 2)
    assert len(np.unique(pool.languages, axis=0)) == 100


NAN, INF = math.nan, math.inf
BAD_VALUES: list[tuple[str, Any]] = [
    ("id", "not-a-uuid"),
    ("id", None),
    ("id", 7),
    ("revision", None),
    ("revision", 1.5),
    ("revision", True),
    ("birthDate", "1996-02-30"),
    ("birthDate", "1996-5-1"),
    ("birthDate", "19960501"),
    ("birthDate", "1996-W20-5"),
    ("birthDate", "0000-01-01"),
    ("birthDate", "١٩٩٦-01-01"),
    ("birthDate", None),
    ("gender", ""),
    ("gender", None),
    ("gender", ["female"]),
    ("preferredGenders", None),
    ("preferredGenders", "female"),
    ("preferredGenders", [None]),
    ("friendshipGenders", "female"),
    ("friendshipGenders", [None]),
    ("friendshipGenders", [""]),
    ("mode", "marriage"),
    ("mode", ["romantic"]),
    ("minAge", -1),
    ("minAge", "18"),
    ("maxAge", 1000),
    ("minAge", 100),  # above maxAge
    ("distanceKm", -1),
    ("distanceKm", NAN),
    ("distanceKm", INF),
    ("distanceKm", "10"),
    ("languages", "en"),
    ("languages", [""]),
    ("languagePref", [3]),
    ("homeCell", 12.5),
    ("tz", None),
    ("tz", ""),
    ("valuesVector", [1.0] * 15),
    ("valuesVector", [1.0] * 17),
    ("valuesVector", [0.0] * 16),
    ("communicationVector", [NAN] + [1.0] * 15),
    ("communicationVector", [INF] + [1.0] * 15),
    ("lifeGoalsVector", ["1.0"] * 16),
    ("lifeGoalsVector", [True] * 16),
    ("lifeGoalsVector", [10**400] * 16),
    ("lifeGoalsVector", "[1,0]"),
    ("readiness", 100.5),
    ("readiness", -0.1),
    ("readiness", NAN),
    ("readiness", True),
    ("readiness", 10**400),
    ("capacity", None),
    ("capacity", 2.0),
    ("traits", ["charming"]),
    ("traits", None),
    ("dealBreakers", "smokes"),
    ("employer", -1),
    ("employer", True),
    ("employer", 2**31),
    ("employer", "Acme"),
    ("industry", ""),
    ("industry", 4),
    ("wantedIndustries", [None]),
    ("avoidsColleagues", None),
    ("avoidsCompetitors", 1),
    ("profileVector", [0.0] * 16),
    ("activity", 101),
    ("activity", INF),
    ("interests", "chess"),
    ("interests", ["chess"]),
    ("interests", {"chess": 0}),
    ("interests", {"chess": 5}),
    ("interests", {"chess": 1.0}),
    ("interests", {"chess": True}),
    ("interests", {"": 1}),
    ("interests", {"chess": [1]}),
    ("goals", ["be_rich"]),
    ("goals", "hire"),
    ("jobLevel", "king"),
    ("jobLevel", ""),
    ("wantedLevels", ["king"]),
    ("companySize", 2),
    ("wantedSizes", [2]),
    ("weights", {"charm": 0.5}),
    ("weights", {"values": -0.1}),
    ("weights", {"values": 2.01}),
    ("weights", {"values": NAN}),
    ("weights", [0.5]),
    ("waitingSince", None),
    ("waitingSince", 1.5),
    ("price", -1),
    ("price", NAN),
    ("price", "1"),
    ("number", None),
    ("number", 2**31),
    ("valuesVector", base64_of(">f4", [1.0] * 15)),
    ("valuesVector", base64_of(">f4", [NAN] + [1.0] * 15)),
    ("valuesVector", base64_of(">f4", [0.0] * 16)),
    ("valuesVector", base64_of(">f4", [1.0] * 16)[:-3]),
    ("chart", "°"),
]


@pytest.mark.parametrize(("name", "value"), BAD_VALUES)
def test_a_bad_value_is_named_by_column_and_position_and_never_quoted(name: str, value: Any) -> None:
    answer = answer_of([make_member(1), make_member(2)])
    answer["members"]["rows"][1][answer["members"]["columns"].index(name)] = value
    with pytest.raises(PoolError) as error:
        Pool.parse(answer)
    assert str(error.value).startswith(f"{name}[1]:")
    assert "1996" not in str(error.value)


def test_packed_numbers_are_read_as_lists_are() -> None:
    """A vector is the numbers that the database keeps, four bytes each; none of them is rounded again."""
    listed, rng = crowd(20, seed=2), np.random.default_rng(1)
    for at, member in enumerate(listed):
        member["chart"] = (None, drawn_exact(rng), drawn_uncertain(rng, 6))[at % 3]
        for name in ("valuesVector", "communicationVector", "lifeGoalsVector", "profileVector"):
            if member[name] is not None:
                member[name] = np.asarray(member[name], dtype=np.float32).astype(float).tolist()
    packed = [
        member
        | {
            name: member[name] and base64_of(">i4" if name == "chart" else ">f4", member[name])
            for name in ("valuesVector", "communicationVector", "lifeGoalsVector", "profileVector", "chart")
        }
        for member in listed
    ]
    one, other = pool_of(listed), pool_of(packed)
    assert np.array_equal(one.charts.packed, other.charts.packed)
    for name in ("values", "communication", "life_goals", "profile"):
        for mine, others in zip(one.parts[name], other.parts[name], strict=True):
            assert np.array_equal(mine, others), name


def test_the_same_member_twice_is_refused() -> None:
    with pytest.raises(PoolError, match="twice"):
        pool_of([make_member(1), make_member(1)])


@pytest.mark.parametrize(
    "chart",
    [{}, "1", [], [1], [10**12] * 26, [1.5] * 26, [None] * 26, base64_of(">i4", [1] * 24)],
)
def test_a_chart_that_is_none_is_refused(chart: Any) -> None:
    answer = answer_of([make_member(1), make_member(2)])
    answer["members"]["rows"][1][answer["members"]["columns"].index("chart")] = chart
    with pytest.raises(PoolError, match=r"chart.*1"):
        Pool.parse(answer)


@pytest.mark.parametrize("name", make_member(0))
def test_a_missing_column_is_refused(name: str) -> None:
    answer = answer_of([make_member(1), make_member(2)])
    with pytest.raises(PoolError, match=name):
        Pool.parse(without(answer, name))


def test_columns_go_by_name_in_any_order_and_each_once() -> None:
    answer = answer_of(crowd(20, seed=2))
    table = answer["members"]
    turned = {"columns": table["columns"][::-1], "rows": [row[::-1] for row in table["rows"]]}
    one, other = Pool.parse(answer), Pool.parse(answer | {"members": turned})
    assert all(
        np.array_equal(mine, others)
        for name in ("values", "interests", "location", "activity")
        for mine, others in zip(one.parts[name], other.parts[name], strict=True)
    )
    twice = {"columns": [*table["columns"], "tz"], "rows": [[*row, "UTC"] for row in table["rows"]]}
    with pytest.raises(PoolError, match="the same column twice"):
        Pool.parse(answer | {"members": twice})


def test_a_row_that_is_short_or_no_list_is_refused() -> None:
    rows: list[Any] = [[], {}, answer_of([make_member(2)])["members"]["rows"][0][:-1]]
    for row in rows:
        answer = answer_of([make_member(1)])
        answer["members"]["rows"].append(row)
        with pytest.raises(PoolError, match="row 1"):
            Pool.parse(answer)


def test_a_members_own_weights_are_scaled_by_mode_and_leave_other_modes_alone(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    configuration = replace(CONFIGURATION, shares=SHARES)
    monkeypatch.setattr("shared.engine.pool.weights.CONFIGURATION", configuration)
    pool = pool_of(
        [
            make_member(1),
            make_member(2, weights={"values": 2, "communication": 0}),
            make_member(3, weights=dict.fromkeys(SHARES["professional"], 0)),
        ]
    )
    blocks = [block.name for block in CONFIGURATION.blocks]
    modes = list(SHARES)
    usual, hers, zero = (
        {m: dict(zip(blocks, w, strict=True)) for m, w in zip(modes, row, strict=True)}
        for row in pool.weights.tolist()
    )
    assert usual == {m: {b: configuration.share(m, b) for b in blocks} for m in modes}
    assert hers["romantic"]["values"] == pytest.approx(0.5 / 1.05)
    assert hers["romantic"]["communication"] == 0.0
    assert sum(hers["romantic"].values()) == pytest.approx(1.0)
    assert hers["professional"] == usual["professional"]
    assert zero == usual, "weights that are all zero are no wish"


@pytest.mark.parametrize(
    "pairs", [None, {}, [[0]], [[0, 2]], [[-1, 0]], [[1, 1]], [[0, "1"]], [[0, 1.0]], [7]]
)
def test_excluded_pairs_that_are_none_are_refused(pairs: Any) -> None:
    answer = answer_of([make_member(1), make_member(2)])
    for name in ("excluded", "met"):
        with pytest.raises(PoolError, match=name):
            Pool.parse(answer | {name: pairs})


@pytest.mark.parametrize("members", [None, [], "x", {}, {"columns": ["id"]}, {"columns": "id", "rows": []}])
def test_members_that_are_no_table_are_refused(members: Any) -> None:
    with pytest.raises(PoolError, match="members"):
        Pool.parse({"members": members, "excluded": []})


@pytest.mark.parametrize(
    "settings",
    [
        None,
        {},
        {"matchMinScore": NAN, "minFit": 0},
        {"matchMinScore": 101, "minFit": 0},
        {"matchMinScore": -1, "minFit": 0},
        {"matchMinScore": "50", "minFit": 0},
        {"matchMinScore": 50},
        {"matchMinScore": 50, "minFit": -1},
        {"matchMinScore": 50, "minFit": 1.5},
    ],
)
def test_settings_that_are_no_rules_are_refused(settings: Any) -> None:
    with pytest.raises(RulesError):
        Rules.parse(settings)


def test_settings_become_rules() -> None:
    assert Rules.parse({"matchMinScore": 62.5, "minFit": 10}) == Rules(62.5, 10)


def test_a_drawn_crowd_passes_the_door() -> None:
    assert len(pool_of(crowd(200, seed=1))) == 200
