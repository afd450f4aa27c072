r"""How both deployments are served: gunicorn's configuration, the same in a container and on the local stack.

    gunicorn --config python:functions.serving \
        "functions_framework:create_app('connect', 'functions/connect/main.py')"

Limits, in the order a request meets them:

    connections    of a process, most of them waiting; when that ends is in `functions.server.loop`
    threads        in work, in line, outside, and enough free ones to refuse the rest and to answer /health
    timeout        seconds after which a process that shows no sign of life is replaced
    graceful       seconds a process that is told to end has for what it is answering
    keepalive      longer than any front door keeps an idle connection, so that none closes under a request
"""

from __future__ import annotations

import os

from functions.server.loop import Server
from shared.http.front import MOST_REQUESTS_AT_ONCE
from shared.http.overload import IN_LINE, OUTSIDE

bind = f"0.0.0.0:{os.environ.get('PORT') or 8080}"
workers = 2
worker_class = Server
# Open files beside those of the data API, below the 1,024 that a process may usually have.
worker_connections = 800
# As many as may be in work, in line and outside, and a few. Only those that are needed are ever started.
threads = MOST_REQUESTS_AT_ONCE + IN_LINE + OUTSIDE + 4
# The app is loaded once, then forked: a wrong setting ends the start with one sentence.
preload_app = True
timeout = 300
# Below the 10 s between a container's SIGTERM and its end.
graceful_timeout = 8
keepalive = 120
control_socket_disable = True
loglevel = "warning"
# Gunicorn's sign of life, touched every second: on a disk that is slow it would miss.
worker_tmp_dir = "/dev/shm" if os.path.isdir("/dev/shm") else None  # noqa: S108 - gunicorn makes its own file there


def child_exit(_server: object, worker: Server) -> None:
    """gunicorn's hook: a process has ended, however it did."""
    worker.share.give_back()
