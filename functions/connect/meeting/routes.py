"""The routes of events."""

from __future__ import annotations

from functions.connect.meeting.join_event import Joined, JoinEvent, join_event
from functions.connect.meeting.leave_event import LeaveEvent, Left, leave_event
from shared.errors import NotFound
from shared.http.edge import Route, Routes

ROUTES: Routes = {
    ("POST", "/connect/events/join"): Route(join_event, Joined, body=JoinEvent, refusals=(NotFound,)),
    ("POST", "/connect/events/leave"): Route(leave_event, Left, body=LeaveEvent, refusals=(NotFound,)),
}
