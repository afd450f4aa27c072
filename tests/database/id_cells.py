"""Every id a caller can name, in every state, at every route that takes one: which of them must be denied.

A table made from rules, so that a new route, kind of id or state adds its whole row. A cell is denied when
the caller would learn from any other answer that something exists which is not theirs, or is over.
"""

from __future__ import annotations

import base64
import uuid
from collections.abc import Iterator
from dataclasses import dataclass, replace
from typing import Any

from functions.connect.routes import ROUTES
from tests.cast import HARMLESS, STATEMENT, Cast, Json, Member, Pair


@dataclass(frozen=True)
class Door:
    """One way to name an id: a route, the field it goes in, what kind of id belongs there, and the rest.

    Method RPC: the SQL function `path` straight through PostgREST, where members can go as well.
    """

    name: str
    method: str
    path: str
    field: str
    wants: str
    words: Json
    until: str = "over"
    """From when on one's own id is denied: "over", or the "window" of 90 days later."""


_SOME_ID = "5e0de000-0000-4000-8000-000000000001"
_NOTED = {"message_ids": [_SOME_ID], "statements": [STATEMENT]}
_SEALED = {
    **{"message_id": _SOME_ID, "ciphertext": base64.b64encode(bytes(40)).decode(), "key_id": "k1"},
    **HARMLESS,
}

DOORS = (
    Door("respond accept", "POST", "/connect/respond", "matchId", "match", {"action": "accept"}),
    Door("respond decline", "POST", "/connect/respond", "matchId", "match", {"action": "decline"}),
    Door("send", "POST", "/connect/chat", "blindChatId", "chat", {"message": "Hello"}),
    Door("read", "GET", "/connect/chat", "blindChatId", "chat", {}),
    Door("read on", "GET", "/connect/chat", "blindChatId", "chat", {"after": "MTo5"}),
    Door("request", "POST", "/connect/reveal", "matchId", "match", {"action": "request"}),
    Door("reveal accept", "POST", "/connect/reveal", "revealId", "reveal", {"action": "accept"}),
    Door("reveal decline", "POST", "/connect/reveal", "revealId", "reveal", {"action": "decline"}),
    Door("feedback", "POST", "/connect/feedback", "matchId", "match", {"rating": 4}, "window"),
    Door("close", "POST", "/connect/close", "matchId", "match", {}, "window"),
    Door("block", "POST", "/connect/block", "matchId", "match", {}, "window"),
    Door("report", "POST", "/connect/report", "matchId", "match", {"reason": "rude"}, "window"),
    Door("respond accept, rpc", "RPC", "respond", "match_id", "match", {"action": "accept"}),
    Door("respond decline, rpc", "RPC", "respond", "match_id", "match", {"action": "decline"}),
    Door("open, rpc", "RPC", "open_message", "blind_chat_id", "chat", {}),
    Door("send, rpc", "RPC", "send_message", "blind_chat_id", "chat", _SEALED),
    Door("read, rpc", "RPC", "read_chat", "blind_chat_id", "chat", {}),
    Door("note, rpc", "RPC", "note_unreadable", "blind_chat_id", "chat", _NOTED),
    Door("request, rpc", "RPC", "request_reveal", "match_id", "match", {}),
    Door("reveal accept, rpc", "RPC", "answer_reveal", "reveal_id", "reveal", {"action": "accept"}),
    Door("reveal decline, rpc", "RPC", "answer_reveal", "reveal_id", "reveal", {"action": "decline"}),
    Door("feedback, rpc", "RPC", "give_feedback", "match_id", "match", {"rating": 4}, "window"),
    Door("close, rpc", "RPC", "close_match", "match_id", "match", {}, "window"),
    Door("block, rpc", "RPC", "block_partner", "match_id", "match", {}, "window"),
    Door("report, rpc", "RPC", "report_partner", "match_id", "match", {"reason": "rude"}, "window"),
)

OVER = {
    # state: (over for a, over for b, the 90 days have passed)
    "proposed": (False, False, False),
    "accepted_a": (False, False, False),
    "blind_chat_active": (False, False, False),
    "reveal_requested": (False, False, False),
    "revealed": (False, False, False),
    # The other side's exit from a proposal is not told: for b it is as open as ever.
    "declined by a": (True, False, False),
    "paused by a": (True, False, False),
    "blocked by a": (True, False, False),
    "erased a": (True, False, False),
    # A chat ends for both.
    "closed by a": (True, True, False),
    "chat blocked by a": (True, True, False),
    "chat, erased a": (True, True, False),
    # The clock decides, whether or not a sweep has come by.
    "expired": (True, True, False),
    "lapsed": (True, True, False),
    "chat idle": (True, True, False),
    "expired long ago": (True, True, True),
    "closed long ago": (True, True, True),
}


def functions_that_take_an_id(cast: Cast) -> set[tuple[str, str, str]]:
    """("RPC", function, argument) of every id the functions members may call take."""
    found = cast.database.execute(
        "select p.proname, a.name from pg_proc p,"
        " unnest(p.proargnames, string_to_array(p.proargtypes::text, ' ')::oid[]) as a (name, type)"
        " where p.pronamespace = 'public'::regnamespace and a.type in ('uuid'::regtype, 'uuid[]'::regtype)"
        " and has_function_privilege('authenticated', p.oid, 'execute')"
    ).fetchall()
    return {("RPC", str(function), str(argument)) for function, argument in found}


def doors_by_the_models() -> set[tuple[str, str, str]]:
    """(method, path, field) of every id the models of the route table take."""
    found = set()
    for (method, path), route in ROUTES.items():
        for model in (route.body, route.query):
            for name, field in ({} if model is None else model.model_fields).items():
                if name.endswith(("_id", "_ids")):
                    found.add((method, path, field.alias or name))
    return found


@dataclass(frozen=True)
class Cell:
    """One request whose answer must be the one an absent id gets."""

    door: Door
    kind: str
    actor: str
    state: str
    caller: Member
    id: str

    def __str__(self) -> str:
        return f"{self.door.name} with {self.kind} by {self.actor} in {self.state}"


class World:
    """A pair in every state, and the people who have nothing to do with them."""

    def __init__(self, cast: Cast) -> None:
        self.pairs = {state: _pair(cast, state) for state in OVER}
        self.outsiders = {"a stranger": cast.stranger(), "another pair's member": cast.pair("revealed").b}

    def cells(self) -> Iterator[Cell]:
        """All that must be denied."""
        for door in DOORS:
            for state, pair in self.pairs.items():
                ids = {"match": pair.match_id, "chat": pair.chat_id, "reveal": pair.reveal_id}
                yield from self._foreign(door, state, ids)
                for actor, caller in (("side a", pair.a), ("side b", pair.b)):
                    if not (actor == "side a" and "erased a" in state):
                        yield from self._of_another_kind(door, state, pair, actor, caller, ids)
                        yield from self._over(door, state, actor, caller, ids)
            for actor, caller in (("a member", self.pairs["proposed"].a), *self.outsiders.items()):
                for kind, number in (("the nil id", 0), ("the max id", 2**128 - 1)):
                    yield Cell(door, kind, actor, "any state", caller, str(uuid.UUID(int=number)))
                yield Cell(door, "an absent id", actor, "any state", caller, str(uuid.uuid4()))
                yield Cell(door, "an absent id, upper case", actor, "any state", caller, _upper())

    def _foreign(self, door: Door, state: str, ids: dict[str, str | None]) -> Iterator[Cell]:
        """What belongs to others, of the right kind, however it is written."""
        given = ids[door.wants]
        if given is not None:
            for actor, caller in self.outsiders.items():
                yield Cell(door, f"a foreign {door.wants}", actor, state, caller, given)
            yield Cell(door, f"a foreign {door.wants}, upper case", actor, state, caller, given.upper())

    @staticmethod
    def _of_another_kind(
        door: Door, state: str, pair: Pair, actor: str, caller: Member, ids: dict[str, str | None]
    ) -> Iterator[Cell]:
        """One's own chat where a match belongs, one's partner's or own user id, and so on."""
        others = dict(ids)
        if state in ("proposed", "revealed"):
            others |= {"user": caller.id, "partner": (pair.b if caller == pair.a else pair.a).id}
        for kind, given in others.items():
            if kind != door.wants and given is not None:
                yield Cell(door, f"a {kind} for a {door.wants}", actor, state, caller, given)

    @staticmethod
    def _over(
        door: Door, state: str, actor: str, caller: Member, ids: dict[str, str | None]
    ) -> Iterator[Cell]:
        """One's own, once it is over, and a reveal one has asked for oneself."""
        given = ids[door.wants]
        over_a, over_b, past = OVER[state]
        over = over_a if actor == "side a" else over_b
        asked_it = door.wants == "reveal" and actor == "side a"
        if given is None or _own_decision(door, state, actor):
            return
        if asked_it or (over if door.until == "over" else past):
            for written in (given, given.upper()):
                kind = f"an own {door.wants}{'' if written == given else ', upper case'}"
                yield Cell(door, kind, actor, state, caller, written)


def _own_decision(door: Door, state: str, actor: str) -> bool:
    """Repeating one's decision answers as before; the opposite, while it may still be told, is not open."""
    if not door.name.startswith("respond"):
        return False
    if state in ("closed by a", "chat blocked by a", "chat, erased a", "chat idle", "closed long ago"):
        return bool(door.words["action"] == "accept")
    return state == "declined by a" and actor == "side a"


def _upper() -> str:
    return "F" + str(uuid.uuid4()).upper()[1:]


def _pair(cast: Cast, state: str) -> Pair:
    """Two members of their own whose match has come this far."""
    match state:
        case "declined by a":
            return cast.pair("declined")
        case "closed by a":
            return _after(cast, "reveal_requested", lambda pair: _call(cast, pair, "close_match"))
        case "paused by a":
            return _after(cast, "proposed", lambda pair: cast.sql_call(pair.a, "deactivate"))
        case "blocked by a":
            return _after(cast, "proposed", lambda pair: _call(cast, pair, "block_partner"))
        case "chat blocked by a":
            return _after(cast, "revealed", lambda pair: _call(cast, pair, "block_partner"))
        case "erased a":
            return _after(cast, "accepted_a", lambda pair: _erase(cast, pair))
        case "chat, erased a":
            return _after(cast, "reveal_requested", lambda pair: _erase(cast, pair))
        case "lapsed":
            return _after(cast, "proposed", cast.let_end)
        case "chat idle":
            return _after(cast, "reveal_requested", cast.let_end)
        case "expired long ago":
            return _after(cast, "expired", lambda pair: cast.let_end(pair, "91 days"))
        case "closed long ago":
            return _after(cast, "reveal_requested", lambda pair: cast.let_end(pair, "91 days"))
        case _:
            return cast.pair(state)


def _after(cast: Cast, state: str, happens: Any) -> Pair:
    pair = cast.pair(state)
    happens(pair)
    return replace(pair)


def _call(cast: Cast, pair: Pair, function: str) -> None:
    cast.sql_call(pair.a, function, match_id=pair.match_id)


def _erase(cast: Cast, pair: Pair) -> None:
    cast.database.execute("delete from auth.users where id = %s", [pair.a.id])
