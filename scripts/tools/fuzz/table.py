"""Cases by route and status, for a terminal."""

from __future__ import annotations

from collections.abc import Iterator

from scripts.tools.fuzz.rounds import Counts


def table(counts: Counts) -> Iterator[str]:
    """Line by line: each route with its cases by status, methods that no route has included."""
    statuses = sorted({status for _, status in counts})
    routes = sorted({route for route, _ in counts}, key=lambda route: route.split()[::-1])
    wide = max((len(route) for route in routes), default=0)
    yield " ".join([" " * wide, *(f"{status:>6}" for status in statuses)])
    for route in routes:
        yield " ".join([f"{route:{wide}}", *(f"{counts[route, status] or '':>6}" for status in statuses)])
    sums = (sum(count for (_, each), count in counts.items() if each == status) for status in statuses)
    yield " ".join([f"{'together':{wide}}", *(f"{count:>6}" for count in sums)])
