"""POST /connect/erase."""

from __future__ import annotations

from typing import Any

import pytest

from tests.functions.deployment import Member, Rpc, refused, refused_field

PATH = "/connect/erase"


def test_without_a_code_one_is_asked_for(member: Member, rpc: Rpc) -> None:
    asked = {"status": "confirm", "code": "ABCD2345", "expiresAt": "2026-01-01T00:10:00.000000Z"}
    rpc.answers("erase_member", asked)
    answer = member.post(PATH, {})
    assert (answer.status_code, answer.json) == (200, {"ok": True, **asked})
    assert rpc.args("erase_member") == {"code": None}


@pytest.mark.parametrize("code", ["ABCD2345", " abcd2345 "])
def test_with_the_code_it_is_done(member: Member, rpc: Rpc, code: str) -> None:
    rpc.answers("erase_member", {"status": "erased"})
    answer = member.post(PATH, {"code": code})
    assert (answer.status_code, answer.json) == (200, {"ok": True, "status": "erased"})
    assert rpc.args("erase_member") == {"code": code.strip()}


@pytest.mark.parametrize("code", ["", "ABCD234", "ABCD23456", "ABCD-345", "ABCD234é", 12345678, ["ABCD2345"]])
def test_what_is_no_code_is_refused_here(member: Member, rpc: Rpc, code: Any) -> None:
    refused_field(member.post(PATH, {"code": code}), "code")


def test_other_fields_are_refused(member: Member, rpc: Rpc) -> None:
    refused_field(member.post(PATH, {"code": "ABCD2345", "userId": "x"}), "userId")


def test_a_wrong_code_says_what_to_do(member: Member, rpc: Rpc) -> None:
    rpc.refuses("erase_member", "invalid_body", 422)
    assert refused(member.post(PATH, {"code": "ABCD2345"}), 422, "invalid_body")["detail"] == "As SQL says."
