"""Attacks on the functions of the API: other methods, other arguments, callers who may not."""

import uuid
from typing import Any

import pytest

from tests.cast import Cast, Member
from tests.database.target import Target, aim, silent, unchanged


@pytest.fixture
def target(cast: Cast) -> Target:
    """Somebody to aim at."""
    return aim(cast)


def _member_functions(cast: Cast) -> list[str]:
    rows = cast.database.execute(
        "select distinct proname from pg_proc where pronamespace = 'public'::regnamespace"
        " and has_function_privilege('authenticated', oid, 'execute') order by 1"
    ).fetchall()
    return [row[0] for row in rows]


def test_functions_are_not_run_by_get_or_head(cast: Cast, target: Target) -> None:
    """They change things; a link or a prefetch must not. Each is tried with the target's own handles."""
    handles = {
        "match_id": target.pair.match_id,
        "blind_chat_id": target.pair.chat_id,
        "reveal_id": target.pair.reveal_id,
        "action": "accept",
        "reason": "rude",
        "rating": "1",
        "mode": "both",
        "consent_version": "v1",
    }
    used = cast.value("select count(*) from private.rate_counters")
    for function in _member_functions(cast):
        query = "&".join(f"{name}={value}" for name, value in handles.items())
        for method in ("GET", "HEAD"):
            for path in (f"/rpc/{function}", f"/rpc/{function}?{query}"):
                assert cast.rest(target.pair.b, method, path).status_code in (400, 404, 405, 500), path
    for function, words in (
        ("respond", "match_id={match_id}&action=accept"),
        ("close_match", "match_id={match_id}"),
    ):
        path = f"/rpc/{function}?{words.format(**handles)}"
        assert cast.rest(target.pair.b, "GET", path).status_code == 405
    assert cast.value("select count(*) from private.rate_counters") == used
    unchanged(cast, target)


def test_extra_arguments_and_overloads_find_no_function(cast: Cast, target: Target) -> None:
    for function in _member_functions(cast):
        for extra in ("user_id", "member", "member_id", "uid", "role"):
            response = cast.rpc(target.pair.a, function, **{extra: target.pair.b.id})
            assert response.status_code == 404, f"{function}({extra})"
    duplicates = cast.database.execute(
        "select proname from pg_proc where pronamespace = 'public'::regnamespace and not exists (select"
        " from pg_depend d"
        " where d.objid = pg_proc.oid and d.deptype = 'e') group by proname having count(*) > 1"
    ).fetchall()
    assert duplicates == []


def test_arguments_in_other_shapes_reach_no_other_function(cast: Cast, target: Target) -> None:
    words = {"match_id": target.pair.match_id, "action": "accept"}
    for headers, content in (
        ({"Prefer": "params=single-object"}, words),
        ({"Prefer": "params=multiple-objects"}, [words, words]),
        ({}, [words, words]),
        ({}, "respond"),
        ({}, None),
    ):
        response = cast.rest(target.pair.a, "POST", "/rpc/respond", json=content, headers=headers)
        assert response.status_code in (200, 400, 404), response.text
        silent(target, response)
    for kind in ("text/csv", "application/octet-stream", "text/plain", "application/geo+json"):
        response = cast.rest(target.pair.a, "POST", "/rpc/get_status", json={}, headers={"Accept": kind})
        silent(target, response)
    unchanged(cast, target)


def test_a_client_cannot_take_back_what_was_counted(cast: Cast) -> None:
    """Prefer: tx=rollback would make every call free and every refusal uncounted: it is refused itself."""
    member: Member = cast.member()
    with cast.settings(reads_per_minute=3):
        statuses = [
            cast.rest(
                member, "POST", "/rpc/get_status", json={}, headers={"Prefer": "tx=rollback"}
            ).status_code
            for _ in range(5)
        ]
    # Refused before it is counted, since nothing is done: a plain one is counted.
    assert statuses == [422] * 5


def test_anon_runs_no_function_at_all(cast: Cast) -> None:
    """Every function of the API, with the public key alone: none is there for nobody, definer or not."""
    rows = cast.database.execute(
        "select distinct proname from pg_proc where pronamespace in ('public'::regnamespace,"
        " 'private'::regnamespace)"
    ).fetchall()
    assert {"load_run", "get_status", "expire_matches"} <= {row[0] for row in rows}
    for caller in (None, cast.stack.anon_key):
        for (function,) in rows:
            assert cast.rpc(caller, function).status_code in (401, 403, 404), function
    assert cast.rpc(cast.stack.anon_key, "load_run", run_id=None).status_code == 401


@pytest.mark.parametrize(
    ("function", "words"),
    [
        ("plan_charts", {"chart_version": "x", "most": 1}),
        ("claim_births", {"chart_version": "x", "worker": "x", "most": 1}),
        ("claim_tasks", {"kind": "charts", "worker": "x"}),
        ("finish_tasks", {"claims": []}),
        ("fail_tasks", {"claims": [], "error": "x"}),
        ("park_tasks", {"claims": [], "error": "x"}),
        ("unpark_tasks", {}),
        ("store_birth_charts", {"chart_version": "x", "charts": []}),
        ("weigh_interests", {}),
        ("index_interests", {}),
        ("load_quiz", {"quiz_version": "x"}),
        ("claim_quiz", {"quiz_version": "x", "worker": "x"}),
        ("store_quiz_vectors", {"quiz_version": "x", "made": [], "at_night": True}),
        ("preview_pool", {"chart_version": "x"}),
        ("store_funnels", {"claim": {"id": 0, "attempt": 1}, "pool_of": None, "funnels": []}),
        ("open_job_run", {"job": "charts", "trigger": "hand", "engine_version": "x"}),
        ("finish_job_run", {"run_id": None, "metadata": {}}),
        ("store_proposals", {"claim": {"id": 0, "attempt": 1}, "proposals": []}),
        ("fail_job_run", {"run_id": None, "error": "x"}),
        ("claim_bell", {"nonce": str(uuid.uuid4()), "rung_at": "2026-01-01T00:00:00Z"}),
        ("worker_health", {}),
    ],
)
def test_service_functions_are_for_the_service(cast: Cast, function: str, words: dict[str, Any]) -> None:
    runs = cast.value("select count(*) from public.job_runs")
    for caller, status in ((cast.member(), 403), (cast.stack.anon_key, 401), (None, 401)):
        assert cast.rpc(caller, function, **words).status_code == status
    assert cast.value("select count(*) from public.job_runs") == runs
    answer = cast.rpc(cast.stack.service_role_key, function, **words)
    assert answer.status_code == 200, answer.text
    # Some answer a number.
    assert not isinstance(answer.json(), dict) or "ok" not in answer.json()
