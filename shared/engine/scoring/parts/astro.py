"""What two members' birth charts have to say to each other: `synastry`."""

from __future__ import annotations

from shared.engine import reference_charts
from shared.engine.features import synastry
from shared.engine.features.chart_features import read_charts
from shared.engine.part import Part, Saying, personal

_FAMILIES = {
    "emotional": "emotional_resonance",
    "exchange": "easy_exchange",
    "ground": "steady_ground",
}

PART = Part(
    name="astro",
    switch="birthData",
    shares=personal(0.10),
    mean=2.4655,
    deviation=1.5501,
    columns={"chart": reference_charts.examples},
    read=lambda members: (members.read("chart", read_charts),),
    formula=synastry.formula,
    population=reference_charts.communities,
    sayings={
        "romantic": Saying(
            "natural_ease", "creative_friction", {**_FAMILIES, "attraction": "natural_attraction"}
        ),
        # Friends are never told that they may feel drawn to each other: that family has no label of its own
        # there, and the general one of the part stands in.
        "friendship": Saying("natural_ease", "creative_friction", _FAMILIES),
    },
    readings=synastry.readings,
)
