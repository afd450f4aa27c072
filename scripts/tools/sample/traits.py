"""What members say of themselves, and what they refuse in a partner: drawn, or read from a profile file."""

from collections.abc import Collection, Mapping, Sequence

import numpy as np

TOLD = 0.8  # share of drawn members who say anything of themselves
CHOOSY = 0.45  # share of members who refuse anything
ELSEWHERE = 0.6  # of what they would refuse, when they look for friends or colleagues

_SHARES = {
    "smokes": 0.17,
    "drinks_often": 0.10,
    "uses_drugs": 0.09,
    "has_pets": 0.34,
    "eats_meat": 0.55,
}
_RELIGIOUS, _NOT_RELIGIOUS = 0.20, 0.36
_WANTS_CHILDREN, _WANTS_NONE = 0.38, 0.24

# Who has the trait on the left never refuses it; everybody else refuses it with the share on the right,
# and those who say the word in the middle with its share instead.
_REFUSED: dict[str, tuple[float, Mapping[str, float]]] = {
    "smokes": (0.30, {}),
    "drinks_often": (0.14, {"religious": 0.30}),
    "uses_drugs": (0.32, {"religious": 0.60}),
    "has_children": (0.08, {"wants_no_children": 0.35}),
    "wants_children": (0.0, {"wants_no_children": 0.55}),
    "wants_no_children": (0.0, {"wants_children": 0.55}),
    "has_pets": (0.05, {}),
    "religious": (0.02, {"not_religious": 0.18}),
    "not_religious": (0.01, {"religious": 0.25}),
    "eats_meat": (0.03, {}),
}

TRAITS = tuple(_REFUSED)
"""Every word a member can use, as the database knows them."""

# Of a profile file: column, the words that tell a trait, and the trait. A cell tells it when one of the
# words stands in it, unless one of `but` does.
_LAUGHING = ("laughing about it", "not too serious")
_CELLS: tuple[tuple[str, tuple[str, ...], tuple[str, ...], str], ...] = (
    ("smokes", ("yes", "sometimes", "when drinking", "trying to quit"), (), "smokes"),
    ("drinks", ("often", "desperately"), (), "drinks_often"),
    ("drugs", ("sometimes", "often"), (), "uses_drugs"),
    # "has a kid", "has kids", but not "doesn't have kids"
    ("offspring", ("has a kid", "has kids"), (), "has_children"),
    ("offspring", ("wants kids", "wants them", "wants more"), (), "wants_children"),
    ("offspring", ("doesn't want",), (), "wants_no_children"),
    ("pets", ("has dogs", "has cats"), (), "has_pets"),
    ("religion", ("atheism", "agnosticism"), (), "not_religious"),
    (
        "religion",
        ("christianity", "catholicism", "judaism", "islam", "hinduism", "buddhism"),
        _LAUGHING,
        "religious",
    ),
    ("diet", ("anything",), (), "eats_meat"),
)

COLUMNS = tuple(dict.fromkeys(column for column, *_ in _CELLS))
"""Columns of a profile file that tell traits. None of them has to be there."""


SENSITIVE = ("religious", "not_religious", "uses_drugs")
"""What the values switch covers."""


def allowed(words: list[tuple[str, ...]], signals: Sequence[Collection[str]]) -> list[tuple[str, ...]]:
    """The same without religion and drugs for members whose values switch is off."""
    return [
        tuple(word for word in told if "values" in on or word not in SENSITIVE)
        for told, on in zip(words, signals, strict=True)
    ]


def read_traits(cells: Mapping[str, str]) -> tuple[str, ...]:
    """The traits that the cells of one row tell, lower case and unescaped; an empty cell tells nothing."""
    told = set()
    for column, words, but, trait in _CELLS:
        cell = cells.get(column, "").replace("’", "'")
        if any(word in cell for word in words) and not any(word in cell for word in but):
            told.add(trait)
    return _in_order(told)


def draw_traits(rng: np.random.Generator, ages: list[int]) -> list[tuple[str, ...]]:
    """What drawn members say of themselves; nothing, for a fifth of them."""
    return [_draw(*member) for member in zip(rng.random((len(ages), 9)).tolist(), ages, strict=True)]


def _draw(at: list[float], age: int) -> tuple[str, ...]:
    told, faith, children, wish = at[:4]
    if told >= TOLD:
        return ()
    found = {trait for (trait, share), x in zip(_SHARES.items(), at[4:], strict=True) if x < share}
    if faith < _RELIGIOUS:
        found.add("religious")
    elif faith < _RELIGIOUS + _NOT_RELIGIOUS:
        found.add("not_religious")
    # Children come with the years, and the wish for them goes.
    parent = children < 0.62 / (1.0 + np.exp((37.0 - age) / 5.0))
    wanting = _WANTS_CHILDREN * (0.25 if parent else 1.0) * (1.0 if age < 42 else 0.15)
    if parent:
        found.add("has_children")
    if wish < wanting:
        found.add("wants_children")
    elif wish < wanting + _WANTS_NONE:
        found.add("wants_no_children")
    return _in_order(found)


def draw_deal_breakers(
    rng: np.random.Generator, traits: list[tuple[str, ...]], modes: list[str]
) -> list[tuple[str, ...]]:
    """What each member refuses: never a trait of their own, less where it is not about love."""
    drawn = rng.random((len(traits), 1 + len(TRAITS))).tolist()
    return [_refused(*member) for member in zip(drawn, traits, modes, strict=True)]


def _refused(at: list[float], own: tuple[str, ...], mode: str) -> tuple[str, ...]:
    choosy, *each = at
    if choosy >= CHOOSY:
        return ()
    scale = 1.0 if mode in ("romantic", "both") else ELSEWHERE
    return tuple(
        trait
        for (trait, (share, by)), x in zip(_REFUSED.items(), each, strict=True)
        if trait not in own and x < scale * max([share, *(by[word] for word in own if word in by)])
    )


def _in_order(told: set[str]) -> tuple[str, ...]:
    return tuple(trait for trait in TRAITS if trait in told)
