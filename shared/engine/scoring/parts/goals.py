"""How well two members' goals answer each other: who looks for a mentor meets a mentor."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import numpy as np
import numpy.typing as npt

from shared.engine import population
from shared.engine.columns import Members, word_bits
from shared.engine.compiled import compiled
from shared.engine.networking_goals import ANSWERS, GOALS
from shared.engine.part import Arrays, Part, Saying


def _goals(name: str, entries: Sequence[Any]) -> npt.NDArray[np.uint64]:
    """As bits of `GOALS`: what each member wants; nothing where it is null."""
    return word_bits(name, [[] if goals is None else goals for goals in entries], GOALS)


def _answers(name: str, entries: Sequence[Any]) -> npt.NDArray[np.uint64]:
    """As the same bits: the goals of others that each member answers."""
    return word_bits(name, [[ANSWERS[goal] for goal in goals or []] for goals in entries], GOALS)


def _read(members: Members) -> Arrays:
    """The member's goals, and the goals that these answer, as the same bits."""
    return members.read("goals", _goals), members.read("goals", _answers)


@compiled
def _count(bits: int) -> int:
    count = 0
    left = np.uint64(bits)
    while left:
        left &= left - np.uint64(1)
        count += 1
    return count


@compiled
def _answered(
    goals: npt.NDArray[np.uint64],
    answers: npt.NDArray[np.uint64],
    low: npt.NDArray[np.int32],
    high: npt.NDArray[np.int32],
    values: npt.NDArray[np.float64],
) -> None:
    """0 to 1: the share of one's goals that the other answers, the mean of both sides."""
    for pair in range(len(low)):
        i, j = low[pair], high[pair]
        if goals[i] and goals[j]:
            mine = _count(goals[i] & answers[j]) / _count(goals[i])
            theirs = _count(goals[j] & answers[i]) / _count(goals[j])
            values[pair] = 0.5 * mine + 0.5 * theirs


PART = Part(
    name="goals",
    switch=None,
    shares={"professional": 0.25},
    mean=0.1732,
    deviation=0.2735,
    columns={"goals": lambda: [["find_mentor"], ["offer_mentoring", "hire"]]},
    read=_read,
    formula=_answered,
    population=population.goals,
    sayings={"professional": Saying("goals_that_meet", "goals_apart")},
)
