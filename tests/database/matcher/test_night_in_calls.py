"""No call of a night grows with the community: hosted projects cut one at 60 s, however many members.

What a call brings and takes is counted, not timed: with pieces and pages of one size, the largest call over
four times as many members is as large as before.
"""

import json
from collections import defaultdict
from dataclasses import dataclass, field
from typing import Any

import pytest

from functions.worker.nightly.nightly import nightly
from functions.worker.ring import Ring
from shared.callers.database import Answer, Database
from shared.callers.service import Service
from tests.cast import Cast, Json
from tests.database.islands import begin_anew, inhabited
from tests.database.nights import STEPS, done, run_of

TIMED = "45s"


@dataclass
class Counted:
    """A database whose calls are counted: how many rows the largest call of each function brought or took."""

    inner: Database
    largest: defaultdict[str, int] = field(default_factory=lambda: defaultdict(int))
    calls: defaultdict[str, int] = field(default_factory=lambda: defaultdict(int))

    def call(self, token: str | None, function: str, args: Any = None, **words: Any) -> Answer:
        answer = self.inner.call(token, function, args, **words)
        self.calls[function] += 1
        self.largest[function] = max(self.largest[function], _rows(args), _rows(answer.body))
        return answer


def _rows(value: Any) -> int:
    """The longest list of rows anywhere in a body: each row is an object, a list, or an id."""
    if isinstance(value, dict):
        return max((_rows(inner) for inner in value.values()), default=0)
    if isinstance(value, list):
        inner = max((_rows(one) for one in value if isinstance(one, dict)), default=0)
        return max(len(value), inner)
    return 0


@pytest.fixture
def small(monkeypatch: pytest.MonkeyPatch) -> None:
    """Pages and parts of twenty."""
    for name in ("pool.PAGE", "night.PART", "night.OWNERS"):
        monkeypatch.setattr(f"functions.worker.nightly.{name}", 20)
    monkeypatch.setattr("functions.worker.charts.AT_ONCE", 20)


def _night(cast: Cast) -> Counted:
    counted = Counted(Service(cast.stack.api_url, cast.stack.service_role_key))
    database: Any = counted
    did = nightly(database, Ring(trigger="hand"))
    run = run_of(cast, did["runId"])
    assert (run["status"], done(run)) == ("succeeded", [*STEPS])
    return counted


@pytest.mark.usefixtures("small")
def test_no_call_of_a_night_grows_with_the_community(cast: Cast) -> None:
    begin_anew(cast)
    found: list[Counted] = []
    with inhabited(cast) as island, cast.settings(shard_size=20):
        for size in (40, 160):
            here = island(size)
            assert len(here.ids) == size
            found.append(_night(cast))
    few, many = found
    # The lists of twenty members name a thousand people at most, and pages name pairs that have met. All
    # ranges of ids are told once.
    paged = {"store_lists", "load_run_page", "claim_night"}
    assert {name: rows for name, rows in many.largest.items() if rows > 100 and name not in paged} == {}
    grown = {name: (few.calls[name], many.calls[name]) for name in many.calls}
    for name in ("enter_night", "load_run_page", "store_lists", "store_funnels", "plan_charts"):
        assert grown[name][1] > grown[name][0], name


def test_every_function_of_the_worker_ends_before_the_gateway_does(cast: Cast) -> None:
    """The role's own 8 s, or 45 s: longer ones would go on while nobody hears their answer any more."""
    rows = cast.database.execute(
        "select p.proname, c.setting from pg_proc p cross join unnest(p.proconfig) c (setting)"
        " where p.pronamespace = 'public'::regnamespace and c.setting like 'statement_timeout=%'"
    ).fetchall()
    assert len(rows) > 10
    assert {name: value for name, value in rows if value != f"statement_timeout={TIMED}"} == {}


def test_whatever_works_on_whole_pools_is_never_compiled(cast: Cast) -> None:
    """A forbidden plan counts as very dear, and the server would compile it for seconds in each call."""
    unwise = cast.database.execute(
        "select p.oid::regprocedure::text from pg_proc p"
        " where p.pronamespace in ('public'::regnamespace, 'private'::regnamespace)"
        " and array_to_string(p.proconfig, ' ') ~ 'enable_|plan_cache_mode|statement_timeout'"
        " and 'jit=off' <> all (p.proconfig) order by 1"
    ).fetchall()
    assert unwise == []


def test_what_is_counted() -> None:
    body: Json = {"a": [[1, 2], [3, 4], [5]], "b": {"c": [{"d": [1] * 7}]}, "e": "text"}
    assert _rows(body) == 7
    assert _rows(json.loads('{"page": {"rows": []}}')) == 0
