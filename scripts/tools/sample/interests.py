"""What members are interested in: words of the catalogue, of which everybody has a few favourite subjects."""

from collections import Counter
from collections.abc import Sequence

import numpy as np

from shared.engine.population import interest_weight
from shared.interests import catalogue

_SUBJECTS = tuple(tuple(interest.slug for interest in subject.interests) for subject in catalogue())
WORDS = tuple(word for subject in _SUBJECTS for word in subject)

PROFESSIONAL = 0.92  # share of members who look for colleagues and name interests
OTHERS = 0.8  # share of all other members who do
LEAST, MOST = 3, 20  # words a member names
_FAVOURITES = 3  # subjects, the same one more than once being one
_FAVOURED = 8.0  # times as likely: a word of a favourite subject
_POPULAR = 20.0  # times as likely: the first word of a subject, compared with the last


def draw_interests(rng: np.random.Generator, modes: list[str]) -> list[tuple[str, ...]]:
    """Some words for each member who names any, in alphabetical order."""
    size, subjects = len(modes), len(_SUBJECTS)
    favoured = np.ones((size, subjects))
    favoured[np.arange(size)[:, None], rng.integers(subjects, size=(size, _FAVOURITES))] = _FAVOURED
    of_subject = np.repeat(np.arange(subjects), [len(subject) for subject in _SUBJECTS])
    popular = np.concatenate([np.geomspace(_POPULAR, 1.0, len(subject)) for subject in _SUBJECTS])
    first = np.empty((size, MOST), dtype=np.int64)
    for start in range(0, size, 10_000):
        rows = slice(start, start + 10_000)
        weights = favoured[rows, of_subject] * popular
        # The smallest of exponential times at these rates: a draw without putting back.
        first[rows] = np.argsort(rng.exponential(size=weights.shape) / weights, axis=1)[:, :MOST]
    counts = rng.integers(LEAST, MOST + 1, size=size).tolist()
    named = rng.random(size).tolist()
    return [
        tuple(sorted(WORDS[word] for word in words[:count]))
        if x < (PROFESSIONAL if mode == "professional" else OTHERS)
        else ()
        for words, count, x, mode in zip(first.tolist(), counts, named, modes, strict=True)
    ]


def weights_of(chosen: Sequence[Sequence[str]]) -> dict[str, int]:
    """What each interest weighs among members who chose these, as the database weighs it."""
    holders = Counter(word for words in chosen for word in words)
    members = sum(bool(words) for words in chosen)
    return {word: interest_weight(holders[word], members) for word in WORDS}
