"""GET and PUT /connect/profile: who the member is; PUT replaces everything one may write.

Places come as names and go to the database as coordinates, zone and grid cell. What an absent
field was before is gone: absent is null.
"""

from __future__ import annotations

from typing import Any, Literal

from shared.caller import Caller
from shared.decoding import Closed
from shared.fields import BirthDate, Gender, Language, Name, PlaceName, TimeOfDay, Zone
from shared.home import cell_of, locate


class Profile(Closed):
    """Every field a member may write."""

    display_name: Name | None = None
    birth_date: BirthDate | None = None
    birth_time: TimeOfDay | None = None
    birth_time_accuracy: Literal["exact", "approximate", "unknown"] | None = None
    birth_place: PlaceName | None = None
    gender: Gender | None = None
    lang_primary: Language | None = None
    lang_secondary: Language | None = None
    tz: Zone | None = None
    home_place: PlaceName | None = None


def get_profile(caller: Caller) -> dict[str, Any]:
    """`{profile}`."""
    return caller.call("get_profile")


def put_profile(caller: Caller, body: Profile) -> dict[str, Any]:
    """`{profile}` as it is now. Without `tz`, the zone of the home place is taken."""
    birth = locate("birthPlace", body.birth_place)
    home = locate("homePlace", body.home_place)
    args = body.model_dump() | {
        "birth_place": birth.name if birth else None,
        "birth_lat": birth.lat if birth else None,
        "birth_lon": birth.lon if birth else None,
        "birth_tz": birth.tz if birth else None,
        "home_place": home.name if home else None,
        "home_cell": cell_of(home) if home else None,
        "tz": body.tz or (home.tz if home else None),
    }
    return caller.call("put_profile", **args)
