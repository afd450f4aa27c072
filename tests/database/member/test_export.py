"""A member gets everything of theirs and nothing of anybody else's, column by column, by written rules."""

import pytest

from tests.cast import STATES, Cast, Json, Member
from tests.database.answers import ok
from tests.database.member.test_erasure import _everywhere
from tests.database.runs import VECTOR, with_chart


def _export(cast: Cast, member: Member) -> Json:
    answer = cast.call(member, "GET", "/connect/export")
    assert answer.status_code == 200, answer.text
    body: Json = answer.json()
    assert body.pop("ok") is True
    return body


def test_a_new_column_without_a_rule_is_not_shown(cast: Cast) -> None:
    member = cast.member()
    with cast.database.transaction(force_rollback=True):
        cast.database.execute("alter table public.work_profiles add column salary text default 'much'")
        cast.database.execute("insert into public.work_profiles (user_id) values (%s)", [member.id])
        told = cast.value("select private.export_of(%s)::text", member.id)
    assert '"work": {' in told
    assert "much" not in told


def test_a_member_gets_what_they_told_and_what_was_made_of_it(cast: Cast) -> None:
    member = cast.member(
        display_name="Ada", signals="{values,birthData}", home_place="Paris", birth_date="1980-02-03"
    )
    cast.database.execute(
        "update public.connect_profiles set values_vector = %s, emotional_readiness_score = 62.5"
        " where user_id = %s",
        [str(VECTOR), member.id],
    )
    cast.database.execute(
        "insert into public.work_profiles (user_id, employer) values (%s, 'Acme')", [member.id]
    )
    with_chart(cast, member, [1, 2])
    for version in range(250):
        cast.database.execute(
            "insert into public.consents (user_id, version, kind) values (%s, %s, 'switched')",
            [member.id, f"old-{version}"],
        )
    pair = cast.pair("blind_chat_active", a=member)
    ok(cast.rpc(member, "give_feedback", match_id=pair.match_id, rating=4, notes="Kind"))
    ok(cast.rpc(member, "report_partner", match_id=pair.match_id, reason="rude", details="Twice"))
    told = _export(cast, member)
    assert told["format"] == "connect-export/1"
    assert (told["profile"]["id"], told["profile"]["displayName"]) == (member.id, "Ada")
    assert told["profile"]["birthDate"] == "1980-02-03"
    assert told["preferences"]["valuesVector"] == VECTOR
    assert (told["preferences"]["emotionalReadinessScore"], told["preferences"]["mode"]) == (62.5, "both")
    assert told["work"]["employer"] == "Acme"
    assert told["charts"]["radixJson"] == {}
    # The whole ledger, beyond what GET /connect/consents shows.
    assert [line["version"] for line in told["consents"]] == ["v1", *(f"old-{n}" for n in range(250))]
    assert [(row["rating"], row["notes"]) for row in told["feedback"]] == [(4, "Kind")]
    assert [(row["matchId"], row["details"]) for row in told["reports"]] == [(pair.match_id, "Twice")]
    assert told["interests"] is None
    assert told["matches"][0]["decision"] == "accepted"


def test_the_answer_is_a_file_and_says_what_it_leaves_out(cast: Cast) -> None:
    answer = cast.call(cast.stranger(), "GET", "/connect/export")
    assert answer.headers["Content-Disposition"] == 'attachment; filename="connect-export.json"'
    assert answer.headers["Cache-Control"] == "no-store"
    withheld = {entry["what"]: entry["why"] for entry in answer.json()["withheld"]}
    assert withheld["matches: status, stopped_at, swept_at, updated_at"] == (
        "moves with what the other one or the safety team does"
    )
    assert withheld["lists"] == "lists of other people, by number"
    assert all(withheld.values())
    assert not any(what.startswith(("settings", "job_runs")) for what in withheld)


def test_messages_come_in_clear_of_the_other_one_s_only_while_the_chat_is_open(cast: Cast) -> None:
    pair = cast.pair("blind_chat_active")
    for sender, text in ((pair.a, "one"), (pair.b, "two"), (pair.a, "three")):
        body = {"blindChatId": pair.chat_id, "message": text}
        assert cast.call(sender, "POST", "/connect/chat", body).status_code == 200
    told = _export(cast, pair.a)
    assert [(row["mine"], row["text"]) for row in told["messages"]] == [
        *((True, "one"), (False, "two"), (True, "three"))
    ]
    assert set(told["messages"][0]) == {"id", "blindChatId", "mine", "createdAt", "text"}
    assert set(told["chats"][0]) == {"blindChatId", "matchId", "pseudonym", "partnerPseudonym"}
    ok(cast.rpc(pair.b, "close_match", match_id=pair.match_id))
    assert [row["text"] for row in _export(cast, pair.a)["messages"]] == ["one", "three"]
    # A row that was tampered with is told as there, without a text.
    cast.database.execute(
        "update public.blind_chat_messages set key_id = key_id, content_ciphertext = %s"
        " where sender_user_id = %s and number = 1",
        [bytes(40), pair.a.id],
    )
    assert [row["text"] for row in _export(cast, pair.a)["messages"]] == [None, "three"]


@pytest.mark.parametrize("state", STATES)
@pytest.mark.parametrize("side", ["a", "b"])
def test_the_other_one_s_name_is_there_exactly_when_the_status_shows_it(
    cast: Cast, state: str, side: str
) -> None:
    pair = cast.pair(state)
    me, partner = (pair.a, pair.b) if side == "a" else (pair.b, pair.a)
    shown = [entry["partner"] for entry in ok(cast.rpc(me, "get_status"))["matches"]]
    answer = cast.call(me, "GET", "/connect/export")
    [match] = answer.json()["matches"]
    assert match["partner"] == (shown[0] if shown else None)
    assert (partner.name in answer.text) == (state == "revealed")
    assert partner.id not in answer.text


def test_who_asked_for_names_is_not_told_of_a_refusal(cast: Cast) -> None:
    pair = cast.pair("reveal_requested")
    before = _export(cast, pair.a)["reveals"]
    ok(cast.rpc(pair.b, "answer_reveal", reveal_id=pair.reveal_id, action="decline"))
    assert _export(cast, pair.a)["reveals"] == before
    assert before[0]["mine"] is True
    [asked_me] = _export(cast, pair.b)["reveals"]
    assert (asked_me["mine"], asked_me["status"]) == (False, "declined")


def test_no_id_but_one_s_own_and_handles(cast: Cast) -> None:
    """Of a member with rows in every table there is."""
    member = _everywhere(cast)
    text = cast.call(member, "GET", "/connect/export").text
    others = cast.database.execute(
        "select u.id::text, u.display_name from public.users u where u.id <> %s", [member.id]
    ).fetchall()
    # Names the cast draws; other tests call people x.
    revealed = {name for _, name in others if name and name.startswith("Member ") and name in text}
    assert len(others) > 10
    assert [other for other, _ in others if other in text] == []
    assert revealed == set()


def test_five_exports_a_day(cast: Cast) -> None:
    member, other = cast.member(), cast.member()
    statuses = [cast.call(member, "GET", "/connect/export").status_code for _ in range(7)]
    assert statuses == [200] * 5 + [429] * 2
    assert cast.call(other, "GET", "/connect/export").status_code == 200
    # The hourly purge leaves the count of the day, and an erasure does not bring exports back.
    cast.database.execute(
        "update private.rate_counters set window_started_at = now() - interval '23 hours'"
        " where user_id = %s and kind = 'export'",
        [member.id],
    )
    cast.database.execute("select private.purge()")
    assert cast.call(member, "GET", "/connect/export").status_code == 429
    cast.database.execute("delete from public.users where id = %s", [member.id])
    assert cast.call(member, "GET", "/connect/export").status_code == 429
    cast.database.execute(
        "update private.rate_counters set window_started_at = now() - interval '24 hours 1 second'"
        " where user_id = %s and kind = 'export'",
        [member.id],
    )
    assert cast.call(member, "GET", "/connect/export").status_code == 200


def test_an_export_counts_as_reading(cast: Cast) -> None:
    member = cast.member()
    with cast.settings(reads_per_minute=1):
        assert cast.rpc(member, "export_member").status_code == 200
        assert cast.rpc(member, "export_member").status_code == 429
