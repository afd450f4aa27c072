"""The data files of the questionnaire: scales, statements in two languages, loadings."""

import itertools
import re
from collections import Counter

import numpy as np
import pytest

from shared.quiz.questionnaire import AREAS, DIMENSIONS, SIGNALS, VECTORS, Item, questionnaire

QUIZ = questionnaire()
ITEMS = tuple(QUIZ.items.values())
SCALES = tuple(QUIZ.scales.values())
# Words of the formal address, and of statements that hold two ideas.
FORMAL = re.compile(r"\b(Sie|Ihr|Ihnen|Ihre[mnrs]?)\b")
FIRST_PERSON = {
    "en": re.compile(r"\b(I|my|My|me|myself)\b"),
    "de": re.compile(r"\b(ich|mich|mir|mein(e[mnrs]?)?)\b", re.I),
}


def test_there_are_as_many_scales_and_statements_as_a_member_has_patience_for() -> None:
    assert 20 <= len(SCALES) <= 24
    assert 48 <= len(ITEMS) <= 60
    assert {scale.signal for scale in SCALES} == set(SIGNALS) == set(AREAS) == set(QUIZ.needs)


@pytest.mark.parametrize("scale", SCALES, ids=lambda scale: scale.name)
def test_half_of_a_scale_is_worded_the_other_way_round(scale: object) -> None:
    keys = Counter(item.key for item in ITEMS if item.scale == scale)
    assert keys.keys() == {1, -1}
    assert keys[1] == keys[-1] >= 1


def test_each_scale_says_in_one_line_what_it_is_about() -> None:
    lines = [scale.line for scale in SCALES]
    assert len(set(lines)) == len(lines)
    assert all(line.endswith(".") and len(line) <= 70 for line in lines)


@pytest.mark.parametrize("item", ITEMS, ids=lambda item: item.id)
def test_a_statement_is_short_and_says_i(item: Item) -> None:
    assert re.fullmatch(r"[a-z][a-z_]{1,39}", item.id)
    assert item.texts.keys() == {"en", "de"}
    for language, text in item.texts.items():
        assert 10 <= len(text) <= 90
        assert text.endswith(".")
        assert text.count(".") == 1
        assert FIRST_PERSON[language].search(text), text
    assert not FORMAL.search(item.texts["de"])


def test_no_statement_stands_there_twice() -> None:
    for language in ("en", "de"):
        assert len({item.texts[language] for item in ITEMS}) == len(ITEMS)


def test_a_member_reads_their_language_or_english() -> None:
    item = ITEMS[0]
    assert item.text("de") == item.texts["de"]
    assert item.text("fr") == item.text("en") == item.text(None) == item.texts["en"]


def test_neighbours_do_not_measure_the_same() -> None:
    for one, other in itertools.pairwise(ITEMS):
        assert one.scale != other.scale


def test_members_who_only_look_for_friends_are_not_asked_about_romance() -> None:
    everybody, friends = QUIZ.asked(friendship_only=False), QUIZ.asked(friendship_only=True)
    assert everybody == ITEMS
    left_out = {item.scale.name for item in everybody if item not in friends}
    assert left_out == {"children", "marriage", "past", "room", "closeness"}
    assert [signal for signal in SIGNALS if QUIZ.concerns_friendship(signal)] == [*VECTORS]


@pytest.mark.parametrize("signal", VECTORS)
def test_a_signal_of_friendship_can_be_completed_without_romance(signal: str) -> None:
    plain = [scale for scale in SCALES if scale.signal == signal and not scale.romance]
    assert len(plain) >= QUIZ.needs[signal] > len(plain) / 2  # type: ignore[index]


def test_every_scale_of_a_vector_has_loadings_of_its_own() -> None:
    for signal in VECTORS:
        loadings = np.array([scale.loadings for scale in SCALES if scale.signal == signal])
        assert loadings.shape[1] == DIMENSIONS
        assert np.linalg.matrix_rank(loadings) == len(loadings)
    assert all(scale.loadings == () for scale in SCALES if scale.signal == "readiness")


def test_opposite_values_stand_opposite_on_the_circle() -> None:
    loadings = np.array([scale.loadings for scale in SCALES if scale.signal == "values"])
    likeness = loadings @ loadings.T
    for at in range(10):
        assert likeness[at, (at + 1) % 10] > 0.25
        assert likeness[at, (at + 5) % 10] == pytest.approx(-0.36, abs=0.01)
