"""POST /connect/activate."""

from __future__ import annotations

from typing import Any

import pytest

from tests.functions.deployment import PUBLISHABLE, RATE, Member, Rpc, refused, refused_field

PATH = "/connect/activate"
ANSWER = {"status": "active", "profileId": "9f000000-0000-4000-8000-000000000001"}
EXAMPLE = {
    "mode": "both",
    "minAge": 27,
    "maxAge": 42,
    "distanceKm": 120,
    "preferredGenders": ["female"],
    "friendshipGenders": [],
    "languagePref": ["en", "de"],
    "consentVersion": "v1",
}


def test_the_members_own_token_and_every_preference_reach_the_database(member: Member, rpc: Rpc) -> None:
    rpc.answers("activate", ANSWER)
    answer = member.post(PATH, EXAMPLE)
    assert (answer.status_code, answer.json) == (200, {"ok": True, **ANSWER})
    assert rpc.args("activate") == {
        "mode": "both",
        "min_age": 27,
        "max_age": 42,
        "distance_km": 120,
        "preferred_genders": ["female"],
        "friendship_genders": [],
        "language_pref": ["en", "de"],
        "consent_version": "v1",
    }
    sent = rpc.sent_headers("activate")
    assert sent["authorization"] == f"Bearer {member.token}"
    assert sent["apikey"] == PUBLISHABLE
    assert {name: answer.headers[name] for name in RATE} == RATE


def test_absent_preferences_are_left_to_the_database(member: Member, rpc: Rpc) -> None:
    rpc.answers("activate", ANSWER)
    assert member.post(PATH, {"mode": "friendship", "consentVersion": "v1"}).status_code == 200
    assert rpc.args("activate") == {"mode": "friendship", "consent_version": "v1"}


@pytest.mark.parametrize(
    ("field", "argument"), [("distanceKm", "distance_km"), ("friendshipGenders", "friendship_genders")]
)
def test_a_null_is_said_and_means_something(member: Member, rpc: Rpc, field: str, argument: str) -> None:
    rpc.answers("activate", ANSWER)
    assert member.post(PATH, {"mode": "both", field: None, "consentVersion": "v1"}).status_code == 200
    assert rpc.args("activate") == {"mode": "both", argument: None, "consent_version": "v1"}


def test_words_for_genders_are_the_databases_to_judge(member: Member, rpc: Rpc) -> None:
    rpc.answers("activate", ANSWER)
    words = {"preferredGenders": ["agender"], "friendshipGenders": ["two_spirit"]}
    assert member.post(PATH, EXAMPLE | words).status_code == 200
    assert rpc.args("activate")["friendship_genders"] == ["two_spirit"]
    rpc.refuses("activate", "invalid_body", 422)
    assert refused(member.post(PATH, EXAMPLE | words), 422, "invalid_body")["detail"] == "As SQL says."


@pytest.mark.parametrize(
    ("field", "value"),
    [
        ("mode", "casual"),
        ("mode", None),
        ("mode", 7),
        ("minAge", 17),
        ("minAge", "27"),
        ("minAge", True),
        ("maxAge", 121),
        ("maxAge", 26),
        ("distanceKm", 0),
        ("distanceKm", 20_001),
        ("distanceKm", 10.5),
        ("preferredGenders", "female"),
        ("preferredGenders[0]", ["Woman"]),
        ("preferredGenders[0]", [None]),
        ("preferredGenders", [f"gender_{letter}" for letter in "abcdefghijklmnopq"]),
        ("friendshipGenders", "female"),
        ("friendshipGenders[1]", ["male", ""]),
        ("friendshipGenders", ["male", "male"]),
        ("preferredGenders", ["female", "female"]),
        ("languagePref[1]", ["en", "xx"]),
        ("languagePref[0]", ["EN"]),
        ("languagePref[0]", ["zh-"]),
        ("languagePref", ["pt", "pt-BR"]),
        ("consentVersion", ""),
        ("consentVersion", "v 1"),
        ("userId", "somebody"),
    ],
)
def test_nonsense_is_refused_before_the_database(member: Member, rpc: Rpc, field: str, value: Any) -> None:
    refused_field(member.post(PATH, EXAMPLE | {field.partition("[")[0]: value}), field)


@pytest.mark.parametrize("missing", ["mode", "consentVersion"])
def test_mode_and_consent_are_never_assumed(member: Member, rpc: Rpc, missing: str) -> None:
    body = {name: value for name, value in EXAMPLE.items() if name != missing}
    assert refused_field(member.post(PATH, body), missing)["detail"] == f"{missing}: is required."


def test_an_unknown_version_is_consent_required(member: Member, rpc: Rpc) -> None:
    rpc.refuses("activate", "consent_required", 403, currentVersion="v2")
    problem = refused(member.post(PATH, EXAMPLE), 403, "consent_required")
    assert (problem["detail"], problem["currentVersion"]) == ("As SQL says.", "v2")


def test_an_incomplete_profile_tells_what_is_missing(member: Member, rpc: Rpc) -> None:
    rpc.refuses("activate", "profile_incomplete", 409, missing=["birthDate", "tz"])
    problem = refused(member.post(PATH, EXAMPLE), 409, "profile_incomplete")
    assert problem["missing"] == ["birthDate", "tz"]
