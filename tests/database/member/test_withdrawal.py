"""Withdrawing a signal takes what was derived from it and what runs were made from, in one transaction."""

import pytest

from tests.cast import Cast, Member
from tests.database.answers import ok
from tests.database.runs import VECTOR, history, load, prices, revision, store_price, with_chart

ON = dict.fromkeys(("birthData", "values", "location", "feedback", "aiText"), True)


def _put(cast: Cast, member: Member, **on: bool) -> None:
    ok(cast.rpc(member, "put_consents", version="v1", switches=on))


EVERYTHING = "{birthData,values,location,feedback,aiText}"


def _derived(cast: Cast) -> Member:
    """A member who allows everything, and of whom everything was derived that can be."""
    member = cast.member(signals=EVERYTHING)
    cast.database.execute(
        "update public.connect_profiles set values_vector = %s, vectors_stored_at = now() where user_id = %s",
        [str(VECTOR), member.id],
    )
    cast.database.execute(
        "insert into public.user_features (user_id, feature_vector, activity_score) values (%s, %s, 40)",
        [member.id, str(VECTOR)],
    )
    for table, column, value in (
        ("matching_preferences", "traits", "{smokes}"),
        ("work_profiles", "employer", "Acme"),
    ):
        insert = f"insert into public.{table} (user_id, {column}) values (%s, %s)"
        cast.database.execute(insert, [member.id, value])
    ok(cast.rpc(member, "put_interests", interests=["chess"]))
    with_chart(cast, member, [1, 2, 3])
    run = load(cast)
    store_price(cast, run, member, 1.5)
    cast.database.execute(
        "insert into private.funnels (user_id, funnel, engine_version) values (%s, '{}', 'v')", [member.id]
    )
    return member


KEPT = (
    *("public.birth_charts", "public.user_features"),
    *("private.pool_history", "private.prices", "private.funnels"),
    *("public.matching_preferences", "public.work_profiles"),
    *("public.member_interests", "public.user_interest_index"),
)


def _kept(cast: Cast, member: Member) -> set[str]:
    """The tables that still hold something of the member, less their schema."""
    return {
        table.split(".")[1]
        for table in KEPT
        if cast.value(f"select count(*) from {table} where user_id = %s", member.id)
    }


SAID = {"matching_preferences", "work_profiles", "member_interests", "user_interest_index"}


@pytest.mark.parametrize(
    ("signal", "stays"),
    [
        ("birthData", {"user_features"}),
        ("values", {"birth_charts"}),
        ("location", {"birth_charts", "user_features"}),
        ("feedback", {"birth_charts", "user_features"}),
        ("aiText", {"birth_charts", "user_features"}),
    ],
)
def test_a_withdrawal_takes_what_was_derived_and_what_runs_were_made_from(
    cast: Cast, signal: str, stays: set[str]
) -> None:
    member, other = _derived(cast), _derived(cast)
    whole = {table.split(".")[1] for table in KEPT}
    assert (_kept(cast, member), _kept(cast, other)) == (whole, whole)
    before = revision(cast, member)
    _put(cast, member, **ON | {signal: False})
    # What a member said of themself is theirs; what was made of a signal goes with it.
    assert _kept(cast, member) == stays | SAID
    assert _kept(cast, other) == whole
    assert revision(cast, member) > before


def test_turning_a_switch_on_takes_nothing(cast: Cast) -> None:
    member = _derived(cast)
    whole = _kept(cast, member)
    _put(cast, member, **ON)
    assert _kept(cast, member) == whole


def test_a_withdrawal_that_fails_half_way_undoes_itself(cast: Cast) -> None:
    """Ledger and deletion are one transaction: neither without the other."""
    member = _derived(cast)
    kept = _kept(cast, member)
    vector = "select values_vector::text from public.connect_profiles where user_id = %s"
    values = cast.value(vector, member.id)
    runs, price = history(cast, member), prices(cast, member)
    # The outbox line, written last, is refused: a trigger stands in for any late failure.
    cast.database.execute(
        "create function private.no_outbox() returns trigger language plpgsql as $$"
        " begin if new.event_type = 'consent.changed' then raise exception 'late'; end if; return new; end"
        " $$;"
        " create trigger no_outbox before insert on public.domain_events for each row execute function"
        " private.no_outbox()"
    )
    try:
        assert cast.rpc(member, "put_consents", version="v1", switches={}).status_code >= 400
    finally:
        cast.database.execute(
            "drop trigger no_outbox on public.domain_events; drop function private.no_outbox()"
        )
    assert (cast.value(vector, member.id), _kept(cast, member)) == (values, kept)
    assert values is not None
    assert (history(cast, member), prices(cast, member)) == (runs, price)
    assert ok(cast.rpc(member, "get_consents"))["switches"] == ON
