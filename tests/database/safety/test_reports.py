"""Reports with evidence: chosen by the reporter, copied by the database, gone with whoever wrote it."""

import base64
import uuid
from typing import Any

import httpx
import pytest

from tests.cast import HARMLESS, STATEMENT, Cast, Json, Member, Pair
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


def direct(cast: Cast, member: Member, match_id: str, *message_ids: Any) -> httpx.Response:
    """Past the function, with the member's own token."""
    words = {"match_id": match_id, "reason": "rude", "message_ids": list(message_ids)}
    return cast.rpc(member, "report_partner", **words)


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
    not_found(direct(cast, late.a, late.match_id, message_id))


@pytest.mark.parametrize("path", ["function", "report_partner"])
def test_messages_one_could_not_read_are_refused_as_one(cast: Cast, path: str) -> None:
    """Of another chat, of nobody, hidden as unreadable, odd lists: the same bytes, nothing changed."""
    pair, other = cast.pair("blind_chat_active"), cast.pair("blind_chat_active", b=None)
    mine = say(cast, pair.b, pair)
    foreign = say(cast, other.b, other, "A secret of others.")
    hidden = say(cast, pair.b, pair)
    noted = {"message_ids": [hidden], "statements": [STATEMENT]}
    ok(cast.rpc(pair.a, "note_unreadable", blind_chat_id=pair.chat_id, **noted))
    tries: list[list[Any]] = [[foreign], [mine, foreign], [str(uuid.uuid4())], [hidden], [pair.match_id]]
    if path == "function":
        answers = [report(cast, pair.a, pair, *chosen) for chosen in tries]
    else:  # these the edge refuses more plainly
        tries += [[mine, mine], [str(uuid.uuid4()) for _ in range(21)], [mine, None], [None], [[mine]]]
        answers = [direct(cast, pair.a, pair.match_id, *chosen) for chosen in tries]
    assert {(answer.status_code, answer.json()["detail"]) for answer in answers} == {(422, NO_SUCH)}
    assert len({answer.content for answer in answers}) == 1
    assert reports(cast, pair, pair.a) == []
    # A report that is there already stays as it was.
    ok(direct(cast, pair.a, pair.match_id))
    before = reports(cast, pair, pair.a)
    refused(direct(cast, pair.a, pair.match_id, mine, foreign), 422, "invalid_body")
    assert reports(cast, pair, pair.a) == before
    # The sender may give what the other side claims not to open.
    ok(direct(cast, pair.b, pair.match_id, hidden))


def test_a_match_without_a_chat_has_no_messages(cast: Cast) -> None:
    for state in ("proposed", "accepted_a", "declined", "expired"):
        pair = cast.pair(state)
        refused(direct(cast, pair.a, pair.match_id, str(uuid.uuid4())), 422, "invalid_body")
        assert reports(cast, pair, pair.a) == []


def test_absent_and_foreign_matches_answer_the_same(cast: Cast) -> None:
    pair, other = cast.pair("blind_chat_active"), cast.pair("blind_chat_active")
    message_id = say(cast, pair.b, pair)
    for caller in (other.a, cast.stranger()):
        for match_id in (pair.match_id, str(uuid.uuid4())):
            not_found(direct(cast, caller, match_id, message_id))


def test_evidence_is_what_lies_in_the_chat(cast: Cast) -> None:
    """Whoever calls names messages and gives no bytes: there is nothing to forge."""
    pair = cast.pair("blind_chat_active")
    message_id = say(cast, pair.b, pair, "Insult.")
    ok(direct(cast, pair.a, pair.match_id, message_id))
    (row,) = reports(cast, pair, pair.a)
    assert evidence(cast, row["id"]) == [("reported", "Insult.")]
    words = {"match_id": pair.match_id, "reason": "rude", "evidence": []}
    assert cast.rpc(pair.a, "report_partner", **words).status_code == 404
    copied = cast.value(
        "select (e.number, e.side, e.writer_id, e.content_ciphertext, e.key_id, e.sent_at)"
        " = (t.number, t.side, t.sender_user_id, t.content_ciphertext, t.key_id, t.created_at)"
        " from private.report_evidence e join public.blind_chat_messages t on t.id = e.message_id"
        " where e.report_id = %s",
        row["id"],
    )
    assert copied is True


def test_a_report_has_the_salt_only_with_evidence(cast: Cast) -> None:
    pair = cast.pair("blind_chat_active")
    chat = cast.value("select salt::text from public.blind_chats where id = %s", pair.chat_id)
    for chosen, salt, chat_id in (([], None, None), ([say(cast, pair.b, pair)], chat, pair.chat_id)):
        assert report(cast, pair.a, pair, *chosen).status_code == 200
        (row,) = reports(cast, pair, pair.a)
        assert (row["evidence_salt"], row["evidence_chat_id"]) == (salt, chat_id)


def test_the_salt_goes_when_both_have_gone(cast: Cast) -> None:
    pair = cast.pair("blind_chat_active")
    assert report(cast, pair.a, pair, say(cast, pair.b, pair)).status_code == 200
    (row,) = reports(cast, pair, pair.a)
    salt = "select encode(evidence_salt, 'hex') from public.reports where id = %s"
    for member, gone in ((pair.b, False), (pair.a, True)):
        cast.database.execute("delete from auth.users where id = %s", [member.id])
        assert (cast.value(salt, row["id"]) == "00" * 32) is gone


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


def test_a_report_sent_again_under_its_key_is_one(cast: Cast) -> None:
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

    for start in range(0, 100, 20):
        ok(direct(cast, pair.a, pair.match_id, *sent[start : start + 20]))
    refused(direct(cast, pair.a, pair.match_id, sent[100]), 422, "invalid_body")
    ok(direct(cast, pair.a, pair.match_id, *sent[:20]))
    # Once it is over that would tell that they are all still there.
    ok(cast.rpc(pair.b, "close_match", match_id=pair.match_id))
    ok(direct(cast, pair.a, pair.match_id, sent[100]))
    (row,) = reports(cast, pair, pair.a)
    assert row["evidence_count"] == 100
    assert kept(cast, row["id"]) == [(one, "b") for one in sent[:100]]


def _pair_with_report(cast: Cast) -> tuple[Pair, str]:
    pair = cast.pair("blind_chat_active")
    ids = [say(cast, pair.a, pair, "Please stop."), say(cast, pair.b, pair, "No.")]
    assert report(cast, pair.a, pair, *ids, reason="insults", details="My own words.").status_code == 200
    (row,) = reports(cast, pair, pair.a)
    return pair, str(row["id"])


def test_an_erased_writer_s_evidence_goes_with_them(cast: Cast) -> None:
    pair, report_id = _pair_with_report(cast)
    before = cast.rest(pair.a, "GET", "/reports?select=match_id,created_at").content
    cast.database.execute("delete from auth.users where id = %s", [pair.b.id])
    assert evidence(cast, report_id) == [("reporter", "Please stop.")]
    assert cast.value("select evidence_count from public.reports where id = %s", report_id) == 1
    # The reporter reads of their own report what they read before: an erasure is an exit like any other.
    assert cast.rest(pair.a, "GET", "/reports?select=match_id,created_at").content == before


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


def _told(answer: httpx.Response) -> tuple[int, bytes, tuple[str, ...]]:
    """Everything but the clock, the request's id, and how many calls are left."""
    unlike = ("date", "x-request-id", "ratelimit-")
    heads = [f"{k}: {v}" for k, v in answer.headers.multi_items() if not k.lower().startswith(unlike)]
    return answer.status_code, answer.content, tuple(sorted(heads))


def test_a_report_does_not_tell_an_erased_partner_from_one_who_left(cast: Cast) -> None:
    """Nothing of the partner's rows comes back: however they left, every answer is the same bytes."""
    answers = []
    for exit_ in ("close", "block", "erase"):
        pair = cast.pair("blind_chat_active")
        ids = [say(cast, pair.b, pair, f"Insult {n}.") for n in range(3)] + [say(cast, pair.a, pair)]
        assert report(cast, pair.a, pair, ids[0]).status_code == 200
        if exit_ == "erase":
            cast.database.execute("delete from auth.users where id = %s", [pair.b.id])
        else:
            function = {"close": "close_match", "block": "block_partner"}[exit_]
            ok(cast.rpc(pair.b, function, match_id=pair.match_id))
        odd: list[list[Any]] = [[ids[0], ids[0]], [ids[1], None], [[ids[1]]], [str(uuid.uuid4())] * 21]
        tries: list[list[Any]] = [ids, ids[:1], ids[1:2], ids[3:], [str(uuid.uuid4())], [], *odd]
        told = [report(cast, pair.a, pair, *chosen) for chosen in tries[:6]]
        told += [direct(cast, pair.a, pair.match_id, *chosen) for chosen in tries]
        told.append(cast.rest(pair.a, "HEAD", "/reports?select=match_id", headers={"Prefer": "count=exact"}))
        answers.append([_told(one) for one in told])
        statuses = [one.status_code for one in told]
        assert statuses == [200] * 12 + [422] * 4 + [200]
        (row,) = reports(cast, pair, pair.a)
        assert row["evidence_count"] == (1 if exit_ == "erase" else 4)
    assert sum(len(set(each)) > 1 for each in zip(*answers, strict=True)) == 0


def test_no_function_of_members_answers_with_evidence(cast: Cast) -> None:
    """None that takes a match and messages of it but the one whose answer is empty."""
    found = cast.database.execute(
        "select p.proname from pg_proc p where p.pronamespace = 'public'::regnamespace"
        " and has_function_privilege('authenticated', p.oid, 'execute')"
        " and 'uuid[]'::regtype = any (p.proargtypes::oid[]) order by 1"
    ).fetchall()
    assert [name for (name,) in found] == ["note_unreadable", "report_partner"]


def test_old_decided_reports_are_purged_with_their_evidence(cast: Cast) -> None:
    (_, old), (_, fresh), (_, waiting) = (_pair_with_report(cast) for _ in range(3))
    for one in (old, fresh):
        decide(cast, one, "warned")
    age = "update public.reports set decided_at = now() - %s::interval where id = %s"
    cast.database.execute(age, ["1 year 1 second", old])
    cast.database.execute(age, ["364 days", fresh])
    cast.database.execute("update public.reports set created_at = '2020-01-01' where id = %s", [waiting])
    cast.database.execute("select private.purge()")
    assert cast.value("select count(*) from public.reports where id = any (%s)", [old, fresh, waiting]) == 2
    assert (kept(cast, old), len(kept(cast, fresh)), len(kept(cast, waiting))) == ([], 2, 2)


def test_no_client_reaches_evidence(cast: Cast) -> None:
    for caller in (None, cast.member(), cast.stack.admin_token, cast.stack.service_role_key):
        for profile in ({}, {"Accept-Profile": "private"}):
            answer = cast.rest(caller, "GET", "/report_evidence", headers=profile)
            assert answer.status_code in (401, 403, 404, 406), answer.text
