"""The rules of eligibility once more, over members as they are written down: slow, and from nothing else."""

from __future__ import annotations

import datetime
from collections.abc import Sequence

from shared.places.grid import distance_km
from tests.engine.community import NOW, Member

RULES = (
    "mode",
    "age",
    "gender",
    "language",
    "distance",
    "deal_breakers",
    "colleagues",
    "competitors",
    "history",
)
WISHES = {
    "romantic": {"romantic"},
    "friendship": {"friendship"},
    "both": {"romantic", "friendship"},
    "professional": {"professional"},
}


def age(member: Member) -> int:
    born = datetime.date.fromisoformat(member["birthDate"])
    today = NOW.date()
    return today.year - born.year - ((today.month, today.day) < (born.month, born.day))


def shared_modes(one: Member, other: Member) -> list[str]:
    """What both look for, the foremost first."""
    return sorted(WISHES[one["mode"]] & WISHES[other["mode"]], reverse=True)


def wants(one: Member, other: Member, mode: str) -> bool:
    """Whether one would meet somebody of the other's gender for this."""
    wished = one["preferredGenders"]
    if mode == "friendship" and one["friendshipGenders"] is not None:
        wished = one["friendshipGenders"]
    return not wished or other["gender"] in wished


def mode_of(one: Member, other: Member) -> str | None:
    """What the two would be proposed for: the foremost for which each wants the other's gender."""
    return next((m for m in shared_modes(one, other) if wants(one, other, m) and wants(other, one, m)), None)


def near(one: Member, other: Member) -> bool:
    limits = [m["distanceKm"] for m in (one, other) if m["distanceKm"] is not None]
    if not limits:
        return True
    if one["homeCell"] is None or other["homeCell"] is None:
        return bool(one["tz"] == other["tz"])
    return bool(distance_km(one["homeCell"], other["homeCell"]) <= min(limits) + 1e-9)


def avoided(one: Member, other: Member, rule: str) -> bool:
    """Whether somebody of the two wants to avoid what the other is at work."""
    if "professional" not in shared_modes(one, other) or None in (one["employer"], other["employer"]):
        return False
    colleagues = one["employer"] == other["employer"]
    if rule == "colleagues":
        return bool(colleagues and (one["avoidsColleagues"] or other["avoidsColleagues"]))
    rivals = one["industry"] is not None and one["industry"] == other["industry"] and not colleagues
    return bool(rivals and (one["avoidsCompetitors"] or other["avoidsCompetitors"]))


def stopped_by(one: Member, other: Member, apart: bool = False) -> str | None:
    """The first rule that the two fail, None for an eligible pair. `apart`: they have a history."""

    def both(accepts: bool, other_accepts: bool) -> bool:
        return accepts and other_accepts

    def of_age(a: Member, b: Member) -> bool:
        return bool(max(a["minAge"], 18) <= age(b) <= a["maxAge"])

    def understands(a: Member, b: Member) -> bool:
        return not a["languagePref"] or bool({*a["languagePref"]} & {*b["languages"]})

    def accepts_traits(a: Member, b: Member) -> bool:
        return not {*a["dealBreakers"]} & {*b["traits"]}

    passes = {
        "mode": bool(shared_modes(one, other)),
        "age": both(of_age(one, other), of_age(other, one)),
        "gender": mode_of(one, other) is not None,
        "language": both(understands(one, other), understands(other, one)),
        "distance": near(one, other),
        "deal_breakers": both(accepts_traits(one, other), accepts_traits(other, one)),
        "colleagues": not avoided(one, other, "colleagues"),
        "competitors": not avoided(one, other, "competitors"),
        "history": not apart,
    }
    return next((rule for rule in RULES if not passes[rule]), None)


def eligible_pairs_of(
    members: Sequence[Member], excluded: Sequence[Sequence[int]] = ()
) -> dict[tuple[str, str], str | None]:
    """The ids of every eligible pair, the lower first, and what it would be proposed for."""
    apart = {frozenset(pair) for pair in excluded}
    found = {}
    for i, one in enumerate(members):
        for j in range(i):
            other = members[j]
            if stopped_by(one, other, frozenset((i, j)) in apart) is None:
                low, high = sorted((one["id"], other["id"]))
                found[low, high] = mode_of(one, other)
    return found
