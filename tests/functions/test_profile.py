"""GET and PUT /connect/profile."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from typing import Any

import pytest

from tests.functions.deployment import Member, Rpc, refused, refused_field

PATH = "/connect/profile"
PROFILE = {"profile": {"displayName": "Ana", "createdAt": "2026-01-01T00:00:00Z"}}
EXAMPLE = {
    "displayName": "  Ana María ",
    "birthDate": "1990-02-28",
    "birthTime": "06:30",
    "birthTimeAccuracy": "approximate",
    "birthPlace": "Hamburg, Germany",
    "gender": "non_binary",
    "langPrimary": "es",
    "langSecondary": "yue",
    "tz": "America/Lima",
    "homePlace": "Lima, Peru",
}


def test_reading(member: Member, rpc: Rpc) -> None:
    shown = PROFILE | {"genders": [{"gender": "female", "mayBeWished": True}]}
    rpc.answers("get_profile", shown)
    answer = member.get(PATH)
    assert (answer.status_code, answer.json) == (200, {"ok": True, **shown})
    assert rpc.args("get_profile") == {}


def test_places_become_coordinates_zone_and_cell(member: Member, rpc: Rpc) -> None:
    rpc.answers("put_profile", PROFILE)
    answer = member.put(PATH, EXAMPLE)
    assert (answer.status_code, answer.json) == (200, {"ok": True, **PROFILE})
    args = rpc.args("put_profile")
    assert 53 < args.pop("birth_lat") < 54
    assert 9 < args.pop("birth_lon") < 11
    assert args.pop("home_cell").startswith("779.")  # 12.1 degrees south
    assert args.pop("birth_place").startswith("Hamburg")
    assert args.pop("home_place").startswith("Lima")
    assert args == {
        "display_name": "Ana María",
        "birth_date": "1990-02-28",
        "birth_time": "06:30",
        "birth_time_accuracy": "approximate",
        "birth_tz": "Europe/Berlin",
        "gender": "non_binary",
        "lang_primary": "es",
        "lang_secondary": "yue",
        "tz": "America/Lima",
        "name_risk": 0,
    }


@pytest.mark.parametrize("name", ["Kill yourself", "k1ll y0urself", "Judensau", "Ich bring dich um"])
def test_a_name_is_judged_as_a_message_is(member: Member, rpc: Rpc, name: str) -> None:
    rpc.answers("put_profile", PROFILE)
    member.put(PATH, EXAMPLE | {"displayName": name})
    assert rpc.args("put_profile")["name_risk"] >= 90


@pytest.mark.parametrize(
    "name", ["Dick van Dyke", "Mia Mörder", "Fanny", "Gaylord", "Siegfried Sauer", "Wang", "Nigel"]
)
def test_a_person_s_own_name_is_no_risk(member: Member, rpc: Rpc, name: str) -> None:
    rpc.answers("put_profile", PROFILE)
    member.put(PATH, EXAMPLE | {"displayName": name})
    assert rpc.args("put_profile")["name_risk"] < 90


def test_without_a_zone_the_home_place_gives_it(member: Member, rpc: Rpc) -> None:
    rpc.answers("put_profile", PROFILE)
    body = EXAMPLE | {"tz": None, "homePlace": "Tokyo, Japan"}
    assert member.put(PATH, body).status_code == 200
    assert rpc.args("put_profile")["tz"] == "Asia/Tokyo"


def test_what_is_absent_becomes_null(member: Member, rpc: Rpc) -> None:
    rpc.answers("put_profile", PROFILE)
    assert member.put(PATH, {}).status_code == 200
    args = rpc.args("put_profile")
    assert set(args.values()) == {None}
    assert set(args) == {
        *("display_name", "birth_date", "birth_time", "birth_time_accuracy", "birth_place"),
        *("birth_lat", "birth_lon", "birth_tz", "gender", "lang_primary", "lang_secondary"),
        *("tz", "home_place", "home_cell", "name_risk"),
    }


@pytest.mark.parametrize(
    ("field", "value"),
    [
        ("displayName", ""),
        ("displayName", " \u200b "),
        ("displayName", "\u17b4\u180b"),
        ("displayName", "\U0001d173\U000e0041"),
        ("displayName", "x" * 81),
        ("displayName", "two\nlines"),
        ("displayName", "nul\x00"),
        ("displayName", "line\u2028end"),
        ("birthDate", "1899-12-31"),
        ("birthDate", "1990-02-30"),
        ("birthDate", "19900228"),
        ("birthDate", "1990-02-28T00:00:00"),
        ("birthDate", 636163200),
        ("birthTime", "24:00"),
        ("birthTime", "6:30"),
        ("birthTime", "06:30Z"),
        ("birthTimeAccuracy", "roughly"),
        ("gender", "Female"),
        ("langPrimary", "english"),
        ("langSecondary", "ES"),
        ("langSecondary", "und"),
        ("langSecondary", "qxq"),
        ("tz", "Mars/Olympus"),
        ("tz", "europe/berlin"),
        ("tz", "../../etc/passwd"),
        ("tz", "+02:00"),
        ("birthLat", 1.5),
        ("homeCell", "1.1"),
        ("createdAt", "2020-01-01T00:00:00Z"),
        ("userId", "x"),
    ],
)
def test_nonsense_is_refused(member: Member, rpc: Rpc, field: str, value: Any) -> None:
    refused_field(member.put(PATH, EXAMPLE | {field: value}), field)


@pytest.mark.parametrize(
    ("sent", "stored"),
    [("pt-BR", "pt"), ("zh-Hant", "zh"), ("cmn", "zh"), ("deu", "de"), ("ase", "ase"), ("rom", "rom")],
)
def test_a_language_is_sent_on_under_its_one_code(member: Member, rpc: Rpc, sent: str, stored: str) -> None:
    rpc.answers("put_profile", PROFILE)
    assert member.put(PATH, EXAMPLE | {"langPrimary": sent}).status_code == 200
    assert rpc.args("put_profile")["lang_primary"] == stored


@pytest.mark.parametrize(
    ("sent", "stored"),
    [
        ("Asia/Calcutta", "Asia/Kolkata"),
        ("Europe/Kiev", "Europe/Kyiv"),
        ("Japan", "Asia/Tokyo"),
        ("CET", "CET"),
        ("EST5EDT", "EST5EDT"),
        ("GMT", "Etc/GMT"),
    ],
)
def test_a_zone_is_sent_on_under_its_one_name(member: Member, rpc: Rpc, sent: str, stored: str) -> None:
    rpc.answers("put_profile", PROFILE)
    assert member.put(PATH, EXAMPLE | {"tz": sent}).status_code == 200
    assert rpc.args("put_profile")["tz"] == stored


@pytest.mark.parametrize("home", ["48.137, 11.575", "48.171, 11.602", "48.150, 11.615"])
def test_of_a_home_told_by_coordinates_only_the_cell_is_kept(member: Member, rpc: Rpc, home: str) -> None:
    """Neighbours of one cell are stored alike, and what is stored says the same again when it is sent."""
    rpc.answers("put_profile", PROFILE)
    body = EXAMPLE | {"tz": None, "birthPlace": home, "homePlace": home}
    assert member.put(PATH, body).status_code == 200
    args = rpc.args("put_profile")
    assert (args["birth_place"], args["birth_tz"], args["tz"]) == (home, "Europe/Berlin", "Europe/Berlin")
    assert f"{args['birth_lat']:.3f}, {args['birth_lon']:.3f}" == home
    assert (args["home_place"], args["home_cell"]) == ("48.150, 11.615", "1381.1278")


def test_nobody_is_born_tomorrow(member: Member, rpc: Rpc) -> None:
    tomorrow = (datetime.now(UTC) + timedelta(days=1)).date().isoformat()
    refused_field(member.put(PATH, EXAMPLE | {"birthDate": tomorrow}), "birthDate")


@pytest.mark.parametrize("field", ["birthPlace", "homePlace"])
@pytest.mark.parametrize("name", ["Springfield", "Hamburgg", "Xqzvtplk"])
def test_a_doubtful_place_lists_names_that_work(member: Member, rpc: Rpc, field: str, name: str) -> None:
    problem = refused_field(member.put(PATH, EXAMPLE | {field: name}), field)
    assert problem["detail"].startswith(f"{field}: ")
    assert name not in problem["detail"]
    assert len(problem["candidates"]) <= 10
    if name != "Xqzvtplk":
        rpc.answers("put_profile", PROFILE)
        chosen = problem["candidates"][0]
        assert member.put(PATH, EXAMPLE | {field: chosen}).status_code == 200
        stored = rpc.args("put_profile")["birth_place" if field == "birthPlace" else "home_place"]
        assert stored == chosen


def test_moving_too_often_is_refused_as_the_database_says(member: Member, rpc: Rpc) -> None:
    rpc.refuses("put_profile", "rate_limited", 429)
    refused(member.put(PATH, EXAMPLE), 429, "rate_limited")


def test_under_eighteen_is_refused_as_the_database_says(member: Member, rpc: Rpc) -> None:
    rpc.refuses("put_profile", "invalid_body", 422)
    body = EXAMPLE | {"birthDate": "2015-01-01"}
    assert refused(member.put(PATH, body), 422, "invalid_body")["detail"] == "As SQL says."
