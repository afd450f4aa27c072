"""Labels and the text made from them: a closed vocabulary, and never a number."""

from __future__ import annotations

import itertools
import re

import pytest
from hypothesis import given
from hypothesis import strategies as st

from shared.engine.configuration import CONFIGURATION
from shared.engine.explanation import explain
from shared.engine.labels import OPEN, STRENGTHS, TENSIONS, VOCABULARY, Language, insight, shared_language

BLOCKS = [block.name for block in CONFIGURATION.blocks]
some_z = st.dictionaries(st.sampled_from(BLOCKS), st.floats(-6, 6))


def test_the_strongest_three_come_first() -> None:
    z = {"values": 0.2, "communication": 3.0, "life_goals": 1.0, "readiness": 0.1}
    assert explain(z) == ["kindred_communication", "aligned_life_goals", "shared_values"]


def test_strength_is_share_times_z() -> None:
    assert explain({"values": 1.0, "life_goals": 1.6}) == ["shared_values", "aligned_life_goals"]


def test_equal_strengths_keep_the_order_of_the_configuration() -> None:
    assert explain({"readiness": 1.0, "communication": 1.0}) == ["kindred_communication", "ready_together"]


def test_one_tension_at_most_and_only_a_clear_one() -> None:
    z = {"values": 2.0, "communication": -3.0, "life_goals": -2.0}
    assert explain(z) == ["shared_values", "different_communication"]
    assert explain({"values": 2.0, "communication": -0.5}) == ["shared_values"]
    assert explain({"values": 2.0, "communication": -0.51}) == ["shared_values", "different_communication"]


def test_nothing_shared_or_nothing_strong_is_an_open_beginning() -> None:
    assert explain({}) == [OPEN]
    assert explain({"values": 0.0}) == [OPEN]
    assert explain({"values": -1.0}) == [OPEN, "different_values"]


@given(some_z)
def test_labels_are_of_the_vocabulary_few_and_each_once(z: dict[str, float]) -> None:
    found = explain(z)
    assert set(found) <= VOCABULARY
    assert len(found) == len(set(found))
    assert 1 <= len(found) <= 4
    assert sum(label in TENSIONS.values() for label in found) <= 1


@given(some_z)
def test_labels_say_nothing_about_a_block_that_is_not_shared(z: dict[str, float]) -> None:
    silent = set(BLOCKS) - z.keys()
    assert not {STRENGTHS[block] for block in silent} & set(explain(z))
    assert not {TENSIONS[block] for block in silent} & set(explain(z))


def test_labels_are_words() -> None:
    assert all(re.fullmatch(r"[a-z]+(_[a-z]+)*", label) for label in VOCABULARY)
    assert len(VOCABULARY) == 9


@pytest.mark.parametrize("language", ["en", "de"])
def test_every_list_of_labels_has_its_own_text_without_a_number(language: Language) -> None:
    """Every list `explain` can make, and every other of up to three strengths and a tension."""
    texts: dict[str, tuple[str, ...]] = {}
    strengths = [p for n in (1, 2, 3) for p in itertools.permutations(STRENGTHS.values(), n)]
    for first in [*strengths, (OPEN,)]:
        for last in [(), *((tension,) for tension in TENSIONS.values())]:
            labels = (*first, *last)
            text = insight(labels, language)
            assert not re.search(r"\d", text)
            assert text[0].isupper()
            assert text.endswith(".")
            assert 10 < len(text) < 400
            assert texts.setdefault(text, labels) == labels
            assert insight(list(labels), language) == text
    assert len(texts) == (4 + 12 + 24 + 1) * 5


def test_insight_in_both_languages() -> None:
    labels = ["shared_values", "ready_together", "different_communication"]
    assert insight(labels, "en") == (
        "You care about the same things and are both ready to meet someone. "
        "You may express yourselves differently: give it time."
    )
    assert insight(labels, "de") == (
        "Euch sind dieselben Dinge wichtig und ihr seid beide bereit, jemanden kennenzulernen. "
        "Ihr drückt euch vielleicht verschieden aus: gebt euch Zeit."
    )


@pytest.mark.parametrize("labels", [[], ["destiny"], ["shared_values", "score 87"]])
def test_labels_outside_the_vocabulary_are_refused(labels: list[str]) -> None:
    with pytest.raises(ValueError, match="label"):
        insight(labels, "en")


def test_german_is_for_two_people_whose_first_language_it_is() -> None:
    assert shared_language("de", "de") == "de"
    assert shared_language("de", "en") == shared_language("en", "de") == shared_language("fr", "fr") == "en"
