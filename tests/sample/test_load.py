"""Loading the community into a real database, and what its outcome says."""

import dataclasses
import os
import subprocess
import sys
from collections.abc import Iterator
from datetime import UTC, datetime
from typing import Any

import psycopg
import pytest

from scripts.tools.sample.__main__ import arguments
from scripts.tools.sample.community import Community, draw_community
from scripts.tools.sample.interests import weights_of
from scripts.tools.sample.load import NotEmpty, load
from scripts.tools.sample.outcome import found_nobody, outcome, summary
from shared.quiz.scoring import signals_version

pytestmark = pytest.mark.one_world

Database = psycopg.Connection[Any]


@pytest.fixture
def database(stack: Any) -> Iterator[Database]:
    """A connection whose work is undone at the end; other tests' members are out of its sight."""
    with psycopg.connect(stack.superuser_url) as connection:
        # Thousands are gone at once here; an erasure of each would remember whom they must not meet again.
        connection.execute("set local session_replication_role = replica")
        for (table,) in connection.execute(THEIRS).fetchall():
            connection.execute(f"delete from {table}".encode())
        connection.execute("set local session_replication_role = origin")
        connection.execute("set local session authorization postgres")
        yield connection
        connection.rollback()


# Every table whose rows are somebody's: those that lead to an account, by however many foreign keys.
THEIRS = """
    with recursive theirs (name) as (
        select 'auth.users'::regclass
        union
        select k.conrelid::regclass from pg_constraint k
        join theirs t on k.confrelid = t.name where k.contype = 'f'
    )
    select name::text from theirs
"""


@pytest.fixture(scope="module")
def community() -> Community:
    return draw_community(300, 5, datetime.now(UTC).date())


def one(database: Database, query: str) -> Any:
    row = database.execute(query.encode()).fetchone()
    return row[0] if row and len(row) == 1 else row


def test_every_member_is_loaded_with_account_profile_and_consent(
    database: Database, community: Community
) -> None:
    load(database, community, print)
    assert one(database, "select count(*) from auth.users where email like 'member-%@sample.invalid'") == 300
    assert one(database, "select count(*) from public.users join auth.users using (id)") == 300
    assert one(database, "select count(*) from public.connect_profiles where is_active") == sum(
        community.active
    )
    assert (
        one(database, "select count(*) from public.consents where kind = 'activated' and signals = '{}'")
        == 300
    )
    assert one(
        database,
        "select count(*) from public.consents c, public.settings s where c.version = s.consent_version",
    )
    first = one(
        database,
        "select u.id, u.display_name, u.birth_date, u.gender::text, u.home_place, u.tz, u.created_at"
        " from public.users u join auth.users a using (id) where a.email = 'member-1@sample.invalid'",
    )
    assert first == (
        community.id[0],
        community.display_name[0],
        community.birth_date[0],
        community.gender[0],
        community.home[0].name,
        community.home[0].tz,
        community.created_at[0],
    )


def test_vectors_and_cells_exist_only_where_the_switch_is_on(
    database: Database, community: Community
) -> None:
    load(database, community, print)
    allowed = {
        signal: {id_ for id_, on in zip(community.id, community.signals, strict=True) if signal in on}
        for signal in ("values", "location")
    }
    assert 0 < len(allowed["values"]) < 300
    answered = {id_ for id_, said in zip(community.id, community.answers, strict=True) if said}
    stored = database.execute("select user_id from public.user_quiz_vectors")
    assert {id_ for (id_,) in stored} == allowed["values"] & answered
    complete = "select count(*) from public.user_quiz_vectors where cardinality(completed) = 4"
    assert len(allowed["values"]) * 0.6 < one(database, complete) < len(allowed["values"])
    celled = database.execute("select id from public.users where home_cell is not null")
    assert {id_ for (id_,) in celled} == allowed["location"]
    in_force = database.execute("select u.id from public.users u where private.allows(u.id, 'values')")
    assert {id_ for (id_,) in in_force} == allowed["values"]
    assert one(database, "select current_user") == "postgres"


def test_preferences_work_and_interests_are_loaded_as_they_were_drawn(
    database: Database, community: Community
) -> None:
    load(database, community, print)
    at = {id_: number for number, id_ in enumerate(community.id)}
    said = database.execute(
        "select user_id, traits::text[], deal_breakers::text[], industries, exclude_colleagues,"
        " exclude_competitors, algorithm_weights from public.matching_preferences"
    ).fetchall()
    for id_, traits, deal_breakers, industries, colleagues, competitors, weights in said:
        member = at.pop(id_)
        assert (*map(tuple, (traits, deal_breakers, industries)), weights) == (
            community.traits[member],
            community.deal_breakers[member],
            community.wanted_industries[member],
            community.weights[member],
        )
        if community.mode[member] == "professional":
            assert colleagues == community.avoids_colleagues[member]
            assert competitors == community.avoids_competitors[member]
        else:
            assert (colleagues, competitors) == (True, False)
    # Who has no row said nothing that differs from what the table has by itself.
    for member in at.values():
        assert not community.traits[member]
        assert not community.deal_breakers[member]
        assert community.weights[member] is None
    assert len(said) > 200
    work = {
        id_: told
        for id_, *told in database.execute("select user_id, industry, employer from public.work_profiles")
    }
    assert work == {
        id_: [industry, employer]
        for id_, industry, employer in zip(community.id, community.industry, community.employer, strict=True)
        if industry
    }
    interests = dict(database.execute("select user_id, interests from public.member_interests").fetchall())
    assert interests == {
        id_: list(words) for id_, words in zip(community.id, community.interests, strict=True) if words
    }
    weights = weights_of(community.interests)
    indexed = database.execute(
        "select user_id, jsonb_object_agg(interest, weight) from public.user_interest_index group by user_id"
    ).fetchall()
    assert dict(indexed) == {id_: {word: weights[word] for word in words} for id_, words in interests.items()}
    assert len(set(weights.values())) > 1


def test_professional_features_exist_only_where_values_may_be_read(
    database: Database, community: Community
) -> None:
    load(database, community, print)
    stored = dict(
        database.execute(
            "select user_id, activity_score from public.user_features where feature_vector is not null"
        ).fetchall()
    )
    allowed = {
        id_: activity
        for id_, mode, signals, activity in zip(
            community.id, community.mode, community.signals, community.activity.tolist(), strict=True
        )
        if mode == "professional" and "values" in signals
    }
    assert {id_: float(activity) for id_, activity in stored.items()} == allowed
    assert 0 < len(allowed) < community.mode.count("professional")
    norms = "select max(abs(extensions.vector_norm(feature_vector) - 1)) < 1e-4 from public.user_features"
    assert one(database, norms)


def test_the_signals_of_the_quiz_are_those_of_its_job(database: Database, community: Community) -> None:
    load(database, community, print)
    due = "select private.answers_due(%s, null, 1000, null) -> 'members'"
    assert database.execute(due, [signals_version()]).fetchone() == ([],)


def test_no_chart_is_loaded_and_no_profile_counts_a_change(database: Database, community: Community) -> None:
    """The worker computes charts; a revision for each row loaded would cost a minute at 60,000 members."""
    load(database, community, print)
    assert one(database, "select count(*) from public.birth_charts") == 0
    revisions = dict(
        database.execute("select revision, count(*) from public.connect_profiles group by 1").fetchall()
    )
    assert revisions == {1: 300}


def test_a_database_with_a_member_is_left_alone(database: Database, community: Community) -> None:
    load(database, draw_community(1, 9, datetime.now(UTC).date()), print)
    with pytest.raises(NotEmpty, match="already holds members"):
        load(database, community, print)
    assert one(database, "select count(*) from auth.users") == 1


def test_a_load_that_fails_at_the_end_leaves_nothing_behind(database: Database, community: Community) -> None:
    ages = [*community.ages[:-1], (18, 121)]
    with pytest.raises(psycopg.errors.CheckViolation):
        load(database, dataclasses.replace(community, ages=ages), print)
    for table in (
        "auth.users",
        "public.users",
        "public.connect_profiles",
        "public.consents",
        "private.place_changes",
        "public.matching_preferences",
        "public.work_profiles",
        "public.member_interests",
        "public.user_interest_index",
        "public.user_features",
        "public.quiz_responses",
        "public.user_quiz_vectors",
    ):
        assert one(database, f"select count(*) from {table}") == 0


def test_the_outcome_counts_active_members_who_were_never_in_a_match(
    database: Database, community: Community
) -> None:
    load(database, community, print)
    before = found_nobody(database)
    assert sum(active for _, active, _ in before) == sum(community.active)
    assert all(active == nobody for _, active, nobody in before)
    assert {name for name, *_ in before} == {"straight", "gay", "bisexual or any", "non-binary"}
    database.execute(
        "insert into public.matches (user_a, user_b, mode, expires_at, total_score, engine_version)"
        " select min(u.id::text)::uuid, max(u.id::text)::uuid, 'romantic', now(), 70, 'test'"
        " from public.users u join public.connect_profiles p on p.user_id = u.id"
        " where p.is_active and u.gender = 'non_binary'"
    )
    after = {name: (active, nobody) for name, active, nobody in found_nobody(database)}
    assert after["non-binary"][0] - after["non-binary"][1] == 2
    assert sum(active - nobody for active, nobody in after.values()) == 2
    assert "non-binary" in outcome(database)


def test_the_command_refuses_a_full_database_and_an_absent_one_in_one_sentence(stack: Any) -> None:
    with psycopg.connect(stack.database_url, autocommit=True) as connection:
        member = "'00000000-0000-4000-8000-00000000abcd'"
        connection.execute(f"insert into auth.users (id) values ({member})")
        connection.execute(f"insert into public.users (id) values ({member})")
        try:
            refused = run("--database-url", stack.database_url, "--size", "5")
        finally:
            connection.execute(f"delete from auth.users where id = {member}")
    assert refused.returncode == 1
    assert refused.stderr == "The database already holds members; the sample community was not loaded.\n"
    away = run("--database-url", "postgresql://postgres:hidden-word@127.0.0.1:9/postgres")
    assert away.returncode == 1
    assert away.stderr.count("\n") == 1
    assert "hidden-word" not in away.stderr


def test_options_come_from_the_environment_where_the_command_says_nothing() -> None:
    environment = {
        "DATABASE_URL": "postgresql://somewhere",
        "CONNECT_SAMPLE_SIZE": "20",
        "CONNECT_SAMPLE_SEED": "",
        "CONNECT_SAMPLE_FILE": "",
    }
    chosen = arguments([], environment)
    assert (chosen.database_url, chosen.size, chosen.seed, chosen.file) == (
        "postgresql://somewhere",
        20,
        1,
        None,
    )
    assert arguments(["--size", "30"], environment).size == 30


@pytest.mark.parametrize("size", ["-1", "ten", "1.5", "", "99999999", "٣"])
def test_a_size_that_is_no_whole_number_is_refused(size: str, capsys: pytest.CaptureFixture[str]) -> None:
    with pytest.raises(SystemExit) as caught:
        arguments(["--database-url", "x", "--size", size], {})
    assert caught.value.code == 2
    assert "whole number" in capsys.readouterr().err


def test_the_summary_counts_members_places_and_orientations(community: Community) -> None:
    said = summary(community)
    assert said.startswith(f"300 members, {sum(community.active)} active")
    assert "Berlin, DE" in said
    assert "straight" in said


def run(*words: str) -> subprocess.CompletedProcess[str]:
    environment = {
        name: value for name, value in os.environ.items() if not name.startswith(("CONNECT_", "DATABASE_"))
    }
    environment["PYTHONPATH"] = os.pathsep.join(sys.path)
    return subprocess.run(
        [sys.executable, "-m", "scripts.tools.sample", *words],
        capture_output=True,
        text=True,
        check=False,
        env=environment,
        timeout=60,
    )
