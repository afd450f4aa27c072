"""A request per route of `connect`, and the SQL calls each stands for, found by running its handler once."""

from __future__ import annotations

import json
import uuid
from collections.abc import Mapping
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


FIRST: dict[Key, Key] = {("POST", "/connect/events/leave"): ("POST", "/connect/events/join")}
"""A route that is asked, untimed, before each time."""

APART = {
    ("GET", "/health"): "does nothing: it is the floor of the others",
    ("GET", "/openapi.json"): "asks no database",
    ("POST", "/admin/evidence"): "an administrator's, and each reading goes on record",
}
"""Routes that are not compared with a floor, and why."""

_LAST = (("POST", "/connect/deactivate"), ("POST", "/connect/close"), ("POST", "/connect/block"))
"""They end what the others need."""

ASKED: tuple[Key, ...] = (*(key for key in ROUTES if key not in APART and key not in _LAST), *_LAST)
"""The routes that are compared, in their order."""


def asked(key: Key, scene: Scene) -> dict[str, Any]:
    """What is sent, in the body or the address: the example of the route's model, about this scene."""
    if key == ("PUT", "/connect/profile"):
        return dict(scene.profile)
    if key == ("POST", "/connect/erase"):
        return {}  # the first of its two steps
    model = ROUTES[key].body or ROUTES[key].query
    named = {
        "matchId": scene.match_id,
        "blindChatId": scene.chat_id,
        "eventCode": scene.event_code,
        "consentVersion": scene.consent_version,
        "version": scene.consent_version,
    }
    if model is None:
        return {}
    example: dict[str, Any] = (model.shapes or (model,))[0].model_json_schema()["examples"][0]
    return {name: named.get(name, value) for name, value in example.items()}


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
    route, sent = ROUTES[key], asked(key, scene)
    if route.body is not None:
        route.handler(caller, fill(route.body, decode(json.dumps(sent).encode())))
    elif route.query is not None:
        route.handler(caller, fill(route.query, sent))
    else:
        route.handler(caller)
    return recorder.calls


def fresh(arguments: Mapping[str, Any]) -> dict[str, Any]:
    """Arguments that can be used once more: a message has an id of its own."""
    return {**arguments, **({"message_id": str(uuid.uuid4())} if "message_id" in arguments else {})}
