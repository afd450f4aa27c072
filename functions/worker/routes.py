"""The route table of `worker`: what the schedule rings, and what operators ask."""

from __future__ import annotations

from functions.worker.charts import charts
from functions.worker.funnel import funnel_job
from functions.worker.health import health
from functions.worker.matcher import matcher
from functions.worker.ring import Ring
from shared.database import Database
from shared.edge import Route, Routes


def routes(database: Database) -> Routes:
    """Work is guarded by the bell, as everything here is unless it says otherwise; health is for anyone."""
    return {
        ("POST", "/matcher"): Route(matcher, body=Ring),
        ("POST", "/jobs/charts"): Route(charts, body=Ring),
        ("POST", "/jobs/funnel"): Route(funnel_job, body=Ring),
        ("GET", "/health"): Route(health, guard=lambda _incoming: database),
    }
