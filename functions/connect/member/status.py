"""GET /connect/status: where the member stands."""

from __future__ import annotations

from typing import TYPE_CHECKING, Annotated, Any, Literal

from pydantic import Field

from functions.connect.matching.reveal import RevealState
from functions.connect.member.activate import Filters
from shared.callers.member import Caller
from shared.http.request_fields import SOME_ID
from shared.http.response_models import Answer, Mode, Moment, Part, Uuid, sample
from shared.words import LABELS, language_of
from shared.words.insight import insight

if TYPE_CHECKING:
    Label = str
else:
    Label = Literal[LABELS]


class Partner(Part):
    """The other side, by name; only after both revealed themselves."""

    display_name: str | None


class Match(Part):
    """A match that has not ended for the caller."""

    stage: Literal["match_found", "waiting", "blind_chat", "reveal_requested", "revealed"]
    match_id: Uuid
    blind_chat_id: Uuid | None
    reveal_state: RevealState
    reveal_id: Uuid | None = Field(description="The request to answer; null unless the other side asked.")
    mode: Mode
    expires_at: Moment
    pseudonym: str | None = Field(description="The caller's own, from the blind chat on.")
    partner_pseudonym: str | None
    labels: list[Label]
    insight: str | None = Field(description="A sentence made of the labels, in the caller's first language.")
    partner: Partner | None = Field(description="Null until both have revealed themselves.")


class NoMatch(Part):
    """Stands in the place of a match if there is none. `stage` tells why."""

    stage: Literal["inactive", "paused", "searching"]
    match_id: None
    blind_chat_id: None
    reveal_state: None
    reveal_id: None
    mode: None
    expires_at: None
    pseudonym: None
    partner_pseudonym: None
    labels: None
    insight: None
    partner: None


_FOUND = {
    "stage": "match_found",
    "matchId": SOME_ID,
    "blindChatId": None,
    "revealState": "none",
    "revealId": None,
    "mode": "romantic",
    "expiresAt": "2026-12-03T09:14:05.120000Z",
    "pseudonym": None,
    "partnerPseudonym": None,
    "labels": ["shared_values", "gentle_pace"],
    "insight": "You care about the same things. A gentle pace may suit you both.",
    "partner": None,
}


class Status(
    Answer,
    json_schema_extra=sample(
        active=True,
        consentRequired=False,
        pausedUntil=None,
        preferences={
            "mode": "romantic",
            "minAge": 25,
            "maxAge": 40,
            "distanceKm": None,
            "preferredGenders": ["male"],
            "friendshipGenders": None,
            "languagePref": [],
        },
        current=_FOUND,
        matches=[_FOUND],
    ),
):
    """Where the member stands."""

    active: bool = Field(description="Opted in and not paused.")
    consent_required: bool = Field(description="The consent text has changed: matching waits for a yes.")
    paused_until: Moment | None
    preferences: Filters | None = Field(description="Null before the first activation.")
    current: Annotated[Match | NoMatch, Field(description="The match furthest along.")]
    matches: list[Match]


def status(caller: Caller) -> dict[str, Any]:
    """`{active, consentRequired, pausedUntil, preferences, current, matches}`."""
    answer = caller.call("get_status")
    language = answer.pop("language")
    return answer | {
        "current": with_insight(answer["current"], language),
        "matches": [with_insight(match, language) for match in answer["matches"]],
    }


def with_insight(match: dict[str, Any], language: str | None) -> dict[str, Any]:
    """A match, or its placeholder, with the sentence made of its labels; null without labels.

    `language` is the reader's. Any other language would reveal something of the partner.

    >>> with_insight({"labels": ["shared_values"]}, "de")["insight"]
    'Euch sind dieselben Dinge wichtig.'
    """
    labels = match["labels"]
    return match | {"insight": insight(labels, language_of(language or "")) if labels else None}
