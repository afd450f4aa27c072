"""Writes a community into an empty database, all of it or nothing, in one transaction."""

import json
import time
from collections.abc import Callable, Iterable, Sequence
from datetime import timedelta
from typing import Any

import psycopg
from psycopg import sql

from functions.worker.quiz import made
from scripts.tools.sample.community import Community
from shared.places.grid import home_cell
from shared.quiz.questionnaire import questionnaire
from shared.quiz.scoring import signals_version

BATCH = 2000  # members whose answers are evaluated at once
NOBODY = "00000000-0000-0000-0000-000000000000"  # the instance of every hosted account
CONSENT_DELAY = timedelta(minutes=3)  # between activating and turning switches on

Rows = Iterable[Sequence[Any]]


class NotEmpty(Exception):
    """The database already holds members, so the sample community stays out of it."""


def load(connection: psycopg.Connection[Any], community: Community, say: Callable[[str], None]) -> None:
    """Insert accounts, members, consents, what they told, profiles and vectors; `say` gets lines of progress.

    Raises NotEmpty where `public.users` has a row, and whatever the database refuses; then
    nothing has changed.
    """
    progress = _Progress(say, len(community))
    with connection.transaction(), connection.cursor() as cursor:
        # Two loads at once: the second waits here and then finds members.
        cursor.execute("lock table public.users in share row exclusive mode")
        cursor.execute("select exists (select from public.users)")
        if _one(cursor):
            raise NotEmpty("The database already holds members; the sample community was not loaded.")
        cursor.execute("select consent_version from public.settings")
        version = str(_one(cursor))
        _copy(cursor, ("auth", "users"), *_accounts(cursor, community))
        progress.tell("accounts inserted")
        _copy(cursor, ("public", "users"), _USER_COLUMNS, _users(community))
        progress.tell("members inserted")
        # Before the profiles: each of these rows would count as a change of its member's profile.
        _copy(cursor, ("public", "consents"), _CONSENT_COLUMNS, _consents(community, version))
        _copy(cursor, ("public", "matching_preferences"), _PREFERENCE_COLUMNS, _preferences(community))
        _copy(cursor, ("public", "work_profiles"), _WORK_COLUMNS, _work(community))
        _copy(cursor, ("public", "member_interests"), _INTEREST_COLUMNS, _interests(community))
        _index_interests(cursor)
        _copy(cursor, ("public", "user_features"), _FEATURE_COLUMNS, _features(community))
        _copy(cursor, ("public", "quiz_responses"), _ANSWER_COLUMNS, _answers(community))
        progress.tell("consents, preferences, work, interests and answers inserted")
        _store_signals(cursor, progress)
        _copy(cursor, ("public", "connect_profiles"), _PROFILE_COLUMNS, _profiles(community, version))
        cursor.execute(_HOMES)
        progress.tell("profiles inserted")
        cursor.execute(_ANALYZE)


class _Progress:
    """Says what is done, from the second second on and at most once a second."""

    def __init__(self, say: Callable[[str], None], size: int) -> None:
        self._say, self._size = say, size
        self._began = self._said = time.monotonic()

    def tell(self, what: str) -> None:
        now = time.monotonic()
        if now - self._began > 2.0 and now - self._said > 1.0:
            self._say(f"  {self._size:,} sample members: {what}, {now - self._began:.0f} s")
            self._said = now


def _one(cursor: psycopg.Cursor[Any]) -> Any:
    row = cursor.fetchone()
    return row[0] if row else None


def _copy(cursor: psycopg.Cursor[Any], table: tuple[str, str], columns: Sequence[str], rows: Rows) -> None:
    statement = sql.SQL("copy {} ({}) from stdin").format(
        sql.Identifier(*table), sql.SQL(", ").join(map(sql.Identifier, columns))
    )
    with cursor.copy(statement) as copy:
        for row in rows:
            copy.write_row(row)


def _accounts(cursor: psycopg.Cursor[Any], community: Community) -> tuple[list[str], Rows]:
    """Columns and rows of `auth.users`: what the platform's table has of an ordinary account."""
    cursor.execute(
        "select attname::text from pg_attribute"
        " where attrelid = 'auth.users'::regclass and attnum > 0 and not attisdropped"
    )
    there = {name for (name,) in cursor.fetchall()}
    constant = {
        "instance_id": NOBODY,
        "aud": "authenticated",
        "role": "authenticated",
        "raw_app_meta_data": '{"provider": "email", "providers": ["email"]}',
        "raw_user_meta_data": "{}",
    }
    fixed = [name for name in constant if name in there]
    dated = [name for name in ("created_at", "updated_at", "email_confirmed_at") if name in there]
    rows = (
        [id_, f"member-{number}@sample.invalid", *map(constant.get, fixed), *[created] * len(dated)]
        for number, (id_, created) in enumerate(zip(community.id, community.created_at, strict=True), start=1)
    )
    return ["id", "email", *fixed, *dated], rows


_USER_COLUMNS = (
    "id", "display_name", "birth_date", "birth_time", "birth_time_accuracy",
    "birth_place", "birth_lat", "birth_lon", "birth_tz",
    "gender", "lang_primary", "lang_secondary", "tz", "home_place", "home_cell", "created_at",
)  # fmt: skip


def _users(them: Community) -> Rows:
    for at, home in enumerate(them.home):
        born = them.birth_place[at]
        yield [
            them.id[at], them.display_name[at], them.birth_date[at], *them.birth_time[at],
            *((born.name, born.lat, born.lon, born.tz) if born else (None,) * 4),
            them.gender[at], *them.spoken[at], home.tz, home.name,
            home_cell(home.lat, home.lon) if "location" in them.signals[at] else None,
            them.created_at[at],
        ]  # fmt: skip


_PREFERENCE_COLUMNS = (
    "user_id", "traits", "deal_breakers", "industries", "exclude_colleagues", "exclude_competitors",
    "algorithm_weights", "updated_at",
)  # fmt: skip


def _preferences(them: Community) -> Rows:
    """Of those who said anything of it; work counts for those alone who look for colleagues."""
    for at, mode in enumerate(them.mode):
        weights = them.weights[at]
        lists = [list(words[at]) for words in (them.traits, them.deal_breakers, them.wanted_industries)]
        avoids = _AVOIDED_UNLESS_SAID
        if mode == "professional":
            avoids = (them.avoids_colleagues[at], them.avoids_competitors[at])
        if any(lists) or weights is not None or avoids != _AVOIDED_UNLESS_SAID:
            told = None if weights is None else json.dumps(weights)
            yield [them.id[at], *lists, *avoids, told, them.created_at[at]]


_AVOIDED_UNLESS_SAID = (True, False)  # colleagues and competitors, as the table has it
_WORK_COLUMNS = ("user_id", "industry", "employer", "updated_at")


def _work(them: Community) -> Rows:
    for at, industry in enumerate(them.industry):
        if industry is not None:
            yield [them.id[at], industry, them.employer[at], them.created_at[at]]


_INTEREST_COLUMNS = ("user_id", "interests", "updated_at")


def _interests(them: Community) -> Rows:
    for at, words in enumerate(them.interests):
        if words:
            yield [them.id[at], list(words), them.created_at[at]]


def _index_interests(cursor: psycopg.Cursor[Any]) -> None:
    """What matching reads of them, by the functions of the job."""
    cursor.execute("set local role service_role")
    cursor.execute("select public.weigh_interests()")
    beyond: str | None = None
    while True:
        cursor.execute("select public.index_interests(20000, %s) ->> 'next'", [beyond])
        beyond = _one(cursor)
        if beyond is None:
            break
    cursor.execute("reset role")


_FEATURE_COLUMNS = ("user_id", "feature_vector", "activity_score", "computed_at")


def _features(them: Community) -> Rows:
    """Of those who look for colleagues and let their values be read."""
    profiles, activity = them.profile.tolist(), them.activity.tolist()
    for at, mode in enumerate(them.mode):
        if mode == "professional" and "values" in them.signals[at]:
            yield [them.id[at], _vector(profiles[at]), activity[at], them.created_at[at] + CONSENT_DELAY]


_ANALYZE = (
    "analyze auth.users, public.users, public.connect_profiles, public.consents, public.matching_preferences,"
    " public.work_profiles, public.member_interests, public.user_interest_index, public.user_features,"
    " public.quiz_responses, public.user_quiz_vectors"
)

_PROFILE_COLUMNS = (
    "user_id", "is_active", "paused_at", "consented_at", "consent_version",
    "mode", "min_age", "max_age", "distance_km", "preferred_genders", "friendship_genders", "language_pref",
    "created_at", "updated_at",
)  # fmt: skip


def _profiles(them: Community, version: str) -> Rows:
    newest = max(them.created_at, default=None)
    for at, joined in enumerate(them.created_at):
        active = them.active[at]
        paused = None if active or newest is None else joined + (newest - joined) / 2
        as_friends = them.friendship_genders[at]
        yield [
            them.id[at], active, paused, joined, version,
            them.mode[at], *them.ages[at], them.distance_km[at],
            list(them.preferred_genders[at]), None if as_friends is None else list(as_friends),
            list(them.language_pref[at]),
            joined, paused or joined,
        ]  # fmt: skip


_CONSENT_COLUMNS = ("user_id", "version", "kind", "signals", "created_at")


def _consents(them: Community, version: str) -> Rows:
    """Activation turns on nothing; the switches follow a little later."""
    for id_, signals, joined in zip(them.id, them.signals, them.created_at, strict=True):
        yield [id_, version, "activated", [], joined]
        if signals:
            yield [id_, version, "switched", list(signals), joined + CONSENT_DELAY]


# The first home of each member, as if they had set it themself: moving it is limited from here on.
_HOMES = """
insert into private.place_changes (user_id, place_digest, first_setting, changed_at)
select id, sha256(convert_to(home_place || '|' || coalesce(home_cell, ''), 'UTF8')), true, created_at
from public.users
"""

_ANSWER_COLUMNS = ("user_id", "version", "answers", "answered_at")


def _answers(them: Community) -> Rows:
    """Of those who let their values be read and answered anything."""
    for at, answers in enumerate(them.answers):
        if answers and "values" in them.signals[at]:
            asked = questionnaire().version
            yield [them.id[at], asked, json.dumps(answers), them.created_at[at] + CONSENT_DELAY]


_DUE = "select private.answers_due(%s, null, %s, %s)"
_STORE = "select public.store_quiz_vectors(%s, %s::jsonb, true)"


def _store_signals(cursor: psycopg.Cursor[Any], progress: _Progress) -> None:
    """Vectors and readiness, as the job quiz makes them of the answers."""
    beyond, done = None, 0
    while True:
        cursor.execute(_DUE, [signals_version(), BATCH, beyond])
        page = _one(cursor)
        cursor.execute(_STORE, [signals_version(), json.dumps([made(each) for each in page["members"]])])
        done += len(page["members"])
        progress.tell(f"quiz of {done:,} evaluated")
        beyond = page["next"]
        if beyond is None:
            return


def _vector(values: list[float]) -> str:
    return "[" + ",".join(map(repr, values)) + "]"
