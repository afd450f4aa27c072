"""Independent streams of random numbers, one per topic, all from one seed."""

import numpy as np


def stream(seed: int, topic: str) -> np.random.Generator:
    """The numbers of one topic: a further draw on another topic leaves them as they are."""
    return np.random.default_rng([seed, *topic.encode()])
