"""What a person of a life can do, as a request for both doors: a SQL function and perhaps a route."""

import hashlib
import uuid
from dataclasses import dataclass, field
from typing import Any

from shared.quiz.questionnaire import questionnaire
from tests.cast import HARMLESS
from tests.lives.sight import NAMELESS

Json = dict[str, Any]

_SEALED = "A" * 56  # 42 bytes in base64: a nonce, a text and a tag
EVENT, OTHER_EVENT = "an-event", "another-event"
"""Events the member and the partners go to. Any guest's joining asks the matcher for all who wait there."""


@dataclass(frozen=True)
class Ask:
    """One request. Without a path it goes to the data API at either door."""

    function: str
    args: Json = field(default_factory=dict)
    method: str = "POST"
    path: str | None = None
    body: Json | None = None
    key: str | None = None
    """Its Idempotency-Key."""

    def once(self) -> "Ask":
        """The same as a call of the function that does things once."""
        hashed = [hashlib.sha256(f"{self.key} {part}".encode()).hexdigest() for part in ("key", "body")]
        keys = [dict(zip(("key", "body"), hashed, strict=True))]
        return Ask("call_once", {"keys": keys, "name": self.function, "args": self.args})


@dataclass
class Handles:
    """What both sides of a pair hold, and what its messages are called."""

    match: str = NAMELESS
    chat: str = NAMELESS
    reveal: str = NAMELESS
    messages: list[str] = field(default_factory=list)
    known: str = field(default_factory=lambda: str(uuid.uuid4()))
    """An id of a message that the partner may use elsewhere."""


def say(at: Handles, text: str, message_id: str | None = None) -> Ask:
    """A message. With an id of the caller's choice it goes past the function that would draw one."""
    words = {"message_id": message_id or str(uuid.uuid4()), "ciphertext": _SEALED, "key_id": "k1", **HARMLESS}
    return Ask(
        "send_message",
        {"blind_chat_id": at.chat, **words},
        path=None if message_id else "/connect/chat",
        body={"blindChatId": at.chat, "message": text},
    )


def about(function: str, path: str, at: Handles, more: Json | None = None, body: Json | None = None) -> Ask:
    """A request that names the match; `body` where the route calls things otherwise."""
    more = more or {}
    sent = {"matchId": at.match, **(more if body is None else body)}
    return Ask(function, {"match_id": at.match, **more}, path=path, body=sent)


def answer_reveal(at: Handles, action: str) -> Ask:
    """Yes or no to being asked for one's name."""
    args = {"reveal_id": at.reveal, "action": action}
    return Ask("answer_reveal", args, path="/connect/reveal", body={"revealId": at.reveal, "action": action})


def profile(name: str) -> Ask:
    """All of a profile, under this name."""
    fields = {"display_name": name, "birth_date": "1991-03-04", "gender": "female"}
    fields |= {"lang_primary": "en", "tz": "Europe/Berlin"}
    camel = {"displayName": name, "birthDate": "1991-03-04", "gender": "female"}
    camel |= {"langPrimary": "en", "tz": "Europe/Berlin"}
    return Ask("put_profile", fields, "PUT", "/connect/profile", camel)


def interests(*chosen: str) -> Ask:
    """These interests and no others."""
    words = {"interests": list(chosen)}
    return Ask("put_interests", words, "PUT", "/connect/interests", words)


def consents(*on: str) -> Ask:
    """These switches and no others."""
    switches = {name: name in on for name in ("birthData", "values", "location", "feedback", "aiText")}
    words = {"version": "v1", "switches": switches}
    return Ask("put_consents", words, "PUT", "/connect/consents", words)


def answers(**said: int) -> Ask:
    """Answers to the quiz."""
    words = {"version": questionnaire().version, "answers": said}
    return Ask("put_quiz", words, "PUT", "/connect/quiz", words)


def preferences() -> Ask:
    """Traits, goals and own weights."""
    words = {"traits": ["smokes"], "industries": ["law"]}
    return Ask(
        "put_preferences",
        words | {"networking_goals": ["hire"], "algorithm_weights": {"values": 2}},
        "PUT",
        "/connect/preferences",
        words | {"networkingGoals": ["hire"], "algorithmWeights": {"values": 2}},
    )


def work() -> Ask:
    """What somebody does for a living."""
    words = {"industry": "law", "employer": "Acme Ltd", "skills": ["French"], "shown": ["skills"]}
    return Ask("put_work_profile", words, "PUT", "/connect/work-profile", words)


def activate() -> Ask:
    """In, or in again."""
    return Ask(
        "activate",
        {"mode": "both", "consent_version": "v1", "min_age": 18, "max_age": 99},
        path="/connect/activate",
        body={"mode": "both", "consentVersion": "v1", "minAge": 18, "maxAge": 99},
    )


def erase(code: str | None = None) -> Ask:
    """Asks for a code, or erases with it."""
    words = {} if code is None else {"code": code}
    return Ask("erase_member", words, path="/connect/erase", body=words)


def event(does: str, code: str = EVENT) -> Ask:
    """`join` or `leave`."""
    path = f"/connect/events/{does}"
    return Ask(f"{does}_event", {"event_code": code}, path=path, body={"eventCode": code})


def request(act: str, at: Handles) -> Ask | None:
    """The request of an act by its name in a script; None: just looks."""
    lost = Handles(match=str(uuid.UUID(int=7)), chat=str(uuid.UUID(int=8)))
    report, feedback = {"reason": "rude", "message_ids": at.messages}, {"rating": 3}
    asks = {
        "looks": None,
        "accepts": about("respond", "/connect/respond", at, {"action": "accept"}),
        "declines": about("respond", "/connect/respond", at, {"action": "decline"}),
        "closes": about("close_match", "/connect/close", at),
        "blocks": about("block_partner", "/connect/block", at),
        "reports": about(
            "report_partner", "/connect/report", at, report, {"reason": "rude", "messageIds": at.messages}
        ),
        "rates": about("give_feedback", "/connect/feedback", at, feedback),
        "asks": about("request_reveal", "/connect/reveal", at, body={"action": "request"}),
        "agrees": answer_reveal(at, "accept"),
        "refuses": answer_reveal(at, "decline"),
        "says": say(at, "Hello there"),
        "says under a known id": say(at, "", at.known),
        "pauses": Ask("deactivate", path="/connect/deactivate", body={}),
        "returns": activate(),
        "renames": profile("Same"),
        "switches": consents("values"),
        "is interested": interests("chess", "jazz"),
        "answers": answers(decide_myself=6, days_alike=2),
        "prefers": preferences(),
        "works": work(),
        "joins": event("join"),
        "joins elsewhere": event("join", OTHER_EVENT),
        "leaves the event": event("leave"),
        "names a wrong match": about("respond", "/connect/respond", lost, {"action": "accept"}),
        "names a wrong chat": say(lost, "Hello"),
        "asks for a code": erase(),
    }
    return asks[act]


FUNCTIONS = frozenset(
    {"respond", "close_match", "block_partner", "report_partner", "give_feedback", "request_reveal"}
    | {"answer_reveal", "send_message", "deactivate", "activate", "put_profile", "put_consents"}
    | {"put_quiz", "put_interests", "join_event", "leave_event", "erase_member", "call_once"}
    | {"put_preferences", "put_work_profile"}
)
"""The SQL functions of all requests here."""
