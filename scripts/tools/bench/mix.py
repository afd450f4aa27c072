"""What members of a living community ask for, in the shares an app asks it: for measuring under load.

Everything asked for is legal, so that an answer that is no success is the stack's own: chats that are closed
or blocked are set apart, each is left once, and nobody asks for them otherwise. Default limits are on.
"""

from __future__ import annotations

import random
from collections.abc import Iterator
from dataclasses import dataclass, field
from typing import Any

import httpx
import psycopg

from scripts.stack.home import Trouble
from scripts.stack.ring import ring
from scripts.stack.throwaway import Running
from scripts.tools.bench.matching import load_sample

SHARES = {
    "status": 45.0,
    "chat read": 20.0,
    "chat send": 10.0,
    "profile": 4.5,
    "respond": 4.0,
    "consents": 3.0,
    "funnel": 2.5,
    "reveal": 2.0,
    "feedback": 2.0,
    "PUT profile": 2.0,
    "PUT consents": 2.0,
    "activate": 1.5,
    "report": 1.0,
    "close": 0.3,
    "block": 0.2,
}
"""Per cent of the requests."""

_EDITORS = 100
"""Members whose own profile and switches are put back as they are."""
_MESSAGES = 6
"""In each chat before the load begins."""

Request = tuple[str, str, Any, str]  # method, path, body, token


@dataclass(frozen=True)
class Talk:
    """An open chat, or a proposal without one: its match, chat and both tokens."""

    match_id: str
    chat_id: str | None
    tokens: tuple[str, str]


@dataclass
class Community:
    """Everything a request of the mix may name."""

    tokens: list[str] = field(default_factory=list)
    proposals: list[Talk] = field(default_factory=list)
    chats: list[Talk] = field(default_factory=list)
    left: list[Talk] = field(default_factory=list)
    """Chats that are left once."""
    editors: list[tuple[str, Any, Any]] = field(default_factory=list)
    """Token, profile and switches."""

    def requests(self, seed: int) -> Iterator[tuple[str, Request]]:
        """Kind and request, without end, drawn by the shares."""
        dice = random.Random(seed)
        leaving = iter(self.left)
        while True:
            [kind] = dice.choices([*SHARES], [*SHARES.values()])
            yield kind, self._request(kind, dice, leaving)

    def _request(self, kind: str, dice: random.Random, leaving: Iterator[Talk]) -> Request:
        body: dict[str, Any]
        token, chat, side = dice.choice(self.tokens), dice.choice(self.chats), dice.randrange(2)
        match kind:
            case "status" | "profile" | "consents" | "funnel":
                return "GET", f"/connect/{kind}", None, token
            case "chat read":
                return "GET", f"/connect/chat?blindChatId={chat.chat_id}", None, chat.tokens[side]
            case "chat send":
                body = {"blindChatId": chat.chat_id, "message": dice.choice(_SAID)}
                return "POST", "/connect/chat", body, chat.tokens[side]
            case "respond":
                offer = dice.choice(self.proposals)
                body = {"matchId": offer.match_id, "action": "accept"}
                return "POST", "/connect/respond", body, offer.tokens[side]
            case "reveal":
                body = {"matchId": chat.match_id, "action": "request"}
                return "POST", "/connect/reveal", body, chat.tokens[side]
            case "feedback":
                body = {"matchId": chat.match_id, "rating": dice.randint(1, 5)}
                return "POST", "/connect/feedback", body, chat.tokens[side]
            case "report":
                body = {"matchId": chat.match_id, "reason": "rude"}
                return "POST", "/connect/report", body, chat.tokens[side]
            case "PUT profile":
                token, profile, _ = dice.choice(self.editors)
                return "PUT", "/connect/profile", profile, token
            case "PUT consents":
                token, _, switches = dice.choice(self.editors)
                return "PUT", "/connect/consents", switches, token
            case "activate":
                token, _, switches = dice.choice(self.editors)
                body = {"mode": "both", "consentVersion": switches["version"]}
                return "POST", "/connect/activate", body, token
            case _:  # close, block
                end = next(leaving, None)
                if end is None:
                    return "GET", "/connect/status", None, token
                return "POST", f"/connect/{kind}", {"matchId": end.match_id}, end.tokens[side]


_SAID = (
    "Good morning!",
    "How was your week?",
    "I went up the hill before breakfast and saw the whole town under fog.",
    "Ja, gern. Und du?",
    "That made me laugh. Tell me more about the choir, please: who are they, and what do you sing?",
)


def community(stack: Running, size: int) -> Community:
    """A sample community, matched by the matcher, half of its proposals talking already."""
    load_sample(stack, size)
    while not ring(stack.functions_url, stack.keys.bell_key, "matcher").raise_for_status().json()["finished"]:
        pass
    made = Community()
    with psycopg.connect(stack.database_url, autocommit=True) as database:
        chats: dict[Any, Any] = dict(database.execute(_OPEN_CHATS).fetchall())
        found = database.execute(
            "select id, user_a, user_b from public.matches where ends_at > now() order by id"
        ).fetchall()
        members = database.execute("select user_id from public.connect_profiles order by user_id").fetchall()
    tokens = {member: stack.token(str(member)) for (member,) in members}
    talks = [
        Talk(str(match), str(chats[match]) if match in chats else None, (tokens[a], tokens[b]))
        for match, a, b in found
    ]
    made.tokens = list(tokens.values())
    made.proposals = [talk for talk in talks if talk.chat_id is None]
    open_ones = [talk for talk in talks if talk.chat_id is not None]
    made.left, made.chats = open_ones[: len(open_ones) // 4], open_ones[len(open_ones) // 4 :]
    if not made.proposals or not made.chats:
        raise Trouble("There are too few matches to measure with.")
    with httpx.Client(base_url=stack.functions_url, timeout=30) as app:
        made.editors = [_editor(app, token) for token in made.tokens[:_EDITORS]]
        for talk in made.chats:
            for turn in range(_MESSAGES):
                _sent(app, talk, turn)
    return made


_OPEN_CHATS = """
    with chosen as (
        update public.matches set decision_a = 'accepted', decision_b = 'accepted', decided_a_at = now(),
            decided_b_at = now(), status = 'accepted_b'
        where status = 'proposed' and id in (select id from public.matches order by id
            limit (select count(*) * 3 / 4 from public.matches))
        returning *)
    select m.id, private.open_chat(m) from chosen m
"""


def _editor(app: httpx.Client, token: str) -> tuple[str, Any, Any]:
    headers = {"Authorization": f"Bearer {token}"}
    profile = app.get("/connect/profile", headers=headers).raise_for_status().json()["profile"]
    agreed = app.get("/connect/consents", headers=headers).raise_for_status().json()
    writable = {name: profile[name] for name in WRITABLE if profile.get(name) is not None}
    return token, writable, {"version": agreed["currentVersion"], "switches": agreed["switches"]}


WRITABLE = (
    *("displayName", "birthDate", "birthTime", "birthTimeAccuracy", "birthPlace", "gender"),
    *("langPrimary", "langSecondary", "tz", "homePlace"),
)


def _sent(app: httpx.Client, talk: Talk, turn: int) -> None:
    app.post(
        "/connect/chat",
        json={"blindChatId": talk.chat_id, "message": _SAID[turn % len(_SAID)]},
        headers={"Authorization": f"Bearer {talk.tokens[turn % 2]}"},
    ).raise_for_status()
