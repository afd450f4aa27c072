"""Everything one member is told, with what may differ between two honest runs replaced by neutral words.

Allowed to differ before a reveal: handles, times, pseudonyms and sides, and the random bytes of a chat. Each
is replaced where it stands, so that a number too many, a key missing or one byte of anything else shows.
"""

import json
import re
from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass, field
from typing import Any

import httpx

from tests.cast import Cast, Json, Member

_UUID = re.compile(r"[0-9a-f]{8}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{12}")
_TIME = re.compile(r"\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d(\.\d+)?(Z|\+00:00)")
_SIDE = re.compile(r"accepted_[ab]\b")

# Values that are random by design, by the name they have in an answer.
_RANDOM = {"pseudonym", "partnerPseudonym", "salt", "ciphertext"}
# Headers that tell the time or a length, not what is in the answer. That they are there still counts.
_PASSING = {"date", "ratelimit-reset", "x-request-id", "content-length", "etag"}


@dataclass
class Transcript:
    """What one member asked and was told, in order: in neutral words, and as it came."""

    moment: Callable[[str], str] = lambda _: "<time>"
    """What stands for a time; a test that moves the clock can tell more of it."""
    names: dict[str, str] = field(default_factory=dict)
    """Whole values that may be told, and what stands for them."""
    lines: list[str] = field(default_factory=list)
    raw: list[str] = field(default_factory=list)
    _handles: dict[str, str] = field(default_factory=dict)

    def add(self, request: str, response: httpx.Response) -> httpx.Response:
        """Write down one exchange; the answer is handed back as it came."""
        body = response.json() if response.content else None
        self.write(request, response.status_code, response.headers, body)
        return response

    def write(self, request: str, status: int, headers: Mapping[str, str], body: Any) -> None:
        """Write down what was answered, through whichever door."""
        shown = {name: "…" if name.lower() in _PASSING else headers[name] for name in sorted(headers)}
        told = json.dumps(self._neutral(body)) if body is not None else ""
        self.lines.append(f"{request} -> {status} {shown} {told}")
        self.raw.append(f"{dict(headers)}{json.dumps(body, ensure_ascii=False)}")

    def tells(self, *secrets: str) -> list[str]:
        """Which of these were told. Neutral words hide handles, so a person's id must be asked for."""
        return [secret for secret in secrets if any(secret in answer for answer in self.raw)]

    def handles(self) -> set[str]:
        """Everything long and unlikely that was told: ids, salts, ciphertexts."""
        found = re.compile(r"[0-9a-f]{8}-[0-9a-f-]{27}|[A-Za-z0-9+/=]{40,}")
        return {handle for answer in self.raw for handle in found.findall(answer)}

    def _neutral(self, value: Any, name: str = "") -> Any:
        if isinstance(value, dict):
            return {key: self._neutral(inner, key) for key, inner in value.items()}
        if isinstance(value, list):
            return [self._neutral(inner, name) for inner in value]
        if not isinstance(value, str):
            return value
        if name in _RANDOM or (name == "side" and value in ("a", "b")):
            return f"<{name}>"
        value = _TIME.sub(lambda found: self.moment(found[0]), self.names.get(value, value))
        value = _SIDE.sub("accepted_<side>", value)
        return _UUID.sub(lambda found: self._handle(found[0]), value)

    def _handle(self, uuid: str) -> str:
        """Handles keep who they are: the first one met is 1, wherever it comes back."""
        return self._handles.setdefault(uuid, f"<handle {len(self._handles) + 1}>")


def readable_tables(cast: Cast) -> dict[str, list[str]]:
    """Every table and view of the API a member can read anything of, with the columns they can read."""
    rows = cast.database.execute(
        "select c.relname, array_agg(a.attname order by a.attnum) from pg_class c join pg_attribute a on"
        " a.attrelid = c.oid"
        " where c.relnamespace = 'public'::regnamespace and c.relkind in ('r', 'p', 'v', 'm', 'f')"
        " and a.attnum > 0 and not a.attisdropped"
        " and has_column_privilege('authenticated', c.oid, a.attnum, 'select') group by c.relname order by"
        " c.relname"
    ).fetchall()
    return {str(name): list(columns) for name, columns in rows}


@dataclass
class Narrator:
    """One member using the API, everything they are told being written down."""

    cast: Cast
    member: Member
    told: Transcript = field(default_factory=Transcript)

    def rpc(self, function: str, **arguments: Any) -> Json:
        """One function through PostgREST; its arguments, handles mostly, are not written down."""
        answer = self.told.add(function, self.cast.rpc(self.member, function, **arguments))
        body: Json = answer.json()
        return body

    def call(self, method: str, path: str, body: Any = None, **words: Any) -> Json:
        """One endpoint through the functions."""
        answer = self.told.add(f"{method} {path}", self.cast.call(self.member, method, path, body, **words))
        found: Json = answer.json()
        return found

    def read_everything(self) -> None:
        """Every table a member can read, whole."""
        for table, columns in readable_tables(self.cast).items():
            path = f"/{table}?select={','.join(columns)}"
            self.told.add(
                f"GET {path}", self.cast.rest(self.member, "GET", path, headers={"Prefer": "count=exact"})
            )


def first_difference(transcripts: Iterable[Transcript]) -> tuple[str, str] | None:
    """The first line in which two transcripts differ; None when they are equal."""
    one, other = transcripts
    for left, right in zip(one.lines, other.lines, strict=False):
        if left != right:
            return left, right
    if len(one.lines) != len(other.lines):
        return f"{len(one.lines)} lines", f"{len(other.lines)} lines"
    return None
