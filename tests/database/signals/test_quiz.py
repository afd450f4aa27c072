"""The quiz: answers are the member's alone, signals the job's alone, and a day has few changes of them."""

import json
import uuid
from collections.abc import Mapping
from typing import Any

import pytest

from functions.worker import quiz
from functions.worker.ring import Ring
from scripts.stack.ring import ring
from shared.callers.service import Service
from shared.quiz.questionnaire import questionnaire
from shared.quiz.scoring import signals_of, signals_version
from tests.cast import Cast, Json, Member
from tests.database.answers import denied, ok, refused
from tests.database.nights import whole_night

QUIZ = questionnaire()
ITEMS = tuple(QUIZ.items.values())
VECTOR = [1.0] + [0.0] * 15
LATER = {"decide_myself": 1, "days_alike": 7, "treat_myself": 1}


def said(*areas: str, towards: int = 2) -> dict[str, int]:
    """Answers to all statements of these areas: agreed with by scale, or turned against it."""
    return {item.id: 4 + towards * item.key for item in ITEMS if item.area in areas}


def put(cast: Cast, member: Member, answers: Mapping[str, int | None]) -> Json:
    return ok(cast.rpc(member, "put_quiz", version="1", answers=dict(answers)))


def kept(cast: Cast, member: Member) -> Any:
    return cast.value("select answers from public.quiz_responses where user_id = %s", member.id)


def signals(cast: Cast, member: Member) -> Json | None:
    """The stored row, and when it was written."""
    row: Json | None = cast.value(
        "select to_jsonb(v) || jsonb_build_object('written', v.xmin::text) from public.user_quiz_vectors v"
        " where v.user_id = %s",
        member.id,
    )
    return row


def tasks(cast: Cast, member: Member) -> list[Json]:
    rows = cast.database.execute(
        "select to_jsonb(t) from private.tasks t where t.user_id = %s and t.kind = 'quiz'", [member.id]
    )
    return [row for (row,) in rows]


def by_day(cast: Cast) -> Json:
    """The job, rung by tasks that wait."""
    return quiz.quiz(Service(cast.stack.api_url, cast.stack.service_role_key), Ring(trigger="tasks"))


def by_night(cast: Cast) -> Json:
    """The step of the night."""
    service = Service(cast.stack.api_url, cast.stack.service_role_key)
    return quiz.make_all(service, lambda: None)


def changes(cast: Cast, member: Member) -> int:
    return cast.value("select changes from private.own_changes where user_id = %s", member.id) or 0


def reads(cast: Cast, member: Member, name: str = "valuesVector") -> Any:
    """What matching reads of a member."""
    return cast.value("select private.pool_values(%s, null) -> %s", member.id, name)


@pytest.fixture
def member(cast: Cast) -> Member:
    return cast.member(signals="{values}")


# What members say.


def test_answers_are_merged_and_taken_back(cast: Cast, member: Member) -> None:
    told = put(cast, member, {"decide_myself": 6, "days_alike": 2})
    assert told == {"answers": {"decide_myself": 6, "days_alike": 2}, "language": "en", "mode": "both"}
    assert put(cast, member, {"days_alike": None, "treat_myself": 7})["answers"] == {
        "decide_myself": 6,
        "treat_myself": 7,
    }
    assert ok(cast.rpc(member, "get_quiz"))["answers"] == kept(cast, member)
    assert put(cast, member, {"decide_myself": None, "treat_myself": None})["answers"] == {}


def test_the_same_answer_again_writes_nothing(cast: Cast, member: Member) -> None:
    put(cast, member, said("values"))
    by_day(cast)
    where = "from public.quiz_responses where user_id = %s"
    before = cast.value(f"select xmin::text {where}", member.id)
    put(cast, member, {"decide_myself": 6})
    put(cast, member, {})
    put(cast, member, {"never_answered": None})
    assert cast.value(f"select xmin::text {where}", member.id) == before
    assert tasks(cast, member) == []


@pytest.mark.parametrize(
    "answers",
    [
        {"decide_myself": 0},
        {"decide_myself": 8},
        {"decide_myself": 2.5},
        {"decide_myself": "6"},
        {"decide_myself": True},
        {"decide_myself": [6]},
        {"decide_myself": {"a": 6}},
        {"Decide": 6},
        {"": 6},
        {"a" * 41: 6},
        {f"a{n}": 6 for n in range(201)},
        [],
        None,
        6,
    ],
)
def test_nonsense_is_refused_and_changes_nothing(cast: Cast, member: Member, answers: Any) -> None:
    put(cast, member, {"decide_myself": 6})
    told = refused(cast.rpc(member, "put_quiz", version="1", answers=answers), 422, "invalid_body")
    assert told.startswith("answers: up to 200 statements")
    assert kept(cast, member) == {"decide_myself": 6}


@pytest.mark.parametrize("version", [None, "", "a b", "v" * 33])
def test_a_version_is_a_word(cast: Cast, member: Member, version: str | None) -> None:
    told = cast.rpc(member, "put_quiz", version=version, answers={"decide_myself": 6})
    refused(told, 422, "invalid_body")
    assert kept(cast, member) is None


def test_without_the_switch_nothing_is_stored(cast: Cast) -> None:
    for member in (cast.member(), cast.member(signals="{birthData}"), cast.stranger()):
        asked = {"version": "1", "answers": {"decide_myself": 6}}
        refused(cast.rpc(member, "put_quiz", **asked), 403, "consent_required")
        assert kept(cast, member) is None
        assert ok(cast.rpc(member, "get_quiz"))["answers"] == {}


def test_before_activating_a_member_answers_too(cast: Cast) -> None:
    member = cast.member(active=False, signals="{values}")
    assert put(cast, member, said("values"))["mode"] is None
    by_day(cast)
    stored = signals(cast, member)
    assert stored is not None
    assert stored["values_vector"]


def test_turning_the_switch_off_deletes_answers_and_what_followed(cast: Cast, member: Member) -> None:
    put(cast, member, said("values"))
    by_day(cast)
    put(cast, member, {"decide_myself": 1})
    assert tasks(cast, member)
    ok(cast.rpc(member, "put_consents", version="v1", switches={"location": True}))
    assert (kept(cast, member), signals(cast, member), tasks(cast, member)) == (None, None, [])
    assert reads(cast, member) is None


def test_members_read_neither_table_and_write_no_signals(cast: Cast, member: Member) -> None:
    for table in ("quiz_responses", "user_quiz_vectors"):
        denied(cast, member, "GET", f"/{table}?select=user_id")
    made = [{"id": member.id, "hash": "0" * 64, "values": str(VECTOR)}]
    asked = {"quiz_version": "x", "made": made, "at_night": True}
    denied(cast, member, "POST", "/rpc/store_quiz_vectors", json=asked)


def test_the_export_shows_answers_and_signals(cast: Cast, member: Member) -> None:
    put(cast, member, said("values"))
    by_day(cast)
    told = ok(cast.rpc(member, "export_member"))
    assert (told["quiz"]["answers"], told["quiz"]["version"]) == (said("values"), "1")
    assert len(told["quizVectors"]["valuesVector"]) == 16
    assert told["quizVectors"]["completed"] == ["values"]
    assert "inputHash" not in told["quizVectors"]


# What the job makes of it.


def test_an_answer_puts_a_task_and_the_job_makes_the_signals(cast: Cast, member: Member) -> None:
    answers = said("values", "readiness")
    put(cast, member, answers)
    [task] = tasks(cast, member)
    assert (task["key"], task["signal"]) == (member.id, "values")
    assert by_day(cast)["stored"] >= 1
    stored, found = signals(cast, member), signals_of(answers)
    assert stored is not None
    assert json.loads(stored["values_vector"]) == pytest.approx(found.vectors["values"], abs=1e-5)
    assert float(stored["readiness"]) == found.readiness
    assert (stored["communication_vector"], stored["life_goals_vector"]) == (None, None)
    assert (sorted(stored["completed"]), stored["version"]) == (["readiness", "values"], signals_version())
    assert tasks(cast, member) == []


def test_over_unchanged_answers_the_job_writes_nothing(cast: Cast, member: Member) -> None:
    put(cast, member, said("values"))
    by_day(cast)
    before = signals(cast, member)
    assert by_day(cast)["stored"] == 0
    assert by_night(cast) == {"stored": 0, "waiting": 0, "skipped": 0}
    assert signals(cast, member) == before


def test_another_version_makes_signals_anew(cast: Cast, member: Member) -> None:
    put(cast, member, said("values") | {"long_gone": 3})
    by_day(cast)
    cast.database.execute(
        "update public.user_quiz_vectors set version = 'old' where user_id = %s", [member.id]
    )
    assert by_night(cast)["stored"] == 1
    assert kept(cast, member)["long_gone"] == 3
    stored = signals(cast, member)
    assert stored is not None
    assert stored["version"] == signals_version()


def test_answers_that_changed_meanwhile_are_not_stored(cast: Cast, member: Member) -> None:
    key, version = cast.stack.service_role_key, signals_version()
    put(cast, member, said("values"))
    page = ok(cast.rpc(key, "load_quiz", quiz_version=version))
    [told] = [each for each in page["members"] if each["id"] == member.id]
    made = [{"id": member.id, "hash": told["hash"], "values": str(VECTOR)}]
    put(cast, member, {"decide_myself": 1})
    asked = {"quiz_version": version, "made": made, "at_night": True}
    assert ok(cast.rpc(key, "store_quiz_vectors", **asked)) == {"stored": 0, "waiting": 0, "skipped": 1}
    ok(cast.rpc(member, "put_consents", version="v1", switches={}))
    assert ok(cast.rpc(key, "store_quiz_vectors", **asked)) == {"stored": 0, "waiting": 0, "skipped": 1}
    assert signals(cast, member) is None


def test_page_by_page_everybody_is_looked_at(cast: Cast) -> None:
    members = [cast.member(signals="{values}") for _ in range(3)]
    for member in members:
        put(cast, member, said("values"))
    key, beyond, found = cast.stack.service_role_key, None, []
    while True:
        page = ok(cast.rpc(key, "load_quiz", quiz_version=signals_version(), most=2, beyond=beyond))
        found += [each["id"] for each in page["members"]]
        beyond = page["next"]
        if beyond is None:
            break
    assert {member.id for member in members} <= set(found)
    assert found == sorted(set(found))


# How often a day.


def test_completing_a_signal_is_free_and_three_changes_take_effect_at_once(
    cast: Cast, member: Member
) -> None:
    put(cast, member, said("values"))
    by_day(cast)
    put(cast, member, said("communication", "lifeGoals"))
    by_day(cast)
    assert changes(cast, member) == 0
    read = reads(cast, member)
    for count, answer in enumerate((1, 2, 3), start=1):
        put(cast, member, {"decide_myself": answer})
        by_day(cast)
        assert changes(cast, member) == count
        assert reads(cast, member) != read
        read = reads(cast, member)
    put(cast, member, {"decide_myself": 4})
    assert by_day(cast)["waiting"] == 1
    assert reads(cast, member) == read
    assert kept(cast, member)["decide_myself"] == 4
    assert tasks(cast, member) == []
    whole_night(cast)
    assert reads(cast, member) != read
    assert by_night(cast)["stored"] == 0


def test_answers_that_complete_nothing_yet_are_free(cast: Cast, member: Member) -> None:
    for item in ITEMS[:5]:
        put(cast, member, {item.id: 4 + item.key})
        by_day(cast)
    assert changes(cast, member) == 0


def test_completing_a_signal_again_is_a_change(cast: Cast, member: Member) -> None:
    put(cast, member, said("values"))
    by_day(cast)
    put(cast, member, dict.fromkeys(said("values")))
    by_day(cast)
    assert reads(cast, member) is None
    put(cast, member, said("values", towards=-2))
    by_day(cast)
    assert changes(cast, member) == 2


def test_a_switch_that_was_off_once_makes_no_completion_free(cast: Cast, member: Member) -> None:
    put(cast, member, said("values"))
    by_day(cast)
    for count in (1, 2, 3, 4):
        ok(cast.rpc(member, "put_consents", version="v1", switches={}))
        ok(cast.rpc(member, "put_consents", version="v1", switches={"values": True}))
        put(cast, member, said("values", towards=(-1) ** count))
        by_day(cast)
        assert (reads(cast, member) is None) == (count == 4)


def test_before_activation_changes_are_free(cast: Cast) -> None:
    member = cast.member(active=False, signals="{values}")
    for answer in range(1, 8):
        put(cast, member, said("values") | {"decide_myself": answer})
        by_day(cast)
    assert changes(cast, member) == 0


# What matching reads.


def test_an_answer_reaches_the_lists_within_one_tick(cast: Cast) -> None:
    def rung() -> Json:
        answer: Json = ring(cast.stack.functions_url, cast.stack.keys.bell_key, "matcher").json()
        return answer

    one, other = (cast.member(signals="{values}") for _ in range(2))
    put(cast, other, said("values"))
    rung()
    put(cast, one, said("values"))
    did = rung()
    assert did["quiz"] >= 1
    searched = "select direction::text from private.pool_members where user_id = %s"
    assert json.loads(cast.value(searched, one.id))[:16] == reads(cast, one)
    # The job finds nothing left to do.
    assert by_day(cast)["stored"] == 0
    assert tasks(cast, one) == []


def test_an_operator_s_vectors_win_until_they_are_cleared(cast: Cast, member: Member) -> None:
    put(cast, member, said("values", "communication", "lifeGoals", "readiness"))
    by_day(cast)
    of_the_quiz = {
        name: reads(cast, member, name) for name in ("valuesVector", "lifeGoalsVector", "readiness")
    }
    assert None not in of_the_quiz.values()
    key, names = cast.stack.service_role_key, ("values_vector", "communication_vector", "life_goals_vector")
    asked: Json = {"user_id": member.id, **dict.fromkeys(names, VECTOR), "readiness": 7}
    ok(cast.rpc(key, "store_profile_vectors", **asked))
    assert (reads(cast, member), reads(cast, member, "readiness")) == (VECTOR, 7)
    for wrong in ({"readiness": None}, {"values_vector": None}, {"readiness": 101}):
        assert cast.rpc(key, "store_profile_vectors", **asked | wrong).status_code == 422
    assert reads(cast, member, "readiness") == 7
    ok(cast.rpc(key, "store_profile_vectors", **asked | dict.fromkeys((*names, "readiness"))))
    assert {name: reads(cast, member, name) for name in of_the_quiz} == of_the_quiz
    stored = "select vectors_stored_at from public.connect_profiles where user_id = %s"
    assert cast.value(stored, member.id) is None


def test_one_signal_is_direction_enough_for_the_search(cast: Cast, member: Member) -> None:
    put(cast, member, said("values"))
    by_day(cast)
    direction = cast.value(
        "select (private.ready(private.pool_values(%s, null), 'x')).direction::text", member.id
    )
    assert json.loads(direction)[16:] == [0] * 32
    nobody = cast.member()
    assert (
        cast.value("select (private.ready(private.pool_values(%s, null), 'x')).direction::text", nobody.id)
        is None
    )


def test_a_night_makes_the_signals_of_many(cast: Cast) -> None:
    """Ten thousand members are a few seconds: what is counted here is the calls, five pages of 2,000."""
    ids = [str(uuid.uuid4()) for _ in range(50)]
    with cast.database.transaction():
        cast.database.execute("insert into auth.users (id) select unnest(%s::uuid[])", [ids])
        cast.database.execute("insert into public.users (id) select unnest(%s::uuid[])", [ids])
        cast.database.execute(
            "insert into public.consents (user_id, version, kind, signals)"
            " select unnest(%s::uuid[]), 'v1', 'switched', '{values}'",
            [ids],
        )
        cast.database.execute(
            "insert into public.quiz_responses (user_id, version, answers)"
            " select unnest(%s::uuid[]), '1', %s::jsonb",
            [ids, json.dumps(said("values"))],
        )
    assert by_night(cast)["stored"] >= 50
    assert by_night(cast)["stored"] == 0
