"""How much is tried: on every push less than once a day (`make nightly`), of the same."""

import os

NIGHTLY = os.environ.get("CONNECT_NIGHTLY") == "1"
FIRST_WORLD = os.environ.get("CONNECT_PG", "18") == "18"


def often(each_push: int, each_night: int) -> int:
    """How many rounds a test goes in this run."""
    return each_night if NIGHTLY else each_push
