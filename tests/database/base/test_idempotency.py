"""A request with an Idempotency-Key is done once, whatever is sent again, at once, or after a crash."""

import http.client
import threading
import uuid
from collections import Counter
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager
from typing import Any
from urllib.parse import urlsplit

import httpx
import psycopg
import pytest
from psycopg.types.json import Jsonb

from functions.connect.routes import ROUTES
from scripts.stack.throwaway import Running
from shared.http.idempotency import Fingerprints
from shared.quiz.questionnaire import questionnaire
from tests.cast import Cast, Json, Member, Pair
from tests.database.answers import refused
from tests.often import often
from tests.server.served import until

Connection = psycopg.Connection[Any]

PROFILE = {"displayName": "Robin", "birthDate": "1991-02-03", "gender": "female", "langPrimary": "en"}
OTHER = "Another body"


def _scene(cast: Cast, path: str) -> tuple[Member, Json, Json]:
    """Who calls a path, a body that is taken, and another body of the same path."""
    proposed, chatting = cast.pair("proposed"), cast.pair("blind_chat_active")
    a, chat = chatting.a, {"blindChatId": chatting.chat_id}
    match, other = {"matchId": chatting.match_id}, {"matchId": proposed.match_id}
    agreed, version, reveal = {"consentVersion": "v1"}, {"version": "v1"}, {"revealId": str(uuid.uuid4())}
    code = f"key-{uuid.uuid4().hex[:8]}"
    if "events" in path:
        cast.database.execute("insert into public.events (name, code) values ('Keys', %s)", [code])
    if path == "/connect/events/leave":
        assert cast.call(a, "POST", "/connect/events/join", {"eventCode": code}).status_code == 200
    if path == "/connect/quiz":
        a = cast.member(signals="{values}")
    said = {"version": questionnaire().version, "answers": {"decide_myself": 6}}
    scenes: dict[str, tuple[Member, Json, Json]] = {
        "/connect/activate": (a, agreed | {"mode": "both"}, agreed | {"mode": "friendship"}),
        "/connect/respond": (proposed.a, other | {"action": "accept"}, other | {"action": "decline"}),
        "/connect/chat": (a, chat | {"message": "Good morning"}, chat | {"message": OTHER}),
        "/connect/reveal": (a, match | {"action": "request"}, reveal | {"action": "accept"}),
        "/connect/feedback": (a, match | {"rating": 4}, match | {"rating": 1}),
        "/connect/profile": (a, PROFILE | {"tz": "Europe/Berlin"}, PROFILE | {"tz": "Europe/Paris"}),
        "/connect/quiz": (a, said, said | {"answers": {"decide_myself": 2}}),
        "/connect/consents": (a, version | {"switches": {"values": True}}, version | {"switches": {}}),
        "/connect/interests": (a, {"interests": ["chess"]}, {"interests": []}),
        "/connect/preferences": (a, {"traits": ["smokes"]}, {"traits": ["has_pets"]}),
        "/connect/work-profile": (a, {"industry": "law"}, {"industry": "health"}),
        "/connect/deactivate": (a, {}, {"until": "2099-01-01T00:00:00Z"}),
        "/connect/close": (a, match, other),
        "/connect/block": (a, match, other),
        "/connect/report": (a, match | {"reason": "rude"}, match | {"reason": "other"}),
        "/connect/events/join": (a, {"eventCode": code}, {"eventCode": "other"}),
        "/connect/events/leave": (a, {"eventCode": code}, {"eventCode": "other"}),
    }  # fmt: skip
    return scenes[path]


# What administrators read is not kept: tests/database/safety/test_admin_reports.py.
CHANGING = [name for name, route in ROUTES.items() if name[0] in ("POST", "PUT") and not route.admin]
# What happens again when it is asked for again without a key.
REPEATABLE = {f"/connect/{name}" for name in ("activate", "chat", "deactivate", "report")}
KEPT = [(method, path) for method, path in CHANGING if path != "/connect/erase"]


def _with(key: str) -> dict[str, dict[str, str]]:
    return {"headers": {"Idempotency-Key": key}}


def _deeds(cast: Cast, member: Member) -> list[tuple[str, int]]:
    """What a member has done, by the ledgers that only grow."""
    return cast.database.execute(
        "select event_type::text, count(*) from public.domain_events where user_id = %(id)s group by 1"
        " union all select 'message', count(*) from public.blind_chat_messages where sender_user_id = %(id)s"
        " union all select 'report', count(*) from public.reports where reporter_id = %(id)s"
        " union all select 'consent', count(*) from public.consents where user_id = %(id)s"
        " union all select 'revision', revision from public.connect_profiles where user_id = %(id)s"
        " order by 1",
        {"id": member.id},
    ).fetchall()


@pytest.mark.parametrize(("method", "path"), KEPT)
def test_a_key_does_a_thing_once(cast: Cast, method: str, path: str) -> None:
    """Again: the same bytes, marked, and nothing more has happened. With another body: refused."""
    member, body, other = _scene(cast, path)
    key = str(uuid.uuid4())
    first = cast.call(member, method, path, body, **_with(key))
    assert first.status_code == 200, first.text
    assert "Idempotent-Replayed" not in first.headers
    done = _deeds(cast, member)
    again = cast.call(member, method, path, body, **_with(key))
    assert (again.status_code, again.content) == (first.status_code, first.content)
    assert again.headers["Idempotent-Replayed"] == "true"
    assert int(again.headers["RateLimit-Remaining"]) < int(first.headers["RateLimit-Limit"])
    refused(cast.call(member, method, path, other, **_with(key)), 422, "idempotency_conflict")
    assert _deeds(cast, member) == done
    cast.call(member, method, path, body)  # without the key it is a new request
    if path in REPEATABLE:
        assert _deeds(cast, member) != done


def test_a_key_belongs_to_one_route_and_one_member(cast: Cast) -> None:
    pair, key = cast.pair("blind_chat_active"), "k-1"
    match = {"matchId": pair.match_id}
    report = match | {"reason": "rude"}
    assert cast.call(pair.a, "POST", "/connect/report", report, **_with(key)).status_code == 200
    refused(cast.call(pair.a, "POST", "/connect/close", match, **_with(key)), 422, "idempotency_conflict")
    theirs = cast.call(pair.b, "POST", "/connect/close", match, **_with(key))
    assert (theirs.status_code, "Idempotent-Replayed" in theirs.headers) == (200, False)


def test_bodies_that_are_equal_as_json_are_one_body(cast: Cast) -> None:
    pair = cast.pair("proposed")
    words = (
        f'{{"matchId":"{pair.match_id}","action":"accept"}}',
        (f'{{ "action" : "accept", "matchId" : "{pair.match_id}" }}'),
    )
    headers = {"Idempotency-Key": "same", "Content-Type": "application/json"}
    first, again = (
        cast.call(pair.a, "POST", "/connect/respond", content=each, headers=headers) for each in words
    )
    assert (again.status_code, again.content) == (200, first.content)
    assert again.headers["Idempotent-Replayed"] == "true"


@pytest.mark.parametrize("key", ["", "a b", "x" * 256, "tab\tkey", "caf\xe9"])
def test_a_malformed_key_changes_nothing(cast: Cast, key: str) -> None:
    pair = cast.pair("proposed")
    body = {"matchId": pair.match_id, "action": "accept"}
    headers = {"Idempotency-Key": key.encode("latin-1")}
    answer = cast.call(pair.a, "POST", "/connect/respond", body, headers=headers)
    refused(answer, 422, "invalid_body")
    assert cast.value("select status::text from public.matches where id = %s", pair.match_id) == "proposed"


def test_a_refusal_is_no_answer_to_keep(cast: Cast) -> None:
    """It changed nothing, so the key is free: for the same words later, and for better words now."""
    pair, key = cast.pair("proposed"), str(uuid.uuid4())
    match = {"matchId": pair.match_id}
    refused(cast.call(pair.a, "POST", "/connect/close", match, **_with(key)), 409, "match_not_open")
    for member in (pair.a, pair.b):
        cast.sql_call(member, "respond", match_id=pair.match_id, action="accept")
    chat = str(cast.value("select id from public.blind_chats where match_id = %s", pair.match_id))
    words = {"blindChatId": chat, "message": "I will kill you."}
    said = str(uuid.uuid4())
    refused(cast.call(pair.a, "POST", "/connect/chat", words, **_with(said)), 422, "invalid_body")
    better = cast.call(pair.a, "POST", "/connect/chat", words | {"message": "See you."}, **_with(said))
    assert better.status_code == 200, better.text
    refused(
        cast.call(pair.a, "POST", "/connect/chat", words | {"message": "Or not."}, **_with(said)),
        *(422, "idempotency_conflict"),
    )
    assert cast.call(pair.a, "POST", "/connect/close", match, **_with(key)).status_code == 200


def test_who_was_turned_away_at_the_door_may_use_the_key_again(cast: Cast) -> None:
    pair, key = cast.pair("proposed"), str(uuid.uuid4())
    body = {"matchId": pair.match_id, "action": "accept"}
    with cast.settings(writes_per_minute=1):
        cast.call(pair.a, "POST", "/connect/close", {"matchId": pair.match_id})
        refused(cast.call(pair.a, "POST", "/connect/respond", body, **_with(key)), 429, "rate_limited")
    accepted = cast.call(pair.a, "POST", "/connect/respond", body, **_with(key))
    assert (accepted.status_code, "Idempotent-Replayed" in accepted.headers) == (200, False)
    with cast.settings(writes_per_minute=1):
        refused(cast.call(pair.a, "POST", "/connect/respond", body, **_with(key)), 429, "rate_limited")
    assert cast.call(pair.a, "POST", "/connect/respond", body, **_with(key)).status_code == 200


def test_an_invalid_body_uses_no_key_up(cast: Cast) -> None:
    pair, key = cast.pair("proposed"), str(uuid.uuid4())
    body = {"matchId": pair.match_id, "action": "accept"}
    answer = cast.call(pair.a, "POST", "/connect/respond", body | {"more": 1}, **_with(key))
    refused(answer, 422, "invalid_body")
    assert cast.call(pair.a, "POST", "/connect/respond", body, **_with(key)).status_code == 200


def test_a_request_in_flight_is_not_waited_for(cast: Cast, stack: Running) -> None:
    pair, key = cast.pair("proposed"), str(uuid.uuid4())
    body = {"matchId": pair.match_id, "action": "accept"}
    with psycopg.connect(stack.database_url) as holder, ThreadPoolExecutor(1) as pool:
        holder.execute("select from public.matches where id = %s for update", [pair.match_id])
        first = pool.submit(cast.call, pair.a, "POST", "/connect/respond", body, **_with(key))
        _until_waiting(cast)
        meanwhile = cast.call(pair.a, "POST", "/connect/respond", body, **_with(key))
        refused(meanwhile, 409, "idempotency_conflict")
        assert meanwhile.headers["Retry-After"] == "1"
        holder.rollback()
        answered = first.result(60)
    assert answered.status_code == 200
    again = cast.call(pair.a, "POST", "/connect/respond", body, **_with(key))
    assert (again.content, again.headers["Idempotent-Replayed"]) == (answered.content, "true")


def test_an_answer_lost_after_the_commit_is_given_again(cast: Cast, stack: Running) -> None:
    """The client hangs up before the answer; what it asked for happened once."""
    pair, key = cast.pair("blind_chat_active"), str(uuid.uuid4())
    body = {"blindChatId": pair.chat_id, "message": "Are you there?"}
    address = urlsplit(stack.functions_url)
    for _ in range(3):
        phone = http.client.HTTPConnection(address.hostname or "", address.port)
        words = httpx.Request("POST", "http://x", json=body).content
        headers = {
            "Authorization": f"Bearer {pair.a.token}",
            "Idempotency-Key": key,
            "Content-Type": "application/json",
        }
        phone.request("POST", "/connect/chat", body=words, headers=headers)
        phone.close()
    sent = "select count(*) from public.blind_chat_messages where blind_chat_id = %s"
    until(lambda: bool(cast.value(sent, pair.chat_id)))
    again = cast.call(pair.a, "POST", "/connect/chat", body, **_with(key))
    while again.status_code == 409:
        again = cast.call(pair.a, "POST", "/connect/chat", body, **_with(key))
    assert again.headers["Idempotent-Replayed"] == "true"
    assert cast.database.execute(
        "select id::text from public.blind_chat_messages where blind_chat_id = %s", [pair.chat_id]
    ).fetchall() == [(again.json()["messageId"],)]


def test_a_call_that_dies_before_its_commit_leaves_no_key(cast: Cast, stack: Running) -> None:
    pair, key = cast.pair("proposed"), str(uuid.uuid4())
    body = {"matchId": pair.match_id, "action": "accept"}
    with psycopg.connect(stack.database_url) as holder, ThreadPoolExecutor(1) as pool:
        holder.execute("select from public.matches where id = %s for update", [pair.match_id])
        first = pool.submit(cast.call, pair.a, "POST", "/connect/respond", body, **_with(key))
        for pid in _until_waiting(cast):
            cast.database.execute("select pg_terminate_backend(%s)", [pid])
        refused(first.result(60), 503, "unavailable")
        holder.rollback()
    accepted = cast.call(pair.a, "POST", "/connect/respond", body, **_with(key))
    assert (accepted.status_code, "Idempotent-Replayed" in accepted.headers) == (200, False)


def _until_waiting(cast: Cast) -> list[int]:
    """The backends of PostgREST that wait for a lock, once there is one."""
    found: list[int] = []

    def look() -> bool:
        found[:] = [
            pid
            for (pid,) in cast.database.execute(
                "select pid from pg_stat_activity"
                " where wait_event_type = 'Lock' and query like '%%pgrst_source%%'"
            )
        ]
        return bool(found)

    until(look)
    return found


def test_a_message_is_answered_again_when_the_chat_is_over(cast: Cast) -> None:
    pair, key = cast.pair("blind_chat_active"), str(uuid.uuid4())
    body = {"blindChatId": pair.chat_id, "message": "Good night"}
    sent = cast.call(pair.a, "POST", "/connect/chat", body, **_with(key))
    cast.sql_call(pair.b, "close_match", match_id=pair.match_id)
    again = cast.call(pair.a, "POST", "/connect/chat", body, **_with(key))
    assert (again.status_code, again.content) == (200, sent.content)
    other = cast.call(pair.a, "POST", "/connect/chat", body | {"message": OTHER}, **_with(key))
    refused(other, 422, "idempotency_conflict")
    refused(cast.call(pair.a, "POST", "/connect/chat", body), 404, "not_found")


def test_a_key_lasts_a_day_and_is_purged_then(cast: Cast) -> None:
    pair, key = cast.pair("blind_chat_active"), str(uuid.uuid4())
    body = {"blindChatId": pair.chat_id, "message": "Good morning"}
    first = cast.call(pair.a, "POST", "/connect/chat", body, **_with(key)).json()
    age = "update private.idempotency_keys set created_at = now() - %s::interval where user_id = %s"
    cast.database.execute(age, ["23 hours 59 minutes", pair.a.id])
    assert cast.call(pair.a, "POST", "/connect/chat", body, **_with(key)).json() == first
    cast.database.execute(age, ["24 hours 1 second", pair.a.id])
    second = cast.call(pair.a, "POST", "/connect/chat", body, **_with(key))
    assert "Idempotent-Replayed" not in second.headers
    assert second.json()["messageId"] != first["messageId"]
    assert cast.call(pair.a, "POST", "/connect/chat", body, **_with(key)).json() == second.json()
    cast.database.execute(age, ["24 hours 1 second", pair.a.id])
    cast.database.execute("select private.purge()")
    assert cast.value("select count(*) from private.idempotency_keys where user_id = %s", pair.a.id) == 0


def test_nothing_the_app_chose_or_wrote_is_kept(cast: Cast) -> None:
    pair, key = cast.pair("blind_chat_active"), "robins-phone-2026"
    body = {"blindChatId": pair.chat_id, "message": "secret words"}
    cast.call(pair.a, "POST", "/connect/chat", body, **_with(key))
    kept = cast.value(
        "select string_agg(i::text, ' ') from private.idempotency_keys i where user_id = %s", pair.a.id
    )
    assert pair.a.id in kept
    for told in (key, "secret", key.encode().hex(), b"secret".hex()):
        assert told not in kept


def test_a_withdrawn_cell_goes_from_kept_answers(cast: Cast) -> None:
    member, key = cast.member(signals="{location}"), str(uuid.uuid4())
    body = PROFILE | {"homePlace": "Hamburg, Germany"}
    told = cast.call(member, "PUT", "/connect/profile", body, **_with(key)).json()
    assert told["profile"]["homeCell"] is not None
    cast.sql_call(member, "put_consents", version="v1", switches=Jsonb({}))
    again = cast.call(member, "PUT", "/connect/profile", body, **_with(key))
    assert again.json()["profile"] == told["profile"] | {"homeCell": None}
    assert again.headers["Idempotent-Replayed"] == "true"


def test_keys_are_found_while_the_ring_rotates(cast: Cast) -> None:
    """An instance with the old secret, one with both, one with the new: whoever comes second replays."""
    old, new = bytes(range(32)), bytes(range(32, 64))
    rings = [[old], [new, old], [old, new], [new]]
    for first in range(len(rings)):
        for second in range(max(0, first - 1), min(len(rings), first + 2)):
            pair = cast.pair("proposed")
            args = {"match_id": pair.match_id, "action": "accept"}

            def call(ring: list[bytes], member: Member = pair.a, args: Json = args) -> httpx.Response:
                hashes = Fingerprints(ring).of(member.id, "key", "POST /connect/respond", args)
                return cast.rpc(member, "call_once", keys=hashes, name="respond", args=args)

            assert "Idempotent-Replayed" not in call(rings[first]).headers
            if set(rings[first]) & set(rings[second]):
                assert call(rings[second]).headers["Idempotent-Replayed"] == "true", (first, second)


@pytest.mark.parametrize(
    "words",
    [
        {"name": "call_once", "args": {"keys": [], "name": "respond"}},
        {"name": "store_profile_vectors"},
        {"name": "set_status"},
        {"name": "read_chat", "args": {"blind_chat_id": str(uuid.uuid4())}},
        {"name": "open_message", "args": {"blind_chat_id": str(uuid.uuid4())}},
        {"name": "respond", "args": {"match": "x"}},
        {"name": "respond", "args": []},
        {"name": "deactivate", "keys": []},
        {"name": "deactivate", "keys": [{"key": "x", "body": "y"}]},
        {"name": "deactivate", "keys": [{"key": "0" * 64}]},
        {"name": "deactivate", "keys": [{"key": f"{n:064x}", "body": "0" * 64} for n in range(17)]},
        {"name": "deactivate", "keys": [{"key": "0" * 64, "body": "1" * 64}] * 2},
        {"name": "get_status", "decides": False},
        {"name": "respond", "decides": False},
        {"name": "respond", "decides": None},
        {"name": "get_status", "decides": None},
        {"name": "deactivate", "keys": None},
        {"name": "deactivate", "keys": {"key": "0" * 64, "body": "1" * 64}},
        {"name": "deactivate(); select 1"},
        {"name": None},
    ],
)
def test_only_changes_members_make_are_run_and_kept(cast: Cast, words: Json) -> None:
    """A function that tells a salt is not kept: it would outlive what it opens."""
    member = cast.member()
    called = {"keys": [{"key": "0" * 64, "body": "1" * 64}], "args": {}} | words
    refused(cast.rpc(member, "call_once", **called), 422, "invalid_body")
    assert cast.value("select count(*) from private.idempotency_keys where user_id = %s", member.id) == 0
    assert cast.value("select is_active from public.connect_profiles where user_id = %s", member.id)


def test_a_function_of_the_host_is_not_run_with_our_rights(cast: Cast, superuser: Connection) -> None:
    """Whatever else a project keeps in public, with the rights of its callers, stays out of reach."""
    member = cast.member()
    with made(
        superuser,
        "create function public.of_the_host() returns jsonb language sql volatile set search_path = ''"
        " as 'select jsonb_build_object(''who'', current_user)'",
        "grant execute on function public.of_the_host() to authenticated",
        undone_by="drop function public.of_the_host()",
    ):
        keys = [{"key": "0" * 64, "body": "1" * 64}]
        for decides in (True, False):
            called = {"keys": keys, "name": "of_the_host", "decides": decides}
            refused(cast.rpc(member, "call_once", **called), 422, "invalid_body")


def test_what_is_kept_for_a_member_in_a_day_has_an_end_in_bytes(cast: Cast) -> None:
    pair = cast.pair("proposed")
    body = {"matchId": pair.match_id, "action": "accept"}
    used = "select used from private.rate_counters where user_id = %s and kind = 'kept_bytes'"
    with cast.settings(kept_answer_bytes_per_day=10_000):
        first = cast.call(pair.a, "POST", "/connect/respond", body, **_with("first"))
        each = cast.value(used, pair.a.id)
        assert 200 < each < 1000
        assert int(first.headers["RateLimit-Limit"]) == cast.value(
            "select writes_per_minute from public.settings"
        )
        for number in range(1, -(-10_000 // each)):
            answer = cast.call(pair.a, "POST", "/connect/respond", body, **_with(f"more-{number}"))
            assert answer.status_code == 200
        refused(cast.call(pair.a, "POST", "/connect/respond", body, **_with("last")), 429, "rate_limited")
        # What was kept is still told, and who sends no key goes on.
        again = cast.call(pair.a, "POST", "/connect/respond", body, **_with("first"))
        assert again.headers["Idempotent-Replayed"] == "true"
        assert cast.call(pair.a, "POST", "/connect/respond", body).status_code == 200


def test_a_replaced_name_is_in_no_kept_answer(cast: Cast) -> None:
    member, key = cast.member(), str(uuid.uuid4())
    body = PROFILE | {"tz": "Europe/Berlin", "displayName": "Before"}
    cast.call(member, "PUT", "/connect/profile", body, **_with(key))
    now = cast.call(member, "PUT", "/connect/profile", body | {"displayName": "After"}).json()
    again = cast.call(member, "PUT", "/connect/profile", body, **_with(key))
    assert (again.json(), again.headers["Idempotent-Replayed"]) == (now, "true")
    kept = "select string_agg(i::text, ' ') from private.idempotency_keys i where user_id = %s"
    assert "Before" not in cast.value(kept, member.id)


def test_a_dry_run_through_the_door_is_refused(cast: Cast) -> None:
    pair = cast.pair("proposed")
    words = {"keys": [{"key": "0" * 64, "body": "1" * 64}], "name": "respond",
        "args": {"match_id": pair.match_id, "action": "accept"}}  # fmt: skip
    for select in ("status", "status::int", "*&order=status"):
        answer = cast.rest(pair.a, "POST", f"/rpc/call_once?select={select}", json=words)
        assert answer.status_code in (400, 422)
        assert "accepted" not in answer.text
    assert cast.value("select status::text from public.matches where id = %s", pair.match_id) == "proposed"


def test_keys_go_with_the_account(cast: Cast) -> None:
    pair = cast.pair("proposed")
    body = {"matchId": pair.match_id, "action": "accept"}
    assert cast.call(pair.a, "POST", "/connect/respond", body, **_with("k")).status_code == 200
    cast.database.execute("delete from auth.users where id = %s", [pair.a.id])
    assert cast.value("select count(*) from private.idempotency_keys where user_id = %s", pair.a.id) == 0


@contextmanager
def made(superuser: Connection, *statements: str, undone_by: str) -> Iterator[None]:
    """Something in the database for a while, once PostgREST knows it."""
    for statement in statements:
        superuser.execute(statement)
    try:
        superuser.execute("notify pgrst, 'reload schema'")
        yield
    finally:
        superuser.execute(undone_by)


def storm(cast: Cast, keys: int, phones: int) -> Counter[str]:
    """Every key sent by `phones` clients at the same instant, message after message. What was answered."""
    pairs: list[Pair] = [cast.pair("blind_chat_active") for _ in range(min(keys, 50))]
    told: Counter[str] = Counter()
    lock, gate = threading.Lock(), threading.Barrier(phones)

    def phone() -> None:
        with httpx.Client(base_url=cast.stack.functions_url, timeout=60) as client:
            for number in range(keys):
                pair = pairs[number % len(pairs)]
                gate.wait()
                answer = client.post(
                    "/connect/chat",
                    json={"blindChatId": pair.chat_id, "message": f"Message {number}"},
                    headers={"Authorization": f"Bearer {pair.a.token}", "Idempotency-Key": f"storm-{number}"},
                )
                kind = "replayed" if "Idempotent-Replayed" in answer.headers else str(answer.status_code)
                with lock:
                    told[kind] += 1

    with ThreadPoolExecutor(phones) as pool:
        for each in [pool.submit(phone) for _ in range(phones)]:
            each.result()
    sent = cast.database.execute(
        "select count(*), count(distinct m.id) from public.blind_chat_messages m"
        " where m.blind_chat_id = any (%s::uuid[])",
        [[pair.chat_id for pair in pairs]],
    ).fetchone()
    assert sent == (keys, keys), sent
    return told


def test_one_key_at_the_same_instant_has_one_effect(cast: Cast) -> None:
    keys = often(40, 1000)
    with cast.settings(messages_per_minute=100_000, writes_per_minute=100_000):
        told = storm(cast, keys, phones=often(16, 32))
    print(f"\n{keys} keys: {dict(told)}")
    assert told["200"] == keys
    assert set(told) <= {"200", "409", "replayed"}
    assert told["409"] > 0
    assert told["replayed"] > 0


def test_an_administrator_starts_a_pool_once(cast: Cast) -> None:
    code, key = f"once-{uuid.uuid4().hex[:8]}", str(uuid.uuid4())
    cast.database.execute(
        "insert into public.events (name, code, matchmaking_enabled) values ('Keys', %s, true)", [code]
    )
    body = {"eventCode": code, "action": "start"}
    first, again = (
        cast.call(cast.stack.admin_token, "POST", "/admin/matching", body, **_with(key)) for _ in range(2)
    )
    assert (first.status_code, again.status_code) == (200, 200), again.text
    assert again.content == first.content
    assert again.headers["Idempotent-Replayed"] == "true"
    assert cast.value("select count(*) from public.admin_actions where event_code = %s", code) == 1
    pause = body | {"action": "pause"}
    answer = cast.call(cast.stack.admin_token, "POST", "/admin/matching", pause, **_with(key))
    refused(answer, 422, "idempotency_conflict")
