"""Absent, foreign and over ids answer the same, byte for byte: every id, by everybody, at every route."""

from __future__ import annotations

import random
import uuid
from collections import Counter
from collections.abc import Callable, Iterator
from dataclasses import replace

import pytest

from tests.cast import STATES, Cast
from tests.database.id_cells import (
    DOORS,
    OVER,
    Cell,
    Door,
    World,
    doors_by_the_models,
    functions_that_take_an_id,
)
from tests.often import NIGHTLY

AT_LEAST = 300
# What differs between any two requests and tells nothing about an id.
UNLIKE = ("date", "x-request-id", "ratelimit-")

Answer = tuple[int, bytes, tuple[tuple[str, str], ...]]


@pytest.fixture(scope="module")
def world(cast: Cast) -> World:
    return World(cast)


def answer(cast: Cast, cell: Cell) -> Answer:
    """Everything the caller can see, time aside."""
    words = {cell.door.field: cell.id} | cell.door.words
    if "message_id" in words:
        words["message_id"] = str(uuid.uuid4())
    if cell.door.method == "RPC":
        response = cast.rpc(cell.caller, cell.door.path, **words)
    elif cell.door.method == "GET":
        response = cast.call(cell.caller, "GET", cell.door.path, params=words)
    else:
        response = cast.call(cell.caller, cell.door.method, cell.door.path, words)
    headers = [
        (name.lower(), value)
        for name, value in response.headers.multi_items()
        if not name.lower().startswith(UNLIKE)
    ]
    return response.status_code, response.content, tuple(sorted(headers))


def absent(cast: Cast, world: World, door: Door) -> Answer:
    """What an id that nobody has ever had is answered."""
    caller = world.pairs["proposed"].a
    return answer(cast, Cell(door, "an absent id", "a member", "any state", caller, str(uuid.uuid4())))


def everything(cast: Cast) -> list[int]:
    """How much there is of all a wrong id could have changed."""
    tables = ("matches", "blind_chats", "blind_chat_messages", "reveals", "match_feedback", "blocks")
    counts = [int(cast.value(f"select count(*) from public.{name}")) for name in (*tables, "reports")]
    steps = cast.value("select count(*) from public.domain_events where match_id is not null")
    return [*counts, int(steps)]


# Ids within an id: the caller draws the first, and the others are looked for in the caller's own chat only.
WITHIN = {
    ("RPC", "send_message", "message_id"),
    ("RPC", "note_unreadable", "message_ids"),
    ("RPC", "report_partner", "message_ids"),
    ("POST", "/connect/report", "messageIds"),
}
# Administrators' alone: members are refused before any id is looked at.
ADMINISTRATORS = {
    ("POST", "/admin/evidence", "reportId"),
    *(("RPC", f"{deed}_report", "report_id") for deed in ("read", "take", "decide")),
    *(("RPC", name, "report_id") for name in ("read_evidence", "stop_match")),
    ("RPC", "stop_match", "match_id"),
}


def test_every_route_and_function_that_takes_an_id_is_in_the_table(cast: Cast) -> None:
    doors = {(door.method, door.path, door.field) for door in DOORS}
    assert doors == (doors_by_the_models() | functions_that_take_an_id(cast)) - WITHIN - ADMINISTRATORS
    assert {"blind_chat_active", "revealed", "proposed"} <= set(STATES) & set(OVER)


def test_what_is_not_the_callers_is_denied_as_if_it_were_absent(
    cast: Cast, world: World, tell: Callable[[str], None]
) -> None:
    cells = list(world.cells())
    if not NIGHTLY:
        cells = random.Random(7).sample(cells, len(cells) // 3)
    denials = {door.name: absent(cast, world, door) for door in DOORS}
    assert {denial[0] for denial in denials.values()} == {404}
    before = everything(cast)
    told_apart = [str(cell) for cell in cells if answer(cast, cell) != denials[cell.door.name]]
    assert told_apart == []
    assert everything(cast) == before
    kinds = [{cell.kind for cell in cells}, {cell.actor for cell in cells}, {cell.state for cell in cells}]
    tell(
        f"{len(cells)} cells of {' × '.join(str(len(each)) for each in [*kinds, DOORS])}"
        " id kinds × actors × states × doors: each denied, byte for byte, as an absent id is"
    )
    assert len(set(map(str, cells))) == len(cells) >= AT_LEAST


def allowed(cast: Cast) -> Iterator[Cell]:
    """One request per door that its caller may make: the denials above are not for everybody."""
    for door in DOORS:
        state = {"match": "proposed", "chat": "blind_chat_active", "reveal": "reveal_requested"}[door.wants]
        if door.name.split(",")[0] in ("request", "feedback", "close"):
            state = "blind_chat_active"
        pair = cast.pair(state)
        given = {"match": pair.match_id, "chat": pair.chat_id, "reveal": pair.reveal_id}[door.wants]
        assert given is not None
        yield Cell(door, "an own id", "side b", state, pair.b, given)


def test_the_rightful_caller_is_served_however_the_id_is_written(cast: Cast) -> None:
    served = Counter(
        answer(cast, cell)[0]
        for lower in allowed(cast)
        for cell in (lower, replace(lower, id=lower.id.upper()))
    )
    assert served == {200: 2 * len(DOORS)}
