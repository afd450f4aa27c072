"""GET and PUT /connect/interests: the catalogue of interests, and what the member chose from it.

Names come in the member's first language, in English where the catalogue does not have that language.
"""

from __future__ import annotations

from typing import Annotated, Any

from pydantic import AfterValidator, Field

from shared.callers.member import Caller
from shared.http.json_body import Closed, example
from shared.http.request_fields import Unique, Word, distinct
from shared.http.response_models import Answer, Part, sample


class Interests(Closed, json_schema_extra=example(interests=["baking_bread", "chess"])):
    """All interests of the member from now on; an empty list takes them all back."""

    interests: Annotated[list[Word], Field(max_length=50), Unique, AfterValidator(distinct)]


class Interest(Part):
    """Something that members do or like."""

    id: str
    name: str
    mine: bool = Field(description="Whether the member chose it.")


class Subject(Part):
    """Interests of one kind."""

    id: str
    name: str
    interests: list[Interest]


class InterestsShown(
    Answer,
    json_schema_extra=sample(
        subjects=[
            {
                "id": "games",
                "name": "Games and puzzles",
                "interests": [
                    {"id": "board_games", "name": "Board games", "mine": False},
                    {"id": "chess", "name": "Chess", "mine": True},
                ],
            }
        ]
    ),
):
    """The whole catalogue. A retired interest is there only for members who chose it."""

    subjects: list[Subject]


class InterestsKept(Answer, json_schema_extra=sample(interests=["baking_bread", "chess"])):
    """What the member chose, in alphabetical order."""

    interests: list[str]


def get_interests(caller: Caller) -> dict[str, Any]:
    """`{subjects: [{id, name, interests: [{id, name, mine}]}]}`."""
    return caller.call("get_interests")


def put_interests(caller: Caller, body: Interests) -> dict[str, Any]:
    """`{interests}` as they are now. An id that is not in the catalogue is refused by name."""
    return caller.call("put_interests", interests=body.interests)
