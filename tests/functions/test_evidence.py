"""POST /admin/evidence, and the evidence of POST /connect/report: sealed to the report, and read."""

from __future__ import annotations

import base64
import json
from typing import Any

import pytest
from flask.testing import FlaskClient
from werkzeug.test import TestResponse

from shared.messages import KeyRing, Unreadable
from tests.functions.deployment import (
    CHAT,
    MATCH,
    PUBLISHABLE,
    RING,
    Member,
    Rpc,
    refused,
    refused_field,
    token,
)

PATH = "/admin/evidence"
ADMIN = {"app_metadata": {"connect_admin": True}}
REPORT = "4e904700-0000-4000-8000-0000000000dd"
ONE, TWO = ("00000000-0000-4000-8000-00000000000" + digit for digit in "12")
CHAT_SALT = base64.b64encode(b"c" * 32).decode()
SALT = base64.b64encode(b"r" * 32).decode()
IN_CHAT = KeyRing(RING).chat(CHAT, CHAT_SALT)
IN_REPORT = KeyRing(RING).report(REPORT, SALT)


def opened(*messages: tuple[str, str, str], key_id: str | None = None) -> dict[str, Any]:
    """What `open_report` answers for `(id, side, ciphertext)`."""
    return {
        **{"reportId": REPORT, "reportSalt": SALT, "blindChatId": CHAT, "salt": CHAT_SALT, "keyId": key_id},
        "messages": [{"id": i, "side": s, "keyId": "k1", "ciphertext": c} for i, s, c in messages],
    }


def report(member: Member, *message_ids: Any) -> TestResponse:
    return member.post(
        "/connect/report", {"matchId": MATCH, "reason": "rude", "messageIds": list(message_ids)}
    )


@pytest.mark.parametrize("key_id", [None, "k1"])
def test_what_was_chosen_is_sealed_to_the_report(member: Member, rpc: Rpc, key_id: str | None) -> None:
    there = [(ONE, "a", IN_CHAT.seal(ONE, "a", "k1", "Stop")), (TWO, "b", IN_CHAT.seal(TWO, "b", "k1", "No"))]
    rpc.answers("open_report", opened(*there, key_id=key_id))
    rpc.answers("report_partner", {})
    assert report(member, ONE, TWO).json == {"ok": True}
    assert rpc.args("open_report") == {"match_id": MATCH, "message_ids": [ONE, TWO]}
    args = rpc.args("report_partner")
    used = key_id or "k2"
    texts = [
        IN_REPORT.open(one["messageId"], side, used, one["ciphertext"])
        for one, side in zip(args["evidence"], "ab", strict=True)
    ]
    assert texts == ["Stop", "No"]
    assert {one["keyId"] for one in args["evidence"]} == {used}
    assert {**args, "evidence": None} == {
        **{"match_id": MATCH, "reason": "rude", "details": None},
        "evidence": None,
    }


def test_what_does_not_open_is_no_evidence(member: Member, rpc: Rpc) -> None:
    moved = IN_CHAT.seal(TWO, "b", "k1", "Of another row")
    rpc.answers("open_report", opened((ONE, "b", moved), (TWO, "b", moved)))
    rpc.answers("report_partner", {})
    assert report(member, ONE, TWO).status_code == 200
    assert [one["messageId"] for one in rpc.args("report_partner")["evidence"]] == [TWO]


def test_of_a_chat_that_is_gone_the_report_stays(member: Member, rpc: Rpc) -> None:
    rpc.answers("open_report", opened() | {"salt": None, "blindChatId": None})
    rpc.answers("report_partner", {})
    assert report(member, ONE).status_code == 200
    assert rpc.args("report_partner")["evidence"] == []


def test_a_key_the_ring_lacks_is_unavailable(member: Member, rpc: Rpc) -> None:
    rpc.answers("open_report", opened((ONE, "a", IN_CHAT.seal(ONE, "a", "k1", "x")), key_id="k9"))
    refused(report(member, ONE), 503, "unavailable")


@pytest.mark.parametrize("chosen", [["x"], [ONE, ONE], [ONE, ONE.upper()], [None], ONE, [[ONE]]])
def test_nonsense_is_refused(member: Member, rpc: Rpc, chosen: Any) -> None:
    body = {"matchId": MATCH, "reason": "rude", "messageIds": chosen}
    problem = refused(member.post("/connect/report", body), 422, "invalid_body")
    assert problem["errors"][0]["field"].startswith("messageIds")


def test_twenty_messages_fit(member: Member, rpc: Rpc) -> None:
    ids = [f"00000000-0000-4000-8000-0000000000{n:02}" for n in range(21)]
    rpc.answers("open_report", opened())
    rpc.answers("report_partner", {})
    assert report(member, *ids[:20]).status_code == 200
    refused_field(report(member, *ids), "messageIds")


def test_evidence_opens_in_its_report_alone() -> None:
    wire = IN_REPORT.seal(ONE, "a", "k1", "text")
    assert KeyRing(RING).report(REPORT.upper(), SALT).open(ONE.upper(), "a", "k1", wire) == "text"
    for opener, message_id, side, key_id in (
        (IN_REPORT, TWO, "a", "k1"),
        (IN_REPORT, ONE, "b", "k1"),
        (IN_REPORT, ONE, "a", "k2"),
        (KeyRing(RING).report(CHAT, SALT), ONE, "a", "k1"),
        (KeyRing(RING).report(REPORT, CHAT_SALT), ONE, "a", "k1"),
        # A chat of the same id and salt: its keys are made for another purpose.
        (KeyRing(RING).chat(REPORT, SALT), ONE, "a", "k1"),
    ):
        with pytest.raises(Unreadable):
            opener.open(message_id, side, key_id, wire)


def read(client: FlaskClient, body: Any, bearer: str | None = None) -> TestResponse:
    return client.post(PATH, json=body, headers={"Authorization": f"Bearer {bearer or token(**ADMIN)}"})


def row(message_id: str, by: str, ciphertext: str, key_id: str = "k1") -> dict[str, Any]:
    side = "a" if by == "reporter" else "b"
    return {
        **{"id": message_id, "side": side, "keyId": key_id, "by": by, "ciphertext": ciphertext},
        "createdAt": "2026-01-01T00:00:00Z",
    }


def test_an_administrator_reads_it_as_text(client: FlaskClient, rpc: Rpc) -> None:
    rows = [row(ONE, "reporter", IN_REPORT.seal(ONE, "a", "k1", "Stop"))]
    rows.append(row(TWO, "reported", IN_REPORT.seal(ONE, "b", "k1", "Moved here from another row")))
    rpc.answers("read_evidence", {"reportId": REPORT, "salt": SALT, "messages": rows})
    bearer = token(**ADMIN)
    answer = read(client, {"reportId": REPORT, "why": " To decide. "}, bearer)
    assert json.loads(answer.data) == {
        **{"ok": True, "reportId": REPORT},
        "messages": [
            {"by": "reporter", "text": "Stop", "createdAt": "2026-01-01T00:00:00Z"},
            {"by": "reported", "text": None, "createdAt": "2026-01-01T00:00:00Z"},
        ],
    }
    assert rpc.args("read_evidence") == {"report_id": REPORT, "why": "To decide."}
    sent = rpc.sent_headers("read_evidence")
    assert (sent["apikey"], sent["authorization"]) == (PUBLISHABLE, f"Bearer {bearer}")


def test_a_report_without_evidence_has_none(client: FlaskClient, rpc: Rpc) -> None:
    rpc.answers("read_evidence", {"reportId": REPORT, "salt": None, "messages": []})
    assert json.loads(read(client, {"reportId": REPORT, "why": "x"}).data)["messages"] == []


def test_without_its_key_it_is_unavailable(client: FlaskClient, rpc: Rpc) -> None:
    rows = [row(ONE, "reporter", IN_REPORT.seal(ONE, "a", "k1", "Stop"), "k9")]
    rpc.answers("read_evidence", {"reportId": REPORT, "salt": SALT, "messages": rows})
    refused(read(client, {"reportId": REPORT, "why": "x"}), 503, "unavailable")


@pytest.mark.parametrize("body", [{"reportId": REPORT, "why": "x"}, {}, {"reportId": 1}])
def test_members_are_turned_away_before_their_body_is_looked_at(
    client: FlaskClient, rpc: Rpc, body: Any
) -> None:
    refused(read(client, body, token()), 403, "forbidden")
    refused(read(client, body, token(app_metadata={"connect_admin": "true"})), 403, "forbidden")
    refused(read(client, body, "nonsense"), 401, "unauthenticated")


@pytest.mark.parametrize(
    ("field", "body"),
    [
        ("why", {"reportId": REPORT}),
        ("why", {"reportId": REPORT, "why": "  "}),
        ("why", {"reportId": REPORT, "why": "x" * 1001}),
        ("reportId", {"reportId": "x", "why": "x"}),
    ],
)
def test_a_reading_names_its_report_and_its_reason(
    client: FlaskClient, rpc: Rpc, field: str, body: Any
) -> None:
    refused_field(read(client, body), field)
