"""Which labels a pair gets: its exact terms, what is certain enough, and nothing else."""

from __future__ import annotations

import math
from collections.abc import Mapping
from dataclasses import replace
from functools import cache
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from shared.engine.configuration import CONFIGURATION
from shared.engine.scoring.explanation import EXACT, Certainty, ExplanationError, explain
from shared.engine.scoring.labels import OPEN, SAYINGS, VOCABULARIES
from shared.words import LANGUAGES
from shared.words.insight import insight
from tests.engine.vocabulary import MODES, SHARES, every_list

FAMILIES = ("emotional", "attraction", "exchange", "ground", "complementary", "familiar", "other")


OWN = replace(CONFIGURATION, shares=SHARES)
"""Worked examples must not depend on what the blocks weigh for members."""


def told(mode: str, z: Mapping[str, float], **more: Any) -> list[str]:
    """Labels under the shares of these examples."""
    return explain(mode, z, SHARES[mode], configuration=OWN, **more)


@cache
def every_told_list(mode: str) -> frozenset[tuple[str, ...]]:
    return frozenset(every_list(mode))


@st.composite
def terms(draw: st.DrawFn, modes: tuple[str, ...] = MODES) -> dict[str, Any]:
    """Whatever `explain` takes: a mode, some of its blocks, weights, families and probabilities."""
    mode = draw(st.sampled_from(modes))
    blocks = draw(st.lists(st.sampled_from(sorted(SHARES[mode])), unique=True))
    # Not the smallest numbers there are: their products are lost.
    number = st.floats(-8, 8).map(lambda x: round(x, 6))
    likely = st.floats(0, 1) | st.sampled_from([0.0, 0.89, 0.9, 1.0])
    return {
        "mode": mode,
        "configuration": OWN,
        "z": {block: draw(number) for block in blocks},
        "weights": {block: abs(draw(number)) / 8 for block in blocks},
        "families": {
            block: draw(st.dictionaries(st.sampled_from(FAMILIES), number))
            for block in draw(st.sets(st.sampled_from(blocks)) if blocks else st.just(set()))
        },
        "certainty": {
            block: Certainty(draw(likely), draw(likely), draw(likely))
            for block in draw(st.sets(st.sampled_from(blocks)) if blocks else st.just(set()))
        },
    }


def test_the_strongest_three_come_first() -> None:
    z = {"values": 0.2, "communication": 3.0, "life_goals": 1.0, "readiness": 0.1, "astro": 0.1, "hd": 0.3}
    assert told("romantic", z) == ["kindred_communication", "aligned_life_goals", "shared_values"]


def test_strength_is_weight_times_z() -> None:
    assert told("romantic", {"values": 1.0, "life_goals": 1.6}) == ["shared_values", "aligned_life_goals"]
    assert told("romantic", {"values": 1.0, "hd": 2.6}) == ["shared_energy", "shared_values"]
    z = {"values": 1.0, "life_goals": 1.0}
    assert (
        explain("romantic", z, {"values": 0.1, "life_goals": 0.4}, configuration=OWN)[0]
        == "aligned_life_goals"
    )


@pytest.mark.parametrize("mode", MODES)
def test_equal_contributions_keep_the_order_of_the_configuration(mode: str) -> None:
    blocks = [block for block in reversed(list(SAYINGS[mode])) if block != "industry"]
    labels = explain(mode, dict.fromkeys(blocks, 1.0), dict.fromkeys(blocks, 0.5), configuration=OWN)
    assert labels == [SAYINGS[mode][block].strength for block in reversed(blocks)][:3]
    labels = explain(mode, dict.fromkeys(blocks, -1.0), dict.fromkeys(blocks, 0.5), configuration=OWN)
    assert labels == [OPEN, SAYINGS[mode][blocks[-1]].tension]


def test_one_tension_at_most_and_only_a_clear_one() -> None:
    z = {"values": 2.0, "communication": -3.0, "life_goals": -2.0}
    assert told("romantic", z) == ["shared_values", "different_communication"]
    assert told("romantic", {"values": 2.0, "communication": -0.5}) == ["shared_values"]
    assert told("romantic", {"values": 2.0, "communication": -0.51}) == [
        "shared_values",
        "different_communication",
    ]


def test_a_block_that_is_not_clearly_below_hides_no_clear_tension() -> None:
    """Values weigh more against this pair, but only Human Design stands out."""
    assert told("friendship", {"values": -0.49, "hd": -1.0}) == [OPEN, "different_rhythm"]


def test_nothing_shared_or_nothing_strong_is_an_open_beginning() -> None:
    for mode in MODES:
        assert told(mode, {}) == [OPEN]
    assert told("romantic", {"values": 0.0}) == [OPEN]
    assert told("romantic", {"values": -1.0}) == [OPEN, "different_values"]


def test_a_block_without_weight_is_never_named() -> None:
    z = {"values": 5.0, "communication": -5.0}
    assert explain("romantic", z, {"values": 0.0, "communication": 0.0}, configuration=OWN) == [OPEN]


def test_a_family_that_carries_the_block_names_it() -> None:
    def astro(mode: str, **contributions: float) -> str:
        return told(mode, {"astro": 1.0}, families={"astro": contributions})[0]

    assert astro("romantic", emotional=3.0, ground=1.0) == "emotional_resonance"
    assert astro("romantic", exchange=1.0, ground=3.0, emotional=-9.0) == "steady_ground"
    assert astro("romantic", exchange=3.0, other=2.0) == "easy_exchange"
    # Half is not more than half, and a family without a label of its own leaves the general one.
    assert astro("romantic", exchange=3.0, other=3.0) == "natural_ease"
    assert astro("romantic", other=3.0) == "natural_ease"
    assert astro("romantic", exchange=-1.0) == astro("romantic") == "natural_ease"
    assert astro("romantic", attraction=3.0) == "natural_attraction"
    assert astro("friendship", attraction=3.0, exchange=1.0) == "natural_ease"
    hd = {"hd": {"complementary": 2.0, "familiar": 0.5}}
    assert told("friendship", {"hd": 1.0}, families=hd) == ["complementary_energies"]
    assert told("friendship", {"hd": -1.0}, families=hd) == [OPEN, "different_rhythm"]


def test_what_is_less_likely_than_nine_in_ten_is_not_told() -> None:
    z = {"values": 0.1, "astro": 3.0, "hd": -3.0}
    families = {"astro": {"ground": 1.0}}

    def labels(**sure: Certainty) -> list[str]:
        return told("romantic", z, families=families, certainty=sure)

    assert labels() == ["steady_ground", "shared_values", "different_rhythm"]
    assert labels(astro=Certainty(0.9, 0.0, 0.9)) == labels()
    assert labels(astro=Certainty(0.9, 0.0, 0.89)) == ["natural_ease", "shared_values", "different_rhythm"]
    assert labels(astro=Certainty(0.9)) == ["natural_ease", "shared_values", "different_rhythm"]
    assert labels(astro=Certainty(0.89, 1.0, 1.0)) == ["shared_values", "different_rhythm"]
    assert labels(hd=Certainty(1.0, 0.89, 1.0)) == ["steady_ground", "shared_values"]
    assert labels(hd=Certainty(0.0, 0.9, 0.0)) == labels()
    assert labels(astro=EXACT, hd=EXACT) == labels()


def test_an_unsure_block_leaves_its_place_to_the_next() -> None:
    z = {"values": 1.0, "communication": 1.0, "readiness": 1.0, "life_goals": 0.1, "astro": 9.0}
    unsure = {"astro": Certainty(0.5, 0.5)}
    assert told("romantic", z)[0] == "natural_ease"
    assert told("romantic", z, certainty=unsure) == [
        "shared_values",
        "kindred_communication",
        "ready_together",
    ]
    z = {"astro": -9.0, "values": -1.0}
    assert told("romantic", z, certainty=unsure) == [OPEN, "different_values"]


def test_profile_and_industry_speak_with_one_voice() -> None:
    assert told("professional", {"profile": 1.0, "industry": 1.0}) == ["related_work"]
    assert told("professional", {"profile": 1.0, "industry": -2.0}) == ["related_work"]
    assert told("professional", {"profile": -2.0, "industry": 1.0}) == ["related_work"]
    assert told("professional", {"profile": -2.0, "industry": -2.0}) == [OPEN, "different_work"]
    # The place that the twin would have taken goes to the next block.
    z = {"profile": 4.0, "industry": 4.0, "interests": 2.0, "activity": 1.0}
    assert told("professional", z) == ["related_work", "common_interests", "similar_pace"]


def test_the_place_is_silent() -> None:
    assert told("professional", {"location": 9.0}) == told("professional", {"location": -9.0}) == [OPEN]


@given(terms(("professional",)), st.floats(-8, 8), st.floats(0, 1))
def test_no_label_depends_on_where_somebody_lives(given_terms: dict[str, Any], z: float, w: float) -> None:
    apart = {block: value for block, value in given_terms["z"].items() if block != "location"}
    without: dict[str, Any] = {**given_terms, "z": apart}
    here: dict[str, Any] = {
        **given_terms,
        "z": {**apart, "location": z},
        "weights": {**given_terms["weights"], "location": w},
    }
    assert explain(**here) == explain(**without)


@given(terms())
def test_labels_are_of_the_mode_few_and_in_a_told_order(given_terms: dict[str, Any]) -> None:
    mode = given_terms["mode"]
    labels = explain(**given_terms)
    assert set(labels) <= VOCABULARIES[mode]
    assert len(labels) == len(set(labels))
    assert 1 <= len(labels) <= 4
    assert tuple(labels) in every_told_list(mode)


@given(terms())
def test_labels_say_nothing_about_a_block_that_is_not_shared_or_not_sure(given_terms: dict[str, Any]) -> None:
    mode, z, certainty = (given_terms[name] for name in ("mode", "z", "certainty"))
    sayings = SAYINGS[mode]
    tensions = {one.tension for one in sayings.values()}
    for label in set(explain(**given_terms)) - {OPEN}:
        tense = label in tensions
        # At least one of the blocks that know this label may say it.
        assert any(
            block in z
            and label in ({one.tension} if tense else {one.strength, *one.families.values()})
            and (
                z[block] < OWN.tension_below and certainty.get(block, EXACT).tension >= 0.9
                if tense
                else z[block] > 0 and certainty.get(block, EXACT).strength >= 0.9
            )
            and (label == one.strength or tense or certainty.get(block, EXACT).family >= 0.9)
            for block, one in sayings.items()
        )


@given(terms())
def test_the_order_in_which_terms_arrive_is_nothing(given_terms: dict[str, Any]) -> None:
    turned: dict[str, Any] = {
        name: dict(reversed(list(value.items()))) if isinstance(value, dict) else value
        for name, value in given_terms.items()
    }
    turned["families"] = {
        block: dict(reversed(list(found.items()))) for block, found in turned["families"].items()
    }
    assert explain(**turned) == explain(**given_terms)


@given(terms(), st.floats(0.1, 10))
def test_only_proportions_of_weights_and_families_count(given_terms: dict[str, Any], factor: float) -> None:
    """Powers of two, which change no digit of a product."""
    scale = 2.0 ** round(factor)
    scaled: dict[str, Any] = {
        **given_terms,
        "weights": {block: weight * scale for block, weight in given_terms["weights"].items()},
        "families": {
            block: {family: value * scale for family, value in found.items()}
            for block, found in given_terms["families"].items()
        },
    }
    assert explain(**scaled) == explain(**given_terms)


@given(terms(), st.floats(0.5, 2.0), st.floats(0.5, 2.0))
def test_numbers_that_change_no_label_change_no_text(
    given_terms: dict[str, Any], stretch: float, tilt: float
) -> None:
    """Two pairs of the same mode who differ in their charts alone: texts differ exactly where labels do."""
    moved: dict[str, Any] = {
        **given_terms,
        "z": {
            block: value * stretch if block in ("astro", "hd") else value
            for block, value in given_terms["z"].items()
        },
        "families": {
            block: {
                family: value * (tilt if family == "ground" else stretch) for family, value in found.items()
            }
            for block, found in given_terms["families"].items()
        },
    }
    before, after = explain(**given_terms), explain(**moved)
    for language in LANGUAGES:
        texts = [insight(labels, language) for labels in (before, after)]
        assert (texts[0] == texts[1]) == (before == after)


@pytest.mark.parametrize(
    ("changed", "said"),
    [
        ({"mode": "both"}, "no such mode; there are: romantic, friendship, professional"),
        ({"z": {"industry": 1.0}}, "z: a block that romantic does not have"),
        ({"z": {"astro": math.nan}}, "z of astro: not a finite number"),
        ({"z": {"astro": -math.inf}}, "z of astro"),
        ({"weights": {"astro": 0.5}}, "weight of values"),
        ({"weights": {"astro": 0.5, "values": -0.1}}, "weight of values"),
        ({"weights": {"astro": math.nan, "values": 0.1}}, "weight of astro"),
        ({"families": {"stars": {}}}, "families: a block that romantic does not have"),
        ({"families": {"astro": {"ground": math.inf}}}, "families of astro"),
        ({"certainty": {"astro": Certainty(1.01)}}, "certainty of astro"),
        ({"certainty": {"astro": Certainty(family=math.nan)}}, "certainty of astro"),
    ],
)
def test_terms_that_cannot_be_are_refused(changed: dict[str, Any], said: str) -> None:
    usual: dict[str, Any] = {
        "mode": "romantic",
        "configuration": OWN,
        "z": {"astro": 1.234, "values": 0.5},
        "weights": {"astro": 0.5, "values": 0.5},
    }
    with pytest.raises(ExplanationError, match=said) as refused:
        explain(**{**usual, **changed})
    assert "1.23" not in str(refused.value)
