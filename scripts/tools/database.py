"""The database a tool works on: the running stack's, or a project named by the environment."""

import os

from scripts.stack import connect_env
from scripts.stack.home import options
from shared.callers.database import Database
from shared.callers.service import Service


def service() -> Database:
    """Calls with the service key: of the project that SUPABASE_URL and SUPABASE_SERVICE_ROLE_KEY name, else
    of the running stack. Raises Trouble when none runs."""
    names = ("SUPABASE_URL", "SUPABASE_SERVICE_ROLE_KEY")
    told = os.environ if all(os.environ.get(name) for name in names) else connect_env.read(options().home)
    url, key = (told[name] for name in names)
    return Service(url.rstrip("/"), key)
