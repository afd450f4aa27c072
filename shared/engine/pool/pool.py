"""The pool: everything one run knows about its members, as arrays in the order of their ids.

`Pool.parse` is the engine's only door. What passes it needs no further check: every array has one entry
per member, every number is finite, every word belongs to its vocabulary. Members are put into an order here,
so the order in which they arrive cannot change a result: who waits longest stands first, because wherever
two members are equal the engine prefers the first. Who waits equally long is told apart by a hash that
changes with every proposal, so that nobody is first, or last, for good by the id they happen to have.
"""

from __future__ import annotations

import datetime
import hashlib
import math
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from itertools import chain
from typing import Any

import numpy as np
import numpy.typing as npt

from shared.engine import columns
from shared.engine.columns import Members, PoolError
from shared.engine.features.chart_features import ChartFeatures, read_charts
from shared.engine.features.places import square_chords, unit_vectors_of_cells
from shared.engine.part import Arrays
from shared.engine.pool.weights import weights_of
from shared.engine.scoring.parts import PARTS
from shared.places.zones import zone_of

MODE_BITS = {"romantic": 1, "friendship": 2, "professional": 4}
MODES = {"romantic": 1, "friendship": 2, "both": 1 | 2, "professional": 4}
"""A profile's mode as a set of the modes a match can have."""
MOST_GENDERS = 16
"""As many words as `public.genders` in the database takes."""
ANY_GENDER = 2**MOST_GENDERS - 1
TRAITS = (
    "smokes",
    "drinks_often",
    "uses_drugs",
    "has_children",
    "wants_children",
    "wants_no_children",
    "has_pets",
    "religious",
    "not_religious",
    "eats_meat",
)
"""What a member can say of themself and refuse in others; `public.trait` in the database."""

_COLUMNS = (
    "id", "revision", "birthDate", "gender", "preferredGenders", "friendshipGenders", "mode", "minAge",
    "maxAge", "distanceKm", "languages", "languagePref", "homeCell", "tz", "traits", "dealBreakers",
    "employer", "industry", "avoidsColleagues", "avoidsCompetitors", "weights", "chart", "capacity",
    "waitingSince", "price", "stands", "number",
)  # fmt: skip
COLUMNS = tuple(dict.fromkeys((*_COLUMNS, *(name for part in PARTS for name in part.columns))))
"""What is read of each member: `private.pool_columns()` in the database has the same names."""

Whole = npt.NDArray[np.int64]
Bits = npt.NDArray[np.uint8]
Genders = npt.NDArray[np.uint16]
Real = npt.NDArray[np.float64]
Flags = npt.NDArray[np.bool_]
Numbers = npt.NDArray[np.int32]


@dataclass(frozen=True, eq=False)
class Pool:
    """Members, longest wait first. One entry per member in every array; see `parse` for their origin."""

    ids: tuple[str, ...]
    revisions: Whole
    birth_years: Whole
    birth_days: Whole
    """Month times 100 plus day: comparing two of them compares the days of a year."""
    gender_words: tuple[str, ...]
    """Every gender that somebody is or names: that at place b is the bit 1 << b of the sets below."""
    genders: Genders
    """One bit."""
    preferred_genders: Genders
    """Whom they want to meet for romance or work: `ANY_GENDER` where they named none, 0 who looks for
    friends alone."""
    friendship_genders: Genders
    """Whom they want to meet as friends: likewise, 0 who does not look for friends."""
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
    zones: Numbers
    """The position in `zone_names`: the same for one zone, whichever of its names a member's row holds."""
    zone_names: tuple[str, ...]
    """Every zone that somebody lives in, once."""
    traits: npt.NDArray[np.uint64]
    """What the member says of themself: a set of bits, one per word of `TRAITS`."""
    deal_breakers: npt.NDArray[np.uint64]
    """Traits a partner must not have, as the same bits."""
    employers: Numbers
    """The same number for the same employer, -1 where unknown."""
    industries: Numbers
    """The same number for the same industry, -1 where unknown."""
    avoids_colleagues: Flags
    avoids_competitors: Flags
    parts: Mapping[str, Arrays]
    """By part of the score, the arrays that its formula reads."""
    weights: Real
    """(members, modes, parts): how much of a score each part is to this member; adds up to 1 by mode."""
    charts: ChartFeatures
    capacities: Whole
    """Proposals the member can still take; zero or less means none."""
    waiting_since: Whole
    """Unix seconds of the member's last proposal, or of their joining."""
    prices: Real
    """What the last run's market asked for each member, above 0; 0 where there was none. A warm start."""
    excluded: Whole
    """Sorted keys `lower position * members + higher position` of pairs that must not meet."""
    met: Whole
    """Likewise of pairs that may stand on lists but are not to be proposed again."""
    stands: Flags
    """Whose account counts among people who fit what somebody looks for."""
    numbers: Whole
    """By which stored lists name the member; 0 where there are none to be stored."""

    def __len__(self) -> int:
        return len(self.ids)

    @classmethod
    def parse(cls, answer: Any) -> Pool:
        """The `pool` in a decoded answer of `load_pool`: members as rows, pairs that must not meet, and those
        that were proposed before, if any.

            {"members": {"columns": [name, ...], "rows": [[value, ...], ...]},
             "excluded": [[row, row], ...], "met": [[row, row], ...]}

        Raises `PoolError`, naming column and row, for anything that is missing, of another length, of
        another type, not finite, or outside its vocabulary.
        """
        if not isinstance(answer, Mapping):
            raise PoolError("pool: not an object")
        table = columns.by_name(answer.get("members"))
        ids = columns.ids("id", columns.column(table, "id"))
        waiting = columns.whole("waitingSince", columns.column(table, "waitingSince", len(ids)), 0, 2**40)
        order = _longest_wait_first(ids, waiting.tolist())
        members = Members(table, len(ids), order)
        read = members.read
        births: columns.Dates = read("birthDate", columns.dates)
        years, months = births.astype("datetime64[Y]"), births.astype("datetime64[M]")
        spoken: list[list[str]] = read("languages", columns.text_lists)
        wanted: list[list[str]] = read("languagePref", columns.text_lists)
        languages, wanted_languages = columns.bit_sets(spoken, wanted)
        modes = read("mode", columns.codes, MODES)
        gender_words, genders, preferred, as_friends = _genders(
            read("gender", columns.texts),
            read("preferredGenders", columns.text_lists),
            read("friendshipGenders", columns.text_lists_or_none),
        )
        friends = modes & MODE_BITS["friendship"]
        zones = columns.each_once(read("tz", columns.texts), lambda name: zone_of(name) or name)
        places, has_place = read("homeCell", unit_vectors_of_cells)
        min_ages = read("minAge", columns.whole, 0, 150)
        max_ages = read("maxAge", columns.whole, 0, 150)
        for at in np.flatnonzero(min_ages > max_ages)[:1]:
            raise PoolError(f"minAge[{order[at]}]: above maxAge")
        return cls(
            ids=tuple(ids[at] for at in order),
            revisions=read("revision", columns.whole),
            birth_years=years.astype(np.int64) + 1970,
            birth_days=100 * (months - years + 1).astype(np.int64) + (births - months + 1).astype(np.int64),
            gender_words=gender_words,
            genders=genders,
            preferred_genders=np.where(modes == friends, np.uint16(0), preferred),
            friendship_genders=np.where(friends == 0, np.uint16(0), as_friends),
            modes=modes,
            min_ages=min_ages,
            max_ages=max_ages,
            reaches=square_chords(read("distanceKm", columns.numbers, 0, 50_000, math.inf)),
            languages=languages,
            wanted_languages=wanted_languages,
            any_language=np.array([not codes for codes in wanted], dtype=np.bool_),
            primary_languages=tuple(codes[0] if codes else "" for codes in spoken),
            places=places,
            has_place=has_place,
            zones=_numbered(zones),
            zone_names=tuple(dict.fromkeys(zones)),
            traits=read("traits", columns.word_bits, TRAITS),
            deal_breakers=read("dealBreakers", columns.word_bits, TRAITS),
            employers=read("employer", columns.positions_or_none),
            industries=_numbered(read("industry", columns.texts_or_none)),
            avoids_colleagues=read("avoidsColleagues", columns.flags),
            avoids_competitors=read("avoidsCompetitors", columns.flags),
            parts={part.name: part.read(members) for part in PARTS},
            weights=read("weights", weights_of),
            charts=read("chart", read_charts),
            capacities=read("capacity", columns.whole),
            waiting_since=waiting[order],
            prices=read("price", columns.numbers, 0.0, 1e9, 0.0),
            excluded=_pairs("excluded", answer.get("excluded"), order),
            met=_pairs("met", answer.get("met", []), order),
            stands=read("stands", columns.flags),
            numbers=read("number", columns.whole, 0, 2**31 - 1),
        )

    def ages(self, now: datetime.datetime) -> Whole:
        """Completed years on the UTC date of `now`. Born on 29 February, a year is completed on 1 March."""
        if now.tzinfo is None:
            raise ValueError("now needs a time zone")
        today = now.astimezone(datetime.UTC).date()
        before = self.birth_days > today.month * 100 + today.day
        years: Whole = today.year - self.birth_years - before
        return years


def _longest_wait_first(ids: Sequence[str], waiting: Sequence[int]) -> Whole:
    """Positions by waiting time, longest first, then by the hash of waiting time and id."""
    keys = [
        (since, hashlib.sha256(f"{since} {id_}".encode()).digest())
        for id_, since in zip(ids, waiting, strict=True)
    ]
    return np.array(sorted(range(len(ids)), key=keys.__getitem__), dtype=np.int64)


def _genders(
    own: Sequence[str], preferred: Sequence[list[str]], as_friends: Sequence[list[str] | None]
) -> tuple[tuple[str, ...], Genders, Genders, Genders]:
    """The words in use, and as sets of them own genders and whom they want to meet, the last time as friends.

    Bits belong to this pool alone: they follow from its words, so an equal pool has the same. An empty list
    is all of them; null among `as_friends` is what `preferred` says.
    """
    wishes = [*preferred, *(p if f is None else f for f, p in zip(as_friends, preferred, strict=True))]
    words = sorted({*own, *chain.from_iterable(wishes)})
    if len(words) > MOST_GENDERS:
        raise PoolError(f"gender: more than {MOST_GENDERS} words")
    bit = {word: 1 << place for place, word in enumerate(words)}
    sets = columns.each_once(
        list(map(tuple, wishes)), lambda wish: sum(bit[word] for word in set(wish)) or ANY_GENDER
    )
    wished = np.array(sets, dtype=np.uint16)
    return (
        tuple(words),
        np.array(list(map(bit.__getitem__, own)), dtype=np.uint16),
        wished[: len(own)],
        wished[len(own) :],
    )


def _numbered(words: Sequence[str | None]) -> Numbers:
    """The same number for the same word, in the order in which they appear, -1 for none."""
    number: dict[str, int] = {}
    return np.array(
        [-1 if word is None else number.setdefault(word, len(number)) for word in words], dtype=np.int32
    )


def _pairs(name: str, pairs: Any, order: Whole) -> Whole:
    """Pairs of positions in the answer's order as sorted keys in the pool's order."""
    if not isinstance(pairs, list):
        raise PoolError(f"{name}: not a list")
    try:
        places = columns.whole("", list(chain.from_iterable(pairs)), 0, len(order) - 1).reshape(-1, 2)
        good = set(map(type, pairs)) <= {list} and set(map(len, pairs)) <= {2}
        good = good and bool((places[:, 0] != places[:, 1]).all())
    except (TypeError, ValueError):
        good = False
    if not good:
        at = next(at for at, pair in enumerate(pairs) if not _is_pair(pair, len(order)))
        raise PoolError(f"{name}[{at}]: not a pair of positions")
    position = np.empty(len(order), dtype=np.int64)
    position[order] = np.arange(len(order))
    both = position[places]
    return np.unique(both.min(axis=1) * len(order) + both.max(axis=1))


def _is_pair(pair: Any, members: int) -> bool:
    return (
        type(pair) is list
        and len(pair) == 2
        and all(type(entry) is int and 0 <= entry < members for entry in pair)
        and pair[0] != pair[1]
    )
