"""Genders are a list that an operator keeps; whom one wants to meet may be others as friends."""

import json
import random
import threading
from collections.abc import Iterator
from typing import Any

import psycopg
import pytest

from tests.cast import Cast, Json, Member
from tests.database.answers import ok
from tests.database.crowd import crowd, retire
from tests.database.islands import begin_anew, bell
from tests.database.work import waiting_for_locks
from tests.engine.double_loop import WISHES, stopped_by
from tests.server.served import until

WORDS = ["female", "male", "non_binary"]
ASKED: Json = {"mode": "both", "consent_version": "v1"}


@pytest.fixture
def another(cast: Cast) -> Iterator[str]:
    """One more gender, put there by an operator in SQL."""
    cast.database.execute("insert into public.genders (word) values ('agender')")
    yield "agender"
    cast.database.execute("update public.users set gender = 'female' where gender = 'agender'")
    cast.database.execute(
        "update public.connect_profiles set preferred_genders = '{}', friendship_genders = null"
        " where 'agender' = any (preferred_genders || friendship_genders)"
    )
    cast.database.execute("delete from public.genders where word = 'agender'")


def complete(cast: Cast, member: Member, gender: str, tongue: str) -> None:
    """A profile through the service, as an app puts it."""
    told = {"displayName": "Ada", "birthDate": "1990-05-17", "gender": gender, "langPrimary": tongue}
    answer = cast.call(member, "PUT", "/connect/profile", told | {"tz": "Europe/Berlin"})
    assert (answer.status_code, answer.json().get("profile", {}).get("gender")) == (200, gender), answer.text


def activate(cast: Cast, member: Member, tongue: str, **wishes: Any) -> Json:
    """Opted in through the service, among those who speak a language; the preferences it answers."""
    body = {"mode": "both", "consentVersion": "v1", "languagePref": [tongue]} | wishes
    answer = cast.call(member, "POST", "/connect/activate", body)
    assert answer.status_code == 200, answer.text
    preferences: Json = answer.json()["preferences"]
    return preferences


def bystanders(cast: Cast, tongue: str) -> None:
    """A woman and a man who fit such questions and would have nobody."""
    for gender in ("female", "male"):
        member = cast.stranger()
        complete(cast, member, gender, tongue)
        activate(cast, member, tongue, minAge=95, maxAge=99)


def test_an_app_reads_which_genders_there_are(cast: Cast, another: str) -> None:
    answer = cast.call(cast.stranger(), "GET", "/connect/profile").json()
    words = {choice["gender"]: choice["mayBeWished"] for choice in answer["genders"]}
    assert words == dict.fromkeys(WORDS, True) | {"not_said": False, another: True}
    assert [choice["gender"] for choice in answer["genders"]][:3] == WORDS


def found(cast: Cast, member: Member) -> list[str]:
    """The modes a member is proposed in, as their status tells."""
    answer = cast.call(member, "GET", "/connect/status")
    return [match["mode"] for match in answer.json()["matches"]]


@pytest.fixture
def alone(cast: Cast) -> Iterator[None]:
    """Nobody waits from before, and one who fits is enough."""
    begin_anew(cast)
    with cast.settings(min_fit=1):
        yield


# Through the whole service.


@pytest.mark.parametrize(
    ("tongue", "genders", "wishes", "modes"),
    [
        (
            "gv",
            ("female", "female"),
            [{"preferredGenders": ["male"], "friendshipGenders": []}] * 2,
            "friendship",
        ),
        ("kw", ("female", "female"), [{"preferredGenders": ["male"]}] * 2, None),
        (
            *("br", ("female", "male")),
            [
                {"preferredGenders": ["male"], "friendshipGenders": ["female"]},
                {"preferredGenders": ["female"]},
            ],
            "romantic",
        ),
        ("fo", ("not_said", "female"), [{}, {}], "romantic"),
        ("fy", ("not_said", "female"), [{}, {"preferredGenders": WORDS}], None),
        (
            "sc",
            ("not_said", "female"),
            [{}, {"preferredGenders": WORDS, "friendshipGenders": []}],
            "friendship",
        ),
    ],
)
def test_two_who_look_for_both(
    cast: Cast, alone: None, tongue: str, genders: tuple[str, str], wishes: list[Json], modes: str | None
) -> None:
    bystanders(cast, tongue)
    pair = cast.stranger(), cast.stranger()
    for member, gender, wish in zip(pair, genders, wishes, strict=True):
        complete(cast, member, gender, tongue)
        told = activate(cast, member, tongue, **wish)
        assert told["friendshipGenders"] == wish.get("friendshipGenders")
    bell(cast)
    assert [found(cast, member) for member in pair] == [[modes] if modes else []] * 2


def test_an_operator_adds_a_gender_and_members_use_it_at_once(cast: Cast, alone: None, another: str) -> None:
    one, other = cast.stranger(), cast.stranger()
    complete(cast, one, another, "lb")
    complete(cast, other, "male", "lb")
    activate(cast, one, "lb", mode="romantic", preferredGenders=["male"])
    activate(cast, other, "lb", mode="romantic", preferredGenders=[another])
    bell(cast)
    assert (found(cast, one), found(cast, other)) == (["romantic"], ["romantic"])


def test_a_wish_not_given_stays_and_null_is_the_same_as_otherwise(cast: Cast) -> None:
    member = cast.member(active=False)
    asked = ASKED | {"preferred_genders": ["male"], "friendship_genders": ["female"]}
    ok(cast.rpc(member, "activate", **asked))
    kept = ok(cast.rpc(member, "activate", **ASKED))["preferences"]
    assert (kept["preferredGenders"], kept["friendshipGenders"]) == (["male"], ["female"])
    for said in ([], ["male"], None):
        told = ok(cast.rpc(member, "activate", **ASKED, friendship_genders=said))["preferences"]
        assert told["friendshipGenders"] == said
        assert ok(cast.rpc(member, "get_status"))["preferences"]["friendshipGenders"] == said
    ok(cast.rpc(member, "activate", **ASKED, friendship_genders=["female"]))
    assert '"friendshipGenders": ["female"]' in json.dumps(ok(cast.rpc(member, "export_member")))


# Refused words.


@pytest.mark.parametrize("field", ["preferredGenders", "friendshipGenders"])
@pytest.mark.parametrize("word", ["robot", "not_said"])
def test_a_wish_for_another_word_is_refused_and_names_those_there_are(
    cast: Cast, field: str, word: str
) -> None:
    member = cast.member(active=False)
    body = {"mode": "both", "consentVersion": "v1", field: ["female", word]}
    answer = cast.call(member, "POST", "/connect/activate", body)
    assert (answer.status_code, answer.json()["code"]) == (422, "invalid_body")
    assert answer.json()["detail"] == f"{field}: of female, male, non_binary, each once."
    answer = cast.call(cast.stranger(), "PUT", "/connect/profile", {"gender": "robot"})
    assert (answer.status_code, answer.json()["detail"]) == (
        422,
        "gender: one of female, male, non_binary, not_said.",
    )


def test_whoever_writes_the_tables_names_genders_of_the_list(cast: Cast) -> None:
    member, key = cast.member(), cast.stack.service_role_key
    for path, changed in (
        (f"/users?id=eq.{member.id}", {"gender": "robot"}),
        (f"/connect_profiles?user_id=eq.{member.id}", {"preferred_genders": ["robot"]}),
        (f"/connect_profiles?user_id=eq.{member.id}", {"friendship_genders": ["not_said"]}),
    ):
        answer = cast.rest(key, "PATCH", path, json=changed)
        assert (answer.status_code, answer.json()["code"]) == (400, "23514")


# The list itself.


@pytest.mark.parametrize(
    "use",
    [
        "update public.users set gender = 'agender' where id = %s",
        "update public.connect_profiles set preferred_genders = '{male,agender}' where user_id = %s",
        "update public.connect_profiles set friendship_genders = '{agender}' where user_id = %s",
    ],
)
def test_a_word_in_use_stays(cast: Cast, another: str, use: str) -> None:
    cast.database.execute(use, [cast.member().id])
    with pytest.raises(psycopg.errors.RestrictViolation, match='"agender" stays: 1 members'):
        cast.database.execute("delete from public.genders where word = 'agender'")
    hide = "update public.genders set wished = false where word = 'agender'"
    if "users" in use:
        cast.database.execute(hide)
    else:
        with pytest.raises(psycopg.errors.RestrictViolation, match='"agender" stays wished: 1 members'):
            cast.database.execute(hide)


def test_a_word_goes_when_nobody_uses_it_and_its_place_is_another_s(cast: Cast) -> None:
    bits = []
    for word in ("agender", "two_spirit"):
        cast.database.execute("insert into public.genders (word, bit) values (%s, 1)", [word])
        bits.append(cast.value("select bit from public.genders where word = %s", word))
        with pytest.raises(psycopg.errors.RestrictViolation, match="keeps its word"):
            cast.database.execute("update public.genders set word = 'x' where word = %s", [word])
        with pytest.raises(psycopg.errors.RestrictViolation, match="keeps its word"):
            cast.database.execute("update public.genders set bit = 2 where word = %s", [word])
        cast.database.execute("delete from public.genders where word = %s", [word])
    assert bits == [16, 16]


def test_there_are_sixteen_at_most_and_all_of_them_are_matched(cast: Cast) -> None:
    words = [f"gender_{letter}" for letter in "abcdefghijkl"]
    cast.database.execute("insert into public.genders (word) select unnest(%s::text[])", [words])
    with pytest.raises(psycopg.errors.CheckViolation, match="16 genders"):
        cast.database.execute("insert into public.genders (word) values ('one_more')")
    them = crowd(cast, 2)
    last, wish = words[-1], {"id": them[0].id, "other": them[1].id}
    cast.database.execute("update public.users set gender = %s where id = %s", [last, them[0].id])
    cast.database.execute(
        "update public.connect_profiles set preferred_genders = %s where user_id = %s", [words, wish["other"]]
    )
    try:
        assert candidates(cast, them)[them[1].id] == {them[0].id}
    finally:
        retire(cast, them)
        cast.database.execute("update public.users set gender = 'male' where id = %s", [them[0].id])
        cast.database.execute(
            "update public.connect_profiles set preferred_genders = '{}' where user_id = %s", [them[1].id]
        )
        cast.database.execute("delete from public.genders where word = any (%s)", [words])


@pytest.mark.parametrize("bad", ["Female", "", "a b", "x" * 41, "gender_2"])
def test_words_are_words(cast: Cast, bad: str) -> None:
    with pytest.raises(psycopg.errors.CheckViolation):
        cast.database.execute("insert into public.genders (word) values (%s)", [bad])


def test_who_begins_to_use_a_word_and_who_removes_it_wait_for_each_other(cast: Cast, another: str) -> None:
    """One of the two is refused, whichever comes second."""
    member, said = cast.member(), []

    def remove() -> None:
        with psycopg.connect(cast.stack.superuser_url) as operator:
            try:
                operator.execute("delete from public.genders where word = 'agender'")
            except psycopg.errors.RestrictViolation as refusal:
                said.append(str(refusal))

    with psycopg.connect(cast.stack.superuser_url) as writing:
        writing.execute(
            "update public.connect_profiles set preferred_genders = '{agender}' where user_id = %s",
            [member.id],
        )
        removing = threading.Thread(target=remove)
        removing.start()
        until(lambda: waiting_for_locks(writing) > 0)
        writing.commit()
    removing.join(60)
    assert len(said) == 1


# SQL and engine.


def drawn(cast: Cast, size: int, seed: int) -> dict[str, Json]:
    """Members alike in all but mode, genders and wishes, as the engine reads them, by id."""
    draw, them = random.Random(seed), crowd(cast, size)
    words = [*WORDS, "agender"]
    for member in them:
        mode = draw.choice(["both", "both", "romantic", "friendship", "professional"])
        wished = draw.sample(words, draw.choice([0, 1, 1, 2, 3, 4]))
        as_friends = draw.choice([None, None, draw.sample(words, draw.choice([0, 1, 2]))])
        cast.database.execute(
            "update public.users set gender = %s, lang_primary = 'gn' where id = %s",
            [draw.choice([*words, "not_said"]), member.id],
        )
        cast.database.execute(
            "update public.connect_profiles set mode = %s, preferred_genders = %s, friendship_genders = %s,"
            " language_pref = '{gn}' where user_id = %s",
            [mode, wished, as_friends, member.id],
        )
    candidates(cast, them)
    rows = cast.database.execute(
        "select input || '[1, 0, null, true, 0]', private.pool_columns() from private.pool_members"
        " where user_id = any (%s::uuid[])",
        [[member.id for member in them]],
    ).fetchall()
    return {row[0]: dict(zip(columns, row, strict=True)) for row, columns in rows}


def candidates(cast: Cast, them: list[Member]) -> dict[str, set[str]]:
    """Whom SQL lets each of these members meet."""
    ids = [member.id for member in them]
    cast.database.execute("select private.refresh_pool_members(%s::uuid[], 'c')", [ids])
    rows = cast.database.execute(
        "select user_id::text, candidates::text[] from private.candidates_of(%s::uuid[], null, 5000)", [ids]
    ).fetchall()
    return {member: set(others) for member, others in rows}


def questions(one: Json) -> list[tuple[set[str], list[str]]]:
    """What a member asks for: modes, and genders of whom they would meet for these."""
    asked: dict[str, tuple[set[str], list[str]]] = {}
    for mode in WISHES[one["mode"]]:
        wished = one["preferredGenders"]
        if mode == "friendship" and one["friendshipGenders"] is not None:
            wished = one["friendshipGenders"]
        asked.setdefault(",".join(sorted(wished)), (set(), wished))[0].add(mode)
    return list(asked.values())


@pytest.mark.parametrize("seed", range(3))
def test_sql_finds_whom_the_rules_let_meet_and_counts_each_question(
    cast: Cast, another: str, seed: int
) -> None:
    people = drawn(cast, 90, seed)
    members = [Member(id_, "", "") for id_ in people]
    expected = {
        id_: {other for other in people if other != id_ and stopped_by(one, people[other]) is None}
        for id_, one in people.items()
    }
    assert 90 < sum(map(len, expected.values())) < 90 * 89, "these people tell nothing"
    assert candidates(cast, members) == expected

    def fitting(id_: str) -> int:
        """How many fit the question that fewest fit."""
        return min(
            sum(
                bool(modes & WISHES[other["mode"]]) and (not wished or other["gender"] in wished)
                for other in people.values()
                if other["id"] != id_
            )
            for modes, wished in questions(people[id_])
        )

    counts = {id_: fitting(id_) for id_ in people}
    assert any(len(questions(one)) == 2 for one in people.values())
    for least in (5, 12, 25):
        with cast.settings(min_fit=least):
            rows = cast.database.execute(
                "select user_id::text, enough from private.fits(%s::uuid[], null)", [list(people)]
            ).fetchall()
        assert dict(rows) == {id_: count >= least for id_, count in counts.items()}
    assert len({count >= 12 for count in counts.values()}) == 2
    retire(cast, members)


def test_a_wide_wish_for_friends_does_not_open_a_narrow_one_for_romance(cast: Cast) -> None:
    """A proposal tells its mode, and with it which of the two questions it answers."""
    them = crowd(cast, 6)
    asks, only = them[:2]
    cast.database.execute(
        "update public.users set gender = case when id = %s then 'non_binary' else 'female' end,"
        " lang_primary = 'ki' where id = any (%s::uuid[])",
        [only.id, [member.id for member in them]],
    )
    cast.database.execute(
        "update public.connect_profiles set language_pref = '{ki}', preferred_genders = '{non_binary}',"
        " friendship_genders = '{}' where user_id = %s",
        [asks.id],
    )
    candidates(cast, them)
    with cast.settings(min_fit=3):
        assert not cast.value("select enough from private.fits(array[%s::uuid], null)", asks.id)
    with cast.settings(min_fit=1):
        assert cast.value("select enough from private.fits(array[%s::uuid], null)", asks.id)
    retire(cast, them)
