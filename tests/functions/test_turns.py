"""Nobody who has a turn waits for a stranger: not for bytes of a body, not for keys, not for somebody's
model.

There is one turn here. While one request waits, another must get it.
"""

from __future__ import annotations

import io
from collections.abc import Callable
from typing import Any

import httpx
import pytest
from flask.testing import FlaskClient
from werkzeug.test import TestResponse

from tests.functions.deployment import CHAT, MATCH, Member, Rpc, refused
from tests.functions.test_chat import opened
from tests.shared.test_auth import documents, es256

MODEL = "http://model.test/v1"
KEYS = "http://keys.test/jwks.json"


class Meanwhile:
    """Another member's request, made while the first one waits."""

    def __init__(self, client: FlaskClient, rpc: Rpc) -> None:
        self.member = Member(client)
        self.answers: list[TestResponse] = []
        rpc.answers("get_status", {"language": None, "current": {"labels": None}, "matches": []})

    def __call__(self) -> None:
        self.answers.append(self.member.get("/connect/status"))

    @property
    def statuses(self) -> list[int]:
        """How they ended."""
        return [answer.status_code for answer in self.answers]


@pytest.fixture
def one_turn(deployed: Callable[..., FlaskClient]) -> Callable[..., FlaskClient]:
    def start(**more: str) -> FlaskClient:
        return deployed(CONNECT_REQUESTS_AT_ONCE="1", **more)

    return start


def test_a_body_is_read_before_the_turn(one_turn: Callable[..., FlaskClient], rpc: Rpc) -> None:
    client = one_turn()
    meanwhile = Meanwhile(client, rpc)

    class Slow(io.BytesIO):
        def read(self, size: int | None = -1) -> bytes:
            meanwhile()
            return super().read(size)

    rpc.answers("respond", {"status": "accepted_a", "blindChatId": None})
    raw = b'{"matchId": "%s", "action": "accept"}' % MATCH.encode()
    answer = Member(client).post_raw("/connect/respond", raw)
    assert answer.status_code == 200
    headers = {"Authorization": f"Bearer {Member(client).token}"}
    sent = {"wsgi.input": Slow(raw), "wsgi.input_terminated": True, "CONTENT_LENGTH": str(len(raw))}
    assert client.post("/connect/respond", headers=headers, environ_overrides=sent).status_code == 200
    assert set(meanwhile.statuses) == {200}


def test_keys_of_tokens_are_fetched_before_the_turn(one_turn: Callable[..., FlaskClient], rpc: Rpc) -> None:
    client = one_turn(SUPABASE_JWKS_URL=KEYS)
    meanwhile = Meanwhile(client, rpc)

    def slowly(_request: httpx.Request) -> httpx.Response:
        meanwhile()
        return httpx.Response(200, json=documents())

    rpc.router.get(KEYS).mock(side_effect=slowly)
    member = Member(client)
    member.token = es256()
    assert member.get("/connect/status").status_code == 200
    assert meanwhile.statuses == [200]


def _judged(**scores: float) -> dict[str, Any]:
    return {"results": [{"category_scores": {"hate": 0.01} | scores}]}


@pytest.mark.parametrize(("model", "status"), [((200, _judged()), 200), ((500, {}), 503)])
def test_the_turn_is_given_away_while_a_model_is_asked(
    one_turn: Callable[..., FlaskClient], rpc: Rpc, model: tuple[int, Any], status: int
) -> None:
    client = one_turn(CONNECT_MODERATION_URL=MODEL, CONNECT_MODERATION_KEY="k")
    meanwhile = Meanwhile(client, rpc)

    def slowly(_request: httpx.Request) -> httpx.Response:
        meanwhile()
        return httpx.Response(model[0], json=model[1])

    rpc.answers("open_message", opened())
    if status == 200:
        rpc.answers("send_message", {"messageId": MATCH, "createdAt": "2026-11-20T12:00:00Z"})
    rpc.router.post(f"{MODEL}/moderations").mock(side_effect=slowly)
    answer = Member(client).post("/connect/chat", {"blindChatId": CHAT, "message": "hi"})
    assert answer.status_code == status
    if status == 503:
        refused(answer, 503, "unavailable")
    assert meanwhile.statuses == [200]
    meanwhile()
    assert meanwhile.statuses == [200, 200], "the turn is lost"
