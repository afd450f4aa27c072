"""A run is made again: byte for byte while everything is there, and honestly when something is gone."""

import uuid
from typing import Any

import psycopg
import pytest

from scripts.stack.home import Trouble
from scripts.stack.ring import ring
from scripts.stack.throwaway import Running
from scripts.tools.replay import replay
from shared.callers.database import Database
from shared.callers.service import Service
from shared.errors import ApiError
from tests.cast import Cast, Member


@pytest.fixture
def service(stack: Running) -> Database:
    return Service(stack.api_url, stack.service_role_key)


def run_of(stack: Running) -> str:
    # Nobody is matched from the queue meanwhile: the run is to have something to propose.
    with psycopg.connect(stack.database_url) as database:
        database.execute("delete from public.matchmaking_queue")
    answer = ring(stack.functions_url, stack.keys.bell_key, "nightly")
    assert answer.status_code == 200, answer.text
    run = str(answer.json()["runId"])
    assert answer.json()["finished"] is True
    return run


def newcomers(cast: Cast) -> list[Member]:
    """A few who find each other, one of whom has a chart."""
    them = [cast.member(signals="{values,birthData}", tz="Pacific/Chatham") for _ in range(5)]
    cast.database.execute(
        "update public.users set birth_time = '14:30', birth_time_accuracy = 'exact', birth_place = 'Berlin',"
        " birth_lat = 52.52, birth_lon = 13.4, birth_tz = 'Europe/Berlin' where id = any (%s::uuid[])",
        [[member.id for member in them[:2]]],
    )
    return them


def test_a_run_comes_out_the_same_whatever_happened_since(
    stack: Running, cast: Cast, service: Database, database: psycopg.Connection[Any]
) -> None:
    them = newcomers(cast)
    run = run_of(stack)
    made = cast.value("select count(*) from public.matches where run_id = %s", run)
    assert made > 0
    # Answers, pauses, moves, other preferences, another run: none of it changes what was.
    cast.rpc(them[0], "deactivate")
    cast.database.execute("update public.users set tz = 'Asia/Tokyo' where id = %s", [them[1].id])
    cast.database.execute("update public.connect_profiles set min_age = 40 where user_id = %s", [them[2].id])
    newcomers(cast)
    assert run_of(stack) != run
    said: list[str] = []
    assert replay(service, run, said.append), said
    assert said[1] == "input: the same"
    assert any("byte for byte" in line for line in said)


def test_what_somebody_took_with_them_is_said(stack: Running, cast: Cast, service: Database) -> None:
    them = newcomers(cast)
    run = run_of(stack)
    cast.database.execute("delete from auth.users where id = %s", [them[0].id])
    said: list[str] = []
    assert not replay(service, run, said.append)
    assert any("1 members have gone or withdrawn" in line for line in said)


def test_a_changed_match_is_noticed(stack: Running, cast: Cast, service: Database) -> None:
    newcomers(cast)
    run = run_of(stack)
    for change in ("total_score = 12.34", "explanation = '{open_beginning}'"):
        cast.database.execute(f"update public.matches set {change} where run_id = %s", [run])
        said: list[str] = []
        assert not replay(service, run, said.append)
        assert any("not as they were proposed" in line for line in said)
    cast.database.execute("delete from public.matches where run_id = %s", [run])
    said = []
    assert not replay(service, run, said.append)
    assert any("gone with a member or by hand" in line for line in said)


def test_a_run_that_is_none_is_told(service: Database, cast: Cast) -> None:
    with pytest.raises(ApiError):
        replay(service, str(uuid.uuid4()), print)
    failed = cast.value(
        "insert into public.job_runs (name, trigger, status, finished_at) values"
        " ('nightly', 'hand', 'failed', now()) returning id::text"
    )
    with pytest.raises(Trouble, match="failed"):
        replay(service, failed, print)
