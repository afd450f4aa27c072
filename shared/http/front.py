"""Settings of a deployment's HTTP side: which web pages may call, and how many requests run at once."""

from __future__ import annotations

from dataclasses import dataclass, field

from shared.http.cors import Cors

MOST_REQUESTS_AT_ONCE = 16
"""The largest number an operator may set. The threads of a process suffice for it (functions/serving.py)."""
REQUESTS_AT_ONCE = 8
"""For one process. Two processes make 16 calls of the database at once, and PostgREST has 20 connections."""


@dataclass(frozen=True, slots=True)
class Front:
    """The web pages that may call, and how many requests a process works on at once."""

    cors: Cors = field(default_factory=Cors)
    at_once: int = REQUESTS_AT_ONCE
