"""Who is let in: states of an account against every door, and what becomes of a member who is banned."""

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

import pytest

from tests.cast import Cast, Json, Member
from tests.database.answers import not_found, ok, refused, status_of
from tests.database.lists import put_on
from tests.database.queue import waiting
from tests.database.runs import load, of, offer, store

pytestmark = pytest.mark.one_world

STATES: dict[str, tuple[str | None, bool]] = {
    "as it should be": (None, True),
    "banned": ("banned_until = now() + interval '1 hour'", False),
    "banned for good": ("banned_until = 'infinity'", False),
    "banned once": ("banned_until = now() - interval '1 second'", True),
    "soft-deleted": ("deleted_at = now()", False),
    "anonymous": ("is_anonymous = true", False),
    "gone": ("gone", False),
}


def _put(cast: Cast, member: Member, state: str) -> None:
    change = STATES[state][0]
    if change == "gone":
        cast.database.execute("delete from auth.users where id = %s", [member.id])
    elif change:
        cast.database.execute(f"update auth.users set {change} where id = %s", [member.id])


@dataclass(frozen=True)
class Door:
    """A way in: `opens` says whether somebody was let in."""

    opens: Callable[[Cast, Member], bool]
    admin: bool = False


def _once(function: str) -> Callable[[Cast, Member], bool]:
    def call(cast: Cast, member: Member) -> bool:
        keys = [{"key": "7" * 64, "body": "8" * 64}]
        name = "deactivate" if function == "call_once" else "steer_matching"
        words: Json = {
            "keys": keys,
            "name": name,
            "args": {} if name == "deactivate" else {"action": "clear"},
        }
        return cast.rpc(member, function, **words).status_code == 200

    return call


# Administrators clear the queue here: to resume would ring a worker, who matches the others meanwhile.
DOORS: dict[str, Door] = {
    "a read": Door(lambda cast, who: cast.rpc(who, "get_status").status_code == 200),
    "a change": Door(lambda cast, who: cast.rpc(who, "deactivate").status_code == 200),
    "call_once": Door(_once("call_once")),
    "a table": Door(lambda cast, who: len(cast.rest(who, "GET", "/users?select=id").json()) == 1),
    "the edge": Door(lambda cast, who: cast.call(who, "GET", "/connect/status").status_code == 200),
    "the export": Door(lambda cast, who: cast.call(who, "GET", "/connect/export").status_code == 200),
    "the pool": Door(lambda cast, who: _is_in_pool(cast, who)),
    "a proposal": Door(lambda cast, who: _is_proposed(cast, who)),
    "an administrator's read": Door(
        lambda cast, who: cast.rpc(who, "get_matching").status_code == 200, admin=True
    ),
    "an administrator's change": Door(
        lambda cast, who: cast.call(who, "POST", "/admin/matching", {"action": "clear"}).status_code == 200,
        admin=True,
    ),
    "once as an administrator": Door(_once("call_once_as_admin"), admin=True),
    "reports": Door(lambda cast, who: cast.call(who, "GET", "/admin/reports").status_code == 200, admin=True),
    "evidence": Door(
        # 404: let in, and there is no such report.
        lambda cast, who: (
            cast.call(
                who,
                "POST",
                "/admin/evidence",
                {"reportId": "00000000-0000-4000-8000-000000000000", "why": "To see."},
            ).status_code
            == 404
        ),
        admin=True,
    ),
}


def _is_in_pool(cast: Cast, member: Member) -> bool:
    cast.database.execute("select private.notice_absences()")
    return of(load(cast), member) is not None


def _is_proposed(cast: Cast, member: Member) -> bool:
    """Without the schedule having noticed anything yet."""
    if not cast.value("select count(*) from public.connect_profiles where user_id = %s", member.id):
        return False
    return bool(store(cast, [offer(cast, member, cast.member())])["stored"])


@pytest.mark.parametrize("door", DOORS)
@pytest.mark.parametrize("state", STATES)
def test_who_is_let_in(cast: Cast, state: str, door: str) -> None:
    member = cast.member()
    if DOORS[door].admin:
        member = cast.administrator(member)
    _put(cast, member, state)
    assert DOORS[door].opens(cast, member) is STATES[state][1]


# Tokens of other applications.


@pytest.mark.parametrize("door", [name for name in DOORS if name not in ("the pool", "a proposal")])
def test_a_token_of_another_application_is_nobody_s(cast: Cast, door: str) -> None:
    """Unless an operator has named it; the app's own tokens name no client."""
    member = cast.member()
    claims: Json = {"client_id": "an-application"}
    if DOORS[door].admin:
        cast.administrator(member)
        claims["app_metadata"] = {"connect_admin": True}
    theirs = Member(member.id, cast.stack.token(member.id, **claims), member.name)
    opens = DOORS[door].opens
    assert opens(cast, theirs) is False
    with cast.settings(oauth_clients=["another", "an-application"]):
        assert opens(cast, theirs) is True


# What becomes of their matches.


def _tick(cast: Cast) -> None:
    cast.database.execute("select private.notice_absences()")


def _ban(cast: Cast, member: Member) -> None:
    _put(cast, member, "banned")


def _lift(cast: Cast, member: Member) -> None:
    cast.database.execute("update auth.users set banned_until = null where id = %s", [member.id])


def _shown(cast: Cast, member: Member) -> Any:
    return ok(cast.rpc(member, "get_status"))


@pytest.mark.parametrize("noticed", [False, True])
@pytest.mark.parametrize("state", ["banned", "soft-deleted", "anonymous"])
def test_a_proposal_to_who_was_banned_looks_like_any_other(cast: Cast, state: str, noticed: bool) -> None:
    pair = cast.pair("accepted_a")
    before = _shown(cast, pair.b)
    _put(cast, pair.a, state)
    if noticed:
        _tick(cast)
    assert _shown(cast, pair.b) == before
    # A yes is answered as usual, and opens nothing.
    answer = ok(cast.rpc(pair.b, "respond", match_id=pair.match_id, action="accept"))
    assert answer == {"status": "accepted_b", "blindChatId": None}
    _tick(cast)
    assert _shown(cast, pair.b)["current"]["stage"] == "waiting"
    assert cast.value("select chat_opened_at from public.matches where id = %s", pair.match_id) is None
    if noticed:
        assert status_of(cast, pair.match_id) == "closed"
    # The place of who stays is taken until it expires; that of who was banned is free at once.
    assert cast.free_slots(pair.b) == 2
    assert cast.free_slots(pair.a) == 3


def test_a_chat_ends_a_day_later_as_any_chat_ends(cast: Cast) -> None:
    pair = cast.pair("blind_chat_active")
    before = _shown(cast, pair.b)
    _ban(cast, pair.a)
    _tick(cast)
    assert _shown(cast, pair.b) == before
    ok(cast.rpc(pair.b, "read_chat", blind_chat_id=pair.chat_id))
    cast.database.execute(
        "update public.connect_profiles set absent_since = absent_since - interval '24 hours'"
        " where user_id = %s",
        [pair.a.id],
    )
    # The clock decides, not the sweep; what the sweep writes changes nothing to be seen.
    for _ in range(2):
        assert _shown(cast, pair.b)["matches"] == []
        not_found(cast.rpc(pair.b, "read_chat", blind_chat_id=pair.chat_id))
        not_found(cast.rpc(pair.b, "request_reveal", match_id=pair.match_id))
        _tick(cast)
    assert status_of(cast, pair.match_id) == "closed"
    ok(cast.rpc(pair.b, "report_partner", match_id=pair.match_id, reason="rude"))
    ok(cast.rpc(pair.b, "close_match", match_id=pair.match_id))


def test_a_ban_that_is_lifted_in_time_leaves_the_chat(cast: Cast) -> None:
    pair = cast.pair("blind_chat_active")
    _ban(cast, pair.a)
    _tick(cast)
    refused(cast.rpc(pair.a, "get_status"), 401, "unauthenticated")
    _lift(cast, pair.a)
    _tick(cast)
    cast.database.execute("select private.notice_absences()")
    assert _shown(cast, pair.a)["current"]["stage"] == "blind_chat"
    assert _shown(cast, pair.b)["current"]["stage"] == "blind_chat"


def test_who_is_banned_is_in_no_queue_and_on_no_list(cast: Cast) -> None:
    pair = cast.pair("proposed")
    other = pair.b
    put_on(cast, other, pair.a, score=80)
    listed = "select count(*) from public.match_scores where candidate_user_id = %s"
    assert cast.value(listed, pair.a.id) == 1
    _ban(cast, pair.a)
    _tick(cast)
    assert cast.value(listed, pair.a.id) == 0
    assert waiting(cast, pair.a) is None
    # Nothing that happens to them meanwhile puts them back.
    cast.database.execute("update public.users set lang_secondary = 'fr' where id = %s", [pair.a.id])
    assert waiting(cast, pair.a) is None
    _lift(cast, pair.a)
    _tick(cast)
    row = waiting(cast, pair.a)
    assert row is not None
    assert row["reason"] == "joined"


def test_a_pause_outlives_a_ban(cast: Cast) -> None:
    """Coming back is an ordinary return: who had paused is paused."""
    member = cast.member()
    ok(cast.rpc(member, "deactivate"))
    _ban(cast, member)
    _tick(cast)
    _lift(cast, member)
    _tick(cast)
    assert _shown(cast, member)["current"]["stage"] == "paused"
    assert waiting(cast, member) is None


def test_the_tick_notices(cast: Cast) -> None:
    """A tick is what the schedule does every minute."""
    member = cast.member()
    _ban(cast, member)
    with cast.database.transaction(force_rollback=True):
        cast.database.execute("select private.tick()")
        since = "select absent_since is not null from public.connect_profiles where user_id = %s"
        assert cast.value(since, member.id) is True


def test_so_many_at_a_time(cast: Cast) -> None:
    members = [cast.member() for _ in range(3)]
    for member in members:
        _ban(cast, member)
    absent = (
        "select count(*) from public.connect_profiles"
        " where absent_since is not null and user_id = any (%s::uuid[])"
    )
    ids = [member.id for member in members]
    _tick(cast)  # whoever else was waiting to be noticed
    for member in members:
        _lift(cast, member)
    cast.database.execute("select private.notice_absences(2)")
    assert cast.value(absent, ids) == 1
    _tick(cast)
    assert cast.value(absent, ids) == 0


def test_an_administrator_s_account_that_is_gone_steers_nothing(cast: Cast) -> None:
    admin = cast.administrator()
    cast.database.execute("delete from auth.users where id = %s", [admin.id])
    answer = cast.call(admin, "POST", "/admin/matching", {"action": "pause"})
    assert answer.status_code == 401
    assert cast.value("select status::text from public.matchmaking_jobs where event_id is null") != "paused"
