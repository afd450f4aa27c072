"""pg_net as the platform has it, behind the same SQL names.

Source: supabase/pg_net, src/worker.c and core.c: a batch is one transaction of up to 200 requests, and its
answers are kept for 6 hours.
"""

import json
import threading
import time
from collections.abc import Iterator
from dataclasses import dataclass, field
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer

import psycopg
import pytest

from tests.stack.stacks import SmallStack, until


@dataclass
class Heard:
    """A server that remembers what it was sent."""

    url: str
    requests: list[tuple[str, str, dict[str, str], bytes]] = field(default_factory=list)

    def times(self, path: str) -> int:
        """How often a path was asked for."""
        return sum(request[1] == path for request in self.requests)


@pytest.fixture
def heard() -> Iterator[Heard]:
    """Answers 201 {"got": true}; /slow takes three seconds."""

    class Handler(BaseHTTPRequestHandler):
        def _answer(self) -> None:
            body = self.rfile.read(int(self.headers.get("content-length") or 0))
            headers = {name.lower(): value for name, value in self.headers.items()}
            listener.requests.append((self.command, self.path, headers, body))
            if self.path == "/slow":
                time.sleep(3)
            answer = b'{"got": true}'
            try:
                self.send_response(201)
                self.send_header("Content-Type", "application/json")
                self.send_header("Content-Length", str(len(answer)))
                self.end_headers()
                self.wfile.write(answer)
            except BrokenPipeError:
                pass

        do_GET = do_POST = do_DELETE = _answer

        def log_message(self, format: str, *words: object) -> None:
            """Say nothing."""

    with ThreadingHTTPServer(("127.0.0.1", 0), Handler) as server:
        listener = Heard(f"http://127.0.0.1:{server.server_port}")
        thread = threading.Thread(target=server.serve_forever)
        thread.start()
        yield listener
        server.shutdown()
        thread.join()


def answer_to(platform: SmallStack, request: object) -> dict[str, object]:
    """Wait for the stored answer to a request."""
    query = f"select to_jsonb(r) from net._http_response r where id = {request}"
    assert until(lambda: platform.ask(query) is not None)
    found = platform.ask(query)
    assert isinstance(found, dict)
    return found


def test_a_request_is_sent_after_commit_only(platform: SmallStack, heard: Heard) -> None:
    with psycopg.connect(platform.told["DATABASE_URL"]) as connection:
        connection.execute("select net.http_post(%s, '{\"n\": 1}')", (heard.url + "/bell",))
        time.sleep(0.5)
        assert heard.requests == []
        connection.rollback()
        row = connection.execute(
            'select net.http_post(%s, \'{"n": 2}\', \'{"q": "a b&ü"}\', \'{"X-Own": "x"}\')',
            (heard.url + "/bell",),
        ).fetchone()
    assert row is not None
    stored = answer_to(platform, row[0])
    assert [(r[0], r[1], json.loads(r[3])) for r in heard.requests] == [
        ("POST", "/bell?q=a%20b%26%C3%BC", {"n": 2})
    ]
    assert heard.requests[0][2]["x-own"] == "x"
    assert heard.requests[0][2]["content-type"] == "application/json"
    assert (stored["status_code"], stored["content"], stored["timed_out"]) == (201, '{"got": true}', False)
    assert platform.ask("select count(*) from net.http_request_queue") == 0


def test_a_slow_answer_times_out(platform: SmallStack, heard: Heard) -> None:
    request = platform.ask(f"select net.http_post('{heard.url}/slow', timeout_milliseconds => 200)")
    stored = answer_to(platform, request)
    assert stored["status_code"] is None
    assert stored["timed_out"] is True
    assert stored["error_msg"] == "Timeout of 200 ms reached."


def test_nobody_there_is_an_error_message(platform: SmallStack) -> None:
    stored = answer_to(platform, platform.ask("select net.http_get('http://127.0.0.1:1/')"))
    assert stored["status_code"] is None
    assert stored["error_msg"]


def test_a_slow_answer_holds_up_its_batch_and_whoever_comes_after(platform: SmallStack, heard: Heard) -> None:
    """Until then the requests stay in the queue for everybody else, and no answer is there."""
    with psycopg.connect(platform.told["DATABASE_URL"], autocommit=True) as connection:
        batch = connection.execute(
            "select array_agg(net.http_get(%s || path)) from unnest('{/slow,/fast}'::text[]) path",
            [heard.url],
        ).fetchone()
        assert batch is not None
        assert until(lambda: heard.times("/fast") and heard.times("/slow"))
        later = connection.execute("select net.http_get(%s || '/later')", [heard.url]).fetchone()
        assert later is not None
        time.sleep(1)
        assert connection.execute("select count(*) from net.http_request_queue").fetchone() == (3,)
        answers = "select count(*), count(distinct created) from net._http_response where id = any (%s)"
        assert connection.execute(answers, batch).fetchone() == (0, 0)
        assert heard.times("/later") == 0
        assert until(lambda: connection.execute(answers, batch).fetchone() == (2, 1))
        assert until(lambda: heard.times("/later") == 1)
        answer_to(platform, later[0])


def test_a_batch_that_fails_is_sent_again(platform: SmallStack, heard: Heard) -> None:
    """One answer that cannot be stored undoes the whole batch, so a request may arrive twice."""
    with psycopg.connect(platform.superuser_url, autocommit=True) as connection:
        connection.execute(
            "create function net.refuse() returns trigger language plpgsql as"
            " $$ begin raise exception 'no room'; end $$"
        )
        connection.execute(
            "create trigger refuse before insert on net._http_response for each row"
            " when (new.content is null) execute function net.refuse()"
        )
        request = platform.ask(
            f"select min(net.http_get(url)) from unnest(array['{heard.url}/once', 'http://127.0.0.1:1/']) url"
        )
        assert until(lambda: heard.times("/once") >= 2)
        connection.execute("drop trigger refuse on net._http_response")
        connection.execute("drop function net.refuse()")
    assert answer_to(platform, request)["status_code"] == 201
    assert until(lambda: platform.ask("select count(*) = 0 from net.http_request_queue"))


def test_answers_are_kept_for_six_hours(platform: SmallStack, heard: Heard) -> None:
    with psycopg.connect(platform.superuser_url, autocommit=True) as connection:
        connection.execute(
            "insert into net._http_response (id, created) values (-1, now() - interval '6 hours 1 minute'),"
            " (-2, now() - interval '5 hours 59 minutes')"
        )
    platform.ask(f"select net.http_get('{heard.url}/wake')")
    left = "select string_agg(id::text, ' ') from net._http_response where id < 0"
    assert until(lambda: platform.ask(left) == "-2")


def test_a_post_is_json_only(platform: SmallStack) -> None:
    with pytest.raises(psycopg.errors.RaiseException, match="must be"):
        platform.ask(
            "select net.http_post('http://127.0.0.1:1/', headers => '{\"content-type\": \"text/plain\"}')"
        )
