"""POST /connect/activate: opt in, and say whom the member would like to meet."""

from __future__ import annotations

from typing import Annotated, Any, Literal

from pydantic import AfterValidator, Field, ValidationInfo, field_validator

from shared.callers.member import Caller
from shared.http.json_body import Closed, example
from shared.http.request_fields import WHOLE, Gender, Language, Unique, Version, distinct
from shared.http.response_models import Answer, Part, Uuid, sample

Age = Annotated[int, Field(ge=18, le=120), WHOLE]
_LEAST_WINDOW = 4
"""A window holds five ages or more, because a narrower one would ask for one person. SQL checks it too."""
Mode = Literal["romantic", "friendship", "both", "professional"]
Genders = Annotated[list[Gender], Field(max_length=16), Unique, AfterValidator(distinct)]
Languages = Annotated[list[Language], Field(max_length=20), Unique, AfterValidator(distinct)]


class Activate(
    Closed,
    json_schema_extra=example(
        mode="romantic", minAge=25, maxAge=40, preferredGenders=["male"], consentVersion="v1"
    ),
):
    """Mode, filters and the version of the terms agreed to.

    Empty lists and a null distance mean any. Null as `friendshipGenders` means the same as
    `preferredGenders`. A filter that is not given stays as it was. Before the first activation it is 18 to
    120 years, any distance, any gender and any language. Ages are at least 4 years apart, distances 25 km or
    more, because a narrower filter would ask for one person. `not_said` is no gender to look for. A member
    of that gender meets members who look for any.
    """

    mode: Mode
    min_age: Age | None = None
    max_age: Age | None = None
    distance_km: Annotated[int, Field(ge=25, le=20_000), WHOLE] | None = None
    preferred_genders: Genders = Field(default_factory=list)
    friendship_genders: Genders | None = None
    language_pref: Languages = Field(default_factory=list)
    consent_version: Version

    @field_validator("max_age")
    @classmethod
    def _wide_enough(cls, max_age: int | None, info: ValidationInfo) -> int | None:
        min_age = info.data.get("min_age")
        if max_age is not None and min_age is not None and max_age - min_age < _LEAST_WINDOW:
            raise ValueError(f"must be {_LEAST_WINDOW} or more above minAge")
        return max_age


class Filters(Part):
    """Whom the member would like to meet. Empty lists and a null distance mean any.

    `friendshipGenders` are the genders they would like to meet as friends; null: the same as
    `preferredGenders`.
    """

    mode: Mode
    min_age: int
    max_age: int
    distance_km: int | None
    preferred_genders: list[Gender]
    friendship_genders: list[Gender] | None
    language_pref: list[str]


class Activated(
    Answer,
    json_schema_extra=sample(
        status="active",
        profileId="9d1f0c44-7c0a-4d0e-9a53-0f5b8c7e21aa",
        preferences={
            "mode": "romantic",
            "minAge": 25,
            "maxAge": 40,
            "distanceKm": None,
            "preferredGenders": ["male"],
            "friendshipGenders": None,
            "languagePref": [],
        },
    ),
):
    """The member is opted in. All their preferences as they are now."""

    status: Literal["active"]
    profile_id: Uuid
    preferences: Filters


def activate(caller: Caller, body: Activate) -> dict[str, Any]:
    """`{status: "active", profileId, preferences}`."""
    return caller.call("activate", **body.model_dump(exclude_unset=True))
