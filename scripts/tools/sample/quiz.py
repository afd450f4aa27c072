"""Answers of the sample members to the quiz, of which their vectors and readiness are made."""

import numpy as np

from shared.quiz import people
from shared.quiz.questionnaire import questionnaire

STOPPED = 0.12
"""Share of members who stopped somewhere on the way."""


def draw_answers(rng: np.random.Generator, metros: list[str], modes: list[str]) -> list[dict[str, int]]:
    """What each member answered, by statement: members who only look for friends nothing about romance."""
    _, regions = np.unique(np.array(metros, dtype=np.str_), return_inverse=True)
    answers = people.draw_answers(rng, people.draw_truth(rng, regions.tolist()))
    order = [*questionnaire().items]
    stops = np.where(rng.random(len(metros)) < STOPPED, rng.integers(0, len(order), len(metros)), len(order))
    friends = {item.id for item in questionnaire().asked(friendship_only=True)}
    return [
        {
            id_: value
            for id_, value in zip(order[:stop], row, strict=False)
            if mode != "friendship" or id_ in friends
        }
        for row, stop, mode in zip(answers.tolist(), stops.tolist(), modes, strict=True)
    ]
