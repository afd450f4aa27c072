"""Pools in memory: what `load_pool` would answer for the sample community, without a database in between."""

from __future__ import annotations

import hashlib
import json
import uuid
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any, Literal, cast

from scripts.tools.sample.community import ACTIVE, Community, community_of, draw_community
from scripts.tools.sample.interests import weights_of
from scripts.tools.sample.load import CONSENT_DELAY
from scripts.tools.sample.profiles import read_profiles
from shared.engine.charts import Birth, compute
from shared.engine.pool.pool import COLUMNS
from shared.places.grid import home_cell
from shared.quiz.scoring import signals_of

NOW = datetime(2026, 11, 20, 12, tzinfo=UTC)
SEED = 1
LIVE_CAP, NEWCOMER_CAP, NEWCOMER_PERIOD = 3, 4, timedelta(hours=48)
"""As the settings have it by default."""
CHARTS_AT_ONCE = 2000
"""As the worker computes them."""

Answer = dict[str, Any]


def drawn(size: int, seed: int = SEED) -> Community:
    """A community of which at least `size` members search, the same for the same size and seed."""
    return draw_community(round(size / ACTIVE * 1.01) + 20, seed, NOW.date())


def of_profiles(path: Path, rows: int | None, seed: int = SEED) -> Community:
    """The members of a profile file, completed. Raises `ProfileFileError`."""
    return community_of(read_profiles(path, rows), seed, NOW.date())


def answer_of(community: Community, most: int | None = None) -> Answer:
    """The pool of the first `most` members who search (all for None), with the charts they share.

    The pools of one community are parts of each other: a smaller one holds the first members of a larger.
    """
    searching = [at for at, active in enumerate(community.active) if active][:most]
    charts = _charts(community, searching)
    weights = weights_of(community.interests)
    rows = [_row(community, at, chart, weights) for at, chart in zip(searching, charts, strict=True)]
    rows.sort(key=lambda row: row[COLUMNS.index("id")])
    return {"members": {"columns": list(COLUMNS), "rows": rows}, "excluded": []}


def cut(answer: Answer, community: Community, most: int) -> Answer:
    """The pool of the first `most` members who search, out of the pool of more of them."""
    ids = [str(id_) for id_, active in zip(community.id, community.active, strict=True) if active][:most]
    kept, at = set(ids), COLUMNS.index("id")
    rows = [row for row in answer["members"]["rows"] if row[at] in kept]
    return {"members": {"columns": list(COLUMNS), "rows": rows}, "excluded": []}


def copied(answer: Answer, times: int) -> Answer:
    """The same members so many times over, with ids of their own."""
    names, rows = answer["members"]["columns"], answer["members"]["rows"]
    at = names.index("id")
    more = [[*row[:at], copied_id(row[at], copy), *row[at + 1 :]] for copy in range(1, times) for row in rows]
    return {"members": {"columns": names, "rows": [*rows, *more]}, "excluded": []}


def copied_id(id_: str, copy: int) -> str:
    """The id of a member's copy."""
    return str(uuid.UUID(bytes=hashlib.sha256(f"{id_} {copy}".encode()).digest()[:16]))


def write(answer: Answer, path: Path) -> None:
    """Keep a pool for another process, as PostgREST would send it."""
    path.write_text(json.dumps(answer, separators=(",", ":")))


def births(community: Community, positions: Iterator[int] | range | list[int]) -> list[Birth]:
    """The births of those among `positions` who say where they were born."""
    found = []
    for at in positions:
        place = community.birth_place[at]
        if place is not None:
            clock, accuracy = community.birth_time[at]
            told = cast(Literal["exact", "approximate", "unknown"], accuracy)
            found.append(Birth(community.birth_date[at], clock, told, place.lat, place.lon, place.tz))
    return found


def _charts(community: Community, positions: list[int]) -> list[list[int] | None]:
    """Packed charts of those who share their birth data and know where they were born."""
    shared = [
        number
        for number, at in enumerate(positions)
        if "birthData" in community.signals[at] and community.birth_place[at] is not None
    ]
    packed: list[list[int] | None] = [None] * len(positions)
    for start in range(0, len(shared), CHARTS_AT_ONCE):
        some = shared[start : start + CHARTS_AT_ONCE]
        for number, chart in zip(
            some, compute(births(community, [positions[number] for number in some])), strict=True
        ):
            packed[number] = chart.packed()
    return packed


def _row(them: Community, at: int, chart: list[int] | None, weights: dict[str, int]) -> list[Any]:
    """One member in the order of `COLUMNS`, switches honoured as the database does it; null for a column that
    the sample community has nothing for."""
    signals, home = them.signals[at], them.home[at]
    values = "values" in signals
    asked_for_work = them.mode[at] == "professional"
    working = values and asked_for_work
    told = signals_of(them.answers[at] if values else {})
    vectors = [None if vector is None else list(vector) for vector in told.vectors.values()]
    joined, as_friends = them.created_at[at], them.friendship_genders[at]
    youngest, oldest = them.ages[at]
    row = dict[str, Any].fromkeys(COLUMNS)
    row |= {
        "id": str(them.id[at]),
        "revision": 1,
        "birthDate": them.birth_date[at].isoformat(),
        "gender": them.gender[at],
        "preferredGenders": list(them.preferred_genders[at]),
        "friendshipGenders": None if as_friends is None else list(as_friends),
        "mode": them.mode[at],
        "minAge": youngest,
        "maxAge": oldest,
        "distanceKm": them.distance_km[at],
        "languages": [code for code in them.spoken[at] if code],
        "languagePref": list(them.language_pref[at]),
        "homeCell": home_cell(home.lat, home.lon) if "location" in signals else None,
        "tz": home.tz,
        "valuesVector": vectors[0],
        "communicationVector": vectors[1],
        "lifeGoalsVector": vectors[2],
        "readiness": told.readiness,
        "traits": list(them.traits[at]),
        "dealBreakers": list(them.deal_breakers[at]),
        "employer": _employer(them.employer[at]),
        "industry": them.industry[at],
        "wantedIndustries": list(them.wanted_industries[at]),
        "avoidsColleagues": them.avoids_colleagues[at] if asked_for_work else True,
        "avoidsCompetitors": them.avoids_competitors[at] if asked_for_work else False,
        "profileVector": them.profile[at].tolist() if working else None,
        "activity": float(them.activity[at]) if working else None,
        "interests": {word: weights[word] for word in them.interests[at]},
        "weights": them.weights[at],
        "chart": chart,
        "capacity": NEWCOMER_CAP if joined > NOW - NEWCOMER_PERIOD else LIVE_CAP,
        "waitingSince": int((joined + CONSENT_DELAY).timestamp()),
        "stands": True,
        "number": 0,
    }
    return [row[name] for name in COLUMNS]


def _employer(name: str | None) -> int | None:
    """The same number for the same name."""
    if name is None:
        return None
    return int(hashlib.sha256(name.lower().encode()).hexdigest()[:8], 16) & 2**31 - 1
