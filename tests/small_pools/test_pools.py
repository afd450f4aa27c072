"""`scripts/pools`: attacks find somebody where nothing stands in the way, and the cost is what is dealt."""

from collections.abc import Iterator
from datetime import UTC, date, datetime
from typing import Any

import numpy as np
import psycopg
import pytest

from scripts.stack.throwaway import Running, ThrowawayStack
from scripts.tools.pools import cost, evenings, places
from scripts.tools.pools.__main__ import main
from scripts.tools.pools.attack import Attack, told
from scripts.tools.pools.attacker import Attacker
from scripts.tools.pools.narrowest import narrowest
from scripts.tools.pools.targets import Bounds, Target, apart, faces
from scripts.tools.pools.world import be_counted, changed, enough, fill, identify, night, superuser

MEMBERS = 150
TODAY = date(2026, 11, 29)


@pytest.fixture(scope="module")
def own() -> Iterator[Running]:
    """A stack whose members may all be thrown away."""
    with ThrowawayStack() as stack:
        yield stack


@pytest.fixture
def owner(own: Running) -> Iterator[psycopg.Connection[Any]]:
    with superuser(own) as database:
        yield database


@pytest.fixture
def attacker(own: Running, owner: psycopg.Connection[Any]) -> Iterator[Attacker]:
    with Attacker(own, owner) as one:
        yield one


def known(area: str = "Berlin, DE", gender: str = "female") -> Target:
    return Target(
        area, 1990, gender, ("de", None), area, area, frozenset({"romantic"}), frozenset({"male", "female"})
    )


def test_attacks_of_one_round_do_not_meet() -> None:
    targets = [known(area) for area in ("a", "b", "a", "c", "a", "b")]
    rounds = apart(targets)
    assert [[t.area for t in one] for one in rounds] == [["a", "b", "c"], ["a", "b"], ["a"]]


@pytest.mark.parametrize(("accounts", "pads"), [(1, False), (4, True), (20, True), (20, False)])
def test_an_attacker_asks_the_narrowest_questions_allowed(accounts: int, pads: bool) -> None:
    told_faces = faces(known(), accounts, Bounds(4, 25), TODAY, pads=pads)
    asking = [face for face in told_faces if face.wants]
    assert len(told_faces) == accounts
    assert len(asking) == (10 if accounts == 20 and pads else accounts)
    assert {(face.ages[1] - face.ages[0], face.distance_km) for face in asking} == {(4, 25)}
    # The first question holds both ages that a birth year leaves.
    assert asking[0].ages == (34, 38)
    assert asking[0].gender == "male"


def test_former_questions_hold_one_age_each() -> None:
    asking = faces(known(), 20, Bounds(0, 1), TODAY, pads=False)
    assert {face.ages for face in asking} == {(36, 36), (35, 35)}


def test_who_fits_too_little_is_dealt_nothing(owner: psycopg.Connection[Any]) -> None:
    fill(owner, MEMBERS, 1)
    seen = night(owner)
    with changed(owner, min_fit=5):
        fits = enough(owner, seen.pool.ids)
    assert 0 < fits.sum() < len(fits)
    run, free = cost.served(seen, fits), cost.served(seen, np.ones_like(fits))
    assert run.proposals[fits].sum() > 0
    assert run.proposals[~fits].sum() == 0
    assert free.proposals[~fits].sum() > 0
    assert ((run.proposals > 0) == (run.matches > 0)).all()


def test_the_narrowest_question_counts_as_the_database_does(owner: psycopg.Connection[Any]) -> None:
    """Nobody is named where the asker's own question would have too few."""
    fill(owner, MEMBERS, 1)
    seen = night(owner)
    exposed = narrowest(seen)
    assert (exposed.fitting >= 1).all()
    assert (exposed.answers[exposed.reachable] <= exposed.fitting[exposed.reachable]).all()
    member = int(np.argmax(exposed.fitting))
    fitting = int(exposed.fitting[member])
    born, age = seen.pool.ids[member], int(seen.pool.ages(seen.now)[member])
    low = max(18, age - 2)
    with owner.transaction(force_rollback=True):
        # The member asks about themself: everybody who fits but they.
        owner.execute(
            "update public.connect_profiles p set min_age = %s, max_age = %s, distance_km = 25,"
            " preferred_genders = array[u.gender], language_pref = '{}', mode = case p.mode"
            " when 'professional' then p.mode else 'both' end"
            " from public.users u where u.id = p.user_id and u.id = %s",
            [low, low + 4, born],
        )
        owner.execute("select private.refresh_pool_members(array[%s::uuid], 'c')", [born])
        for least, expected in ((fitting - 1, True), (fitting, False)):
            with changed(owner, min_fit=max(1, least)):
                assert enough(owner, [born])[0] == expected


def test_the_attack_finds_who_can_be_found_and_nobody_where_few_fit(
    attacker: Attacker, owner: psycopg.Connection[Any]
) -> None:
    attack = Attack(attacker, owner, MEMBERS, 1)
    with changed(owner, min_fit=1, event_min_fit=1, standing_after="0"):
        be_counted(owner)
        alone, evening = attack.run(4, (2,), events=(False, True), identifiers=False)[::2]
        assert any(seen.truth == seen.target.id for seen in alone.seen)
        assert evening.seen
    with changed(owner, min_fit=1000):
        be_counted(owner)
        [fresh, aged] = attack.run(4, (1,), events=(False,), identifiers=False)
        assert not fresh.seen
        assert not aged.seen
    # Nothing of it is left.
    assert owner.execute("select count(*) from public.users").fetchone() == (MEMBERS,)
    assert owner.execute("select count(*) from public.matches").fetchone() == (0,)
    assert "of 4" in told([alone])


def test_places_are_taken_until_the_account_had_its_share(
    attacker: Attacker, owner: psycopg.Connection[Any]
) -> None:
    fill(owner, MEMBERS, 1)
    with changed(owner, min_fit=1, standing_after="0", proposals_per_lifetime=2):
        be_counted(owner)
        owner.execute("delete from public.matchmaking_queue where true")
        held = places.rounds(owner, attacker, attacker.join([places.face(0)], aged=True), 6)
    assert [(one.places, one.proposals) for one in held if one.name in ("1", "2", "3")] == [(2, 2)] * 3
    assert [one.places for one in held if one.name == "three days later"] == [0]


def test_a_community_whose_identifiers_are_required(owner: psycopg.Connection[Any]) -> None:
    fill(owner, 20, 1)
    ids = [str(id_) for (id_,) in owner.execute("select user_id from private.pool_members").fetchall()]
    with changed(owner, min_fit=1, identifiers_required=True):
        assert not enough(owner, ids).any()
        identify(owner, ids)
        assert enough(owner, ids).any()


def test_tables() -> None:
    found = {(value, size): value / 10 for value in evenings.VALUES for size in evenings.GUESTS}
    assert "| 4 | 40% | 40% | 40% | 40% |" in evenings.told(found)


def test_help_names_every_part(capsys: pytest.CaptureFixture[str]) -> None:
    with pytest.raises(SystemExit) as ended:
        main(["--help"])
    assert ended.value.code == 0
    said = capsys.readouterr().out
    assert all(part in said for part in ("cost", "evenings", "attack", "places"))
    assert datetime.now(UTC).date() >= TODAY
