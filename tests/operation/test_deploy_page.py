"""Every command of the deploy page is one its tool knows, flag by flag, where the tool is installed.

Help is all that can be asked here: no account is behind any of them.
"""

import functools
import os
import re
import shlex
import shutil
import subprocess

import pytest

from scripts.stack import deployments
from scripts.stack.home import ROOT
from shared.settings.refused import CONNECT, WORKER

PAGE = (ROOT / "docs" / "deploying.md").read_text()
TOOLS = ("gcloud", "docker", "supabase")
SHELL = {"export", "printf", "git", "openssl", "curl", ":"}
PATH = f"{ROOT / 'node_modules' / '.bin'}{os.pathsep}{os.environ.get('PATH', os.defpath)}"


def said() -> list[str]:
    """Every command line of the page, continued lines joined, and the ones in running text."""
    blocks = re.findall(r"```console\n(.*?)```", PAGE, re.DOTALL)
    lines = [line for block in blocks for line in re.sub(r" \\\n\s*", " ", block).splitlines()]
    assert all(line.startswith("$ ") for line in lines), [line for line in lines if not line.startswith("$ ")]
    within = re.findall(r"`((?:supabase|gcloud|docker) [^`]*)`", PAGE)
    return [line[2:] for line in lines] + within


def commands() -> list[list[str]]:
    """Each command as words: parts of pipes and lists, and commands whose output is used by another."""
    found: list[list[str]] = []
    for line in said():
        inner = re.findall(r"\$\(([^()]*)\)", line)
        outer = re.sub(r"\$\([^()]*\)", "OUTPUT", line)
        for text in [outer, *inner]:
            words = shlex.split(text)
            start = 0
            for at, word in enumerate([*words, "|"]):
                if word in ("|", "&&"):
                    found.append(words[start:at])
                    start = at + 1
    return found


OURS = [words for words in commands() if words[0] in TOOLS]


@functools.cache
def help_of(words: tuple[str, ...]) -> tuple[int, str]:
    """Exit code and help of a command, without the marks of bold type."""
    asked = subprocess.run(
        [*words, "--help"],
        env=os.environ | {"PATH": PATH, "CLOUDSDK_CORE_DISABLE_PROMPTS": "1", "PAGER": "cat"},
        stdin=subprocess.DEVNULL,
        capture_output=True,
        text=True,
        timeout=60,
        check=False,
    )
    text = re.sub(r"\x1b\[[0-9;]*m|.\x08", "", asked.stdout + asked.stderr)
    return asked.returncode, text


def test_the_page_says_enough_to_be_checked() -> None:
    assert len(OURS) > 40
    assert {words[0] for words in commands()} <= {*TOOLS, *SHELL, "scripts/apply-sql"}
    for script in ("scripts/apply-sql", "scripts/rotate-keys"):
        assert (ROOT / script).exists()


@pytest.mark.nightly
@pytest.mark.parametrize("words", OURS, ids=lambda words: " ".join(words)[:60])
def test_a_command_and_its_flags_are_in_the_tool_s_help(words: list[str]) -> None:
    tool = words[0]
    if shutil.which(tool, path=PATH) is None:
        pytest.skip(f"{tool} is not installed here")
    first_flag = next((at for at, word in enumerate(words) if word.startswith("-")), len(words))
    names = [word for word in words[:first_flag] if re.fullmatch(r"[a-z][a-z-]*", word)]
    code, text = help_of((tool, *names[1:]))
    assert code == 0, text[-500:]
    assert _is_about(tool, names, text), f"the help is not about {' '.join(words)}: {text[:200]}"
    for word in words[first_flag:]:
        if word.startswith("--"):
            flag = word.split("=")[0]
            known = flag.replace("--no-", "--[no-]") if flag.startswith("--no-") else flag
            assert re.search(
                rf"(?<![\w-])({re.escape(flag)}|{re.escape(known)})(?![\w-])", text
            ) or re.search(rf"--\[no-\]{re.escape(flag[2:])}(?![\w-])", text), (
                f"{' '.join(names)} has no {flag}"
            )


def _is_about(tool: str, names: list[str], text: str) -> bool:
    """Whether the help is of this very command, and not of the group it would be in."""
    if tool == "gcloud":
        told = re.search(r"NAME\s+(gcloud [a-z -]+?) - ", text)
        return (
            told is not None
            and len(told[1].split()) >= 3
            and names[: len(told[1].split())] == told[1].split()
        )
    usage = re.search(r"(?:Usage:|USAGE)\s+((?:docker|supabase)(?: [a-z-]+)*)", text)
    told_words = usage[1].split() if usage else []
    return len(told_words) >= 2 and "<subcommand>" not in text and names[: len(told_words)] == told_words


def test_every_setting_of_both_deployments_is_one_they_read() -> None:
    for deployment in (CONNECT, WORKER):
        [line] = [line for line in said() if line.startswith(f"gcloud run deploy {deployment.name} ")]
        given = re.findall(r"[=,]([A-Z][A-Z_]+)=", line)
        assert set(given) <= {*deployment.reads, "GOOGLE_CLOUD_PROJECT"}
        assert "SUPABASE_URL" in given
        assert not set(given) & set(deployment.forbidden)
        secret = {name for name in given if name in deployment.secrets}
        assert all(re.search(rf"--set-secrets=\S*{name}=", line) for name in secret)
        assert f"{deployment.name}-run@" in line
    assert {deployment.name for deployment in (CONNECT, WORKER)} == set(deployments.NAMES)


def test_the_numbers_of_the_page_are_the_ones_in_force() -> None:
    from functions import serving
    from functions.server import arrival, loop
    from shared.callers import database, jwks
    from shared.http import front, overload, request

    rows = [line for line in PAGE.splitlines() if line.startswith("| ")]
    gunicorn = next(row for row in rows if row.startswith("| gunicorn"))
    numbers = [serving.workers, serving.threads, serving.worker_connections]
    numbers += [serving.keepalive, serving.timeout, serving.graceful_timeout]
    assert [int(number) for number in re.findall(r"\d+", gunicorn)] == numbers
    line = next(row for row in rows if row.startswith("| in work"))
    assert f"{front.REQUESTS_AT_ONCE} and {overload.IN_LINE} a process" in line
    assert f"{overload.WAIT_SECONDS:g} s" in line
    assert f"Retry-After: {overload.RETRY_SECONDS}`" in line
    api = next(row for row in rows if row.startswith("| to the data API"))
    assert f"connect {database.CONNECT_SECONDS:g} s" in api
    assert f"answer {database.READ_SECONDS:g} s" in api
    limits = next(row for row in rows if row.startswith("| a request"))
    assert f"body {request.MAX_BODY_BYTES // 1024} KB" in limits
    assert f"head {arrival.MAX_HEAD_BYTES // 1024} KB" in limits
    assert f"within {loop.ARRIVAL_SECONDS:g} s" in limits
    answer = next(row for row in rows if row.startswith("| an answer"))
    assert f"within {loop.LEAVING_SECONDS:g} s" in answer
    assert f"{loop.LEAVING_BYTES_A_SECOND // 1000} KB" in answer
    assert f"{loop.MAX_LEAVING_BYTES // 1024**2} MB" in answer
    keys = next(row for row in rows if row.startswith("| public keys"))
    assert f"{jwks.FETCH_TIMEOUT_SECONDS:g} s" in keys
