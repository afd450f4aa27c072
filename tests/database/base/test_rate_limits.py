"""Rate limits: counted in the database per member, whoever asks and however they ask."""

import base64
import uuid
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from typing import Any

import httpx
import pytest

from tests.cast import HARMLESS, Cast, Member
from tests.database.answers import not_found, ok, refused

READS, WRITES, MESSAGES, WRONG_IDS = 6, 5, 4, 3
HEADERS = ("RateLimit-Limit", "RateLimit-Remaining", "RateLimit-Reset")


@pytest.fixture
def limits(cast: Cast) -> Iterator[None]:
    """Limits one can reach by hand."""
    with cast.settings(
        reads_per_minute=READS,
        writes_per_minute=WRITES,
        messages_per_minute=MESSAGES,
        wrong_ids_per_10_minutes=WRONG_IDS,
    ):
        yield


def _told(response: httpx.Response) -> tuple[int, ...]:
    return tuple(int(response.headers[name]) for name in HEADERS)


def _wait_over(cast: Cast, member: Member, time: str) -> None:
    cast.database.execute(
        "update private.rate_counters set window_started_at = window_started_at - %s::interval where"
        " user_id = %s",
        [time, member.id],
    )


def _used_up(response: httpx.Response, limit: int, seconds: int) -> None:
    refused(response, 429, "rate_limited")
    told, left, reset = _told(response)
    assert (told, left) == (limit, 0)
    assert 0 < reset <= seconds
    assert response.headers["Retry-After"] == response.headers["RateLimit-Reset"]


def test_the_defaults_are_those_of_the_design(cast: Cast) -> None:
    defaults = cast.database.execute(
        "select c.column_name, c.column_default from information_schema.columns c where c.table_schema ="
        " 'public'"
        " and c.table_name = 'settings' and c.column_name ~ '_per_(minute|10_minutes|day)'"
    ).fetchall()
    assert {name: int(value) for name, value in defaults} == {
        "reads_per_minute": 120,
        "writes_per_minute": 60,
        "messages_per_minute": 20,
        "wrong_ids_per_10_minutes": 60,
        "place_changes_per_day": 2,
        "own_changes_per_day": 3,
        "exports_per_day": 5,
        "kept_answer_bytes_per_day": 2_000_000,
    }


@pytest.mark.usefixtures("limits")
def test_every_answer_tells_what_remains_and_one_too_many_is_refused(cast: Cast) -> None:
    member = cast.member()
    for used in range(1, READS + 1):
        response = cast.rpc(member, "get_status")
        ok(response)
        limit, left, reset = _told(response)
        assert (limit, left) == (READS, READS - used)
        assert 0 < reset <= 60
        assert "Retry-After" not in response.headers
    for _ in range(3):
        _used_up(cast.rpc(member, "get_status"), READS, 60)
    _used_up(cast.rpc(member, "get_profile"), READS, 60)  # one budget for all reads


@pytest.mark.usefixtures("limits")
def test_each_kind_has_a_budget_of_its_own_and_each_member_too(cast: Cast) -> None:
    pair = cast.pair()
    for _ in range(READS + 1):
        cast.rpc(pair.a, "get_status")
    response = cast.rpc(pair.a, "respond", match_id=pair.match_id, action="accept")
    ok(response)
    assert _told(response)[:2] == (WRITES, WRITES - 1)
    ok(cast.rpc(pair.b, "get_status"))


@pytest.mark.usefixtures("limits")
def test_a_refused_call_changes_nothing(cast: Cast) -> None:
    pair = cast.pair()
    for _ in range(WRITES):
        cast.rpc(pair.a, "activate", mode="both", consent_version="v1")
    _used_up(cast.rpc(pair.a, "respond", match_id=pair.match_id, action="accept"), WRITES, 60)
    assert cast.value("select decision_a from public.matches where id = %s", pair.match_id) is None


@pytest.mark.usefixtures("limits")
def test_refusals_count(cast: Cast) -> None:
    """Trying what is refused costs as much as doing what is allowed."""
    member = cast.member()
    for _ in range(WRITES):
        refused(cast.rpc(member, "activate", mode="both", consent_version="v0"), 403, "consent_required")
    _used_up(cast.rpc(member, "activate", mode="both", consent_version="v1"), WRITES, 60)


@pytest.mark.usefixtures("limits")
def test_messages_count_by_themselves(cast: Cast) -> None:
    pair = cast.pair("blind_chat_active")
    words = {
        "blind_chat_id": pair.chat_id,
        "ciphertext": base64.b64encode(bytes(40)).decode(),
        "key_id": "k1",
        **HARMLESS,
    }
    for used in range(1, MESSAGES + 1):
        response = cast.rpc(pair.a, "send_message", message_id=str(uuid.uuid4()), **words)
        ok(response)
        assert _told(response)[:2] == (MESSAGES, MESSAGES - used)
    _used_up(cast.rpc(pair.a, "send_message", message_id=str(uuid.uuid4()), **words), MESSAGES, 60)
    # Said before anything is judged and encrypted, too.
    _used_up(cast.rpc(pair.a, "open_message", blind_chat_id=pair.chat_id), MESSAGES, 60)
    assert cast.value("select message_count from public.blind_chats where id = %s", pair.chat_id) == MESSAGES


@pytest.mark.usefixtures("limits")
def test_wrong_ids_run_out_and_then_even_right_ones_wait(cast: Cast) -> None:
    pair = cast.pair()
    with cast.settings(writes_per_minute=1000):
        for _ in range(WRONG_IDS):
            not_found(cast.rpc(pair.a, "respond", match_id=str(uuid.uuid4()), action="accept"))
        for match_id in (str(uuid.uuid4()), pair.match_id):
            _used_up(cast.rpc(pair.a, "respond", match_id=match_id, action="accept"), WRONG_IDS, 600)
        _wait_over(cast, pair.a, "61 seconds")
        _used_up(cast.rpc(pair.a, "respond", match_id=pair.match_id, action="accept"), WRONG_IDS, 600)
        ok(cast.rpc(pair.a, "get_status"))  # what names no id goes on
        _wait_over(cast, pair.a, "10 minutes")
        ok(cast.rpc(pair.a, "respond", match_id=pair.match_id, action="accept"))


WRONG_CALLS: dict[str, dict[str, Any]] = {
    "respond": {"match_id": ..., "action": "accept"},
    "request_reveal": {"match_id": ...},
    "answer_reveal": {"reveal_id": ..., "action": "accept"},
    "give_feedback": {"match_id": ..., "rating": 3},
    "close_match": {"match_id": ...},
    "block_partner": {"match_id": ...},
    "report_partner": {"match_id": ..., "reason": "rude"},
    "open_message": {"blind_chat_id": ...},
    "read_chat": {"blind_chat_id": ...},
    "send_message": {
        "blind_chat_id": ...,
        "message_id": str(uuid.uuid4()),
        "ciphertext": base64.b64encode(bytes(40)).decode(),
        "key_id": "k1",
        **HARMLESS,
    },
    "note_unreadable": {"blind_chat_id": ..., "message_ids": [], "statements": []},
}


@pytest.mark.usefixtures("limits")
@pytest.mark.parametrize("function", WRONG_CALLS)
def test_every_function_that_takes_an_id_counts_wrong_ones(cast: Cast, function: str) -> None:
    member = cast.member()
    for attempt in range(WRONG_IDS + 1):
        words = {
            name: str(uuid.uuid4()) if value is ... else value
            for name, value in WRONG_CALLS[function].items()
        }
        response = cast.rpc(member, function, **words)
        if attempt < WRONG_IDS:
            not_found(response)
            assert _told(response)[0] != WRONG_IDS, "the answer tells the budget of calls, not of wrong ids"
        else:
            _used_up(response, WRONG_IDS, 600)


@pytest.mark.usefixtures("limits")
def test_the_window_passes(cast: Cast) -> None:
    member = cast.member()
    for _ in range(READS + 1):
        cast.rpc(member, "get_status")
    _wait_over(cast, member, "59 seconds")
    _used_up(cast.rpc(member, "get_status"), READS, 1)
    _wait_over(cast, member, "1 second")
    response = cast.rpc(member, "get_status")
    ok(response)
    assert _told(response)[:2] == (READS, READS - 1)


def test_the_limit_holds_across_connections(cast: Cast) -> None:
    """Eight connections at once, through both doors: exactly as many calls as one connection has."""
    member = cast.member()
    allowed = 40

    def calls(seat: int) -> list[int]:
        with httpx.Client(timeout=30, headers={"Authorization": f"Bearer {member.token}"}) as client:
            rest, functions = (
                f"{cast.stack.api_url}/rest/v1/rpc/get_status",
                f"{cast.stack.functions_url}/connect/status",
            )
            if seat % 2:
                return [client.get(functions).status_code for _ in range(10)]
            key = {"apikey": cast.stack.anon_key}
            return [client.post(rest, json={}, headers=key).status_code for _ in range(10)]

    with cast.settings(reads_per_minute=allowed), ThreadPoolExecutor(8) as pool:
        statuses = [status for answers in pool.map(calls, range(8)) for status in answers]
    assert (statuses.count(200), statuses.count(429)) == (allowed, 80 - allowed)


@pytest.mark.usefixtures("limits")
def test_the_functions_hand_on_what_remains(cast: Cast) -> None:
    member = cast.member()
    for used in range(1, READS + 1):
        response = cast.call(member, "GET", "/connect/profile")
        assert response.status_code == 200
        assert _told(response)[:2] == (READS, READS - used)
    response = cast.call(member, "GET", "/connect/status")
    assert (response.status_code, response.json()["code"]) == (429, "rate_limited")
    assert response.headers["Retry-After"] == response.headers["RateLimit-Reset"]
    assert _told(response)[:2] == (READS, 0)


@pytest.mark.usefixtures("limits")
def test_reading_one_s_own_rows_is_not_counted(cast: Cast) -> None:
    member = cast.member()
    for _ in range(READS * 2):
        assert cast.rest(member, "GET", "/users?select=id").json() == [{"id": member.id}]
    ok(cast.rpc(member, "get_status"))
