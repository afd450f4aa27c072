"""Builders for toy worlds: one member, a pool of them, and a drawn crowd."""

from __future__ import annotations

import datetime
import json
import random
import uuid
from collections.abc import Mapping, Sequence
from typing import Any

import numpy as np

from shared.engine import Pool, Ranking, Rules, rank
from shared.engine.pool.pool import COLUMNS, TRAITS, Flags
from shared.engine.scoring.parts import PARTS
from shared.places.grid import home_cell

NOW = datetime.datetime(2026, 11, 20, 12, 0, tzinfo=datetime.UTC)
WAITING_SINCE = int(NOW.timestamp()) - 86_400
DIMENSIONS = 16

BERLIN = home_cell(52.52, 13.40)
POTSDAM = home_cell(52.40, 13.06)
MUNICH = home_cell(48.14, 11.58)

Member = dict[str, Any]

_WRITTEN = {
    *("valuesVector", "communicationVector", "lifeGoalsVector", "readiness", "chart", "profileVector"),
    *("interests", "homeCell", "industry", "wantedIndustries", "activity"),
}
_OTHERS = {name: values() for part in PARTS for name, values in part.columns.items() if name not in _WRITTEN}
"""Columns of parts that `crowd` below does not draw in a way of their own."""


def axis(dimension: int, length: float = 1.0) -> list[float]:
    """A vector along one dimension: equal axes have cosine 1, others 0."""
    return [length if at == dimension else 0.0 for at in range(DIMENSIONS)]


def make_member(number: int, **overrides: Any) -> Member:
    """Somebody thirty years old who takes anyone of any gender, knows nothing of themself, and has room."""
    member: Member = dict.fromkeys(COLUMNS)
    member |= {
        "id": str(uuid.UUID(int=number)),
        "revision": 1,
        "birthDate": "1996-05-17",
        "gender": "female",
        "preferredGenders": [],
        "mode": "both",
        "minAge": 18,
        "maxAge": 99,
        "languages": ["en"],
        "languagePref": [],
        "tz": "Europe/Berlin",
        "traits": [],
        "dealBreakers": [],
        "avoidsColleagues": True,
        "avoidsCompetitors": False,
        "capacity": 3,
        "stands": True,
        "number": number % 2**31,
        "waitingSince": None,  # `answer_of` lets the lowest id wait longest
    }
    unknown = overrides.keys() - member.keys()
    assert not unknown, unknown
    return member | overrides


def answer_of(members: Sequence[Member], excluded: Sequence[Sequence[int]] = ()) -> dict[str, Any]:
    """The pool as load_pool answers it for these members, as JSON brings it."""
    names = list(make_member(0))
    rank = {id_: at for at, id_ in enumerate(sorted(member["id"] for member in members))}
    members = [
        member | {"waitingSince": WAITING_SINCE + rank[member["id"]]}
        if member["waitingSince"] is None
        else member
        for member in members
    ]
    answer: dict[str, Any] = json.loads(
        json.dumps(
            {
                "members": {"columns": names, "rows": [[member[n] for n in names] for member in members]},
                "excluded": [list(pair) for pair in excluded],
            }
        )
    )
    return answer


def pool_of(members: Sequence[Member], excluded: Sequence[Sequence[int]] = ()) -> Pool:
    return Pool.parse(answer_of(members, excluded))


def everyone(pool: Pool) -> Flags:
    """A mark for every member."""
    return np.ones(len(pool), dtype=np.bool_)


def rank_members(members: Sequence[Member], excluded: Sequence[Sequence[int]] = (), **rules: Any) -> Ranking:
    return rank(pool_of(members, excluded), Rules(**rules), NOW)


def pairs_of(ranking: Ranking) -> list[tuple[int, int]]:
    """Proposed pairs as the numbers their members were made with, in rank order."""
    return [(uuid.UUID(p.a).int, uuid.UUID(p.b).int) for p in ranking.proposals]


def crowd(size: int, seed: int, **overrides: Any) -> list[Member]:
    """Members who differ in everything a filter or a block looks at, some of it missing."""
    draw = random.Random(seed)
    places = [BERLIN, POTSDAM, MUNICH, home_cell(52.30, 13.25), home_cell(51.05, 13.74), None]
    genders = ["female", "male", "non_binary", "agender"]
    members = []
    for number in range(1, size + 1):
        age = draw.randint(18, 45)
        born = NOW.date() - datetime.timedelta(days=round(365.25 * age) + draw.randint(-3, 3))
        member = make_member(
            draw.getrandbits(110) * 4096 + number,
            revision=draw.randint(1, 9),
            birthDate=born.isoformat(),
            gender=draw.choice([*genders, "not_said"]),
            preferredGenders=draw.sample(genders, draw.choice([0, 0, 2, 3, 4])),
            friendshipGenders=draw.choice([None, None, draw.sample(genders, draw.choice([0, 1, 2, 3]))]),
            mode=draw.choice(["romantic", "friendship", "both", "both", "professional"]),
            minAge=max(18, age - draw.randint(0, 30)),
            maxAge=age + draw.randint(0, 30),
            distanceKm=draw.choice([None, None, 0, 25, 60, 200, 400, 1000]),
            languages=draw.sample(["en", "de", "fr", "tr"], draw.randint(1, 2)),
            languagePref=draw.sample(["en", "de", "fr", "tr"], draw.choice([0, 0, 1, 2, 3])),
            homeCell=draw.choice(places),
            tz=draw.choice(["Europe/Berlin", "Europe/Berlin", "Europe/Paris"]),
            valuesVector=_vector(draw),
            communicationVector=_vector(draw),
            lifeGoalsVector=_vector(draw),
            readiness=draw.choice([None, round(draw.uniform(0, 100), 2)]),
            traits=draw.sample(TRAITS, draw.choice([0, 1, 2])),
            dealBreakers=draw.sample(TRAITS, draw.choice([0, 0, 0, 1])),
            employer=draw.choice([None, 1, 2, 3, 4]),
            industry=draw.choice([None, "design", "health", "energy"]),
            wantedIndustries=draw.sample(["design", "health", "law"], draw.choice([0, 1])),
            avoidsColleagues=draw.random() < 0.7,
            avoidsCompetitors=draw.random() < 0.3,
            profileVector=_vector(draw),
            activity=draw.choice([None, round(draw.uniform(0, 100), 2)]),
            interests={
                word: draw.randint(1, 4)
                for word in draw.sample([f"word_{n}" for n in range(150)], draw.choice([0, 1, 30, 50]))
            },
            weights=draw.choice([None, None, {"values": round(draw.random(), 3), "location": 0.5}]),
            price=draw.choice([None, round(draw.uniform(0.1, 2.0), 3)]),
            capacity=draw.choice([-1, 0, 1, 2, 3, 3, 4]),
        )
        member |= {name: draw.choice([None, *values]) for name, values in _OTHERS.items()}
        members.append(member | overrides)
    return members


def _vector(draw: random.Random) -> list[float] | None:
    if draw.random() < 0.25:
        return None
    return [draw.gauss(0, 1) for _ in range(DIMENSIONS)]


def without(pool: Mapping[str, Any], name: str) -> dict[str, Any]:
    """The pool without one of its columns."""
    table = pool["members"]
    at = table["columns"].index(name)
    return {
        **pool,
        "members": {
            "columns": [n for n in table["columns"] if n != name],
            "rows": [[*row[:at], *row[at + 1 :]] for row in table["rows"]],
        },
    }
