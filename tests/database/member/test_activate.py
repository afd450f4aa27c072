"""Opting in and pausing: consent first, then preferences; a pause withdraws from every proposal for good."""

import datetime

import pytest

from tests.cast import Cast, Json, Member
from tests.database.answers import not_found, ok, refused, status_of
from tests.database.runs import ids, load

PREFERENCES: Json = {
    "mode": "both",
    "min_age": 27,
    "max_age": 42,
    "distance_km": 120,
    "preferred_genders": ["female"],
    "friendship_genders": ["female", "non_binary"],
    "language_pref": ["en", "de"],
    "consent_version": "v1",
}


def _profile(cast: Cast, member: Member) -> Json | None:
    columns = "is_active,mode,min_age,max_age,distance_km,paused_at"
    rows = cast.rest(member, "GET", f"/connect_profiles?select={columns}").json()
    if not rows:
        return None
    told = ok(cast.rpc(member, "get_status"))["preferences"]
    version = ok(cast.rpc(member, "get_consents"))["version"]
    profile: Json = rows[0] | {
        "preferred_genders": told["preferredGenders"],
        "friendship_genders": told["friendshipGenders"],
        "language_pref": told["languagePref"],
        "consent_version": version,
    }
    return profile


def _searching(cast: Cast, member: Member) -> bool:
    return member.id in ids(load(cast))


def test_activating_opts_in_stores_preferences_and_allows_no_signal(cast: Cast) -> None:
    member = cast.member(active=False)
    assert ok(cast.rpc(member, "get_status"))["current"]["stage"] == "inactive"
    answer = ok(cast.rpc(member, "activate", **PREFERENCES))
    assert answer["status"] == "active"
    assert answer["profileId"] == str(
        cast.value("select id from public.connect_profiles where user_id = %s", member.id)
    )
    assert _profile(cast, member) == PREFERENCES | {"is_active": True, "paused_at": None}
    consents = ok(cast.rpc(member, "get_consents"))
    assert (consents["version"], set(consents["switches"].values())) == ("v1", {False})
    assert consents["log"][-1]["kind"] == "activated"
    assert (
        cast.value(
            "select count(*) from public.domain_events where event_type = 'profile.activated'"
            " and user_id = %s",
            member.id,
        )
        == 1
    )
    status = ok(cast.rpc(member, "get_status"))
    assert (status["active"], status["current"]["stage"], status["matches"]) == (True, "searching", [])
    assert _searching(cast, member)


def test_activating_again_keeps_the_profile_and_every_filter_not_named(cast: Cast) -> None:
    """A filter is a boundary: ending a pause must not lift it."""
    member = cast.member(active=False)
    first = ok(cast.rpc(member, "activate", **PREFERENCES))
    second = ok(cast.rpc(member, "activate", mode="friendship", consent_version="v1"))
    assert first["profileId"] == second["profileId"]
    assert _profile(cast, member) == PREFERENCES | {
        "mode": "friendship",
        "is_active": True,
        "paused_at": None,
    }
    assert second["preferences"] == first["preferences"] | {"mode": "friendship"}
    assert second["preferences"] == ok(cast.rpc(member, "get_status"))["preferences"]
    assert len(ok(cast.rpc(member, "get_consents"))["log"]) == 1  # the cast's own: nothing has changed


def test_the_first_activation_means_any_where_nothing_is_said_and_so_do_null_and_empty_later(
    cast: Cast,
) -> None:
    anybody = {
        "mode": "both",
        "minAge": 18,
        "maxAge": 120,
        "distanceKm": None,
        "preferredGenders": [],
        "friendshipGenders": None,
        "languagePref": [],
    }
    member = cast.member(active=False)
    assert ok(cast.rpc(member, "activate", mode="both", consent_version="v1"))["preferences"] == anybody
    ok(cast.rpc(member, "activate", **PREFERENCES))
    widened: Json = {
        "min_age": 18,
        "max_age": 120,
        "distance_km": None,
        "preferred_genders": [],
        "friendship_genders": None,
        "language_pref": [],
    }
    assert ok(cast.rpc(member, "activate", **(PREFERENCES | widened)))["preferences"] == anybody


@pytest.mark.parametrize("version", ["v0", "", None])
def test_an_unknown_consent_version_is_no_consent(cast: Cast, version: str | None) -> None:
    member = cast.member(active=False)
    refused(
        cast.rpc(member, "activate", **(PREFERENCES | {"consent_version": version})), 403, "consent_required"
    )
    assert _profile(cast, member) is None


def test_a_new_consent_text_asks_again(cast: Cast) -> None:
    member = cast.member(active=False)
    with cast.settings(consent_version="v2"):
        refused(cast.rpc(member, "activate", **PREFERENCES), 403, "consent_required")
        ok(cast.rpc(member, "activate", **(PREFERENCES | {"consent_version": "v2"})))
        assert ok(cast.rpc(member, "get_consents"))["version"] == "v2"


def test_who_lacks_a_profile_is_told_what_is_missing(cast: Cast) -> None:
    fields = "displayName, birthDate, gender, langPrimary, tz"
    assert fields in refused(cast.rpc(cast.stranger(), "activate", **PREFERENCES), 409, "profile_incomplete")
    half = cast.stranger()
    ok(cast.rpc(half, "put_profile", display_name="Half", tz="Europe/Berlin"))
    detail = refused(cast.rpc(half, "activate", **PREFERENCES), 409, "profile_incomplete")
    assert "birthDate, gender, langPrimary" in detail
    assert "displayName" not in detail


@pytest.mark.parametrize(
    "changes",
    [
        {"min_age": 17},
        {"max_age": 121},
        {"min_age": 50, "max_age": 49},
        {"distance_km": -1},
        {"distance_km": 20001},
        {"preferred_genders": ["female", "male", "non_binary", "female"]},
        {"preferred_genders": [None]},
        {"preferred_genders": ["female", "female"]},
        {"preferred_genders": [["female"], ["male"]]},
        {"preferred_genders": [""]},
        {"friendship_genders": [None]},
        {"friendship_genders": ["male", "male"]},
        {"friendship_genders": ["male", ""]},
        {"language_pref": ["english"]},
        {"language_pref": ["en"] * 21},
        {"language_pref": [None]},
        {"mode": None},
    ],
    ids=lambda changes: str(changes)[:40],
)
def test_preferences_out_of_range_change_nothing(cast: Cast, changes: Json) -> None:
    member = cast.member(active=False)
    ok(cast.rpc(member, "activate", **PREFERENCES))
    before = _profile(cast, member)
    refused(cast.rpc(member, "activate", **(PREFERENCES | changes)), 422, "invalid_body")
    assert _profile(cast, member) == before


def test_a_pause_withdraws_from_every_proposal_and_keeps_chats(cast: Cast) -> None:
    member = cast.member()
    proposed, accepted = cast.pair(a=member), cast.pair("accepted_a", a=member)
    as_b, chat = cast.pair("accepted_a", b=member), cast.pair("blind_chat_active", a=member)

    assert ok(cast.rpc(member, "deactivate")) == {"status": "paused", "until": None}

    assert [status_of(cast, pair.match_id) for pair in (proposed, accepted, as_b, chat)] == [
        *("closed", "closed", "closed"),
        "blind_chat_active",
    ]
    status = ok(cast.rpc(member, "get_status"))
    assert status["active"] is False
    assert [entry["matchId"] for entry in status["matches"]] == [chat.match_id]
    assert not _searching(cast, member)
    not_found(cast.rpc(member, "respond", match_id=proposed.match_id, action="accept"))
    assert (
        cast.value(
            "select count(*) from public.domain_events where event_type = 'profile.paused' and user_id = %s",
            member.id,
        )
        == 1
    )


def test_a_pause_ends_when_the_member_activates_again(cast: Cast) -> None:
    member = cast.member()
    ok(cast.rpc(member, "deactivate"))
    assert ok(cast.rpc(member, "get_status"))["current"]["stage"] == "paused"
    ok(cast.rpc(member, "activate", **PREFERENCES))
    profile = _profile(cast, member)
    assert profile is not None
    assert (profile["is_active"], profile["paused_at"]) == (True, None)
    assert _searching(cast, member)


def test_a_pause_with_an_end_ends_by_itself_and_brings_no_proposal_back(cast: Cast) -> None:
    member = cast.member()
    pair = cast.pair("accepted_a", a=member)
    until = datetime.datetime.now(datetime.UTC) + datetime.timedelta(days=2)
    answer = ok(cast.rpc(member, "deactivate", until=until.isoformat()))
    assert datetime.datetime.fromisoformat(answer["until"]) == until
    assert not _searching(cast, member)
    # Two days pass.
    cast.database.execute(
        "update public.connect_profiles set paused_at = now() - interval '2 days', paused_until = now()"
        " where user_id = %s",
        [member.id],
    )
    status = ok(cast.rpc(member, "get_status"))
    assert (status["active"], status["current"]["stage"], status["matches"]) == (True, "searching", [])
    assert _searching(cast, member)
    assert status_of(cast, pair.match_id) == "closed"


def test_a_pause_cannot_end_in_the_past(cast: Cast) -> None:
    member = cast.member()
    pair = cast.pair(a=member)
    refused(cast.rpc(member, "deactivate", until="2020-01-01T00:00:00Z"), 422, "invalid_body")
    assert _searching(cast, member)
    assert status_of(cast, pair.match_id) == "proposed"


def test_there_is_nothing_to_pause_before_activation(cast: Cast) -> None:
    for member in (cast.stranger(), cast.member(active=False)):
        refused(cast.rpc(member, "deactivate"), 409, "profile_incomplete")
