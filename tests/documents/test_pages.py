"""Every document is held to what is there: links, paths, commands, tests, sentences."""

import re
from collections.abc import Iterator
from pathlib import Path

import pytest

from scripts.stack.home import ROOT
from tests.documents.pages import PAGE, PAGES, Page
from tests.documents.targets import TARGETS

MOST_LINES_OF_THE_README = 120
MOST_WORDS = 25
CODE = re.compile(r"`([^`\n]+)`")
BLOCK = re.compile(r"^```console\n(.*?)^```", re.DOTALL | re.MULTILINE)
FOLDERS = r"scripts|shared|functions|supabase|tests|docs|requirements|\.github"
PATH = re.compile(rf"(?:{FOLDERS})/[\w./*-]*[\w*]|[A-Z][\w-]+\.md|(?<![\w/])\w+\.toml")
NAMES = [page.name for page in PAGES]


@pytest.fixture(params=NAMES)
def page(request: pytest.FixtureRequest) -> Page:
    """Each document."""
    return PAGE[request.param]


def test_there_is_a_page_for_each_reader() -> None:
    pages = (
        "app",
        "matching",
        "learning",
        "safety-and-privacy",
        "operating",
        "configuration",
        "deploying",
        "scale",
    )
    wanted = {f"docs/{name}.md" for name in (*pages, "performance", "architecture")}
    assert {"README.md", "CHANGELOG.md", "CONTRIBUTING.md", "SECURITY.md", *wanted} == set(NAMES)


def test_the_readme_is_short() -> None:
    assert len(PAGE["README.md"].text.splitlines()) <= MOST_LINES_OF_THE_README


def test_the_readme_leads_to_every_page() -> None:
    led = {target.partition("#")[0] for target in links(PAGE["README.md"])}
    assert set(NAMES) - {"README.md"} <= led


def links(page: Page) -> list[str]:
    """Where the links of a page lead that stay inside this project."""
    targets = re.findall(
        r"\]\(([^)\s]+)\)", re.sub(r"^```.*?^```", "", page.text, flags=re.DOTALL | re.MULTILINE)
    )
    return [target for target in targets if not target.startswith("https://")]


def test_every_link_leads_somewhere(page: Page) -> None:
    for target in links(page):
        name, _, anchor = target.partition("#")
        path = (page.path.parent / name).resolve() if name else page.path
        assert path.exists(), f"{page.name}: {target}"
        if anchor:
            assert anchor in PAGE[str(path.relative_to(ROOT))].anchors, f"{page.name}: {target}"


def test_a_long_page_begins_with_its_contents(page: Page) -> None:
    """All headings of the second level are linked at its top, in order."""
    titles = re.findall(r"^## (.+)$", page.prose, re.MULTILINE)
    if page.path.parent.name != "docs" or len(titles) < 4 or page.name == "docs/performance.md":
        return
    top = page.text.partition("\n## ")[0]
    assert re.findall(r"^- \[([^\]]+)\]\(#", top, re.MULTILINE) == titles


def named(page: Page) -> Iterator[str]:
    """Every piece of code in running text or tables, and every command of a block."""
    yield from CODE.findall(re.sub(r"^```.*?^```", "", page.text, flags=re.DOTALL | re.MULTILINE))
    for block in BLOCK.findall(page.text):
        yield from block.splitlines()


def test_every_path_that_is_named_is_there(page: Page) -> None:
    for text in named(page):
        for path in PATH.findall(text):
            if "NAME" in path or "…" in path:
                continue
            found = list(ROOT.glob(path)) if "*" in path else [ROOT / path, page.path.parent / path]
            assert any(each.exists() for each in found), f"{page.name}: {path}"


def test_every_test_that_is_named_has_tests(page: Page) -> None:
    for path in re.findall(r"`(tests/[\w/]+\.py)`", page.text):
        if Path(path).name.startswith("test_"):
            assert "def test_" in (ROOT / path).read_text(), path


def test_every_promise_has_its_test() -> None:
    table = PAGE["docs/safety-and-privacy.md"].text.partition("| promise | test |")[2].partition("\n\n")[0]
    rows = [line for line in table.splitlines()[2:] if line.startswith("|")]
    assert len(rows) >= 69
    for row in rows:
        assert re.search(r"\| `tests/[\w/.]+`(, `(tests/[\w/.]+|make [a-z]+)`)* \|$", row), row


def test_every_make_target_that_is_named_is_there(page: Page) -> None:
    for text in named(page):
        for target in re.findall(r"^(?:\$ )?make ([a-z]+)", text):
            assert target in TARGETS, f"{page.name}: make {target}"


def test_every_target_of_the_makefile_is_in_a_document() -> None:
    told = {target for page in PAGES for text in named(page) for target in re.findall(r"make ([a-z]+)", text)}
    assert told >= TARGETS - {"format"}


def test_every_line_of_the_tree_is_a_folder() -> None:
    tree = PAGE["docs/architecture.md"].text.split("## The tree\n\n```\n")[1].split("```")[0]
    for line in tree.splitlines():
        assert (ROOT / line.split()[0]).is_dir(), line


def sentences(page: Page) -> Iterator[str]:
    """The sentences of a page outside of tables, one line each. Code counts as one word."""
    text = re.sub(r"^(\|.*|#.*)$", "\n", page.prose, flags=re.MULTILINE)
    text = re.sub(r"\[([^\]]*)\]\([^)]*\)", r"\1", text)
    text = re.sub(r"^\[[^\]]+\]: .*$", "", text, flags=re.MULTILINE)
    text = CODE.sub("code", text)
    text = re.sub(r"^\s*(?:[-*]|\d+\.)\s+", "\n\n", text, flags=re.MULTILINE)
    for paragraph in re.split(r"\n\s*\n", text):
        flat = " ".join(paragraph.replace("*", "").split())
        yield from re.split(r"(?<=[.!?])\s+(?=[\"(\w$\[])", flat)


def test_no_sentence_is_long(page: Page) -> None:
    long = [s for s in sentences(page) if len([w for w in s.split() if re.search(r"\w", w)]) > MOST_WORDS]
    assert long == []
