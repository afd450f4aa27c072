"""GET and PUT /connect/consents: which sensitive signals a member allows, switch by switch."""

from __future__ import annotations

from typing import Any

from shared.caller import Caller
from shared.decoding import Closed
from shared.fields import Version
from shared.home import cell_of, locate


class Switches(Closed):
    """One switch per signal; absent is off."""

    birth_data: bool = False
    values: bool = False
    location: bool = False
    feedback: bool = False
    ai_text: bool = False


class Consents(Closed):
    """The version of the terms agreed to, and every switch as it shall be from now on."""

    version: Version
    switches: Switches


def get_consents(caller: Caller) -> dict[str, Any]:
    """`{version, currentVersion, switches, log}`."""
    return caller.call("get_consents")


def put_consents(caller: Caller, body: Consents) -> dict[str, Any]:
    """The same, as it is now.

    A cell exists only while `location` is on; when it has just been allowed, the database gives
    back the home place it knows, and the cell of that place is set in a second call. If that call
    is lost the cell is missing until the next PUT, and distance counts by time zone meanwhile.
    """
    answer = caller.call(
        "put_consents", version=body.version, switches=body.switches.model_dump(by_alias=True)
    )
    home = locate("homePlace", answer.pop("homePlaceToResolve", None))
    if home is not None:
        caller.call("set_home_cell", home_cell=cell_of(home))
    return answer
