"""GET /openapi.json."""

from __future__ import annotations

from flask.testing import FlaskClient

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
