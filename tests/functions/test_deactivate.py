"""POST /connect/deactivate."""

from __future__ import annotations

from typing import Any

import pytest

from tests.functions.deployment import Member, Rpc, refused, refused_field

PATH = "/connect/deactivate"


def test_a_pause_without_an_end(member: Member, rpc: Rpc) -> None:
    rpc.answers("deactivate", {"status": "paused", "until": None})
    answer = member.post(PATH, {})
    assert (answer.status_code, answer.json) == (
        200,
        {"ok": True, "status": "paused", "until": None},
    )
    assert rpc.args("deactivate") == {"until": None}


@pytest.mark.parametrize(
    ("until", "sent"),
    [
        ("2999-01-31T12:00:00Z", "2999-01-31T12:00:00+00:00"),
        ("2999-01-31T12:00:00.5+02:00", "2999-01-31T10:00:00.500000+00:00"),
        ("2999-01-31T12:00+02:00", "2999-01-31T10:00:00+00:00"),
    ],
)
def test_a_pause_until_a_moment_goes_on_in_utc(member: Member, rpc: Rpc, until: str, sent: str) -> None:
    rpc.answers("deactivate", {"status": "paused", "until": sent})
    assert member.post(PATH, {"until": until}).status_code == 200
    assert rpc.args("deactivate") == {"until": sent}


@pytest.mark.parametrize(
    "until",
    [
        "2020-01-01T00:00:00Z",
        "2999-01-31T12:00:00",
        "2999-01-31",
        "2999-02-30T12:00:00Z",
        "9999-12-31T23:59:59-12:00",
        "tomorrow",
        "infinity",
        4102444800,
        True,
    ],
)
def test_other_moments_are_refused(member: Member, rpc: Rpc, until: Any) -> None:
    refused_field(member.post(PATH, {"until": until}), "until")


def test_an_empty_body_is_not_json(member: Member, rpc: Rpc) -> None:
    refused(member.post_raw(PATH, b""), 400, "invalid_body")
