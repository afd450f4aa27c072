"""The process behind two stand-in extensions: it keeps pg_cron's schedule and sends pg_net's requests.

Usage: DATABASE_URL=… python -m scripts.stack.background [--no-schedule]
Both halves reconnect by themselves when Postgres goes away.
"""

import os
import sys
import threading

from scripts.stack import cron_schedule, net_sender


def main(arguments: list[str]) -> None:
    """Run until killed. DATABASE_URL must be a superuser's: jobs run as the role that scheduled them."""
    database_url = os.environ["DATABASE_URL"]
    if "--no-schedule" not in arguments:
        threading.Thread(target=cron_schedule.keep, args=(database_url,), daemon=True).start()
    net_sender.keep(database_url)


if __name__ == "__main__":
    main(sys.argv[1:])
