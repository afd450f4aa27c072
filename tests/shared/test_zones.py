"""Names of time zones."""

import pytest

from scripts.tools.names import zone_names
from shared.engine.charts.zones import zone
from shared.places.zones import known_names, zone_of


@pytest.mark.parametrize(
    ("name", "place"),
    [
        ("Asia/Calcutta", "Asia/Kolkata"),
        ("Asia/Saigon", "Asia/Ho_Chi_Minh"),
        ("Asia/Rangoon", "Asia/Yangon"),
        ("Europe/Kiev", "Europe/Kyiv"),
        ("Europe/Uzhgorod", "Europe/Kyiv"),
        ("America/Godthab", "America/Nuuk"),
        ("America/Buenos_Aires", "America/Argentina/Buenos_Aires"),
        ("US/Pacific", "America/Los_Angeles"),
        ("US/Pacific-New", "America/Los_Angeles"),
        ("Japan", "Asia/Tokyo"),
        ("Singapore", "Asia/Singapore"),
        ("NZ-CHAT", "Pacific/Chatham"),
        ("UTC", "Etc/UTC"),
        ("Zulu", "Etc/UTC"),
        ("GMT", "Etc/GMT"),
        ("Etc/GMT-0", "Etc/GMT"),
    ],
)
def test_renamings_of_one_place_are_one_zone(name: str, place: str) -> None:
    assert zone_of(name) == place
    assert zone_of(place) == place


@pytest.mark.parametrize("name", ["Oslo", "Stockholm", "Copenhagen", "Amsterdam", "Luxembourg", "Berlin"])
def test_places_that_merely_agree_since_1970_stay_apart(name: str) -> None:
    assert zone_of(f"Europe/{name}") == f"Europe/{name}"


@pytest.mark.parametrize("name", sorted(zone_names._WITHOUT_A_PLACE))
def test_a_name_without_a_place_is_known_and_near_nothing_else(name: str) -> None:
    assert [other for other, stands_for in known_names().items() if stands_for == name] == [name]


@pytest.mark.parametrize("name", ["", "Mars/Olympus", "europe/berlin", "Factory", "Etc/Unknown", "abc5"])
def test_what_is_no_zone(name: str) -> None:
    assert zone_of(name) is None


def test_every_zone_has_a_history_and_its_own_name() -> None:
    assert len(known_names()) > 590
    for stands_for in set(known_names().values()):
        assert zone_of(stands_for) == stands_for
        assert zone(stands_for).key == stands_for


def test_the_tables_are_what_the_pinned_packages_make() -> None:
    assert zone_names.TABLE.read_text(encoding="utf-8") == zone_names.table()
    assert zone_names.POLICY.read_text(encoding="utf-8") == zone_names.policy()
