"""Whose database scripts/advise asks about when it is not told."""

import subprocess
import sys

from scripts.stack.children import plain_environment
from scripts.stack.home import ROOT
from tests.stack.stacks import SmallStack

NOWHERE = "postgresql://nobody@127.0.0.1:1/none"


def advise(*words: str, **variables: str) -> tuple[int, str]:
    """Exit code, and all it said."""
    ran = subprocess.run(
        [sys.executable, "-P", "-m", "scripts.tools.advise", *words],
        cwd=ROOT,
        env=plain_environment(**variables),
        stdin=subprocess.DEVNULL,
        capture_output=True,
        text=True,
        timeout=120,
        check=False,
    )
    return ran.returncode, ran.stdout + ran.stderr


def test_an_address_comes_first_then_the_environment_then_the_running_stack(platform: SmallStack) -> None:
    here = {"CONNECT_HOME": str(platform.path)}
    url = platform.told["DATABASE_URL"]
    assert "cannot be reached" in advise(NOWHERE, DATABASE_URL=url, **here)[1]
    assert "cannot be reached" in advise(DATABASE_URL=NOWHERE, **here)[1]
    # An empty stack has no table to look at, which is told as a finding.
    code, said = advise(**here)
    assert (code, said.splitlines()[0]) == (1, "Asking about the local stack.")
    assert "linter_is_blind" in said
    assert "linter_is_blind" in advise(url)[1]


def test_without_any_it_says_what_to_set(small: SmallStack) -> None:
    code, said = advise(CONNECT_HOME=str(small.path))
    assert code == 1
    assert (
        said == "Which database? Give its address, set DATABASE_URL, or start a local stack with `make up`.\n"
    )
