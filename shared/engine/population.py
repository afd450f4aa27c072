"""The reference population: the law by which its communities are drawn.

A score compares a pair with the usual pair. "Usual" must not move with whoever is in the pool today, or a
stored score would mean something else tomorrow; so it is frozen, as the mean and the deviation of a
block's raw value over all pairs of members of drawn communities, pooled over many communities:

* values, communication, goals in life, readiness: simulated members answer the questionnaire, as
  `shared.quiz.people` draws them, and the signals are made of their answers;
* professional profiles: a member is one of a few archetypes, coloured by a region, and themself, which is a
  point in six dimensions; random directions show that point, with what only the profile knows, scaled to
  length one;
* interests: up to twenty words of a catalogue in which some are far more popular than others;
* homes: scattered around the middle of a town;
* industries: uneven in size; people name up to three they would like to meet;
* activity: beta distributed, on 0 to 100;
* goals: up to three each, some of them far more common;
* job levels and company sizes: uneven; people name up to three of each they would like to meet.

Charts have a law of their own, `shared.engine.reference_charts`.

The sample community is drawn by the same law, so its median pair scores about 50.
Nothing here claims to describe real people: with real answers at hand, derive the constants from them and
replace the numbers in the files of the parts; the engine's version changes with them.
`shared.engine.reference` makes the constants of it.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import dataclass
from functools import cache
from typing import NamedTuple

import numpy as np
import numpy.typing as npt

from shared.engine.columns import weighted_bits
from shared.engine.features.vectors import DIMENSIONS
from shared.engine.networking_goals import ANSWERS, GOALS
from shared.places.grid import EARTH_RADIUS_KM
from shared.quiz.people import draw_answers, draw_truth, named
from shared.quiz.questionnaire import VECTORS, Signal
from shared.quiz.scoring import signals_of

Real = npt.NDArray[np.float64]
Flags = npt.NDArray[np.bool_]
Words = npt.NDArray[np.uint64]


@dataclass(frozen=True)
class Population:
    """The law the reference communities are drawn by. Scales are standard deviations."""

    seed: int = 20260221
    communities: int = 60
    """Many, because a single community's mean cosine depends on where its archetypes happen to lie."""
    working_communities: int = 10
    """For the blocks of professional mode, which do not depend on archetypes."""
    answering: int = 150
    """Members of each of these who answer the questionnaire."""
    members: int = 400
    """Of each community of the others."""
    factors: int = 6
    archetypes: int = 9
    archetype_sizes: float = 4.0
    """Concentration of the Dirichlet law of archetype sizes: the larger, the more equal."""
    regions: int = 12
    region_scale: float = 0.35
    member_scale: float = 0.6
    block_scale: float = 0.5
    noise_scale: float = 0.7
    catalogue: int = 300
    """Interests there are; the n-th is 1 / sqrt(n) as popular as the first."""
    least_interests: int = 3
    most_interests: int = 20
    town_km: float = 25.0
    """Of homes around the middle, north and east each."""
    industries: int = 14
    most_wanted: int = 3
    activity_alpha: float = 2.0
    activity_beta: float = 2.0
    most_goals: int = 3
    levels: int = 8
    sizes: int = 7


POPULATION = Population()


INTEREST_STEPS = 4
"""Interests weigh 1 to this."""


def interest_weight(holders: int, members: int) -> int:
    """What an interest weighs that so many of all members chose, 1 to 4: a logarithm of its inverse share in
    steps of a factor of four. As `private.interest_weight` in the database, which says why."""
    return 1 + sum(step * (holders + 10) <= members + 20 for step in (8, 32, 128))


def draw_vectors(rng: np.random.Generator, law: Population) -> Real:
    """Unit vectors, (members, dimensions), of one block of one community."""
    archetypes = rng.normal(0.0, 1.0, (law.archetypes, law.factors))
    regions = rng.normal(0.0, law.region_scale, (law.regions, law.factors))
    loadings = rng.normal(0.0, 1.0, (law.factors, DIMENSIONS)) / np.sqrt(law.factors)
    sizes = rng.dirichlet(np.full(law.archetypes, law.archetype_sizes))
    person = archetypes[rng.choice(law.archetypes, size=law.members, p=sizes)]
    person = person + regions[rng.integers(law.regions, size=law.members)]
    person = person + rng.normal(0.0, law.member_scale, person.shape)
    shown = person + rng.normal(0.0, law.block_scale, person.shape)
    drawn = shown @ loadings + rng.normal(0.0, law.noise_scale, (law.members, DIMENSIONS))
    unit: Real = drawn / np.linalg.norm(drawn, axis=1, keepdims=True)
    return unit


def draw_sets(
    rng: np.random.Generator, members: int, words: int, least: int, most: int, power: float = 1.0
) -> Flags:
    """(members, words): each member picks `least` to `most` words, the n-th with weight 1 / n ** power."""
    popularity = 1.0 / np.arange(1, words + 1) ** power
    # The largest of log(weight)/uniform-like keys: drawing without replacement by weight.
    keys = rng.exponential(1.0, (members, words)) / popularity
    picked = keys.argsort(axis=1).argsort(axis=1) < rng.integers(least, most + 1, members)[:, None]
    chosen: Flags = picked
    return chosen


def answered(signal: Signal) -> Callable[[], Iterator[tuple[Real, Flags]]]:
    """Of each community one signal of those who answer the questionnaire, and who has it: unit vectors as
    `shared.engine.features.vectors.cosines` reads them, or readiness."""
    return lambda: iter(_answering(POPULATION)[signal])


@cache
def _answering(law: Population) -> dict[Signal, list[tuple[Real, Flags]]]:
    rng = np.random.default_rng([law.seed, 4])
    found: dict[Signal, list[tuple[Real, Flags]]] = {signal: [] for signal in (*VECTORS, "readiness")}
    for _ in range(law.communities):
        truth = draw_truth(rng, rng.integers(law.regions, size=law.answering).tolist())
        told = [signals_of(named(sitting)) for sitting in draw_answers(rng, truth)]
        for signal in VECTORS:
            own = [one.vectors[signal] for one in told]
            drawn = np.array([vector or (0.0,) * DIMENSIONS for vector in own])
            found[signal].append((drawn, np.array([vector is not None for vector in own])))
        ready = [one.readiness for one in told]
        there = np.array([value is not None for value in ready])
        found["readiness"].append((np.array([value or 0.0 for value in ready]), there))
    return found


def vectors(law: Population = POPULATION) -> Iterator[tuple[Real, Flags]]:
    """Professional profiles of each community, as `shared.engine.features.vectors.cosines` reads them."""
    rng = np.random.default_rng(law.seed)
    for _ in range(law.communities):
        drawn = draw_vectors(rng, law)
        yield drawn, np.ones(len(drawn), dtype=np.bool_)


def interests(law: Population = POPULATION) -> Iterator[tuple[Words, npt.NDArray[np.int64]]]:
    """Interests as bits, with weights by how many of all communities share them."""
    rng = np.random.default_rng([law.seed, 2])
    everybody = law.members * law.working_communities
    likes = draw_sets(rng, everybody, law.catalogue, law.least_interests, law.most_interests, 0.5)
    weights = [interest_weight(int(holders), everybody) for holders in likes.sum(axis=0)]
    for community in np.split(likes, law.working_communities):
        chosen = [{f"{word:03}": weights[word] for word in np.flatnonzero(row)} for row in community]
        yield weighted_bits(chosen, INTEREST_STEPS)


def places(law: Population = POPULATION) -> Iterator[tuple[Real, Flags]]:
    """Homes as points on a plane that touches the unit sphere, and that everybody has one."""
    for drawn in _professional(law):
        flat = np.zeros((len(drawn.homes), 1))
        yield np.hstack([drawn.homes / EARTH_RADIUS_KM, flat]), np.ones(len(flat), dtype=np.bool_)


def industries(law: Population = POPULATION) -> Iterator[tuple[Words, Words]]:
    """The own industry and those that members would like to meet, as the same bits."""
    for drawn in _professional(law):
        yield _bits(drawn.own), _bits(drawn.wanted)


def activity(law: Population = POPULATION) -> Iterator[tuple[Real, Flags]]:
    """Activity, 0 to 100, and that everybody has one."""
    for drawn in _professional(law):
        yield 100.0 * drawn.active, np.ones(len(drawn.active), dtype=np.bool_)


def goals(law: Population = POPULATION) -> Iterator[tuple[Words, Words]]:
    """Goals, and the goals that these answer, as the same bits of `GOALS`: flat, one word a member."""
    rng = np.random.default_rng([law.seed, 2])
    answer = [GOALS.index(ANSWERS[goal]) for goal in GOALS]
    for _ in range(law.working_communities):
        chosen = draw_sets(rng, law.members, len(GOALS), 1, law.most_goals)
        yield _bits(chosen)[:, 0], _bits(chosen[:, answer])[:, 0]


def positions(law: Population = POPULATION) -> Iterator[tuple[Words, Words, Words, Words]]:
    """Own level and those that members would like to meet, own size and those likewise, one word a member."""
    rng = np.random.default_rng([law.seed, 3])
    for _ in range(law.working_communities):
        level, wanted_levels, size, wanted_sizes = (
            _bits(draw_sets(rng, law.members, words, *counts))[:, 0]
            for words in (law.levels, law.sizes)
            for counts in ((1, 1), (0, law.most_wanted))
        )
        yield level, wanted_levels, size, wanted_sizes


class _Professional(NamedTuple):
    homes: Real
    own: Flags
    wanted: Flags
    active: Real


def _professional(law: Population) -> Iterator[_Professional]:
    rng = np.random.default_rng([law.seed, 1])
    for _ in range(law.working_communities):
        yield _Professional(
            homes=rng.normal(0.0, law.town_km, (law.members, 2)),
            own=draw_sets(rng, law.members, law.industries, 1, 1),
            wanted=draw_sets(rng, law.members, law.industries, 0, law.most_wanted),
            active=rng.beta(law.activity_alpha, law.activity_beta, law.members),
        )


def _bits(chosen: Flags) -> Words:
    """(members, 1): up to 64 flags of each member as one word."""
    places = np.uint64(1) << np.arange(chosen.shape[1], dtype=np.uint64)
    words: Words = np.where(chosen, places, np.uint64(0)).sum(axis=1, dtype=np.uint64)[:, None]
    return words
