"""The route table of `connect`, from the tables of its areas."""

from __future__ import annotations

from functions.connect.chat import routes as chat
from functions.connect.health import Alive, health
from functions.connect.matching import routes as matching
from functions.connect.meeting import routes as meeting
from functions.connect.member import routes as member
from functions.connect.safety import routes as safety
from functions.connect.signals import routes as signals
from shared.http.edge import Route, anyone
from shared.http.openapi_route import published

ROUTES: dict[tuple[str, str], Route] = {
    **member.ROUTES,
    **signals.ROUTES,
    **matching.ROUTES,
    **chat.ROUTES,
    **safety.ROUTES,
    **meeting.ROUTES,
    ("GET", "/health"): Route(health, Alive, guard=anyone),
}

ROUTES[("GET", "/openapi.json")] = published("connect", ROUTES, "member")
