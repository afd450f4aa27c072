"""The whole story, as `make story` tells it, on the throwaway stack: every step must go as told."""

import subprocess
import sys

from scripts.stack.home import ROOT
from scripts.stack.throwaway import Running


def test_the_story_goes_as_told(stack: Running) -> None:
    environment = {"CONNECT_HOME": str(stack.home), "PATH": "/usr/bin:/bin"}
    told = subprocess.run(
        [sys.executable, "-m", "scripts.stack.story"],
        cwd=ROOT,
        env=environment,
        capture_output=True,
        text=True,
        check=False,
    )
    assert told.returncode == 0, told.stdout + told.stderr
    assert '"partner": {"displayName": "Ben"}' in told.stdout
    assert "That is Connect." in told.stdout
