"""POST /connect/feedback: how a match went; the partner never sees it."""

from __future__ import annotations

from typing import Annotated, Any

from pydantic import AfterValidator, Field

from shared.callers.member import Caller
from shared.http.json_body import Closed, example
from shared.http.request_fields import SOME_ID, WHOLE, Id, Note, Unique, Word, distinct

Score = Annotated[float, Field(ge=0, le=100)]
Reasons = Annotated[list[Word], Field(max_length=10), Unique, AfterValidator(distinct)]


class Feedback(
    Closed,
    json_schema_extra=example(matchId=SOME_ID, rating=4, reasons=["shared_values"]),
):
    """A rating of 1 to 5. Scores of 0 to 100, reasons and notes may be left out."""

    match_id: Id
    rating: Annotated[int, Field(ge=1, le=5), WHOLE]
    fit_score: Score | None = None
    safety_score: Score | None = None
    communication_score: Score | None = None
    reasons: Reasons = Field(default_factory=list)
    notes: Note | None = None


def feedback(caller: Caller, body: Feedback) -> dict[str, Any]:
    """Nothing but `ok`."""
    return caller.call("give_feedback", **body.model_dump())
