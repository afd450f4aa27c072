"""Reading outcomes from a CSV file: one row per participant and partner."""

from __future__ import annotations

import csv
import math
from collections.abc import Sequence
from pathlib import Path
from typing import NamedTuple

import numpy as np

from scripts.tools.evaluate.questionnaire import DECISION, IDENTITY, SCHEMA
from shared.engine.learning import Profiles, Rows, RowsError


class TableError(ValueError):
    """The file cannot be read; the message names file, column and line, never a value."""


class Table(NamedTuple):
    """A file as rows of numbers: `lines[k]` is the line of the file that row k stands on."""

    path: Path
    columns: dict[str, list[float]]
    lines: list[int]


def read_table(path: Path, *, decided: bool) -> Table:
    """The columns the model reads, and the decision where `decided`.

    An empty field, NA and nan are missing answers; who met whom must be whole numbers. Raises TableError.
    """
    needed = [*IDENTITY, *SCHEMA.answers(), *SCHEMA.pair, *([DECISION] if decided else [])]
    try:
        with path.open(encoding="utf-8-sig", newline="") as file:
            reader = csv.reader(file)
            header = next(reader, None)
            if header is None:
                raise TableError(f"{path}: the file is empty")
            names = [name.strip() for name in header]
            _check_header(path, names, needed)
            at = {name: names.index(name) for name in needed}
            columns: dict[str, list[float]] = {name: [] for name in needed}
            lines: list[int] = []
            for fields in reader:
                if not fields:
                    continue
                line = reader.line_num
                if len(fields) != len(names):
                    raise TableError(
                        f"{path}, line {line}: {len(fields)} fields, the header has {len(names)}"
                    )
                lines.append(line)
                for name in needed:
                    columns[name].append(_number(path, line, name, fields[at[name]]))
    except FileNotFoundError:
        raise TableError(f"No such file: {path}") from None
    except (OSError, UnicodeDecodeError, csv.Error) as error:
        raise TableError(f"{path}: cannot be read as CSV: {_reason(error)}") from None
    if not lines:
        raise TableError(f"{path}: no rows below the header")
    return Table(path, columns, lines)


def rows_of(tables: Sequence[Table]) -> list[Rows]:
    """The rows of each table, over the same members: an id means one person in all of them.

    A person's answers are those of the first row on which they stand as `iid`; somebody who is only ever
    a partner has none. Raises TableError.
    """
    places: dict[float, tuple[Table, int]] = {}
    for table in tables:
        for at, person in enumerate(table.columns["iid"]):
            places.setdefault(person, (table, at))
    everybody = sorted({*places, *(pid for table in tables for pid in table.columns["pid"])})

    def answer(name: str) -> np.ndarray[tuple[int], np.dtype[np.float64]]:
        return np.array(
            [places[p][0].columns[name][places[p][1]] if p in places else math.nan for p in everybody]
        )

    profiles = Profiles(
        [str(int(person)) for person in everybody],
        answer("gender"),
        {name: answer(name) for name in SCHEMA.answers()},
    )
    position = {person: at for at, person in enumerate(everybody)}
    return [_rows(table, profiles, position) for table in tables]


def _rows(table: Table, profiles: Profiles, position: dict[float, int]) -> Rows:
    columns = table.columns
    count = len(table.lines)
    if len(set(zip(columns["iid"], columns["pid"], strict=True))) < count:
        raise TableError(f"{table.path}: the same iid and pid stand on two rows")
    try:
        return Rows(
            profiles,
            np.array([position[person] for person in columns["iid"]]),
            np.array([position[person] for person in columns["pid"]]),
            np.array(columns["wave"]).astype(np.int64),
            {name: np.array(columns[name]) for name in SCHEMA.pair},
            np.array(columns[DECISION]) if DECISION in columns else np.full(count, np.nan),
        )
    except RowsError as error:
        raise TableError(f"{table.path}: {error}") from None


def _check_header(path: Path, names: list[str], needed: list[str]) -> None:
    if missing := [name for name in needed if name not in names]:
        raise TableError(f"{path}: columns missing: {', '.join(missing)}")
    if twice := sorted({name for name in needed if names.count(name) > 1}):
        raise TableError(f"{path}: columns twice in the header: {', '.join(twice)}")


def _number(path: Path, line: int, name: str, field: str) -> float:
    text = field.strip()
    required = name in ("iid", "pid", "wave")
    if text == "" or text.lower() in ("na", "nan"):
        if required:
            raise TableError(f"{path}, line {line}: {name} is empty")
        return math.nan
    try:
        value = float(text)
    except ValueError:
        raise TableError(f"{path}, line {line}: {name} is not a number") from None
    if not math.isfinite(value) or (required and (value != int(value) or abs(value) > 2**31)):
        raise TableError(f"{path}, line {line}: {name} is not a {'whole' if required else 'finite'} number")
    if name in ("gender", DECISION) and value not in (0.0, 1.0):
        raise TableError(f"{path}, line {line}: {name} is neither 0 nor 1")
    return value


def _reason(error: Exception) -> str:
    if isinstance(error, UnicodeDecodeError):
        return "not UTF-8"
    return error.strerror or "unreadable" if isinstance(error, OSError) else str(error)
