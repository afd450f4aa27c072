"""Checked reading of the columns a pool arrives in.

Each reader takes the column's name for its error and returns plain lists or numpy arrays. An error says
which column and which position is wrong, never the value: a value may be somebody's birth date.

A column is checked as a whole: the types in it, then the numbers or the text it makes. Only a column with
something wrong in it is looked through entry by entry, to name the first position.
"""

from __future__ import annotations

import math
import re
from binascii import a2b_base64
from collections.abc import Callable, Hashable, Iterable, Mapping, Sequence
from itertools import chain
from types import NoneType
from typing import Any, NoReturn, TypeVar

import numpy as np
import numpy.typing as npt

_ID = re.compile(r"[0-9a-f]{8}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{12}", re.ASCII)
_IDS = re.compile(f"(?:{_ID.pattern})*", re.ASCII)

_DATE = re.compile(r"\d{4}-\d{2}-\d{2}", re.ASCII)
_DATES = re.compile(f"(?:{_DATE.pattern})*", re.ASCII)
_FIRST_DATE = np.datetime64("0001-01-01", "D")

Dates = npt.NDArray[np.datetime64]
Key = TypeVar("Key", bound=Hashable)
Value = TypeVar("Value")


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
    if not (_types(rows) <= {list} and set(map(len, rows)) <= {len(names)}):
        at = _first(rows, lambda row: type(row) is list and len(row) == len(names))
        raise PoolError(f"members: row {at} does not have {len(names)} values")
    columns = map(list, zip(*rows, strict=True)) if rows else ([] for _ in names)
    return dict(zip(names, columns, strict=True))


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
        return list(map(found.__getitem__, order.tolist()))
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


def _types(entries: Iterable[Any]) -> set[type]:
    return set(map(type, entries))


def _first(entries: Sequence[Any], good: Callable[[Any], bool]) -> int:
    """The position of the first entry that is not good."""
    return next(at for at, entry in enumerate(entries) if not good(entry))


def _refuse(name: str, entries: Sequence[Any], good: Callable[[Any], bool], wanted: str) -> NoReturn:
    raise PoolError(f"{name}[{_first(entries, good)}]: {wanted}")


def each_once(entries: Sequence[Key], make: Callable[[Key], Value]) -> list[Value]:
    """`make` of every entry, called once for equal ones."""
    made = {entry: make(entry) for entry in dict.fromkeys(entries)}
    return list(map(made.__getitem__, entries))


def ids(name: str, entries: Sequence[Any]) -> list[str]:
    """Lower-case uuids, each once."""
    if not (_types(entries) <= {str} and set(map(len, entries)) <= {36} and _IDS.fullmatch("".join(entries))):
        _refuse(name, entries, lambda e: type(e) is str and _ID.fullmatch(e) is not None, "not a uuid")
    if len(set(entries)) != len(entries):
        raise PoolError(f"{name}: the same member twice")
    return list(entries)


def whole(
    name: str, entries: Sequence[Any], least: int = -(2**31), most: int = 2**31 - 1
) -> npt.NDArray[np.int64]:
    """Whole numbers within `least` and `most`."""
    if not (_types(entries) <= {int} and _within(entries, least, most)):
        _refuse(
            name,
            entries,
            lambda e: type(e) is int and least <= e <= most,
            f"not a whole number from {least} to {most}",
        )
    return np.array(entries, dtype=np.int64)


def _within(entries: Sequence[int], least: int, most: int) -> bool:
    return not entries or (least <= min(entries) and max(entries) <= most)


def _is_number(entry: Any) -> bool:
    return type(entry) is int or (type(entry) is float and math.isfinite(entry))


def _floats(entries: Sequence[Any]) -> npt.NDArray[np.float64] | None:
    """Numbers, not a number for null; None where there is something else."""
    if not _types(entries) <= {int, float, NoneType}:
        return None
    try:
        return np.array(entries, dtype=np.float64)
    except OverflowError:
        return None


def numbers(
    name: str, entries: Sequence[Any], least: float, most: float, absent: float
) -> npt.NDArray[np.float64]:
    """Finite numbers within `least` and `most`; null becomes `absent`."""
    found = _floats(entries)
    there = given(name, entries)
    if found is None or not ((found[there] >= least) & (found[there] <= most)).all():
        _refuse(
            name,
            entries,
            lambda e: e is None or (_is_number(e) and least <= e <= most),
            f"not a number from {least:g} to {most:g}",
        )
    found[~there] = absent
    return found


def texts(name: str, entries: Sequence[Any]) -> list[str]:
    """Texts that are not empty."""
    if not (_types(entries) <= {str} and all(entries)):
        _refuse(name, entries, lambda e: type(e) is str and e != "", "not a text")
    return list(entries)


def texts_or_none(name: str, entries: Sequence[Any]) -> list[str | None]:
    """Texts that are not empty, or null."""
    if not _types(entries) <= {str, NoneType} or "" in entries:
        _refuse(name, entries, lambda e: e is None or (type(e) is str and e != ""), "not a text, nor null")
    return list(entries)


def text_lists(name: str, entries: Sequence[Any]) -> list[list[str]]:
    """Lists (empty ones too) of texts that are not empty."""
    words = set(chain.from_iterable(entries)) if _types(entries) <= {list} and _flat(entries) else {""}
    if "" in words:
        _refuse(
            name,
            entries,
            lambda e: type(e) is list and all(type(word) is str and word for word in e),
            "not a list of texts",
        )
    return list(entries)


def _flat(entries: Sequence[list[Any]]) -> bool:
    return _types(chain.from_iterable(entries)) <= {str}


def text_lists_or_none(name: str, entries: Sequence[Any]) -> list[list[str] | None]:
    """Lists as `text_lists` reads them, or null."""
    text_lists(name, [[] if entry is None else entry for entry in entries])
    return list(entries)


def codes(name: str, entries: Sequence[Any], known: Mapping[str, int]) -> npt.NDArray[np.uint8]:
    """The numbers that `known` gives to words of a closed vocabulary."""
    if not (_types(entries) <= {str} and set(entries) <= known.keys()):
        _refuse(name, entries, lambda e: type(e) is str and e in known, f"not one of {', '.join(known)}")
    return np.array(list(map(known.__getitem__, entries)), dtype=np.uint8)


def dates(name: str, entries: Sequence[Any]) -> Dates:
    """Calendar dates written YYYY-MM-DD."""
    if _types(entries) <= {str} and set(map(len, entries)) <= {10} and _DATES.fullmatch("".join(entries)):
        try:
            found = np.array(entries, dtype="datetime64[D]")
        except ValueError:
            pass
        else:
            if (found >= _FIRST_DATE).all():
                return found
    _refuse(name, entries, _is_date, "not a date YYYY-MM-DD")


def _is_date(entry: Any) -> bool:
    if type(entry) is not str or not _DATE.fullmatch(entry):
        return False
    try:
        return bool(np.datetime64(entry, "D") >= _FIRST_DATE)
    except ValueError:
        return False


def unpacked(name: str, entries: Sequence[Any], kind: npt.DTypeLike) -> list[Any]:
    """The entries, with lists of numbers in place of texts, which hold the same numbers as base64 of bytes of
    `kind`, such as ">f4"."""
    try:
        return [_numbers(entry, kind) if type(entry) is str else entry for entry in entries]
    except ValueError:
        _refuse(name, entries, lambda e: type(e) is not str or _is_packed(e, kind), "not packed numbers")


def _numbers(packed: str, kind: npt.DTypeLike) -> list[Any]:
    numbers: list[Any] = np.frombuffer(a2b_base64(packed, strict_mode=True), dtype=kind).tolist()
    return numbers


def _is_packed(entry: str, kind: npt.DTypeLike) -> bool:
    try:
        return _numbers(entry, kind) is not None
    except ValueError:
        return False


def unit_vectors(name: str, packed: Sequence[Any], dimensions: int) -> npt.NDArray[np.float64]:
    """Rows of `dimensions` numbers, packed or in lists, scaled to length one; null becomes a row of zeros.

    A vector that is given but has no direction is an error, so a zero row always means "absent".
    """
    entries = unpacked(name, packed, ">f4")
    vectors = np.zeros((len(entries), dimensions))
    there = given(name, entries)
    found = _listed_vectors([entry for entry in entries if entry is not None], dimensions)
    if found is None:
        _refuse(
            name,
            entries,
            lambda e: e is None or _is_vector(e, dimensions),
            f"not {dimensions} finite numbers",
        )
    vectors[there] = found
    # Dividing by the largest entry first keeps the squares of very long and very short vectors finite.
    largest = np.abs(vectors).max(axis=1, initial=0.0)
    for at in np.flatnonzero(there & (largest == 0.0))[:1]:
        raise PoolError(f"{name}[{at}]: a vector without direction")
    vectors /= np.where(largest > 0.0, largest, 1.0)[:, None]
    square = np.zeros(len(entries))
    for dimension in range(dimensions):
        square += vectors[:, dimension] * vectors[:, dimension]
    unit: npt.NDArray[np.float64] = vectors / np.sqrt(np.where(square > 0.0, square, 1.0))[:, None]
    return unit


def _listed_vectors(entries: Sequence[Any], dimensions: int) -> npt.NDArray[np.float64] | None:
    """Rows of finite numbers; None where any is not."""
    if not _types(entries) <= {list}:
        return None
    numbers = list(chain.from_iterable(entries))
    if not (set(map(len, entries)) <= {dimensions} and _types(numbers) <= {int, float}):
        return None
    found = _floats(numbers)
    if found is None or not np.isfinite(found).all():
        return None
    return found.reshape(len(entries), dimensions)


def _is_vector(entry: Any, dimensions: int) -> bool:
    return _listed_vectors([entry], dimensions) is not None


def given(_name: str, entries: Sequence[Any]) -> npt.NDArray[np.bool_]:
    """Which entries are not null."""
    return np.array([entry is not None for entry in entries], dtype=np.bool_)


def flags(name: str, entries: Sequence[Any]) -> npt.NDArray[np.bool_]:
    """True or false."""
    if not _types(entries) <= {bool}:
        _refuse(name, entries, lambda e: type(e) is bool, "not true or false")
    return np.array(entries, dtype=np.bool_)


def positions_or_none(name: str, entries: Sequence[Any]) -> npt.NDArray[np.int32]:
    """Whole numbers from 0; null becomes -1."""
    found = [-1 if entry is None else entry for entry in entries]
    if not (_types(found) <= {int} and _within(found, -1, 2**31 - 1)) or -1 in entries:
        _refuse(
            name,
            entries,
            lambda e: e is None or (type(e) is int and 0 <= e < 2**31),
            "not a whole number from 0, nor null",
        )
    return np.array(found, dtype=np.int32)


def word_bits(name: str, entries: Sequence[Any], known: Sequence[str]) -> npt.NDArray[np.uint64]:
    """Each list of words as one set of bits, in the order of `known` (at most 64 words)."""
    bit = {word: 1 << place for place, word in enumerate(known)}
    lists = text_lists(name, entries)
    if not set(chain.from_iterable(lists)) <= bit.keys():
        at = _first(lists, lambda words: set(words) <= bit.keys())
        unknown = [word for word in lists[at] if word not in bit]
        raise PoolError(f"{name}[{at}]: {len(unknown)} words outside the vocabulary")
    sets = each_once(list(map(tuple, lists)), lambda words: sum(bit[word] for word in set(words)))
    return np.array(sets, dtype=np.uint64)


def word_weights(name: str, entries: Sequence[Any], most: int) -> list[dict[str, int]]:
    """Objects of words with whole numbers from 1 to `most`; null is an empty one."""
    given = [{} if entry is None else entry for entry in entries]
    if not (_types(given) <= {dict} and _weighed(chain.from_iterable(map(dict.items, given)), most)):
        _refuse(
            name,
            given,
            lambda e: type(e) is dict and _weighed(e.items(), most),
            f"not an object of words with whole numbers from 1 to {most}",
        )
    return given


def _weighed(entries: Iterable[tuple[Any, Any]], most: int) -> bool:
    return all(type(word) is str and word and type(n) is int and 1 <= n <= most for word, n in entries)


def weighted_bits(
    entries: Sequence[dict[str, int]], most: int
) -> tuple[npt.NDArray[np.uint64], npt.NDArray[np.int64]]:
    """Words with weights from 1 to `most` as bit sets side by side, (members, `most` times the width of one
    set): the n-th holds the words that weigh at least n. And the sum of each member's weights.

    Two members' sets then have as many bits in common as the smaller of the two weights of each word adds up
    to.
    """
    words = list(chain.from_iterable(entries))
    weights = np.fromiter(chain.from_iterable(map(dict.values, entries)), dtype=np.int64, count=len(words))
    place = {word: at for at, word in enumerate(sorted(set(words)))}
    at = np.fromiter(map(place.__getitem__, words), dtype=np.int64, count=len(words))
    rows = np.repeat(np.arange(len(entries)), list(map(len, entries)))
    width = max(1, -(-len(place) // 64))
    bits = np.zeros(len(entries) * most * width, dtype=np.uint64)
    first = rows * most * width + (at >> 6)
    bit = np.uint64(1) << (at & 63).astype(np.uint64)
    for step in range(most):
        some = weights > step
        np.bitwise_or.at(bits, first[some] + step * width, bit[some])
    return bits.reshape(len(entries), most * width), np.bincount(rows, weights, len(entries)).astype(np.int64)


def bit_sets(*lists: Sequence[Sequence[str]]) -> list[npt.NDArray[np.uint64]]:
    """Lists of words as bit sets, (members, words of 64 bits): one bit per word that anybody names."""
    words = [list(chain.from_iterable(words_of_all)) for words_of_all in lists]
    place = {word: at for at, word in enumerate(sorted(set().union(*words)))}
    width = max(1, -(-len(place) // 64))
    sets = []
    for words_of_all, named in zip(lists, words, strict=True):
        bits = np.zeros((len(words_of_all), width), dtype=np.uint64)
        rows = np.repeat(np.arange(len(words_of_all)), list(map(len, words_of_all)))
        at = np.fromiter(map(place.__getitem__, named), dtype=np.int64, count=len(named))
        np.bitwise_or.at(bits, (rows, at >> 6), np.uint64(1) << (at & 63).astype(np.uint64))
        sets.append(bits)
    return sets
