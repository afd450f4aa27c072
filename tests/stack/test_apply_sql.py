"""The one way a schema arrives: a second time changes nothing, a fault is named, two at once do no harm."""

import subprocess
import sys
from pathlib import Path
from typing import Any

import psycopg
import pytest

from scripts.stack import apply_sql, supabase_cli
from scripts.stack.children import plain_environment
from scripts.stack.home import ROOT, Trouble
from scripts.stack.throwaway import Running
from tests.stack.stacks import SmallStack


def dump(stack: Running) -> list[str]:
    """Schema and rows of everything, without the token pg_dump draws for each dump."""
    told = subprocess.run(
        [str(stack.pg_bin / "pg_dump"), stack.database_url], capture_output=True, text=True, check=True
    ).stdout
    return [line for line in told.splitlines() if not line.startswith(("\\restrict", "\\unrestrict"))]


def command(stack: Running, **secrets: str) -> "subprocess.Popen[str]":
    """scripts/apply-sql as a person starts it."""
    return subprocess.Popen(
        [sys.executable, "-P", "-m", "scripts.stack.apply_sql", stack.database_url],
        cwd=ROOT,
        env=plain_environment(**secrets),
        stdin=subprocess.DEVNULL,
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
        text=True,
    )


def test_applied_again_it_changes_nothing(stack: Running) -> None:
    before = dump(stack)
    assert len(before) > 500
    with command(stack) as again:
        said, _ = again.communicate(timeout=60)
    assert again.returncode == 0, said
    policies = len(list((ROOT / "supabase" / "policies").glob("*.sql")))
    assert said.startswith(f"Applied 0 new migrations and {policies} policy files, put 0 secrets into Vault")
    assert dump(stack) == before


def test_two_at_once_both_succeed(stack: Running) -> None:
    before = dump(stack)
    with command(stack) as one, command(stack) as other:
        heard = [each.communicate(timeout=90)[0] for each in (one, other)]
    assert [one.returncode, other.returncode] == [0, 0], heard
    assert dump(stack) == before


def test_a_policy_file_changed_by_hand_in_the_database_comes_back(
    stack: Running, database: psycopg.Connection[Any]
) -> None:
    database.execute("grant select on public.matches to anon")
    with command(stack) as again:
        again.communicate(timeout=60)
    allowed = "select has_table_privilege('anon', 'public.matches', 'select')"
    assert database.execute(allowed).fetchone() == (False,)


def test_secrets_are_put_once_and_changed_when_they_change(stack: Running) -> None:
    keys = stack.keys
    usual = {
        "CONNECT_BELL_KEY": keys.bell_key,
        "CONNECT_ERASURE_KEY": keys.erasure_key,
        "CONNECT_WORKER_URL": stack.functions_url,
    }
    kept = "select decrypted_secret from vault.decrypted_secrets where name = 'connect_worker_url'"
    with psycopg.connect(stack.database_url, autocommit=True) as database:
        assert apply_sql.put_secrets(database, usual) == 0
        assert apply_sql.put_secrets(database, {**usual, "CONNECT_WORKER_URL": "http://127.0.0.1:9"}) == 1
        assert database.execute(kept).fetchone() == ("http://127.0.0.1:9",)
        assert apply_sql.put_secrets(database, {}) == 0
        assert apply_sql.put_secrets(database, usual) == 1
        assert database.execute(kept).fetchone() == (stack.functions_url,)


@pytest.fixture
def project(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A project of two files, in place of this one."""
    for folder in ("migrations", "policies"):
        (tmp_path / "supabase" / folder).mkdir(parents=True)
    (tmp_path / "node_modules").symlink_to(ROOT / "node_modules")
    (tmp_path / "supabase" / "config.toml").write_text((ROOT / "supabase" / "config.toml").read_text())
    (tmp_path / "supabase" / "migrations" / "20260101000000_words.sql").write_text(
        "create table words (word text);"
    )
    (tmp_path / "supabase" / "policies" / "words.sql").write_text("insert into words values ('a');")
    for module in (apply_sql, supabase_cli):
        monkeypatch.setattr(module, "ROOT", tmp_path)
    return tmp_path / "supabase"


@pytest.fixture
def empty(platform: SmallStack) -> str:
    """The address of an empty database."""
    platform.ask("drop database if exists empty with (force)")
    platform.ask("create database empty")
    return platform.told["DATABASE_URL"].replace("/postgres?", "/empty?")


def words(database_url: str) -> list[tuple[Any, ...]]:
    """What the project's files wrote."""
    with psycopg.connect(database_url) as connection:
        return connection.execute("select word from words").fetchall()


def test_every_run_applies_every_policy_file(project: Path, empty: str) -> None:
    apply_sql.apply(empty, {}, quiet=True)
    apply_sql.apply(empty, {}, quiet=True)
    assert words(empty) == [("a",), ("a",)]


def test_a_policy_file_is_applied_whole_or_not_at_all(project: Path, empty: str) -> None:
    (project / "policies" / "words.sql").write_text(
        "insert into words values ('b');\n\nselect 1 / 0;\ninsert into words values ('c');\n"
    )
    with pytest.raises(Trouble, match=r"(?s)policies/words\.sql.*words\.sql:3: ERROR:  division by zero"):
        apply_sql.apply(empty, {}, quiet=True)
    assert words(empty) == []


def test_a_migration_is_applied_whole_or_not_at_all(project: Path, empty: str) -> None:
    (project / "migrations" / "20260102000000_wrong.sql").write_text(
        "insert into words values ('b'); insert into nowhere values (1);"
    )
    with pytest.raises(Trouble, match=r"(?s)20260102000000_wrong\.sql.*insert into nowhere"):
        apply_sql.apply(empty, {}, quiet=True)
    assert words(empty) == []


def test_a_database_that_is_away_is_one_sentence() -> None:
    with pytest.raises(Trouble, match="The database cannot be reached"):
        apply_sql.apply("postgresql://nobody@127.0.0.1:1/none", {}, quiet=True)
