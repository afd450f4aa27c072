"""The routes of what members say for matching."""

from __future__ import annotations

from functions.connect.signals.interests import (
    Interests,
    InterestsKept,
    InterestsShown,
    get_interests,
    put_interests,
)
from shared.http.edge import Route, Routes

ROUTES: Routes = {
    ("GET", "/connect/interests"): Route(get_interests, InterestsShown),
    ("PUT", "/connect/interests"): Route(put_interests, InterestsKept, body=Interests),
}
