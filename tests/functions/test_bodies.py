"""What counts as a body, the same for every route: shown on respond."""

from __future__ import annotations

import io
import json
from collections.abc import Iterator
from typing import Any

import pytest
from werkzeug.exceptions import ClientDisconnected
from werkzeug.test import TestResponse

from functions.connect.routes import ROUTES
from shared.http.flask_errors import BROKEN_BODY
from tests.functions.deployment import CHAT, MATCH, Member, Rpc, refused, refused_field, token

PATH = "/connect/respond"
GOOD = b'{"matchId": "%s", "action": "accept"}' % MATCH.encode()
WITH_BODY = [path for (method, path), route in ROUTES.items() if route.body and method == "POST"]


@pytest.mark.parametrize("path", WITH_BODY)
@pytest.mark.parametrize(
    "raw",
    [
        b"",
        b"  \n",
        b"{",
        b"accept",
        GOOD + b"x",
        GOOD[:-1] + b",}",
        b"{'matchId': 1}",
        b'{"matchId": NaN}',
        b'{"matchId": Infinity}',
        b'{"matchId": -Infinity}',
        b'{"matchId": 1e999}',
        b'{"matchId": ' + b"9" * 5000 + b"}",
        b'{"action": "accept", "action": "decline"}',
        b'{"a": {"b": 1, "b": 2}}',
        b'{"matchId": "\xff"}',
        b'{"matchId": "\xed\xa0\x80"}',
        GOOD.decode().encode("utf-16"),
        b"\xef\xbb\xbf" + GOOD,
        b"[" * 8000,
        b'{"a":' * 3000 + b"1" + b"}" * 1000,
        b'{"matchId": "a\nb"}',
        b"\x1f\x8b\x08\x00gzip",
        b"matchId=1&action=accept",
    ],
)
def test_what_is_not_one_json_text_is_400(member: Member, rpc: Rpc, path: str, raw: bytes) -> None:
    if ROUTES[("POST", path)].admin:
        member.token = token(app_metadata={"connect_admin": True})
    refused(member.post_raw(path, raw), 400, "invalid_body")


@pytest.mark.parametrize("value", [None, True, 7, 1.5, "accept", [], [{"matchId": MATCH}]])
def test_what_is_not_an_object_is_422(member: Member, rpc: Rpc, value: Any) -> None:
    problem = refused_field(member.post_raw(PATH, json.dumps(value).encode()), "body")
    assert problem["detail"] == "body: must be a JSON object."


def test_what_was_sent_is_never_quoted(member: Member, rpc: Rpc) -> None:
    secret = "4111 secret 1111"
    body = {"matchId": secret, "action": secret, secret: 1, "note": {secret: secret}}
    answer = member.post(PATH, body)
    problem = refused(answer, 422, "invalid_body")
    assert "secret" not in answer.get_data(as_text=True)
    fields = [error["field"] for error in problem["errors"]]
    assert fields == ["matchId", "action", "?", "note"]
    assert problem["detail"] == "matchId: must be a UUID. (3 more)"


def test_at_most_ten_problems_are_listed(member: Member, rpc: Rpc) -> None:
    body = {f"field{number}": number for number in range(500)}
    assert len(refused(member.post(PATH, body), 422, "invalid_body")["errors"]) == 10


def padded(size: int) -> bytes:
    """A good body of exactly `size` bytes."""
    return GOOD + b" " * (size - len(GOOD))


def test_sixteen_kilobytes_fit(member: Member, rpc: Rpc) -> None:
    rpc.answers("respond", {"status": "accepted_a", "blindChatId": None})
    assert member.post_raw(PATH, padded(32 * 1024)).status_code == 200


@pytest.mark.parametrize("size", [32 * 1024 + 1, 100_000, 3_000_000])
def test_one_byte_more_does_not(member: Member, rpc: Rpc, size: int) -> None:
    refused(member.post_raw(PATH, padded(size)), 413, "body_too_large")


class Endless:
    """A body that never ends and counts what is read of it."""

    def __init__(self) -> None:
        self.given = 0

    def read(self, size: int) -> bytes:
        """As many blanks as asked for."""
        assert size > 0, "the whole body was asked for"
        self.given += size
        return b" " * size


class Dripping(io.BytesIO):
    """A body that arrives seven bytes at a time, as chunks do."""

    def read(self, size: int | None = -1) -> bytes:
        """At most seven bytes."""
        return super().read(7 if size is None or size < 0 else min(size, 7))


def chunked(member: Member, method: str, path: str, stream: object) -> TestResponse:
    """A request whose body has no declared length."""
    return member.client.open(
        path,
        method=method,
        headers={"Authorization": f"Bearer {member.token}"},
        environ_overrides={
            "wsgi.input": stream,
            "wsgi.input_terminated": True,
            "HTTP_TRANSFER_ENCODING": "chunked",
        },
    )


@pytest.mark.parametrize(
    ("method", "path", "status"),
    [("POST", PATH, 413), ("GET", PATH, 405), ("GET", "/health", 200), ("POST", "/nowhere", 404)],
)
def test_a_body_without_a_declared_length_is_bounded_too(
    member: Member, rpc: Rpc, method: str, path: str, status: int
) -> None:
    endless = Endless()
    assert chunked(member, method, path, endless).status_code == status
    assert endless.given < 2_000_000


def test_a_chunked_body_that_fits_is_read(member: Member, rpc: Rpc) -> None:
    rpc.answers("respond", {"status": "accepted_a", "blindChatId": None})
    assert chunked(member, "POST", PATH, Dripping(padded(2000))).status_code == 200
    assert rpc.args("respond") == {"match_id": MATCH, "action": "accept"}


GUNICORN = BROKEN_BODY[-1]  # what the server of the framework raises for malformed chunks


class Broken:
    """A body whose reading ends in an error."""

    def __init__(self, error: Exception) -> None:
        self.error = error

    def read(self, _size: int) -> bytes:
        """What the server raises then."""
        raise self.error


@pytest.mark.parametrize("error", [ConnectionResetError(), ClientDisconnected(), GUNICORN("ZZZ")], ids=repr)
@pytest.mark.parametrize(("path", "status"), [(PATH, 400), ("/nowhere", 404)])
def test_a_body_that_does_not_arrive_whole_is_a_problem_too(
    member: Member, rpc: Rpc, error: Exception, path: str, status: int
) -> None:
    answer = chunked(member, "POST", path, Broken(error))
    refused(answer, status, "invalid_body" if status == 400 else "not_found")


class Silent:
    """A body that is declared and never sent."""

    def read(self, _size: int) -> bytes:
        """Whoever reads it waits for ever."""
        raise AssertionError("a body of this size is not waited for")


def test_a_huge_declared_body_is_refused_unread(member: Member, rpc: Rpc) -> None:
    answer = member.client.post(
        PATH,
        headers={"Authorization": f"Bearer {member.token}"},
        environ_overrides={"wsgi.input": Silent(), "CONTENT_LENGTH": "99999999"},
    )
    refused(answer, 413, "body_too_large")


@pytest.mark.parametrize("raw", [b"", b"{", b"\xff", b"x" * 20_000])
def test_a_stranger_learns_nothing_about_bodies(member: Member, rpc: Rpc, raw: bytes) -> None:
    member.token = "no.real.token"
    answer = member.post_raw(PATH, raw)
    refused(answer, 401, "unauthenticated")
    assert answer.headers["WWW-Authenticate"] == "Bearer"


def test_a_good_body_in_a_query_is_not_a_body(member: Member, rpc: Rpc) -> None:
    answer = member.post_raw(f"{PATH}?matchId={MATCH}&action=accept", GOOD)
    refused_field(answer, "query")


def test_the_message_of_a_chat_may_use_every_character_json_can_write(member: Member, rpc: Rpc) -> None:
    raw = b'{"blindChatId": "%s", "message": "\\ud83d\\udc4b \\u00e9"}' % CHAT.encode()
    rpc.refuses("open_message", "not_found", 404)
    refused(member.post_raw("/connect/chat", raw), 404, "not_found")


def texts(schema: dict[str, Any], named: dict[str, Any], path: tuple[str | int, ...] = ()) -> Iterator[Any]:
    """Bodies in which one text is half a character: one for every place where a body may hold a text."""
    for each in schema.get("anyOf", []):
        yield from texts(each, named, path)
    if "$ref" in schema:
        yield from texts(named[schema["$ref"].rsplit("/", 1)[-1]], named, path)
    if schema.get("type") == "string":
        body: Any = "\\ud83d"
        for step in reversed(path):
            body = [body] if step == 0 else {step: body}
        yield body
    if schema.get("type") == "array":
        yield from texts(schema.get("items", {}), named, (*path, 0))
    for name, each in schema.get("properties", {}).items():
        yield from texts(each, named, (*path, name))


HALVES = [
    (method, path, json.dumps(body).replace("\\\\", "\\").encode())
    for (method, path), route in ROUTES.items()
    if route.body is not None
    for shape in (route.body,)
    for schema in (shape.model_json_schema(),)
    for body in [*texts(schema, schema.get("$defs", {})), {"\\ud83d": 1}]
]


def test_half_a_character_is_looked_for_everywhere() -> None:
    assert len(HALVES) > 40
    assert all(raw.count(b"\\ud83d") == 1 for _, _, raw in HALVES)


@pytest.mark.parametrize(("method", "path", "raw"), HALVES)
def test_half_a_character_is_no_text_anywhere(
    member: Member, rpc: Rpc, method: str, path: str, raw: bytes
) -> None:
    """No UTF-8 holds it, so it must not get as far as the call of the database."""
    member.token = token(app_metadata={"connect_admin": True})
    headers = {"Authorization": f"Bearer {member.token}", "Idempotency-Key": "k"}
    answer = member.client.open(path, method=method, data=raw, headers=headers)
    assert b"ud83d" not in refused(answer, 422, "invalid_body")["detail"].encode()


@pytest.mark.parametrize("text", ["%ED%A0%BD", "%ED%A0%BD%ED%B1%8B", "%ff", "%5Cud83d"])
def test_nor_is_it_in_a_query(member: Member, rpc: Rpc, text: str) -> None:
    refused(member.get(f"/connect/chat?blindChatId={CHAT}&after={text}"), 422, "invalid_body")
    refused(member.get(f"/connect/chat?blindChatId={text}"), 422, "invalid_body")
