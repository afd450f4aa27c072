"""pg_cron, pg_net and Vault as the platform has them, behind the same SQL names.

Sources: supabase/pg_net, src/worker.c and core.c (a batch is one transaction of up to 200 requests; answers
are kept for 6 hours); supabase/vault, sql/supabase_vault--0.3.0.sql and src/pgsodium.c (a secret opens in its
own row, with an error where it does not); citusdata/pg_cron, which scripts/check-cron asks itself.
"""

import json
import os
import subprocess
import threading
import time
from collections.abc import Iterator
from dataclasses import dataclass, field
from datetime import UTC, datetime
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer

import psycopg
import pytest

from scripts.stack.cron_schedule import next_time
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
    with psycopg.connect(_superuser(platform), autocommit=True) as connection:
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
    with psycopg.connect(_superuser(platform), autocommit=True) as connection:
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


def test_a_job_runs_as_who_scheduled_it_and_is_recorded(platform: SmallStack) -> None:
    platform.ask("create table if not exists ticks (who name, at timestamptz default clock_timestamp())")
    job = platform.ask(
        "select cron.schedule('tick', '1 seconds', 'insert into ticks values (current_user) returning at')"
    )
    assert until(lambda: platform.ask("select count(*) >= 2 from ticks"))
    assert platform.ask("select cron.unschedule('tick')") is True
    assert platform.ask("select string_agg(distinct who, ' ') from ticks") == "postgres"
    details = f"from cron.job_run_details where jobid = {job}"
    assert until(lambda: platform.ask(f"select bool_and(status = 'succeeded') {details}"))
    assert platform.ask(f"select count(*) >= 2 and bool_and(end_time >= start_time) {details}") is True
    time.sleep(0.5)
    before = platform.ask("select count(*) from ticks")
    time.sleep(1.5)
    assert platform.ask("select count(*) from ticks") == before


def test_a_failing_job_says_why(platform: SmallStack) -> None:
    job = platform.ask("select cron.schedule('wrong', '1 seconds', 'select 1/0')")
    query = (
        f"select return_message from cron.job_run_details where jobid = {job} and status = 'failed' limit 1"
    )
    assert until(lambda: platform.ask(query))
    platform.ask("select cron.unschedule('wrong')")
    assert "division by zero" in str(platform.ask(query))


def test_a_job_begins_with_the_settings_of_who_scheduled_it(platform: SmallStack) -> None:
    platform.ask("alter role postgres set statement_timeout = '1min'")
    told = "concat_ws($$, $$, current_setting($$search_path$$), current_setting($$statement_timeout$$))"
    platform.ask("create table if not exists settings_seen (told text)")
    platform.ask(
        f"select cron.schedule('told', '1 seconds', 'insert into public.settings_seen select {told}')"
    )
    assert until(lambda: platform.ask("select told from settings_seen limit 1"))
    platform.ask("select cron.unschedule('told')")
    platform.ask("alter role postgres reset statement_timeout")
    assert platform.ask("select told from settings_seen limit 1") == '"$user", public, extensions, 1min'


def test_one_run_of_a_job_at_a_time(platform: SmallStack) -> None:
    job = platform.ask("select cron.schedule('slow', '1 seconds', 'select pg_sleep(1.5)')")
    assert until(lambda: platform.ask(f"select count(*) >= 3 from cron.job_run_details where jobid = {job}"))
    platform.ask("select cron.unschedule('slow')")
    overlaps = platform.ask(
        "select count(*) from cron.job_run_details a join cron.job_run_details b using (jobid) "
        f"where jobid = {job} and a.runid < b.runid and a.end_time > b.start_time"
    )
    assert overlaps == 0


def test_scheduling_a_name_again_replaces_it(platform: SmallStack) -> None:
    first = platform.ask("select cron.schedule('same', '0 3 * * *', 'select 1')")
    assert platform.ask("select cron.schedule('same', '5 4 * * *', 'select 2')") == first
    assert (
        platform.ask("select schedule || command from cron.job where jobname = 'same'") == "5 4 * * *select 2"
    )
    platform.ask("select cron.unschedule('same')")
    with pytest.raises(psycopg.errors.InternalError_, match="could not find valid entry"):
        platform.ask("select cron.unschedule('same')")


@pytest.mark.parametrize("schedule", ["every minute", "60 seconds", "* * * *", ""])
def test_a_schedule_that_makes_no_sense_is_refused(platform: SmallStack, schedule: str) -> None:
    with pytest.raises(psycopg.errors.InvalidParameterValue, match="invalid schedule"):
        platform.ask(f"select cron.schedule('odd', '{schedule}', 'select 1')")


@pytest.mark.parametrize(
    ("schedule", "expected"),
    [
        ("* * * * *", "2026-02-27T23:59:00"),
        ("*/15 * * * *", "2026-02-28T00:00:00"),
        ("0 3 * * 1-5", "2026-03-02T03:00:00"),
        ("0 0 $ * *", "2026-02-28T00:00:00"),
        ("30 seconds", "2026-02-27T23:59:00"),
    ],
)
def test_next_time(schedule: str, expected: str) -> None:
    after = datetime(2026, 2, 27, 23, 58, 30, tzinfo=UTC)
    assert next_time(schedule, after) == datetime.fromisoformat(expected).replace(tzinfo=UTC)


def test_clients_reach_neither_schedule_nor_vault(platform: SmallStack) -> None:
    for role in ("anon", "authenticated"):
        for schema in ("cron", "vault"):
            assert platform.ask(f"select has_schema_privilege('{role}', '{schema}', 'usage')") is False


def test_a_secret_changes_and_is_unreadable_in_a_dump(platform: SmallStack) -> None:
    secret = platform.ask("select vault.create_secret('swordfish-ü', 'probe', 'a test')")
    read = "select decrypted_secret from vault.decrypted_secrets where name = 'probe'"
    assert platform.ask(read) == "swordfish-ü"
    platform.ask(f"select vault.update_secret('{secret}', 'marlin-secret')")
    assert platform.ask(read) == "marlin-secret"
    told = platform.told
    dump = subprocess.run(
        [os.path.join(told["PG_BIN"], "pg_dump"), told["DATABASE_URL"]],
        capture_output=True,
        text=True,
        check=True,
    ).stdout
    assert "COPY vault.secrets" in dump
    assert "probe" in dump
    assert "marlin" not in dump
    platform.ask("delete from vault.secrets where name = 'probe'")


def test_a_tampered_secret_is_not_served(platform: SmallStack) -> None:
    secret = platform.ask("select vault.create_secret('one', 'tampered')")
    platform.ask("select vault.create_secret('two', 'sound')")
    with psycopg.connect(_superuser(platform), autocommit=True) as connection:
        connection.execute(
            "update vault.secrets t set secret = s.secret, nonce = s.nonce from vault.secrets s"
            " where t.name = 'tampered' and s.name = 'sound'"
        )
    for broken in (
        "select decrypted_secret from vault.decrypted_secrets where name = 'tampered'",
        "select count(decrypted_secret) from vault.decrypted_secrets",
        "select name from vault.decrypted_secrets where decrypted_secret = 'two'",
        f"select vault.update_secret('{secret}', 'three')",
    ):
        with pytest.raises(psycopg.errors.DataException, match="invalid ciphertext"):
            platform.ask(broken)
    # Whoever asks for a row by its name, or for nothing secret, is not concerned.
    assert (
        platform.ask("select count(*) from vault.decrypted_secrets where name in ('tampered', 'sound')") == 2
    )
    assert platform.ask("select decrypted_secret from vault.decrypted_secrets where name = 'sound'") == "two"
    platform.ask("delete from vault.secrets where name in ('tampered', 'sound')")


def _superuser(platform: SmallStack) -> str:
    keys = json.loads((platform.path / "keys.json").read_text())
    where = platform.told["DATABASE_URL"].split("@")[1]
    return f"postgresql://supabase_admin:{keys['supabase_admin_password']}@{where}"
