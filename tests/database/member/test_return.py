"""Who was erased and comes back is kept from whom they must not meet, known by a keyed hash alone."""

import base64
import json
import uuid
from typing import Any

import psycopg
import pytest

from tests.cast import Cast, Member, Pair
from tests.database.answers import ok, refused
from tests.database.lists import as_array, be_numbered, listed_with, number_of, packed, put_on
from tests.database.runs import apart, load, offer, revision, store


def _gone(cast: Cast, member: Member) -> None:
    cast.database.execute("delete from public.users where id = %s", [member.id])


def _back(cast: Cast, member: Member | str, **columns: Any) -> Member:
    """The account `member` comes to Connect again, as cast.member() makes them."""
    account = member if isinstance(member, str) else member.id
    fresh = cast.member(**columns)
    with cast.database.transaction():
        cast.database.execute("insert into auth.users (id) values (%s) on conflict do nothing", [account])
        cast.database.execute(
            "insert into public.users select * from jsonb_populate_record(null::public.users,"
            " (select to_jsonb(u) from public.users u where u.id = %s)"
            " || jsonb_build_object('id', %s::text))",
            [fresh.id, account],
        )
        cast.database.execute(
            "insert into public.connect_profiles (user_id, consent_version, mode, min_age, max_age)"
            " values (%s, 'v1', 'both', 18, 99)",
            [account],
        )
        cast.database.execute("delete from auth.users where id = %s", [fresh.id])
    return Member(account, cast.stack.token(account), fresh.name)


def _identify(cast: Cast, member: Member | str, identifier: str | None) -> None:
    account = member if isinstance(member, str) else member.id
    key = cast.stack.service_role_key
    ok(cast.rpc(key, "set_stable_identifier", user_id=account, identifier=identifier))


def _kept_apart(cast: Cast, one: Member, other: Member) -> bool:
    """Whether every way a pair can come about keeps these two apart; they must agree."""
    found = [
        apart(load(cast), one, other),
        other.id in map(str, cast.value("select private.kept_apart(%s)", one.id)),
        one.id in map(str, cast.value("select private.kept_apart(%s)", other.id)),
        other.id not in _candidates(cast, one),
        not _listed(cast, one, other),
        store(cast, [offer(cast, one, other)])["stored"] == 0,
    ]
    assert len(set(found)) == 1, found
    return bool(found[0])


def _candidates(cast: Cast, member: Member) -> set[str]:
    """Whom the incremental matcher compares a member with."""
    cast.database.execute("select private.refresh_pool_members(null, 'charts-1')")
    found = cast.value("select candidates from private.candidates_of(array[%s::uuid], null, 5000)", member.id)
    return set(map(str, found or []))


def _listed(cast: Cast, one: Member, other: Member) -> bool:
    """Whether a list that names the pair is stored as a worker brings it."""
    be_numbered(cast, one.id, other.id)
    facts = base64.b64encode(packed("romantic", {}, [])).decode()
    numbers = [number_of(cast, one), number_of(cast, other)]
    lists = {
        "people": [one.id, other.id],
        "revisions": [revision(cast, one), revision(cast, other)],
        "numbers": numbers,
        "of": [{"m": 0, "c": as_array(numbers[1:]), "s": as_array([6000]), "f": facts}],
    }
    written = cast.value(
        "select private.write_lists(array[%s::uuid], null, -7, %s::jsonb)", one.id, json.dumps(lists)
    )
    cast.database.execute("delete from private.lists where generation = -7")
    return bool(written)


def _met(cast: Cast, **columns: Any) -> Pair:
    """Two who were proposed to each other once."""
    return cast.pair("declined", a=cast.member(**columns))


def test_the_question_itself_tells_the_difference(cast: Cast) -> None:
    assert not _kept_apart(cast, cast.member(), cast.member(gender="male"))


@pytest.mark.parametrize("by", ["account", "stable identifier"])
def test_who_comes_back_does_not_meet_the_same_again(cast: Cast, by: str) -> None:
    pair, identifier = _met(cast), f"passport {uuid.uuid4()}"
    account = pair.a.id
    if by == "stable identifier":
        _identify(cast, pair.a, identifier)
        account = str(uuid.uuid4())
        cast.database.execute("insert into auth.users (id) values (%s)", [account])
    _gone(cast, pair.a)
    if by == "stable identifier":
        _identify(cast, account, identifier)
    back = _back(cast, account)
    assert _kept_apart(cast, back, pair.b)


def test_a_stranger_with_another_identifier_meets_them(cast: Cast) -> None:
    pair = _met(cast)
    _identify(cast, pair.a, f"passport {uuid.uuid4()}")
    _gone(cast, pair.a)
    account = str(uuid.uuid4())
    cast.database.execute("insert into auth.users (id) values (%s)", [account])
    _identify(cast, account, f"passport {uuid.uuid4()}")
    assert not _kept_apart(cast, _back(cast, account), pair.b)


@pytest.mark.parametrize("first", ["a", "b"])
def test_both_erased_and_both_back(cast: Cast, first: str) -> None:
    pair = _met(cast)
    for member in (pair.a, pair.b):
        _gone(cast, member)
    order = (pair.a, pair.b) if first == "a" else (pair.b, pair.a)
    one, other = (_back(cast, member, gender=g) for member, g in zip(order, ("female", "male"), strict=True))
    assert _kept_apart(cast, one, other)


def test_erased_again_and_back_again(cast: Cast) -> None:
    """Whom they met in both lives they do not meet in the third."""
    pair = _met(cast)
    _gone(cast, pair.a)
    back = _back(cast, pair.a)
    second = cast.pair("declined", a=back)
    _gone(cast, back)
    third = _back(cast, pair.a)
    for partner in (pair.b, second.b):
        assert _kept_apart(cast, third, partner)


def test_a_block_of_one_who_is_gone_holds_when_they_return(cast: Cast) -> None:
    """The pair had met, so it is kept apart anyhow; the block is noted with it, also while they are back."""
    pair = cast.pair("blind_chat_active")
    _gone(cast, pair.a)
    ok(cast.rpc(pair.b, "block_partner", match_id=pair.match_id))
    assert cast.value("select blocked from private.erased_pairs where other_user = %s", pair.b.id) is True
    assert _kept_apart(cast, _back(cast, pair.a), pair.b)


def test_a_report_sticks_whether_it_comes_before_or_after_the_return(cast: Cast) -> None:
    pair = cast.pair("blind_chat_active")
    _report(cast, pair, "first")
    _gone(cast, pair.a)
    _report(cast, pair, "second")

    def reported() -> list[tuple[str, str | None, Any]]:
        return cast.database.execute(
            "select reason, reported_id::text, reported_erased from public.reports where match_id = %s"
            " order by created_at",
            [pair.match_id],
        ).fetchall()

    (_, one, who), (_, other, same) = reported()
    assert (one, other) == (None, None)
    assert who == same is not None
    _back(cast, pair.a)
    _report(cast, pair, "third")
    assert reported() == [(reason, pair.a.id, who) for reason in ("first", "second", "third")]


def _report(cast: Cast, pair: Pair, reason: str) -> None:
    """A report of its own: one that is decided is not added to."""
    ok(cast.rpc(pair.b, "report_partner", match_id=pair.match_id, reason=reason))
    cast.database.execute(
        "update public.reports set status = 'decided', decision = 'warned', decided_by = gen_random_uuid(),"
        " decided_at = now(), decision_reason = 'Seen.' where match_id = %s and decided_at is null",
        [pair.match_id],
    )


def test_after_the_safety_window_nobody_knows_who_sat_there(cast: Cast) -> None:
    pair, recent = cast.pair("blind_chat_active"), cast.pair("blind_chat_active")
    for match in (pair, recent):
        _gone(cast, match.a)
    cast.let_end(pair, "91 days")
    cast.database.execute("select private.purge()")
    left = "select count(*) from private.erased_sides where match_id = %s"
    assert [cast.value(left, match.match_id) for match in (pair, recent)] == [0, 1]
    refused(cast.rpc(pair.b, "report_partner", match_id=pair.match_id, reason="late"), 404, "not_found")


def test_an_identifier_that_comes_late_ends_what_a_block_would_not_have_allowed(cast: Cast) -> None:
    pair, met, identifier = cast.pair("blind_chat_active"), _met(cast), f"passport {uuid.uuid4()}"
    ok(cast.rpc(pair.b, "block_partner", match_id=pair.match_id))
    again = cast.pair("declined", a=pair.a, b=met.b)
    assert again.b is met.b
    _identify(cast, pair.a, identifier)
    _gone(cast, pair.a)
    new = cast.member()
    unaware = [cast.pair("blind_chat_active", a=new, b=other) for other in (pair.b, met.b)]
    put_on(cast, pair.b, new, generation=-8)
    assert listed_with(cast, pair.b) == {new.id}
    _identify(cast, new, identifier)
    assert listed_with(cast, pair.b) == set()
    stages = [
        {entry["matchId"] for entry in ok(cast.rpc(other, "get_status"))["matches"]}
        for other in (pair.b, met.b)
    ]
    assert [match.match_id in seen for match, seen in zip(unaware, stages, strict=True)] == [False, True]


def test_the_same_person_under_two_accounts_when_one_is_erased(cast: Cast) -> None:
    pair, identifier, twin = _met(cast), f"passport {uuid.uuid4()}", cast.member()
    for account in (pair.a, twin):
        _identify(cast, account, identifier)
    assert str(pair.b.id) not in map(str, cast.value("select private.kept_apart(%s)", twin.id))
    _gone(cast, pair.a)
    assert _kept_apart(cast, twin, pair.b)


def test_an_earlier_key_still_knows_who_was_erased_under_it(cast: Cast) -> None:
    pair, unknown = _met(cast), _met(cast)
    _gone(cast, pair.a)
    _gone(cast, unknown.a)
    with psycopg.connect(cast.stack.superuser_url) as administrator:
        old, secret = administrator.execute(
            "select id, decrypted_secret from vault.decrypted_secrets where name = 'connect_erasure_key'"
        ).fetchone() or ("", "")
        administrator.execute("select vault.update_secret(%s, 'a new key of the operator')", [old])

        def known(member: Member) -> bool:
            row = administrator.execute(
                "select cardinality(private.erased_before(%s)) > 0", [member.id]
            ).fetchone()
            return row == (True,)

        assert not known(pair.a)
        administrator.execute(
            "select vault.create_secret(%s, 'connect_erasure_key_previous')", [f"older,{secret}"]
        )
        assert known(pair.a)
        assert not known(unknown.b)
        administrator.rollback()


def test_an_erasure_before_the_first_meeting_does_not_forget_who_somebody_is(cast: Cast) -> None:
    """Identified, erased at once, back, blocked, erased: under a new account they are still apart."""
    early, other = cast.stranger(), cast.member(gender="male")
    _identify(cast, early, "passport E1")
    assert ok(cast.rpc(early, "erase_member"))["status"] == "erased"
    pair = cast.pair("blind_chat_active", a=_back(cast, early), b=other)
    ok(cast.rpc(other, "block_partner", match_id=pair.match_id))
    _gone(cast, pair.a)
    anew = cast.stranger()
    _identify(cast, anew, "passport E1")
    assert _kept_apart(cast, _back(cast, anew), other)


def test_whoever_met_nobody_leaves_no_hash(cast: Cast) -> None:
    before = cast.value("select count(*) from private.erased_hashes")
    _gone(cast, cast.member())
    assert cast.value("select count(*) from private.erased_hashes") == before


def test_identifiers_are_kept_as_keyed_hashes_and_can_be_forgotten(cast: Cast) -> None:
    member, identifier = cast.member(), f"passport {uuid.uuid4()}"
    _identify(cast, member, identifier)
    row = cast.value("select t::text from private.stable_identifiers t where user_id = %s", member.id)
    assert identifier not in row
    _identify(cast, member, None)
    assert cast.value("select count(*) from private.stable_identifiers where user_id = %s", member.id) == 0
    key = cast.stack.service_role_key
    nobody = cast.rpc(key, "set_stable_identifier", user_id=str(uuid.uuid4()), identifier="x")
    assert nobody.status_code == 404
    assert cast.rpc(key, "set_stable_identifier", user_id=member.id, identifier="").status_code == 422
