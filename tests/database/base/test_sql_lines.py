"""SQL stays readable: no line is wider than 120 characters, no PL/pgSQL function longer than 60 lines."""

import re
from pathlib import Path

import pytest

from scripts.stack.home import ROOT

FILES = sorted((ROOT / "supabase").glob("*/**/*.sql"))
WIDTH = 120
LINES = 60
_FUNCTION = re.compile(r"^create or replace function (\S+?)\(.*?^(?:end )?\$\$;$", re.MULTILINE | re.DOTALL)


def wide_lines(text: str) -> list[int]:
    """Numbers of the lines that are too wide."""
    return [number for number, line in enumerate(text.splitlines(), 1) if len(line) > WIDTH]


def long_functions(text: str) -> dict[str, int]:
    """PL/pgSQL functions that are too long, from `create` to the end of their body, and their lines."""
    # Functions in SQL's own form, `return …` and `begin atomic`, have no dollar-quoted body to end at.
    parts = re.split(r"^(?=create or replace function )", text, flags=re.MULTILINE)
    functions = [found for part in parts if (found := _FUNCTION.match(part))]
    return {
        found[1]: lines
        for found in functions
        if "\nlanguage plpgsql" in found[0] and (lines := found[0].count("\n") + 1) > LINES
    }


@pytest.mark.parametrize("file", FILES, ids=lambda file: file.name)
def test_lines_and_functions(file: Path) -> None:
    text = file.read_text()
    assert wide_lines(text) == []
    assert long_functions(text) == {}


def test_all_files_are_looked_at() -> None:
    assert {file.parent.parent.name for file in FILES} == {"supabase", "policies"}
    functions = sum(len(re.findall(r"^create or replace function ", f.read_text(), re.M)) for f in FILES)
    assert functions > 200


def test_what_it_finds() -> None:
    body = "    null;\n" * (LINES - 4)
    short = (
        f"create or replace function private.f() returns void\nlanguage plpgsql as $$\nbegin\n{body}end $$;\n"
    )
    assert long_functions(short) == {}
    assert long_functions(short.replace("begin\n", "begin\n    null;\n")) == {"private.f": LINES + 1}
    assert wide_lines("a" * WIDTH + "\n" + "ä" * (WIDTH + 1)) == [2]
