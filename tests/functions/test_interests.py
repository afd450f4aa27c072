"""GET and PUT /connect/interests."""

from __future__ import annotations

from typing import Any

import pytest

from tests.functions.deployment import Member, Rpc, refused

PATH = "/connect/interests"
GAMES = {"id": "games", "name": "Games", "interests": [{"id": "chess", "name": "Chess", "mine": True}]}


def test_the_catalogue_is_answered_as_the_database_tells_it(member: Member, rpc: Rpc) -> None:
    rpc.answers("get_interests", {"subjects": [GAMES]})
    assert member.get(PATH).json == {"ok": True, "subjects": [GAMES]}
    assert rpc.args("get_interests") == {}


@pytest.mark.parametrize("chosen", [[], ["chess"], [f"word_{'a' * n}" for n in range(1, 36)]])
def test_a_choice_reaches_the_database(member: Member, rpc: Rpc, chosen: list[str]) -> None:
    rpc.answers("put_interests", {"interests": chosen})
    answer = member.put(PATH, {"interests": chosen})
    assert (answer.status_code, answer.json) == (200, {"ok": True, "interests": chosen})
    assert rpc.args("put_interests") == {"interests": chosen}


@pytest.mark.parametrize(
    ("field", "value"),
    [
        ("interests", None),
        ("interests", "chess"),
        ("interests", [f"w{'a' * n}" for n in range(1, 27)] + [f"v{'a' * n}" for n in range(1, 27)]),
        ("interests", ["chess", "chess"]),
        ("interests[0]", ["Chess"]),
        ("interests[0]", ["a" * 41]),
        ("interests[1]", ["chess", None]),
    ],
)
def test_nonsense_is_refused(member: Member, rpc: Rpc, field: str, value: Any) -> None:
    problem = refused(member.put(PATH, {"interests": value}), 422, "invalid_body")
    assert [error["field"] for error in problem["errors"]] == [field]


def test_a_list_is_asked_for(member: Member, rpc: Rpc) -> None:
    refused(member.put(PATH, {}), 422, "invalid_body")


def test_an_unknown_interest_is_refused_in_the_database_s_words(member: Member, rpc: Rpc) -> None:
    detail = "interests: there is no interest called qix."
    rpc.refuses("put_interests", "invalid_body", 422, detail=detail)
    problem = refused(member.put(PATH, {"interests": ["qix"]}), 422, "invalid_body")
    assert problem["detail"] == detail
