"""The data API's own doors: what a member may ask of a table or around a call, and what it may cost."""

import json
import threading
from typing import Any

import httpx
import pytest

from tests.cast import STATEMENT, Cast, Member, Pair
from tests.database.answers import ok, refused
from tests.database.scene import Scene
from tests.server.served import until

# Around one call, as PostgREST of these versions writes it. 12.0 was read from a server's log, and so was a
# hosted project's of September 2026, which reads as 14 does; the others are from their sources
# (PostgREST, src/PostgREST/Query/{Statements,QueryBuilder,SqlFragment}.hs).
_FRAME = (
    "WITH pgrst_source AS (SELECT pgrst_call.pgrst_scalar FROM (SELECT $1 AS json_data) pgrst_payload,"
    ' LATERAL (SELECT "match_id" FROM json_to_record(pgrst_payload.json_data) AS _("match_id" uuid) LIMIT 1)'
    ' pgrst_body , LATERAL (SELECT "public"."respond"("match_id" := pgrst_body."match_id") pgrst_scalar)'
    " pgrst_call)"
    " SELECT null::bigint AS total_result_set, {page} AS page_total, {body} AS body,"
    " nullif(current_setting('response.headers', true), '') AS response_headers,"
    " nullif(current_setting('response.status', true), '') AS response_status, '' AS response_inserted"
    ' FROM (SELECT {what} FROM "pgrst_source" AS "respond"   LIMIT $2 OFFSET $3{space}) _postgrest_t'
)
WORDINGS = {
    "12.0": {"page": "pg_catalog.count(_postgrest_t)", "what": '"respond".*', "space": " "},
    "12.2": {"page": "1", "what": '"respond"."pgrst_scalar"', "space": " "},
    "13": {"page": "1", "what": '"respond"."pgrst_scalar"', "space": ""},
    "14": {"page": "1", "what": '"respond".*', "space": ""},
    "16": {"page": "1", "what": '"respond".*', "space": ""},
}
BODY = "coalesce(json_agg(_postgrest_t.pgrst_scalar)->0, 'null')"


def wording(version: str, **changes: str) -> str:
    return _FRAME.format(**({"body": BODY} | WORDINGS[version] | changes))


def plain(cast: Cast, statement: str, path: str = "/rpc/respond", prefer: str | None = None) -> bool:
    return bool(cast.value("select private.is_plain_call(%s, %s, %s)", statement, path, prefer))


@pytest.mark.parametrize("version", WORDINGS)
def test_a_plain_call_is_known_in_every_version(cast: Cast, version: str) -> None:
    assert plain(cast, wording(version))
    assert plain(cast, wording(version), prefer="return=representation")
    # What asks for more reads otherwise, in each of them.
    asked = (
        '"respond"."pgrst_scalar"->>$4 AS "status"',
        'CAST("respond"."pgrst_scalar"->>$4 AS integer)',
        '"respond"."status"',
    )
    for what in asked:
        assert not plain(cast, wording(version, what=what)), what
    assert not plain(cast, wording(version).replace("   LIMIT", "  WHERE $4 = $5  LIMIT"))
    assert not plain(cast, wording(version).replace("   LIMIT", '  ORDER BY "respond"."status"  LIMIT'))


@pytest.mark.parametrize(
    ("path", "prefer"),
    [
        ("/rpc/graphql", None),
        ("/matches", None),
        (None, None),
        ("/rpc/respond", "handling=strict, max-affected=1"),
        ("/rpc/respond", "Max-Affected = 1"),
        ("/rpc/respond", "tx=rollback"),
    ],
    ids=repr,
)
def test_a_way_to_undo_a_call_is_no_plain_call(cast: Cast, path: Any, prefer: str | None) -> None:
    assert plain(cast, wording("16"))
    assert not plain(cast, wording("16"), path, prefer)


def test_a_call_through_another_s_statement_is_refused(cast: Cast, database: Any) -> None:
    """As pg_graphql calls: from inside its own function, whose name is the one in the address."""
    member = cast.member()
    database.execute(
        "create function public.graphql(asked text) returns jsonb language plpgsql volatile as $$ begin"
        " return public.get_status(); end $$; grant execute on function public.graphql(text) to authenticated"
    )
    try:
        answer = _eventually_known(cast, member)
        refused(answer, 422, "invalid_body")
    finally:
        database.execute("drop function public.graphql(text)")


def _eventually_known(cast: Cast, member: Member) -> httpx.Response:
    until(lambda: cast.rpc(member, "graphql", asked="{}").status_code != 404)
    return cast.rpc(member, "graphql", asked="{}")


@pytest.mark.parametrize("prefer", ["tx=rollback", "handling=lenient, max-affected=1"])
def test_a_call_that_asks_to_be_undone_is_refused_and_counted(cast: Cast, prefer: str) -> None:
    pair = cast.pair("accepted_a")
    words = {"match_id": pair.match_id, "action": "accept"}
    answer = cast.rest(pair.b, "POST", "/rpc/respond", json=words, headers={"Prefer": prefer})
    refused(answer, 422, "invalid_body")
    assert cast.value("select status::text from public.matches where id = %s", pair.match_id) == "accepted_a"


# Tables.

OPEN = {
    "users": "id",
    "connect_profiles": "id",
    "consents": "kind",
    "birth_charts": "computed_at",
    "matching_preferences": "updated_at",
    "work_profiles": "updated_at",
    "match_feedback": "match_id",
    "blocks": "match_id",
    "reports": "match_id",
}


@pytest.fixture(scope="module")
def told(cast: Cast) -> Member:
    """A member with a row in every table that members read."""
    return Scene(cast).member


def test_every_table_that_members_read_is_tried_here(database: Any) -> None:
    rows = database.execute(
        "select distinct c.relname from pg_class c join pg_attribute a on a.attrelid = c.oid and a.attnum > 0"
        " where c.relnamespace = 'public'::regnamespace and c.relkind in ('r', 'v')"
        " and has_column_privilege('authenticated', c.oid, a.attnum, 'select')"
    ).fetchall()
    assert {name for (name,) in rows} == set(OPEN)


@pytest.mark.parametrize("table", OPEN)
def test_own_rows_are_found_by_plain_comparisons(cast: Cast, told: Member, table: str) -> None:
    column = OPEN[table]
    mine = cast.rest(told, "GET", f"/{table}?select={column}").json()
    assert len(mine) >= 1
    value = mine[0][column].replace("+", "%2B")
    for question in ("eq", "gte", "lte", "not.neq"):
        assert cast.rest(told, "GET", f"/{table}?select={column}&{column}={question}.{value}").json()
    for question in (f"in.({value})", "not.is.null", f"isdistinct.{value}"):
        assert cast.rest(told, "GET", f"/{table}?select={column}&{column}={question}").status_code == 200
    assert cast.rest(told, "GET", f"/{table}?select={column}&order={column}.desc&limit=1").status_code == 200
    asked = cast.rest(told, "GET", f"/{table}?select={column}", headers={"Accept": "text/csv"})
    assert asked.status_code == 200


_OTHERS = ("match.a", "imatch.a", "like.*a*", "ilike.*a*", "match(any).{a,b}", "fts.a", "plfts.a", "cs.{a}")
_MORE = (
    "cd.{a}",
    "ov.{a}",
    "sl.(1,2)",
    "sr.(1,2)",
    "nxr.(1,2)",
    "nxl.(1,2)",
    "adj.(1,2)",
    "wfts.a",
    "phfts.a",
)


@pytest.mark.parametrize("question", [*_OTHERS, *_MORE])
@pytest.mark.parametrize(
    "column",
    ["radix_json->>sun", "radix_json", "design_json->a->>b", "computed_at"],
)
def test_no_other_operator_is_ever_asked(cast: Cast, told: Member, column: str, question: str) -> None:
    """A table with documents in it, so that there is something to search."""
    for asked in (f"{column}={question}", f"or=({column}.{question})", f"not.and=({column}.{question})"):
        answer = cast.rest(told, "GET", f"/birth_charts?select=computed_at&{asked}")
        # Refused by us, or by Postgres for want of such an operator; never answered.
        assert answer.status_code in (400, 404), (asked, answer.text)
    if "->>" in column and question.startswith(("match", "imatch", "like", "ilike")):
        answer = cast.rest(told, "GET", f"/birth_charts?select=computed_at&{column}={question}")
        assert answer.json()["code"] == "PT400"


def test_members_may_name_no_text_column(database: Any) -> None:
    """Text is what a search costs most in; functions tell it, and count."""
    rows = database.execute(
        "select c.relname || '.' || a.attname from pg_class c"
        " join pg_attribute a on a.attrelid = c.oid and a.attnum > 0 and not a.attisdropped"
        " join pg_type t on t.oid = a.atttypid left join pg_type e on e.oid = t.typelem"
        " where c.relnamespace = 'public'::regnamespace and c.relkind in ('r', 'v')"
        " and has_column_privilege('authenticated', c.oid, a.attnum, 'select')"
        " and 'S' in (t.typcategory, coalesce(e.typcategory, ''))"
    ).fetchall()
    assert rows == []


def test_a_slow_read_ends_early(cast: Cast, told: Member, database: Any) -> None:
    """Whatever a member finds to ask of a table: 250 ms, and the others have their turn."""
    database.execute(
        "create view public.slow as select pg_sleep(3)::text as slept;"
        " grant select on public.slow to authenticated, anon, service_role"
    )
    try:
        until(lambda: cast.rest(told, "GET", "/slow?select=slept").status_code != 404)
        assert cast.rest(told, "GET", "/slow?select=slept").json()["code"] == "57014"
        assert cast.rest(None, "GET", "/slow?select=slept").json()["code"] == "57014"
        # The worker's own reads are not cut.
        assert cast.rest(cast.stack.service_role_key, "GET", "/slow?select=slept").status_code == 200
    finally:
        database.execute("drop view public.slow")


# Bodies.


def test_a_body_has_at_most_64_kilobytes(cast: Cast) -> None:
    member = cast.member()
    headers = {"Content-Type": "application/json"}
    for size, status in ((65_536, 404), (65_537, 413)):
        answer = cast.rest(member, "POST", "/rpc/join_event", content=_code(size), headers=headers)
        assert answer.status_code == status, answer.text
    chunks = cast.rest(
        member,
        "POST",
        "/rpc/join_event",
        content=iter([b'{"event_code":', b'"no-such-event"}']),
        headers=headers,
    )
    assert chunks.status_code == 413
    assert chunks.json()["message"] == "body_too_large"


def _code(size: int) -> bytes:
    """An event's code that nobody has, in a body of so many bytes."""
    text = json.dumps({"event_code": "no-such-event"}).encode()
    return text[:-1] + b" " * (size - len(text)) + b"}"


def test_the_worker_brings_whole_nights(cast: Cast) -> None:
    body = json.dumps({"chart_version": "test", "charts": []}).encode()
    body = body[:-1] + b" " * 200_000 + b"}"
    answer = cast.rest(
        cast.stack.service_role_key,
        "POST",
        "/rpc/store_birth_charts",
        content=body,
        headers={"Content-Type": "application/json"},
    )
    assert ok(answer) == {"stored": 0, "skipped": 0}


@pytest.mark.parametrize(
    ("function", "words"),
    [
        (
            "note_unreadable",
            {"message_ids": ["00000000-0000-4000-8000-000000000000"] * 101, "statements": [STATEMENT] * 101},
        ),
        ("send_message", {"message_id": "00000000-0000-4000-8000-000000000000", "ciphertext": "A" * 10_708}),
    ],
)
def test_what_is_too_much_is_refused_before_anything_is_locked(
    cast: Cast, function: str, words: dict[str, Any]
) -> None:
    pair: Pair = cast.pair("blind_chat_active")
    asked = {"blind_chat_id": pair.chat_id, **words}
    if function == "send_message":
        asked |= {"key_id": "k1", "risk_score": 0, "risk_kinds": []}
    held = threading.Event()
    answers: list[httpx.Response] = []

    def call() -> None:
        answers.append(cast.rpc(pair.a, function, **asked))
        held.set()

    with cast.database.transaction():
        cast.database.execute("select from public.matches where id = %s for update", [pair.match_id])
        thread = threading.Thread(target=call)
        thread.start()
        assert held.wait(60), "it waits for the match"
    thread.join()
    refused(answers[0], 422, "invalid_body")
