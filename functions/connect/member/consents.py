"""GET and PUT /connect/consents: the sensitive signals that a member allows, one switch for each."""

from __future__ import annotations

from typing import Any, Literal

from pydantic import Field

from shared.callers.member import Caller
from shared.http.json_body import Closed, example
from shared.http.request_fields import Version
from shared.http.response_models import Answer, Moment, Part, sample
from shared.places.place_fields import cell_of, locate


class Switches(Closed):
    """One switch for each signal. An absent switch is off."""

    birth_data: bool = False
    values: bool = False
    location: bool = False
    feedback: bool = False
    ai_text: bool = False


class Consents(Closed, json_schema_extra=example(version="v1", switches={"values": True, "location": True})):
    """The version of the terms agreed to, and all switches as they shall be from now on."""

    version: Version
    switches: Switches


class Allowed(Part):
    """Whether each signal may be used."""

    birth_data: bool
    values: bool
    location: bool
    feedback: bool
    ai_text: bool


class ConsentEntry(Part):
    """One line of the ledger: the signals allowed from then on."""

    version: str
    kind: Literal["activated", "switched"]
    signals: list[Literal["birthData", "values", "location", "feedback", "aiText"]]
    at: Moment


class ConsentsShown(
    Answer,
    json_schema_extra=sample(
        version="v1",
        currentVersion="v1",
        switches={"birthData": False, "values": True, "location": True, "feedback": False, "aiText": False},
        log=[
            {"version": "v1", "kind": "activated", "signals": [], "at": "2026-11-30T09:00:00.000000Z"},
            {
                "version": "v1",
                "kind": "switched",
                "signals": ["values", "location"],
                "at": "2026-11-30T09:01:30.000000Z",
            },
        ],
    ),
):
    """The switches as they are, and the newest 200 lines of the ledger, oldest first."""

    version: str | None = Field(description="What was last agreed to; null before that.")
    current_version: str = Field(description="The text in force, to be agreed to.")
    switches: Allowed
    log: list[ConsentEntry]


def get_consents(caller: Caller) -> dict[str, Any]:
    """`{version, currentVersion, switches, log}`."""
    return caller.call("get_consents")


def put_consents(caller: Caller, body: Consents) -> dict[str, Any]:
    """`{version, currentVersion, switches, log}` as they are now.

    A home cell is stored only while `location` is on. When the switch is on, the cell of the stored home
    place is sent along with the consent.
    """
    profile = caller.ask("get_profile")["profile"] if body.switches.location else {}
    place = profile.get("homePlace")
    home = locate("homePlace", place)
    return caller.call(
        "put_consents",
        version=body.version,
        switches=body.switches.model_dump(by_alias=True),
        home_place=place,
        home_cell=cell_of(home) if home else None,
    )
