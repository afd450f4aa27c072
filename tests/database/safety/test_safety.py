"""Blocking and reporting: from the proposal to 90 days after the end, by match handle alone."""

import uuid

import pytest

from tests.cast import STATES, Cast, Json, Pair
from tests.database.answers import events, not_found, ok, refused, status_of


def _end(cast: Cast, pair: Pair, ago: str) -> None:
    """The match was over for both `ago`, whoever left it."""
    cast.database.execute(
        "update public.matches set left_a_at = now() - %s::interval where id = %s and left_a_at is not null",
        [ago, pair.match_id],
    )
    cast.let_end(pair, ago)


@pytest.mark.parametrize("state", STATES)
def test_block_works_in_every_state_and_ends_it_for_the_blocker(cast: Cast, state: str) -> None:
    pair = cast.pair(state)
    assert ok(cast.rpc(pair.b, "block_partner", match_id=pair.match_id)) == {}
    assert ok(cast.rpc(pair.b, "get_status"))["matches"] == []
    not_found(cast.rpc(pair.b, "request_reveal", match_id=pair.match_id))
    over = {"declined": "declined", "expired": "expired"}
    assert status_of(cast, pair.match_id) == over.get(state, "closed")
    assert cast.database.execute(
        "select blocker_id::text, blocked_id::text, match_id::text from public.blocks where match_id = %s",
        [pair.match_id],
    ).fetchall() == [(pair.b.id, pair.a.id, pair.match_id)]
    assert events(cast, pair.match_id)[-1] == ("member.blocked", pair.b.id, None)


def test_blocking_again_changes_nothing(cast: Cast) -> None:
    pair = cast.pair("blind_chat_active")
    for member in (pair.a, pair.a, pair.b, pair.b):
        assert ok(cast.rpc(member, "block_partner", match_id=pair.match_id)) == {}
    assert cast.value("select count(*) from public.blocks where match_id = %s", pair.match_id) == 2


def test_a_member_reads_which_matches_they_blocked_and_never_whom(cast: Cast) -> None:
    pair = cast.pair()
    ok(cast.rpc(pair.a, "block_partner", match_id=pair.match_id))
    assert cast.rest(pair.a, "GET", "/blocks?select=match_id").json() == [{"match_id": pair.match_id}]
    assert cast.rest(pair.b, "GET", "/blocks?select=match_id").json() == []
    assert cast.rest(pair.a, "GET", "/blocks?select=blocked_id").status_code == 403


@pytest.mark.parametrize("state", STATES)
def test_report_works_in_every_state_and_changes_nothing_for_either(cast: Cast, state: str) -> None:
    pair = cast.pair(state)
    before = [cast.rpc(member, "get_status").content for member in (pair.a, pair.b)]
    for member, partner in ((pair.a, pair.b), (pair.b, pair.a)):
        assert (
            ok(cast.rpc(member, "report_partner", match_id=pair.match_id, reason="rude", details="Insults."))
            == {}
        )
        assert cast.database.execute(
            "select reported_id::text, reason, details, status::text from public.reports"
            " where match_id = %s and reporter_id = %s",
            [pair.match_id, member.id],
        ).fetchall() == [(partner.id, "rude", "Insults.", "open")]
        assert events(cast, pair.match_id)[-1] == ("member.reported", member.id, None)
    assert [cast.rpc(member, "get_status").content for member in (pair.a, pair.b)] == before


@pytest.mark.parametrize(
    "words",
    [
        {"reason": ""},
        {"reason": "x" * 101},
        {"reason": None},
        {"reason": "a\nb"},
        {"details": ""},
        {"details": "x" * 2001},
    ],
    ids=lambda words: str(words)[:24],
)
def test_a_report_in_nonsense_is_refused_and_not_kept(cast: Cast, words: Json) -> None:
    pair = cast.pair()
    asked = {"match_id": pair.match_id, "reason": "rude", "details": "Insults."} | words
    refused(cast.rpc(pair.a, "report_partner", **asked), 422, "invalid_body")
    assert cast.value("select count(*) from public.reports where match_id = %s", pair.match_id) == 0


@pytest.mark.parametrize(
    ("state", "function", "words"),
    [
        *((state, "block_partner", {}) for state in ("expired", "closed", "declined")),
        *((state, "report_partner", {"reason": "rude"}) for state in ("expired", "closed", "declined")),
        ("closed", "close_match", {}),
    ],
)
def test_safety_calls_work_for_90_days_after_the_end(
    cast: Cast, state: str, function: str, words: Json
) -> None:
    pair = cast.pair(state)
    _end(cast, pair, "89 days 23 hours")
    for member in (pair.a, pair.b):
        ok(cast.rpc(member, function, match_id=pair.match_id, **words))
    late = cast.pair(state)
    _end(cast, late, "90 days")
    for member in (late.a, late.b):
        not_found(cast.rpc(member, function, match_id=late.match_id, **words))
    assert cast.value("select count(*) from public.blocks where match_id = %s", late.match_id) == 0
    assert cast.value("select count(*) from public.reports where match_id = %s", late.match_id) == 0


def test_the_90_days_count_from_one_s_own_exit(cast: Cast) -> None:
    """Who declined is over at once; the other side's match goes on until it expires."""
    pair = cast.pair("declined")
    cast.database.execute(
        "update public.matches set left_a_at = now() - interval '91 days', expires_at = now() - interval '89"
        " days'"
        " where id = %s",
        [pair.match_id],
    )
    not_found(cast.rpc(pair.a, "report_partner", match_id=pair.match_id, reason="rude"))
    ok(cast.rpc(pair.b, "report_partner", match_id=pair.match_id, reason="rude"))


@pytest.mark.parametrize(
    ("function", "words"), [("block_partner", {}), ("report_partner", {"reason": "rude"})]
)
def test_an_erased_partner_answers_like_any_other(cast: Cast, function: str, words: Json) -> None:
    pair = cast.pair()
    cast.database.execute("delete from auth.users where id = %s", [pair.b.id])
    assert ok(cast.rpc(pair.a, function, match_id=pair.match_id, **words)) == {}


@pytest.mark.parametrize(
    ("function", "words"), [("block_partner", {}), ("report_partner", {"reason": "rude"})]
)
def test_absent_and_foreign_matches_and_people_answer_the_same(
    cast: Cast, function: str, words: Json
) -> None:
    pair, other = cast.pair(), cast.pair()
    for caller in (other.a, cast.stranger()):
        for match_id in (pair.match_id, str(uuid.uuid4()), pair.a.id):
            not_found(cast.rpc(caller, function, match_id=match_id, **words))
    assert cast.value("select count(*) from public.blocks where match_id = %s", pair.match_id) == 0
