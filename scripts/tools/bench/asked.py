"""A request per route of `connect`, and the SQL calls each stands for, found by running its handler once."""

from __future__ import annotations

import json
import urllib.parse
import uuid
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from typing import Any

from functions.connect.routes import ROUTES
from shared.callers.allowance import Allowances
from shared.callers.database import READ_SECONDS, Answer, Database
from shared.callers.member import Caller
from shared.chat.sealing import KeyRing
from shared.http.idempotency import Fingerprints
from shared.http.json_body import decode, fill

Key = tuple[str, str]


@dataclass(frozen=True)
class Scene:
    """What the requests name: one member with an open chat, and the event they may join."""

    token: str
    match_id: str
    chat_id: str
    event_code: str
    consent_version: str
    profile: Mapping[str, Any]


@dataclass(frozen=True)
class Asked:
    """What is sent; `first` is a route that is asked, untimed, before each time."""

    body: Callable[[Scene], dict[str, Any]] | None = None
    query: Callable[[Scene], dict[str, str]] | None = None
    first: Key | None = None


def _match(scene: Scene) -> dict[str, Any]:
    return {"matchId": scene.match_id}


def _event(scene: Scene) -> dict[str, Any]:
    return {"eventCode": scene.event_code}


def _switches(scene: Scene) -> dict[str, Any]:
    return {"version": scene.consent_version, "switches": {"values": True}}


ASKED: dict[Key, Asked] = {
    ("GET", "/connect/status"): Asked(),
    ("GET", "/connect/profile"): Asked(),
    ("GET", "/connect/consents"): Asked(),
    ("GET", "/connect/funnel"): Asked(),
    ("GET", "/connect/chat"): Asked(query=lambda scene: {"blindChatId": scene.chat_id}),
    ("POST", "/connect/chat"): Asked(lambda scene: {"blindChatId": scene.chat_id, "message": "Hello!"}),
    ("POST", "/connect/respond"): Asked(lambda scene: _match(scene) | {"action": "accept"}),
    ("POST", "/connect/reveal"): Asked(lambda scene: _match(scene) | {"action": "request"}),
    ("POST", "/connect/feedback"): Asked(lambda scene: _match(scene) | {"rating": 4}),
    ("POST", "/connect/report"): Asked(lambda scene: _match(scene) | {"reason": "rude"}),
    ("PUT", "/connect/profile"): Asked(lambda scene: dict(scene.profile)),
    ("PUT", "/connect/consents"): Asked(_switches),
    ("POST", "/connect/events/join"): Asked(_event),
    ("POST", "/connect/events/leave"): Asked(_event, first=("POST", "/connect/events/join")),
    ("POST", "/connect/deactivate"): Asked(lambda _: {}),
    ("POST", "/connect/activate"): Asked(
        lambda scene: {"mode": "both", "consentVersion": scene.consent_version}
    ),
    ("GET", "/connect/export"): Asked(),
    ("POST", "/connect/erase"): Asked(lambda _: {}),  # the first of its two steps
    # These end the chat: last.
    ("POST", "/connect/close"): Asked(_match),
    ("POST", "/connect/block"): Asked(_match),
}

APART = {
    ("GET", "/health"): "does nothing: it is the floor of the others",
    ("GET", "/openapi.json"): "asks no database",
    ("POST", "/admin/evidence"): "an administrator's, and each reading goes on record",
}
"""Routes that are not compared with a floor, and why."""


@dataclass(frozen=True)
class Recorder(Database):
    """A database that remembers what it was asked."""

    calls: list[tuple[str, dict[str, Any]]] = field(default_factory=list)

    def call(
        self,
        token: str | None,
        function: str,
        args: Mapping[str, Any] | None = None,
        *,
        read_seconds: float = READ_SECONDS,
    ) -> Answer:
        """As the real one."""
        self.calls.append((function, dict(args or {})))
        return super().call(token, function, args, read_seconds=read_seconds)


def sql_calls(
    key: Key, scene: Scene, url: str, anon_key: str, keys: KeyRing
) -> list[tuple[str, dict[str, Any]]]:
    """The SQL functions a request to this route calls, with their arguments."""
    recorder = Recorder(url, anon_key)
    caller = Caller("", scene.token, recorder, keys, Fingerprints(keys.secrets), Allowances().of(""))
    route, asked = ROUTES[key], ASKED[key]
    models = []
    if route.body is not None and asked.body is not None:
        models.append(fill(route.body, decode(json.dumps(asked.body(scene)).encode())))
    if route.query is not None:
        models.append(fill(route.query, asked.query(scene) if asked.query else {}))
    route.handler(caller, *models)
    return recorder.calls


def fresh(arguments: Mapping[str, Any]) -> dict[str, Any]:
    """Arguments that can be used once more: a message has an id of its own."""
    return {**arguments, **({"message_id": str(uuid.uuid4())} if "message_id" in arguments else {})}


def address(key: Key, scene: Scene) -> str:
    """Path and query of a request."""
    asked = ASKED[key]
    return key[1] + ("?" + urllib.parse.urlencode(asked.query(scene)) if asked.query else "")
