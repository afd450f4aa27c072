"""How alike two members' values are."""

from __future__ import annotations

from shared.engine import population
from shared.engine.features.vectors import EXAMPLE, cosines, read_vectors
from shared.engine.part import Part, Saying, personal

PART = Part(
    name="values",
    switch="values",
    shares=personal(0.25),
    mean=0.0449,
    deviation=0.3915,
    columns={"valuesVector": lambda: [EXAMPLE]},
    read=lambda members: read_vectors(members, "valuesVector"),
    formula=cosines,
    population=population.answered("values"),
    sayings=personal(Saying("shared_values", "different_values")),
)
