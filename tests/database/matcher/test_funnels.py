"""A member's filter funnel: their own, of last night, gone with what it was counted from."""

import datetime
import json
import uuid
from typing import Any

import pytest

from tests.cast import Cast, Json, Member
from tests.database.answers import ok
from tests.database.runs import claim, during, load

FUNNEL: Json = {"total": 480, "rules": [{"rule": "age", "left": 120}]}
NONE = {"funnel": None, "asOf": None}


def _count(cast: Cast) -> Json:
    """A night that keeps everybody, and counts in its own pool: how both are named."""
    run_id = load(cast)["runId"]
    return {"claim": claim(cast, run_id), "pool_of": run_id}


def _store(cast: Cast, run: Json, *members: Member, funnel: Json = FUNNEL, last: bool = True) -> Json:
    return ok(
        cast.rpc(
            cast.stack.service_role_key,
            "store_funnels",
            **run,
            last=last,
            funnels=[{"id": member.id, "funnel": funnel | {"of": member.id}} for member in members],
        )
    )


def _shown(cast: Cast, member: Member) -> Any:
    return ok(cast.rpc(member, "get_funnel"))["funnel"]


def test_everybody_is_shown_their_own(cast: Cast) -> None:
    one, other, new = cast.member(), cast.member(), cast.member()
    run = _count(cast)
    assert _store(cast, run, one, other) == {"late": False, "stored": 2}
    for member in (one, other):
        answer = ok(cast.rpc(member, "get_funnel"))
        assert set(answer) == {"funnel", "asOf"}
        assert answer["funnel"] == FUNNEL | {"of": member.id}
        age = datetime.datetime.now(datetime.UTC) - datetime.datetime.fromisoformat(answer["asOf"])
        assert 0 <= age.total_seconds() < 60
    assert ok(cast.rpc(new, "get_funnel")) == NONE
    assert ok(cast.rpc(cast.stranger(), "get_funnel")) == NONE


def test_a_night_is_stored_in_parts_and_the_last_takes_the_rest_away(cast: Cast) -> None:
    gone, one, other = cast.member(), cast.member(), cast.member()
    _store(cast, _count(cast), gone, one)
    run = _count(cast)
    _store(cast, run, one, last=False)
    assert (bool(_shown(cast, gone)), _shown(cast, other)) == (True, None)
    _store(cast, run, other)
    assert [bool(_shown(cast, member)) for member in (gone, one, other)] == [False, True, True]


def test_reading_again_after_changing_a_filter_tells_nothing_new(cast: Cast) -> None:
    member = cast.member()
    _store(cast, _count(cast), member)
    before = ok(cast.rpc(member, "get_funnel"))
    ok(cast.rpc(member, "activate", mode="both", consent_version="v1", min_age=30, max_age=34))
    assert ok(cast.rpc(member, "get_funnel")) == before


def test_reading_counts_as_a_read(cast: Cast) -> None:
    member = cast.member()
    with cast.settings(reads_per_minute=2):
        told = [cast.rpc(member, "get_funnel") for _ in range(3)]
    assert [answer.status_code for answer in told] == [200, 200, 429]
    assert told[0].headers["RateLimit-Remaining"] == "1"


def test_every_night_replaces_the_last(cast: Cast) -> None:
    stays, paused = cast.member(), cast.member()
    _store(cast, _count(cast), stays, paused)
    ok(cast.rpc(paused, "deactivate"))
    assert _shown(cast, paused)  # until tonight
    _store(cast, _count(cast), stays, funnel={"total": 500})
    assert _shown(cast, stays) == {"total": 500, "of": stays.id}
    assert _shown(cast, paused) is None


def test_a_night_with_nobody_leaves_nobody_s(cast: Cast) -> None:
    member = cast.member()
    _store(cast, _count(cast), member)
    _store(cast, _count(cast))
    assert _shown(cast, member) is None
    assert cast.value("select count(*) from private.funnels") == 0


@pytest.mark.parametrize("signal", ["birthData", "values", "location", "feedback", "aiText"])
def test_a_withdrawal_takes_it(cast: Cast, signal: str) -> None:
    members = [cast.member(signals="{birthData,values,location,feedback,aiText}") for _ in range(2)]
    _store(cast, _count(cast), *members)
    on = dict.fromkeys(("birthData", "values", "location", "feedback", "aiText"), True)
    ok(cast.rpc(members[0], "put_consents", version="v1", switches=on | {signal: False}))
    ok(cast.rpc(members[1], "put_consents", version="v1", switches=on))
    assert [bool(_shown(cast, member)) for member in members] == [False, True]


def test_an_erasure_takes_it(cast: Cast) -> None:
    member = cast.member()
    _store(cast, _count(cast), member)
    cast.database.execute("delete from auth.users where id = %s", [member.id])
    assert cast.value("select count(*) from private.funnels where user_id = %s", member.id) == 0


def test_who_withdrew_or_went_while_it_was_counted_gets_none(cast: Cast) -> None:
    """Counted from a place or a chart that they have taken back by now."""
    withdrew, erased, stays = cast.member(signals="{location}"), cast.member(), cast.member()
    run = _count(cast)
    late = cast.member()
    ok(cast.rpc(withdrew, "put_consents", version="v1", switches={}))
    cast.database.execute("delete from auth.users where id = %s", [erased.id])
    assert _store(cast, run, withdrew, erased, stays, late) == {"late": False, "stored": 1}
    assert [bool(_shown(cast, member)) for member in (withdrew, stays, late)] == [False, True, False]


def test_a_withdrawal_at_the_same_instant_is_waited_for(cast: Cast) -> None:
    member = cast.member(signals="{location}")
    run = _count(cast)
    claims = json.dumps({"sub": member.id, "role": "authenticated", "aud": "authenticated"})
    _, answer, waited = during(
        cast,
        lambda: _store(cast, run, member),
        "select public.put_consents('v1', '{}') from set_config('request.jwt.claims', %s, true)",
        claims,
    )
    assert (answer, waited) == ({"late": False, "stored": 0}, True)
    assert _shown(cast, member) is None


@pytest.mark.parametrize("funnel", [[], "all", 7, None], ids=repr)
def test_a_funnel_in_nonsense_is_refused_and_last_night_s_stays(cast: Cast, funnel: Any) -> None:
    member, other = cast.member(), cast.member()
    _store(cast, _count(cast), member)
    words = _count(cast)
    rows = [{"id": other.id, "funnel": FUNNEL}, {"id": member.id, "funnel": funnel}]
    answer = cast.rpc(cast.stack.service_role_key, "store_funnels", **words, funnels=rows)
    assert answer.status_code == 400
    assert (bool(_shown(cast, member)), _shown(cast, other)) == (True, None)


def test_jobs_are_opened_and_closed_once(cast: Cast) -> None:
    """For a job that loads and stores its own work, such as the charts."""
    key = cast.stack.service_role_key
    words = {"job": "charts", "trigger": "hand", "engine_version": "v1", "scope": str(uuid.uuid4())}
    run_id = ok(cast.rpc(key, "open_job_run", **words))["runId"]
    row = "select name, trigger, status::text, engine_version, metadata from public.job_runs where id = %s"
    assert cast.database.execute(row, [run_id]).fetchone() == ("charts", "hand", "running", "v1", {})
    assert ok(cast.rpc(key, "finish_job_run", run_id=run_id, metadata={"stored": 3})) == {}
    ok(cast.rpc(key, "finish_job_run", run_id=run_id, metadata={"stored": 4}))
    ok(cast.rpc(key, "fail_job_run", run_id=run_id, error="Late"))
    closed = ("charts", "hand", "succeeded", "v1", {"stored": 3})
    assert cast.database.execute(row, [run_id]).fetchone() == closed
