"""The reference population: where the constants that standardise the blocks come from.

A score compares a pair with the usual pair. "Usual" must not move with whoever is in the pool today, or a
stored score would mean something else tomorrow; so it is frozen, as the mean and the deviation of a
block's raw value over all pairs of members of drawn communities, pooled over many communities:

* vectors: a member is one of a few archetypes, coloured by a region, and themself, which is a point in six
  dimensions; a block shows that point through random directions of its own, adds what only this block
  knows, and scales the result to length one. All three vector blocks follow this law and share constants;
* readiness: beta distributed around two thirds, on 0 to 100; a pair has the lower of the two;
* interests: a few words of a catalogue in which some are far more popular than others;
* homes: scattered around the middle of a town;
* industries: uneven in size; people name up to three they would like to meet;
* activity: beta distributed, on 0 to 100.

Charts have a law of their own, `shared.engine.reference_charts`.

The sample community is drawn by the same law, so its median pair scores about 50.
`python -m shared.engine.reference` prints the constants for `configuration`; a test holds the two equal.
Nothing here claims to describe real people: with real vectors at hand, derive the constants from them and
replace the numbers in the configuration; the engine's version changes with them.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from shared.engine.configuration import CONFIGURATION
from shared.engine.pool.pool import Flags, Real, Whole


@dataclass(frozen=True)
class Population:
    """The law the reference communities are drawn by. Scales are standard deviations."""

    seed: int = 20260221
    communities: int = 60
    """Many, because a single community's mean cosine depends on where its archetypes happen to lie."""
    working_communities: int = 10
    """For the blocks of professional mode, which do not depend on archetypes."""
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
    catalogue: int = 60
    """Interests there are; the n-th is 1/n as popular as the first."""
    most_interests: int = 10
    town_km: float = 25.0
    """Of homes around the middle, north and east each."""
    industries: int = 14
    most_wanted: int = 3
    activity_alpha: float = 2.0
    activity_beta: float = 2.0


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


def draw_sets(rng: np.random.Generator, members: int, words: int, least: int, most: int) -> Flags:
    """(members, words): each member picks `least` to `most` words, the n-th with weight 1/n."""
    popularity = 1.0 / np.arange(1, words + 1)
    # The largest of log(weight)/uniform-like keys: drawing without replacement by weight.
    keys = rng.exponential(1.0, (members, words)) / popularity
    picked = keys.argsort(axis=1).argsort(axis=1) < rng.integers(least, most + 1, members)[:, None]
    chosen: Flags = picked
    return chosen


def moments(law: Population = POPULATION) -> dict[str, Moments]:
    """The constants of `vectors` (a cosine) and of the other blocks by name, unrounded."""
    low, high = np.triu_indices(law.members, 1)
    raw: dict[str, list[Real]] = {}
    rng = np.random.default_rng(law.seed)
    for _ in range(law.communities):
        vectors = draw_vectors(rng, law)
        ready = draw_readiness(rng, law)
        raw.setdefault("vectors", []).append((vectors @ vectors.T)[low, high])
        raw.setdefault("readiness", []).append(np.minimum(ready[low], ready[high]))
    rng = np.random.default_rng([law.seed, 1])
    for _ in range(law.working_communities):
        for name, values in _professional(rng, law, low, high).items():
            raw.setdefault(name, []).append(values)
    pooled = {name: np.concatenate(values) for name, values in raw.items()}
    return {name: Moments(float(values.mean()), float(values.std())) for name, values in pooled.items()}


def _professional(rng: np.random.Generator, law: Population, low: Whole, high: Whole) -> dict[str, Real]:
    likes = draw_sets(rng, law.members, law.catalogue, 1, law.most_interests).astype(np.float64)
    common = (likes @ likes.T)[low, high]
    named = likes.sum(axis=1)
    homes = rng.normal(0.0, law.town_km, (law.members, 2))
    apart = np.sqrt(((homes[low] - homes[high]) ** 2).sum(axis=1))
    own = draw_sets(rng, law.members, law.industries, 1, 1)
    suits = (own | draw_sets(rng, law.members, law.industries, 0, law.most_wanted)).astype(np.float64)
    meets = suits @ own.astype(np.float64).T
    active = rng.beta(law.activity_alpha, law.activity_beta, law.members)
    return {
        "interests": common / (named[low] + named[high] - common),
        "location": np.maximum(0.0, 1.0 - apart / CONFIGURATION.near_km),
        "industry": 0.5 * meets[low, high] + 0.5 * meets[high, low],
        "activity": 1.0 - np.abs(active[low] - active[high]),
    }


if __name__ == "__main__":
    for name, found in moments().items():
        print(f"{name:10} mean {found.mean:9.4f}  deviation {found.deviation:9.4f}")
