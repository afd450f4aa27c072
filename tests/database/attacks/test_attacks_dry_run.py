"""Attacks that make PostgREST undo a call after it has answered, or read what a row gives away by itself."""

import pytest

from tests.cast import Cast
from tests.database.answers import ok, status_of

# What a caller may ask of a function's result; each would run in the same transaction, after the function.
ASKED_OF_THE_RESULT = (
    "select=pgrst_scalar:pgrst_scalar->>status::int",
    "select=pgrst_scalar::int",
    "select=pgrst_scalar->>status",
    "order=pgrst_scalar->>status",
    "pgrst_scalar->>status=eq.accepted_both",
    "pgrst_scalar->>status=cast.int",
    "or=(pgrst_scalar->>status.eq.accepted_both,pgrst_scalar->>status.eq.accepted_a)",
    # an alias that looks like the end of a plain call
    'select="FROM (SELECT x.* FROM pgrst_source AS x LIMIT $1 OFFSET $2) _postgrest_t":'
    "pgrst_scalar->>status::int",
)


@pytest.mark.parametrize("partner_accepts", [True, False], ids=["partner accepted", "partner silent"])
@pytest.mark.parametrize("asked", ASKED_OF_THE_RESULT)
def test_a_dry_run_of_respond_tells_nothing(cast: Cast, asked: str, partner_accepts: bool) -> None:
    """A failing cast would undo the yes and quote its answer: the partner's decision, for nothing."""
    pair = cast.pair("accepted_a" if partner_accepts else "proposed")
    body = {"match_id": pair.match_id, "action": "accept"}
    answer = cast.rest(pair.b, "POST", f"/rpc/respond?{asked}", json=body)
    for decided in ("accepted", "blind_chat", "declined"):
        assert decided not in answer.text.replace("eq.accepted", ""), answer.text
    assert status_of(cast, pair.match_id) == ("accepted_a" if partner_accepts else "proposed")
    assert ok(cast.rpc(pair.b, "get_status"))["current"]["stage"] == "match_found"


@pytest.mark.parametrize("function", ["get_status", "get_profile", "get_consents"])
def test_reads_cannot_be_undone_to_escape_their_limit(cast: Cast, function: str) -> None:
    member = cast.member()
    answer = cast.rest(member, "POST", f"/rpc/{function}?select=x:pgrst_scalar->>ok::int", json={})
    assert answer.status_code in (400, 422)
    assert member.name not in answer.text


def test_calls_without_questions_are_answered_by_every_way_of_asking(cast: Cast) -> None:
    """The guard knows PostgREST's own words: a version that words it otherwise must be seen here."""
    member = cast.member()
    for path, headers in (
        ("/rpc/get_status", {}),
        ("/rpc/get_status?select=*", {}),
        ("/rpc/get_status", {"Prefer": "count=exact"}),
        ("/rpc/get_status", {"Accept": "application/vnd.pgrst.object+json"}),
    ):
        answer = cast.rest(member, "POST", path, json={}, headers=headers)
        assert answer.status_code == 200, answer.text
        assert answer.json()["active"] is True


@pytest.mark.parametrize("column", ["xmin", "xmax", "ctid", "cmin", "cmax", "tableoid"])
@pytest.mark.parametrize(
    "table", ["users", "connect_profiles", "consents", "match_feedback", "blocks", "reports"]
)
def test_a_row_s_own_bookkeeping_is_closed(cast: Cast, table: str, column: str) -> None:
    """A partner who acts on a shared match locks the member's row, which moves its xmax."""
    pair = cast.pair("closed")
    for question in (f"select={column}", f"{column}=neq.0", f"order={column}"):
        answer = cast.rest(pair.a, "GET", f"/{table}?{question}")
        assert answer.status_code in (400, 403, 404), answer.text


@pytest.mark.parametrize(
    "languages",
    [[""], ["en,de"], [["en", "de"], ["fr", "es"]], ["en", None], ["e" * 60_000], ["en"] * 21, ["en"] * 51],
)
def test_a_member_cannot_store_languages_the_matcher_cannot_read(cast: Cast, languages: list[object]) -> None:
    member = cast.member(active=False)
    words = {"mode": "both", "consent_version": "v1", "language_pref": languages}
    assert cast.rpc(member, "activate", **words).status_code == 422
    assert cast.value("select count(*) from public.connect_profiles where user_id = %s", member.id) == 0


@pytest.mark.parametrize("reasons", [["a,a"], [""], [["a", "b"], ["c", "d"]], ["a", None]])
def test_a_reason_is_one_short_word(cast: Cast, reasons: list[object]) -> None:
    pair = cast.pair("closed")
    answer = cast.rpc(pair.a, "give_feedback", match_id=pair.match_id, rating=3, reasons=reasons)
    assert answer.status_code == 422


def test_own_rows_cannot_be_nested_into_a_flood(cast: Cast) -> None:
    member = cast.member()
    for path in (
        "/consents?select=version,users(display_name)",
        "/users?select=id,consents(version)",
        "/match_feedback?select=rating,users(display_name)",
    ):
        assert cast.rest(member, "GET", path).status_code in (400, 403)
