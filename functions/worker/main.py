"""The entry point of the `worker` deployment, which the schedule rings and administrators steer.

It holds the service key, so members never reach it. Loading this file reads the environment, and refuses
one that lacks something.
"""

from __future__ import annotations

import os

import functions_framework

from functions.worker.guard import Rung
from functions.worker.job_run import STEP_SECONDS
from functions.worker.routes import routes
from shared.callers.administrator import Admins
from shared.callers.service import Service
from shared.http.edge import serve
from shared.settings.deployments import worker_settings

SETTINGS = worker_settings(os.environ)
DATABASE = Service(SETTINGS.supabase_url, SETTINGS.service_key)

ADMINS = Admins(SETTINGS, DATABASE, read_seconds=STEP_SECONDS)
ROUTES = routes(DATABASE, SETTINGS.limits)

worker = functions_framework.http(
    serve("worker", ROUTES, guard=Rung(SETTINGS.bell_key, DATABASE), admins=ADMINS, front=SETTINGS.front)
)
