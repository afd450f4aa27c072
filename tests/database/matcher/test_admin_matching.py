"""Administrators steer the matching; whoever does not hold the claim reaches nothing, by whichever way.

The bell leads to a closed port here: a matcher at work would be in the way of what is counted.
"""

import uuid
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from typing import Any

import httpx
import psycopg
import pytest

from tests.cast import Cast, Json, Member
from tests.database import queue
from tests.database.answers import ok, refused
from tests.database.events import Event, event
from tests.database.runs import during
from tests.database.work import waiting_for_locks
from tests.server.served import until

PATH = "/admin/matching"
CLAIM = {"connect_admin": True}


@pytest.fixture(autouse=True)
def _nobody_listens(cast: Cast) -> Iterator[None]:
    row = cast.database.execute(
        "select id, decrypted_secret from vault.decrypted_secrets where name = 'connect_worker_url'"
    ).fetchone()
    assert row is not None
    cast.database.execute("select vault.update_secret(%s, 'http://127.0.0.1:9')", [row[0]])
    yield
    cast.database.execute("select vault.update_secret(%s, %s)", list(row))


def crowd(cast: Cast, party: Event, size: int) -> list[Member]:
    """Members at an event."""
    members = [cast.member() for _ in range(size)]
    for member in members:
        ok(cast.rpc(member, "join_event", event_code=party.code))
    return members


def empty(cast: Cast, party: Event) -> None:
    """Nobody waits there."""
    cast.database.execute("delete from public.matchmaking_queue where event_id = %s", [party.id])


def waiting(cast: Cast, party: Event) -> list[tuple[int, str]]:
    """Priority and reason of every row of an event's queue."""
    rows = cast.database.execute(
        "select priority, reason::text from public.matchmaking_queue where event_id = %s", [party.id]
    )
    return [(priority, reason) for priority, reason in rows]


def steer(cast: Cast, **body: Any) -> Json:
    """POST as the stack's administrator."""
    answer = cast.call(cast.stack.admin_token, "POST", PATH, body)
    assert answer.status_code == 200, answer.text
    said: Json = answer.json()
    return said


def watch(cast: Cast, party: Event | None = None) -> Json:
    """GET as the stack's administrator."""
    query = f"?eventCode={party.code}" if party else ""
    answer = cast.call(cast.stack.admin_token, "GET", PATH + query)
    assert answer.status_code == 200, answer.text
    said: Json = answer.json()
    return said


def status(cast: Cast, party: Event | None) -> str:
    """How a pool stands."""
    query = "select status from public.matchmaking_jobs where event_id is not distinct from %s"
    return str(cast.value(query, party and party.id))


def actions(cast: Cast) -> int:
    """How much is on record."""
    return int(cast.value("select count(*) from public.admin_actions"))


def test_a_start_queues_everybody_of_the_event(cast: Cast) -> None:
    party = event(cast)
    crowd(cast, party, 3)
    paused = crowd(cast, party, 1)[0]
    ok(cast.rpc(paused, "deactivate"))
    empty(cast, party)
    said = steer(cast, eventCode=party.code.lower(), priority=2)
    assert said == {
        **{"ok": True, "action": "start", "eventCode": party.code, "eventName": party.name},
        **{"status": "idle", "queued": 3, "cleared": 0, "rung": True, "notRung": None},
    }
    assert waiting(cast, party) == [(2, "enabled")] * 3
    recorded = cast.database.execute(
        "select admin_id::text, action, event_code, details from public.admin_actions"
        " order by acted_at desc limit 1"
    ).fetchone()
    details = {"priority": 2, "queued": 3, "cleared": 0}
    assert recorded == (cast.stack.keys.admin_id, "start", party.code, details)


def test_without_an_event_everybody_who_searches_is_queued(cast: Cast) -> None:
    member = cast.member()
    cast.database.execute("delete from public.matchmaking_queue where event_id is null")
    said = steer(cast)
    assert (said["eventCode"], said["eventName"], said["rung"]) == (None, None, True)
    assert said["queued"] == cast.value(
        "select count(*) from public.connect_profiles p where private.searches_from(p) is not null"
    )
    held = "select count(*) from public.matchmaking_queue where user_id = %s and event_id is null"
    assert cast.value(held, member.id) == 1


def as_admin(database: psycopg.Connection[Any], function: str, *arguments: Any) -> Json:
    """One call with an administrator's claims, in the transaction that is open."""
    admin = str(uuid.uuid4())
    database.execute(
        "insert into auth.users (id, raw_app_meta_data) values (%s, '{\"connect_admin\": true}')", [admin]
    )
    claims = f'{{"sub": "{admin}", "role": "authenticated"}}'
    database.execute("select set_config('request.jwt.claims', %s, true)", [claims])
    places = ", ".join(["%s"] * len(arguments))
    row = database.execute(f"select public.{function}({places})", list(arguments)).fetchone()
    assert row is not None
    said: Json = row[0]
    return said


@pytest.mark.parametrize("name", ["connect_bell_key", "connect_worker_url"])
def test_a_bell_that_cannot_be_rung_loses_nothing(cast: Cast, superuser: Any, name: str) -> None:
    party = event(cast)
    crowd(cast, party, 2)
    empty(cast, party)
    with superuser.transaction(force_rollback=True):
        superuser.execute("delete from vault.secrets where name = %s", [name])
        said = as_admin(superuser, "steer_matching", party.code)
        assert (said["queued"], said["rung"]) == (2, False)
        assert said["notRung"] == f"Vault holds no secret named {name}"
        left = "select count(*) from public.matchmaking_queue where event_id = %s"
        assert superuser.execute(left, [party.id]).fetchone() == (2,)
        recorded = "select count(*) from public.admin_actions where event_code = %s"
        assert superuser.execute(recorded, [party.code]).fetchone() == (1,)


def test_a_start_rings_the_matcher_by_hand(cast: Cast, database: psycopg.Connection[Any]) -> None:
    """Seen before it is sent: the request waits in pg_net's queue until the transaction is over."""
    with database.transaction(force_rollback=True):
        assert as_admin(database, "steer_matching")["rung"] is True
        rung = database.execute(
            "select url, convert_from(body, 'UTF8')::jsonb from net.http_request_queue"
            " order by id desc limit 1"
        ).fetchone()
    assert rung == ("http://127.0.0.1:9/matcher", {"job": "matcher", "trigger": "hand"})


def test_pause_and_resume(cast: Cast) -> None:
    party, other = event(cast), event(cast)
    crowd(cast, party, 1)
    for _ in range(2):
        said = steer(cast, eventCode=party.code, action="pause")
        assert (said["status"], said["queued"], said["rung"]) == ("paused", 0, False)
    assert (status(cast, party), status(cast, other)) == ("paused", "idle")
    # A start of a paused pool queues, and leaves it to whoever paused it.
    assert steer(cast, eventCode=party.code)["status"] == "paused"
    said = steer(cast, eventCode=party.code, action="resume")
    assert (said["status"], said["rung"]) == ("running", True)
    empty(cast, party)
    steer(cast, eventCode=party.code, action="pause")
    assert steer(cast, eventCode=party.code, action="resume")["status"] == "idle"
    steer(cast, eventCode=party.code, action="pause")
    cast.database.execute(
        "insert into public.matchmaking_parked (user_id, event_id, priority, reason, attempts, last_error)"
        " values (%s, %s, 0, 'hand', 4, 'Internal')",
        [cast.member().id, party.id],
    )
    assert steer(cast, eventCode=party.code, action="resume")["status"] == "error"


def test_a_pause_holds_against_a_worker_that_was_just_claiming(cast: Cast) -> None:
    """It looked before the pause and writes after it: that it is at work must not be told as the status."""
    party = event(cast)
    crowd(cast, party, 1)
    cast.database.execute(
        "update public.matchmaking_queue set enqueued_at = '2000-01-01', available_at = '2000-01-01'"
        " where event_id = %s",
        [party.id],
    )
    pause = "update public.matchmaking_jobs set status = 'paused' where event_id = %s"
    _, claimed, waited = during(cast, lambda: queue.claim(cast, 1), pause, party.id)
    assert (claimed["eventId"], len(claimed["claimed"]), waited) == (party.id, 1, True)
    assert status(cast, party) == "paused"


def test_clear_empties_the_queue_of_one_pool(cast: Cast) -> None:
    party, other = event(cast), event(cast)
    crowd(cast, party, 2)
    crowd(cast, other, 1)
    said = steer(cast, eventCode=party.code, action="clear")
    assert (said["cleared"], said["queued"], said["rung"]) == (2, 0, False)
    assert (waiting(cast, party), len(waiting(cast, other))) == ([], 1)


@pytest.mark.parametrize("action", ["start", "clear"])
def test_a_whole_pool_waits_for_the_batch_that_is_being_stored(
    cast: Cast, database: psycopg.Connection[Any], action: str
) -> None:
    """A batch takes its own rows and then those of others: whoever holds them all would deadlock with it."""
    party = event(cast)
    crowd(cast, party, 2)
    (first,), (last,) = database.execute(
        "select id from public.matchmaking_queue where event_id = %s order by id", [party.id]
    ).fetchall()
    lock = "select from public.matchmaking_queue where id = %s for update"
    with ThreadPoolExecutor(1) as pool:
        with database.transaction():
            database.execute("select private.share_pool_lock()")
            database.execute(lock, [last])
            steering = pool.submit(steer, cast, eventCode=party.code, action=action)
            until(lambda: waiting_for_locks(database) > 0)
            database.execute(lock, [first])
        assert steering.result(60)["action"] == action


def test_an_unknown_event_is_not_found_and_a_closed_one_not_started(cast: Cast) -> None:
    off, over = event(cast, enabled=False), event(cast, ends="-1 second")
    before = actions(cast)
    for method, words in (("POST", {"body": {"eventCode": "no-such-event"}}), ("GET", {})):
        query = "" if method == "POST" else "?eventCode=no-such-event"
        answer = cast.call(cast.stack.admin_token, method, PATH + query, **words)
        assert (answer.status_code, answer.json()["code"]) == (404, "not_found")
    for party in (off, over):
        answer = cast.call(cast.stack.admin_token, "POST", PATH, {"eventCode": party.code})
        assert (answer.status_code, answer.json()["code"]) == (409, "conflict")
        assert "events.matchmaking_enabled" in answer.json()["detail"]
    assert actions(cast) == before
    # It can be paused all the same, and looked at.
    assert steer(cast, eventCode=off.code, action="pause")["status"] == "paused"
    assert watch(cast, off)["status"] == "paused"


def test_sql_refuses_what_the_edge_would(cast: Cast) -> None:
    before = actions(cast)
    for words in (
        {"action": "stop"},
        {"action": None},
        {"priority": 4},
        {"priority": -1},
        {"priority": None},
    ):
        refused(cast.rpc(cast.stack.admin_token, "steer_matching", **words), 422, "invalid_body")
    assert actions(cast) == before


def test_a_look_counts_who_waits(cast: Cast, database: psycopg.Connection[Any]) -> None:
    party = event(cast)
    members = crowd(cast, party, 5)
    change = "update public.matchmaking_queue set {} where user_id = %s and event_id = %s"
    for member, what in zip(
        members,
        (
            "enqueued_at = now() - interval '10 minutes', available_at = now() - interval '10 minutes'",
            "priority = 2, reason = 'changed'",
            "priority = 2, reason = 'changed', available_at = now() + interval '1 hour',"
            " enqueued_at = now() - interval '1 day'",
            "priority = 1, reason = 'freed'",
            "priority = 0",
        ),
        strict=True,
    ):
        database.execute(change.format(what), [member.id, party.id])
    database.execute(
        "insert into private.matchmaking_leases (queue_id, worker, asked_by, claimed_at, leased_until)"
        " select q.id, 'test', q.asked_by, now(),"
        "   case q.user_id when %s then now() + interval '1 minute' else now() - interval '1 second' end"
        " from public.matchmaking_queue q where q.event_id = %s and q.user_id = any (%s)",
        [members[3].id, party.id, [members[3].id, members[4].id]],
    )
    database.execute(
        "insert into public.matchmaking_parked (user_id, event_id, priority, reason, attempts, last_error)"
        " values (%s, %s, 1, 'freed', 4, 'Internal')",
        [cast.member().id, party.id],
    )
    database.execute(
        "update public.matchmaking_jobs set last_run_at = '2026-11-20T12:00Z', processed_count = 12,"
        " error_count = 2, last_error = 'Internal' where event_id = %s",
        [party.id],
    )
    run = cast.value(
        "insert into public.job_runs (name, trigger, scope, progress) values ('charts', 'hand', %s, 0.25)"
        " returning id",
        party.id,
    )
    for pair, age in ((cast.pair(), "0"), (cast.pair(), "0"), (cast.pair(), "25 hours")):
        database.execute(
            "update public.matches set event_id = %s, created_at = now() - %s::interval where id = %s",
            [party.id, age, pair.match_id],
        )
    said = watch(cast, party)
    jobs = [job for job in said.pop("jobs") if job["runId"] == str(run)]
    wait = said.pop("oldestWaitSeconds")
    assert 600 <= wait < 660

    def row(priority: int, reason: str, waiting: int, available: int, leased: int, parked: int) -> Json:
        return {
            **{"priority": priority, "reason": reason, "waiting": waiting},
            **{"available": available, "leased": leased, "parked": parked},
        }

    assert said == {
        **{"ok": True, "eventCode": party.code, "eventName": party.name, "status": "idle"},
        **{"waiting": 5, "available": 3, "leased": 1, "parked": 1},
        **{"lastRunAt": "2026-11-20T12:00:00.000000Z", "lastError": "Internal"},
        **{"processed": 12, "errors": 2, "matchedToday": 2},
        "queue": [
            row(2, "changed", 2, 1, 0, 0),
            row(1, "freed", 1, 0, 1, 1),
            row(0, "joined", 2, 2, 0, 0),
        ],
    }
    (job,) = jobs
    assert (job["name"], job["scope"], job["progress"], job["alive"]) == ("charts", party.id, 0.25, True)
    database.execute("update public.job_runs set status = 'failed', finished_at = now() where id = %s", [run])


def test_a_look_at_an_empty_pool(cast: Cast) -> None:
    said = watch(cast, event(cast))
    assert (said["waiting"], said["queue"], said["oldestWaitSeconds"], said["lastRunAt"]) == (
        0,
        [],
        None,
        None,
    )
    assert watch(cast)["eventCode"] is None


def impostors(cast: Cast) -> dict[str, tuple[str | None, int, str]]:
    """Tokens that are no administrator's, and what each is told."""
    member, stack = cast.member(), cast.stack
    return {
        "a member": (member.token, 403, "forbidden"),
        "a stranger": (cast.stranger().token, 403, "forbidden"),
        "who says so themselves": (
            stack.token(member.id, user_metadata=CLAIM, connect_admin=True, app_metadata={"roles": ["x"]}),
            *(403, "forbidden"),
        ),
        "who was one, by an old token": (stack.token(member.id, app_metadata=CLAIM), 403, "forbidden"),
        "a text": (stack.token(member.id, app_metadata={"connect_admin": "true"}), 403, "forbidden"),
        "a list": (stack.token(member.id, app_metadata=[CLAIM]), 403, "forbidden"),
        "an anonymous sign-in": (
            stack.token(member.id, app_metadata=CLAIM, is_anonymous=True),
            *(401, "unauthenticated"),
        ),
        "another audience": (
            stack.token(member.id, app_metadata=CLAIM, aud="elsewhere"),
            *(401, "unauthenticated"),
        ),
    }


@pytest.mark.parametrize("function", ["steer_matching", "get_matching"])
def test_the_database_asks_for_the_claim_itself(cast: Cast, function: str) -> None:
    """Past the edge, straight at PostgREST: the same bytes for every event and every argument."""
    party = event(cast)
    crowd(cast, party, 1)
    before = actions(cast)
    for who, (token, code, word) in impostors(cast).items():
        tries: list[Json] = [{"event_code": party.code}, {"event_code": "no-such-event"}, {}]
        if function == "steer_matching":
            tries += [{"event_code": party.code, "action": "clear"}, {"action": "nonsense"}]
        answers = [cast.rpc(token, function, **words) for words in tries]
        assert {answer.status_code for answer in answers} == {code}, who
        assert len({answer.content for answer in answers}) == 1, who
        assert answers[0].json()["code"] == word, who
    for key in (None, cast.stack.anon_key, cast.stack.service_role_key):
        assert cast.rpc(key, function).json()["code"] == "42501"
    assert len(waiting(cast, party)) == 1
    assert actions(cast) == before


def test_members_are_turned_away_at_the_edge_too(cast: Cast) -> None:
    for who, (token, status_code, code) in impostors(cast).items():
        for method in ("POST", "GET"):
            answer = cast.call(token, method, PATH, {} if method == "POST" else None)
            assert (answer.status_code, answer.json()["code"]) == (status_code, code), who
    for token in (None, cast.stack.service_role_key, cast.stack.anon_key, cast.stack.admin_token + "x"):
        assert cast.call(token, "POST", PATH, {}).status_code == 401
    assert httpx.post(f"{cast.stack.functions_url}{PATH}", json={}).status_code == 401


def test_a_member_s_tries_are_counted(cast: Cast) -> None:
    member = cast.member()
    with cast.settings(writes_per_minute=2):
        for _ in range(2):
            refused(cast.rpc(member, "get_matching"), 403, "forbidden")
        refused(cast.rpc(member, "get_matching"), 429, "rate_limited")


def test_what_was_done_stays_on_record(cast: Cast, database: psycopg.Connection[Any]) -> None:
    steer(cast, eventCode=event(cast).code, action="pause")
    for change in ("update public.admin_actions set action = 'clear'", "delete from public.admin_actions"):
        with pytest.raises(psycopg.Error, match="append-only"):
            database.execute(change)


def test_an_administrator_is_who_the_account_s_row_says(cast: Cast) -> None:
    """The stack's administrator is no member; a member who is one acts as one, whatever their token says."""
    admin = cast.stack.keys.admin_id
    assert cast.value("select count(*) from public.users where id = %s", admin) == 0
    member = cast.member()
    refused(cast.rpc(cast.stack.token(member.id, app_metadata=CLAIM), "get_matching"), 403, "forbidden")
    cast.administrator(member)
    token = member.token
    assert ok(cast.rpc(token, "get_matching"))["eventCode"] is None
    # Asked for in parts, to read an answer and undo the deed: not even they.
    party = event(cast)
    crowd(cast, party, 1)
    asked = "/rpc/steer_matching?select=pgrst_scalar:pgrst_scalar->>action::int"
    body = {"event_code": party.code, "action": "clear"}
    answer = cast.rest(token, "POST", asked, json=body)
    assert answer.status_code in (400, 422)
    assert "clear" not in answer.text
    assert len(waiting(cast, party)) == 1
