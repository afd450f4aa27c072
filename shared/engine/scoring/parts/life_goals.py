"""How alike two members' goals in life are."""

from __future__ import annotations

from shared.engine import population
from shared.engine.features.vectors import EXAMPLE, cosines, read_vectors
from shared.engine.part import Part, Saying, personal

PART = Part(
    name="life_goals",
    switch="values",
    shares=personal(0.15),
    mean=0.0378,
    deviation=0.4466,
    columns={"lifeGoalsVector": lambda: [EXAMPLE]},
    read=lambda members: read_vectors(members, "lifeGoalsVector"),
    formula=cosines,
    population=population.answered("life_goals"),
    sayings=personal(Saying("aligned_life_goals", "different_life_goals")),
)
