"""Administrators of the worker are counted where the database does not hear of them; bells are not."""

from __future__ import annotations

from flask.testing import FlaskClient

from shared.callers.allowance import MOST
from tests.functions.deployment import Member, Rpc, refused, token
from tests.worker.deployment import Bells


def test_administrators_and_who_would_be_one(client: FlaskClient, rpc: Rpc) -> None:
    for claims, status in (({"app_metadata": {"connect_admin": True}}, 422), ({}, 403)):
        caller = Member(client)
        caller.token = token(sub=f"be400000-0000-4000-8000-000000000{status}", **claims)
        for _ in range(MOST):
            assert caller.get("/admin/matching?a=1").status_code == status
        while (answer := caller.get("/admin/matching?a=1")).status_code == status:
            pass
        refused(answer, 429, "rate_limited")


def test_the_schedule_is_nobody(bells: Bells, rpc: Rpc) -> None:
    rpc.answers("claim_bell", {"fresh": True})
    for _ in range(2 * MOST):
        refused(bells.ring(body=b"{"), 400, "invalid_body")
