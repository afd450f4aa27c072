"""Refusals that the database never hears of are counted here, by member; ordinary requests never are."""

from __future__ import annotations

from typing import Any

import pytest
from flask.testing import FlaskClient

from shared.callers.allowance import MOST, Allowances
from shared.places.place_fields import LOOK_UP_COST
from tests.functions.deployment import MATCH, Member, Rpc, refused, token

PATH = "/connect/respond"
BEA = "be400000-0000-4000-8000-000000000002"
GOOD = {"matchId": MATCH, "action": "accept"}
REFUSED: dict[str, tuple[str, str, dict[str, Any], int]] = {
    "no JSON": ("POST", PATH, {"data": b"{"}, 400),
    "too large": ("POST", PATH, {"data": b" " * 40_000}, 413),
    "another shape": ("POST", PATH, {"json": {}}, 422),
    "a query": ("GET", "/connect/status?a=1", {}, 422),
    "a key that is none": ("POST", PATH, {"json": GOOD, "headers": {"Idempotency-Key": "a b"}}, 422),
    "a cursor that is none": ("GET", f"/connect/chat?blindChatId={MATCH}&after=x", {}, 422),
    "no administrator": ("POST", "/admin/evidence", {"json": {}}, 403),
}


def ask(member: Member, method: str, path: str, **words: Any) -> Any:
    headers = {"Authorization": f"Bearer {member.token}"} | words.pop("headers", {})
    return member.client.open(path, method=method, headers=headers, **words)


@pytest.mark.parametrize(("method", "path", "words", "status"), REFUSED.values(), ids=REFUSED)
def test_each_refusal_takes_one_until_nothing_is_left(
    member: Member, rpc: Rpc, method: str, path: str, words: dict[str, Any], status: int
) -> None:
    for _ in range(MOST):
        assert ask(member, method, path, **dict(words)).status_code == status
    answer = ask(member, method, path, **dict(words))
    # Refills by the second: on a slow machine one more or two may come through.
    while answer.status_code == status:
        answer = ask(member, method, path, **dict(words))
    problem = refused(answer, 429, "rate_limited")
    assert problem["detail"] == "Too many requests. Try again in a moment."
    assert answer.headers["Retry-After"] == answer.headers["RateLimit-Reset"] == "1"
    assert (answer.headers["RateLimit-Limit"], answer.headers["RateLimit-Remaining"]) == (str(MOST), "0")


class Unread:
    """A body nobody may look at."""

    def read(self, _size: int) -> bytes:
        """Nobody does."""
        raise AssertionError("read although nothing is left")


def test_who_has_nothing_left_is_refused_before_anything_is_looked_at(
    member: Member, rpc: Rpc, monkeypatch: pytest.MonkeyPatch
) -> None:
    take = Allowances.take
    monkeypatch.setattr(Allowances, "take", lambda self, who, cost: take(self, who, 1000 * cost))
    refused(member.post(PATH, {}), 422, "invalid_body")
    sent = {"wsgi.input": Unread(), "CONTENT_LENGTH": "40"}
    refused(ask(member, "POST", PATH, environ_overrides=sent), 429, "rate_limited")
    refused(member.get("/connect/status"), 429, "rate_limited")
    # Others go on, and so does who is not known.
    member.token = token(sub=BEA)
    rpc.answers("respond", {"status": "accepted_a", "blindChatId": None})
    assert member.post(PATH, GOOD).status_code == 200
    member.token = "no.real.token"
    refused(member.post(PATH, GOOD), 401, "unauthenticated")


def test_what_the_database_counts_is_not_counted_here(member: Member, rpc: Rpc) -> None:
    for status, code in (
        (404, "not_found"),
        (409, "match_not_open"),
        (422, "invalid_body"),
        (429, "rate_limited"),
    ):
        rpc.refuses("respond", code, status)
        for _ in range(2 * MOST):
            refused(member.post(PATH, GOOD), status, code)
    rpc.answers("respond", {"status": "accepted_a", "blindChatId": None})
    for _ in range(2 * MOST):
        assert member.post(PATH, GOOD).status_code == 200


def test_what_the_database_could_not_count_is_counted_here(member: Member, rpc: Rpc) -> None:
    """An error undoes the counter of its own call."""
    rpc.answers("respond", {"code": "22003", "message": "out of range"}, 400)
    statuses = {member.post(PATH, GOOD).status_code for _ in range(MOST + 20)}
    assert statuses == {422, 429}


def test_a_name_that_is_no_place_costs_what_looking_for_it_does(member: Member, rpc: Rpc) -> None:
    asked = 0
    while (answer := member.put("/connect/profile", {"homePlace": f"Nowhere {asked}"})).status_code == 422:
        asked += 1
    refused(answer, 429, "rate_limited")
    assert MOST / LOOK_UP_COST <= asked < MOST


def test_administrators_are_counted_too(client: FlaskClient, rpc: Rpc) -> None:
    admin = Member(client)
    admin.token = token(app_metadata={"connect_admin": True})
    for _ in range(MOST):
        refused(admin.post("/admin/evidence", {}), 422, "invalid_body")
    while (answer := admin.post("/admin/evidence", {})).status_code == 422:
        pass
    refused(answer, 429, "rate_limited")
