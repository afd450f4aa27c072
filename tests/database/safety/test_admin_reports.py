"""Working the reports: by weight, on record before anything is answered, for administrators alone."""

import json
import uuid
from typing import Any

import httpx
import psycopg
import pytest

from tests.cast import Cast, Json, Member
from tests.database.answers import ok, refused, status_of
from tests.database.matcher.test_admin_matching import impostors
from tests.database.safety.test_reports import report, reports, say

pytestmark = pytest.mark.one_world

PATH = "/admin/reports"
WHY = "A member asked for help."


@pytest.fixture(autouse=True)
def _an_empty_queue(cast: Cast) -> None:
    cast.database.execute("delete from public.reports")


def reported(cast: Cast, *, by: Member | None = None, about: Member | None = None, **words: Any) -> str:
    """A report, straight into the table: `by` somebody (new) about somebody (new)."""
    pair = cast.pair("blind_chat_active", a=by, b=about)
    return str(
        cast.value(
            "insert into public.reports (match_id, reporter_id, reported_id, reason, created_at)"
            " values (%s, %s, %s, 'rude', now() - %s::interval) returning id",
            *(pair.match_id, pair.a.id, pair.b.id, words.get("ago", "0")),
        )
    )


def decided(cast: Cast, by: Member, *decisions: str) -> None:
    """Earlier reports of a member, decided so."""
    for decision in decisions:
        cast.database.execute(
            "insert into public.reports (reporter_id, reported_id, reason, status, decision, decided_by,"
            " decided_at, decision_reason) values (%s, %s, 'rude', 'decided', %s, gen_random_uuid(), now(),"
            " 'why')",
            [by.id, cast.member().id, decision],
        )


def admin(
    cast: Cast, method: str, body: Json | None = None, query: str = "", token: str = ""
) -> httpx.Response:
    return cast.call(token or cast.stack.admin_token, method, PATH + query, body)


def queue(cast: Cast, query: str = "") -> list[Json]:
    answer = admin(cast, "GET", query=query)
    assert answer.status_code == 200, answer.text
    found: list[Json] = answer.json()["reports"]
    return found


def work(cast: Cast, action: str, report_id: str, **words: Any) -> httpx.Response:
    return admin(cast, "POST", {"action": action, "reportId": report_id, "why": WHY} | words)


def recorded(cast: Cast, most: int = 1) -> list[tuple[Any, ...]]:
    """The latest of the record, newest first."""
    return cast.database.execute(
        "select admin_id::text, action, report_id::text, why, details from public.admin_actions"
        " order by acted_at desc limit %s",
        [most],
    ).fetchall()


def another_admin(cast: Cast) -> str:
    return cast.administrator().token


def test_the_queue_is_by_weight_then_age_and_names_nobody(cast: Cast) -> None:
    bad = cast.member()
    trusted, doubted = cast.member(), cast.member()
    decided(cast, trusted, "warned", "stopped")
    decided(cast, doubted, "no_action", "no_action")
    young = reported(cast)
    old = reported(cast, ago="2 days")
    by_trusted = reported(cast, by=trusted)
    by_doubted = reported(cast, by=doubted, ago="9 days")
    twice = [reported(cast, about=bad), reported(cast, about=bad)]
    found = queue(cast)
    assert [entry["reportId"] for entry in found] == [*twice, by_trusted, old, young, by_doubted]
    assert [entry["weight"] for entry in found] == [1, 1, 0.75, 0.5, 0.5, 0.25]
    assert [entry["reporters"] for entry in found] == [2, 2, 1, 1, 1, 1]
    assert set(found[0]) == {
        *("reportId", "status", "weight", "reporters", "createdAt", "updatedAt", "evidenceCount", "mode"),
        *("highestRisk", "riskKinds", "takenAt", "mine"),
    }
    text = json.dumps(found)
    for row in cast.database.execute("select reporter_id, reported_id, match_id from public.reports"):
        assert not [value for value in row if value and str(value) in text]


def test_one_reporter_counts_once_however_often_they_report(cast: Cast) -> None:
    """Report bombing: a hundred calls about one match are one report, and of one weight."""
    pair = cast.pair("blind_chat_active")
    for n in range(30):
        assert report(cast, pair.a, pair, details=f"Again, {n}.").status_code == 200
    (entry,) = queue(cast)
    assert (entry["weight"], entry["reporters"]) == (0.5, 1)
    # Even rows of their own, as an older version or a decided report leaves them.
    for _ in range(5):
        cast.database.execute(
            "insert into public.reports (match_id, reporter_id, reported_id, reason)"
            " values (%s, %s, %s, 'x')",
            [pair.match_id, pair.a.id, pair.b.id],
        )
    assert {entry["weight"] for entry in queue(cast)} == {0.5}


def test_whoever_was_wrong_weighs_less_each_time(cast: Cast) -> None:
    reporter = cast.member()
    weights = []
    for _ in range(3):
        report_id = reported(cast, by=reporter)
        (entry,) = queue(cast)
        weights.append(entry["weight"])
        assert work(cast, "decide", report_id, decision="no_action").status_code == 200
    assert weights == [0.5, 0.33, 0.25]


def test_the_erased_count_once_and_are_not_mixed_up(cast: Cast) -> None:
    bad = cast.member()
    reporters = [cast.member() for _ in range(3)]
    for reporter in reporters:
        reported(cast, by=reporter, about=bad)
    other = [reported(cast), reported(cast)]
    for reporter in reporters:
        cast.database.execute("delete from auth.users where id = %s", [reporter.id])
    assert sorted(entry["weight"] for entry in queue(cast)) == [0.5] * 5
    cast.database.execute(
        "delete from auth.users where id in (select reported_id from public.reports where id = any (%s))",
        [other],
    )
    assert sorted(entry["weight"] for entry in queue(cast)) == [0.5] * 5


def test_reading_tells_the_reporter_s_words_and_no_person(cast: Cast) -> None:
    pair = cast.pair("blind_chat_active")
    insult = say(cast, pair.b, pair, "You are such a stupid bitch")
    assert report(cast, pair.a, pair, insult, reason="insults", details="All week.").status_code == 200
    (row,) = reports(cast, pair, pair.a)
    names = cast.database.execute(
        "select pseudonym_a, pseudonym_b from public.blind_chats where id = %s", [pair.chat_id]
    ).fetchone()
    answer = work(cast, "read", row["id"])
    said = answer.json()
    assert answer.status_code == 200
    assert (said["reason"], said["details"], said["status"]) == ("insults", "All week.", "open")
    assert (said["reporter"], said["reported"]) == names
    assert (said["highestRisk"], said["riskKinds"], said["evidenceCount"]) == (82, ["harassment"], 1)
    assert (said["weight"], said["reliability"], said["decision"], said["mine"]) == (0.5, 0.5, None, False)
    for secret in (pair.a.id, pair.b.id, pair.match_id, pair.chat_id, pair.a.name, pair.b.name, "bitch"):
        assert str(secret) not in answer.text
    assert recorded(cast) == [(cast.stack.keys.admin_id, "read_report", row["id"], WHY, {})]


def test_every_deed_is_on_record(cast: Cast) -> None:
    report_id = reported(cast)
    queue(cast, "?status=open")
    for action, words in (("read", {}), ("take", {}), ("stop", {}), ("decide", {"decision": "warned"})):
        assert work(cast, action, report_id, **words).status_code == 200
    body = {"reportId": report_id, "why": "To decide."}
    assert cast.call(cast.stack.admin_token, "POST", "/admin/evidence", body).json() == {
        **{"ok": True, "reportId": report_id, "messages": [], "tampered": 0}
    }
    admin_id = cast.stack.keys.admin_id
    assert recorded(cast, 6) == [
        (admin_id, "read_evidence", report_id, "To decide.", {}),
        (admin_id, "decide_report", report_id, WHY, {"decision": "warned"}),
        (admin_id, "stop_match", report_id, WHY, {}),
        (admin_id, "take_report", report_id, WHY, {}),
        (admin_id, "read_report", report_id, WHY, {}),
        (admin_id, "list_reports", None, None, {"status": "open"}),
    ]


FUNCTIONS = {
    "list_reports": {},
    "read_report": {"why": WHY},
    "read_evidence": {"why": WHY},
    "take_report": {"why": WHY},
    "decide_report": {"why": WHY, "decision": "stopped"},
    "stop_match": {"why": WHY},
}


@pytest.mark.parametrize("function", FUNCTIONS)
def test_what_cannot_be_recorded_is_not_answered_and_not_done(
    cast: Cast, superuser: psycopg.Connection[Any], function: str
) -> None:
    pair = cast.pair("blind_chat_active")
    assert report(cast, pair.a, pair, say(cast, pair.b, pair), details="Words.").status_code == 200
    (row,) = reports(cast, pair, pair.a)
    words = FUNCTIONS[function] | ({} if function == "list_reports" else {"report_id": row["id"]})
    superuser.execute("alter table public.admin_actions add constraint full_disk check (false) not valid")
    try:
        answer = cast.rpc(cast.stack.admin_token, function, **words)
    finally:
        superuser.execute("alter table public.admin_actions drop constraint full_disk")
    assert answer.status_code == 400, answer.text
    assert "Words." not in answer.text
    assert set(answer.json()) == {"code", "details", "hint", "message"}
    assert (reports(cast, pair, pair.a), status_of(cast, pair.match_id)) == ([row], "blind_chat_active")
    ok(cast.rpc(cast.stack.admin_token, function, **words))


def test_a_try_at_nothing_is_on_record_too(cast: Cast) -> None:
    absent = str(uuid.uuid4())
    for action, words in (("read", {}), ("take", {}), ("decide", {"decision": "warned"}), ("stop", {})):
        answer = work(cast, action, absent, **words)
        assert (answer.status_code, answer.json()["code"]) == (404, "not_found")
        ((_, _, report_id, _, details),) = recorded(cast)
        assert (report_id, details["refused"]) == (absent, "not_found")


def test_the_record_is_append_only(cast: Cast, database: psycopg.Connection[Any]) -> None:
    work(cast, "read", reported(cast))
    for change in ("update public.admin_actions set why = 'x'", "delete from public.admin_actions"):
        with pytest.raises(psycopg.Error, match="append-only"):
            database.execute(change)


DEEDS: tuple[tuple[str, Json], ...] = (
    *(("read", {}), ("take", {})),
    *(("decide", {"decision": "no_action"}), ("stop", {})),
)


def test_nobody_works_what_concerns_themself(cast: Cast) -> None:
    for role in ("reporter_id", "reported_id"):
        report_id = reported(cast)
        other = reported(cast)
        member = cast.value(f"select {role}::text from public.reports where id = %s", report_id)
        token = cast.administrator(Member(member, "", "")).token
        told = admin(cast, "GET", token=token).json()
        seen = [entry["reportId"] for entry in told["reports"]]
        assert other in seen
        assert report_id not in seen
        assert told["waiting"] == len(seen) == len(queue(cast)) - 1
        assert admin(cast, "GET", query="?status=reviewing", token=token).json()["waiting"] == 0
        for action, words in DEEDS:
            body = {"action": action, "reportId": report_id, "why": WHY} | words
            answer = admin(cast, "POST", body, token=token)
            assert (answer.status_code, answer.json()["code"]) == (403, "forbidden")
            assert recorded(cast)[0][:3] == (member, answer_name(action), report_id)
        body = {"reportId": report_id, "why": WHY}
        assert cast.call(token, "POST", "/admin/evidence", body).status_code == 403
        match_id = cast.value("select match_id::text from public.reports where id = %s", report_id)
        body = {"action": "stop", "matchId": match_id, "why": WHY}
        assert admin(cast, "POST", body, token=token).status_code == 403
        assert status_of(cast, match_id) == "blind_chat_active"


def answer_name(action: str) -> str:
    return {"stop": "stop_match"}.get(action, f"{action}_report")


def test_taking_keeps_others_off_for_a_day(cast: Cast) -> None:
    report_id = reported(cast)
    mine, other = cast.stack.admin_token, another_admin(cast)
    said = work(cast, "take", report_id).json()
    assert (said["status"], said["mine"]) == ("reviewing", True)
    assert [entry["mine"] for entry in queue(cast, "?status=reviewing")] == [True]
    assert queue(cast, "?status=open") == []
    for action, words in (("take", {}), ("decide", {"decision": "warned"})):
        body = {"action": action, "reportId": report_id, "why": WHY} | words
        answer = admin(cast, "POST", body, token=other)
        assert (answer.status_code, answer.json()["detail"]) == (
            409,
            "Another administrator is at this report.",
        )
    # Looking and stopping wait for nobody.
    for action in ("read", "stop"):
        body = {"action": action, "reportId": report_id, "why": WHY}
        assert admin(cast, "POST", body, token=other).status_code == 200
    assert work(cast, "take", report_id).status_code == 200
    cast.database.execute("update public.reports set taken_at = now() - interval '25 hours'")
    body = {"action": "take", "reportId": report_id, "why": WHY}
    assert admin(cast, "POST", body, token=other).json()["mine"] is True
    assert mine != other


@pytest.mark.parametrize("decision", ["no_action", "warned", "stopped"])
def test_a_decision_is_kept_with_its_reason(cast: Cast, decision: str) -> None:
    report_id = reported(cast)
    said = work(cast, "decide", report_id, decision=decision).json()
    assert (said["status"], said["decision"]) == ("decided", decision)
    assert set(said) == {"ok", "reportId", "status", "decision", "decidedAt"}
    assert work(cast, "read", report_id).json()["decisionReason"] == WHY
    row = cast.database.execute(
        "select status::text, decision::text, decided_by::text, decision_reason, decided_at is not null"
        " from public.reports where id = %s",
        [report_id],
    ).fetchone()
    assert row == ("decided", decision, cast.stack.keys.admin_id, WHY, True)
    match_id = cast.value("select match_id::text from public.reports where id = %s", report_id)
    assert status_of(cast, match_id) == ("closed" if decision == "stopped" else "blind_chat_active")
    assert queue(cast) == []
    for action, words in (("take", {}), ("decide", {"decision": "stopped"})):
        answer = work(cast, action, report_id, **words)
        assert (answer.status_code, answer.json()["detail"]) == (409, "This report has been decided.")
    assert status_of(cast, match_id) == ("closed" if decision == "stopped" else "blind_chat_active")


def test_a_deed_sent_again_under_its_key_is_done_once(cast: Cast) -> None:
    """And a reading is read and recorded each time: what a report says is not kept for a retry."""
    report_id = reported(cast)
    key = {"Idempotency-Key": str(uuid.uuid4())}
    body = {"action": "decide", "reportId": report_id, "why": WHY, "decision": "stopped"}
    answers = [cast.call(cast.stack.admin_token, "POST", PATH, body, headers=key) for _ in range(2)]
    assert [answer.status_code for answer in answers] == [200, 200]
    assert answers[0].content == answers[1].content
    assert cast.value("select count(*) from public.admin_actions where report_id = %s", report_id) == 1
    kept = cast.value("select count(*) from private.idempotency_keys")
    for path, words in ((PATH, {"action": "read"}), ("/admin/evidence", {})):
        body = {"reportId": report_id, "why": "Again."} | words
        key = {"Idempotency-Key": str(uuid.uuid4())}
        for _ in range(2):
            assert cast.call(cast.stack.admin_token, "POST", path, body, headers=key).status_code == 200
        assert [entry[3] for entry in recorded(cast, 2)] == ["Again."] * 2
    assert cast.value("select count(*) from private.idempotency_keys") == kept


def test_a_match_is_stopped_by_its_own_id_too(cast: Cast) -> None:
    pair = cast.pair("accepted_a")
    body = {"action": "stop", "matchId": pair.match_id, "why": WHY}
    assert admin(cast, "POST", body).json() == {"ok": True, "stopped": True}
    assert admin(cast, "POST", body).json() == {"ok": True, "stopped": False}
    assert status_of(cast, pair.match_id) == "closed"
    stopped = "select match_id::text, why from public.admin_actions order by acted_at desc limit 1"
    assert cast.database.execute(stopped).fetchone() == (pair.match_id, WHY)
    assert admin(cast, "POST", body | {"matchId": str(uuid.uuid4())}).status_code == 404


def test_a_report_of_a_match_that_is_gone_is_decided_all_the_same(cast: Cast) -> None:
    report_id = reported(cast)
    gone = "delete from public.matches where id = (select match_id from public.reports where id = %s)"
    cast.database.execute(gone, [report_id])
    assert queue(cast)[0]["mode"] is None
    assert work(cast, "stop", report_id).json() == {"ok": True, "stopped": False}
    assert work(cast, "decide", report_id, decision="stopped").json()["decision"] == "stopped"


@pytest.mark.parametrize("function", FUNCTIONS)
def test_the_database_asks_for_the_claim_itself(cast: Cast, function: str) -> None:
    """Past the edge, straight at PostgREST: the same bytes for every report and every argument."""
    report_id = reported(cast)
    before = recorded(cast)
    tries: list[Json] = [{}, {"status": "open"}, {"status": "nonsense"}]
    if function != "list_reports":
        tries = [{"report_id": one} for one in (report_id, str(uuid.uuid4()))]
        tries.append({"report_id": report_id, "why": ""})
    if function == "decide_report":
        tries.append({"report_id": report_id, "decision": "nonsense"})
    for who, (token, code, word) in impostors(cast).items():
        answers = [cast.rpc(token, function, **(FUNCTIONS[function] | words)) for words in tries]
        assert {answer.status_code for answer in answers} == {code}, who
        assert len({answer.content for answer in answers}) == 1, who
        assert answers[0].json()["code"] == word, who
    given = FUNCTIONS[function] | ({} if function == "list_reports" else {"report_id": report_id})
    for key in (None, cast.stack.anon_key, cast.stack.service_role_key):
        assert cast.rpc(key, function, **given).json()["code"] == "42501"
    assert recorded(cast) == before


def test_members_are_turned_away_at_both_edges(cast: Cast) -> None:
    body = {"action": "read", "reportId": reported(cast), "why": WHY}
    evidence = {"reportId": body["reportId"], "why": WHY}
    for who, (token, status_code, code) in impostors(cast).items():
        answers = [
            cast.call(token, "GET", PATH),
            cast.call(token, "POST", PATH, body),
            cast.call(token, "POST", "/admin/evidence", evidence),
        ]
        # Whom the token's claim lets pass the edge, the database turns away: nonsense does not come to it.
        if "old token" not in who:
            answers.append(cast.call(token, "POST", "/admin/evidence", {"nonsense": 1}))
        for answer in answers:
            assert (answer.status_code, answer.json()["code"]) == (status_code, code), who
    for token in (None, cast.stack.service_role_key, cast.stack.anon_key, cast.stack.admin_token + "x"):
        assert cast.call(token, "POST", PATH, body).status_code == 401
        assert cast.call(token, "POST", "/admin/evidence", evidence).status_code == 401


@pytest.mark.parametrize(
    ("function", "words"),
    [
        ("read_report", {"why": None}),
        ("read_report", {"why": "  "}),
        ("read_report", {"why": "x" * 1001}),
        ("read_evidence", {"why": ""}),
        ("take_report", {"why": ""}),
        ("decide_report", {"decision": None}),
        ("decide_report", {"decision": "banned"}),
        ("decide_report", {"why": ""}),
        ("stop_match", {"match_id": "3b90b6c2-2bb6-4cc0-b1f1-6a8550e6055f"}),
        ("stop_match", {"report_id": None}),
        ("stop_match", {"report_id": None, "match_id": "3b90b6c2-2bb6-4cc0-b1f1-6a8550e6055f", "why": " "}),
        ("list_reports", {"status": "decided"}),
    ],
)
def test_sql_refuses_what_the_edge_would(cast: Cast, function: str, words: Json) -> None:
    report_id = reported(cast)
    given = FUNCTIONS[function] | ({} if function == "list_reports" else {"report_id": report_id}) | words
    refused(cast.rpc(cast.stack.admin_token, function, **given), 422, "invalid_body")
    assert cast.value("select status::text from public.reports where id = %s", report_id) == "open"


def test_the_dashboard_s_view_is_the_queue(cast: Cast) -> None:
    """As the service reads it, through PostgREST; nobody else does (the permission matrix)."""
    first, second = reported(cast, ago="1 day"), reported(cast)
    answer = cast.rest(
        cast.stack.service_role_key, "GET", "/report_queue?select=*&order=weight.desc,created_at"
    )
    assert [row["report_id"] for row in answer.json()] == [first, second]
    assert not [name for row in answer.json() for name in row if name in ("reason", "details", "match_id")]


def test_what_administrators_decide_shows_to_no_member(cast: Cast) -> None:
    """Reporter and reported read the same bytes before and after, unless the pair was stopped."""
    pair = cast.pair("blind_chat_active")
    assert report(cast, pair.a, pair).status_code == 200

    def seen() -> list[bytes]:
        own = "/reports?select=match_id,created_at"
        return [
            *(cast.rpc(member, "get_status").content for member in (pair.a, pair.b)),
            *(cast.rest(member, "GET", own).content for member in (pair.a, pair.b)),
        ]

    before = seen()
    (row,) = reports(cast, pair, pair.a)
    for action, words in (("read", {}), ("take", {}), ("decide", {"decision": "warned"})):
        assert work(cast, action, row["id"], **words).status_code == 200
        assert seen() == before
