"""GET and PUT /connect/preferences."""

from __future__ import annotations

from typing import Any

import pytest

from tests.functions.deployment import Member, Rpc, refused

PATH = "/connect/preferences"
SHOWN = {"preferences": {"traits": ["smokes"]}}
EXAMPLE = {
    "traits": ["smokes", "religious"],
    "dealBreakers": ["uses_drugs"],
    "industries": ["real_estate"],
    "jobLevels": ["founder"],
    "companySizes": ["2-10"],
    "networkingGoals": ["raise_funding"],
    "meetingTypes": ["video"],
    "excludeColleagues": False,
    "excludeCompetitors": True,
    "algorithmWeights": {"values": 2, "astro": 0.5},
}


def test_reading(member: Member, rpc: Rpc) -> None:
    rpc.answers("get_preferences", SHOWN)
    answer = member.get(PATH)
    assert (answer.status_code, answer.json) == (200, {"ok": True, **SHOWN})
    assert rpc.args("get_preferences") == {}


def test_everything_reaches_the_database(member: Member, rpc: Rpc) -> None:
    rpc.answers("put_preferences", SHOWN)
    answer = member.put(PATH, EXAMPLE)
    assert (answer.status_code, answer.json) == (200, {"ok": True, **SHOWN})
    assert rpc.args("put_preferences") == {
        "traits": ["smokes", "religious"],
        "deal_breakers": ["uses_drugs"],
        "industries": ["real_estate"],
        "job_levels": ["founder"],
        "company_sizes": ["2-10"],
        "networking_goals": ["raise_funding"],
        "meeting_types": ["video"],
        "exclude_colleagues": False,
        "exclude_competitors": True,
        "algorithm_weights": {"values": 2, "astro": 0.5},
    }


def test_what_is_not_said_is_as_before_the_first_time(member: Member, rpc: Rpc) -> None:
    rpc.answers("put_preferences", SHOWN)
    member.put(PATH, {})
    assert rpc.args("put_preferences") == {
        **{"traits": [], "deal_breakers": [], "industries": [], "job_levels": [], "company_sizes": []},
        **{"networking_goals": [], "meeting_types": [], "algorithm_weights": {}},
        **{"exclude_colleagues": True, "exclude_competitors": False},
    }


def test_religion_without_its_switch_is_refused(member: Member, rpc: Rpc) -> None:
    rpc.refuses("put_preferences", "consent_required", 403)
    refused(member.put(PATH, {"traits": ["religious"]}), 403, "consent_required")


@pytest.mark.parametrize(
    ("field", "value", "said"),
    [
        ("traits", ["clairvoyant"], "smokes"),
        ("traits", ["smokes", "smokes"], "twice"),
        ("traits", None, "list"),
        ("dealBreakers", ["tall"], "eats_meat"),
        ("industries", ["Real estate"], "lower-case words"),
        ("industries", ["law"] * 21, "20"),
        ("jobLevels", ["king"], "founder"),
        ("companySizes", ["11-51"], "11-50"),
        ("companySizes", [11], "11-50"),
        ("networkingGoals", ["get_rich"], "find_mentor"),
        ("meetingTypes", ["dance"], "coffee"),
        ("excludeColleagues", "no", ""),
        ("excludeColleagues", None, ""),
    ],
)
def test_a_refusal_names_what_is_allowed(member: Member, field: str, value: Any, said: str) -> None:
    answer = member.put(PATH, EXAMPLE | {field: value})
    assert said in str(refused(answer, 422, "invalid_body")["errors"])


@pytest.mark.parametrize(
    "weights",
    [
        {"values": 0.49},
        {"values": 2.01},
        {"values": "1"},
        {"values": None},
        {"": 1},
        {"Values": 1},
        [1],
        None,
    ],
)
def test_own_weights_are_half_to_twice_as_much(member: Member, weights: Any) -> None:
    refused(member.put(PATH, EXAMPLE | {"algorithmWeights": weights}), 422, "invalid_body")


def test_bodies_are_closed(member: Member) -> None:
    refused(member.put(PATH, EXAMPLE | {"languages": ["en"]}), 422, "invalid_body")
