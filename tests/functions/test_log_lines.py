"""One JSON line per request, and nothing of the people in it."""

from __future__ import annotations

import json
from typing import Any

import httpx
import pytest

from tests.functions.deployment import ALICE, CHAT, MATCH, SEARCHING, Member, Rpc


def lines(capsys: pytest.CaptureFixture[str]) -> list[dict[str, Any]]:
    """What was logged since the last look; every line must be JSON."""
    written = capsys.readouterr()
    assert written.out == ""
    return [json.loads(line) for line in written.err.splitlines()]


def test_a_line_tells_route_status_time_and_request_id(
    member: Member, rpc: Rpc, capsys: pytest.CaptureFixture[str]
) -> None:
    rpc.answers("get_status", SEARCHING)
    answer = member.get("/connect/status")
    (line,) = lines(capsys)
    assert line.pop("duration_ms") >= 0
    assert line.pop("time").endswith("+00:00")
    assert line == {
        "severity": "INFO",
        "message": "request",
        "service": "connect",
        "route": "GET /connect/status",
        "status": 200,
        "request_id": answer.headers["X-Request-Id"],
    }


def test_a_refusal_tells_its_code_and_an_outage_its_reason(
    member: Member, rpc: Rpc, capsys: pytest.CaptureFixture[str]
) -> None:
    member.client.get("/connect/status")
    rpc.on("get_status").mock(side_effect=httpx.ConnectError("at 10.0.0.7"))
    member.get("/connect/status")
    refusal, outage = lines(capsys)
    assert (refusal["severity"], refusal["code"]) == ("INFO", "unauthenticated")
    assert (outage["severity"], outage["reason"]) == (
        "ERROR",
        "database unreachable: ConnectError",
    )


def test_an_unknown_path_is_not_repeated(
    member: Member, rpc: Rpc, capsys: pytest.CaptureFixture[str]
) -> None:
    member.get(f"/connect/{ALICE}?name=Ana")
    assert lines(capsys)[0]["route"] == "unmatched"


def test_no_person_match_token_or_text_is_ever_logged(
    member: Member, rpc: Rpc, capsys: pytest.CaptureFixture[str]
) -> None:
    private = "Zanahoria"
    unusable = {"salt": f"{private} not base64", "side": "a", "keyId": None, "revealed": False}
    rpc.answers("open_message", unusable)
    rpc.answers("put_profile", {"code": "22P02", "message": private, "details": private}, 400)
    rpc.answers("read_chat", {"messages": [{"id": private}], "salt": "AAAA"})
    rpc.on("respond").mock(side_effect=RuntimeError(private))
    statuses = [
        member.post("/connect/chat", {"blindChatId": CHAT, "message": private}).status_code,
        member.put("/connect/profile", {"displayName": private}).status_code,
        member.put("/connect/profile", {"homePlace": private}).status_code,
        member.put("/connect/profile", {private: private}).status_code,
        member.get(f"/connect/chat?blindChatId={CHAT}").status_code,
        member.post("/connect/respond", {"matchId": MATCH, "action": "accept"}).status_code,
    ]
    assert statuses == [500, 422, 422, 422, 500, 500]
    logged = lines(capsys)
    text = json.dumps(logged)
    for secret in (private, ALICE, CHAT, MATCH, member.token, member.token.split(".")[2]):
        assert secret not in text
    told = [line for line in logged if line["route"] == "POST /connect/respond"]
    assert told[0]["error"] == "builtins.RuntimeError"
    assert any("functions/connect/matching/respond.py" in frame for frame in told[0]["trace"])


def test_the_trace_tells_no_folder_of_the_machine(
    member: Member, rpc: Rpc, capsys: pytest.CaptureFixture[str]
) -> None:
    rpc.on("get_status").mock(side_effect=RuntimeError)
    member.get("/connect/status")
    (line,) = lines(capsys)
    assert line["trace"]
    assert not any(frame.startswith("/") for frame in line["trace"])
