"""GET and PUT /connect/profile: the member's profile; PUT replaces every field a member may write.

Places come as names and go to the database as coordinates, zone and grid cell. An absent field becomes null,
so its former value is gone.
"""

from __future__ import annotations

from typing import Any, Literal

from pydantic import Field

from shared.callers.member import Caller
from shared.http.json_body import Closed, example
from shared.http.request_fields import BirthDate, Gender, Language, Name, PlaceName, TimeOfDay, Zone
from shared.http.response_models import Answer, Date, Moment, Part, Uuid, sample
from shared.places.place_fields import cell_of, locate, locate_home

Accuracy = Literal["exact", "approximate", "unknown"]


class Profile(
    Closed,
    json_schema_extra=example(
        displayName="Ana",
        birthDate="1990-05-17",
        birthTime="14:30",
        birthTimeAccuracy="exact",
        birthPlace="Berlin",
        gender="female",
        langPrimary="en",
        homePlace="Hamburg",
    ),
):
    """Every field a member may write."""

    display_name: Name | None = None
    birth_date: BirthDate | None = None
    birth_time: TimeOfDay | None = None
    birth_time_accuracy: Accuracy | None = None
    birth_place: PlaceName | None = None
    gender: Gender | None = None
    lang_primary: Language | None = None
    lang_secondary: Language | None = None
    tz: Zone | None = None
    home_place: PlaceName | None = None


class Person(Part):
    """Everything a member told about themself, and values that follow from it; null if they told nothing."""

    id: Uuid
    display_name: str | None
    birth_date: Date | None
    birth_time: str | None = Field(description="Local wall time, `HH:MM:SS`.")
    birth_time_accuracy: Accuracy | None
    birth_place: str | None
    birth_lat: float | None = Field(description="Degrees north.")
    birth_lon: float | None = Field(description="Degrees east.")
    birth_tz: str | None
    gender: Gender | None
    lang_primary: str | None
    lang_secondary: str | None
    tz: str | None
    home_place: str | None
    home_cell: str | None = Field(description="The grid cell, about 10 km wide; only while `location` is on.")
    created_at: Moment | None


class Choice(Part):
    """A gender that this community knows."""

    gender: Gender
    may_be_wished: bool = Field(description="Whether `preferredGenders` and `friendshipGenders` may name it.")


_SAMPLE = {
    "id": "9d1f0c44-7c0a-4d0e-9a53-0f5b8c7e21aa",
    "displayName": "Ana",
    "birthDate": "1990-05-17",
    "birthTime": "14:30:00",
    "birthTimeAccuracy": "exact",
    "birthPlace": "Berlin",
    "birthLat": 52.52437,
    "birthLon": 13.41053,
    "birthTz": "Europe/Berlin",
    "gender": "female",
    "langPrimary": "en",
    "langSecondary": None,
    "tz": "Europe/Berlin",
    "homePlace": "Hamburg",
    "homeCell": None,
    "createdAt": "2026-11-30T09:00:00.000000Z",
}


class ProfileKept(Answer, json_schema_extra=sample(profile=_SAMPLE)):
    """The member's own profile."""

    profile: Person


class ProfileShown(
    Answer,
    json_schema_extra=sample(
        profile=_SAMPLE,
        genders=[
            {"gender": "female", "mayBeWished": True},
            {"gender": "male", "mayBeWished": True},
            {"gender": "non_binary", "mayBeWished": True},
            {"gender": "not_said", "mayBeWished": False},
        ],
    ),
):
    """The member's own profile, and the genders to choose from. The operator defines them."""

    profile: Person
    genders: list[Choice]


def get_profile(caller: Caller) -> dict[str, Any]:
    """`{profile, genders}`."""
    return caller.call("get_profile")


def put_profile(caller: Caller, body: Profile) -> dict[str, Any]:
    """`{profile}` as it is now. Without `tz`, the zone of the home place is taken.

    A display name is judged like a message. Raises InvalidBody for a name that would be refused as a message.
    """
    birth = locate("birthPlace", body.birth_place)
    home = locate_home(body.home_place)
    args = body.model_dump() | {
        "birth_place": birth.name if birth else None,
        "birth_lat": birth.lat if birth else None,
        "birth_lon": birth.lon if birth else None,
        "birth_tz": birth.tz if birth else None,
        "home_place": home.name if home else None,
        "home_cell": cell_of(home) if home else None,
        "tz": body.tz or (home.tz if home else None),
        "name_risk": _risk_of(caller, body.display_name),
    }
    return caller.call("put_profile", **args)


def _risk_of(caller: Caller, name: str | None) -> float | None:
    return None if name is None else caller.moderator.judge(name, revealed=False).score
