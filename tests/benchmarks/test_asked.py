"""The benchmark of the endpoints leaves no route out."""

from functions.connect.routes import ROUTES
from scripts.tools.bench.asked import APART, ASKED, Scene, asked
from scripts.tools.bench.mix import SHARES
from shared.http.json_body import fill

SCENE = Scene("", *("5e0de000-0000-4000-8000-000000000001",) * 2, "BENCH", "v2", {"displayName": "Ana"})


def test_every_route_is_compared_with_its_floor_or_says_why_not() -> None:
    assert set(ASKED) | set(APART) == set(ROUTES)
    assert len(ASKED) + len(APART) == len(ROUTES)


def test_every_request_is_its_route_s() -> None:
    for key in ASKED:
        route, sent = ROUTES[key], asked(key, SCENE)
        model = route.body or route.query
        assert sent == {} if model is None else fill(model, sent), key


def test_the_shares_of_the_mixed_load_are_per_cent() -> None:
    assert sum(SHARES.values()) == 100
