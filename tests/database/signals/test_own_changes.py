"""What matching reads of a member changes three times a day; a fourth change waits for the night."""

import uuid
from collections.abc import Iterator
from typing import Any

import pytest

from tests.cast import Cast, Json, Member
from tests.database.answers import ok
from tests.database.islands import begin_anew
from tests.database.nights import open_night, whole_night
from tests.database.simultaneous import Call, together
from tests.often import often

ROUNDS = often(20, 100)


@pytest.fixture(autouse=True)
def _three_a_day(cast: Cast) -> Iterator[None]:
    begin_anew(cast)
    with cast.settings(own_changes_per_day=3):
        yield


def filters(cast: Cast, member: Member, **changed: Any) -> Json:
    """Change the filters, as the app does."""
    answer = ok(cast.rpc(member, "activate", mode="both", consent_version="v1", **changed))
    told: Json = answer["preferences"]
    return told


def read(cast: Cast, member: Member, column: str = "minAge") -> Any:
    """What matching reads of a member now."""
    cast.database.execute("select private.refresh_pool_members(array[%s::uuid], 'c')", [member.id])
    return cast.value(
        "select m.input -> (array_position(private.pool_columns(), %s) - 1)"
        " from private.pool_members m where m.user_id = %s",
        column,
        member.id,
    )


def asked(cast: Cast, member: Member, *ages: int) -> list[Any]:
    """What matching reads after each of these youngest ages."""
    seen = []
    for age in ages:
        assert filters(cast, member, min_age=age)["minAge"] == age
        seen.append(read(cast, member))
    return seen


def waits(cast: Cast, member: Member) -> bool:
    return bool(
        cast.value("select exists (select from private.held_questions where user_id = %s)", member.id)
    )


def _age(member: Member, age: int) -> Call:
    return Call(member, "activate", {"mode": "both", "consent_version": "v1", "min_age": age})


def let_a_day_pass(cast: Cast) -> None:
    cast.database.execute("update private.own_changes set day = day - 1")


def test_the_fourth_change_of_a_day_waits_and_the_member_reads_it_back(cast: Cast) -> None:
    member = cast.member()
    assert asked(cast, member, 20, 21, 22, 23, 24) == [20, 21, 22, 22, 22]
    assert ok(cast.rpc(member, "get_status"))["preferences"]["minAge"] == 24


def test_the_night_takes_it_in(cast: Cast) -> None:
    member = cast.member()
    asked(cast, member, 20, 21, 22, 23)
    whole_night(cast)
    kept = cast.value(
        "select h.input -> (array_position(private.pool_columns(), 'minAge') - 1) from private.pool_history h"
        " where h.user_id = %s and h.left_run is null",
        member.id,
    )
    assert kept == 23
    assert not waits(cast, member)
    # Today's changes stay used up.
    assert asked(cast, member, 24) == [23]


def test_a_single_step_of_the_night_ends_no_waiting(cast: Cast) -> None:
    member = cast.member()
    asked(cast, member, 20, 21, 22, 23)
    open_night(cast, part="charts")
    assert waits(cast, member)


def test_the_first_change_of_another_day_ends_the_waiting(cast: Cast) -> None:
    member = cast.member()
    assert asked(cast, member, 20, 21, 22, 23) == [20, 21, 22, 22]
    let_a_day_pass(cast)
    filters(cast, member, max_age=80)
    assert (read(cast, member), read(cast, member, "maxAge")) == (23, 80)
    assert not waits(cast, member)


def test_a_narrower_filter_waits_as_a_wider_one_does(cast: Cast) -> None:
    member = cast.member()
    asked(cast, member, 40, 41, 42)
    assert asked(cast, member, 50, 20) == [42, 42]


def test_repeating_oneself_and_going_back_cost_nothing(cast: Cast) -> None:
    member = cast.member()
    assert asked(cast, member, 20, 20, 20, 21, 22, 22) == [20, 20, 20, 21, 22, 22]
    assert asked(cast, member, 23) == [22]
    assert asked(cast, member, 22) == [22]
    assert not waits(cast, member)


def test_a_pause_and_a_return_are_no_change_and_take_effect_at_once(cast: Cast) -> None:
    member = cast.member()
    asked(cast, member, 20, 21, 22, 23)
    for _ in range(3):
        ok(cast.rpc(member, "deactivate"))
        assert read(cast, member) is None
        filters(cast, member)
        assert read(cast, member) == 22


def test_all_tables_together_have_one_count(cast: Cast) -> None:
    """Own data that others filter by count too: they ask whom others would refuse."""
    member = cast.member()
    asked(cast, member, 20, 21)
    profile = {"display_name": member.name, "birth_date": "1990-05-17", "tz": "Europe/Berlin"}
    for gender, language in (("male", "en"), ("male", "de"), ("female", "fr")):
        ok(cast.rpc(member, "put_profile", **profile, gender=gender, lang_primary=language))
        told = (read(cast, member, "gender"), read(cast, member, "languages"))
        assert told == ("male", ["en"])
    assert ok(cast.rpc(member, "get_profile"))["profile"]["gender"] == "female"


def test_nothing_counts_before_a_member_has_activated(cast: Cast) -> None:
    member = cast.member(active=False)
    profile = {"display_name": member.name, "birth_date": "1990-05-17", "tz": "Europe/Berlin"}
    for language in ("en", "de", "fr", "it", "es"):
        ok(cast.rpc(member, "put_profile", **profile, gender="male", lang_primary=language))
    assert asked(cast, member, 20, 21, 22, 23, 24) == [20, 21, 22, 23, 23]


def test_an_operator_s_own_writes_take_effect_at_once(cast: Cast) -> None:
    member = cast.member()
    for age in range(20, 26):
        cast.database.execute(
            "update public.connect_profiles set min_age = %s where user_id = %s", [age, member.id]
        )
        assert read(cast, member) == age


def test_what_waits_is_seen_nowhere_else_and_goes_with_the_member(cast: Cast) -> None:
    member = cast.member()
    asked(cast, member, 20, 21, 22, 23)
    assert waits(cast, member)
    export = ok(cast.rpc(member, "export_member"))
    assert export["preferences"]["minAge"] == 23
    assert "held_questions" in {line["what"] for line in export["withheld"]}
    cast.database.execute("delete from public.users where id = %s", [member.id])
    for table in ("own_changes", "held_questions"):
        assert cast.value(f"select count(*) from private.{table} where user_id = %s", member.id) == 0


def test_the_count_of_a_day_survives_an_erasure(cast: Cast) -> None:
    member = cast.member()
    asked(cast, member, 20, 21, 22)
    cast.pair("closed", a=member)
    cast.database.execute("delete from public.users where id = %s", [member.id])
    profile = {"display_name": member.name, "birth_date": "1990-05-17", "tz": "Europe/Berlin"}
    ok(cast.rpc(member, "put_profile", **profile, gender="male", lang_primary="en"))
    assert asked(cast, member, 30, 31) == [30, 30]


def test_new_policies_end_all_waiting(cast: Cast) -> None:
    """They may read other columns than those under which something waited."""
    member = cast.member()
    asked(cast, member, 20, 21, 22, 23)
    assert cast.value("select private.release_held_questions()") >= 1
    assert read(cast, member) == 23


def test_every_column_that_members_change_is_a_question_or_says_why_not(cast: Cast) -> None:
    others = {
        **dict.fromkeys(("id", "revision"), "the machine's"),
        "homeCell": "settings.place_changes_per_day",
        **dict.fromkeys(("valuesVector", "communicationVector", "lifeGoalsVector"), "a pipeline's"),
        **dict.fromkeys(("readiness", "profileVector", "activity", "interests"), "a pipeline's"),
        "chart": "follows from birth data, which tell nothing of what others want",
    }
    columns = cast.value("select array(select jsonb_object_keys(private.pool_values(null, null)))")
    assert set(columns) == {*others, *cast.value("select private.question_names()")}


@pytest.mark.one_world
def test_changes_at_the_same_instant_are_counted_one_after_the_other(cast: Cast) -> None:
    """One change is left and two come at once: one is read, the other waits, however they meet."""
    members = [cast.member() for _ in range(ROUNDS)]
    for member in members:
        asked(cast, member, 20, 21)
    wishes = [(_age(member, 22), _age(member, 23)) for member in members]
    for member, answers in zip(members, together(cast.stack, wishes), strict=True):
        assert [answer.status for answer in answers] == [200, 200]
        stored = ok(cast.rpc(member, "get_status"))["preferences"]["minAge"]
        assert {stored, read(cast, member)} == {22, 23}
        assert waits(cast, member)


@pytest.mark.one_world
def test_the_night_and_a_change_at_the_same_instant_end_in_one_state(cast: Cast) -> None:
    """Released and then counted, or counted and then released: what is read was stored."""
    for round_ in range(ROUNDS):
        member = cast.member(display_name=uuid.uuid4().hex[:8])
        asked(cast, member, 20, 21, 22, 23)
        change = _age(member, 30)
        night = Call(
            Member("", cast.stack.service_role_key, "the service"),
            "open_nightly",
            {"engine_version": cast.value("select private.engine_in_force()"), "chart_version": "c"},
        )
        order = (change, night) if round_ % 2 else (night, change)
        assert [answer.status for answer in together(cast.stack, [order])[0]] == [200, 200]
        assert read(cast, member) in (30, 23)
