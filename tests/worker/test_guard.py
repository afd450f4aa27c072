"""Who may start work: every job's route, and every way to ring it that is not ours."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any, get_args

import httpx
import pytest
from flask.testing import FlaskClient
from werkzeug.test import TestResponse

from functions.worker.ring import Job
from tests.functions.deployment import Rpc, refused
from tests.worker.deployment import SERVICE_KEY, Bells

FORGERIES: dict[str, dict[str, Any]] = {
    "no timestamp": {"X_Connect_Timestamp": None},
    "no nonce": {"X_Connect_Nonce": None},
    "no signature": {"X_Connect_Signature": None},
    "empty signature": {"X_Connect_Signature": ""},
    "malformed nonce": {"X_Connect_Nonce": "7"},
    "another nonce": {"X_Connect_Nonce": "0b9f8c1e-3c6d-4a52-9a7e-2f1d5b6c7d8e"},
    "another time": {"X_Connect_Timestamp": "1795176000"},
    "another key": {"key": "another key, long enough to be one."},
    "another path": {"signed_path": "/jobs/expiry"},
    "another body": {"signed_body": b"{}"},
    "too old": {"seconds_ago": 400},
    "from the future": {"seconds_ago": -400},
}


WORK = ["/matcher", *(f"/jobs/{job}" for job in get_args(Job) if job != "matcher")]


@pytest.mark.parametrize("path", WORK)
@pytest.mark.parametrize("bent", FORGERIES.values(), ids=FORGERIES)
def test_a_bell_that_is_not_ours_starts_nothing(
    bells: Bells, rpc: Rpc, path: str, bent: dict[str, Any]
) -> None:
    """No call reaches the database: the empty mock would fail it. All refusals read the same."""
    problem = refused(bells.ring(path, **bent), 401, "unauthenticated")
    assert problem["detail"] == "A bell with a valid signature is needed."


@pytest.mark.parametrize(("rung", "signed"), [(one, other) for one in WORK for other in WORK if one != other])
def test_a_bell_of_one_job_starts_no_other(bells: Bells, rpc: Rpc, rung: str, signed: str) -> None:
    refused(bells.ring(rung, signed_path=signed), 401, "unauthenticated")


@pytest.mark.parametrize("path", WORK)
def test_without_any_header_nothing_starts(bells: Bells, rpc: Rpc, path: str) -> None:
    refused(bells.client.post(path, json={}), 401, "unauthenticated")


@pytest.mark.parametrize("path", WORK)
def test_a_bearer_token_is_no_bell(bells: Bells, rpc: Rpc, path: str) -> None:
    """Not even the service key: it would have to lie in the database, readable in pg_net's queue."""
    sent = {"Authorization": f"Bearer {SERVICE_KEY}", "apikey": SERVICE_KEY}
    refused(bells.client.post(path, json={}, headers=sent), 401, "unauthenticated")


@pytest.mark.parametrize("path", WORK)
def test_a_replayed_bell_starts_nothing(bells: Bells, rpc: Rpc, path: str) -> None:
    rpc.answers("claim_bell", {"fresh": False})
    problem = refused(bells.ring(path), 401, "unauthenticated")
    assert problem["detail"] == "A bell with a valid signature is needed."


def test_an_answer_that_does_not_say_fresh_starts_nothing(bells: Bells, rpc: Rpc) -> None:
    rpc.answers("claim_bell", {})
    refused(bells.ring(), 401, "unauthenticated")


@pytest.mark.parametrize(
    ("body", "status"),
    [
        (b"", 400),
        (b"{", 400),
        (b"\xff", 400),
        (b'{"job": "matcher", "job": "matcher"}', 400),
        (b"[]", 422),
        (b'{"job": "expiry"}', 422),
        (b'{"trigger": "member"}', 422),
        (b'{"minFit": 0}', 422),
    ],
)
def test_a_signed_body_that_says_something_else_is_refused(
    bells: Bells, rpc: Rpc, body: bytes, status: int
) -> None:
    rpc.answers("claim_bell", {"fresh": True})
    refused(bells.ring(body=body), status, "invalid_body")


class Unread:
    """A body nobody may look at."""

    def read(self, _size: int) -> bytes:
        """Nobody does."""
        raise AssertionError("the body of a stranger is read")


BEFORE_ANY_BODY = [
    "no timestamp",
    "no nonce",
    "no signature",
    "malformed nonce",
    "too old",
    "from the future",
]
LENGTHS = {"1025 bytes": "1025", "a gigabyte": "1000000000", "chunks": None}


@pytest.mark.parametrize("path", WORK)
@pytest.mark.parametrize(
    ("bent", "length"),
    [(FORGERIES[name], "40") for name in BEFORE_ANY_BODY] + [({}, length) for length in LENGTHS.values()],
    ids=BEFORE_ANY_BODY + list(LENGTHS),
)
def test_what_headers_tell_is_judged_before_the_body_is_looked_at(
    bells: Bells, rpc: Rpc, path: str, bent: dict[str, Any], length: str | None
) -> None:
    how = {"CONTENT_LENGTH": length} if length else {"HTTP_TRANSFER_ENCODING": "chunked"}
    answer = bells.ring(path, **bent, environ={"wsgi.input": Unread(), "wsgi.input_terminated": True, **how})
    assert refused(answer, 401, "unauthenticated")["detail"] == "A bell with a valid signature is needed."


def test_who_rings_has_no_turn_before_the_bell_is_known_to_be_ours(
    deployed: Callable[..., FlaskClient], rpc: Rpc
) -> None:
    """Strangers cannot take turns: with all of them taken, a forged bell is still refused as one."""
    client = deployed(CONNECT_REQUESTS_AT_ONCE="1")
    bells = Bells(client)
    answers: list[TestResponse] = []

    def while_it_is_claimed(_request: httpx.Request) -> httpx.Response:
        answers.append(bells.ring(key="another key, long enough to be one."))
        return httpx.Response(200, json={"fresh": False})

    rpc.on("claim_bell").mock(side_effect=while_it_is_claimed)
    refused(bells.ring(), 401, "unauthenticated")
    refused(answers[0], 401, "unauthenticated")


@pytest.mark.parametrize("path", WORK)
@pytest.mark.parametrize("method", ["GET", "PUT", "DELETE"])
def test_only_post(bells: Bells, rpc: Rpc, path: str, method: str) -> None:
    answer = bells.client.open(path, method=method)
    refused(answer, 405, "method_not_allowed")
    assert answer.headers["Allow"] == "OPTIONS, POST"


def test_there_is_nothing_else(bells: Bells, rpc: Rpc) -> None:
    refused(bells.ring("/connect/status"), 404, "not_found")
    for path in (
        "/jobs",
        "/jobs/",
        "/jobs/purge",
        "/jobs/matcher",
        "/jobs/match_scores",
        "/jobs/funnel",
        "/nightly",
        "/charts",
    ):
        refused(bells.ring(path), 404, "not_found")
    refused(bells.client.get("/"), 404, "not_found")
