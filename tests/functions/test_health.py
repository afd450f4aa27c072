"""GET /health."""

from __future__ import annotations

from flask.testing import FlaskClient

from tests.functions.deployment import Rpc


def test_it_needs_no_token_and_no_database(client: FlaskClient, rpc: Rpc) -> None:
    answer = client.get("/health")
    assert (answer.status_code, answer.json) == (200, {"ok": True, "service": "connect"})
    assert not rpc.router.calls
