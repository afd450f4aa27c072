"""Who is there to be fuzzed as: members with matches in every state, an event, an administrator.

Without ids that exist every answer would be `not_found`. Each round makes new ones: what was declined,
closed or blocked by the round before is over.
"""

from __future__ import annotations

import json
import uuid
from dataclasses import asdict, dataclass, field
from typing import Any

import psycopg

from scripts.stack.throwaway import Running

MEMBERS = 16
"""So many that nobody sends more wrong requests than are refused one by one (`shared.callers.allowance`)."""
STATES = ("proposed", "waiting", "chat", "asked", "revealed", "closed")
"""The matches each member has: not answered, answered, open, asked to reveal, revealed, over."""


@dataclass
class Member:
    """A member's token, and the ids they may name, by the field that takes them."""

    token: str
    ids: dict[str, list[str]] = field(default_factory=dict)

    def knows(self, name: str, value: Any) -> None:
        """One more id."""
        self.ids.setdefault(name, []).append(str(value))


@dataclass(frozen=True)
class World:
    """Everything that the hooks need to know, as they read it."""

    members: list[Member]
    admin_token: str
    bell_key: str

    def text(self) -> str:
        """As JSON."""
        return json.dumps(asdict(self))


def lift_limits(connection: psycopg.Connection[Any]) -> None:
    """Twenty thousand calls are more than a member has in a minute."""
    connection.execute(
        "update public.settings set reads_per_minute = 1000000000, writes_per_minute = 1000000000,"
        " messages_per_minute = 1000000000, wrong_ids_per_10_minutes = 1000000000,"
        " place_changes_per_day = 1000000000, own_changes_per_day = 1000000000"
    )


def make_world(stack: Running, connection: psycopg.Connection[Any]) -> World:
    """New members in a running stack."""
    code = f"FUZZ-{uuid.uuid4().hex[:8]}"
    connection.execute(
        "insert into public.events (code, name, matchmaking_enabled) values (%s, 'A fair', true)",
        [code],
    )
    members = []
    for _ in range(MEMBERS):
        user_id = _join(connection)
        member = Member(stack.token(user_id))
        member.knows("eventCode", code)
        for state in STATES:
            _match(connection, user_id, member, state)
        members.append(member)
    return World(members, stack.admin_token, stack.keys.bell_key)


def _join(connection: psycopg.Connection[Any]) -> str:
    user_id = str(uuid.uuid4())
    with connection.transaction():
        connection.execute("insert into auth.users (id) values (%s)", [user_id])
        connection.execute(
            "insert into public.users (id, display_name, birth_date, gender, lang_primary, tz)"
            " values (%s, 'Ana', '1990-05-17', 'female', 'en', 'Europe/Berlin')",
            [user_id],
        )
        connection.execute(
            "insert into public.connect_profiles (user_id, consent_version, mode, min_age, max_age)"
            " values (%s, 'v1', 'both', 18, 99)",
            [user_id],
        )
        connection.execute(
            "insert into public.consents (user_id, version, kind, signals)"
            " values (%s, 'v1', 'activated', '{location,values}')",
            [user_id],
        )
    return user_id


def _match(connection: psycopg.Connection[Any], user_id: str, member: Member, state: str) -> None:
    partner = _join(connection)
    row = connection.execute(
        "insert into public.matches (user_a, user_b, mode, expires_at, total_score, explanation,"
        " engine_version) values (%s, %s, 'romantic', now() + interval '3 days', 80, '{shared_values}',"
        " 'fuzz') returning id",
        [user_id, partner],
    ).fetchone()
    assert row is not None  # noqa: S101 - returning answers a row
    match_id = row[0]
    member.knows("matchId", match_id)
    if state == "proposed":
        return
    call(connection, user_id, "respond", match_id=match_id, action="accept")
    if state == "waiting":
        return
    opened = call(connection, partner, "respond", match_id=match_id, action="accept")
    member.knows("blindChatId", opened["blindChatId"])
    if state in ("asked", "revealed"):
        call(connection, partner, "request_reveal", match_id=match_id)
        status = call(connection, user_id, "get_status")
        reveal_id = next(m["revealId"] for m in status["matches"] if m["matchId"] == str(match_id))
        member.knows("revealId", reveal_id)
        if state == "revealed":
            call(connection, user_id, "answer_reveal", reveal_id=reveal_id, action="accept")
    if state == "closed":
        call(connection, user_id, "close_match", match_id=match_id)


def call(
    connection: psycopg.Connection[Any], user_id: str, function: str, **arguments: Any
) -> dict[str, Any]:
    """One function as a member, inside the database."""
    claims = {"sub": user_id, "role": "authenticated", "aud": "authenticated"}
    named = ", ".join(f"{name} => %({name})s" for name in arguments)
    with connection.transaction():
        connection.execute("select set_config('request.jwt.claims', %s, true)", [json.dumps(claims)])
        connection.execute("set local role authenticated")
        row = connection.execute(f"select public.{function}({named})", arguments).fetchone()
    assert row is not None  # noqa: S101 - a function answers a row
    answer: dict[str, Any] = row[0]
    if answer.get("ok") is False:
        raise RuntimeError(f"{function}: {answer}")
    return answer
