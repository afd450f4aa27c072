"""Checked reading of the columns a pool arrives in.

Each reader takes the column's name for its error and returns plain lists or numpy arrays. An error says
which column and which position is wrong, never the value: a value may be somebody's birth date.
"""

from __future__ import annotations

import datetime
import math
import re
from collections.abc import Callable, Mapping, Sequence
from typing import Any

import numpy as np
import numpy.typing as npt

_ID = re.compile(r"[0-9a-f]{8}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{12}", re.ASCII)

_DATE = re.compile(r"\d{4}-\d{2}-\d{2}", re.ASCII)


class PoolError(ValueError):
    """The pool cannot be read: a column is missing, too short, or holds an impossible value."""


def by_name(table: Any) -> dict[str, list[Any]]:
    """Columns by their names, from `{"columns": [names], "rows": [[values]]}`."""
    if not isinstance(table, Mapping):
        raise PoolError("members: not an object")
    names, rows = table.get("columns"), table.get("rows")
    if not (isinstance(names, list) and all(isinstance(name, str) for name in names)):
        raise PoolError("members: columns are not a list of names")
    if len(set(names)) != len(names):
        raise PoolError("members: the same column twice")
    if not isinstance(rows, list):
        raise PoolError("members: rows are not a list")
    for at, row in enumerate(rows):
        if not isinstance(row, list) or len(row) != len(names):
            raise PoolError(f"members: row {at} does not have {len(names)} values")
    return {name: [row[place] for row in rows] for place, name in enumerate(names)}


class Members:
    """The columns of a pool, each read once by each of its readers and put into one order of members."""

    def __init__(self, columns: Mapping[str, Any], length: int, order: npt.NDArray[np.int64]) -> None:
        """`order` holds positions in the columns, which have `length` entries each."""
        self._columns, self._length, self._order = columns, length, order
        self._read: dict[tuple[Any, ...], Any] = {}

    def read(self, name: str, reader: Callable[..., Any], *more: Any) -> Any:
        """What `reader(name, entries, *more)` makes of the column called `name`, in the order of members.

        Raises `PoolError`, naming the column and a position of the columns as they arrived.
        """
        key = (name, reader, *map(str, more))
        if key not in self._read:
            found = reader(name, column(self._columns, name, self._length), *more)
            self._read[key] = _in_order(found, self._order)
        return self._read[key]


def _in_order(found: Any, order: npt.NDArray[np.int64]) -> Any:
    if isinstance(found, tuple):
        return tuple(_in_order(each, order) for each in found)
    if isinstance(found, list):
        return [found[at] for at in order]
    return np.ascontiguousarray(found[order]) if isinstance(found, np.ndarray) else found.take(order)


def column(members: Mapping[str, Any], name: str, length: int | None = None) -> list[Any]:
    """The list called `name`; `length` is what every column after the first must have."""
    if name not in members:
        raise PoolError(f"{name}: no such column among those of the pool")
    found = members[name]
    if not isinstance(found, list):
        raise PoolError(f"{name}: not a list")
    if length is not None and len(found) != length:
        raise PoolError(f"{name}: {len(found)} entries for {length} members")
    return found


def ids(name: str, entries: Sequence[Any]) -> list[str]:
    """Lower-case uuids, each once."""
    for at, entry in enumerate(entries):
        if not isinstance(entry, str) or not _ID.fullmatch(entry):
            raise PoolError(f"{name}[{at}]: not a uuid")
    if len(set(entries)) != len(entries):
        raise PoolError(f"{name}: the same member twice")
    return list(entries)


def whole(
    name: str, entries: Sequence[Any], least: int = -(2**31), most: int = 2**31 - 1
) -> npt.NDArray[np.int64]:
    """Whole numbers within `least` and `most`."""
    for at, entry in enumerate(entries):
        if type(entry) is not int or not least <= entry <= most:
            raise PoolError(f"{name}[{at}]: not a whole number from {least} to {most}")
    return np.array(entries, dtype=np.int64)


def _is_number(entry: Any) -> bool:
    return type(entry) in (int, float) and math.isfinite(entry)


def numbers(
    name: str, entries: Sequence[Any], least: float, most: float, absent: float
) -> npt.NDArray[np.float64]:
    """Finite numbers within `least` and `most`; null becomes `absent`."""
    for at, entry in enumerate(entries):
        if entry is not None and not (_is_number(entry) and least <= entry <= most):
            raise PoolError(f"{name}[{at}]: not a number from {least:g} to {most:g}")
    return np.array([absent if e is None else e for e in entries], dtype=np.float64)


def texts(name: str, entries: Sequence[Any]) -> list[str]:
    """Texts that are not empty."""
    for at, entry in enumerate(entries):
        if not isinstance(entry, str) or not entry:
            raise PoolError(f"{name}[{at}]: not a text")
    return list(entries)


def texts_or_none(name: str, entries: Sequence[Any]) -> list[str | None]:
    """Texts that are not empty, or null."""
    for at, entry in enumerate(entries):
        if entry is not None and not (isinstance(entry, str) and entry):
            raise PoolError(f"{name}[{at}]: not a text, nor null")
    return list(entries)


def text_lists(name: str, entries: Sequence[Any]) -> list[list[str]]:
    """Lists (empty ones too) of texts that are not empty."""
    for at, entry in enumerate(entries):
        if not isinstance(entry, list) or not all(isinstance(e, str) and e for e in entry):
            raise PoolError(f"{name}[{at}]: not a list of texts")
    return [list(entry) for entry in entries]


def text_lists_or_none(name: str, entries: Sequence[Any]) -> list[list[str] | None]:
    """Lists as `text_lists` reads them, or null."""
    found = iter(text_lists(name, [[] if entry is None else entry for entry in entries]))
    return [None if entry is None else listed for entry, listed in zip(entries, found, strict=True)]


def codes(name: str, entries: Sequence[Any], known: Mapping[str, int]) -> npt.NDArray[np.uint8]:
    """The numbers that `known` gives to words of a closed vocabulary."""
    for at, entry in enumerate(entries):
        if not isinstance(entry, str) or entry not in known:
            raise PoolError(f"{name}[{at}]: not one of {', '.join(known)}")
    return np.array([known[entry] for entry in entries], dtype=np.uint8)


def dates(name: str, entries: Sequence[Any]) -> list[datetime.date]:
    """Calendar dates written YYYY-MM-DD."""
    found = []
    for at, entry in enumerate(entries):
        try:
            # fromisoformat alone would also take 19960517 and 1996-W20-5.
            if not isinstance(entry, str) or not _DATE.fullmatch(entry):
                raise ValueError
            found.append(datetime.date.fromisoformat(entry))
        except ValueError:
            raise PoolError(f"{name}[{at}]: not a date YYYY-MM-DD") from None
    return found


def unit_vectors(name: str, entries: Sequence[Any], dimensions: int) -> npt.NDArray[np.float64]:
    """Rows of `dimensions` numbers scaled to length one; null becomes a row of zeros.

    A vector that is given but has no direction is an error, so a zero row always means "absent".
    """
    nothing = [0.0] * dimensions
    rows = []
    for at, entry in enumerate(entries):
        if entry is not None and not (
            isinstance(entry, list) and len(entry) == dimensions and all(map(_is_number, entry))
        ):
            raise PoolError(f"{name}[{at}]: not {dimensions} finite numbers")
        rows.append(nothing if entry is None else entry)
    vectors = np.array(rows, dtype=np.float64).reshape(len(rows), dimensions)
    # Dividing by the largest entry first keeps the squares of very long and very short vectors finite.
    largest = np.abs(vectors).max(axis=1, initial=0.0)
    for at, entry in enumerate(entries):
        if entry is not None and largest[at] == 0.0:
            raise PoolError(f"{name}[{at}]: a vector without direction")
    vectors /= np.where(largest > 0.0, largest, 1.0)[:, None]
    square = np.zeros(len(rows))
    for dimension in range(dimensions):
        square += vectors[:, dimension] * vectors[:, dimension]
    unit: npt.NDArray[np.float64] = vectors / np.sqrt(np.where(square > 0.0, square, 1.0))[:, None]
    return unit


def given(_name: str, entries: Sequence[Any]) -> npt.NDArray[np.bool_]:
    """Which entries are not null."""
    return np.array([entry is not None for entry in entries], dtype=np.bool_)


def flags(name: str, entries: Sequence[Any]) -> npt.NDArray[np.bool_]:
    """True or false."""
    for at, entry in enumerate(entries):
        if type(entry) is not bool:
            raise PoolError(f"{name}[{at}]: not true or false")
    return np.array(entries, dtype=np.bool_)


def positions_or_none(name: str, entries: Sequence[Any]) -> npt.NDArray[np.int32]:
    """Whole numbers from 0; null becomes -1."""
    for at, entry in enumerate(entries):
        if entry is not None and not (type(entry) is int and 0 <= entry < 2**31):
            raise PoolError(f"{name}[{at}]: not a whole number from 0, nor null")
    return np.array([-1 if entry is None else entry for entry in entries], dtype=np.int32)


def word_bits(name: str, entries: Sequence[Any], known: Sequence[str]) -> npt.NDArray[np.uint64]:
    """Each list of words as one set of bits, in the order of `known` (at most 64 words)."""
    bit = {word: 1 << place for place, word in enumerate(known)}
    sets = []
    for at, words in enumerate(text_lists(name, entries)):
        if unknown := [word for word in words if word not in bit]:
            raise PoolError(f"{name}[{at}]: {len(unknown)} words outside the vocabulary")
        sets.append(sum(bit[word] for word in set(words)))
    return np.array(sets, dtype=np.uint64)


def bit_sets(*lists: Sequence[Sequence[str]]) -> list[npt.NDArray[np.uint64]]:
    """Lists of words as bit sets, (members, words of 64 bits): one bit per word that anybody names."""
    named = {word for words_of_all in lists for words in words_of_all for word in words}
    place = {word: at for at, word in enumerate(sorted(named))}
    width = max(1, -(-len(place) // 64))
    sets = []
    for words_of_all in lists:
        bits = np.zeros((len(words_of_all), width), dtype=np.uint64)
        for row, words in enumerate(words_of_all):
            for word in words:
                at, bit = divmod(place[word], 64)
                bits[row, at] |= np.uint64(1 << bit)
        sets.append(bits)
    return sets
