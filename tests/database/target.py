"""What attacks through PostgREST aim at: a pair whose one side would like to know the other."""

import uuid
from dataclasses import dataclass

import httpx

from tests.cast import Cast, Pair
from tests.database.answers import ok


@dataclass
class Target:
    """A pair in the middle of its life: `pair.a` attacks, `pair.b` is what they would like to know about."""

    pair: Pair
    secrets: tuple[str, ...]
    stored: str


def stored(cast: Cast, pair: Pair) -> str:
    """What the tables hold about a pair and its two people, as one text."""
    return str(
        cast.value(
            "select jsonb_build_array(to_jsonb(m),"
            " (select jsonb_agg(u order by u.id) from public.users u where u.id in (m.user_a, m.user_b)),"
            " (select jsonb_agg(p order by p.id) from public.connect_profiles p"
            "  where p.user_id in (m.user_a, m.user_b)),"
            " (select count(*) from public.reveals r where r.match_id = m.id))::text"
            " from public.matches m where m.id = %s",
            pair.match_id,
        )
    )


def aim(cast: Cast) -> Target:
    """A new target. Its partner's name, place, date, zone and id are nobody else's."""
    mark = uuid.uuid4().hex
    place, name = f"Place {mark[:12]}", f"Name {mark[12:24]}"
    partner = cast.member(
        gender="male",
        display_name=name,
        birth_date="1961-11-23",
        tz="Pacific/Auckland",
        home_place=place,
        signals="{location}",
        lang_primary="mi",
    )
    pair = cast.pair("reveal_requested", b=partner)
    for member in (pair.a, pair.b):
        ok(cast.rpc(member, "give_feedback", match_id=pair.match_id, rating=3))
        ok(cast.rpc(member, "report_partner", match_id=pair.match_id, reason="rude"))
    secrets = (partner.id, name, place, "1961-11-23", "Pacific/Auckland", str(pair.reveal_id))
    return Target(pair, secrets, stored(cast, pair))


def silent(target: Target, response: httpx.Response) -> None:
    """Nothing of the partner is in an answer, its headers included."""
    answer = f"{response.headers}{response.text}"
    assert not [secret for secret in target.secrets if secret in answer], answer[:500]


def unchanged(cast: Cast, target: Target) -> None:
    """The attack left everything as it was."""
    assert stored(cast, target.pair) == target.stored
