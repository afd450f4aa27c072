"""`functions.serving` with short waits and little room: what comes after them is seen at once."""

from functions.server import loop
from functions.serving import *  # noqa: F403 - a configuration is its module's names

loop.ARRIVAL_SECONDS = 0.5
loop.LEAVING_SECONDS = 0.5
loop.LEAVING_BYTES_A_SECOND = 1_000_000_000
loop.LOOK_SECONDS = 0.1
loop.MAX_LEAVING_BYTES = 32 * 1024 * 1024
worker_connections = 90
workers = 1
