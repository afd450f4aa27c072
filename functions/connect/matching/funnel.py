"""GET /connect/funnel: how many candidates each of the caller's own filters left last night."""

from __future__ import annotations

from typing import Any, Literal

from shared.callers.member import Caller
from shared.http.response_models import Answer, Moment, Part, sample


class Step(Part):
    """How many candidates are left after one of the member's own wishes; null if there are under 20."""

    rule: Literal["mode", "age", "gender", "language", "distance", "deal_breakers", "acquaintances"]
    left: int | None


class Suggestion(Part):
    """A change of one wish that would leave more candidates, and how many more."""

    change: Literal["widen_age", "any_language", "double_distance", "any_distance", "no_deal_breakers"]
    effect: Literal["about_half_more", "about_doubles", "much_more"]


class Funnel(Part):
    """Rounded counts; null for a count under 20. `sentences` say the same in the member's language."""

    searching: int | None
    steps: list[Step]
    suggestions: list[Suggestion]
    sentences: list[str]


class FunnelShown(
    Answer,
    json_schema_extra=sample(
        funnel={
            "searching": 4800,
            "steps": [
                {"rule": "mode", "left": 3100},
                {"rule": "age", "left": 640},
                {"rule": "gender", "left": 310},
                {"rule": "language", "left": 240},
                {"rule": "distance", "left": 40},
                {"rule": "deal_breakers", "left": 30},
                {"rule": "acquaintances", "left": None},
            ],
            "suggestions": [{"change": "double_distance", "effect": "about_half_more"}],
            "sentences": [
                "About 40 also live near enough for both of you.",
                "Going twice as far adds about half as many candidates again.",
            ],
        },
        asOf="2026-11-30T03:07:12.000000Z",
    ),
):
    """Last night's funnel; null before the first night."""

    funnel: Funnel | None
    as_of: Moment | None


def funnel(caller: Caller) -> dict[str, Any]:
    """`{funnel, asOf}`: rounded counts, null for a count under 20; all null before the first night."""
    return caller.call("get_funnel")
