"""Simulated members who answer the questionnaire, for the sample community, reference constants and tests.

A member has a truth on each scale. To a statement they answer the truth, disturbed by the moment, so that an
answer repeats itself with the correlation `RETEST`. Some say yes more readily than others. Answers are whole
steps from 1 to 7. Nothing here claims to describe real people.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence

import numpy as np
import numpy.typing as npt

from shared.quiz.questionnaire import LEAST, MIDDLE, MOST, VECTORS, Scale, Signal, questionnaire

Real = npt.NDArray[np.float64]
Whole = npt.NDArray[np.int64]

STEPS = 1.5
"""Steps of the answer that one standard deviation of the truth moves it."""
SHARE = 0.6
"""How much of an answer is the truth, of its variance. The rest is the moment."""
YES = 0.5
"""Standard deviation of how readily members say yes, in steps."""
FACTORS = 6
KINDS = 9
"""Kinds of people in one community."""
REGION, SELF, OWN = 0.35, 0.6, 0.7
"""Standard deviations: of regions, of members of one kind, and of what only one scale knows."""


def scales() -> tuple[Scale, ...]:
    """The scales, in the order of the columns of a truth."""
    return tuple(questionnaire().scales.values())


def draw_answers(rng: np.random.Generator, truth: Real, yes: Real | None = None) -> Whole:
    """(members, items): one sitting's answers. `truth`: (members, scales), standard normal on each scale.

    `yes`: how many steps each member's answers are moved towards yes; drawn where it is not given.
    """
    column = {scale: at for at, scale in enumerate(scales())}
    items = questionnaire().items.values()
    own = truth[:, [column[item.scale] for item in items]]
    usual = np.array([item.scale.usual for item in items])
    keys = np.array([item.key for item in items])
    moment = rng.normal(0.0, 1.0, own.shape)
    if yes is None:
        yes = rng.normal(0.0, YES, len(truth))
    leaning = keys * (usual + np.sqrt(SHARE) * own + np.sqrt(1 - SHARE) * moment)
    answers: Whole = np.rint(MIDDLE + STEPS * leaning + yes[:, None]).clip(LEAST, MOST).astype(np.int64)
    return answers


def named(answers: Whole) -> dict[str, int]:
    """One member's answers by statement."""
    return dict(zip(questionnaire().items, answers.tolist(), strict=True))


def true_vectors(truth: Real) -> Mapping[Signal, Real]:
    """(members, dimensions) of length one: the vectors of members whose truth is known without error."""
    found = {}
    for signal in VECTORS:
        own = [(at, scale.loadings) for at, scale in enumerate(scales()) if scale.signal == signal]
        sums = truth[:, [at for at, _ in own]] @ np.array([loadings for _, loadings in own])
        found[signal] = sums / np.linalg.norm(sums, axis=1, keepdims=True)
    return found


def draw_truth(rng: np.random.Generator, regions: Sequence[int]) -> Real:
    """(members, scales): truths of members of these regions, normal on each scale, and alike within groups.

    A member is one of a few kinds of people, is coloured by their region, and is themself. That is a point in
    six dimensions. Each scale shows a direction of it, and something that only this scale knows. Scales of
    readiness share a direction.
    """
    size, columns = len(regions), len(scales())
    kinds = rng.normal(0.0, 1.0, (KINDS, FACTORS))
    colours = rng.normal(0.0, REGION, (max(regions, default=0) + 1, FACTORS))
    directions = rng.normal(0.0, 1.0, (FACTORS, columns))
    ready = [at for at, scale in enumerate(scales()) if scale.signal == "readiness"]
    directions[:, ready] = directions[:, ready[:1]]
    shares = rng.dirichlet(np.full(KINDS, 4.0))
    person = kinds[rng.choice(KINDS, size=size, p=shares)] + colours[list(regions)]
    person += rng.normal(0.0, SELF, person.shape)
    shown = person @ directions + rng.normal(0.0, OWN * np.sqrt(FACTORS), (size, columns))
    truth: Real = shown / np.sqrt(FACTORS * (1 + REGION**2 + SELF**2 + OWN**2))
    return truth
