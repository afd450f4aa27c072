"""The pool: everything one run knows about its members, as arrays in the order of their ids.

`Pool.parse` is the engine's only door. What passes it needs no further check: every array has one entry
per member, every number is finite, every word belongs to its vocabulary. Members are sorted by id here, so
the order in which they arrive cannot change a result.
"""

from __future__ import annotations

import datetime
import math
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
import numpy.typing as npt

from shared.engine import columns
from shared.engine.columns import PoolError
from shared.engine.configuration import CONFIGURATION
from shared.grid import EARTH_RADIUS_KM, cell_centre

MODE_BITS = {"romantic": 1, "friendship": 2, "professional": 4}
MODES = {"romantic": 1, "friendship": 2, "both": 1 | 2, "professional": 4}
"""A profile's mode as a set of the modes a match can have."""
GENDER_BITS = {"female": 1, "male": 2, "non_binary": 4}
ANY_GENDER = 1 | 2 | 4

Whole = npt.NDArray[np.int64]
Bits = npt.NDArray[np.uint8]
Real = npt.NDArray[np.float64]
Flags = npt.NDArray[np.bool_]


@dataclass(frozen=True, eq=False)
class Signal:
    """What one block is computed from: `values` is (members, dimensions), zeros where not `present`."""

    values: Real
    present: Flags


@dataclass(frozen=True, eq=False)
class Pool:
    """Members by ascending id. One entry per member in every array; see `parse` for where each comes from."""

    ids: tuple[str, ...]
    revisions: Whole
    birth_years: Whole
    birth_days: Whole
    """Month times 100 plus day: comparing two of them compares the days of a year."""
    genders: Bits
    """One bit of `GENDER_BITS`."""
    preferred_genders: Bits
    """A set of `GENDER_BITS`, `ANY_GENDER` where the member named none."""
    modes: Bits
    """A set of `MODE_BITS`."""
    min_ages: Whole
    max_ages: Whole
    reaches: Real
    """The farthest acceptable distance as a squared chord of the unit sphere, infinite where any will do."""
    languages: npt.NDArray[np.uint64]
    wanted_languages: npt.NDArray[np.uint64]
    any_language: Flags
    primary_languages: tuple[str, ...]
    places: Real
    """(members, 3): the centre of the home cell as a unit vector from the centre of the earth."""
    has_place: Flags
    zones: Whole
    """The same number for the same time zone name."""
    signals: Mapping[str, Signal]
    """By the name of the block."""
    capacities: Whole
    """Proposals the member can still take; zero or less means none."""
    excluded: Whole
    """Sorted keys `lower position * members + higher position` of pairs never to be proposed."""

    def __len__(self) -> int:
        return len(self.ids)

    @classmethod
    def parse(cls, answer: Mapping[str, Any]) -> Pool:
        """The pool in a decoded answer of `load_pool`: its keys `members` (column-wise) and `excluded`.

        Raises `PoolError`, naming column and position, for anything that is missing, of another length,
        of another type, not finite, or outside its vocabulary.
        """
        members = answer.get("members")
        if not isinstance(members, Mapping):
            raise PoolError("members: not an object of columns")
        ids = columns.ids("id", columns.column(members, "id"))
        order = np.array(sorted(range(len(ids)), key=ids.__getitem__), dtype=np.int64)
        births = columns.dates("birthDate", columns.column(members, "birthDate", len(ids)))

        def read(name: str, reader: Callable[..., Any], *more: Any) -> Any:
            return reader(name, columns.column(members, name, len(ids)), *more)

        spoken: list[list[str]] = read("languages", columns.text_lists)
        wanted: list[list[str]] = read("languagePref", columns.text_lists)
        language_sets = columns.language_bits(spoken, wanted)
        places, has_place = _places(columns.column(members, "homeCell", len(ids)))
        min_ages = read("minAge", columns.whole, 0, 150)
        max_ages = read("maxAge", columns.whole, 0, 150)
        for at in np.flatnonzero(min_ages > max_ages)[:1]:
            raise PoolError(f"minAge[{at}]: above maxAge")
        return cls(
            ids=tuple(ids[at] for at in order),
            revisions=read("revision", columns.whole)[order],
            birth_years=np.array([born.year for born in births], dtype=np.int64)[order],
            birth_days=np.array([b.month * 100 + b.day for b in births], dtype=np.int64)[order],
            genders=read("gender", columns.codes, GENDER_BITS)[order],
            preferred_genders=_gender_sets(read("preferredGenders", columns.text_lists))[order],
            modes=read("mode", columns.codes, MODES)[order],
            min_ages=min_ages[order],
            max_ages=max_ages[order],
            reaches=_square_chords(read("distanceKm", columns.numbers, 0, 50_000, math.inf))[order],
            languages=language_sets[0][order],
            wanted_languages=language_sets[1][order],
            any_language=np.array([not codes for codes in wanted], dtype=np.bool_)[order],
            primary_languages=tuple(spoken[at][0] if spoken[at] else "" for at in order),
            places=places[order],
            has_place=has_place[order],
            zones=_numbered(read("tz", columns.texts))[order],
            signals=_signals(members, len(ids), order),
            capacities=read("capacity", columns.whole)[order],
            excluded=_excluded(answer.get("excluded"), order),
        )

    def ages(self, now: datetime.datetime) -> Whole:
        """Completed years on the UTC date of `now`. Born on 29 February, a year is completed on 1 March."""
        if now.tzinfo is None:
            raise ValueError("now needs a time zone")
        today = now.astimezone(datetime.UTC).date()
        before = self.birth_days > today.month * 100 + today.day
        years: Whole = today.year - self.birth_years - before
        return years


def _gender_sets(preferences: Sequence[Sequence[str]]) -> Bits:
    """Each list as a set of bits; an empty list is all of them."""
    sets = np.zeros(len(preferences), dtype=np.uint8)
    for at, preference in enumerate(preferences):
        for gender in preference:
            if gender not in GENDER_BITS:
                known = ", ".join(GENDER_BITS)
                raise PoolError(f"preferredGenders[{at}]: not a list of {known}")
            sets[at] |= GENDER_BITS[gender]
    return np.where(sets == 0, np.uint8(ANY_GENDER), sets)


def _numbered(words: Sequence[str]) -> Whole:
    """The same number for the same word."""
    number: dict[str, int] = {}
    return np.array([number.setdefault(word, len(number)) for word in words], dtype=np.int64)


def _square_chords(kilometres: Real) -> Real:
    """Squared straight lines through the unit sphere for ways along the earth's surface.

    Comparing chords is comparing distances, without the arc cosine that is coarse between neighbours.
    """
    chords = {math.inf: math.inf}
    for way in kilometres.tolist():
        if way not in chords:
            chords[way] = 4.0 * math.sin(min(way / (2.0 * EARTH_RADIUS_KM), math.pi / 2.0)) ** 2
    return np.array([chords[way] for way in kilometres.tolist()], dtype=np.float64)


def _places(cells: Sequence[Any]) -> tuple[Real, Flags]:
    """Cell centres as unit vectors, and where there is one.

    A text that is no cell of the grid counts as no cell: members reach that column, and nobody may stop
    everybody's run by it. Trigonometry runs once per cell and in scalars: vectorised sines may differ in
    the last bit between machines and array lengths, and a distance on the limit would then depend on the
    other members.
    """
    points: dict[str, tuple[float, float, float] | None] = {}
    places = np.zeros((len(cells), 3))
    has_place = np.zeros(len(cells), dtype=np.bool_)
    for at, cell in enumerate(cells):
        if cell is None:
            continue
        if not isinstance(cell, str):
            raise PoolError(f"homeCell[{at}]: not a text")
        if cell not in points:
            points[cell] = _unit_vector(cell)
        point = points[cell]
        if point is not None:
            places[at], has_place[at] = point, True
    return places, has_place


def _unit_vector(cell: str) -> tuple[float, float, float] | None:
    try:
        latitude, longitude = map(math.radians, cell_centre(cell))
    except ValueError:
        return None
    flat = math.cos(latitude)
    return flat * math.cos(longitude), flat * math.sin(longitude), math.sin(latitude)


def _signals(members: Mapping[str, Any], length: int, order: Whole) -> dict[str, Signal]:
    """The four blocks' raw values: three kinds of unit vectors, and readiness as one column."""
    found = {}
    for block, name in (
        ("values", "valuesVector"),
        ("communication", "communicationVector"),
        ("life_goals", "lifeGoalsVector"),
    ):
        entries = columns.column(members, name, length)
        present = np.array([entry is not None for entry in entries], dtype=np.bool_)
        vectors = columns.unit_vectors(name, entries, CONFIGURATION.vector_dimensions)
        found[block] = Signal(vectors[order], present[order])
    entries = columns.column(members, "readiness", length)
    present = np.array([entry is not None for entry in entries], dtype=np.bool_)
    readiness = columns.numbers("readiness", entries, 0, 100, 0.0)
    found["readiness"] = Signal(readiness[order][:, None], present[order])
    return found


def _excluded(pairs: Any, order: Whole) -> Whole:
    """Pairs of positions in the answer's order as sorted keys in the order of ids."""
    if not isinstance(pairs, list):
        raise PoolError("excluded: not a list")
    for at, pair in enumerate(pairs):
        if not (
            isinstance(pair, list)
            and len(pair) == 2
            and all(type(entry) is int and 0 <= entry < len(order) for entry in pair)
            and pair[0] != pair[1]
        ):
            raise PoolError(f"excluded[{at}]: not a pair of positions")
    position = np.empty(len(order), dtype=np.int64)
    position[order] = np.arange(len(order))
    both = position[np.array(pairs, dtype=np.int64).reshape(len(pairs), 2)]
    return np.unique(both.min(axis=1) * len(order) + both.max(axis=1))
