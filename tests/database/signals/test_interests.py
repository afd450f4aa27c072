"""Interests: chosen from the catalogue, read by matching at once or from the next night on."""

from collections.abc import Iterator
from typing import Any

import pytest

from shared.engine.population import interest_weight
from shared.interests import catalogue
from tests.cast import Cast, Json, Member
from tests.database.answers import ok, refused
from tests.database.queue import waiting
from tests.database.runs import revision

PATH = "/connect/interests"
FIFTY = [interest.slug for subject in catalogue() for interest in subject.interests][:50]


def _put(cast: Cast, member: Member, *ids: str) -> None:
    answer = cast.call(member, "PUT", PATH, {"interests": list(ids)})
    assert (answer.status_code, answer.json()) == (200, {"ok": True, "interests": sorted(ids)})


def _mine(cast: Cast, member: Member) -> set[str]:
    subjects = cast.call(member, "GET", PATH).json()["subjects"]
    return {each["id"] for subject in subjects for each in subject["interests"] if each["mine"]}


def _read(cast: Cast, member: Member) -> dict[str, int]:
    """What matching reads of the member."""
    rows = cast.database.execute(
        "select interest, weight from public.user_interest_index where user_id = %s", [member.id]
    )
    return dict(rows.fetchall())


def _night(cast: Cast, most: int = 20000) -> Json:
    """What the job does, in counts."""
    key = cast.stack.service_role_key
    did = ok(cast.rpc(key, "weigh_interests")) | {"looked": 0, "indexed": 0}
    beyond = None
    while True:
        page = ok(cast.rpc(key, "index_interests", most=most, beyond=beyond))
        did["looked"] += page["looked"]
        did["indexed"] += page["indexed"]
        beyond = page["next"]
        if beyond is None:
            return did


def _versions(cast: Cast) -> list[str]:
    """Changes whenever a row of these tables is written, even with the same values."""
    tables = ("subjects", "interests", "member_interests", "user_interest_index", "connect_profiles")
    row = "string_agg(concat(t.ctid, t.xmin), ',' order by t.ctid)"
    return [cast.value(f"select md5({row}) from public.{table} t") for table in tables]


@pytest.fixture
def alone(cast: Cast) -> Iterator[None]:
    """No member has interests, and the catalogue is what it was afterwards."""
    forgotten = "delete from public.member_interests; delete from public.user_interest_index"
    cast.database.execute(forgotten)
    yield
    cast.database.execute(forgotten)
    _catalogue_of(cast, "")
    _night(cast)
    cast.database.execute("delete from public.interests where slug ~ 'zither'")


@pytest.mark.parametrize(
    ("speaks", "names"),
    [
        ("de", ("Spiele und Rätsel", "Schach")),
        ("en", ("Games and puzzles", "Chess")),
        ("fr", ("Games and puzzles", "Chess")),
    ],
)
def test_the_catalogue_is_told_in_the_language_of_the_member(
    cast: Cast, speaks: str, names: tuple[str, str]
) -> None:
    member = cast.member(lang_primary=speaks)
    subjects = cast.call(member, "GET", PATH).json()["subjects"]
    told = [[subject["id"], *(each["id"] for each in subject["interests"])] for subject in subjects]
    assert told == [[s.slug, *(interest.slug for interest in s.interests)] for s in catalogue()]
    games = next(subject for subject in subjects if subject["id"] == "games")
    chess = next(each for each in games["interests"] if each["id"] == "chess")
    assert (games["name"], chess["name"], chess["mine"]) == (*names, False)


def test_a_stranger_reads_the_catalogue_and_may_choose(cast: Cast) -> None:
    stranger = cast.stranger()
    assert _mine(cast, stranger) == set()
    _put(cast, stranger, "chess", "tea")
    assert _mine(cast, stranger) == {"chess", "tea"}


def test_a_choice_replaces_the_one_before_and_matching_reads_it_at_once(cast: Cast) -> None:
    member = cast.member()
    before = revision(cast, member)
    _put(cast, member, "chess", "tea")
    assert set(_read(cast, member)) == {"chess", "tea"}
    assert revision(cast, member) > before
    assert waiting(cast, member)
    _put(cast, member, "opera", "tea")
    assert (_mine(cast, member), set(_read(cast, member))) == ({"opera", "tea"}, {"opera", "tea"})
    _put(cast, member)
    assert (_mine(cast, member), _read(cast, member)) == (set(), {})
    _put(cast, member, *FIFTY)
    assert _mine(cast, member) == set(FIFTY)


def test_the_index_names_the_subject(cast: Cast) -> None:
    member = cast.member()
    _put(cast, member, "chess")
    assert (
        cast.value("select subject from public.user_interest_index where user_id = %s", member.id) == "games"
    )


@pytest.mark.parametrize(
    ("given", "detail"),
    [
        (["chess", "qix", "ludo_by_night"], "interests: there is no interest called ludo_by_night, qix."),
        (["games"], "interests: there is no interest called games."),
        ([*FIFTY, "volunteering"], "interests: up to 50 ids."),
        (["chess", None], "interests: up to 50 ids."),
        (None, "interests: up to 50 ids."),
    ],
    ids=["unknown", "subject", "many", "null", "none"],
)
def test_what_is_not_in_the_catalogue_is_refused_by_name_and_changes_nothing(
    cast: Cast, given: Any, detail: str
) -> None:
    member = cast.member()
    _put(cast, member, "tea")
    answer = cast.rpc(member, "put_interests", interests=given)
    assert refused(answer, 422, "invalid_body") == detail
    assert (_mine(cast, member), set(_read(cast, member))) == ({"tea"}, {"tea"})


def test_the_fourth_change_of_a_day_is_stored_and_read_from_the_next_night_on(cast: Cast) -> None:
    member = cast.member()
    for choice in ("chess", "tea", "opera", "jazz"):
        _put(cast, member, choice)
        assert set(_read(cast, member)) == {choice}
    cast.database.execute("delete from public.matchmaking_queue where user_id = %s", [member.id])
    before = revision(cast, member)
    _put(cast, member, "dogs")
    assert (_mine(cast, member), set(_read(cast, member))) == ({"dogs"}, {"jazz"})
    assert (revision(cast, member), waiting(cast, member)) == (before, None)
    assert _night(cast)["indexed"] >= 1
    assert set(_read(cast, member)) == {"dogs"}
    assert revision(cast, member) > before


def test_saying_the_same_again_is_no_change(cast: Cast) -> None:
    member = cast.member()
    for choice in ("chess", "tea", "tea", "tea", "tea", "opera", "jazz"):
        _put(cast, member, choice)
    assert set(_read(cast, member)) == {"jazz"}


def test_nothing_counts_before_there_is_anything_to_match(cast: Cast) -> None:
    stranger = cast.stranger()
    for choice in ("chess", "tea", "opera", "jazz", "dogs", "cats"):
        _put(cast, stranger, choice)
        assert set(_read(cast, stranger)) == {choice}


def test_taking_all_back_does_not_make_the_next_choice_a_first_one(cast: Cast) -> None:
    member = cast.member()
    for choice in ("chess", "", "tea", ""):
        _put(cast, member, *filter(None, [choice]))
    _put(cast, member, "jazz")
    assert _read(cast, member) == {}


# The job.


def _catalogue_of(cast: Cast, change: str) -> None:
    """Apply another catalogue: the real one, changed by `change` over its rows c."""
    body = cast.value("select prosrc from pg_proc where proname = 'interest_catalogue'")
    if "real_catalogue" not in body:
        if not change:
            return
        cast.database.execute("alter function private.interest_catalogue() rename to real_catalogue")
    cast.database.execute("drop function if exists private.interest_catalogue()")
    if not change:
        cast.database.execute("alter function private.real_catalogue() rename to interest_catalogue")
        return
    cast.database.execute(
        "create function private.interest_catalogue()"
        " returns table (place integer, subject text, slug text, names jsonb) language sql as"
        f" $$ select * from private.real_catalogue() c {change} $$"
    )


@pytest.mark.usefixtures("alone")
def test_what_leaves_the_catalogue_is_retired_and_stays_with_whoever_has_it(cast: Cast) -> None:
    fan, other = cast.member(), cast.member()
    _put(cast, fan, "chess", "tea")
    _catalogue_of(cast, "where c.slug <> 'chess'")
    assert _night(cast)["catalogued"] == 1
    assert _night(cast) == {"catalogued": 0, "weighed": 0, "looked": 1, "indexed": 0}
    assert (_mine(cast, fan), set(_read(cast, fan))) == ({"chess", "tea"}, {"chess", "tea"})
    _put(cast, fan, "chess", "opera")
    shown = cast.call(other, "GET", PATH).text
    assert '"chess"' not in shown
    refused(cast.rpc(other, "put_interests", interests=["chess"]), 422, "invalid_body")
    _put(cast, fan, "opera")
    refused(cast.rpc(fan, "put_interests", interests=["chess"]), 422, "invalid_body")
    _catalogue_of(cast, "")
    _night(cast)
    _put(cast, other, "chess")


@pytest.mark.usefixtures("alone")
def test_a_new_name_and_a_new_subject_leave_choices_alone(cast: Cast) -> None:
    member = cast.member()
    _put(cast, member, "chess", "tea")
    _catalogue_of(
        cast,
        "where c.slug <> 'chess' union all select 5, 'together', 'chess', '{\"en\": \"Chess!\"}'"
        ' union all select 6, \'together\', \'zither\', \'{"en": "Zither", "de": "Zither"}\'',
    )
    did = _night(cast)
    assert (did["catalogued"], did["indexed"]) == (2, 1)
    subjects = {s["id"]: s["interests"] for s in cast.call(member, "GET", PATH).json()["subjects"]}
    assert {"id": "chess", "name": "Chess!", "mine": True} in subjects["together"]
    assert "chess" not in {each["id"] for each in subjects["games"]}
    assert (
        cast.value(
            "select subject from public.user_interest_index where user_id = %s and interest = 'chess'",
            member.id,
        )
        == "together"
    )
    _put(cast, member, "zither")


@pytest.mark.usefixtures("alone")
def test_the_rarer_an_interest_the_more_it_weighs_and_unchanged_inputs_are_left_alone(cast: Cast) -> None:
    cast.database.execute(
        "with account as (insert into auth.users (id) select gen_random_uuid() from generate_series(1, 400)"
        " returning id), person as (insert into public.users (id) select id from account returning id)"
        " insert into public.member_interests (user_id, interests) select id, '{tea}' from person"
    )
    member = cast.member()
    _put(cast, member, "tea", "zoos")
    did = _night(cast, most=70)
    assert (did["looked"], did["indexed"]) == (401, 401)
    # Of 401 members all drink tea, and one goes to zoos: 11 of 421, with ten more holders and twenty members.
    assert _read(cast, member) == {"tea": 1, "zoos": 3}
    before = _versions(cast)
    assert _night(cast) == {"catalogued": 0, "weighed": 0, "looked": 401, "indexed": 0}
    assert _versions(cast) == before


@pytest.mark.parametrize("members", [0, 1, 60, 100, 300, 1000, 10_000, 1_000_000])
def test_python_and_the_database_weigh_alike(cast: Cast, members: int) -> None:
    for share in (0.0, 0.001, 0.007, 0.0079, 0.01, 0.031, 0.032, 0.1, 0.124, 0.125, 0.126, 0.5, 1.0):
        holders = round(share * members)
        assert cast.value("select private.interest_weight(%s, %s)", holders, members) == interest_weight(
            holders, members
        )


@pytest.mark.parametrize("members", [10, 100, 1000, 10_000])
def test_a_weight_hardly_tells_a_few_holders_from_none(cast: Cast, members: int) -> None:
    """Steps are a factor of four wide, and ten holders in reserve are more than a few."""
    weights = {cast.value("select private.interest_weight(%s, %s)", few, members) for few in range(10)}
    assert len(weights) <= 2
