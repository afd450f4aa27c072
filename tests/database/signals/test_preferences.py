"""What members say of themselves and want of others; religion and drugs among it only by consent."""

from typing import Any

import pytest

from shared.engine.networking_goals import ANSWERS, GOALS
from shared.engine.scoring.parts.position import LEVELS, SIZES
from tests.cast import Cast, Json, Member
from tests.database.answers import ok, refused

ALL: Json = {
    "traits": ["has_pets", "smokes"],
    "deal_breakers": ["wants_no_children"],
    "industries": ["law", "real_estate"],
    "job_levels": ["founder"],
    "company_sizes": ["1", "2-10"],
    "networking_goals": ["hire", "raise_funding"],
    "meeting_types": ["video"],
    "exclude_colleagues": False,
    "exclude_competitors": True,
    "algorithm_weights": {"values": 2, "astro": 0.5},
}
NOTHING: Json = {
    **{"traits": [], "dealBreakers": [], "industries": [], "jobLevels": [], "companySizes": []},
    **{"networkingGoals": [], "meetingTypes": [], "algorithmWeights": {}},
    **{"excludeColleagues": True, "excludeCompetitors": False},
}
SENSITIVE = ("religious", "not_religious", "uses_drugs")


def camel(name: str) -> str:
    first, *more = name.split("_")
    return first + "".join(map(str.title, more))


def put(cast: Cast, member: Member, **words: Any) -> Json:
    told: Json = ok(cast.rpc(member, "put_preferences", **words))["preferences"]
    return told


def shown(cast: Cast, member: Member) -> Json:
    told: Json = ok(cast.rpc(member, "get_preferences"))["preferences"]
    return told


def read(cast: Cast, member: Member) -> Json:
    """What matching reads of a member now, by name."""
    cast.database.execute("select private.refresh_pool_members(array[%s::uuid], 'c')", [member.id])
    return dict(
        cast.database.execute(
            "select c.name, m.input -> (c.place - 1)::integer from private.pool_members m,"
            " unnest(private.pool_columns()) with ordinality c (name, place)"
            " where m.user_id = %s and c.place <= jsonb_array_length(m.input)",
            [member.id],
        ).fetchall()
    )


def switch(cast: Cast, member: Member, **switches: bool) -> None:
    ok(cast.rpc(member, "put_consents", version="v1", switches=switches))


def test_everything_is_stored_replaced_exported_and_read_by_matching(cast: Cast) -> None:
    member = cast.member()
    assert shown(cast, member) == NOTHING
    told = {camel(name): value for name, value in ALL.items()}
    assert put(cast, member, **ALL) == shown(cast, member) == told
    export = ok(cast.rpc(member, "export_member"))["matchingPreferences"]
    assert {name: export[name] for name in told} == told
    seen = read(cast, member)
    assert (seen["goals"], seen["wantedLevels"], seen["wantedSizes"]) == (
        ALL["networking_goals"],
        ALL["job_levels"],
        ALL["company_sizes"],
    )
    assert (seen["weights"], seen["avoidsCompetitors"]) == (ALL["algorithm_weights"], True)
    assert put(cast, member, traits=["smokes"]) == NOTHING | {"traits": ["smokes"]}


def test_a_stranger_may_begin_with_it(cast: Cast) -> None:
    stranger = cast.stranger()
    assert shown(cast, stranger) == NOTHING
    assert put(cast, stranger, traits=["smokes"])["traits"] == ["smokes"]


@pytest.mark.parametrize(
    ("words", "said"),
    [
        ({"algorithm_weights": {"values": 0.49}}, "from 0.5 to 2"),
        ({"algorithm_weights": {"values": 2.01}}, "from 0.5 to 2"),
        ({"algorithm_weights": {"horoscope": 1}}, "of values, communication"),
        ({"algorithm_weights": [1]}, "algorithmWeights"),
        ({"algorithm_weights": 1}, "algorithmWeights"),
        ({"industries": ["Law"]}, "industries"),
        ({"industries": None}, "missing"),
        ({"traits": ["smokes"] * 21}, "traits"),
        ({"traits": [["smokes"], ["has_pets"]]}, "traits"),
        ({"networking_goals": ["hire", None]}, "networkingGoals"),
        ({"job_levels": ["mid"] * 21}, "jobLevels"),
        ({"company_sizes": ["1"] * 21}, "companySizes"),
        ({"meeting_types": [None]}, "meetingTypes"),
        ({"exclude_colleagues": None}, "missing"),
    ],
)
def test_what_is_refused_says_what_is_allowed_and_changes_nothing(cast: Cast, words: Json, said: str) -> None:
    member = cast.member()
    put(cast, member, traits=["has_pets"])
    assert said in refused(cast.rpc(member, "put_preferences", **words), 422, "invalid_body")
    assert shown(cast, member) == NOTHING | {"traits": ["has_pets"]}


@pytest.mark.parametrize("word", SENSITIVE)
@pytest.mark.parametrize("field", ["traits", "deal_breakers"])
def test_religion_and_drugs_need_the_switch(cast: Cast, field: str, word: str) -> None:
    member = cast.member()
    refused(cast.rpc(member, "put_preferences", **{field: ["smokes", word]}), 403, "consent_required")
    assert shown(cast, member) == NOTHING
    switch(cast, member, values=True)
    assert put(cast, member, **{field: ["smokes", word]})[camel(field)] == ["smokes", word]


def test_withdrawal_removes_religion_and_drugs_at_once_and_leaves_the_rest(cast: Cast) -> None:
    member = cast.member(signals="{values}")
    put(cast, member, traits=["smokes", "religious"], deal_breakers=["uses_drugs", "not_religious"])
    assert read(cast, member)["traits"] == ["smokes", "religious"]
    switch(cast, member, feedback=True)
    assert shown(cast, member) == NOTHING | {"traits": ["smokes"]}
    assert (read(cast, member)["traits"], read(cast, member)["dealBreakers"]) == (["smokes"], [])


def test_withdrawal_removes_them_where_a_change_waits(cast: Cast) -> None:
    member = cast.member(signals="{values}")
    with cast.settings(own_changes_per_day=1):
        put(cast, member, traits=["religious", "smokes"])
        put(cast, member, traits=["religious", "has_pets"])
        put(cast, member, traits=["not_religious"])
        assert read(cast, member)["traits"] == ["religious", "has_pets"]
        switch(cast, member)
    assert shown(cast, member)["traits"] == []
    assert read(cast, member)["traits"] == ["has_pets"]
    held = cast.value("select held::text from private.held_questions where user_id = %s", member.id)
    assert "religious" not in held


def test_withdrawal_removes_them_from_kept_answers(cast: Cast) -> None:
    member = cast.member(signals="{values}")
    ok(cast.rpc(member, "activate", mode="both", consent_version="v1"))
    for path, body in (
        ("/connect/preferences", {"traits": ["religious"]}),
        ("/connect/activate", {"mode": "both", "consentVersion": "v1"}),
    ):
        method = "PUT" if path == "/connect/preferences" else "POST"
        once = {"headers": {"Idempotency-Key": f"{member.id}-{method}"}}
        assert cast.call(member, method, path, body, **once).status_code == 200
    kept = "select string_agg(answer::text, ' ') from private.idempotency_keys where user_id = %s"
    assert "religious" in cast.value(kept, member.id)
    switch(cast, member)
    assert "religious" not in cast.value(kept, member.id)
    assert "profileId" in cast.value(kept, member.id)


def test_what_an_operator_wrote_is_not_read_without_the_switch(cast: Cast) -> None:
    member = cast.member()
    cast.database.execute(
        "insert into public.matching_preferences (user_id, traits, deal_breakers)"
        " values (%s, '{religious,smokes}', '{uses_drugs}')",
        [member.id],
    )
    assert (read(cast, member)["traits"], read(cast, member)["dealBreakers"]) == (["smokes"], [])


def test_the_fourth_change_waits(cast: Cast) -> None:
    member = cast.member()
    seen = []
    for goals in (["hire"], ["invest"], ["speak"], ["advise"], ["find_job"]):
        assert put(cast, member, networking_goals=goals)["networkingGoals"] == goals
        seen.append(read(cast, member)["goals"])
    # The first is free.
    assert seen == [["hire"], ["invest"], ["speak"], ["advise"], ["advise"]]


def test_meeting_types_are_no_question(cast: Cast) -> None:
    member = cast.member()
    for types in (["video"], ["walk"], ["lunch"], ["phone"], ["coffee"], ["event"]):
        put(cast, member, meeting_types=types)
    assert cast.value("select count(*) from private.own_changes where user_id = %s", member.id) == 0


def test_the_words_of_the_database_are_those_of_the_engine(cast: Cast) -> None:
    words = "select enum_range(null::public.{})::text[]"
    assert sorted(cast.value(words.format("networking_goal"))) == list(GOALS)
    assert cast.value(words.format("job_level")) == list(LEVELS)
    assert cast.value(words.format("company_size")) == list(SIZES)
    assert all(ANSWERS[ANSWERS[goal]] == goal for goal in GOALS)
