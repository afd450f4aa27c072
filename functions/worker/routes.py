"""The route table of `worker`: what the schedule rings, and what operators ask."""

from __future__ import annotations

from functions.worker.health import health
from functions.worker.matcher import Ring, matcher
from shared.database import Database
from shared.edge import Route, Routes


def routes(database: Database) -> Routes:
    """Work is guarded by the bell, as everything here is unless it says otherwise; health is for anyone."""
    return {
        ("POST", "/matcher"): Route(matcher, body=Ring),
        ("GET", "/health"): Route(health, guard=lambda _incoming: database),
    }
