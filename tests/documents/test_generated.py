"""The generated parts of the documents are what their sources say."""

from pathlib import Path

import psycopg
import pytest

from functions.connect.routes import ROUTES
from functions.worker.routes import routes
from scripts.stack.home import ROOT
from scripts.stack.throwaway import Running
from scripts.tools.docs import __main__ as command
from scripts.tools.docs.pages import PagesError, pages
from scripts.tools.docs.settings import all_settings
from shared.callers.service import Service
from shared.settings.deployments import Limits
from tests.documents.pages import PAGES


def test_the_pages_are_up_to_date(capsys: pytest.CaptureFixture[str]) -> None:
    code = command.main(["--check"])
    assert (code, capsys.readouterr().out) == (0, "")


def test_every_route_has_its_heading_on_one_page() -> None:
    tables = {
        "connect": ROUTES,
        "worker": routes(Service("http://unused", "unused"), Limits()),
    }
    texts = [page.text for page in PAGES]
    for service, table in tables.items():
        for method, path in table:
            place = f"### {method} {path}\n\n<!-- generated: {service} {method} {path} -->"
            assert sum(text.count(place) for text in texts) == 1, place


@pytest.mark.parametrize(
    ("text", "fault"),
    [
        ("<!-- generated: GET /nowhere -->\n<!-- end -->\n", "nothing makes these parts: GET /nowhere"),
        ("", "must stand on one page each"),
        ("<!-- generated: settings -->\n<!-- end -->\n" * 2, "must stand on one page each"),
    ],
    ids=["unknown", "nowhere", "twice"],
)
def test_a_part_stands_on_one_page(tmp_path: Path, text: str, fault: str) -> None:
    (tmp_path / "page.md").write_text(text)
    with pytest.raises(PagesError, match=fault):
        pages(tmp_path)


def test_a_page_that_is_out_of_date_is_named(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    path = tmp_path / "page.md"
    path.write_text("old")
    monkeypatch.setattr(command, "pages", lambda: {path: "new"})
    monkeypatch.setattr(command, "ROOT", tmp_path)
    assert command.main(["--check"]) == 1
    assert capsys.readouterr().out == "page.md is out of date: run scripts/docs\n"
    assert path.read_text() == "old"
    assert command.main([]) == 0
    assert path.read_text() == "new"


@pytest.mark.one_world
def test_the_settings_are_those_of_the_database(stack: Running) -> None:
    """What was read from the text of the migrations is what they make."""
    with psycopg.connect(stack.database_url) as database:
        made = database.execute(
            "select a.attname, format_type(a.atttypid, a.atttypmod), pg_get_expr(d.adbin, d.adrelid),"
            " col_description(a.attrelid, a.attnum) from pg_attribute a"
            " left join pg_attrdef d on d.adrelid = a.attrelid and d.adnum = a.attnum"
            " where a.attrelid = 'public.settings'::regclass and a.attnum > 0 and not a.attisdropped"
            " and a.attname <> 'id'"
        ).fetchall()
        told = {each.name: each for each in all_settings()}
        assert {name: comment for name, _, _, comment in made} == {
            n: each.comment for n, each in told.items()
        }
        for name, kind, default, _ in made:
            written = told[name].default
            if default is None:
                assert written is None, name
                continue
            same = database.execute(f"select ({default})::{kind} = ({written})::{kind}").fetchone()
            assert same == (True,), name


def test_the_launcher_is_like_the_others() -> None:
    launcher = (ROOT / "scripts" / "docs").read_text()
    assert launcher == (ROOT / "scripts" / "judge").read_text().replace(
        "scripts.tools.judge", "scripts.tools.docs"
    )
