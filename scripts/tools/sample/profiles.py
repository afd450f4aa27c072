"""Real profiles from a CSV: age, sex, orientation and languages, and traits and work where they are told.

The file has a heading with the columns `age`, `sex` (m, f), `orientation` (straight, gay,
bisexual) and `speaks`, and perhaps those of `traits.COLUMNS` and `work.COLUMN`; a `.zip` holding one
such file is read as it is. Nothing else is read: a star sign is no birth date.
"""

import csv
import html
import io
import zipfile
from collections import Counter
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass, replace
from pathlib import Path
from typing import TextIO

from scripts.tools.sample import traits, work
from scripts.tools.sample.languages import read_languages
from scripts.tools.sample.people import Cast

COLUMNS = ("age", "sex", "orientation", "speaks")
AGES = range(18, 111)

_GENDERS = {"m": "male", "f": "female"}
_ORIENTATIONS = ("straight", "gay", "bisexual")


class ProfileFileError(ValueError):
    """This profile file cannot be used; the message says why."""


@dataclass(frozen=True)
class Profiles:
    """The members of a file, and how many rows were left out for which reason."""

    cast: Cast
    languages: list[tuple[str, str | None]]
    traits: list[tuple[str, ...]]
    industries: list[str | None]
    skipped: dict[str, int]


def read_profiles(path: Path, rows: int | None = None) -> Profiles:
    """The first `rows` profiles of a CSV (or zipped CSV), all of them for None.

    Rows that cannot be a member (no adult age up to 110, unknown sex or orientation) are left out
    and counted; they count among the first `rows`. Raises ProfileFileError.
    """
    found = Profiles(Cast([], [], []), [], [], [], {})
    skipped: Counter[str] = Counter()
    try:
        with _opened(path) as file:
            reader = csv.DictReader(file)
            missing = [name for name in COLUMNS if name not in (reader.fieldnames or ())]
            if missing:
                raise ProfileFileError(f"{path.name} has no column {', '.join(missing)}.")
            for number, row in enumerate(reader):
                if rows is not None and number >= rows:
                    break
                age, sex, orientation, speaks = (_cell(row, name) for name in COLUMNS)
                problem = _problem(age, sex, orientation)
                if problem:
                    skipped[problem] += 1
                    continue
                found.cast.age.append(int(age))
                found.cast.gender.append(_GENDERS[sex])
                found.cast.orientation.append(orientation)
                found.languages.append(read_languages(speaks))
                found.traits.append(traits.read_traits({name: _cell(row, name) for name in traits.COLUMNS}))
                found.industries.append(work.read_industry(_cell(row, work.COLUMN)))
    except (OSError, UnicodeDecodeError, csv.Error, zipfile.BadZipFile, RuntimeError) as error:
        # zipfile says with a RuntimeError that an archive is encrypted
        raise ProfileFileError(f"{path.name} cannot be read: {error}.") from error
    return replace(found, skipped=dict(skipped))


def _cell(row: Mapping[str, str | None], name: str) -> str:
    """One cell as plain lower-case text, empty where the file or the row does not have it."""
    text = row.get(name) or ""
    return (html.unescape(text) if "&" in text else text).strip().lower()


def _problem(age: str, sex: str, orientation: str) -> str | None:
    """Why a row is left out, None when it is not."""
    if not (age.isascii() and age.isdigit() and len(age) <= 3 and int(age) in AGES):
        return "age outside 18 to 110"
    if sex not in _GENDERS:
        return "unknown sex"
    return None if orientation in _ORIENTATIONS else "unknown orientation"


@contextmanager
def _opened(path: Path) -> Iterator[TextIO]:
    """The CSV as text, from within its archive where it is in one."""
    if not zipfile.is_zipfile(path):
        with path.open(encoding="utf-8-sig", newline="") as file:
            yield file
        return
    with zipfile.ZipFile(path) as archive:
        names = [name for name in archive.namelist() if name.lower().endswith(".csv")]
        if len(names) != 1:
            raise ProfileFileError(f"{path.name} must hold exactly one CSV file.")
        with archive.open(names[0]) as raw, io.TextIOWrapper(raw, "utf-8-sig", newline="") as file:
            yield file
