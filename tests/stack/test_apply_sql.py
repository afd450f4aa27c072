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
    policies = len(list((ROOT / "supabase" / "policies").glob("*/*.sql")))
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
    for folder in ("migrations", "policies/00_base"):
        (tmp_path / "supabase" / folder).mkdir(parents=True)
    (tmp_path / "node_modules").symlink_to(ROOT / "node_modules")
    (tmp_path / "supabase" / "config.toml").write_text((ROOT / "supabase" / "config.toml").read_text())
    (tmp_path / "supabase" / "migrations" / "20260101000000_words.sql").write_text(
        "create table words (word text);"
    )
    file = tmp_path / "supabase" / "policies" / "00_base" / "words.sql"
    file.write_text("insert into words values ('a');")
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
    (project / "policies" / "00_base" / "words.sql").write_text(
        "insert into words values ('b');\n\nselect 1 / 0;\ninsert into words values ('c');\n"
    )
    with pytest.raises(Trouble, match=r"(?s)00_base/words\.sql.*words\.sql:3: ERROR:  division by zero"):
        apply_sql.apply(empty, {}, quiet=True)
    assert words(empty) == []


def test_a_migration_is_applied_whole_or_not_at_all(project: Path, empty: str) -> None:
    (project / "migrations" / "20260102000000_wrong.sql").write_text(
        "insert into words values ('b'); insert into nowhere values (1);"
    )
    with pytest.raises(Trouble, match=r"(?s)20260102000000_wrong\.sql.*insert into nowhere"):
        apply_sql.apply(empty, {}, quiet=True)
    assert words(empty) == []


def test_a_secret_that_does_not_open_any_more_is_made_anew(stack: Running) -> None:
    """As after a restore into another project, whose root key is another one."""
    with psycopg.connect(stack.superuser_url, autocommit=True) as platform:
        platform.execute("update vault.secrets set nonce = sha256(nonce) where name = 'connect_bell_key'")
    with psycopg.connect(stack.database_url, autocommit=True) as database:
        assert apply_sql.put_secrets(database, {"CONNECT_BELL_KEY": stack.keys.bell_key}) == 1
        kept = "select decrypted_secret from vault.decrypted_secrets where name = 'connect_bell_key'"
        assert database.execute(kept).fetchone() == (stack.keys.bell_key,)


def test_the_transaction_pooler_is_refused_before_anything_is_asked() -> None:
    for address in (
        "postgresql://postgres.ref:word@aws-0-eu-central-1.pooler.supabase.com:6543/postgres",
        "host=127.0.0.1 port=6543 dbname=none",
    ):
        with pytest.raises(Trouble, match=r"transaction pooler.* port 5432"):
            apply_sql.apply(address, {}, quiet=True)


def test_what_is_no_address_is_one_sentence() -> None:
    with pytest.raises(Trouble, match="no database address"):
        apply_sql.apply("postgresql://[", {}, quiet=True)


def test_where_psql_itself_fails_the_cli_s_words_are_told(
    project: Path, empty: str, monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    """Ours knows no TLS, so it cannot ask a hosted database for the line."""
    (tmp_path / "psql").write_text("#!/bin/sh\necho no TLS here >&2\nexit 2\n")
    (tmp_path / "psql").chmod(0o755)
    monkeypatch.setattr(apply_sql, "programs", lambda _: tmp_path)
    (project / "policies" / "00_base" / "words.sql").write_text("select 1 / 0;\n")
    with pytest.raises(Trouble, match=r"(?s)policies/00_base/words\.sql.*division by zero") as told:
        apply_sql.apply(empty, {}, quiet=True)
    assert "no TLS here" not in str(told.value)


def test_a_database_that_is_away_is_one_sentence() -> None:
    with pytest.raises(Trouble, match="The database cannot be reached"):
        apply_sql.apply("postgresql://nobody@127.0.0.1:1/none", {}, quiet=True)
