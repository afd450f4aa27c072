"""What two members' Human Design charts make together: `composite`."""

from __future__ import annotations

from shared.engine import reference_charts
from shared.engine.features import composite
from shared.engine.features.chart_features import read_charts
from shared.engine.part import Part, Saying, personal

PART = Part(
    name="hd",
    switch="birthData",
    shares=personal(0.10),
    mean=3.5871,
    deviation=2.4337,
    columns={"chart": reference_charts.examples},
    read=lambda members: (members.read("chart", read_charts),),
    formula=composite.formula,
    population=reference_charts.communities,
    sayings=personal(
        Saying(
            "shared_energy",
            "different_rhythm",
            {"complementary": "complementary_energies", "familiar": "familiar_rhythm"},
        )
    ),
    readings=composite.readings,
)
