"""The reference population: where the constants that standardise the blocks come from.

A score compares a pair with the usual pair. "Usual" must not move with whoever is in the pool today, or a
stored score would mean something else tomorrow; so it is frozen, as the mean and the deviation of a
block's raw value over all pairs of members of drawn communities, pooled over many communities:

* vectors: a member is one of a few archetypes, coloured by a region, and themself, which is a point in six
  dimensions; a block shows that point through random directions of its own, adds what only this block
  knows, and scales the result to length one. All three vector blocks follow this law and share constants;
* readiness: beta distributed around two thirds, on 0 to 100; a pair has the lower of the two.

The sample community is drawn by the same law, so its median pair scores about 50.
`python -m shared.engine.reference` prints the constants for `configuration`; a test holds the two equal.
Nothing here claims to describe real people: with real vectors at hand, derive the constants from them and
replace the numbers in the configuration; the engine's version changes with them.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from shared.engine.configuration import CONFIGURATION
from shared.engine.pool import Real


@dataclass(frozen=True)
class Population:
    """The law the reference communities are drawn by. Scales are standard deviations."""

    seed: int = 20260221
    communities: int = 60
    """Many, because a single community's mean cosine depends on where its archetypes happen to lie."""
    members: int = 400
    """Of each community."""
    factors: int = 6
    archetypes: int = 9
    archetype_sizes: float = 4.0
    """Concentration of the Dirichlet law of archetype sizes: the larger, the more equal."""
    regions: int = 12
    region_scale: float = 0.35
    member_scale: float = 0.6
    block_scale: float = 0.5
    noise_scale: float = 0.7
    readiness_alpha: float = 4.5
    readiness_beta: float = 2.2


@dataclass(frozen=True)
class Moments:
    """Mean and standard deviation of a raw value over pairs."""

    mean: float
    deviation: float


POPULATION = Population()


def draw_vectors(rng: np.random.Generator, law: Population) -> Real:
    """Unit vectors, (members, dimensions), of one block of one community."""
    dimensions = CONFIGURATION.vector_dimensions
    archetypes = rng.normal(0.0, 1.0, (law.archetypes, law.factors))
    regions = rng.normal(0.0, law.region_scale, (law.regions, law.factors))
    loadings = rng.normal(0.0, 1.0, (law.factors, dimensions)) / np.sqrt(law.factors)
    sizes = rng.dirichlet(np.full(law.archetypes, law.archetype_sizes))
    person = archetypes[rng.choice(law.archetypes, size=law.members, p=sizes)]
    person = person + regions[rng.integers(law.regions, size=law.members)]
    person = person + rng.normal(0.0, law.member_scale, person.shape)
    shown = person + rng.normal(0.0, law.block_scale, person.shape)
    drawn = shown @ loadings + rng.normal(0.0, law.noise_scale, (law.members, dimensions))
    unit: Real = drawn / np.linalg.norm(drawn, axis=1, keepdims=True)
    return unit


def draw_readiness(rng: np.random.Generator, law: Population) -> Real:
    """Readiness, 0 to 100, of the members of one community."""
    return 100.0 * rng.beta(law.readiness_alpha, law.readiness_beta, size=law.members)


def moments(law: Population = POPULATION) -> dict[str, Moments]:
    """The constants of `vectors` (a cosine) and `readiness`, unrounded."""
    rng = np.random.default_rng(law.seed)
    pairs = np.triu_indices(law.members, 1)
    cosines, readiness = [], []
    for _ in range(law.communities):
        vectors = draw_vectors(rng, law)
        cosines.append((vectors @ vectors.T)[pairs])
        ready = draw_readiness(rng, law)
        readiness.append(np.minimum(ready[pairs[0]], ready[pairs[1]]))
    raw = {"vectors": np.concatenate(cosines), "readiness": np.concatenate(readiness)}
    return {name: Moments(float(values.mean()), float(values.std())) for name, values in raw.items()}


if __name__ == "__main__":
    for name, found in moments().items():
        print(f"{name:10} mean {found.mean:9.4f}  deviation {found.deviation:9.4f}")
