"""Asks the database about itself, and sees each of its constraints refuse."""

import uuid
from typing import Any

import psycopg
import pytest

from tests.cast import HARMLESS, Cast
from tests.database.catalog import QUESTIONS, Question

Connection = psycopg.Connection[Any]


@pytest.mark.parametrize("question", QUESTIONS, ids=lambda question: question.__name__)
def test_nothing_is_wrong(database: Connection, question: Question) -> None:
    assert question(database) == []


def test_the_questions_have_something_to_ask_about(database: Connection) -> None:
    """An empty answer means nothing where there is nothing to look at."""
    counted = database.execute(
        "select (select count(*) from pg_policy where polrelid::regclass::text not like 'cron.%'),"
        " (select count(*) from pg_constraint where contype = 'f' and connamespace = 'public'::regnamespace),"
        " (select count(*) from pg_proc where pronamespace = 'private'::regnamespace)"
    ).fetchone()
    assert counted is not None
    policies, keys, helpers = counted
    assert policies >= 6
    assert keys >= 15
    assert helpers >= 20


def as_service(cast: Cast, query: str, *arguments: Any, role: str = "service_role") -> Any:
    """Runs one statement as the service and undoes it; returns the refused constraint's name, or None."""
    with cast.database.transaction(force_rollback=True):
        cast.database.execute(f"set local role {role}")
        try:
            cast.database.execute(query, list(arguments))
        except (psycopg.errors.CheckViolation, psycopg.errors.UniqueViolation) as refusal:
            return refusal.diag.constraint_name
    return None


@pytest.mark.parametrize(
    ("born", "refusal"),
    [
        ("(now() at time zone 'UTC')::date - interval '18 years'", None),
        ("(now() at time zone 'UTC')::date - interval '18 years' + interval '1 day'", "users_adult"),
        ("(now() at time zone 'UTC')::date", "users_adult"),
        ("'1899-12-31'", "users_adult"),
        ("'infinity'", "users_adult"),
        ("'-infinity'", "users_adult"),
    ],
)
def test_members_are_adults(cast: Cast, born: str, refusal: str | None) -> None:
    new, old = cast.stranger(), cast.member()
    assert (
        as_service(cast, f"insert into public.users (id, birth_date) values (%s, {born})", new.id) == refusal
    )
    assert as_service(cast, f"update public.users set birth_date = {born} where id = %s", old.id) == refusal


def test_partners_are_adults_too(cast: Cast) -> None:
    member = cast.member()
    change = "update public.connect_profiles set min_age = %s, max_age = %s where user_id = %s"
    assert as_service(cast, change, 18, 22, member.id) is None
    assert as_service(cast, change, 18, 21, member.id) == "connect_profiles_ages"
    assert as_service(cast, change, 17, 30, member.id) == "connect_profiles_min_age_check"
    assert as_service(cast, change, 18, 121, member.id) == "connect_profiles_max_age_check"
    assert as_service(cast, change, 40, 30, member.id) == "connect_profiles_ages"


def test_every_score_lies_between_0_and_100(cast: Cast, database: Connection) -> None:
    """Every score column there is, found in the catalogue; a progress is no score."""
    pair = cast.pair("blind_chat_active")
    cast.sql_call(pair.a, "give_feedback", match_id=pair.match_id, rating=3)
    scores = database.execute(
        "select case t.table_schema when 'public' then t.table_name else 'private.' || t.table_name end,"
        " c.column_name from information_schema.columns c"
        " join information_schema.tables t using (table_schema, table_name)"
        " where t.table_schema in ('public', 'private') and t.table_type = 'BASE TABLE'"
        " and c.data_type = 'numeric' and c.column_name <> 'progress' order by 1, 2"
    ).fetchall()
    assert {
        ("matches", "total_score"),
        ("match_feedback", "fit_score"),
        ("settings", "match_min_score"),
    } <= set(scores)
    assert ("connect_profiles", "emotional_readiness_score") in scores
    where = {
        "matches": f"id = '{pair.match_id}'",
        "match_feedback": f"match_id = '{pair.match_id}'",
        "connect_profiles": f"user_id = '{pair.a.id}'",
        "settings": "id",
        "user_features": f"user_id = '{pair.a.id}'",
        "user_quiz_vectors": f"user_id = '{pair.a.id}'",
        "blind_chat_messages": f"blind_chat_id = '{pair.chat_id}'",
        "private.abuse_signals": f"user_id = '{pair.a.id}'",
    }
    sent = {"message_id": str(uuid.uuid4()), "ciphertext": "A" * 40, "key_id": "k1", **HARMLESS}
    cast.sql_call(pair.a, "send_message", blind_chat_id=pair.chat_id, **sent)
    database.execute(
        "insert into private.abuse_signals (user_id, kind) values (%s, 'refused_message')", [pair.a.id]
    )
    database.execute("insert into public.user_features (user_id) values (%s)", [pair.a.id])
    database.execute(
        "insert into public.user_quiz_vectors (user_id, version, input_hash)"
        " values (%s, 'x', repeat('0', 64))",
        [pair.a.id],
    )
    for table, column in scores:
        update = f"update {table} set {column} = %s where {where[table]}"
        # What nobody may write but a function, its owner writes here.
        owned = table.startswith("private.") or table == "user_quiz_vectors"
        role = "postgres" if owned else "service_role"
        check = f"{table.removeprefix('private.')}_{column}_check"
        if table != "settings":
            assert cast.value(f"select count(*) from {table} where {where[table]}") == 1
        for value in (0, 100, "0.01", "99.99"):
            assert as_service(cast, update, value, role=role) is None, (table, column, value)
        for value in ("-0.01", "100.01", "999.99", "NaN"):
            assert as_service(cast, update, value, role=role) == check, (table, column, value)


def test_a_pair_has_one_live_match_whichever_way_round(cast: Cast) -> None:
    insert = (
        "insert into public.matches (user_a, user_b, mode, expires_at, total_score, engine_version)"
        " values (%s, %s, 'romantic', now(), 80, 'test')"
    )
    for state in ("proposed", "accepted_a", "blind_chat_active", "reveal_requested", "revealed"):
        pair = cast.pair(state)
        assert as_service(cast, insert, pair.a.id, pair.b.id) == "matches_live_pair_idx", state
        assert as_service(cast, insert, pair.b.id, pair.a.id) == "matches_live_pair_idx", state
    over = cast.pair("declined")
    assert as_service(cast, insert, over.b.id, over.a.id) is None
    assert as_service(cast, insert, over.a.id, over.a.id) == "matches_two_people"


def test_a_message_is_never_empty_and_never_huge(cast: Cast) -> None:
    pair = cast.pair("blind_chat_active")
    insert = (
        "insert into public.blind_chat_messages (id, blind_chat_id, number, side, content_ciphertext, key_id)"
        f" values (gen_random_uuid(), '{pair.chat_id}', 1, 'a', %s, %s)"
    )
    refusal = "blind_chat_messages_content_ciphertext_check"
    for length, expected in ((0, refusal), (28, refusal), (29, None), (8028, None), (8029, refusal)):
        assert as_service(cast, insert, bytes(length), "k1") == expected, length
    assert as_service(cast, insert, bytes(29), "") == "blind_chat_messages_key_id_check"


@pytest.mark.parametrize(
    ("change", "refusal"),
    [
        (
            "update public.matches set chat_opened_at = now(), chat_ends_at = now() where id = '{match}'",
            "matches_chat_needs_two_yeses",
        ),
        ("update public.matches set status = 'revealed' where id = '{match}'", "matches_chat_status"),
        ("update public.matches set decision_a = 'accepted' where id = '{match}'", "matches_decisions_dated"),
        ("insert into public.blocks (blocker_id, blocked_id) values ('{a}', '{a}')", "blocks_two_people"),
        ("update public.users set home_cell = '1.1' where id = '{a}'", "users_cell_needs_place"),
        ("update public.users set birth_time = '12:00' where id = '{a}'", "users_birth_time_known"),
        ("update public.users set display_name = '' where id = '{a}'", "users_display_name_check"),
        (
            "update public.connect_profiles set is_active = false where user_id = '{a}'",
            "connect_profiles_pause",
        ),
        ("insert into public.settings (id) values (false)", "settings_id_check"),
    ],
)
def test_a_table_refuses_nonsense(cast: Cast, change: str, refusal: str) -> None:
    pair = cast.pair("proposed")
    statement = change.format(match=pair.match_id, a=pair.a.id)
    with cast.database.transaction(force_rollback=True):
        if "settings" in change:  # the service may not insert there at all
            cast.database.execute("grant insert on public.settings to service_role")
        assert as_service(cast, statement) == refusal


def test_consent_is_not_rewritten(cast: Cast) -> None:
    """Neither by the service, who lacks the grant, nor by the owner, whom the trigger stops."""
    member = cast.member()
    for statement in ("update public.consents set version = 'v0'", "delete from public.consents"):
        with pytest.raises(psycopg.errors.InsufficientPrivilege):
            as_service(cast, f"{statement} where user_id = %s", member.id)
    with pytest.raises(psycopg.Error) as refusal:
        cast.database.execute("update public.consents set version = 'v0' where user_id = %s", [member.id])
    assert refusal.value.sqlstate == "PT409"
    assert (
        cast.value("select count(*) from public.consents where user_id = %s and version = 'v1'", member.id)
        == 1
    )
