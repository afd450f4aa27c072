"""What members are interested in: words from a few fields, of which everybody has one or two favourites."""

import numpy as np

_FIELDS: tuple[tuple[str, ...], ...] = (
    ("hiking", "cycling", "climbing", "camping", "gardening", "sailing", "skiing"),
    ("running", "yoga", "football", "swimming", "dancing", "martial_arts", "tennis"),
    ("cooking", "baking", "wine", "coffee", "restaurants", "vegan_food", "craft_beer"),
    ("painting", "photography", "theatre", "museums", "design", "fashion", "architecture"),
    ("live_music", "singing", "playing_music", "classical_music", "jazz", "electronic_music", "festivals"),
    ("reading", "writing", "poetry", "languages", "history", "philosophy", "psychology"),
    ("programming", "robotics", "science", "astronomy", "video_games", "board_games", "chess"),
    ("startups", "investing", "public_speaking", "mentoring", "networking", "leadership", "economics"),
    ("travel", "volunteering", "politics", "climate", "animals", "meditation", "cinema"),
)
WORDS = tuple(word for field in _FIELDS for word in field)

PROFESSIONAL = 0.92  # share of members who look for colleagues and name interests
OTHERS = 0.55  # share of all other members who do
MOST = 12  # words a member names
_FAVOURED = 5.0  # times as likely: a word of a favourite field
_POPULAR = 40.0  # times as likely: the best known word of a field, compared with the least known


def draw_interests(rng: np.random.Generator, modes: list[str]) -> list[tuple[str, ...]]:
    """Three to twelve words for each member who names any, in alphabetical order."""
    size, fields = len(modes), len(_FIELDS)
    favoured = np.ones((size, fields))
    # Twice the same field is one favourite.
    favoured[np.arange(size)[:, None], rng.integers(fields, size=(size, 2))] = _FAVOURED
    of_field = np.repeat(np.arange(fields), [len(field) for field in _FIELDS])
    popular = np.concatenate([np.geomspace(_POPULAR, 1.0, len(field)) for field in _FIELDS])
    weights = favoured[:, of_field] * popular
    # The smallest of exponential times at these rates: a draw without putting back.
    first = np.argsort(rng.exponential(size=weights.shape) / weights, axis=1)[:, :MOST].tolist()
    counts = rng.integers(3, MOST + 1, size=size).tolist()
    named = rng.random(size).tolist()
    return [
        tuple(sorted(WORDS[word] for word in words[:count]))
        if x < (PROFESSIONAL if mode == "professional" else OTHERS)
        else ()
        for words, count, x, mode in zip(first, counts, named, modes, strict=True)
    ]
