"""A member's work as they store it themselves, and employers by a keyed hash."""

import hashlib
from typing import Any

import pytest

from tests.cast import Cast, Json, Member
from tests.database.answers import ok, refused

ALL: Json = {
    "industry": "law",
    "job_level": "senior",
    "company_size": "11-50",
    "employer": "Müller & Söhne GmbH",
    "skills": ["French", "contract law"],
    "headline": "Writes contracts that people understand",
    "shown": ["industry", "jobLevel", "headline"],
}
NOTHING: Json = {
    **dict.fromkeys(("industry", "jobLevel", "companySize", "employer", "headline")),
    **{"skills": [], "shown": []},
}


def put(cast: Cast, member: Member, **words: Any) -> Json:
    told: Json = ok(cast.rpc(member, "put_work_profile", **words))["workProfile"]
    return told


def shown(cast: Cast, member: Member) -> Json:
    told: Json = ok(cast.rpc(member, "get_work_profile"))["workProfile"]
    return told


def code(cast: Cast, employer: str) -> int:
    return int(cast.value("select private.employer_code(%s)", employer))


def test_everything_is_stored_replaced_and_exported(cast: Cast) -> None:
    member = cast.member()
    assert shown(cast, member) == NOTHING
    told = {**ALL, "jobLevel": "senior", "companySize": "11-50"}
    told = {name: value for name, value in told.items() if "_" not in name}
    assert put(cast, member, **ALL) == shown(cast, member) == told
    export = ok(cast.rpc(member, "export_member"))["work"]
    assert {name: export[name] for name in told} == told
    assert put(cast, member, industry="health") == NOTHING | {"industry": "health"}


@pytest.mark.parametrize(
    ("words", "said"),
    [
        ({"industry": "Law"}, "industry: a lower-case word"),
        ({"employer": ""}, "employer: 1 to 120"),
        ({"employer": "a" * 121}, "employer: 1 to 120"),
        ({"headline": "two\nlines"}, "headline: 1 to 120"),
        ({"headline": "a" * 121}, "headline: 1 to 120"),
        ({"skills": ["a"] * 21}, "skills: up to 20"),
        ({"skills": ["a" * 41]}, "skills: up to 20"),
        ({"skills": ["a\nb"]}, "skills: up to 20"),
        ({"skills": [""]}, "skills: up to 20"),
        ({"skills": ["a", None]}, "skills: up to 20"),
        ({"skills": [["a"], ["b"]]}, "skills: up to 20"),
        ({"skills": None}, "missing"),
        ({"shown": ["birthDate"]}, "shown: of industry"),
        ({"shown": ["industry", None]}, "shown: of industry"),
        ({"headline": "fine", "text_risk": 90}, "not words"),
    ],
)
def test_what_is_refused_says_what_is_allowed_and_changes_nothing(cast: Cast, words: Json, said: str) -> None:
    member = cast.member()
    put(cast, member, industry="law")
    assert said in refused(cast.rpc(member, "put_work_profile", **words), 422, "invalid_body")
    assert shown(cast, member) == NOTHING | {"industry": "law"}


@pytest.mark.parametrize(
    ("one", "other"),
    [
        ("Acme", "  ACME  "),
        ("Acme Ltd", "Acme Ltd."),
        ("Acme Limited", "acme"),
        ("Acme GmbH & Co. KG", "Acme"),
        ("Acme, Inc.", "ACME Inc"),
        ("Acme AG", "acme s.a."),
        ("Müller & Söhne", "Mueller und Soehne GmbH"),
        ("Café  Central", "cafe central"),
        ("L’Atelier", "L'Atelier SARL"),
        ("Ａｃｍｅ", "Acme"),
    ],
)
def test_one_employer_however_it_is_written(cast: Cast, one: str, other: str) -> None:
    assert code(cast, one) == code(cast, other)


@pytest.mark.parametrize(
    ("one", "other"),
    [("Acme", "Acne"), ("Acme North", "Acme South"), ("AG", "SE"), ("!!!", "???"), ("北京", "東京")],
)
def test_other_employers_stay_apart(cast: Cast, one: str, other: str) -> None:
    assert code(cast, one) != code(cast, other)


def test_the_pool_holds_a_number_that_tells_no_employer_to_a_reader_without_the_key(cast: Cast) -> None:
    member = cast.member()
    put(cast, member, employer="Acme")
    kept = cast.value("select private.pool_values(%s, 'c') -> 'employer'", member.id)
    assert kept == code(cast, "Acme")
    for spelling in ("acme", "Acme", "employer acme"):
        plain = int(hashlib.sha256(spelling.encode()).hexdigest()[:8], 16) & 0x7FFFFFFF
        assert kept != plain


def test_another_key_makes_other_numbers_and_all_copies_anew(cast: Cast) -> None:
    member = cast.member()
    put(cast, member, employer="Acme")
    copy = (
        "select m.input -> (array_position(private.pool_columns(), 'employer') - 1)"
        " from private.pool_members m where m.user_id = %s"
    )
    refresh = "select private.refresh_pool_members(array[%s::uuid], 'c')"
    cast.database.execute(refresh, [member.id])
    before = cast.value(copy, member.id)
    assert cast.value(refresh, member.id) == 0
    secret = "select {} from vault.decrypted_secrets where name = 'connect_erasure_key'"
    kept = cast.value(secret.format("decrypted_secret"))
    change = (
        "select vault.update_secret((select id from vault.secrets where name = 'connect_erasure_key'), %s)"
    )
    cast.database.execute(change, ["another key, as long as an erasure key has to be"])
    try:
        assert cast.value(refresh, member.id) == 1
        assert cast.value(copy, member.id) not in (None, before)
    finally:
        cast.database.execute(change, [kept])
