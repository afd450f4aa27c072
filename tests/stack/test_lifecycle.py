"""Start and end of a stack: nothing is left running, nothing is left broken, whatever ended it."""

import signal
import socket
import subprocess
import time
from pathlib import Path

import psycopg
import pytest

from scripts.stack.children import identity, known_process
from tests.stack.stacks import COMMAND, SUPERVISE, SmallStack, family, gone, until


@pytest.mark.parametrize("number", [signal.SIGINT, signal.SIGTERM, signal.SIGHUP])
def test_a_signal_stops_everything_in_order(small: SmallStack, number: signal.Signals) -> None:
    with small.running() as supervisor:
        everyone = family(supervisor.pid)
        assert len(everyone) > 4
        supervisor.send_signal(number)
        assert supervisor.wait(30) == 0
        assert gone(everyone)
    assert not (small.path / "connect.env").exists()
    log = (small.path / "log" / "postgres.log").read_text()
    assert "database system is shut down" in log


def test_a_killed_supervisor_leaves_nothing_and_nothing_broken(small: SmallStack) -> None:
    with small.running() as supervisor:
        everyone = family(supervisor.pid)
        small.ask("create table kept as select 7 as number")
        supervisor.kill()
        assert gone(everyone)
    assert "database system is shut down" in (small.path / "log" / "postgres.log").read_text()
    with small.running():
        assert small.ask("select number from kept") == 7
        log = (small.path / "log" / "postgres.log").read_text()
        assert "was not properly shut down" not in log


def test_a_killed_parent_takes_the_stack_with_it(small: SmallStack) -> None:
    between = subprocess.Popen(
        # a second command keeps the shell between us and the supervisor
        ["/bin/sh", "-c", '"$@" & wait; true', "sh", *COMMAND, *SUPERVISE],
        env=small.environment,
        stdin=subprocess.DEVNULL,
        stdout=subprocess.DEVNULL,
        stderr=subprocess.DEVNULL,
    )
    assert until(lambda: (small.path / "connect.env").exists())
    everyone = family(between.pid)
    assert len(everyone) > 5
    between.kill()
    between.wait()
    assert gone(everyone)


def test_what_dies_is_started_again(small: SmallStack) -> None:
    with small.running() as supervisor:
        by_name = {p.name(): p for p in family(supervisor.pid)}
        by_name["postgrest"].kill()
        assert supervisor.stdout is not None
        assert supervisor.stdout.readline() == "PostgREST ended (SIGKILL); starting it again in 0.5 s\n"
        again = lambda: "postgrest" in {p.name() for p in family(supervisor.pid)}  # noqa: E731
        assert until(again)


def test_two_stacks_live_side_by_side(small: SmallStack, tmp_path: Path) -> None:
    other = SmallStack(tmp_path / "other", {"CONNECT_PG": "16"})
    with small.running(), other.running():
        small.ask("create table only_here ()")
        assert other.ask("select to_regclass('only_here')::text") is None
        versions = [str(each.ask("show server_version")).split(".")[0] for each in (small, other)]
        assert versions == ["18", "16"]
        assert small.told["SUPABASE_JWT_SECRET"] != other.told["SUPABASE_JWT_SECRET"]


@pytest.mark.parametrize("variable", ["CONNECT_FUNCTIONS_PORT", "CONNECT_API_PORT", "CONNECT_DB_PORT"])
def test_a_taken_port_is_one_sentence(small: SmallStack, variable: str) -> None:
    with socket.create_server(("127.0.0.1", int(small.variables[variable]))):
        code, said = small.run(*SUPERVISE)
    assert code == 1
    port = small.variables[variable]
    assert (
        said
        == f"Port {port} cannot be used (Address already in use): free it, or set {variable} to another.\n"
    )


def test_a_second_supervisor_is_refused(small: SmallStack) -> None:
    with small.running() as first:
        assert small.run(*SUPERVISE) == (1, "The stack is already running.\n")
        assert first.poll() is None
        assert small.ask("select 1") == 1


def test_down_stops_and_says_so(small: SmallStack) -> None:
    with small.running() as supervisor:
        everyone = family(supervisor.pid)
        assert small.run("down") == (0, "Stopped.\n")
        assert gone(everyone)
    assert small.run("down") == (0, "Nothing is running.\n")


def test_down_when_there_never_was_a_stack(small: SmallStack) -> None:
    assert small.run("down") == (0, "Nothing is running.\n")
    assert not small.path.exists()


def test_reset_removes_what_a_stack_wrote_and_nothing_else(small: SmallStack) -> None:
    with small.running():
        (small.path / "mine.txt").write_text("keep")
        code, _ = small.run("reset")
    assert code == 0
    assert [path.name for path in small.path.iterdir()] == ["mine.txt"]


def test_a_recorded_number_that_went_to_a_stranger_is_left_alone() -> None:
    with subprocess.Popen(["sleep", "30"]) as stranger:
        named = identity(stranger.pid)
        assert known_process(named) is not None
        assert known_process({**named, "started": named["started"] - 100}) is None
        stranger.kill()
    assert known_process(named) is None


def test_a_stack_survives_its_postgres(small: SmallStack) -> None:
    with small.running() as supervisor:
        server = next(p for p in family(supervisor.pid) if p.name() == "postgres")
        small.ask("create table kept as select 7 as number")
        server.kill()

        def answers() -> bool:
            try:
                return small.ask("select number from kept") == 7
            except psycopg.OperationalError:
                return False

        time.sleep(0.3)
        assert until(answers)


def test_a_version_that_is_not_the_data_s_is_one_sentence(small: SmallStack) -> None:
    with small.running():
        pass
    small.variables["CONNECT_PG"] = "16"
    code, said = small.run(*SUPERVISE)
    assert code == 1
    assert "are of Postgres 18, CONNECT_PG is 16" in said


def test_a_secret_file_is_its_owner_s_only(small: SmallStack) -> None:
    with small.running():
        for name in ("keys.json", "connect.env", "jwks.json", "postgrest.conf"):
            assert (small.path / name).stat().st_mode & 0o777 == 0o600, name
        assert small.told["DATABASE_URL"].endswith("?sslmode=disable")
