"""Stacks for tests about stacks."""

import tempfile
from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.stack.stacks import SmallStack


def reachable(folder: Path) -> Path:
    """Open pytest's folders to the server's user, who is not the one running the tests when that is root."""
    for each in (folder, *folder.parents):
        if each == Path(tempfile.gettempdir()):
            break
        each.chmod(0o755)
    return folder


@pytest.fixture
def small(tmp_path: Path) -> SmallStack:
    """A stack of its own that is not running yet."""
    return SmallStack(reachable(tmp_path) / "home")


@pytest.fixture(scope="module", params=["18", "16"])
def platform(
    request: pytest.FixtureRequest, tmp_path_factory: pytest.TempPathFactory
) -> Iterator[SmallStack]:
    """A running stack with the schedule on and no schema, in each version."""
    home = reachable(tmp_path_factory.mktemp("platform")) / "home"
    stack = SmallStack(home, {"CONNECT_PG": request.param, "CONNECT_SCHEDULE": "on"})
    with stack.running():
        stack.ask("create extension if not exists pg_cron")
        stack.ask("create extension if not exists pg_net with schema extensions")
        yield stack
