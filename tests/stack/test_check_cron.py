"""The check against the real pg_cron, as far as it goes without root and without fetching anything."""

import os
import shutil
import subprocess
import sys
from pathlib import Path

import psycopg
import pytest

from scripts.stack.children import plain_environment
from scripts.stack.home import ROOT, Trouble
from scripts.tools.check_cron import apt, root, safeupdate
from scripts.tools.check_cron.contract import wrong_answers
from scripts.tools.check_cron.limit import limit
from tests.stack.stacks import SmallStack

needs_apt = pytest.mark.skipif(shutil.which("apt-get") is None, reason="asks apt")

DEB822 = """\
Types: deb deb-src
URIs: http://archive.example/debian/
Suites: bookworm bookworm-updates
Components: main contrib
Signed-By: /usr/share/keyrings/archive.gpg

Types: deb
URIs: http://archive.example/debian-security
Suites: bookworm-security
Components: main

Types: deb
URIs: http://off.example/debian
Suites: bookworm
Components: main
Enabled: no
"""
ONE_LINE = """\
# deb http://off.example/debian bookworm main
deb [arch=amd64,arm64] http://archive.example/debian bookworm main contrib
deb-src http://sources.example/debian bookworm main
deb http://archive.example/debian-security bookworm-security main
deb http://program.example/debian bookworm stable
deb http://flat.example/packages ./
deb http://second.example/debian trixie main
"""


def configured(folder: Path, name: str, text: str) -> list[str]:
    """Words that make apt read these sources and no others."""
    parts = folder / "parts"
    parts.mkdir()
    (parts / name).write_text(text)
    return ["-oDir::Etc::sourcelist=/dev/null", f"-oDir::Etc::sourceparts={parts}"]


@needs_apt
def test_the_archive_is_read_from_deb822(tmp_path: Path) -> None:
    options = configured(tmp_path, "debian.sources", DEB822)
    assert apt.mirrors(options) == ["http://archive.example/debian"]


@needs_apt
def test_the_archive_is_read_from_one_line_sources(tmp_path: Path) -> None:
    options = configured(tmp_path, "debian.list", ONE_LINE)
    assert sorted(apt.mirrors(options)) == ["http://archive.example/debian", "http://second.example/debian"]


@needs_apt
def test_no_source_is_no_archive(tmp_path: Path) -> None:
    assert apt.mirrors(configured(tmp_path, "none.list", "")) == []


@needs_apt
def test_the_way_into_the_network_is_read_from_apt() -> None:
    settings = {"Acquire::http::Proxy": "http://proxy.example:3128", "Acquire::Check-Date": "false"}
    told = apt.network_settings([f"-o{name}={value}" for name, value in settings.items()])
    assert {f'{name} "{value}";' for name, value in settings.items()} <= set(told)
    assert all(line.startswith("Acquire::") for line in told)


def test_another_list_of_packages_is_another_root(monkeypatch: pytest.MonkeyPatch) -> None:
    before = root._key()
    monkeypatch.setattr(root, "PACKAGES", (*root.PACKAGES, "one-more"))
    assert root._key() != before


@pytest.mark.parametrize(("words", "code"), [([], 0), (["--require"], 1)])
def test_where_it_cannot_be_it_is_skipped_in_one_line(tmp_path: Path, words: list[str], code: int) -> None:
    environment = plain_environment(PATH=str(tmp_path), CONNECT_HOME=str(tmp_path / "home"))
    checked = subprocess.run(
        [sys.executable, "-P", "-m", "scripts.tools.check_cron", *words],
        cwd=ROOT,
        env=environment,
        stdin=subprocess.DEVNULL,
        capture_output=True,
        text=True,
        timeout=60,
        check=False,
    )
    why = "apt is configured with no archive of Debian." if os.geteuid() == 0 else "only root may enter"
    assert checked.returncode == code
    assert checked.stdout.splitlines()[-1].startswith(f"check-cron skipped: {why}")
    assert checked.stderr == ""


def test_without_a_compiler_it_is_said_what_cannot_be_seen(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("PATH", str(tmp_path))
    assert safeupdate.install(tmp_path) == "there is no C compiler (gcc)"


def test_where_nothing_refuses_the_rule_is_found_missing(platform: SmallStack) -> None:
    with pytest.raises(Trouble, match="an update without a WHERE is done"):
        safeupdate.probe(platform.url("authenticator"))


def test_a_limit_ends_what_waits_for_ever() -> None:
    with pytest.raises(Trouble, match=r"Sleeping: not done after 0 s\."), limit(0.1, "Sleeping"):
        subprocess.run(["sleep", "60"], check=False)
    with limit(60, "Nothing"):
        pass


def test_the_stand_in_answers_as_pg_cron_does(platform: SmallStack) -> None:
    with psycopg.connect(platform.told["DATABASE_URL"], autocommit=True) as database:
        assert wrong_answers(database) == []
