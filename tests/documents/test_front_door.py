"""What a visitor of the repository meets first: licence, version, workflows, hooks."""

import re
import tomllib
from pathlib import Path
from typing import Any

import pytest
import yaml

from functions.connect.routes import ROUTES
from scripts.stack.home import ROOT
from shared.openapi import document
from shared.version import VERSION
from tests.documents.pages import PAGE
from tests.documents.targets import TARGETS

WORKFLOWS = sorted((ROOT / ".github" / "workflows").glob("*.yml"))


def test_one_version_is_everywhere() -> None:
    project = tomllib.loads((ROOT / "pyproject.toml").read_text())["project"]
    released = re.findall(r"^## \[(\d+\.\d+\.\d+)\]", PAGE["CHANGELOG.md"].text, re.MULTILINE)
    assert project["version"] == released[0] == VERSION
    assert document("connect", ROUTES, "member")["info"]["version"] == VERSION
    assert f"Version {VERSION}" in PAGE["README.md"].text


def test_the_licence_is_whole_and_names_nobody_in_person() -> None:
    text = (ROOT / "LICENSE").read_text()
    assert "Version 2.0, January 2004" in text
    assert "END OF TERMS AND CONDITIONS" in text
    assert re.findall(r"^ +(Copyright 20.*)$", text, re.MULTILINE) == ["Copyright 2026 The Connect authors"]


def steps(path: Path) -> list[dict[str, Any]]:
    """Every step of every job of a workflow."""
    jobs = yaml.safe_load(path.read_text())["jobs"].values()
    return [step for job in jobs for step in job["steps"]]


@pytest.mark.parametrize("path", WORKFLOWS, ids=lambda path: path.name)
def test_a_workflow_runs_the_makefile_and_nothing_else(path: Path) -> None:
    commands = [step["run"] for step in steps(path) if "run" in step]
    assert commands
    for command in commands:
        make, target = command.split()
        assert make == "make"
        assert target in TARGETS


@pytest.mark.parametrize("path", WORKFLOWS, ids=lambda path: path.name)
def test_an_action_is_pinned_to_a_commit(path: Path) -> None:
    for step in steps(path):
        if "uses" in step:
            assert re.fullmatch(r"[\w-]+/[\w-]+@[0-9a-f]{40}", step["uses"]), step["uses"]


@pytest.mark.parametrize("path", WORKFLOWS, ids=lambda path: path.name)
def test_a_workflow_may_only_read(path: Path) -> None:
    content = yaml.safe_load(path.read_text())
    assert content["permissions"] == {"contents": "read"}
    assert not any("permissions" in job for job in content["jobs"].values())
    for step in steps(path):
        if step.get("uses", "").startswith("actions/checkout@"):
            assert step["with"] == {"persist-credentials": False}


def test_the_workflows_run_the_suites() -> None:
    """Lint and tests for every push, the long suite by the clock."""
    runs = {path.name: {step["run"] for step in steps(path) if "run" in step} for path in WORKFLOWS}
    assert runs == {"checks.yml": {"make lint", "make test"}, "nightly.yml": {"make nightly"}}
    # YAML reads a bare `on` as true.
    assert "schedule" in yaml.safe_load((ROOT / ".github/workflows/nightly.yml").read_text())[True]


def test_a_commit_hook_is_the_makefile_too() -> None:
    repos = yaml.safe_load((ROOT / ".pre-commit-config.yaml").read_text())["repos"]
    assert [repo["repo"] for repo in repos] == ["local"]
    entries = [hook["entry"] for hook in repos[0]["hooks"]]
    assert entries == ["make lint", "make check"]
    assert {entry.split()[1] for entry in entries} <= TARGETS
