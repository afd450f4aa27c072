"""How alike two members' ways of communicating are."""

from __future__ import annotations

from shared.engine import population
from shared.engine.features.vectors import EXAMPLE, cosines, read_vectors
from shared.engine.part import Part, Saying, personal

PART = Part(
    name="communication",
    switch="values",
    shares=personal(0.20),
    mean=0.0444,
    deviation=0.4767,
    columns={"communicationVector": lambda: [EXAMPLE]},
    read=lambda members: read_vectors(members, "communicationVector"),
    formula=cosines,
    population=population.answered("communication"),
    sayings=personal(Saying("kindred_communication", "different_communication")),
)
