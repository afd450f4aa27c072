"""Clients made from the document: typed Python and TypeScript, without a warning, and one of them at work."""

from __future__ import annotations

import json
import os
import shutil
import subprocess
import sys
from pathlib import Path

import httpx
import pytest

from scripts.stack.home import ROOT
from scripts.stack.throwaway import Running
from tests.cast import Cast

pytestmark = pytest.mark.nightly

PAGES = {"connect": "/openapi.json", "worker": "/worker/openapi.json"}
# As docs/app.md says them.
PYTHON = ["openapi-python-client", "generate", "--path", "connect.json", "--output-path", "connect_client"]
TYPESCRIPT = ["npx", "openapi-typescript", "connect.json", "-o", "connect.ts"]
USE_IN_PYTHON = """
import sys
from connect_client.connect_client import AuthenticatedClient
from connect_client.connect_client.api.members import put_profile, respond, status
from connect_client.connect_client.models import MatchStage, Profile, ProfileIncompleteProblem
from connect_client.connect_client.models import Respond, RespondAction, Status
from connect_client.connect_client.models.match import Match

url, token = sys.argv[1:]
client = AuthenticatedClient(base_url=url, token=token)
standing = status.sync(client=client)
assert isinstance(standing, Status), standing
current = standing.current
assert isinstance(current, Match) and current.stage is MatchStage.MATCH_FOUND, current
answer = respond.sync(client=client, body=Respond(match_id=current.match_id, action=RespondAction.ACCEPT))
assert answer is not None and answer.to_dict()["status"].startswith("accepted_"), answer
refused = put_profile.sync(client=client, body=Profile(display_name="Bea", tz="Europe/Berlin"))
assert isinstance(refused, ProfileIncompleteProblem) and refused.code == "profile_incomplete", refused
print(refused.detail)
"""
USE_IN_TYPESCRIPT = """
import type { components, operations, paths } from "./connect";

type Schemas = components["schemas"];
type Problem = operations["respond"]["responses"][409]["content"]["application/problem+json"];

export function stage(status: Schemas["Status"]): Schemas["Match"]["stage"] | Schemas["NoMatch"]["stage"] {
  const current = status.current;
  if (current.stage === "revealed" && current.partner !== null) console.log(current.partner.displayName);
  return current.stage;
}
export const reveal: Schemas["Reveal"] = { matchId: "x", action: "request" };
export const page: paths["/connect/chat"]["get"]["parameters"]["query"] = { blindChatId: "x" };
export function why(problem: Problem): "match_not_open" | "idempotency_conflict" {
  return problem.code;
}
// @ts-expect-error there is no such answer to a proposal
export const wrong: Schemas["Respond"] = { matchId: "x", action: "maybe" };
"""


@pytest.fixture
def folder(stack: Running, tmp_path: Path) -> Path:
    """An empty one with both documents."""
    for service, page in PAGES.items():
        document = httpx.get(stack.functions_url + page).raise_for_status().json()
        (tmp_path / f"{service}.json").write_text(json.dumps(document))
    return tmp_path


def _run(command: list[str], folder: Path, **more: str) -> str:
    """What a command of the project's own tools prints; fails with it."""
    path = os.pathsep.join([str(Path(sys.executable).parent), os.environ["PATH"]])
    done = subprocess.run(
        command,
        cwd=folder,
        env={**os.environ, "PATH": path, **more},
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
        text=True,
        check=False,
    )
    assert done.returncode == 0, done.stdout
    return done.stdout


@pytest.mark.parametrize("service", PAGES)
def test_the_python_client_is_made_without_a_warning(folder: Path, service: str) -> None:
    command = [word.replace("connect", service) if "." in word or "_" in word else word for word in PYTHON]
    said = _run([*command, "--fail-on-warning"], folder)
    assert "arning" not in said


def test_the_python_client_is_typed_and_works(folder: Path, cast: Cast) -> None:
    _run(PYTHON, folder)
    (folder / "use.py").write_text(USE_IN_PYTHON)
    mypy = [sys.executable, "-P", "-m", "mypy", "--strict", "--config-file=", "use.py"]
    _run([*mypy, "--cache-dir", str(folder / ".mypy_cache")], folder)
    pair = cast.pair()
    said = _run([sys.executable, "use.py", cast.stack.functions_url, pair.a.token], folder)
    assert "birthDate" in said


@pytest.mark.parametrize("service", PAGES)
def test_the_typescript_types_are_made_without_a_warning(folder: Path, service: str) -> None:
    said = _run(_here([word.replace("connect", service) for word in TYPESCRIPT]), folder)
    assert "⚠" not in said
    assert "arning" not in said
    if service == "connect":
        (folder / "use.ts").write_text(USE_IN_TYPESCRIPT)
        _run(_here(["npx", "tsc", "--strict", "--noEmit", "--lib", "es2022,dom", "use.ts"]), folder)


def _here(command: list[str]) -> list[str]:
    """The same with the project's own tool, and no look at a registry."""
    assert command[0] == "npx"
    tool = ROOT / "node_modules" / ".bin" / command[1]
    assert shutil.which(str(tool)), f"{command[1]} is not installed"
    return [str(tool), *command[2:]]


def test_the_documents_say_these_commands() -> None:
    page = (ROOT / "docs" / "app.md").read_text()
    assert " ".join(PYTHON) in page
    assert " ".join(TYPESCRIPT) in page
