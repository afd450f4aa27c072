"""The entry point of the `connect` deployment, which serves members.

Loading this file reads the environment. It raises Misconfigured if a setting is missing or forbidden.
"""

from __future__ import annotations

import os

import functions_framework

from functions.connect.routes import ROUTES
from shared.callers.administrator import Admins
from shared.callers.database import Database
from shared.callers.member import Members
from shared.http.edge import serve
from shared.settings.deployments import connect_settings

SETTINGS = connect_settings(os.environ)
ADMINS = Admins(SETTINGS, Database(SETTINGS.supabase_url, SETTINGS.publishable_key))

connect = functions_framework.http(
    serve("connect", ROUTES, guard=Members(SETTINGS), admins=ADMINS, front=SETTINGS.front)
)
