"""pg_cron and Vault as the platform has them, behind the same SQL names.

Sources: citusdata/pg_cron, which scripts/check-cron asks itself; supabase/vault, its script of 0.3.0 and
src/pgsodium.c: a secret opens in its own row, with an error where it does not.
"""

import os
import subprocess
import time
from datetime import UTC, datetime

import psycopg
import pytest

from scripts.stack.cron_schedule import next_time
from tests.stack.stacks import SmallStack, until


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
    with psycopg.connect(platform.superuser_url, autocommit=True) as connection:
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
