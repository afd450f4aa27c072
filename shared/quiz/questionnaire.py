"""What the data files say: scales, statements and loadings."""

from __future__ import annotations

import tomllib
from collections.abc import Mapping
from dataclasses import dataclass
from functools import cache
from importlib.resources import files
from typing import Any, Literal

Signal = Literal["values", "communication", "life_goals", "readiness"]
Area = Literal["values", "communication", "lifeGoals", "readiness"]

VECTORS: tuple[Signal, ...] = ("values", "communication", "life_goals")
"""Signals that are vectors. Readiness is a number."""
SIGNALS: tuple[Signal, ...] = (*VECTORS, "readiness")
AREAS: Mapping[Signal, Area] = {
    "values": "values",
    "communication": "communication",
    "life_goals": "lifeGoals",
    "readiness": "readiness",
}
"""Signals as clients read them."""
LEAST, MIDDLE, MOST = 1, 4, 7
"""Answers: not at all, in between, completely."""
DIMENSIONS = 16
FALLBACK = "en"


@dataclass(frozen=True)
class Scale:
    """What some statements measure. `usual` is the expected middle member, in spreads of one's answers."""

    name: str
    signal: Signal
    line: str
    usual: float
    romance: bool
    loadings: tuple[float, ...]
    """Of a scale of a vector, `DIMENSIONS` numbers; of readiness, none."""


@dataclass(frozen=True)
class Item:
    """A statement. `key` is 1 where a yes stands for its scale, -1 where it stands against it."""

    id: str
    scale: Scale
    key: int
    texts: Mapping[str, str]
    """By language."""

    @property
    def area(self) -> Area:
        """The signal that the statement feeds, as clients read it."""
        return AREAS[self.scale.signal]

    def text(self, language: str | None) -> str:
        """The statement in a language, in English where it has none in that language."""
        return self.texts.get(language or FALLBACK) or self.texts[FALLBACK]


@dataclass(frozen=True)
class Questionnaire:
    """All statements in the order in which they are asked, and the scales they belong to."""

    version: str
    items: Mapping[str, Item]
    scales: Mapping[str, Scale]
    needs: Mapping[Signal, int]
    """Scales of a signal that must have answers."""

    def asked(self, *, friendship_only: bool) -> tuple[Item, ...]:
        """The statements for a member. Members who only look for friends are not asked about romance."""
        return tuple(item for item in self.items.values() if not (friendship_only and item.scale.romance))

    def concerns_friendship(self, signal: Signal) -> bool:
        """Whether a member who only looks for friends can complete the signal."""
        return any(scale.signal == signal and not scale.romance for scale in self.scales.values())


@cache
def questionnaire() -> Questionnaire:
    """The questionnaire that is in force."""
    told, loadings, asked = (_read(name) for name in ("scales", "loadings", "items"))
    scales = {
        name: Scale(
            name,
            scale["signal"],
            scale["line"],
            scale["usual"],
            scale.get("romance", False),
            tuple(map(float, loadings.get(scale["signal"], {}).get(name, ()))),
        )
        for name, scale in told["scales"].items()
    }
    items = {
        item["id"]: Item(item["id"], scales[item["scale"]], item["key"], {"en": item["en"], "de": item["de"]})
        for item in asked["items"]
    }
    needs = {signal: rule["needs"] for signal, rule in told["signals"].items()}
    return Questionnaire(asked["version"], items, scales, needs)


def _read(name: str) -> dict[str, Any]:
    return tomllib.loads(files(__package__).joinpath(f"{name}.toml").read_text("utf-8"))
