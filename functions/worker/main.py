"""What the schedule rings: the route table of the `worker` deployment and its entry point.

It holds the service key, so members never reach it. Loading this file reads the environment, and refuses
one that lacks something.
"""

from __future__ import annotations

import os

import functions_framework

from functions.worker.guard import Rung
from functions.worker.health import health
from functions.worker.matcher import Ring, matcher
from shared.database import Database
from shared.edge import Route, serve
from shared.settings import worker_settings

SETTINGS = worker_settings(os.environ)
DATABASE = Database(SETTINGS.supabase_url, SETTINGS.service_key, service=True)

ROUTES = {
    ("POST", "/matcher"): Route(matcher, body=Ring),
    ("GET", "/health"): Route(health, guard=lambda _incoming: DATABASE),
}

worker = functions_framework.http(serve("worker", ROUTES, guard=Rung(SETTINGS.bell_key, DATABASE)))
