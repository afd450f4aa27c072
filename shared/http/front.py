"""How a deployment meets its callers: which web pages may call, and how many requests it works on at once."""

from __future__ import annotations

from dataclasses import dataclass, field

from shared.http.cors import Cors

MOST_REQUESTS_AT_ONCE = 16
"""More than the threads of a process can hold beside a line as long (functions/serving.py)."""
REQUESTS_AT_ONCE = 8
"""Of one process. Two processes ask the database for 16 things at once; PostgREST has 20 connections."""


@dataclass(frozen=True, slots=True)
class Front:
    """How a deployment meets whoever calls: whose web pages may, and how many requests it takes at once."""

    cors: Cors = field(default_factory=Cors)
    at_once: int = REQUESTS_AT_ONCE
