"""The catalogue of interests, as `catalogue.toml` beside this file holds it."""

from __future__ import annotations

import re
import tomllib
from dataclasses import dataclass
from pathlib import Path
from typing import Any

LANGUAGES = ("en", "de")
"""Languages that every name is written in. The first one stands where a member reads another language."""

_FILE = Path(__file__).with_name("catalogue.toml")
_SLUG = re.compile(r"[a-z]+(_[a-z]+)*", re.ASCII)
_LONGEST = 40


class CatalogueError(ValueError):
    """The catalogue cannot be read; the message names the slug."""


@dataclass(frozen=True)
class Entry:
    """A subject or an interest: its slug, and its name by language."""

    slug: str
    names: dict[str, str]


@dataclass(frozen=True)
class Subject(Entry):
    """A subject with its interests, in the order in which members read them."""

    interests: tuple[Entry, ...]


def catalogue(path: Path = _FILE) -> tuple[Subject, ...]:
    """All subjects. Raises CatalogueError for a slug or a name that is missing, used twice or malformed."""
    subjects = tuple(
        Subject(
            slug,
            _names(slug, told.get("names")),
            tuple(Entry(each, _names(each, names)) for each, names in told.get("interests", {}).items()),
        )
        for slug, told in tomllib.loads(path.read_text()).items()
    )
    _each_once("subjects", subjects)
    _each_once("interests", [each for subject in subjects for each in subject.interests])
    if empty := next((subject.slug for subject in subjects if not subject.interests), None):
        raise CatalogueError(f"{empty}: a subject without interests")
    return subjects


def _names(slug: str, names: Any) -> dict[str, str]:
    if len(slug) > _LONGEST or not _SLUG.fullmatch(slug):
        raise CatalogueError(f"{slug}: not lower-case words with underscores, or longer than {_LONGEST}")
    if not isinstance(names, dict) or set(names) != set(LANGUAGES):
        raise CatalogueError(f"{slug}: no names in {' and '.join(LANGUAGES)}")
    if not all(isinstance(name, str) and name.strip() == name != "" for name in names.values()):
        raise CatalogueError(f"{slug}: a name that is no text")
    return names


def _each_once(kind: str, entries: tuple[Subject, ...] | list[Entry]) -> None:
    for told in ("slug", *LANGUAGES):
        seen: set[str] = set()
        for entry in entries:
            word = entry.slug if told == "slug" else entry.names[told]
            if word in seen:
                raise CatalogueError(f"{entry.slug}: {word} stands twice among {kind}")
            seen.add(word)
