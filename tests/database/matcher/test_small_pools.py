"""A filter is a question: it is coarse, and whose question too few people fit is proposed to nobody."""

import datetime
import uuid
from collections.abc import Iterator
from typing import Any

import pytest

from shared.engine import Pool
from shared.engine.filters.fits import enough as enough_at_night
from tests.cast import Cast, Json, Member
from tests.database import events
from tests.database.answers import ok, refused
from tests.database.islands import Island, begin_anew, bell, inhabited
from tests.database.queue import joined
from tests.database.runs import load

LEAST = 3


@pytest.fixture
def least(cast: Cast) -> Iterator[None]:
    """Three who fit are enough, four at an event; and an account counts when it is a day old."""
    with cast.settings(min_fit=LEAST, event_min_fit=4, standing_after="1 day"):
        yield


@pytest.fixture
def here(cast: Cast, least: None) -> Iterator[Island]:
    """Four members who fit each other, and no others within reach."""
    begin_anew(cast)
    with inhabited(cast) as island:
        yield island(LEAST + 1)


def age_of_account(cast: Cast, member: Member, age: str) -> None:
    cast.database.execute(
        "update auth.users set created_at = now() - %s::interval where id = %s", [age, member.id]
    )


def old_community(cast: Cast) -> None:
    """Somebody opted in longer ago than accounts must be old."""
    cast.database.execute(
        "update public.connect_profiles set created_at = now() - interval '2 days'"
        " where id = (select p.id from public.connect_profiles p order by p.created_at limit 1)"
    )


def enough(cast: Cast, member: Member, event: str | None = None) -> bool:
    """Whether enough people fit what a member looks for, counted now."""
    cast.database.execute(
        "select private.refresh_pool_members(array(select p.user_id from public.connect_profiles p), 'c')"
    )
    return bool(
        cast.value("select f.enough from private.fits(array[%s::uuid], %s::uuid) f", member.id, event)
    )


def proposed_to(cast: Cast, member: Member) -> int:
    return int(
        cast.value(
            "select coalesce(sum(p.proposals), 0) from private.proposals_made p where p.user_id = %s",
            member.id,
        )
    )


# Coarse questions.


@pytest.mark.parametrize(
    ("asked", "bound"),
    [
        ({"min_age": 30, "max_age": 33}, "4 or more above minAge"),
        ({"min_age": 30, "max_age": 30}, "4 or more above minAge"),
        ({"max_age": 21}, "4 or more above minAge"),
        ({"min_age": 117}, "4 or more above minAge"),
        ({"distance_km": 24}, "25 to 20,000"),
        ({"distance_km": 1}, "25 to 20,000"),
    ],
)
def test_a_narrow_question_is_refused_and_says_the_bound(cast: Cast, asked: Json, bound: str) -> None:
    member = cast.member(active=False)
    said = refused(
        cast.rpc(member, "activate", mode="both", consent_version="v1", **asked), 422, "invalid_body"
    )
    assert bound in said
    assert cast.value("select count(*) from public.connect_profiles where user_id = %s", member.id) == 0


@pytest.mark.parametrize("asked", [{"min_age": 30, "max_age": 34}, {"distance_km": 25}, {"max_age": 22}])
def test_the_narrowest_question_there_is(cast: Cast, asked: Json) -> None:
    ok(cast.rpc(cast.member(active=False), "activate", mode="both", consent_version="v1", **asked))


def test_what_was_not_said_narrows_nothing_either(cast: Cast) -> None:
    """One end alone, beside the other end as it was."""
    member = cast.member(active=False)
    ok(cast.rpc(member, "activate", mode="both", consent_version="v1", min_age=30, max_age=40))
    refused(cast.rpc(member, "activate", mode="both", consent_version="v1", min_age=37), 422, "invalid_body")
    assert ok(cast.rpc(member, "get_status"))["preferences"]["minAge"] == 30


# Who fits, and who counts.

DIFFERENT: dict[str, str] = {
    "another mode": "update public.connect_profiles set mode = 'professional' where user_id = %s",
    "too old": "update public.users set birth_date = '1960-05-05' where id = %s",
    "too young": "update public.users set birth_date = now()::date - interval '20 years' where id = %s",
    "another gender": "update public.users set gender = 'male' where id = %s",
    "another language": "update public.users set lang_primary = 'fi' where id = %s",
    "another zone": "update public.users set tz = 'Asia/Tokyo' where id = %s",
    "paused": "update public.connect_profiles set is_active = false, paused_at = now() where user_id = %s",
    "younger account": "update auth.users set created_at = now() - interval '23 hours' where id = %s",
}
SAME: dict[str, str] = {
    "who would not have them": "update public.connect_profiles set min_age = 60 where user_id = %s",
    "who looks for men": "update public.connect_profiles set preferred_genders = '{male}' where user_id = %s",
    "a deal breaker": "insert into public.matching_preferences (user_id, traits) values (%s, '{smokes}')",
    "older account": "update auth.users set created_at = now() - interval '25 hours' where id = %s",
}


def asks(cast: Cast, here: Island) -> Member:
    """A member whose question the others just fit."""
    member = here.members[0]
    cast.database.execute(
        "update public.connect_profiles set min_age = 30, max_age = 45, preferred_genders = '{female}',"
        " distance_km = 100 where user_id = %s",
        [member.id],
    )
    return member


@pytest.mark.parametrize("change", [*DIFFERENT, *SAME])
def test_who_fits_a_question(cast: Cast, here: Island, change: str) -> None:
    """Mode, ages, genders, languages, distance, and whether the account counts: nothing else."""
    old_community(cast)
    member = asks(cast, here)
    assert enough(cast, member)
    cast.database.execute((DIFFERENT | SAME)[change], [here.members[1].id])
    assert enough(cast, member) == (change in SAME)


def test_met_and_blocked_people_fit_as_before(cast: Cast, here: Island) -> None:
    """Or a block would be told by what stays away."""
    member = here.members[0]
    cast.pair("closed", a=member, b=here.members[1])
    cast.database.execute(
        "insert into public.blocks (blocker_id, blocked_id) values (%s, %s)", [here.members[2].id, member.id]
    )
    assert enough(cast, member)


def test_before_a_community_is_a_day_old_every_account_counts(cast: Cast, here: Island) -> None:
    for member in here.members:
        age_of_account(cast, member, "1 hour")
    cast.database.execute(
        "update public.connect_profiles set created_at = now() - interval '23 hours'"
        " where created_at < now() - interval '23 hours'"
    )
    assert enough(cast, here.members[0])
    old_community(cast)
    assert not enough(cast, here.members[0])


def identify(cast: Cast, member: Member, identifier: str) -> None:
    ok(
        cast.rpc(
            cast.stack.service_role_key, "set_stable_identifier", user_id=member.id, identifier=identifier
        )
    )


def test_an_identifier_counts_once_by_the_oldest_account(cast: Cast, here: Island) -> None:
    member, one, other, _ = here.members
    word = uuid.uuid4().hex
    for at, who in enumerate((one, other)):
        age_of_account(cast, who, f"{9 - at} days")
        identify(cast, who, word)
    assert not enough(cast, member)
    # When the older one searches no more, the person is here by the younger one.
    [new] = here.come()
    assert enough(cast, member)
    ok(cast.rpc(one, "deactivate"))
    assert enough(cast, member)
    ok(cast.rpc(new, "deactivate"))
    assert not enough(cast, member)


def test_where_identifiers_are_required_accounts_without_one_do_not_count(cast: Cast, here: Island) -> None:
    with cast.settings(identifiers_required=True):
        assert not enough(cast, here.members[0])
        for member in here.members[1:]:
            identify(cast, member, uuid.uuid4().hex)
        assert enough(cast, here.members[0])
        assert not enough(cast, here.members[1])  # the first one counts for nobody


# What comes of it.


def test_too_few_are_proposed_nobody_at_once_and_at_night(cast: Cast, here: Island) -> None:
    ok(cast.rpc(here.members[3], "deactivate"))
    bell(cast)
    assert [proposed_to(cast, member) for member in here.members] == [0, 0, 0, 0]
    bell(cast, "nightly")
    assert [proposed_to(cast, member) for member in here.members] == [0, 0, 0, 0]
    here.come()
    bell(cast)
    [last] = here.members[4:]
    assert proposed_to(cast, last) == 0  # the others are not known to have enough before the night
    bell(cast, "nightly")
    assert proposed_to(cast, last) == proposed_to(cast, here.members[0]) == 3


def _various(cast: Cast) -> Iterator[Member]:
    """Members who ask for one another in every way that counts."""
    wishes = [
        ("romantic", "{male}"),
        ("both", "{}"),
        ("friendship", "{female,male}"),
        ("professional", "{male}"),
    ]
    for number in range(30):
        mode, wanted = wishes[number % 4]
        cell = ("1425.1155", "1424.1150", None)[number % 3]
        member = cast.member(
            gender=("female", "male", "non_binary")[number % 3],
            birth_date=f"19{75 + number % 25}-03-1{number % 9}",
            lang_primary=("en", "de")[number % 2],
            home_cell=cell,
            home_place="Berlin" if cell else None,
            signals="{location}" if cell else "{}",
        )
        cast.database.execute(
            "update public.connect_profiles set mode = %s, preferred_genders = %s, min_age = %s,"
            " max_age = %s, distance_km = %s, language_pref = %s, friendship_genders = %s where user_id = %s",
            [
                *(mode, wanted, 20 + number % 17, 34 + number % 17, (None, 25, 400)[number % 3]),
                *(("{}", "{en}")[number % 5 == 0], "{female}" if number % 8 == 1 else None, member.id),
            ],
        )
        yield member


def test_the_night_counts_as_the_queue_does(cast: Cast, here: Island) -> None:
    """`shared.engine.filters.fits` over the pool of a night and `private.fits`, member by member."""
    people = [*here.members, *_various(cast)]
    run = load(cast)
    pool = Pool.parse(run["pool"])
    seen = set()
    for least in (1, 2, 3, 5, 9):
        now = datetime.datetime.fromisoformat(run["now"])
        found = dict(zip(pool.ids, enough_at_night(pool, now, least).tolist(), strict=True))
        with cast.settings(min_fit=least):
            for member in people:
                assert found[member.id] == enough(cast, member), (least, member.id)
                seen.add((least, found[member.id]))
    assert len(seen) >= 8


def test_enough_are_proposed_at_once(cast: Cast, here: Island) -> None:
    bell(cast)
    assert [proposed_to(cast, member) for member in here.members] == [3, 3, 3, 3]


def test_a_narrower_question_withdraws_its_asker_at_once(cast: Cast, here: Island) -> None:
    """Nobody else's turn proposes to who just asked something too narrow."""
    here.be_counted()
    member = here.members[0]
    cast.database.execute(
        "update public.connect_profiles set min_age = 95, max_age = 99 where user_id = %s", [member.id]
    )
    bell(cast)
    assert proposed_to(cast, member) == 0
    assert cast.value("select m.enough from private.pool_members m where m.user_id = %s", member.id) is False


def test_status_says_nothing_of_it(cast: Cast, here: Island) -> None:
    waits = here.members[1]
    cast.database.execute(
        "update public.connect_profiles set min_age = 95, max_age = 99 where user_id = %s", [waits.id]
    )
    before = ok(cast.rpc(waits, "get_status"))
    bell(cast)
    assert ok(cast.rpc(waits, "get_status")) == before
    assert before["current"]["stage"] == "searching"


# Events.


def test_an_event_of_few_names_nobody_and_the_fifth_guest_opens_it(cast: Cast, here: Island) -> None:
    """Four others are asked for; whoever waited for that is matched when the fifth comes, not at night."""
    event = events.event(cast)
    [fifth] = here.come()
    cast.database.execute("delete from public.matchmaking_queue")
    for guest in here.members[:4]:
        joined(cast, event.id, guest)
        bell(cast)
    assert not here.proposed(event.id)
    joined(cast, event.id, fifth)
    # With a place for everybody: three each may leave the last of five with nobody.
    with cast.settings(live_match_cap=4):
        bell(cast)
    assert len({*here.proposed(event.id)}) == 10


def test_young_accounts_count_at_a_door_where_somebody_knows_the_guests(cast: Cast, here: Island) -> None:
    event = events.event(cast)
    here.come()
    joined(cast, event.id, *here.members)
    for member in here.members:
        age_of_account(cast, member, "2 hours")
    old_community(cast)
    assert not enough(cast, here.members[0], event.id)
    cast.database.execute("update public.events set guests_vouched = true where id = %s", [event.id])
    assert enough(cast, here.members[0], event.id)
    assert not enough(cast, here.members[0])  # nowhere else


def test_a_guest_s_question_is_counted_anew_when_it_changes(cast: Cast, here: Island) -> None:
    event = events.event(cast)
    here.come()
    cast.database.execute("delete from public.matchmaking_queue")
    joined(cast, event.id, *here.members)
    bell(cast)
    asker = here.members[0]
    known = (
        "select x.enough_at = p.revision from public.event_members x"
        " join public.connect_profiles p using (user_id)"
    )
    assert cast.value(f"{known} where x.user_id = %s", asker.id) is True
    cast.database.execute(
        "update public.connect_profiles set min_age = 95, max_age = 99 where user_id = %s", [asker.id]
    )
    assert cast.value(f"{known} where x.user_id = %s", asker.id) is False
    room = "select c.capacity from private.capacities(array[%s::uuid], %s::uuid) c"
    assert cast.value(room, asker.id, event.id) == 0


# Other people's places.


def test_no_account_has_more_than_its_share_whatever_becomes_of_it(cast: Cast, here: Island) -> None:
    """Declined, erased, come back: proposals made within a lifetime count."""
    here.come(6)
    taker = here.members[0]
    seen: list[int] = []
    for _ in range(3):
        cast.database.execute("select private.ask_for_matches(%s, 0, 'joined')", [taker.id])
        here.be_counted()
        bell(cast)
        seen.append(proposed_to(cast, taker))
        for match in ok(cast.rpc(taker, "get_status"))["matches"]:
            ok(cast.rpc(taker, "respond", match_id=match["matchId"], action="decline"))
    assert seen[-1] <= 6
    cast.database.execute("delete from public.users where id = %s", [taker.id])
    back = {"id": taker.id, "birth_date": "1990-05-17", "gender": "female"}
    _come_back(cast, back, here.tongue)
    assert proposed_to(cast, taker) == seen[-1]
    assert cast.free_slots(taker) == min(3, 6 - seen[-1])
    cast.database.execute(
        "update private.returned_proposals set proposed_at = proposed_at - interval '73 hours'"
        " where user_id = %s",
        [taker.id],
    )
    assert cast.free_slots(taker) == 3


def _come_back(cast: Cast, who: dict[str, Any], tongue: str) -> None:
    cast.database.execute(
        "insert into public.users (id, display_name, birth_date, gender, lang_primary, tz)"
        " values (%s, 'Back', %s, %s, %s, 'Europe/Berlin')",
        [who["id"], datetime.date.fromisoformat(who["birth_date"]), who["gender"], tongue],
    )
    cast.database.execute(
        "insert into public.connect_profiles (user_id, consent_version, mode, min_age, max_age)"
        " values (%s, 'v1', 'both', 18, 99)",
        [who["id"]],
    )
