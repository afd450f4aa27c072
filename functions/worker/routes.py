"""The route table of `worker`: what the schedule rings, and what administrators and operators ask."""

from __future__ import annotations

from functions.worker.admin.matching import PoolShown, Steer, Steered, Watch, steer, watch
from functions.worker.admin.reports import Queue, QueueShown, ReportWork, ReportWorked, queue, work
from functions.worker.charts import ChartsMade, charts
from functions.worker.health import Health, WorkerHealth
from functions.worker.interests import InterestsIndexed, interests
from functions.worker.matcher import Matcher, Worked
from functions.worker.nightly.nightly import NightDone, nightly
from functions.worker.quiz import QuizDone, quiz
from functions.worker.ring import Ring
from shared.callers.database import Database
from shared.errors import Conflict, NotFound
from shared.http.edge import Route, Routes
from shared.http.openapi_route import published
from shared.settings.deployments import Limits


def routes(database: Database, limits: Limits) -> Routes:
    """Work is guarded by the bell, as everything here is unless it says otherwise; health is for anyone."""
    table: dict[tuple[str, str], Route] = {
        ("POST", "/matcher"): Route(Matcher(limits), Worked, body=Ring),
        ("POST", "/jobs/nightly"): Route(nightly, NightDone, body=Ring),
        ("POST", "/jobs/charts"): Route(charts, ChartsMade, body=Ring),
        ("POST", "/jobs/interests"): Route(interests, InterestsIndexed, body=Ring),
        ("POST", "/jobs/quiz"): Route(quiz, QuizDone, body=Ring),
        ("POST", "/admin/matching"): Route(
            steer, Steered, body=Steer, admin=True, refusals=(NotFound, Conflict)
        ),
        ("GET", "/admin/matching"): Route(watch, PoolShown, query=Watch, admin=True, refusals=(NotFound,)),
        ("GET", "/admin/reports"): Route(queue, QueueShown, query=Queue, admin=True),
        ("POST", "/admin/reports"): Route(
            work, ReportWorked, body=ReportWork, admin=True, refusals=(NotFound, Conflict)
        ),
        ("GET", "/health"): Route(Health(), WorkerHealth, guard=lambda _incoming: database),
    }
    table[("GET", "/openapi.json")] = published("worker", table, "bell")
    return table
