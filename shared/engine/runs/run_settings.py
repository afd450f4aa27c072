"""What an operator decides about a run."""

from __future__ import annotations

import math
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any


class RulesError(ValueError):
    """The settings cannot be read."""


@dataclass(frozen=True)
class Rules:
    """`match_min_score`: the lowest score (0 to 100) a proposal may have. `min_fit`: how many people must fit
    what a member looks for before the member is proposed to anybody."""

    match_min_score: float = 50.0
    min_fit: int = 0

    def __post_init__(self) -> None:
        least = self.match_min_score
        if type(least) not in (int, float) or not math.isfinite(least) or not 0 <= least <= 100:
            raise RulesError("matchMinScore: not a number from 0 to 100")
        if type(self.min_fit) is not int or self.min_fit < 0:
            raise RulesError("minFit: not a whole number from 0")

    @classmethod
    def parse(cls, settings: Any) -> Rules:
        """The rules in `settings` of an answer of `load_pool`. Raises `RulesError`."""
        if not isinstance(settings, Mapping):
            raise RulesError("settings: not an object")
        return cls(settings.get("matchMinScore"), settings.get("minFit"))  # type: ignore[arg-type]
