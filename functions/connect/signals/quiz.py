"""GET and PUT /connect/quiz: the statements of the questionnaire, and what the member answers to them.

A member may answer some statements now and others later. Statements come in the member's first language, in
English where they have no text in it. Members who only look for friends are not asked about romance.
"""

from __future__ import annotations

import re
from typing import Annotated, Any

from pydantic import Field

from shared.callers.member import Caller
from shared.errors import InvalidBody
from shared.http.json_body import Closed, example, refused_fields
from shared.http.request_fields import WHOLE, Version
from shared.http.response_models import Answer, Part, sample
from shared.quiz.questionnaire import AREAS, SIGNALS, Area, questionnaire
from shared.quiz.scoring import signals_of

_WORD = re.compile(r"[a-z_]{1,40}")
Strength = Annotated[int, Field(ge=1, le=7), WHOLE]


class Answers(
    Closed,
    json_schema_extra=example(version="1", answers={"decide_myself": 6, "days_alike": None}),
):
    """Answers by statement, from 1 (not at all) to 7 (completely). Null takes an answer back. Answers
    that are not named stay."""

    version: Version
    answers: dict[str, Strength | None]


class Statement(Part):
    """One statement, and the member's answer to it."""

    id: str
    area: Area = Field(description="The signal that the answer feeds.")
    text: str
    answer: int | None = Field(description="1 (not at all) to 7 (completely); null without an answer.")


class Enough(Part):
    """Whether each signal has enough answers to be used in matching."""

    values: bool
    communication: bool
    life_goals: bool
    readiness: bool | None = Field(description="Null for members who only look for friends.")


class QuizShown(
    Answer,
    json_schema_extra=sample(
        version="1",
        items=[
            {
                "id": "decide_myself",
                "area": "values",
                "text": "I want to decide for myself how I live.",
                "answer": 6,
            },
            {
                "id": "say_what_i_think",
                "area": "communication",
                "text": "I say what I think, even when it is uncomfortable.",
                "answer": None,
            },
        ],
        enough={"values": True, "communication": False, "lifeGoals": False, "readiness": False},
    ),
):
    """The statements for this member, in the order in which they are best asked."""

    version: str
    items: list[Statement]
    enough: Enough


def get_quiz(caller: Caller) -> dict[str, Any]:
    """`{version, items, enough}`."""
    return _shown(caller.call("get_quiz"))


def put_quiz(caller: Caller, body: Answers) -> dict[str, Any]:
    """The same after the change. Raises InvalidBody for statements and versions that there are not."""
    quiz = questionnaire()
    if body.version != quiz.version:
        raise InvalidBody(f"version: the questionnaire has version {quiz.version}; read it again.")
    unknown = [item for item in body.answers if item not in quiz.items]
    if unknown:
        word = unknown[0] if _WORD.fullmatch(unknown[0]) else "?"
        raise refused_fields(
            [{"field": f"answers.{word}", "problem": "is not a statement of the questionnaire"}]
        )
    return _shown(caller.call("put_quiz", version=body.version, answers=body.answers))


def _shown(told: dict[str, Any]) -> dict[str, Any]:
    quiz = questionnaire()
    answers, language, friends = told["answers"], told["language"], told["mode"] == "friendship"
    enough = signals_of(answers).enough
    return {
        "version": quiz.version,
        "items": [
            {
                "id": item.id,
                "area": item.area,
                "text": item.text(language),
                "answer": answers.get(item.id),
            }
            for item in quiz.asked(friendship_only=friends)
        ],
        "enough": {
            AREAS[signal]: None if friends and not quiz.concerns_friendship(signal) else enough[signal]
            for signal in SIGNALS
        },
    }
