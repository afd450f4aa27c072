"""From answers to signals: three vectors of length one, and readiness from 0 to 100.

1. A member's answers are centred on their own mean and measured in their own spread. Half of the statements
   of a scale are worded the other way round, so the mean tells only how readily a member says yes.
2. A scale is the mean of its centred answers, each turned to the scale's direction. It needs answers to half
   of its statements.
3. Fewer answers are less certain, so a scale is drawn towards the usual member, by the reliability of so many
   answers. A scale without answers is the usual member.
4. What makes a member unlike the usual one, times the loadings, is the direction of a vector.

Turning a statement and its answer round changes nothing: centred answer and key both change their sign.
"""

from __future__ import annotations

import json
import math
from collections import defaultdict
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from functools import cache
from hashlib import sha256

from shared.quiz.questionnaire import (
    DIMENSIONS,
    MIDDLE,
    MOST,
    SIGNALS,
    VECTORS,
    Questionnaire,
    Scale,
    Signal,
    questionnaire,
)

FORMULA = 1
"""One more whenever the arithmetic of this file changes."""
RETEST = 0.6
"""How far two answers of one member to one statement agree, as a correlation."""
LEAST_SPREAD = 0.5
"""Standard deviation of a member's answers, in steps. Answers that are nearly all the same tell nothing."""
_NO_LENGTH = 1e-9

Vector = tuple[float, ...]


@dataclass(frozen=True)
class Signals:
    """What follows from a member's answers. A signal without enough answers is None."""

    vectors: Mapping[Signal, Vector | None]
    """By the signals of `VECTORS`, each of length one."""
    readiness: float | None
    """0 to 100."""

    @property
    def enough(self) -> dict[Signal, bool]:
        """Whether each signal has enough answers."""
        return {signal: self._of(signal) is not None for signal in SIGNALS}

    def _of(self, signal: Signal) -> Vector | float | None:
        return self.readiness if signal == "readiness" else self.vectors[signal]


def signals_of(answers: Mapping[str, int], quiz: Questionnaire | None = None) -> Signals:
    """The signals of answers by statement, 1 to 7. Answers to statements that are gone are ignored.

    >>> signals_of({}).enough
    {'values': False, 'communication': False, 'life_goals': False, 'readiness': False}
    """
    quiz = quiz or questionnaire()
    known = {item: answers[item] for item in quiz.items if item in answers}
    count = max(len(known), 1)
    mean = sum(known.values()) / count
    spread = math.sqrt(sum((value - mean) ** 2 for value in known.values()) / count)
    if spread < LEAST_SPREAD:
        return Signals(dict.fromkeys(VECTORS), None)
    unlike = _unlike(quiz, {item: (value - mean) / spread for item, value in known.items()})
    told = {signal: [pair for pair in unlike if pair[0].signal == signal] for signal in SIGNALS}
    complete = {signal: len(told[signal]) >= quiz.needs[signal] for signal in SIGNALS}
    return Signals(
        {signal: _vector(told[signal]) if complete[signal] else None for signal in VECTORS},
        _readiness(told["readiness"], spread) if complete["readiness"] else None,
    )


def _unlike(quiz: Questionnaire, centred: Mapping[str, float]) -> list[tuple[Scale, float]]:
    """How far a member is from the usual one, on each scale with enough answers."""
    items: dict[str, int] = defaultdict(int)
    turned: dict[str, list[float]] = defaultdict(list)
    for item in quiz.items.values():
        items[item.scale.name] += 1
        if item.id in centred:
            turned[item.scale.name].append(item.key * centred[item.id])
    return [
        (quiz.scales[name], _reliability(len(values)) * (sum(values) / len(values) - quiz.scales[name].usual))
        for name, values in turned.items()
        if 2 * len(values) >= items[name]
    ]


def _reliability(answers: int) -> float:
    """Of the mean of so many answers (Spearman and Brown).

    >>> _reliability(1), _reliability(2)
    (0.6, 0.75)
    """
    return answers * RETEST / (1 + (answers - 1) * RETEST)


def _vector(unlike: Sequence[tuple[Scale, float]]) -> Vector | None:
    """None for a member who is on every scale exactly the usual one: such a vector has no direction."""
    sums = [sum(distance * scale.loadings[at] for scale, distance in unlike) for at in range(DIMENSIONS)]
    length = math.hypot(*sums)
    return tuple(x / length for x in sums) if length > _NO_LENGTH else None


def _readiness(unlike: Sequence[tuple[Scale, float]], spread: float) -> float:
    """50 is a member in the middle of the answers; 3 steps of the mean answer are the whole way."""
    steps = spread * sum(scale.usual + distance for scale, distance in unlike) / len(unlike)
    return round(min(max(50 + 50 * steps / (MOST - MIDDLE), 0.0), 100.0), 2)


@cache
def signals_version() -> str:
    """Twelve hexadecimal digits of a hash over the formula and everything of the data files that it reads."""
    quiz = questionnaire()
    content = {
        "formula": FORMULA,
        "retest": RETEST,
        "least_spread": LEAST_SPREAD,
        "needs": quiz.needs,
        "scales": [[s.name, s.signal, s.usual, s.loadings] for s in quiz.scales.values()],
        "items": [[item.id, item.scale.name, item.key] for item in quiz.items.values()],
    }
    return sha256(json.dumps(content, sort_keys=True, separators=(",", ":")).encode()).hexdigest()[:12]
