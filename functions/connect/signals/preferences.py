"""GET and PUT /connect/preferences: traits, deal-breakers and whom the member would like to meet at work.

PUT replaces everything. A field that is not given is as before the first PUT: empty, colleagues excluded,
competitors not, every part of the score with its usual share.
"""

from __future__ import annotations

from typing import Annotated, Any, Literal, TypeVar

from pydantic import AfterValidator, Field

from shared.callers.member import Caller
from shared.http.json_body import Closed, example
from shared.http.request_fields import Industry, PartOfScore, Unique, distinct
from shared.http.response_models import Answer, Part, sample

Word = TypeVar("Word")

Trait = Literal[
    "smokes",
    "drinks_often",
    "uses_drugs",
    "has_children",
    "wants_children",
    "wants_no_children",
    "has_pets",
    "religious",
    "not_religious",
    "eats_meat",
]
JobLevel = Literal["intern", "junior", "mid", "senior", "lead", "director", "executive", "founder"]
CompanySize = Literal["1", "2-10", "11-50", "51-250", "251-1000", "1001-10000", "10001+"]
Goal = Literal[
    "find_mentor",
    "offer_mentoring",
    "raise_funding",
    "invest",
    "find_job",
    "hire",
    "find_cofounder",
    "find_clients",
    "find_suppliers",
    "sales_partner",
    "find_advisors",
    "advise",
    "find_speakers",
    "speak",
    "collaborate",
    "exchange_experience",
]
Meeting = Literal["video", "phone", "coffee", "lunch", "after_work", "walk", "event"]
Words = Annotated[list[Word], Field(max_length=20), Unique, AfterValidator(distinct)]
Factor = Annotated[float, Field(ge=0.5, le=2)]


class Preferences(
    Closed,
    json_schema_extra=example(
        traits=["wants_children"],
        dealBreakers=["smokes"],
        industries=["technology"],
        networkingGoals=["find_mentor"],
        algorithmWeights={"values": 1.5},
    ),
):
    """What the member says of themself, refuses in others and wants of them.

    `religious`, `not_religious` and `uses_drugs` need the switch `values`, and go when it is turned off.
    `networkingGoals` meets the goals that answer it: `find_mentor` meets `offer_mentoring`.
    `algorithmWeights` makes a part of the score count 0.5 to 2 times as much as usual. `meetingTypes` is kept
    for appointments. Languages are filters of `POST /connect/activate`.
    """

    traits: Words[Trait] = Field(default_factory=list)
    deal_breakers: Words[Trait] = Field(default_factory=list)
    industries: Words[Industry] = Field(default_factory=list)
    job_levels: Words[JobLevel] = Field(default_factory=list)
    company_sizes: Words[CompanySize] = Field(default_factory=list)
    networking_goals: Words[Goal] = Field(default_factory=list)
    meeting_types: Words[Meeting] = Field(default_factory=list)
    exclude_colleagues: bool = True
    exclude_competitors: bool = False
    algorithm_weights: dict[PartOfScore, Factor] = Field(default_factory=dict)


class Said(Part):
    """The preferences as they are stored."""

    traits: list[Trait]
    deal_breakers: list[Trait]
    industries: list[str]
    job_levels: list[JobLevel]
    company_sizes: list[CompanySize]
    networking_goals: list[Goal]
    meeting_types: list[Meeting]
    exclude_colleagues: bool
    exclude_competitors: bool
    algorithm_weights: dict[str, float]


class PreferencesShown(
    Answer,
    json_schema_extra=sample(
        preferences={
            "traits": ["wants_children"],
            "dealBreakers": ["smokes"],
            "industries": ["technology"],
            "jobLevels": [],
            "companySizes": [],
            "networkingGoals": ["find_mentor"],
            "meetingTypes": [],
            "excludeColleagues": True,
            "excludeCompetitors": False,
            "algorithmWeights": {"values": 1.5},
        }
    ),
):
    """What the member says of themself, refuses in others and wants of them."""

    preferences: Said


def get_preferences(caller: Caller) -> dict[str, Any]:
    """`{preferences}`."""
    return caller.call("get_preferences")


def put_preferences(caller: Caller, body: Preferences) -> dict[str, Any]:
    """`{preferences}` as they are now. Raises ConsentRequired for religion and drugs without their switch."""
    return caller.call("put_preferences", **body.model_dump())
