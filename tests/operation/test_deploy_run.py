"""The deploy page from top to bottom, as printed, in one shell: our scripts for real, others' as stand-ins.

Only what the page sets is set; an unset variable ends the run. What is the operator's own (keys that end in
`…`, the database's address) is filled in where our scripts would meet it.
"""

import json
import os
import re
import subprocess
import sys
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

import psycopg
import pytest

from scripts.stack import apply_sql
from scripts.stack.children import plain_environment
from scripts.stack.home import ROOT
from scripts.stack.supervisor import vault_secrets
from scripts.stack.throwaway import Running

pytestmark = pytest.mark.one_world

PAGE = (ROOT / "docs" / "deploying.md").read_text()
MATCHING = (ROOT / "docs" / "matching.md").read_text()
STANDIN = Path(__file__).with_name("deploy_standin.py")
TOOLS = ("gcloud", "docker", "supabase", "git")
PATIENCE = 300


@dataclass
class Shell:
    """A shell in which the tools are stand-ins, for an operator whose project is the local stack."""

    stack: Running
    folder: Path

    @property
    def calls(self) -> list[str]:
        """Every call of a tool, in order."""
        log = self.folder / "calls"
        lines = log.read_text().splitlines() if log.exists() else []
        return [" ".join(json.loads(line)) for line in lines]

    def run(self, script: str, options: str = "-euo pipefail") -> "subprocess.CompletedProcess[str]":
        """Run some lines, with nothing of this test's environment but the way to programs."""
        answers = {
            "gcloud run services describe worker": f"{self.stack.functions_url}/worker",
            "gcloud run services describe connect": self.stack.functions_url,
            "gcloud secrets versions access latest --secret=connect-message-keys": "k1:c3RhbmQtaW4=",
            "git rev-parse": "0a1b2c3",
        }
        standin = f"{sys.executable} {STANDIN} {self.folder / 'calls'}"
        # Functions come before anything on the PATH, which the page changes.
        tools = "".join(
            f"{tool}() {{ {standin} '{json.dumps(answers)}' {tool} \"$@\"; }}\n" for tool in TOOLS
        )
        (self.folder / "tools").write_text(tools)
        return subprocess.run(
            ["bash", "-c", f"set {options}\n{script}"],
            cwd=ROOT,
            env=plain_environment(PATH=os.environ["PATH"], BASH_ENV=str(self.folder / "tools")),
            stdin=subprocess.DEVNULL,
            capture_output=True,
            text=True,
            timeout=PATIENCE,
            check=False,
        )


@pytest.fixture
def shell(stack: Running, tmp_path: Path) -> Iterator[Shell]:
    """The shell; what the page put into Vault is as before afterwards."""
    yield Shell(stack, tmp_path)
    with psycopg.connect(stack.database_url, autocommit=True) as database:
        apply_sql.put_secrets(database, vault_secrets(stack.options, stack.keys))


def printed() -> list[str]:
    """Every command of the page, with its continued lines, in order."""
    blocks = re.findall(r"```console\n(.*?)```", PAGE, re.DOTALL)
    return [command for block in blocks for command in re.split(r"^\$ ", block, flags=re.MULTILINE)[1:]]


def filled_in(commands: list[str], stack: Running) -> str:
    """The commands as one script, with the operator's own address and keys."""
    script = "".join(commands)
    script = re.sub(r"'postgresql://[^']*'", f"'{stack.database_url}'", script)
    return script.replace("sb_publishable_…", "sb_publishable_x").replace("sb_secret_…", "sb_secret_y")


def test_the_page_runs_from_top_to_bottom(shell: Shell, stack: Running) -> None:
    commands = printed()
    ran = shell.run(filled_in(commands, stack))
    assert ran.returncode == 0, ran.stderr[-2000:]
    # every command that names a tool, and the tools inside of others
    named = sum(len(re.findall(rf"(?:^|\| |\$\(){tool} ", text)) for text in commands for tool in TOOLS)
    assert len(shell.calls) == named
    assert named > 45
    assert len(re.findall(r"Applied 0 new migrations and \d+ policy files", ran.stdout)) == 3
    assert "No error, no warning." in ran.stdout
    assert '"service":"connect"' in ran.stdout.replace(" ", "")
    assert '"service":"worker"' in ran.stdout.replace(" ", "")
    [added] = [call for call in shell.calls if call.startswith("gcloud secrets versions add")]
    assert added.endswith("connect-message-keys --data-file=-")
    with psycopg.connect(stack.database_url) as database:
        secrets = database.execute("select name, decrypted_secret from vault.decrypted_secrets").fetchall()
    kept: dict[str, str] = dict(secrets)
    assert re.fullmatch("[0-9a-f]{64}", kept["connect_bell_key"])
    assert kept["connect_worker_url"] == f"{stack.functions_url}/worker"


SETTING = [command for command in printed() if command.startswith("export ")]


def line_with(words: str) -> str:
    """The one command of the page that holds these words."""
    [line] = [command for command in printed() if words in command]
    return line


@pytest.mark.parametrize(
    ("words", "variable"),
    [
        ("secrets create connect-message-keys", "CONNECT_MESSAGE_KEYS"),
        ("secrets create connect-bell-key", "CONNECT_BELL_KEY"),
        ("secrets create supabase-secret-key", "SECRET_KEY"),
        ("secrets versions add connect-message-keys", "CONNECT_MESSAGE_KEYS"),
        ("run deploy connect", "PUBLISHABLE_KEY"),
        ("run deploy connect", "SUPABASE_URL"),
        ("run deploy worker", "SUPABASE_URL"),
        ("run deploy worker", "PROJECT"),
    ],
)
@pytest.mark.parametrize("value", ["unset {}", "export {}="])
def test_what_is_not_set_is_given_to_nobody(shell: Shell, words: str, variable: str, value: str) -> None:
    """In a new shell, as somebody pastes a line of the page into it."""
    others = "".join(f"export {name}=x\n" for name in re.findall(r"\b([A-Z_]+)=", "".join(SETTING)))
    ran = shell.run(f"{others}{value.format(variable)}\n{line_with(words)}", options="+u")
    assert ran.returncode != 0
    assert f"{variable}: " in ran.stderr
    assert shell.calls == []


def test_a_stand_in_refuses_what_is_empty(shell: Shell) -> None:
    for line in (
        "gcloud run deploy connect --image=",
        "gcloud run deploy connect --set-env-vars=A=b,SUPABASE_URL=,C=d",
        "gcloud projects create ''",
        "printf '' | gcloud secrets create x --data-file=-",
        "printf ,k2:x | gcloud secrets create x --data-file=-",
        "docker push europe-docker.pkg.dev//connect/connect:",
    ):
        assert shell.run(line).returncode == 1, line
    assert shell.run("gcloud run deploy connect --set-env-vars=A=b,C=d --no-traffic").returncode == 0


@pytest.mark.parametrize("key", ["service_role_key", "secret_key"])
def test_the_pipeline_call_of_the_documents_works_with_both_kinds_of_keys(
    shell: Shell, stack: Running, key: str
) -> None:
    [block] = [
        text
        for text in re.findall(r"```console\n(.*?)```", MATCHING, re.DOTALL)
        if "store_profile_vectors" in text
    ]
    call = block[block.index("$ curl") + 2 :]
    member = "00000000-0000-4000-8000-0000000000aa"
    vector = json.dumps([0.5] * 16)
    call = call.replace('"user_id": "…"', f'"user_id": "{member}"').replace("[…]", vector)
    assert "…" not in call
    ran = shell.run(
        f"export SUPABASE_URL={stack.api_url} KEY={getattr(stack.keys, key)}\n"
        + call.replace("curl -s", "curl -s -w '%{http_code}'")
    )
    # Asked as the service, which nobody else may do: only this member has not switched it on.
    assert ran.stdout.endswith("403"), ran.stdout
    assert json.loads(ran.stdout[:-3])["message"] == "consent_required"
