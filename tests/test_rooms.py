"""The house as a whole: a room imports only rooms below it, in no circle, and none is crowded."""

import ast
from collections.abc import Iterator
from graphlib import TopologicalSorter
from pathlib import Path

import pytest

from scripts.stack.home import ROOT

FILES = {
    ".".join(path.relative_to(ROOT).with_suffix("").parts).removesuffix(".__init__"): path
    for top in ("shared", "functions")
    for path in (ROOT / top).rglob("*.py")
}
# From the bottom up: a room may import rooms that stand before it.
HOUSE = (
    "shared.places",
    "shared.interests",
    "shared.http",
    "shared.chat",
    "shared.settings",
    "shared.callers",
    "shared.openapi",
    "shared.words",
    "shared.quiz",
    "shared.engine",
    "functions.server",
    "functions.connect",
    "functions.worker",
)
# Beside the rooms stand single files that need nothing of them: errors, logs, languages …
# The list of parts stands below the pool, which reads what the parts declare.
ENGINE = ("charts", "features", "scoring.parts", "pool", "filters", "scoring", "market", "runs", "learning")
CONNECT = ("matching", "member", "signals", "chat", "safety", "meeting")
# The route tables of OpenAPI are read when somebody asks for the document, not when a process starts.
LATER = {("shared.http.openapi_route", "shared.openapi")}
# The engine needs nothing of the rest but cells, names of zones, sentences, and the questionnaire, which the
# members of its reference population answer.
PURE = {"shared.places.grid", "shared.places.zones", "shared.engine_cache", "shared.words"} | {
    f"shared.quiz.{name}" for name in ("people", "questionnaire", "scoring")
}
MOST_FILES = 15


def imports(module: str) -> Iterator[str]:
    """The product's modules that a module imports anywhere in it."""
    for node in ast.walk(ast.parse(FILES[module].read_text())):
        if isinstance(node, ast.ImportFrom) and node.module:
            for alias in node.names:
                inner = f"{node.module}.{alias.name}"
                yield from (name for name in (inner if inner in FILES else node.module,) if name in FILES)
        elif isinstance(node, ast.Import):
            yield from (alias.name for alias in node.names if alias.name in FILES)


def room(module: str, rooms: tuple[str, ...]) -> str | None:
    return next((each for each in rooms if module == each or module.startswith(each + ".")), None)


def upward(rooms: tuple[str, ...]) -> list[str]:
    """Imports that go from a room to one above it."""
    wrong = []
    for module in FILES:
        here = room(module, rooms)
        for other in imports(module):
            there = room(other, rooms)
            if None in (here, there) or (module, there) in LATER:
                continue
            if rooms.index(str(there)) > rooms.index(str(here)):
                wrong.append(f"{module} imports {other}")
    return wrong


@pytest.mark.parametrize(
    "rooms",
    [
        HOUSE,
        tuple(f"shared.engine.{name}" for name in ENGINE),
        tuple(f"functions.connect.{name}" for name in CONNECT),
    ],
    ids=["house", "engine", "connect"],
)
def test_no_import_goes_upward(rooms: tuple[str, ...]) -> None:
    assert all(any(room(module, (each,)) for module in FILES) for each in rooms)
    assert upward(rooms) == []


def test_the_engine_needs_nothing_of_the_rest() -> None:
    needed = {
        other
        for module in FILES
        if module.startswith("shared.engine.")
        for other in imports(module)
        if not other.startswith("shared.engine.") and other != "shared.engine"
    }
    assert needed <= PURE


def test_single_files_of_shared_need_no_room() -> None:
    single = {
        module for module, path in FILES.items() if path.parent == ROOT / "shared" and module != "shared"
    }
    assert {f"{m} imports {o}" for m in single for o in imports(m) if o not in single} == set()


def test_no_files_import_each_other_in_a_circle() -> None:
    # A package's own file gathers what its files offer; they do not ask it back.
    graph = {m: {o for o in imports(m) if not m.startswith(o + ".")} - {m} for m in FILES}
    for module, later in LATER:
        graph[module] = {o for o in graph[module] if not o.startswith(later)}
    assert len(list(TopologicalSorter(graph).static_order())) >= len(FILES)


@pytest.mark.parametrize("top", ["shared", "functions", "supabase/policies"])
def test_no_room_is_crowded(top: str) -> None:
    for folder in [ROOT / top, *(path for path in (ROOT / top).rglob("*") if path.is_dir())]:
        name = folder.relative_to(ROOT).as_posix()
        kept = [
            path for path in folder.iterdir() if path.suffix in (".py", ".sql") and path.stem != "__init__"
        ]
        assert len(kept) <= MOST_FILES, f"{name} holds {len(kept)} files"


def test_policies_stand_in_rooms() -> None:
    assert not list(Path(ROOT / "supabase" / "policies").glob("*.sql"))
