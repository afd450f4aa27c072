"""The plain double loop: pairs of people in pure Python, one after the other, from the formulas alone.

The engine is compared with it in two ways: it must find the same candidates with the same scores, and it
takes far less time. The loop filters before it scores, leaves a pair at the first rule that fails, and
spreads an uncertain chart over the circle once per row, so it is a sensible loop and not a foolish one.
Members come in as `load_pool` answers them, their charts as `ChartFeatures` holds them.
"""

from __future__ import annotations

import math
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, date, datetime
from typing import Any

import numpy as np

from scripts.tools.bench.plain_charts import PlainChart, composite_of, plain_charts, spread, synastry_of
from shared.engine.configuration import CONFIGURATION
from shared.engine.part import Arrays
from shared.engine.pool.pool import MODE_BITS, MODES, Pool
from shared.engine.scoring.parts import PARTS
from shared.places.grid import EARTH_RADIUS_KM, cell_centre

_VECTORS = (
    ("values", "valuesVector"),
    ("communication", "communicationVector"),
    ("life_goals", "lifeGoalsVector"),
    ("profile", "profileVector"),
)
_PLAIN = {name for name, _ in _VECTORS} | {
    *("readiness", "astro", "hd", "interests", "location", "industry", "activity"),
}
"""Parts whose formulas are written down here once more."""
_BLOCKS = {block.name: block for block in CONFIGURATION.blocks}


@dataclass(slots=True)
class Person:
    """One member as the loop sees them."""

    age: int
    youngest: int
    oldest: int
    modes: int
    gender: str
    wishes: dict[int, frozenset[str]]
    """By mode whom they want to meet; empty: anybody."""
    languages: frozenset[str]
    wanted: frozenset[str]
    reach: float
    home: tuple[float, float] | None
    """Latitude and longitude, radians."""
    zone: str
    traits: frozenset[str]
    deal_breakers: frozenset[str]
    employer: int | None
    industry: str | None
    wanted_industries: frozenset[str]
    avoids_colleagues: bool
    avoids_competitors: bool
    vectors: dict[str, list[float]]
    readiness: float | None
    activity: float | None
    interests: frozenset[str]
    weights: dict[str, dict[str, float]]
    chart: PlainChart | None
    place: int
    """The position in the pool."""
    parts: Mapping[str, Arrays]
    """All members' arrays, for parts that have no plain formula here."""


def people_of(answer: Any, pool: Pool, now: datetime) -> list[Person]:
    """The members of an answer in the order of its pool."""
    columns = answer["members"]["columns"]
    place = {id_: at for at, id_ in enumerate(pool.ids)}
    rows = sorted(answer["members"]["rows"], key=lambda row: place[row[columns.index("id")]])
    charts = plain_charts(pool.charts)
    return [
        _person(dict(zip(columns, row, strict=True)), chart, now.astimezone(UTC).date(), at, pool.parts)
        for at, (row, chart) in enumerate(zip(rows, charts, strict=True))
    ]


def candidates(people: Sequence[Person], member: int) -> Iterator[tuple[int, float]]:
    """Everybody who passes all rules with one member, by position, and the pair's standardised total."""
    one = people[member]
    table = None
    for at, other in enumerate(people):
        if at == member or not passes(one, other):
            continue
        if table is None and one.chart is not None:
            table = spread(one.chart)
        yield at, total(one, other, table)


def passes(one: Person, other: Person) -> bool:
    """Every rule of eligibility in the order in which the engine counts them, but for history."""
    shared = one.modes & other.modes
    if not shared:
        return False
    if not (one.youngest <= other.age <= one.oldest and other.youngest <= one.age <= other.oldest):
        return False
    if not mode_of(one, other):
        return False
    if one.wanted and one.wanted.isdisjoint(other.languages):
        return False
    if other.wanted and other.wanted.isdisjoint(one.languages):
        return False
    reach = min(one.reach, other.reach)
    if reach < math.inf:
        if one.home is None or other.home is None:
            if one.zone != other.zone:
                return False
        elif _apart_km(one.home, other.home) > reach + 1e-9:
            return False
    if not one.deal_breakers.isdisjoint(other.traits) or not other.deal_breakers.isdisjoint(one.traits):
        return False
    if shared == MODES["professional"] and one.employer is not None and other.employer is not None:
        if one.employer == other.employer:
            return not (one.avoids_colleagues or other.avoids_colleagues)
        if one.industry is not None and one.industry == other.industry:
            return not (one.avoids_competitors or other.avoids_competitors)
    return True


def mode_of(one: Person, other: Person) -> int:
    """The bit of the first mode that both look for and want the other's gender in, 0 for none."""
    for mode in MODE_BITS.values():
        if one.modes & other.modes & mode:
            ours, theirs = one.wishes[mode], other.wishes[mode]
            if (not ours or other.gender in ours) and (not theirs or one.gender in theirs):
                return mode
    return 0


def total(one: Person, other: Person, table: list[list[float]] | None) -> float:
    """The standardised total of a pair, 0 where it shares no block; `table`: the `spread` of one's chart."""
    shared = mode_of(one, other)
    mode = "romantic" if shared == 1 else "friendship" if shared == 2 else "professional"
    weighted = squares = 0.0
    for name, raw in _raw(one, other, mode, table):
        block = _BLOCKS[name]
        weight = (one.weights[mode][name] + other.weights[mode][name]) / 2
        weighted += weight * (raw - block.mean) / block.deviation
        squares += weight * weight
    return weighted / math.sqrt(squares) if squares else 0.0


def _raw(
    one: Person, other: Person, mode: str, table: list[list[float]] | None
) -> Iterator[tuple[str, float]]:
    """The parts that both sides have what they need for, with their raw values."""
    yield from _others(one, other, mode)
    for name in one.vectors:
        if name in other.vectors and name in CONFIGURATION.shares[mode]:
            yield name, sum([a * b for a, b in zip(one.vectors[name], other.vectors[name], strict=True)])
    if mode != "professional":
        if one.readiness is not None and other.readiness is not None:
            yield "readiness", min(one.readiness, other.readiness)
        if one.chart is not None and other.chart is not None and table is not None:
            yield "astro", synastry_of(one.chart, other.chart, table)
            yield "hd", composite_of(one.chart, other.chart)
        return
    if one.interests and other.interests:
        yield "interests", len(one.interests & other.interests) / len(one.interests | other.interests)
    if one.home is not None and other.home is not None:
        # The engine measures the straight line through the earth; over 100 km that is the same to a metre.
        chord = 2.0 * EARTH_RADIUS_KM * math.sin(_apart_km(one.home, other.home) / (2.0 * EARTH_RADIUS_KM))
        yield "location", max(0.0, 1.0 - chord / CONFIGURATION.near_km)
    if one.industry is not None and other.industry is not None:
        same = one.industry == other.industry
        meets = (same or other.industry in one.wanted_industries) + (
            same or one.industry in other.wanted_industries
        )
        yield "industry", meets / 2
    if one.activity is not None and other.activity is not None:
        yield "activity", 1.0 - abs(one.activity - other.activity) / 100.0


def _others(one: Person, other: Person, mode: str) -> Iterator[tuple[str, float]]:
    """Parts without a plain formula of their own here: the engine's, not compiled."""
    for part in PARTS:
        if mode in part.shares and part.name not in _PLAIN:
            value = np.full(1, np.nan)
            getattr(part.formula, "py_func", part.formula)(
                *one.parts[part.name], np.array([one.place]), np.array([other.place]), value
            )
            if not math.isnan(value[0]):
                yield part.name, float(value[0])


def _apart_km(one: tuple[float, float], other: tuple[float, float]) -> float:
    """Great-circle distance."""
    half = (
        math.sin((other[0] - one[0]) / 2) ** 2
        + math.cos(one[0]) * math.cos(other[0]) * math.sin((other[1] - one[1]) / 2) ** 2
    )
    return 2.0 * EARTH_RADIUS_KM * math.asin(math.sqrt(min(1.0, half)))


def _person(
    member: dict[str, Any], chart: PlainChart | None, today: date, place: int, parts: Mapping[str, Arrays]
) -> Person:
    born = date.fromisoformat(member["birthDate"])
    vectors = {name: _unit(member[column]) for name, column in _VECTORS if member[column] is not None}
    home = None if member["homeCell"] is None else cell_centre(member["homeCell"])
    return Person(
        age=today.year - born.year - ((today.month, today.day) < (born.month, born.day)),
        youngest=max(member["minAge"], CONFIGURATION.adult_age),
        oldest=member["maxAge"],
        modes=MODES[member["mode"]],
        gender=member["gender"],
        wishes={bit: frozenset(_wished(member, mode)) for mode, bit in MODE_BITS.items()},
        languages=frozenset(member["languages"]),
        wanted=frozenset(member["languagePref"]),
        reach=math.inf if member["distanceKm"] is None else member["distanceKm"],
        home=None if home is None else (math.radians(home[0]), math.radians(home[1])),
        zone=member["tz"],
        traits=frozenset(member["traits"]),
        deal_breakers=frozenset(member["dealBreakers"]),
        employer=member["employer"],
        industry=member["industry"],
        wanted_industries=frozenset(member["wantedIndustries"]),
        avoids_colleagues=member["avoidsColleagues"],
        avoids_competitors=member["avoidsCompetitors"],
        vectors=vectors,
        readiness=member["readiness"],
        activity=member["activity"],
        interests=frozenset(member["interests"]),
        weights={mode: _weights(shares, member["weights"]) for mode, shares in CONFIGURATION.shares.items()},
        chart=chart,
        place=place,
        parts=parts,
    )


def _wished(member: dict[str, Any], mode: str) -> list[str]:
    as_friends: list[str] | None = member["friendshipGenders"] if mode == "friendship" else None
    wished: list[str] = member["preferredGenders"] if as_friends is None else as_friends
    return wished


def _unit(vector: list[float]) -> list[float]:
    length = math.sqrt(sum(x * x for x in vector))
    return [x / length for x in vector]


def _weights(shares: Any, given: dict[str, float] | None) -> dict[str, float]:
    """A member's weights of one mode: their own where they gave some, scaled to add up to 1."""
    mine = {name: (given or {}).get(name, share) for name, share in shares.items()}
    whole = sum(mine.values())
    return {name: weight / whole for name, weight in mine.items()} if whole else dict(shares)
