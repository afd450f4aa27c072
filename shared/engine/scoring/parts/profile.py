"""How alike two members' work is, by the feature vector that an operator's pipeline stored."""

from __future__ import annotations

from shared.engine import population
from shared.engine.features.vectors import EXAMPLE, cosines, read_vectors
from shared.engine.part import Part, Saying

PART = Part(
    name="profile",
    switch="values",
    shares={"professional": 0.30},
    mean=0.0672,
    deviation=0.3926,
    columns={"profileVector": lambda: [EXAMPLE]},
    read=lambda members: read_vectors(members, "profileVector"),
    formula=cosines,
    population=population.vectors,
    sayings={"professional": Saying("related_work", "different_work")},
)
