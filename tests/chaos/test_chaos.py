"""A little of `make chaos`: workers and Postgres killed, bells bent: nothing lost, and nothing done twice."""

import subprocess
import sys

import pytest

from scripts.stack.home import ROOT

pytestmark = pytest.mark.nightly


def test_nothing_is_lost_and_nothing_done_twice() -> None:
    """On a stack of its own, so it needs none of the run's; the whole of it is `make chaos`."""
    done = subprocess.run(
        [sys.executable, "-P", "-m", "scripts.tools.chaos", "--short"],
        cwd=ROOT,
        capture_output=True,
        text=True,
        timeout=600,
        check=False,
    )
    assert done.returncode == 0, done.stdout + done.stderr
    assert "lost · twice · invariants broken" in done.stdout
    assert done.stdout.endswith("Everything holds.\n")
