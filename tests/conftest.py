"""What every test may ask for: a stack of its own kind, started once for the whole run and thrown away.

`stack` is real Postgres, PostgREST, both deployments and the proxy, schedule off, no sample. CONNECT_PG and
CONNECT_DEFAULT_GRANTS choose its world; `make test` runs the suite in two of them.
"""

import os
from collections.abc import Callable, Iterator
from typing import Any

import psycopg
import pytest

from scripts.stack.home import ROOT
from scripts.stack.throwaway import Running, ThrowawayStack

FEW = "update public.settings set min_fit = 1, event_min_fit = 1, standing_after = '0' where id"
"""In a test a handful of members, made a moment ago, are enough for each other."""
_TOLD = pytest.StashKey[list[str]]()


def pytest_addoption(parser: pytest.Parser) -> None:
    """`--stack-only`: a second world needs only the tests that see the stack."""
    parser.addoption("--stack-only", action="store_true", help="run only tests that use the stack fixture")


def pytest_collection_modifyitems(config: pytest.Config, items: list[pytest.Item]) -> None:
    """Drop what the chosen options leave out."""
    if not config.getoption("--stack-only"):
        return
    kept = [item for item in items if "stack" in getattr(item, "fixturenames", ())]
    config.hook.pytest_deselected(items=[item for item in items if item not in kept])
    items[:] = kept


@pytest.fixture(scope="session")
def tell(pytestconfig: pytest.Config) -> Callable[[str], None]:
    """Says a line at the end of the run: a count that shows how much was tried."""
    return pytestconfig.stash.setdefault(_TOLD, []).append


def pytest_terminal_summary(terminalreporter: pytest.TerminalReporter, config: pytest.Config) -> None:
    """What the tests wanted told."""
    for line in config.stash.get(_TOLD, []):
        terminalreporter.write_line(line)


@pytest.fixture(scope="session")
def stack() -> Iterator[Running]:
    """One running stack for all tests of this run."""
    chosen = {
        name: os.environ[name] for name in ("CONNECT_PG", "CONNECT_DEFAULT_GRANTS") if os.environ.get(name)
    }
    served = all((ROOT / "functions" / name / "main.py").exists() for name in ("connect", "worker"))
    with ThrowawayStack(chosen, functions=served) as running:
        with psycopg.connect(running.superuser_url) as superuser:
            superuser.execute(FEW)
        yield running


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
