"""Reports with evidence: chosen by the reporter, sealed to the report, gone with whoever wrote it."""

import base64
import uuid
from typing import Any

import httpx
import pytest

from tests.cast import HARMLESS, Cast, Json, Member, Pair
from tests.database.answers import not_found, ok, refused

SEALED = base64.b64encode(bytes(range(40))).decode()
NO_SUCH = "messageIds: up to 20 different messages of the chat with this match."


def say(cast: Cast, member: Member, pair: Pair, text: str = "Hello.") -> str:
    """Send through the function; the message's id."""
    answer = cast.call(member, "POST", "/connect/chat", {"blindChatId": pair.chat_id, "message": text})
    assert answer.status_code == 200, answer.text
    return str(answer.json()["messageId"])


def report(cast: Cast, member: Member, pair: Pair, *message_ids: str, **words: Any) -> httpx.Response:
    body = {"matchId": pair.match_id, "reason": "rude", "messageIds": list(message_ids)} | words
    return cast.call(member, "POST", "/connect/report", body)


def reports(cast: Cast, pair: Pair, reporter: Member) -> list[Json]:
    found = cast.database.execute(
        "select to_jsonb(r) from public.reports r where match_id = %s and reporter_id = %s"
        " order by created_at",
        [pair.match_id, reporter.id],
    ).fetchall()
    return [row for (row,) in found]


def kept(cast: Cast, report_id: str) -> list[tuple[str, str]]:
    found = cast.database.execute(
        "select message_id::text, side::text from private.report_evidence where report_id = %s"
        " order by number",
        [report_id],
    ).fetchall()
    return [(message_id, side) for message_id, side in found]


def evidence(cast: Cast, report_id: str) -> list[tuple[str | None, str | None]]:
    """(by, text) of each message, as an administrator reads it."""
    answer = cast.call(
        cast.stack.admin_token, "POST", "/admin/evidence", {"reportId": report_id, "why": "To decide."}
    )
    assert answer.status_code == 200, answer.text
    return [(message["by"], message["text"]) for message in answer.json()["messages"]]


def test_evidence_reaches_the_administrator_as_it_was_written(cast: Cast) -> None:
    for reporter_side in "ab":
        pair = cast.pair("blind_chat_active")
        reporter, reported = (pair.a, pair.b) if reporter_side == "a" else (pair.b, pair.a)
        ids = [
            say(cast, reporter, pair, "Please stop."),
            say(cast, reported, pair, "Nö 😈"),
            say(cast, reported, pair),
        ]
        assert report(cast, reporter, pair, *reversed(ids[:2])).json() == {"ok": True}
        (row,) = reports(cast, pair, reporter)
        assert row["evidence_count"] == 2
        assert [message_id for message_id, _ in kept(cast, row["id"])] == ids[:2]
        assert evidence(cast, row["id"]) == [("reporter", "Please stop."), ("reported", "Nö 😈")]
        # And nothing that was not chosen, in no form that the chat's own key opens.
        stored = cast.value(
            "select count(*) from private.report_evidence e join public.blind_chat_messages m"
            " on m.content_ciphertext = e.content_ciphertext where e.report_id = %s",
            row["id"],
        )
        assert stored == 0


def test_evidence_outlives_the_chat_and_its_salt(cast: Cast) -> None:
    pair = cast.pair("blind_chat_active")
    message_id = say(cast, pair.b, pair, "Insult.")
    assert report(cast, pair.a, pair, message_id).status_code == 200
    ok(cast.rpc(pair.b, "close_match", match_id=pair.match_id))
    cast.database.execute("delete from public.blind_chats where match_id = %s", [pair.match_id])
    (row,) = reports(cast, pair, pair.a)
    assert evidence(cast, row["id"]) == [("reported", "Insult.")]
    cast.database.execute("delete from public.matches where id = %s", [pair.match_id])
    assert evidence(cast, row["id"]) == [(None, "Insult.")]


def test_it_works_when_the_chat_is_over(cast: Cast) -> None:
    pair = cast.pair("blind_chat_active")
    message_id = say(cast, pair.b, pair, "Insult.")
    ok(cast.rpc(pair.b, "close_match", match_id=pair.match_id))
    assert report(cast, pair.a, pair, message_id).status_code == 200
    (row,) = reports(cast, pair, pair.a)
    assert evidence(cast, row["id"]) == [("reported", "Insult.")]
    late = cast.pair("closed")
    cast.database.execute("update public.matches set left_a_at = null where id = %s", [late.match_id])
    cast.let_end(late, "90 days 1 second")
    not_found(cast.rpc(late.a, "open_report", match_id=late.match_id, message_ids=[message_id]))


@pytest.mark.parametrize("path", ["function", "open_report", "report_partner"])
def test_messages_one_could_not_read_are_refused_as_one(cast: Cast, path: str) -> None:
    """Of another chat, of nobody, hidden as unreadable, too many, twice: the same bytes, nothing changed."""
    pair, other = cast.pair("blind_chat_active"), cast.pair("blind_chat_active", b=None)
    mine = say(cast, pair.b, pair)
    foreign = say(cast, other.b, other, "A secret of others.")
    hidden = say(cast, pair.b, pair)
    ok(cast.rpc(pair.a, "note_unreadable", blind_chat_id=pair.chat_id, message_ids=[hidden]))
    tries: list[list[str]] = [[foreign], [mine, foreign], [str(uuid.uuid4())], [hidden], [pair.match_id]]
    if path != "function":  # there the edge says it more plainly
        tries += [[mine, mine], [str(uuid.uuid4()) for _ in range(21)]]
    answers = []
    for chosen in tries:
        if path == "function":
            answers.append(report(cast, pair.a, pair, *chosen))
        elif path == "open_report":
            answers.append(cast.rpc(pair.a, "open_report", match_id=pair.match_id, message_ids=chosen))
        else:
            ok(cast.rpc(pair.a, "open_report", match_id=pair.match_id, message_ids=[mine]))
            given = [{"messageId": one, "keyId": "k1", "ciphertext": SEALED} for one in chosen]
            answers.append(
                cast.rpc(pair.a, "report_partner", match_id=pair.match_id, reason="rude", evidence=given)
            )
    assert {(answer.status_code, answer.json()["detail"]) for answer in answers} == {(422, NO_SUCH)}
    assert len({answer.content for answer in answers}) == 1
    assert reports(cast, pair, pair.a) == []
    # The sender may give what the other side claims not to open.
    ok(cast.rpc(pair.b, "open_report", match_id=pair.match_id, message_ids=[hidden]))


def test_a_match_without_a_chat_has_no_messages(cast: Cast) -> None:
    for state in ("proposed", "accepted_a", "declined", "expired"):
        pair = cast.pair(state)
        refused(
            cast.rpc(pair.a, "open_report", match_id=pair.match_id, message_ids=[str(uuid.uuid4())]),
            *(422, "invalid_body"),
        )


def test_absent_and_foreign_matches_answer_the_same(cast: Cast) -> None:
    pair, other = cast.pair("blind_chat_active"), cast.pair("blind_chat_active")
    message_id = say(cast, pair.b, pair)
    for caller in (other.a, cast.stranger()):
        for match_id in (pair.match_id, str(uuid.uuid4())):
            not_found(cast.rpc(caller, "open_report", match_id=match_id, message_ids=[message_id]))


@pytest.mark.parametrize(
    "given",
    [
        {},
        "x",
        [1],
        [{}],
        [{"messageId": None, "keyId": "k1", "ciphertext": SEALED}],
        [{"messageId": "x", "keyId": "k1", "ciphertext": SEALED}],
        [{"messageId": "{mine}", "keyId": "k 1", "ciphertext": SEALED}],
        [{"messageId": "{mine}", "keyId": "k1", "ciphertext": "AAAA"}],
        [{"messageId": "{mine}", "keyId": "k1", "ciphertext": "not base64"}],
        [{"messageId": "{mine}", "keyId": "k1", "ciphertext": base64.b64encode(bytes(8029)).decode()}],
    ],
    ids=lambda given: str(given)[:60],
)
def test_evidence_in_nonsense_is_refused_and_nothing_kept(cast: Cast, given: Any) -> None:
    pair = cast.pair("blind_chat_active")
    mine = say(cast, pair.b, pair)
    if isinstance(given, list):
        given = [
            one | {"messageId": mine} if isinstance(one, dict) and one.get("messageId") == "{mine}" else one
            for one in given
        ]
    ok(cast.rpc(pair.a, "open_report", match_id=pair.match_id, message_ids=[mine]))
    answer = cast.rpc(pair.a, "report_partner", match_id=pair.match_id, reason="rude", evidence=given)
    refused(answer, 422, "invalid_body")
    assert reports(cast, pair, pair.a) == []


def test_evidence_needs_the_first_call(cast: Cast) -> None:
    pair = cast.pair("blind_chat_active")
    given = [{"messageId": say(cast, pair.b, pair), "keyId": "k1", "ciphertext": SEALED}]
    words = {"match_id": pair.match_id, "reason": "rude", "evidence": given}
    refused(cast.rpc(pair.a, "report_partner", **words), 422, "invalid_body")
    ok(cast.rpc(pair.a, "open_report", match_id=pair.match_id, message_ids=[given[0]["messageId"]]))
    ok(cast.rpc(pair.a, "report_partner", **words))
    refused(cast.rpc(pair.a, "report_partner", **words), 422, "invalid_body")


def test_forged_evidence_proves_nothing(cast: Cast) -> None:
    """Past the function a reporter stores any bytes, and what lies in the chat; neither opens as evidence."""
    pair = cast.pair("blind_chat_active")
    ids = [say(cast, pair.b, pair, "Kind words."), say(cast, pair.b, pair, "More.")]
    opened = ok(cast.rpc(pair.a, "open_report", match_id=pair.match_id, message_ids=ids))
    given = [
        {"messageId": ids[0], "keyId": "k1", "ciphertext": SEALED},
        {"messageId": ids[1], "keyId": "k1", "ciphertext": opened["messages"][1]["ciphertext"]},
    ]
    ok(cast.rpc(pair.a, "report_partner", match_id=pair.match_id, reason="rude", evidence=given))
    (row,) = reports(cast, pair, pair.a)
    assert evidence(cast, row["id"]) == [("reported", None), ("reported", None)]


def test_every_report_has_a_salt_of_its_own(cast: Cast) -> None:
    pair = cast.pair("blind_chat_active")
    ids = [say(cast, pair.a, pair), say(cast, pair.b, pair)]
    for member in (pair.a, pair.b):
        assert report(cast, member, pair, *ids).status_code == 200
    salts = {row["evidence_salt"] for member in (pair.a, pair.b) for row in reports(cast, pair, member)}
    chat = cast.value("select salt::text from public.blind_chats where id = %s", pair.chat_id)
    assert len(salts | {chat}) == 3


def test_who_reports_again_adds_to_their_report(cast: Cast) -> None:
    pair = cast.pair("blind_chat_active")
    ids = [say(cast, pair.b, pair, f"Insult {n}.") for n in range(2)]
    assert report(cast, pair.a, pair, details="First.").status_code == 200
    assert report(cast, pair.a, pair, ids[0], details="Then.").status_code == 200
    assert report(cast, pair.a, pair, *ids, reason="insults").status_code == 200
    (row,) = reports(cast, pair, pair.a)
    assert (row["reason"], row["details"], row["evidence_count"]) == ("insults", "First.\n\nThen.", 2)
    assert evidence(cast, row["id"]) == [("reported", "Insult 0."), ("reported", "Insult 1.")]
    # The other side's is their own, and a decided one is closed.
    assert report(cast, pair.b, pair).status_code == 200
    decide(cast, row["id"], "no_action")
    assert report(cast, pair.a, pair, ids[0]).status_code == 200
    found = [(one["status"], one["evidence_count"]) for one in reports(cast, pair, pair.a)]
    assert found == [("decided", 2), ("open", 1)]
    assert len(reports(cast, pair, pair.b)) == 1


def decide(cast: Cast, report_id: str, decision: str) -> None:
    words = {"report_id": report_id, "decision": decision, "why": "Because."}
    ok(cast.rpc(cast.stack.admin_token, "decide_report", **words))


def test_a_report_decided_while_its_evidence_is_sealed_is_not_added_to(cast: Cast) -> None:
    pair = cast.pair("blind_chat_active")
    message_id = say(cast, pair.b, pair)
    assert report(cast, pair.a, pair).status_code == 200
    ok(cast.rpc(pair.a, "open_report", match_id=pair.match_id, message_ids=[message_id]))
    decide(cast, reports(cast, pair, pair.a)[0]["id"], "warned")
    given = [{"messageId": message_id, "keyId": "k1", "ciphertext": SEALED}]
    answer = cast.rpc(pair.a, "report_partner", match_id=pair.match_id, reason="rude", evidence=given)
    refused(answer, 422, "invalid_body")
    assert report(cast, pair.a, pair, message_id).status_code == 200
    first, second = reports(cast, pair, pair.a)
    assert (first["evidence_count"], second["evidence_count"]) == (0, 1)
    assert evidence(cast, second["id"]) == [("reported", "Hello.")]


def test_a_report_sent_again_under_its_key_is_one(cast: Cast) -> None:
    """Its first call gives salts, which are not kept; its second is, whatever became of the chat."""
    pair = cast.pair("blind_chat_active")
    chosen = [say(cast, pair.b, pair)]
    body = {"matchId": pair.match_id, "reason": "rude", "details": "Once.", "messageIds": chosen}
    key = {"Idempotency-Key": str(uuid.uuid4())}
    for _ in range(2):
        answer = cast.call(pair.a, "POST", "/connect/report", body, headers=key)
        assert (answer.status_code, answer.json()) == (200, {"ok": True})
    assert answer.headers["Idempotent-Replayed"] == "true"
    (row,) = reports(cast, pair, pair.a)
    assert (row["details"], row["evidence_count"]) == ("Once.", 1)
    salt = cast.value("select encode(evidence_salt, 'base64') from public.reports where id = %s", row["id"])
    told = "select count(*) from private.idempotency_keys where answer::text like %s"
    assert cast.value(told, f"%{salt}%") == 0


def test_a_hundred_messages_are_enough(cast: Cast) -> None:
    pair = cast.pair("blind_chat_active")
    sent = [str(uuid.uuid4()) for _ in range(101)]
    for one in sent:
        cast.sql_call(
            pair.b,
            "send_message",
            **{"blind_chat_id": pair.chat_id, "message_id": one, "ciphertext": SEALED, "key_id": "k1"},
            **HARMLESS,
        )

    def add(chosen: list[str]) -> httpx.Response:
        ok(cast.rpc(pair.a, "open_report", match_id=pair.match_id, message_ids=chosen))
        given = [{"messageId": one, "keyId": "k1", "ciphertext": SEALED} for one in chosen]
        return cast.rpc(pair.a, "report_partner", match_id=pair.match_id, reason="rude", evidence=given)

    for start in range(0, 100, 20):
        ok(add(sent[start : start + 20]))
    refused(add(sent[100:]), 422, "invalid_body")
    (row,) = reports(cast, pair, pair.a)
    assert (row["evidence_count"], len(kept(cast, row["id"]))) == (100, 100)
    ok(add(sent[:20]))


def _pair_with_report(cast: Cast) -> tuple[Pair, str]:
    pair = cast.pair("blind_chat_active")
    ids = [say(cast, pair.a, pair, "Please stop."), say(cast, pair.b, pair, "No.")]
    assert report(cast, pair.a, pair, *ids, reason="insults", details="My own words.").status_code == 200
    (row,) = reports(cast, pair, pair.a)
    return pair, str(row["id"])


def test_an_erased_writer_s_evidence_goes_with_them(cast: Cast) -> None:
    pair, report_id = _pair_with_report(cast)
    before = cast.rest(pair.a, "GET", "/reports?select=match_id,reason,details,created_at").content
    cast.database.execute("delete from auth.users where id = %s", [pair.b.id])
    assert evidence(cast, report_id) == [("reporter", "Please stop.")]
    assert cast.value("select evidence_count from public.reports where id = %s", report_id) == 1
    # The reporter reads of their own report what they read before: an erasure is an exit like any other.
    assert cast.rest(pair.a, "GET", "/reports?select=match_id,reason,details,created_at").content == before


def test_an_erased_reporter_s_words_go_with_them_and_what_they_reported_stays(cast: Cast) -> None:
    pair, report_id = _pair_with_report(cast)
    cast.database.execute("delete from auth.users where id = %s", [pair.a.id])
    assert evidence(cast, report_id) == [("reported", "No.")]
    left = cast.value("select to_jsonb(r) from public.reports r where id = %s", report_id)
    assert (left["reporter_id"], left["reported_id"]) == (None, pair.b.id)
    assert (left["reason"], left["details"], left["evidence_count"]) == ("erased", None, 1)
    cast.database.execute("delete from auth.users where id = %s", [pair.b.id])
    assert evidence(cast, report_id) == []
    assert cast.value("select evidence_count from public.reports where id = %s", report_id) == 0


def test_after_the_end_an_erasure_is_not_told_from_a_close(cast: Cast) -> None:
    """Evidence that went with its writer is left out without a word, as what never was."""
    answers = []
    for leave in ("close", "erase"):
        pair = cast.pair("blind_chat_active")
        message_id = say(cast, pair.b, pair)
        if leave == "close":
            ok(cast.rpc(pair.b, "close_match", match_id=pair.match_id))
        else:
            cast.database.execute("delete from auth.users where id = %s", [pair.b.id])
            cast.database.execute("delete from public.blind_chat_messages where id = %s", [message_id])
        answers.append(
            [report(cast, pair.a, pair, chosen).content for chosen in (message_id, str(uuid.uuid4()))]
        )
        (row,) = reports(cast, pair, pair.a)
        assert row["evidence_count"] == (leave == "close")
    assert answers[0] == answers[1]


def test_old_decided_reports_are_purged_with_their_evidence(cast: Cast) -> None:
    (_, old), (_, fresh), (_, waiting) = (_pair_with_report(cast) for _ in range(3))
    for one in (old, fresh):
        decide(cast, one, "warned")
    age = "update public.reports set decided_at = now() - %s::interval where id = %s"
    cast.database.execute(age, ["1 year 1 second", old])
    cast.database.execute(age, ["364 days", fresh])
    cast.database.execute("update public.reports set created_at = '2020-01-01' where id = %s", [waiting])
    cast.database.execute("update private.report_drafts set drawn_at = now() - interval '25 hours'")
    cast.database.execute("select private.purge()")
    assert cast.value("select count(*) from public.reports where id = any (%s)", [old, fresh, waiting]) == 2
    assert (kept(cast, old), len(kept(cast, fresh)), len(kept(cast, waiting))) == ([], 2, 2)
    assert cast.value("select count(*) from private.report_drafts") == 0


def test_no_client_reaches_evidence(cast: Cast) -> None:
    for caller in (None, cast.member(), cast.stack.admin_token, cast.stack.service_role_key):
        for table in ("report_evidence", "report_drafts"):
            for profile in ({}, {"Accept-Profile": "private"}):
                answer = cast.rest(caller, "GET", f"/{table}", headers=profile)
                assert answer.status_code in (401, 403, 404, 406), answer.text
