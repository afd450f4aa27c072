"""What schemathesis is told about this service: who calls, which ids exist, what counts.

It loads this file because schemathesis.toml names it. `scripts/fuzz` runs it in a process of its own, where
FUZZ_WORLD and FUZZ_COUNTS name the files that join both; without them, in a run by hand, whoever runs it says
who calls (`-H "Authorization: …"`), and ids are as they are drawn.
"""

from __future__ import annotations

import atexit
import datetime
import hashlib
import json
import os
import random
import re
import threading
import uuid
from collections import Counter
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit

import requests
import schemathesis
from hypothesis import strategies as st
from schemathesis.auths import GLOBAL_AUTH_STORAGE as AUTH
from schemathesis.core.parameters import ParameterLocation

from shared.callers.bell import signed_headers
from shared.http.idempotency import HEADER

NOBODY: dict[str, Any] = {"token": "", "ids": {}}
WORLD = json.loads(Path(os.environ["FUZZ_WORLD"]).read_text()) if "FUZZ_WORLD" in os.environ else None
COUNTS = Path(os.environ.get("FUZZ_COUNTS", os.devnull))
WRITE_EVERY = 50
"""Calls between two writes of the counts."""
AGAIN = 0.2
"""The share of idempotency keys that may have been used for the same request before."""
REAL = 0.7
"""The share of ids that are replaced by ids which exist."""

_counts: Counter[tuple[str, str]] = Counter()
_chance = random.Random(os.environ.get("FUZZ_SEED"))  # noqa: S311 - which case gets a real id is no secret
_calling = threading.local()
_KEY = re.compile(r"[!-~]{1,255}")
_WELL_FORMED = re.compile(r"[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}|[A-Za-z0-9][A-Za-z0-9_-]{3,39}", re.I)

# What a schema can only say in words: dates that make an adult, moments to come, places and zones that are.
_TODAY = datetime.date.today()
schemathesis.openapi.format(
    "date", st.dates(datetime.date(1900, 1, 1), _TODAY.replace(year=_TODAY.year - 19)).map(str)
)
schemathesis.openapi.format(
    "date-time",
    st.datetimes(datetime.datetime(2100, 1, 1), datetime.datetime(2900, 1, 1)).map(
        lambda moment: moment.isoformat(timespec="seconds") + "Z"
    ),
)
schemathesis.openapi.format("time-zone", st.sampled_from(["Europe/Berlin", "UTC", "America/New_York"]))
schemathesis.openapi.format("gender", st.sampled_from(["female", "male", "non_binary", "not_said", "robot"]))
schemathesis.openapi.format("part-of-score", st.sampled_from(["values", "industry", "astro", "weather"]))
schemathesis.openapi.format("place", st.sampled_from(["Berlin", "Hamburg", "Springfield, IL, US", "Nowhere"]))


@schemathesis.hook
def before_call(_context: Any, case: Any, _words: dict[str, Any]) -> None:
    """Choose who calls, and put ids that this member knows where a case has a well-formed one."""
    _calling.member = _chance.choice(WORLD["members"]) if WORLD else NOBODY
    _calling.unsigned = case.meta is not None and case.meta.is_negative_at(ParameterLocation.HEADER)
    ids = _calling.member["ids"]
    if isinstance(case.body, dict):
        case.body = {name: _real(ids, name, value) for name, value in case.body.items()}
    key = (case.headers or {}).get(HEADER)
    # A case about wrong headers stays as it is: one that lacks a header would have to be read anew.
    if isinstance(key, str) and _KEY.fullmatch(key) and not _calling.unsigned:
        case.headers[HEADER] = _key_for(case)
    if case.query:
        case.query.update({name: _real(ids, name, value) for name, value in case.query.items()})


def _key_for(case: Any) -> str:
    """A new one, or now and then the one that the same request had before. Never one of another request."""
    if _chance.random() > AGAIN:
        return str(uuid.uuid4())
    sent = json.dumps([_calling.member["token"], case.method, case.path, repr(case.body)])
    return hashlib.sha256(sent.encode()).hexdigest()


def _real(ids: dict[str, list[str]], name: str, value: Any) -> Any:
    """Malformed ones stay: they are what a negative case is about."""
    if name not in ids or not isinstance(value, str) or not _WELL_FORMED.fullmatch(value):
        return value
    return _chance.choice(ids[name]) if _chance.random() < REAL else value


class Member(requests.auth.AuthBase):
    """The one who was chosen."""

    def __call__(self, request: requests.PreparedRequest) -> requests.PreparedRequest:
        """The request with their token."""
        request.headers["Authorization"] = f"Bearer {_calling.member['token']}"
        return request


class Administrator(requests.auth.AuthBase):
    """The one there is."""

    def __init__(self, token: str) -> None:
        self._token = token

    def __call__(self, request: requests.PreparedRequest) -> requests.PreparedRequest:
        """The request with their token."""
        request.headers["Authorization"] = f"Bearer {self._token}"
        return request


class Bell(requests.auth.AuthBase):
    """Rings as the schedule does: the signature covers path and body."""

    def __init__(self, key: str) -> None:
        self._key = key.encode()

    def __call__(self, request: requests.PreparedRequest) -> requests.PreparedRequest:
        """The request with its three headers; without them where a case is about headers that are wrong."""
        if _calling.unsigned:
            return request
        body = request.body
        raw = body.encode() if isinstance(body, str) else body if isinstance(body, bytes) else b""
        now = datetime.datetime.now(datetime.UTC)
        path = urlsplit(request.url or "").path
        request.headers.update(signed_headers(self._key, path, raw, now, str(uuid.uuid4())))
        return request


if WORLD:
    AUTH.set_from_requests(Member()).apply_to(tag="members")
    AUTH.set_from_requests(Administrator(WORLD["admin_token"])).apply_to(tag="administrators")
    AUTH.set_from_requests(Bell(WORLD["bell_key"])).apply_to(tag="schedule")


@schemathesis.hook
def after_call(_context: Any, case: Any, response: Any) -> None:
    """Count it."""
    _counts[f"{response.request.method} {case.operation.path}", str(response.status_code)] += 1
    if WORLD and _counts.total() % WRITE_EVERY == 0:
        write()


def write() -> None:
    """The counts so far, in one piece."""
    lines = [[route, status, count] for (route, status), count in sorted(_counts.items())]
    partial = COUNTS.with_suffix(".partial")
    partial.write_text(json.dumps(lines))
    partial.replace(COUNTS)


if WORLD:
    atexit.register(write)
