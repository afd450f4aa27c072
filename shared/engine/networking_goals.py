"""What members may want of each other at work, and which goals answer which."""

from __future__ import annotations

from collections.abc import Mapping
from types import MappingProxyType

_PAIRS = (
    ("find_mentor", "offer_mentoring"),
    ("raise_funding", "invest"),
    ("find_job", "hire"),
    ("find_clients", "find_suppliers"),
    ("find_advisors", "advise"),
    ("find_speakers", "speak"),
)
"""Each is the answer to the other."""
_ALIKE = ("find_cofounder", "sales_partner", "collaborate", "exchange_experience")
"""Two members with the same of these answer each other."""

ANSWERS: Mapping[str, str] = MappingProxyType(
    {one: other for pair in _PAIRS for one, other in (pair, pair[::-1])} | {goal: goal for goal in _ALIKE}
)
"""By goal, the goal of another member that answers it. It is mutual: `ANSWERS[ANSWERS[goal]] == goal`."""

GOALS = tuple(sorted(ANSWERS))
"""`public.networking_goal` in the database has the same words."""
