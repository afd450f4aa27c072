"""What each function answers to each side in each state of a match, as permission_matrix.md says."""

import uuid

import pytest

from tests.cast import STATES, Cast, Pair
from tests.database.function_cells import ask, outcome
from tests.database.scene import Scene
from tests.database.truth_table import Row, section

SIDES = section("A match, seen from its two sides")
EXITS = section("Exits, seen from the side that stays")
CALLS = [row["function"] for row in EXITS]


def with_message(cast: Cast, pair: Pair, side: str) -> str | None:
    """A message of one side, where there is a chat."""
    return Scene(cast).message(pair, side) if pair.chat_id else None


@pytest.mark.parametrize("row", SIDES, ids=lambda row: f"{row['function']} {row['side']}")
def test_both_sides(cast: Cast, row: Row) -> None:
    found = {}
    for state in STATES:
        pair = cast.pair(state)
        caller, partner = (pair.a, "b") if row["side"] == "a" else (pair.b, "a")
        answer = ask(cast, caller, pair, row["function"], with_message(cast, pair, partner))
        found[state] = outcome(row["function"], answer)
    assert found == {state: row[state] for state in STATES}


@pytest.mark.parametrize("call", CALLS)
def test_anybody_else_and_any_absent_id(cast: Cast, call: str) -> None:
    """The same in every state, byte for byte, for somebody else's id and for one that does not exist."""
    other = cast.member()
    absent = ask(cast, other, Pair(str(uuid.uuid4()), other, other), call)
    assert outcome(call, absent) == ("searching" if call == "get_status" else "404")
    for state in STATES:
        pair = cast.pair(state)
        foreign = ask(cast, other, pair, call, with_message(cast, pair, "a"))
        assert (foreign.status_code, foreign.content) == (absent.status_code, absent.content), state


def left(cast: Cast, exit_: str) -> Pair:
    """A pair that side a (or the clock) has ended in one of the ways of the second table."""
    if exit_ == "declined":
        return cast.pair("declined")
    if exit_ in ("paused", "blocked", "erased", "withdrew", "lapsed"):
        pair = cast.pair("accepted_a" if exit_ == "withdrew" else "proposed")
    else:
        pair = cast.pair("blind_chat_active")
    if exit_ == "lapsed":
        cast.sql_call(pair.b, "respond", match_id=pair.match_id, action="accept")
        cast.let_end(pair)
    elif exit_ == "idle":
        cast.let_end(pair)
    elif exit_ == "old":
        cast.sql_call(pair.a, "close_match", match_id=pair.match_id)
        cast.let_end(pair, ago="90 days 1 second")
    elif exit_ in ("paused", "withdrew"):
        cast.sql_call(pair.a, "deactivate")
    elif exit_.endswith("blocked"):
        cast.sql_call(pair.a, "block_partner", match_id=pair.match_id)
    elif exit_.endswith("erased"):
        cast.database.execute("delete from auth.users where id = %s", [pair.a.id])
    elif exit_ == "chat closed":
        cast.sql_call(pair.a, "close_match", match_id=pair.match_id)
    else:
        raise AssertionError(exit_)
    return pair


@pytest.mark.parametrize("row", EXITS, ids=lambda row: row["function"])
def test_exits_look_alike(cast: Cast, row: Row) -> None:
    exits = [name for name in row if name != "function"]
    found = {}
    for exit_ in exits:
        pair = left(cast, exit_)
        answer = ask(cast, pair.b, pair, row["function"], with_message(cast, pair, "a"))
        found[exit_] = outcome(row["function"], answer)
    assert found == {exit_: row[exit_] for exit_ in exits}
