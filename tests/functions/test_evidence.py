"""POST /admin/evidence: the messages of a report, read."""

from __future__ import annotations

import base64
import json
from typing import Any

import pytest
from flask.testing import FlaskClient
from werkzeug.test import TestResponse

from shared.chat.sealing import KeyRing
from tests.functions.deployment import (
    CHAT,
    PUBLISHABLE,
    RING,
    Rpc,
    refused,
    refused_field,
    token,
)

PATH = "/admin/evidence"
ADMIN = {"app_metadata": {"connect_admin": True}}
REPORT = "4e904700-0000-4000-8000-0000000000dd"
ONE, TWO = ("00000000-0000-4000-8000-00000000000" + digit for digit in "12")
SALT = base64.b64encode(b"c" * 32).decode()
IN_CHAT = KeyRing(RING).chat(CHAT, SALT)
TOLD: dict[str, Any] = {
    **{"reportId": REPORT, "blindChatId": CHAT, "salt": SALT},
    **{"messages": [], "unreadable": []},
}
"""What the database says of a report in which no message was chosen."""


def read(client: FlaskClient, body: Any, bearer: str | None = None) -> TestResponse:
    return client.post(PATH, json=body, headers={"Authorization": f"Bearer {bearer or token(**ADMIN)}"})


def row(message_id: str, by: str, ciphertext: str, key_id: str = "k1") -> dict[str, Any]:
    side = "a" if by == "reporter" else "b"
    return {
        **{"id": message_id, "side": side, "keyId": key_id, "by": by, "ciphertext": ciphertext},
        "createdAt": "2026-01-01T00:00:00Z",
    }


def test_an_administrator_reads_it_as_text(client: FlaskClient, rpc: Rpc) -> None:
    rows = [row(ONE, "reporter", IN_CHAT.seal(ONE, "a", "k1", "Stop"))]
    rows.append(row(TWO, "reported", IN_CHAT.seal(ONE, "b", "k1", "Moved here from another row")))
    rpc.answers(
        "read_evidence",
        {"reportId": REPORT, "blindChatId": CHAT, "salt": SALT, "messages": rows, "unreadable": []},
    )
    bearer = token(**ADMIN)
    answer = read(client, {"reportId": REPORT, "why": " To decide. "}, bearer)
    assert json.loads(answer.data) == {
        **{"ok": True, "reportId": REPORT},
        "messages": [
            {"by": "reporter", "text": "Stop", "createdAt": "2026-01-01T00:00:00Z"},
            {"by": "reported", "text": None, "createdAt": "2026-01-01T00:00:00Z"},
        ],
        "tampered": 0,
    }
    assert rpc.args("read_evidence") == {"report_id": REPORT, "why": "To decide."}
    sent = rpc.sent_headers("read_evidence")
    assert (sent["apikey"], sent["authorization"]) == (PUBLISHABLE, f"Bearer {bearer}")


def test_a_report_without_evidence_has_none(client: FlaskClient, rpc: Rpc) -> None:
    rpc.answers("read_evidence", TOLD | {"blindChatId": None, "salt": None})
    told = json.loads(read(client, {"reportId": REPORT, "why": "x"}).data)
    assert (told["messages"], told["tampered"]) == ([], 0)


def test_only_what_this_service_has_signed_counts_as_tampering(client: FlaskClient, rpc: Rpc) -> None:
    """A reader could note an honest message by calling past it; nobody can sign for it."""
    other_chat = KeyRing(RING).chat(REPORT, SALT)
    words = [
        (ONE, "b", IN_CHAT.state_unreadable(ONE, "b")),
        (TWO, "b", IN_CHAT.state_unreadable(ONE, "b")),
        (TWO, "b", IN_CHAT.state_unreadable(TWO, "a")),
        (TWO, "b", other_chat.state_unreadable(TWO, "b")),
        (TWO, "b", f"k1:{'A' * 43}="),
    ]
    unreadable = [{"id": id_, "side": side, "statement": statement} for id_, side, statement in words]
    rpc.answers("read_evidence", TOLD | {"unreadable": unreadable})
    assert json.loads(read(client, {"reportId": REPORT, "why": "x"}).data)["tampered"] == 1
    lost = {"id": ONE, "side": "b", "statement": f"k9:{'A' * 43}="}
    rpc.answers("read_evidence", TOLD | {"unreadable": [lost]})
    refused(read(client, {"reportId": REPORT, "why": "x"}), 503, "unavailable")


def test_without_its_key_it_is_unavailable(client: FlaskClient, rpc: Rpc) -> None:
    rows = [row(ONE, "reporter", IN_CHAT.seal(ONE, "a", "k1", "Stop"), "k9")]
    rpc.answers(
        "read_evidence",
        {"reportId": REPORT, "blindChatId": CHAT, "salt": SALT, "messages": rows, "unreadable": []},
    )
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
