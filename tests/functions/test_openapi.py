"""GET /openapi.json."""

from __future__ import annotations

import threading
from collections.abc import Mapping
from concurrent.futures import ThreadPoolExecutor
from typing import Any

import pytest
from flask import Response
from flask.testing import FlaskClient

from functions.connect.routes import ROUTES
from shared import openapi
from shared.http.openapi_route import published
from tests.functions.deployment import Rpc, refused


def test_it_is_for_anyone_and_may_be_kept(client: FlaskClient, rpc: Rpc) -> None:
    answer = client.get("/openapi.json")
    assert (answer.status_code, answer.content_type) == (200, "application/json")
    assert answer.json is not None
    assert answer.json["openapi"] == "3.1.0"
    assert answer.headers["Cache-Control"] == "public, max-age=300"
    assert answer.headers["X-Content-Type-Options"] == "nosniff"
    assert answer.headers["X-Request-Id"]


def test_who_has_it_is_told_so(client: FlaskClient, rpc: Rpc) -> None:
    tag = client.get("/openapi.json").headers["ETag"]
    again = client.get("/openapi.json", headers={"If-None-Match": tag})
    assert (again.status_code, again.data, again.headers["ETag"]) == (304, b"", tag)
    assert client.get("/openapi.json", headers={"If-None-Match": '"other"'}).status_code == 200


def test_head_has_its_length(client: FlaskClient, rpc: Rpc) -> None:
    whole = client.get("/openapi.json")
    head = client.head("/openapi.json")
    assert (head.status_code, head.data) == (200, b"")
    assert head.headers["Content-Length"] == str(len(whole.data))


def test_parameters_are_refused(client: FlaskClient, rpc: Rpc) -> None:
    refused(client.get("/openapi.json?version=1"), 422, "invalid_body")


def test_a_crowd_has_it_made_once(monkeypatch: pytest.MonkeyPatch) -> None:
    """Making it takes as long as hundreds of requests, and anybody may ask for it."""
    made: list[bytes] = []
    begun = threading.Barrier(8)
    written = openapi.written

    def writing(document: Mapping[str, Any]) -> bytes:
        made.append(written(document))
        return made[-1]

    monkeypatch.setattr(openapi, "written", writing)
    route = published("connect", ROUTES, "member")

    def ask(_: int) -> bytes:
        begun.wait(30)
        answer = route.handler(None)
        assert isinstance(answer, Response)
        return bytes(answer.data)

    with ThreadPoolExecutor(8) as pool:
        assert list(pool.map(ask, range(8))) == [made[0]] * 8
    assert len(made) == 1
