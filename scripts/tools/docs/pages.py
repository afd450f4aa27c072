"""Replaces the generated parts of pages."""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Mapping
from pathlib import Path

from scripts.stack.home import ROOT
from scripts.tools.docs.endpoints import endpoints, errors, indexes
from scripts.tools.docs.locks import locks
from scripts.tools.docs.parts import table
from scripts.tools.docs.settings import settings
from scripts.tools.docs.variables import apply_sql_variables, local_variables, variables

_PART = re.compile(r"(<!-- generated: (?P<name>[^>]+) -->\n).*?(<!-- end -->)", re.DOTALL)


class PagesError(ValueError):
    """A part is on no page, on two, or unknown."""


def parts() -> dict[str, str]:
    """Every generated part by name."""
    return {
        **endpoints(),
        **indexes(),
        "errors": errors(),
        "parts of the score": table(),
        "settings": settings(),
        "locks": locks(),
        "variables of the deployments": variables(),
        "variables of scripts/apply-sql": apply_sql_variables(),
        "variables of the local stack": local_variables(),
    }


def pages(folder: Path = ROOT / "docs") -> dict[Path, str]:
    """Every page of a folder as it should be. Raises PagesError."""
    made = parts()
    texts = {path: path.read_text() for path in sorted(folder.glob("*.md"))}
    used = Counter(found["name"] for text in texts.values() for found in _PART.finditer(text))
    if unknown := sorted(set(used) - set(made)):
        raise PagesError(f"nothing makes these parts: {', '.join(unknown)}")
    if wrong := sorted(name for name in made if used[name] != 1):
        raise PagesError(f"these parts must stand on one page each: {', '.join(wrong)}")
    return {path: _replaced(text, made) for path, text in texts.items()}


def _replaced(text: str, made: Mapping[str, str]) -> str:
    return _PART.sub(lambda found: f"{found[1]}\n{made[found['name']]}\n\n{found[3]}", text)
