"""Real profiles from a CSV: age, sex, orientation and languages; nothing else is read.

The file has a heading with the columns `age`, `sex` (m, f), `orientation` (straight, gay,
bisexual) and `speaks`; a `.zip` holding one such file is read as it is.
"""

import csv
import html
import io
import zipfile
from collections import Counter
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import TextIO

from scripts.sample.languages import read_languages
from scripts.sample.people import Cast

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
    skipped: dict[str, int]


def read_profiles(path: Path, rows: int | None = None) -> Profiles:
    """The first `rows` profiles of a CSV (or zipped CSV), all of them for None.

    Rows that cannot be a member (no adult age up to 110, unknown sex or orientation) are left out
    and counted; they count among the first `rows`. Raises ProfileFileError.
    """
    cast, languages = Cast([], [], []), list[tuple[str, str | None]]()
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
                age, sex, orientation, speaks = (
                    html.unescape(row[name] or "").strip().lower() for name in COLUMNS
                )
                problem = _problem(age, sex, orientation)
                if problem:
                    skipped[problem] += 1
                    continue
                cast.age.append(int(age))
                cast.gender.append(_GENDERS[sex])
                cast.orientation.append(orientation)
                languages.append(read_languages(speaks))
    except (OSError, UnicodeDecodeError, csv.Error, zipfile.BadZipFile, RuntimeError) as error:
        # zipfile says with a RuntimeError that an archive is encrypted
        raise ProfileFileError(f"{path.name} cannot be read: {error}.") from error
    return Profiles(cast, languages, dict(skipped))


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
