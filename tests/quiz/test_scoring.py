"""From answers to vectors and readiness: examples, laws, and what is found again of a drawn truth."""

import dataclasses
import math
from collections.abc import Mapping

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from shared.quiz import people, scoring
from shared.quiz.questionnaire import VECTORS, Item, Questionnaire, Signal, questionnaire
from shared.quiz.scoring import Signals, signals_of, signals_version

QUIZ = questionnaire()
ITEMS = tuple(QUIZ.items.values())
MEMBERS = 1000
Answers = Mapping[str, int]

some_answers = st.dictionaries(st.sampled_from([item.id for item in ITEMS]), st.integers(1, 7))


def towards(*scales: str, strength: int = 3) -> dict[str, int]:
    """Everything answered in the middle, but for these scales."""
    return {item.id: 4 + item.key * strength * (item.scale.name in scales) for item in ITEMS}


def test_a_vector_points_to_what_was_said() -> None:
    found = signals_of(towards("children"))
    vector = found.vectors["life_goals"]
    assert vector is not None
    assert max(range(16), key=lambda at: vector[at]) == 0  # the dimension of children


@pytest.mark.parametrize(("strength", "readiness"), [(3, 100.0), (-3, 0.0), (1, 66.67)])
def test_readiness_is_how_far_answers_go(strength: int, readiness: float) -> None:
    # The usual member is left out of this, to see the scale itself.
    flat = {name: dataclasses.replace(scale, usual=0.0) for name, scale in QUIZ.scales.items()}
    quiz = dataclasses.replace(
        QUIZ, scales=flat, items={i.id: i for i in ITEMS if i.scale.signal == "readiness"}
    )
    said = {item.id: 4 + item.key * strength for item in quiz.items.values()}
    found = signals_of(said, quiz).readiness
    assert found == pytest.approx(50 + 0.75 * (readiness - 50), abs=0.01)


def test_who_tells_nothing_has_no_signals() -> None:
    nothing = Signals(dict.fromkeys(VECTORS), None)
    assert signals_of({}) == nothing
    for answer in (1, 4, 7):
        assert signals_of({item.id: answer for item in ITEMS}) == nothing
    assert signals_of({ITEMS[0].id: 7}) == nothing


def test_a_signal_needs_answers_on_enough_scales() -> None:
    order = [item for item in ITEMS if item.scale.signal == "values"]
    said: dict[str, int] = {}
    for count, item in enumerate(order[: QUIZ.needs["values"]], start=1):
        assert not signals_of(said).enough["values"]
        said[item.id] = 2 + count % 5
    assert signals_of(said).enough == {
        "values": True,
        "communication": False,
        "life_goals": False,
        "readiness": False,
    }


def test_answers_to_statements_that_are_gone_are_ignored() -> None:
    said = towards("freedom")
    assert signals_of(said | {"long_gone": 7}) == signals_of(said)


@settings(deadline=None, max_examples=200)
@given(some_answers)
def test_whatever_is_answered_gives_finite_vectors_of_length_one(said: Answers) -> None:
    found = signals_of(said)
    for vector in found.vectors.values():
        if vector is not None:
            assert len(vector) == 16
            assert all(map(math.isfinite, vector))
            assert math.hypot(*vector) == pytest.approx(1.0)
    assert found.readiness is None or 0 <= found.readiness <= 100


def turned(items: Mapping[str, Item], which: set[str]) -> dict[str, Item]:
    return {i: dataclasses.replace(one, key=-one.key) if i in which else one for i, one in items.items()}


@settings(deadline=None, max_examples=100)
@given(some_answers)
def test_reversing_every_statement_and_its_answer_changes_nothing(said: Answers) -> None:
    every = dataclasses.replace(QUIZ, items=turned(QUIZ.items, set(QUIZ.items)))
    before, after = signals_of(said), signals_of({i: 8 - v for i, v in said.items()}, every)
    assert before.readiness == pytest.approx(after.readiness, abs=0.011)
    for signal in VECTORS:
        assert before.vectors[signal] == pytest.approx(after.vectors[signal], abs=1e-9)


@settings(deadline=None, max_examples=100)
@given(some_answers, st.integers(-6, 6))
def test_saying_yes_more_readily_changes_nothing(said: Answers, more: int) -> None:
    before, after = signals_of(said), signals_of({item: value + more for item, value in said.items()})
    for signal in VECTORS:
        assert before.vectors[signal] == pytest.approx(after.vectors[signal], abs=1e-9)


def recovered(answers: people.Whole, signal: Signal) -> tuple[people.Real, people.Whole]:
    """Vectors of members who have one, and which members these are."""
    found = [signals_of(each).vectors[signal] for each in map(people.named, answers)]
    has = [at for at, vector in enumerate(found) if vector is not None]
    return np.array([found[at] for at in has]), np.array(has)


def half(rng: np.random.Generator, answers: people.Whole, signal: Signal) -> tuple[people.Real, people.Whole]:
    """The same where each member answers a half of their own choice."""
    found = []
    for each in map(people.named, answers):
        kept = set(rng.choice(list(each), len(each) // 2, replace=False))
        found.append(signals_of({i: v for i, v in each.items() if i in kept}).vectors[signal])
    has = [at for at, vector in enumerate(found) if vector is not None]
    return np.array([found[at] for at in has]), np.array(has)


def correlation(found: people.Real, truth: people.Real) -> float:
    used = np.abs(truth).sum(axis=0) > 0
    return float(np.corrcoef(found[:, used].ravel(), truth[:, used].ravel())[0, 1])


def likeness(vectors: people.Real) -> float:
    """The mean cosine of members of one half with members of the other half."""
    middle = len(vectors) // 2
    return float(vectors[:middle].mean(axis=0) @ vectors[middle:].mean(axis=0))


def drawn(seed: int) -> tuple[np.random.Generator, people.Real]:
    rng = np.random.default_rng(seed)
    return rng, rng.normal(0.0, 1.0, (MEMBERS, len(people.scales())))


def test_simulated_answers_repeat_themselves_as_real_ones_do() -> None:
    rng, truth = drawn(1)
    yes = rng.normal(0.0, people.YES, MEMBERS)
    first, second = people.draw_answers(rng, truth, yes), people.draw_answers(rng, truth, yes)
    each = [np.corrcoef(first[:, at], second[:, at])[0, 1] for at in range(first.shape[1])]
    print(f"test-retest r of a statement: {np.mean(each):.3f} ({min(each):.3f} to {max(each):.3f})")
    assert np.mean(each) == pytest.approx(scoring.RETEST, abs=0.05)


@pytest.mark.parametrize("signal", VECTORS)
def test_vectors_find_the_truth_again(signal: Signal) -> None:
    rng, truth = drawn(2)
    answers = people.draw_answers(rng, truth)
    true = people.true_vectors(truth)[signal]
    whole, members = recovered(answers, signal)
    assert len(members) == MEMBERS
    part, some = half(rng, answers, signal)
    at_all, at_half = correlation(whole, true), correlation(part, true[some])
    print(
        f"{signal}: r {at_all:.3f} at all answers, {at_half:.3f} at half ({len(some) / MEMBERS:.0%} enough)"
    )
    assert at_all >= 0.8
    assert at_half >= 0.6


@pytest.mark.parametrize("signal", VECTORS)
def test_two_yes_sayers_are_no_more_alike_than_others(signal: Signal) -> None:
    rng, truth = drawn(3)
    yes = np.full(MEMBERS, 2.0)
    found, _ = recovered(people.draw_answers(rng, truth, yes), signal)
    usual, _ = recovered(people.draw_answers(rng, truth, np.zeros(MEMBERS)), signal)
    alike, chance = likeness(found), likeness(usual)
    print(f"{signal}: mean cosine of yes-sayers {alike:+.3f}, of others {chance:+.3f}")
    assert alike <= chance + 0.02
    assert abs(alike) < 0.03


def test_the_version_changes_with_what_vectors_are_made_of(monkeypatch: pytest.MonkeyPatch) -> None:
    before = signals_version()
    assert len(before) == 12
    signals_version.cache_clear()
    monkeypatch.setattr(scoring, "FORMULA", scoring.FORMULA + 1)
    assert signals_version() != before
    monkeypatch.undo()
    signals_version.cache_clear()
    changed: Questionnaire = dataclasses.replace(QUIZ, items=turned(QUIZ.items, {ITEMS[0].id}))
    monkeypatch.setattr(scoring, "questionnaire", lambda: changed)
    assert signals_version() != before
    monkeypatch.undo()
    signals_version.cache_clear()
    assert signals_version() == before
