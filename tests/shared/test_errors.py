"""One envelope for every error there is."""

from __future__ import annotations

import re

import pytest

from shared import errors
from shared.errors import ERRORS, ApiError, NotFound, RateLimited, Unavailable, from_database


def every_error(kind: type[ApiError] = ApiError) -> set[type[ApiError]]:
    """The whole tree below a class."""
    below = set(kind.__subclasses__())
    return below.union(*(every_error(child) for child in below))


# The contract of the HTTP surface: which codes exist, with which status.
CODES = {
    (400, "invalid_body"),
    (401, "unauthenticated"),
    (403, "forbidden"),
    (403, "consent_required"),
    (404, "not_found"),
    (405, "method_not_allowed"),
    (409, "match_not_open"),
    (409, "conflict"),
    (409, "profile_incomplete"),
    (409, "idempotency_conflict"),
    (413, "body_too_large"),
    (422, "invalid_body"),
    (422, "idempotency_conflict"),
    (429, "rate_limited"),
    (500, "internal"),
    (503, "unavailable"),
}


def test_the_errors_are_exactly_these() -> None:
    assert {(kind.status, kind.code) for kind in ERRORS} == CODES
    assert len(ERRORS) == len(CODES)
    assert set(ERRORS) == every_error()


@pytest.mark.parametrize("kind", ERRORS, ids=lambda kind: kind.__name__)
def test_every_error_has_the_same_envelope(kind: type[ApiError]) -> None:
    problem = kind().problem()
    assert list(problem) == ["type", "title", "status", "detail", "ok", "code"]
    assert problem["ok"] is False
    assert problem["type"] == f"urn:connect:problem:{kind.code}"
    assert (problem["status"], problem["code"]) == (kind.status, kind.code)
    assert problem["title"]
    assert problem["detail"].endswith(".")
    assert "\n" not in problem["detail"]


@pytest.mark.parametrize("kind", ERRORS, ids=lambda kind: kind.__name__)
def test_every_error_is_drawn_in_the_tree(kind: type[ApiError]) -> None:
    drawn = rf"── {kind.__name__} +{kind.status} {kind.code}\b"
    assert re.search(drawn, errors.__doc__ or "")


@pytest.mark.parametrize("kind", ERRORS, ids=lambda kind: kind.__name__)
def test_waiting_is_told_where_it_helps(kind: type[ApiError]) -> None:
    assert (kind().retry_after is not None) == (kind in (RateLimited, Unavailable))


def test_extras_come_last_by_name_and_replace_nothing() -> None:
    problem = NotFound(extras={"z": 1, "ok": True, "a": 2, "status": 200}).problem()
    assert list(problem)[6:] == ["a", "z"]
    assert (problem["ok"], problem["status"]) == (False, 404)


@pytest.mark.parametrize("kind", ERRORS, ids=lambda kind: kind.__name__)
def test_a_refusal_returned_by_sql_finds_its_class(kind: type[ApiError]) -> None:
    error = from_database(kind.status, {"ok": False, "code": kind.code, "detail": "Said by SQL."})
    assert type(error) is kind
    assert error.detail == ("Said by SQL." if kind is not NotFound else NotFound().detail)


def test_our_own_key_refused_is_not_the_callers_fault() -> None:
    for status, code in ((401, "PGRST301"), (403, "42501")):
        error = from_database(status, {"code": code, "message": "no"}, as_service=True)
        assert error.code == "internal"
    raised = from_database(403, {"code": "PT403", "message": "values"}, as_service=True)
    assert raised.code == "forbidden"
