"""Whole runs over toy communities whose right answer is obvious."""

from __future__ import annotations

import json
import math

import pytest

from shared.engine import VOCABULARY
from tests.engine.community import axis, crowd, make_member, pairs_of, rank_members


def test_two_alike_meet_and_two_unlike_do_not() -> None:
    """Two in one corner, two in another: the engine pairs the corners."""
    here, there = axis(0), axis(0, -1.0)
    members = [make_member(n, valuesVector=here if n < 3 else there) for n in (1, 2, 3, 4)]
    assert pairs_of(rank_members(members)) == [(1, 2), (3, 4)]


def test_proposals_come_best_first_and_equal_ones_by_ids() -> None:
    near = [0.9, 0.1, *[0.0] * 14]
    members = [
        make_member(7, valuesVector=axis(0)),
        make_member(3, valuesVector=near),
        make_member(5, valuesVector=axis(0)),
    ]
    assert pairs_of(rank_members(members)) == [(5, 7), (3, 5), (3, 7)]


def test_a_pair_without_a_shared_block_scores_50_and_ranks_last() -> None:
    silent = [make_member(1), make_member(2)]
    middling = [make_member(n, valuesVector=axis(0), gender="male") for n in (8, 9)]
    opposite = make_member(10, valuesVector=axis(0, -1.0), gender="male")
    for one in silent:
        one["preferredGenders"] = ["female"]
    ranking = rank_members([*silent, *middling, opposite], match_min_score=0.0)
    assert pairs_of(ranking) == [(8, 9), (8, 10), (9, 10), (1, 2)]
    last = ranking.proposals[-1]
    assert (last.total_score, last.labels, dict(last.score_breakdown)) == (50.0, ("open_beginning",), {})
    assert last.values_score is last.communication_score is last.readiness_score is None
    assert ranking.proposals[-2].total_score < 50


def test_a_proposal_carries_everything_there_is_to_store() -> None:
    full = {
        "valuesVector": axis(0),
        "communicationVector": axis(1),
        "lifeGoalsVector": axis(2),
        "languages": ["de", "en"],
        "mode": "romantic",
    }
    one = make_member(1, revision=4, readiness=90, **full)
    other = make_member(2, revision=6, readiness=40.25, **full)
    (proposal,) = rank_members([other, one]).proposals
    found = proposal.as_json()
    assert found == {
        "a": one["id"],
        "b": other["id"],
        "revisionA": 4,
        "revisionB": 6,
        "mode": "romantic",
        "totalScore": found["totalScore"],
        "astroScore": None,
        "hdScore": None,
        "valuesScore": found["scoreBreakdown"]["values"],
        "communicationScore": found["scoreBreakdown"]["communication"],
        "readinessScore": 40.25,
        "scoreBreakdown": found["scoreBreakdown"],
        "labels": ["shared_values", "kindred_communication", "aligned_life_goals", "gentle_pace"],
    }
    assert list(found["scoreBreakdown"]) == ["values", "communication", "life_goals", "readiness"]
    assert 50 < found["totalScore"] < 100
    assert json.loads(json.dumps(found, allow_nan=False)) == found


def test_a_single_block_scores_the_same_alone_and_in_total() -> None:
    (proposal,) = rank_members([make_member(n, readiness=95) for n in (1, 2)]).proposals
    assert proposal.score_breakdown == {"readiness": proposal.total_score}


def test_the_minimum_score_is_a_gate() -> None:
    members = [make_member(1, valuesVector=axis(0)), make_member(2, valuesVector=[1.0] * 16)]
    (proposal,) = rank_members(members, match_min_score=0.0).proposals
    assert rank_members(members, match_min_score=proposal.total_score - 0.01).proposals
    gated = rank_members(members, match_min_score=proposal.total_score + 0.01)
    assert not gated.proposals
    assert (gated.statement.eligible_pairs, gated.statement.pairs_above_minimum) == (1, 0)
    assert gated.statement.members_without_candidates == 0
    assert gated.statement.members_below_minimum == 2


@pytest.mark.parametrize("size", [0, 1])
def test_too_few_people_is_an_answer(size: int) -> None:
    ranking = rank_members([make_member(n) for n in range(size)])
    assert not ranking.proposals
    nothing = {
        "members": size,
        "membersWithCandidates": 0,
        "membersWithProposal": 0,
        "proposals": 0,
        "expectedMatches": 0.0,
        "tenthPercentile": 0.0,
        "gini": 0.0,
        "envy": 0.0,
        "largestLoad": 0,
    }
    found = ranking.statement.as_json()
    assert found.pop("marketIterations") >= 0
    assert found.pop("groups") == []
    assert found == {
        "members": size,
        "membersWithRoom": size,
        "membersWithProposal": 0,
        "membersWithoutCandidates": size,
        "membersBelowMinimum": 0,
        "eligiblePairs": 0,
        "eligibleShare": 0.0,
        "pairsAboveMinimum": 0,
        "proposed": 0,
        "longestWaitDays": 1.0 * size,
        "before": nothing,
        "after": nothing,
        "eligibleScores": None,
        "proposedScores": None,
    }
    assert ranking.prices.tolist() == [0.0] * size


def test_all_of_one_gender_who_want_the_other_is_an_answer() -> None:
    ranking = rank_members([make_member(n, preferredGenders=["male"]) for n in range(20)])
    assert not ranking.proposals
    assert ranking.statement.members_without_candidates == 20


def test_a_triangle_of_friends_is_served() -> None:
    """Nothing assumes two sides: three who like each other all meet."""
    ranking = rank_members([make_member(n, mode="friendship") for n in (1, 2, 3)])
    assert pairs_of(ranking) == [(1, 2), (1, 3), (2, 3)]
    assert {p.mode for p in ranking.proposals} == {"friendship"}


def test_the_full_are_not_without_candidates() -> None:
    members = [make_member(1, capacity=0), make_member(2), make_member(3, preferredGenders=["male"])]
    statement = rank_members(members).statement
    assert (statement.members, statement.members_with_room) == (3, 2)
    assert statement.members_without_candidates == 2  # the only one they could meet is full


def test_the_statement_agrees_with_the_proposals() -> None:
    ranking = rank_members(crowd(150, seed=5, capacity=3))
    did = ranking.statement
    loads: dict[str, int] = {}
    for proposal in ranking.proposals:
        for member in (proposal.a, proposal.b):
            loads[member] = loads.get(member, 0) + 1
    assert did.proposed == len(ranking.proposals) > 50
    assert did.members_with_proposal == len(loads)
    assert did.members_with_room == did.members == 150
    assert did.eligible_pairs >= did.pairs_above_minimum >= did.proposed
    assert did.members_with_proposal <= did.members - did.members_without_candidates
    assert 0 < did.after.gini < 1
    assert did.after.members_with_proposal == len(loads)
    assert did.after.largest_load == max(loads.values())
    assert sum(group.members for group in did.groups) == 150
    assert all(group.members >= 20 for group in did.groups)
    assert sum(group.with_proposal for group in did.groups) == len(loads)
    points = sorted(p.total_score for p in ranking.proposals)
    assert did.proposed_scores is not None
    assert points[0] >= 50
    assert did.proposed_scores["median"] == points[(len(points) - 1) // 2]
    assert set(did.proposed_scores) == {"p10", "median", "p90"}
    assert json.loads(json.dumps(did.as_json(), allow_nan=False)) == did.as_json()


def test_labels_hold_nothing_but_the_vocabulary() -> None:
    for proposal in rank_members(crowd(150, seed=6), match_min_score=0.0).proposals:
        assert set(proposal.labels) <= VOCABULARY
        numbers = [proposal.total_score, *proposal.score_breakdown.values()]
        assert all(0 <= n <= 100 and math.isclose(round(n, 2), n) for n in numbers)


def test_of_a_few_the_statement_tells_nobodys_score() -> None:
    did = rank_members([make_member(n, readiness=90) for n in (1, 2)]).statement
    assert did.proposed == 1
    assert did.proposed_scores is did.eligible_scores is None
    assert did.groups == ()


@pytest.mark.parametrize("signals", [{}, {"readiness": 90}])
def test_where_there_are_too_few_who_waits_longest_is_served(signals: dict[str, int]) -> None:
    """Four men wait, one woman comes a day: each man has his turn, whatever his id."""
    men = [make_member(n, gender="male", preferredGenders=["female"], **signals) for n in (1, 2, 3, 4)]
    for place, man in enumerate(men):
        man["waitingSince"] = 1000 + (place * 3) % 4  # neither in the order of ids nor against it
    served: list[int] = []
    for day in range(8):
        woman = make_member(
            100 + day, gender="female", preferredGenders=["male"], capacity=1, waitingSince=9000, **signals
        )
        ((lucky, _),) = pairs_of(rank_members([*men, woman]))
        served.append(lucky)
        men[lucky - 1]["waitingSince"] = 10_000 + day
    assert sorted(served[:4]) == [1, 2, 3, 4]
    assert served[:4] == served[4:]


def test_who_tells_nothing_is_not_preferred_to_who_scores() -> None:
    """One place each: the woman of whom something is known goes to the man of whom something is known."""
    known = {"valuesVector": axis(0)}
    man = make_member(1, gender="male", preferredGenders=["female"], capacity=1, **known)
    silent = make_member(2, gender="male", preferredGenders=["female"], capacity=1)
    woman = make_member(3, gender="female", preferredGenders=["male"], capacity=1, **known)
    man["waitingSince"], silent["waitingSince"], woman["waitingSince"] = 30, 20, 10
    assert pairs_of(rank_members([man, silent, woman])) == [(1, 3)]
    assert pairs_of(rank_members([silent, woman])) == [(2, 3)]
