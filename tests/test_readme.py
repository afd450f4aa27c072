"""The README is held to what is there: its endpoint tables, its promises' tests, its tree."""

import re

import pytest

from functions.connect.routes import ROUTES as CONNECT_ROUTES
from functions.worker.routes import routes
from scripts.stack.home import ROOT
from shared.database import Database
from shared.settings import Limits

README = (ROOT / "README.md").read_text()
ROUTE = re.compile(r"^\| `(GET|POST|PUT|DELETE) (/[a-z_/.-]+)` \|", re.MULTILINE)


def test_endpoint_tables_are_the_route_tables() -> None:
    connect, worker = README.split("The schedule and operators call `worker`")
    assert ROUTE.findall(connect) == list(CONNECT_ROUTES)
    unused = Database("http://unused", "unused", service=True)
    assert ROUTE.findall(worker) == list(routes(unused, Limits()))


@pytest.mark.parametrize("path", re.findall(r"`(tests/[\w/]+\.py)`", README))
def test_every_promise_names_a_test_that_exists(path: str) -> None:
    assert "def test_" in (ROOT / path).read_text()


@pytest.mark.parametrize("line", README.split("## The tree\n\n```\n")[1].split("```")[0].splitlines())
def test_every_line_of_the_tree_is_a_folder(line: str) -> None:
    assert (ROOT / line.split()[0]).is_dir()
