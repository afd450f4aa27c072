"""Members' calls are written by hand, the worker's by the official client: both read every answer alike."""

from __future__ import annotations

import json
import socket
import threading
from collections.abc import Iterator
from typing import Any

import psycopg
import pytest

from scripts.stack.throwaway import Running
from shared.callers import database
from shared.callers.database import READ_SECONDS, Database
from shared.callers.service import Service
from shared.errors import ApiError, Internal
from tests.stack.stacks import until

pytestmark = pytest.mark.one_world

DOES = """
create function public.does(what text) returns jsonb language plpgsql as
    $$ declare made jsonb; begin execute what into made; return made; end $$;
grant execute on function public.does(text) to service_role;
create function public.does_nothing() returns void language sql as '';
create function public.twice(what text default '') returns int language sql as 'select 1';
create function public.twice(what int default 1) returns int language sql as 'select 1';
grant execute on function public.does_nothing(), public.twice(text), public.twice(int) to service_role;
notify pgrst, 'reload schema'
"""
RETURNED = """
select %s::jsonb from set_config('response.status', '%s', true) as status
     , set_config('response.headers', '[{"Retry-After": "7"}, {"RateLimit-Limit": "60"}]', true) as headers
"""
RAISED = (
    "do $do$ begin raise exception using errcode = '%s', message = '%s', detail = 'Key (id)=(7)'; end $do$"
)
PATIENCE = 0.3
"""Seconds that a call may take in `LATE`."""
LATE = ("a late answer", "silence")

NO_OBJECT = "database answered without a JSON object"


def returns(body: Any, status: int = 200) -> str:
    """SQL that answers a body with a status and headers."""
    return RETURNED % (f"'{json.dumps(body)}'", status)


POSTGREST = {
    "an object": (returns({"text": "Привет 👋", "n": 1.5}), "Answer"),
    "an object with another status": (returns({"a": 1}, 201), "Answer"),
    "a list": (returns([1]), NO_OBJECT),
    "a text": (returns("text"), NO_OBJECT),
    "JSON null": (returns(None), NO_OBJECT),
    "no value": ("select null", NO_OBJECT),
    "a refusal with status 200": (returns({"ok": False, "code": "match_not_open"}), "MatchNotOpen"),
    "a refusal": (returns({"ok": False, "code": "conflict", "detail": "Said.", "at": 1}, 409), "Conflict"),
    "a limit": (returns({"ok": False, "code": "rate_limited", "detail": "Wait."}, 429), "RateLimited"),
    "an unknown refusal": (
        returns({"ok": False, "code": "new"}, 409),
        "database returned an unknown refusal",
    ),
    "a late answer": ("select to_jsonb(1) from pg_sleep(3)", "Unavailable"),
    "a statement that is no SQL": ("select from from", "database answered 400 42601"),
    "a cast that fails": ("select to_jsonb('Ana'::int)", "InvalidBody"),
    "PT404": (RAISED % ("PT404", "row 7"), "NotFound"),
    "PT403": (RAISED % ("PT403", "consent_required"), "ConsentRequired"),
    "PT418": (RAISED % ("PT418", "teapot"), "database answered 418 PT418"),
    **{
        code: (RAISED % (code, "row of Ana"), kind)
        for code, kind in {
            "23514": "InvalidBody",
            "23505": "database answered 409 23505",
            "P0001": "database answered 400 P0001",
            "XX000": "database answered 500 XX000",
            "40001": "Unavailable",
            "40P01": "Unavailable",
            "55P03": "Unavailable",
            "57014": "Unavailable",
            "53300": "Unavailable",
            "08006": "Unavailable",
        }.items()
    },
}
"""SQL that PostgREST runs, and what a caller gets: the name of an error, or the reason of an internal one."""

WIRE = {
    "closed at once": (b"", "Unavailable"),
    "closed in the head": (b"HTTP/1.1 200 OK\r\nContent-", "Unavailable"),
    "closed in the body": (b"HTTP/1.1 200 OK\r\nContent-Length: 9\r\n\r\n{", "Unavailable"),
    "no HTTP": (b"what?\r\n\r\n", "Unavailable"),
    "silence": (None, "Unavailable"),
    "a page of a gateway": (b"HTTP/1.1 502 Bad\r\nConnection: close\r\n\r\n<h1>nginx</h1>", "Unavailable"),
    "a page with status 200": (b"HTTP/1.1 200 OK\r\nConnection: close\r\n\r\n<h1>portal</h1>", NO_OBJECT),
    "no text": (b'HTTP/1.1 200 OK\r\nConnection: close\r\n\r\n{"a": "\xff"}', NO_OBJECT),
    "no text in a refusal": (
        b"HTTP/1.1 400 Bad\r\nConnection: close\r\n\r\n\xff\xfe\xff",
        "database answered 400",
    ),
    "nothing in a refusal": (b"HTTP/1.1 503 Away\r\nContent-Length: 0\r\n\r\n", "Unavailable"),
    "another shape of a refusal": (
        b'HTTP/1.1 400 Bad\r\nConnection: close\r\n\r\n{"code": 7, "message": {"a": [1]}}',
        "database answered 400 7",
    ),
    "another place": (
        b"HTTP/1.1 307 Go\r\nLocation: /elsewhere\r\nContent-Length: 0\r\nConnection: close\r\n\r\n",
        "database answered 307",
    ),
    "a wrong key": (
        b'HTTP/1.1 401 No\r\nConnection: close\r\n\r\n{"message": "Invalid API key"}',
        "database answered 401",
    ),
}
"""Bytes that a server answers before it closes the connection, and the same."""

OTHERS = {
    "no_such_function": "database answered 404 PGRST202",
    "does_nothing": NO_OBJECT,
    "twice": "database answered 300 PGRST203",
}


class Peer:
    """A server that answers these bytes, or nothing, and counts who came."""

    def __init__(self, says: bytes | None) -> None:
        self.came = 0
        self._says = says
        self._held: list[socket.socket] = []
        self._listening = socket.create_server(("127.0.0.1", 0))
        self.url = f"http://127.0.0.1:{self._listening.getsockname()[1]}"
        self._thread = threading.Thread(target=self._serve)
        self._thread.start()

    def _serve(self) -> None:
        while True:
            there, _ = self._listening.accept()
            first = there.recv(65536)
            if not first:  # close() called
                there.close()
                return
            self.came += 1
            there.settimeout(5)
            while b"\r\n\r\n" not in first or not first.endswith(b"}"):
                first += there.recv(65536)
            if self._says is None:
                self._held.append(there)
                continue
            there.sendall(self._says)
            there.close()

    def close(self) -> None:
        """End it."""
        socket.create_connection(self._listening.getsockname()).close()
        self._thread.join()
        for each in (*self._held, self._listening):
            each.close()


@pytest.fixture(scope="module")
def project(stack: Running) -> tuple[str, str]:
    """Address and service key of a stack that does what SQL it is told."""
    with psycopg.connect(stack.superuser_url, autocommit=True) as superuser:
        superuser.execute(DOES)
    service = Service(stack.api_url, stack.service_role_key)
    assert until(lambda: outcome(service, None, "does", {"what": "select '{}'"})[0] == "Answer")
    return service.url, service.key


@pytest.fixture(autouse=True)
def _closed_afterwards() -> Iterator[None]:
    yield
    database.close()


def outcome(
    caller: Database, token: str | None, function: str, args: Any, seconds: float = READ_SECONDS
) -> list[Any]:
    """All that a call told: the answer, or the error with everything it carries and what it came of."""
    try:
        answer = caller.call(token, function, args, read_seconds=seconds)
    except ApiError as error:
        cause = None if error.__suppress_context__ else error.__context__
        return [type(error).__name__, error.reason, vars(error), cause]
    return ["Answer", None, answer]


def alike(url: str, key: str, function: str, args: Any, expected: str, seconds: float = READ_SECONDS) -> None:
    """Both transports tell the same."""
    by_hand = outcome(Database(url, key), key, function, args, seconds)
    by_client = outcome(Service(url, key), None, function, args, seconds)
    assert by_client == by_hand  # without a cause that quotes the database
    assert expected in by_client[:2]


@pytest.mark.parametrize("case", [*POSTGREST, *WIRE, *OTHERS])
def test_both_transports_tell_the_same(project: tuple[str, str], case: str) -> None:
    url, key = project
    seconds = PATIENCE if case in LATE else READ_SECONDS
    if case in POSTGREST:
        sql, expected = POSTGREST[case]
        alike(url, key, "does", {"what": sql}, expected, seconds)
    elif case in OTHERS:
        alike(url, key, case, {}, OTHERS[case])
    else:
        says, expected = WIRE[case]
        peer = Peer(says)
        try:
            alike(peer.url, key, "does", {"what": ""}, expected, seconds)
            assert peer.came == 2, "a call was repeated"
        finally:
            peer.close()


def test_where_nobody_listens_both_are_told_so(project: tuple[str, str]) -> None:
    peer = Peer(b"")
    peer.close()
    alike(peer.url, project[1], "does", {}, "Unavailable")


def test_what_our_own_key_may_not_do_is_our_fault(project: tuple[str, str]) -> None:
    url, key = project
    with pytest.raises(Internal, match="our side"):
        Service(url, key).call(None, "does", {"what": RAISED % ("42501", "not for you")})
