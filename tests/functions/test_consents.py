"""GET and PUT /connect/consents."""

from __future__ import annotations

from typing import Any

import pytest

from tests.functions.deployment import RATE, Member, Rpc, refused, refused_field

PATH = "/connect/consents"
OFF = {
    "birthData": False,
    "values": False,
    "location": False,
    "feedback": False,
    "aiText": False,
}
STATE = {"version": "v1", "currentVersion": "v1", "switches": OFF, "log": []}


def test_reading(member: Member, rpc: Rpc) -> None:
    rpc.answers("get_consents", STATE)
    answer = member.get(PATH)
    assert (answer.status_code, answer.json) == (200, {"ok": True, **STATE})
    assert rpc.args("get_consents") == {}


def test_an_absent_switch_is_off(member: Member, rpc: Rpc) -> None:
    rpc.answers("put_consents", STATE)
    answer = member.put(PATH, {"version": "v1", "switches": {"values": True}})
    assert (answer.status_code, answer.json) == (200, {"ok": True, **STATE})
    switches = OFF | {"values": True}
    assert rpc.args("put_consents") == {
        "version": "v1",
        "switches": switches,
        "home_place": None,
        "home_cell": None,
    }


def test_allowing_location_brings_the_cell_of_the_known_home(member: Member, rpc: Rpc) -> None:
    rpc.answers("get_profile", {"profile": {"homePlace": "Hamburg, Germany"}})
    rpc.answers("put_consents", STATE, headers=RATE | {"RateLimit-Remaining": "58"})
    answer = member.put(PATH, {"version": "v1", "switches": {"location": True}})
    assert answer.json == {"ok": True, **STATE}
    row, column = rpc.args("put_consents")["home_cell"].split(".")
    assert (int(row), column.isdigit()) == (1435, True)  # 53.5 degrees north
    assert rpc.args("put_consents")["home_place"] == "Hamburg, Germany"
    assert answer.headers["RateLimit-Remaining"] == "58"


def test_allowing_location_without_a_home_brings_none(member: Member, rpc: Rpc) -> None:
    rpc.answers("get_profile", {"profile": {"homePlace": None}})
    rpc.answers("put_consents", STATE)
    assert member.put(PATH, {"version": "v1", "switches": {"location": True}}).status_code == 200
    assert rpc.args("put_consents")["home_cell"] is None


@pytest.mark.parametrize(
    ("field", "body"),
    [
        ("version", {"switches": {}}),
        ("switches", {"version": "v1"}),
        ("switches", {"version": "v1", "switches": []}),
        ("switches.values", {"version": "v1", "switches": {"values": 1}}),
        ("switches.values", {"version": "v1", "switches": {"values": "true"}}),
        ("switches.charts", {"version": "v1", "switches": {"charts": True}}),
        ("switches.?", {"version": "v1", "switches": {"a b": True}}),
        ("log", {"version": "v1", "switches": {}, "log": []}),
    ],
)
def test_nonsense_is_refused(member: Member, rpc: Rpc, field: str, body: dict[str, Any]) -> None:
    refused_field(member.put(PATH, body), field)


def test_an_unknown_version_is_consent_required(member: Member, rpc: Rpc) -> None:
    rpc.refuses("put_consents", "consent_required", 403)
    refused(member.put(PATH, {"version": "v0", "switches": {}}), 403, "consent_required")
