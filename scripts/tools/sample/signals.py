"""Vectors and readiness of the sample members, with the structure real communities have.

A member belongs to one of a few archetypes, is coloured a little by where they live, and is
themself. That is a point in six dimensions; every block (values, communication, life goals) shows
it from its own side, with something only that block knows, so blocks agree without being equal.
"""

import numpy as np
from numpy.typing import NDArray

DIMENSIONS = 16  # of each vector, as the database fixes it
BLOCKS = ("values", "communication", "life_goals")
FACTORS = 6
ARCHETYPES = 9


def draw_vectors(
    rng: np.random.Generator,
    metros: list[str],
    blocks: int = len(BLOCKS),
    kinds: NDArray[np.int64] | None = None,
) -> NDArray[np.float64]:
    """Unit vectors of shape (members, blocks, 16 dimensions), rounded to six digits.

    `kinds` says which archetype each member belongs to, 0 to ARCHETYPES - 1; None draws that too.
    """
    size = len(metros)
    regions, region = np.unique(np.array(metros, dtype=np.str_), return_inverse=True)
    archetypes = rng.normal(0.0, 1.0, (ARCHETYPES, FACTORS))
    colours = rng.normal(0.0, 0.35, (len(regions), FACTORS))
    loadings = rng.normal(0.0, 1.0, (blocks, FACTORS, DIMENSIONS)) / np.sqrt(FACTORS)
    if kinds is None:
        sizes = rng.dirichlet(np.full(ARCHETYPES, 4.0))
        kinds = rng.choice(ARCHETYPES, size=size, p=sizes)

    person = archetypes[kinds] + colours[region]
    person = person + rng.normal(0.0, 0.6, (size, FACTORS))
    vectors = np.empty((size, blocks, DIMENSIONS))
    for block in range(blocks):
        shown = person + rng.normal(0.0, 0.5, (size, FACTORS))
        vectors[:, block] = shown @ loadings[block] + rng.normal(0.0, 0.7, (size, DIMENSIONS))
    vectors /= np.linalg.norm(vectors, axis=2, keepdims=True)
    return np.round(vectors, 6)
