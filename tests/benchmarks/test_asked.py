"""The benchmark of the endpoints leaves no route out."""

from functions.connect.routes import ROUTES
from scripts.tools.bench.asked import APART, ASKED
from scripts.tools.bench.mix import SHARES


def test_every_route_is_compared_with_its_floor_or_says_why_not() -> None:
    assert set(ASKED) | set(APART) == set(ROUTES)
    assert not set(ASKED) & set(APART)


def test_the_shares_of_the_mixed_load_are_per_cent() -> None:
    assert sum(SHARES.values()) == 100
