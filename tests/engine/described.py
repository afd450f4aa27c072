"""What is told of pairs once more, one pair after the other by `explain`: the reference of `facts_of`."""

from __future__ import annotations

from shared.engine.configuration import CONFIGURATION
from shared.engine.features.certainty import pair_instants
from shared.engine.pool.pool import MODE_BITS, Pool, Whole
from shared.engine.runs.facts import Described
from shared.engine.scoring.explanation import Certainty, explain
from shared.engine.scoring.labels import CARRIES
from shared.engine.scoring.parts import PARTS
from shared.engine.scoring.scores import Detail, detail, score, two_decimals

_MODES = {bit: name for name, bit in MODE_BITS.items()}
_NAMES = tuple(block.name for block in CONFIGURATION.blocks)
_READINGS = {part.name: part.readings for part in PARTS if part.readings is not None}


def described(pool: Pool, low: Whole, high: Whole) -> list[Described]:
    """Pairs (positions, low below high, each once) as they are told, in their order."""
    terms = detail(pool, low, high)
    labels = _labels(pool, low, high, terms)
    return [
        Described(
            mode=_MODES[int(terms.modes[at])],
            breakdown={
                name: two_decimals(score(z))
                for name, z, present in zip(
                    _NAMES, terms.z[at].tolist(), terms.present[at].tolist(), strict=True
                )
                if present
            },
            labels=labels[at],
        )
        for at in range(len(low))
    ]


def _labels(pool: Pool, low: Whole, high: Whole, terms: Detail) -> list[list[str]]:
    instants = pair_instants(pool.charts, low, high)
    of_charts = {}
    for name, readings in _READINGS.items():
        block = CONFIGURATION.blocks[_NAMES.index(name)]
        tension = block.mean + CONFIGURATION.tension_below * block.deviation
        of_charts[name] = readings(instants, block.mean, tension, CARRIES)
    certain = pool.charts.exact[low] & pool.charts.exact[high]
    found = []
    for at in range(len(low)):
        shared = {name: block for block, name in enumerate(_NAMES) if terms.present[at, block]}
        charts = {name: read for name, read in of_charts.items() if name in shared}
        found.append(
            explain(
                _MODES[int(terms.modes[at])],
                {name: float(terms.z[at, block]) for name, block in shared.items()},
                {name: float(terms.weights[at, block]) for name, block in shared.items()},
                {
                    name: {family: float(sums[at]) for family, sums in read.families.items()}
                    for name, read in charts.items()
                },
                {}
                if certain[at]
                else {
                    name: Certainty(float(read.strength[at]), float(read.tension[at]), float(read.family[at]))
                    for name, read in charts.items()
                },
            )
        )
    return found
