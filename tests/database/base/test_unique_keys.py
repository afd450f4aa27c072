"""A key that a caller chooses is unique only among what the caller may see.

Else whoever tries a key of their choice is told by "taken" or "free" what became of somebody else's row: a
message id tried in another chat once told an erasure from a close.
"""

from typing import Any

import pytest

from tests.cast import Cast
from tests.database.answers import ok

# Why a unique index tells a member nothing. Every index must say.
OWN = "begins with whose it is: the caller themself"
SEEN = "begins with what the caller is a side of"
REASONS: dict[str, str] = {
    # Accounts and what belongs to one.
    "public.users (id)": OWN,
    "public.connect_profiles (user_id)": OWN,
    "public.birth_charts (user_id)": OWN,
    "public.quiz_responses (user_id)": OWN,
    "public.user_quiz_vectors (user_id)": OWN,
    "private.own_changes (user_id)": OWN,
    "public.matching_preferences (user_id)": OWN,
    "public.work_profiles (user_id)": OWN,
    "public.member_interests (user_id)": OWN,
    "public.user_interest_index (user_id, interest)": OWN,
    "public.user_features (user_id)": OWN,
    "private.rate_counters (user_id, kind)": OWN,
    "private.idempotency_keys (user_id, key_hash)": OWN,
    "private.erasure_codes (user_id)": OWN,
    "private.funnels (user_id)": OWN,
    "private.pool_members (user_id)": OWN,
    "private.pool_members_due (user_id)": OWN,
    "private.pool_history (user_id, entered_run)": OWN,
    "private.prices (user_id, set_by)": OWN,
    "private.returned_members (user_id, erased_id)": OWN,
    "private.stable_identifiers (user_id, hash)": OWN,
    "private.returned_proposals (user_id, proposed_at)": OWN,
    "private.held_questions (user_id)": OWN,
    "private.kept_limits (account_hash, kind, since)": OWN,
    "public.event_members (event_id, user_id)": OWN,
    "public.matchmaking_queue (user_id, pool)": OWN,
    "public.matchmaking_parked (user_id, pool)": OWN,
    "public.blocks (blocker_id, blocked_id)": OWN,
    "public.blocks (blocker_id, match_id)": OWN,
    # What two share.
    "public.match_feedback (match_id, user_id)": SEEN,
    "public.blind_chats (match_id)": SEEN,
    "public.blind_chat_messages (blind_chat_id, id)": SEEN,
    "public.blind_chat_messages (blind_chat_id, number)": SEEN,
    "public.reveals (match_id, requested_side)": SEEN,
    "private.report_evidence (report_id, message_id)": SEEN,
    "private.erased_sides (match_id, side)": SEEN,
}


def _indexes(database: Any) -> dict[str, tuple[str, list[str], bool]]:
    """Unique indexes of ours: table, columns, and whether the database draws one of these."""
    rows = database.execute(
        "select n.nspname || '.' || c.relname,"
        " array_agg(coalesce(a.attname, '(expression)') order by k.place),"
        " coalesce(bool_or(a.attidentity <> ''"
        "   or pg_get_expr(d.adbin, d.adrelid) ~ 'gen_random_uuid|nextval'), false)"
        " from pg_index i join pg_class c on c.oid = i.indrelid join pg_namespace n on n.oid = c.relnamespace"
        " cross join lateral unnest(i.indkey::int2[]) with ordinality k (number, place)"
        " left join pg_attribute a on a.attrelid = c.oid and a.attnum = k.number and k.number > 0"
        " left join pg_attrdef d on d.adrelid = c.oid and d.adnum = k.number"
        " where i.indisunique and n.nspname in ('public', 'private') and c.relkind = 'r'"
        " and not exists (select from pg_depend x where x.objid = c.oid and x.deptype = 'e')"
        " group by 1, i.indexrelid"
    ).fetchall()
    return {f"{table} ({', '.join(names)})": (table, names, drawn) for table, names, drawn in rows}


# Tables whose rows only operators and the worker write, or triggers with keys that nobody chooses.
WRITTEN_FOR_MEMBERS_BY_NOBODY = {
    *(
        "public.settings",
        "public.genders",
        "public.subjects",
        "public.interests",
        "public.events",
        "public.matchmaking_jobs",
        "public.job_runs",
    ),
    *("private.bell_nonces", "private.engine_versions", "private.score_generation"),
    *("private.lists", "private.matchmaking_leases", "public.match_outcomes", "private.erased_hashes"),
    *("private.erased_pairs", "private.erased_members", "public.matches"),
    *(
        "private.tasks",
        "public.event_sinks",
        "private.declaring",
        "private.declared_tables",
        "private.declared_columns",
        "private.declared_switches",
    ),
    *("private.declared_calls", "private.declared_jobs", "private.declared_events"),
}


def test_every_unique_index_tells_a_member_nothing(database: Any) -> None:
    found = _indexes(database)
    assert len(found) > 40
    unexplained = [
        name
        for name, (table, _, drawn) in found.items()
        if name not in REASONS and not drawn and table not in WRITTEN_FOR_MEMBERS_BY_NOBODY
    ]
    assert unexplained == []
    assert [name for name in REASONS if name not in found] == []


def test_whose_it_is_stands_first_where_it_must(database: Any) -> None:
    """What is the caller's own by its first column, or named by a match or chat of theirs."""
    for name, reason in REASONS.items():
        columns = name.split("(")[1].rstrip(")").split(", ")
        if reason == OWN:
            assert {"user_id", "id", "account_hash", "blocker_id"} & {*columns}, name
        else:
            assert columns[0] in ("match_id", "blind_chat_id", "report_id"), name


@pytest.mark.parametrize("ended", ["closed", "erased"])
def test_the_same_key_of_two_members_is_two_keys(cast: Cast, ended: str) -> None:
    """An idempotency key of somebody else's, whatever became of them."""
    keys = [{"key": "3" * 64, "body": "4" * 64}]
    one, other = cast.member(), cast.member()
    words = {"keys": keys, "name": "deactivate", "args": {}}
    ok(cast.rpc(one, "call_once", **words))
    if ended == "erased":
        cast.database.execute("delete from public.users where id = %s", [one.id])
    answer = cast.rpc(other, "call_once", **words)
    assert answer.status_code == 200
    assert "idempotent-replayed" not in answer.headers
