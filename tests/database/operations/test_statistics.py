"""The funnel from proposal to feedback: counted per week, mode, engine and event, kept when matches go."""

import uuid
from collections.abc import Iterator
from typing import Any

import psycopg
import pytest

from tests.cast import Cast, Json, Pair
from tests.database.answers import ok
from tests.database.events import event

Steps = tuple[int, int, int, int, int]
STEPS = "proposed, accepted_by_one, chat_opened, revealed, feedback_given"


def refresh(cast: Cast) -> Json:
    """What the job says of itself."""
    said: Json = cast.value("select private.refresh_statistics()")
    return said


@pytest.fixture(autouse=True)
def kept(cast: Cast) -> Iterator[None]:
    """Counts of the years in which these pairs were proposed are kept."""
    with cast.settings(analytics_retention="20 years"):
        yield


def engine() -> str:
    """An engine that nobody else's matches are of, so that rows can be told apart."""
    return f"stat-{uuid.uuid4().hex[:12]}"


def dated(cast: Cast, state: str, version: str, at: str = "2021-01-03T12:00Z", **changes: Any) -> Pair:
    """A pair in a state, proposed at some time by some engine."""
    pair = cast.pair(state)
    words = {"created_at": at, "engine_version": version} | changes
    assignments = ", ".join(f"{name} = %s" for name in words)
    cast.database.execute(
        f"update public.matches set {assignments} where id = %s", [*words.values(), pair.match_id]
    )
    return pair


def counted(cast: Cast, version: str) -> dict[tuple[str, str, bool], Steps]:
    """Week, mode, in an event → the steps."""
    rows = cast.database.execute(
        f"select week::text, mode::text, in_event, {STEPS} from public.match_outcomes"
        " where engine_version = %s",
        [version],
    )
    return {(week, mode, inside): (a, b, c, d, e) for week, mode, inside, a, b, c, d, e in rows}


def test_how_far_each_pair_got(cast: Cast) -> None:
    version, party = engine(), event(cast)
    for state in ("proposed", "accepted_a", "declined", "expired", "blind_chat_active", "revealed", "closed"):
        dated(cast, state, version)
    # Who declines after a yes of the other still leaves that yes; a reveal stays one when the chat is closed.
    half = dated(cast, "accepted_a", version)
    ok(cast.rpc(half.b, "respond", match_id=half.match_id, action="decline"))
    over = dated(cast, "revealed", version)
    ok(cast.rpc(over.a, "close_match", match_id=over.match_id))
    rated = dated(cast, "blind_chat_active", version, event_id=party.id, mode="friendship")
    for side in (rated.a, rated.b):
        ok(cast.rpc(side, "give_feedback", match_id=rated.match_id, rating=4))
    refresh(cast)
    assert counted(cast, version) == {
        ("2020-12-28", "romantic", False): (9, 6, 4, 2, 0),
        ("2020-12-28", "friendship", True): (1, 1, 1, 0, 1),
    }
    shares = cast.database.execute(
        "select week, accepted_percent::float, chat_percent::float, reveal_percent::float,"
        " feedback_percent::float"
        " from public.match_outcome_shares where engine_version = %s and not in_event",
        [version],
    ).fetchall()
    # The third of January 2021 lies in week 53 of the year before.
    assert shares == [("2020-W53", 66.7, 66.7, 50.0, 0.0)]


def test_weeks_are_those_of_utc_wherever_one_asks_from(cast: Cast) -> None:
    version = engine()
    dated(cast, "proposed", version, "2021-01-03T23:59:59Z")
    dated(cast, "proposed", version, "2021-01-04T00:00:00Z")
    cast.database.execute("set timezone = 'Pacific/Auckland'")
    try:
        refresh(cast)
    finally:
        cast.database.execute("reset timezone")
    assert {week for week, _, _ in counted(cast, version)} == {"2020-12-28", "2021-01-04"}


def test_nothing_new_writes_nothing(cast: Cast) -> None:
    version = engine()
    pair = dated(cast, "proposed", version)
    dated(cast, "proposed", version, mode="friendship")
    assert refresh(cast)["changedRows"] >= 2
    rows = "select array_agg(k.xmin::text || k::text order by k::text) from public.match_outcomes k"
    before = cast.value(rows)
    assert refresh(cast) == {"unchanged": True}
    assert cast.value(rows) == before
    ok(cast.rpc(pair.a, "respond", match_id=pair.match_id, action="accept"))
    assert refresh(cast) == {"changedRows": 1}
    assert counted(cast, version)[("2020-12-28", "romantic", False)] == (1, 1, 0, 0, 0)


def test_what_was_counted_outlives_its_matches(cast: Cast) -> None:
    """A week that was purged, whole or in part, keeps what was counted; other weeks go on."""
    version = engine()
    kept, gone = dated(cast, "proposed", version), dated(cast, "revealed", version)
    alone = dated(cast, "accepted_a", version, "2021-02-03T12:00Z")
    refresh(cast)
    before = counted(cast, version)
    assert before[("2020-12-28", "romantic", False)] == (2, 1, 1, 1, 0)
    for pair in (gone, alone):
        cast.database.execute("delete from public.matches where id = %s", [pair.match_id])
    ok(cast.rpc(kept.a, "respond", match_id=kept.match_id, action="accept"))
    dated(cast, "proposed", version, "2021-03-03T12:00Z")
    refresh(cast)
    assert counted(cast, version) == before | {("2021-03-01", "romantic", False): (1, 0, 0, 0, 0)}


def test_pairs_of_a_deleted_event_are_counted_once(cast: Cast) -> None:
    version, party = engine(), event(cast)
    # A week of its own: what others purge from theirs must not keep this one from being counted anew.
    dated(cast, "accepted_a", version, "2019-05-06T12:00Z", event_id=party.id)
    dated(cast, "proposed", version, "2019-05-06T12:00Z")
    refresh(cast)
    assert set(counted(cast, version)) == {
        ("2019-05-06", "romantic", True),
        ("2019-05-06", "romantic", False),
    }
    cast.database.execute("delete from public.events where id = %s", [party.id])
    refresh(cast)
    assert counted(cast, version) == {("2019-05-06", "romantic", False): (2, 1, 0, 0, 0)}


def test_an_erased_side_is_still_a_proposal(cast: Cast) -> None:
    version = engine()
    pair = dated(cast, "proposed", version, "2019-06-03T12:00Z")
    refresh(cast)
    cast.database.execute("delete from auth.users where id = %s", [pair.a.id])
    refresh(cast)
    assert counted(cast, version) == {("2019-06-03", "romantic", False): (1, 0, 0, 0, 0)}


def test_the_job_says_what_it_did(cast: Cast, database: psycopg.Connection[Any]) -> None:
    version = engine()
    dated(cast, "proposed", version, "2019-07-01T12:00Z")
    for expected in ("changedRows", "unchanged"):
        database.execute("select private.start_job('statistics')")
        row = database.execute(
            "select status::text, metadata from public.job_runs where name = 'statistics'"
            " order by sequence desc limit 1"
        ).fetchone()
        assert row is not None
        assert (row[0], list(row[1])) == ("succeeded", [expected])
