"""What every test may ask for: a stack of its own kind, whose database is new in each module.

`stack` is real Postgres, PostgREST, both deployments and the proxy, schedule off, no sample. CONNECT_PG and
CONNECT_DEFAULT_GRANTS choose its world. `make test` runs the suite in the first world. In the second it runs
what sees a stack, in the files that tests/worlds.py names; at night all that is not marked `one_world`. What
is marked `nightly` runs at night.
"""

import os
from collections.abc import Callable, Iterator
from typing import Any

import psycopg
import pytest

from scripts.stack.copies import Copies
from scripts.stack.home import ROOT
from scripts.stack.throwaway import Running, ThrowawayStack
from tests.often import NIGHTLY
from tests.worlds import runs_in_both, turn

FEW = "update public.settings set min_fit = 1, event_min_fit = 1, standing_after = '0' where id"
"""In a test a handful of members, made a moment ago, are enough for each other."""
_TOLD = pytest.StashKey[list[str]]()


def pytest_addoption(parser: pytest.Parser) -> None:
    """`--second-world`: what hangs neither on Postgres' version nor on default grants has been shown."""
    parser.addoption("--second-world", action="store_true", help="only what may be answered otherwise there")


def pytest_collection_modifyitems(config: pytest.Config, items: list[pytest.Item]) -> None:
    """Drop what the chosen options leave out, and let long files begin first."""

    def path(item: pytest.Item) -> str:
        return item.nodeid.partition("::")[0]

    def wanted(item: pytest.Item) -> bool:
        if item.get_closest_marker("nightly") and not NIGHTLY:
            return False
        if not config.getoption("--second-world"):
            return True
        if "stack" not in getattr(item, "fixturenames", ()) or item.get_closest_marker("one_world"):
            return False
        return NIGHTLY or runs_in_both(path(item))

    config.hook.pytest_deselected(items=[item for item in items if not wanted(item)])
    items[:] = sorted((item for item in items if wanted(item)), key=lambda item: turn(path(item)))


@pytest.fixture(scope="session")
def tell(pytestconfig: pytest.Config) -> Callable[[str], None]:
    """Says a line at the end of the run: a count that shows how much was tried."""
    return pytestconfig.stash.setdefault(_TOLD, []).append


def pytest_sessionfinish(session: pytest.Session) -> None:
    """One of several processes hands its lines to the one that prints."""
    output = getattr(session.config, "workeroutput", None)
    if output is not None:
        output["told"] = session.config.stash.get(_TOLD, [])


@pytest.hookimpl(optionalhook=True)
def pytest_testnodedown(node: Any) -> None:
    """The lines of a process that has ended."""
    node.config.stash.setdefault(_TOLD, []).extend(getattr(node, "workeroutput", {}).get("told", []))


def pytest_terminal_summary(terminalreporter: pytest.TerminalReporter, config: pytest.Config) -> None:
    """What the tests wanted told."""
    for line in config.stash.get(_TOLD, []):
        terminalreporter.write_line(line)


@pytest.fixture(scope="session")
def copies() -> Iterator[Copies]:
    """One running stack for all tests of this process, and its database as it was before the first."""
    chosen = {
        name: os.environ[name] for name in ("CONNECT_PG", "CONNECT_DEFAULT_GRANTS") if os.environ.get(name)
    }
    served = all((ROOT / "functions" / name / "main.py").exists() for name in ("connect", "worker"))
    with ThrowawayStack(chosen | {"CONNECT_FSYNC": "off"}, functions=served) as running:
        with psycopg.connect(running.superuser_url) as superuser:
            superuser.execute(FEW)
        yield Copies(running)


@pytest.fixture(scope="module")
def stack(copies: Copies) -> Running:
    """A running stack whose database holds nothing of other modules."""
    copies.put_back()
    return copies.stack


@pytest.fixture
def database(stack: Running) -> Iterator[psycopg.Connection[Any]]:
    """A connection as `postgres`, each statement its own transaction."""
    with psycopg.connect(stack.database_url, autocommit=True) as connection:
        yield connection


@pytest.fixture
def superuser(stack: Running) -> Iterator[psycopg.Connection[Any]]:
    """A connection as the platform's own administrator, each statement its own transaction."""
    with psycopg.connect(stack.superuser_url, autocommit=True) as connection:
        yield connection
