"""Candidate lists against a double loop over people, and what they must not depend on."""

from __future__ import annotations

import datetime
import json
import random
import uuid
from collections import Counter
from collections.abc import Sequence
from typing import Any

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from shared.engine import Rules
from shared.engine.filters.eligibility import Pairs, eligible_pairs
from shared.engine.pool.pool import Pool
from shared.engine.runs import lists
from shared.engine.runs.facts import told
from shared.engine.runs.lists import LONGEST, Candidates, candidates
from shared.engine.scoring.scores import least_z, pair_scores, score, two_decimals
from tests.engine.community import (
    NOW,
    Member,
    crowd,
    everyone,
    make_member,
    pool_of,
    rank_members,
)
from tests.engine.double_loop import eligible_pairs_of

few = settings(max_examples=15, deadline=None)
seeds = st.integers(0, 10**6)
minima = st.sampled_from([0.0, 45.0, 50.0, 55.0])

Row = dict[str, Any]


def positions(pool: Pool, ids: Sequence[str] | None = None) -> Any:
    """Positions of these members, ascending; of everybody."""
    wanted = pool.ids if ids is None else ids
    return np.array(sorted(pool.ids.index(id_) for id_ in wanted), dtype=np.int64)


def listed(pool: Pool, found: Candidates, members: Any) -> list[Row]:
    """Entries of these members' lists as they are read: member and candidate, their revisions, mode, score,
    parts, labels."""
    made = lists.lists_of(pool, found, members)
    mine = np.repeat(made.members, np.diff(made.start))
    return [
        {
            "u": pool.ids[i],
            "ur": int(pool.revisions[i]),
            "c": pool.ids[j],
            "cr": int(pool.revisions[j]),
            "m": pair.mode,
            "s": hundredths / 100,
            "p": pair.breakdown,
            "l": pair.labels,
        }
        for i, j, hundredths, pair in zip(
            mine.tolist(), made.other.tolist(), made.score.tolist(), map(told, made.facts), strict=True
        )
    ]


def lists_of(
    members: Sequence[Member],
    excluded: Sequence[Sequence[int]] = (),
    asking: Sequence[str] | None = None,
    **rules: Any,
) -> dict[str, list[Row]]:
    """Everybody's list, or that of those who ask: rows in order, by whose they are."""
    pool = pool_of(members, excluded)
    asked = positions(pool, asking)
    rows = listed(pool, candidates(pool, Rules(**rules), NOW, asked), asked)
    found: dict[str, list[Row]] = {pool.ids[at]: [] for at in asked}
    for row in rows:
        found[row["u"]].append(row)
    return found


def drawn(size: int, seed: int) -> tuple[list[Member], list[list[int]]]:
    draw = random.Random(seed)
    return crowd(size, seed), [draw.sample(range(size), 2) for _ in range(size)]


def order_among_equals(one: str, other: str) -> int:
    return uuid.UUID(one).int >> 64 ^ uuid.UUID(other).int >> 64


def double_loop(
    members: Sequence[Member], excluded: Sequence[Sequence[int]], minimum: float
) -> dict[str, list[tuple[str, float]]]:
    """Everybody's list in plain Python, each pair scored in a pool of its own: who is on it, and how."""
    by_id = {member["id"]: member for member in members}
    met: dict[str, list[str]] = {id_: [] for id_ in by_id}
    for low, high in eligible_pairs_of(members, excluded):
        met[low].append(high)
        met[high].append(low)
    found = {}
    for one, others in met.items():
        row = []
        for other in others:
            two = pool_of([by_id[one], by_id[other]])
            scored = pair_scores(two, eligible_pairs(two, NOW, everyone(two)))
            z, known = float(scored.z[0]), bool(scored.known[0])
            if z >= least_z(minimum):
                row.append((-z, not known, order_among_equals(one, other), other))
        found[one] = [(other, two_decimals(score(-z))) for z, _, _, other in sorted(row)[:LONGEST]]
    return found


@few
@given(seeds, minima)
def test_lists_are_those_of_a_double_loop(seed: int, minimum: float) -> None:
    members, excluded = drawn(24, seed)
    found = lists_of(members, excluded, match_min_score=minimum)
    expected = double_loop(members, excluded, minimum)
    assert {one: [(row["c"], row["s"]) for row in rows] for one, rows in found.items()} == expected


def test_the_double_loop_finds_lists_of_some_length() -> None:
    """Otherwise the comparison above would show little."""
    members, excluded = drawn(120, 11)
    found = lists_of(members, excluded, match_min_score=45.0)
    assert sum(map(len, found.values())) > 300
    assert {row["m"] for rows in found.values() for row in rows} == {"romantic", "friendship", "professional"}
    assert {one: [(row["c"], row["s"]) for row in rows] for one, rows in found.items()} == double_loop(
        members, excluded, 45.0
    )


@few
@given(seeds, st.randoms(use_true_random=False))
def test_lists_in_a_small_pool_are_those_in_the_whole_community(seed: int, draw: random.Random) -> None:
    """What the queue rests on: a member among their candidates gets the list that the night would give."""
    members, excluded = drawn(90, seed)
    whole = lists_of(members, excluded, match_min_score=45.0)
    asking = draw.sample([member["id"] for member in members], 4)
    pairs = eligible_pairs_of(members, excluded)
    near = {*asking, *(id_ for pair in pairs if {*pair} & {*asking} for id_ in pair)}
    part = [member for member in members if member["id"] in near]
    draw.shuffle(part)
    place = {member["id"]: at for at, member in enumerate(part)}
    still = [
        [place[members[i]["id"]], place[members[j]["id"]]]
        for i, j in excluded
        if members[i]["id"] in place and members[j]["id"] in place
    ]
    assert lists_of(part, still, asking, match_min_score=45.0) == {one: whole[one] for one in asking}


@few
@given(seeds, st.randoms(use_true_random=False))
def test_neither_the_order_of_members_nor_who_asks_beside_changes_a_list(
    seed: int, draw: random.Random
) -> None:
    members, excluded = drawn(50, seed)
    order = draw.sample(range(50), 50)
    moved = {before: now for now, before in enumerate(order)}
    shuffled = [members[at] for at in order]
    turned = [[moved[j], moved[i]] for i, j in reversed(excluded)]
    whole = lists_of(members, excluded)
    assert lists_of(shuffled, turned) == whole
    alone = draw.choice(members)["id"]
    assert lists_of(members, excluded, [alone]) == {alone: whole[alone]}


def test_pieces_of_work_leave_no_seam(monkeypatch: pytest.MonkeyPatch) -> None:
    members, excluded = drawn(100, 4)
    whole = lists_of(members, excluded)
    monkeypatch.setattr(lists, "_ROWS", 3)
    assert lists_of(members, excluded) == whole


def test_both_sides_are_told_the_same_of_their_pair() -> None:
    found = lists_of(*drawn(120, 11), match_min_score=45.0)
    told = {(one, row["c"]): row for one, rows in found.items() for row in rows}
    mutual = [pair for pair in told if pair[::-1] in told]
    assert len(mutual) > 100
    for one, other in mutual:
        here, there = told[one, other], told[other, one]
        assert (here["ur"], here["cr"]) == (there["cr"], there["ur"])
        assert all(here[name] == there[name] for name in ("m", "s", "p", "l"))


def test_a_proposal_says_what_the_list_says() -> None:
    members, _ = drawn(120, 11)
    told = {(one, row["c"]): row for one, rows in lists_of(members).items() for row in rows}
    proposals = rank_members(members).proposals
    assert len(proposals) > 20
    for proposal in proposals:
        row = told[proposal.a, proposal.b]
        assert (row["m"], row["s"]) == (proposal.mode, proposal.total_score)
        assert (row["p"], tuple(row["l"])) == (proposal.score_breakdown, proposal.labels)
        assert (row["ur"], row["cr"]) == (proposal.revision_a, proposal.revision_b)


def test_rows_are_what_json_takes() -> None:
    rows = [row for rows in lists_of(*drawn(60, 3)).values() for row in rows]
    assert json.loads(json.dumps(rows, allow_nan=False)) == rows
    assert all(50 <= row["s"] <= 100 for row in rows)


# Length, ties, and who gets none.


def test_a_list_ends_with_its_fiftieth() -> None:
    members = [make_member(n, valuesVector=[1.0, n / 50, *[0.0] * 14]) for n in range(1, 91)]
    first = members[0]["id"]
    found = lists_of(members, asking=[first], match_min_score=0.0)[first]
    assert len(found) == LONGEST == 50
    # The nearer the direction, the higher the score: the fifty whose numbers come next, in order.
    assert [row["c"] for row in found] == [member["id"] for member in members[1:51]]


def test_who_has_no_room_is_listed_and_has_a_list() -> None:
    """Lists are for reading; room is asked for where proposals are made."""
    members = [make_member(1, capacity=0), make_member(2, capacity=-1)]
    assert [len(rows) for rows in lists_of(members).values()] == [1, 1]


def strangers(size: int) -> list[Member]:
    """Nobody knows anything of anybody: every pair scores 50."""
    return [make_member(uuid.UUID(int=random.Random(n).getrandbits(128)).int) for n in range(size)]


def test_among_equals_nobody_is_first_or_last_everywhere() -> None:
    members = strangers(120)
    found = lists_of(members)
    assert all(len(rows) == LONGEST and {row["s"] for row in rows} == {50.0} for rows in found.values())
    shown = Counter(row["c"] for rows in found.values() for row in rows)
    leads = Counter(rows[0]["c"] for rows in found.values())
    # By id, fifty of 120 would be on every list and seventy on none.
    assert len(shown) == 120
    assert min(shown.values()) >= 10
    assert max(leads.values()) <= 10
    assert lists_of(members) == found


def given_candidates(z: list[float], known: list[bool]) -> tuple[Pool, Candidates]:
    """The first of a pool with these candidates, as if they had been found."""
    pool = pool_of(strangers(len(z) + 1))
    start = np.array([0] + [len(z)] * len(pool), dtype=np.int64)
    pairs = Pairs(start, np.arange(1, len(z) + 1, dtype=np.int32))
    return pool, Candidates(pairs, np.array(z), np.array(known, dtype=np.bool_))


def test_what_is_known_stands_before_what_is_not_at_the_same_score() -> None:
    pool, found = given_candidates([0.0, 0.0, -1.0, 0.0, 2.0], [False, True, True, True, False])
    both = lists.lists_of(pool, found, np.array([0, 1]))
    assert both.start.tolist() == [0, 5, 5]
    places = (both.other - 1).tolist()
    assert places[0] == 4
    assert sorted(places[1:3]) == [1, 3]
    assert places[3:] == [0, 2]
    assert both.score.tolist() == [round(100 * score(found.z[at])) for at in places]


def test_rows_stand_with_who_was_asked_about_and_nobody_else() -> None:
    pool = pool_of(crowd(60, 6))
    asked = np.arange(0, 60, 4)
    found = candidates(pool, Rules(45.0), NOW, asked)
    for member in range(len(pool)):
        row = found.row(member)
        others = found.pairs.high[row].tolist()
        assert others == sorted(others)
        assert member not in others
        assert bool(others) <= (member in asked)
    assert len(found.pairs) == len(found.z) == len(found.known) > 10


def test_nobody_asked_and_nobody_there() -> None:
    none = np.array([], dtype=np.int64)
    for members in ([], [make_member(1)]):
        pool = pool_of(members)
        found = candidates(pool, Rules(), NOW, none)
        assert (len(found.pairs), listed(pool, found, none)) == (0, [])
    alone = pool_of([make_member(1)])
    assert listed(alone, candidates(alone, Rules(), NOW, np.array([0])), np.array([0])) == []


@pytest.mark.parametrize("members", [[-1], [3], [1, 0], [1, 1], [0, 5]])
def test_positions_that_are_none_are_refused(members: list[int]) -> None:
    pool = pool_of([make_member(n) for n in (1, 2, 3)])
    with pytest.raises(ValueError, match="ascending positions"):
        candidates(pool, Rules(), NOW, np.array(members))


def test_a_time_without_a_zone_is_refused() -> None:
    pool = pool_of([make_member(1), make_member(2)])
    with pytest.raises(ValueError, match="time zone"):
        candidates(pool, Rules(), datetime.datetime(2026, 1, 1), np.array([0]))
