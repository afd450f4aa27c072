"""The route table of `worker`: what the schedule rings, and what administrators and operators ask."""

from __future__ import annotations

from functions.worker.admin_matching import Steer, Watch, steer, watch
from functions.worker.admin_reports import Queue, Work, queue, work
from functions.worker.charts import charts
from functions.worker.funnel import funnel_job
from functions.worker.health import health
from functions.worker.match_scores import MatchScores
from functions.worker.matcher import Matcher
from functions.worker.ring import Ring
from shared.database import Database
from shared.edge import Guard, Route, Routes
from shared.settings import Limits


def routes(database: Database, limits: Limits, admins: Guard) -> Routes:
    """Work is guarded by the bell, as everything here is unless it says otherwise; health is for anyone."""
    return {
        ("POST", "/matcher"): Route(Matcher(limits), body=Ring),
        ("POST", "/jobs/match_scores"): Route(MatchScores(limits), body=Ring),
        ("POST", "/jobs/charts"): Route(charts, body=Ring),
        ("POST", "/jobs/funnel"): Route(funnel_job, body=Ring),
        ("POST", "/admin/matching"): Route(steer, body=Steer, guard=admins),
        ("GET", "/admin/matching"): Route(watch, query=Watch, guard=admins),
        ("GET", "/admin/reports"): Route(queue, query=Queue, guard=admins),
        ("POST", "/admin/reports"): Route(work, body=Work, guard=admins),
        ("GET", "/health"): Route(health, guard=lambda _incoming: database),
    }
