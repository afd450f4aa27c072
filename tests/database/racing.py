"""What the races share: how many rounds, the calls both sides make, and how the end of each round is read."""

import base64
import uuid
from collections import Counter
from collections.abc import Iterable
from typing import Any

from tests.cast import HARMLESS, Cast, Member, Pair
from tests.database.simultaneous import Call
from tests.often import FIRST_WORLD, often

ROUNDS = often(100, 1000 if FIRST_WORLD else 300)


def matches_of(cast: Cast, made: list[Pair], columns: str) -> dict[str, tuple[Any, ...]]:
    """`columns` of each pair's match m and its chat c, by match id."""
    found = cast.database.execute(
        f"select m.id, {columns} from public.matches m left join public.blind_chats c on c.match_id = m.id"
        " where m.id = any (%s::uuid[])",
        [[pair.match_id for pair in made]],
    ).fetchall()
    assert len(found) == len(made), "a match has two chats"
    return {str(row[0]): tuple(row[1:]) for row in found}


def steps_of(cast: Cast, made: list[Pair]) -> dict[str, list[str]]:
    """The statuses each match went through, as the outbox tells them."""
    found = cast.database.execute(
        "select match_id, payload ->> 'old_status', payload ->> 'new_status' from public.domain_events"
        " where event_type = 'match.status_updated' and match_id = any (%s::uuid[]) order by id",
        [[pair.match_id for pair in made]],
    ).fetchall()
    steps: dict[str, list[str]] = {pair.match_id: [] for pair in made}
    for match_id, old, new in found:
        before = steps[str(match_id)]
        assert not before or before[-1].replace("accepted_both", "blind_chat_active") == old, (
            "a step was lost"
        )
        before.append(new)
    return steps


def both_orders(orders: Counter[Any]) -> None:
    """Each of the two came first in some rounds: a race nobody ran proves nothing."""
    assert len(orders) == 2, f"only one of the two was ever first: {orders}"


def at_once(calls: Iterable[Call]) -> tuple[Call, Call]:
    """The two calls of one round."""
    first, second = calls
    return first, second


def respond(pair: Pair, side: str, action: str) -> Call:
    """One side's answer to the proposal."""
    member = pair.a if side == "a" else pair.b
    return Call(member, "respond", {"match_id": pair.match_id, "action": action})


def about(pair: Pair, side: str, function: str, **words: Any) -> Call:
    """One side's call that names the match."""
    return Call(pair.a if side == "a" else pair.b, function, {"match_id": pair.match_id} | words)


def asked_by_a(cast: Cast, made: list[Pair]) -> dict[str, str]:
    """Side a of each pair has asked for names: the reveal's id by match id."""
    found = cast.database.execute(
        "insert into public.reveals (match_id, requested_side, requested_by, requested_to)"
        " select m.id, 'a', m.user_a, m.user_b from public.matches m where m.id = any (%s::uuid[])"
        " returning match_id::text, id::text",
        [[pair.match_id for pair in made]],
    ).fetchall()
    return {str(match_id): str(reveal_id) for match_id, reveal_id in found}


def send(pair: Pair, side: str) -> Call:
    """One side's message, sealed to nobody."""
    words = {
        "blind_chat_id": pair.chat_id,
        "message_id": str(uuid.uuid4()),
        "ciphertext": base64.b64encode(bytes(40)).decode(),
        "key_id": "k1",
        **HARMLESS,
    }
    return Call(pair.a if side == "a" else pair.b, "send_message", words)


def search(cast: Cast, members: list[Member]) -> None:
    """They have activated, and are looked for."""
    cast.database.execute(
        "insert into public.connect_profiles (user_id, consent_version, mode, min_age, max_age)"
        " select unnest(%s::uuid[]), 'v1', 'both', 18, 99",
        [[member.id for member in members]],
    )
