"""The routes of a member's own account."""

from __future__ import annotations

from functions.connect.member.activate import Activate, Activated, activate
from functions.connect.member.consents import Consents, ConsentsShown, get_consents, put_consents
from functions.connect.member.deactivate import Deactivate, Paused, deactivate
from functions.connect.member.erase import Erase, ErasureStep, erase
from functions.connect.member.export import AS_A_FILE, Export, export
from functions.connect.member.profile import Profile, ProfileKept, ProfileShown, get_profile, put_profile
from functions.connect.member.status import Status, status
from shared.errors import ConsentRequired, ProfileIncomplete
from shared.http.edge import Route, Routes

ROUTES: Routes = {
    ("GET", "/connect/status"): Route(status, Status),
    ("POST", "/connect/activate"): Route(
        activate, Activated, body=Activate, refusals=(ConsentRequired, ProfileIncomplete)
    ),
    ("GET", "/connect/profile"): Route(get_profile, ProfileShown),
    ("PUT", "/connect/profile"): Route(put_profile, ProfileKept, body=Profile, refusals=(ProfileIncomplete,)),
    ("GET", "/connect/consents"): Route(get_consents, ConsentsShown),
    ("PUT", "/connect/consents"): Route(
        put_consents, ConsentsShown, body=Consents, refusals=(ConsentRequired,)
    ),
    ("POST", "/connect/deactivate"): Route(
        deactivate, Paused, body=Deactivate, refusals=(ProfileIncomplete,)
    ),
    ("GET", "/connect/export"): Route(export, Export, headers=AS_A_FILE),
    ("POST", "/connect/erase"): Route(erase, ErasureStep, body=Erase),
}
