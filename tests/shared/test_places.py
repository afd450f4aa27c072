"""Place names to coordinates and zones."""

import random
import subprocess
import sys
import threading
import time
import zoneinfo

import pytest

from shared import places
from shared.gazetteer import Gazetteer, fold
from shared.places import AmbiguousPlace, Place, PlaceError, UnknownPlace, resolve


@pytest.mark.parametrize(
    ("text", "name"),
    [
        ("Berlin", "Berlin, DE"),
        ("  berlin ,de ", "Berlin, DE"),
        ("Berlin, Germany", "Berlin, DE"),
        ("Berlin, DEU", "Berlin, DE"),
        ("Berlin, Deutschland", "Berlin, DE"),
        ("Paris", "Paris, FR"),
        ("Paris, TX", "Paris, TX, US"),
        ("London", "London, GB"),
        ("London, UK", "London, GB"),
        ("London, Canada", "London, CA"),
        ("Springfield, IL, US", "Springfield, IL, US"),
        ("Springfield, Illinois", "Springfield, IL, US"),
        ("springfield, illinois, united states", "Springfield, IL, US"),
        ("Atlanta, Georgia", "Atlanta, GA, US"),
        ("Tbilisi, Georgia", "Tbilisi, GE"),
        ("Winston Salem", "Winston-Salem, NC, US"),
        ("Sao Paulo", "São Paulo, BR"),
        ("SÃO PAULO", "São Paulo, BR"),
        ("Lodz", "Łódź, PL"),
    ],
)
def test_a_city_is_found_by_its_own_name(text: str, name: str) -> None:
    assert resolve(text).name == name


@pytest.mark.parametrize(
    ("text", "name"),
    [
        ("München", "Munich, DE"),
        ("munchen", "Munich, DE"),
        ("MUENCHEN", "Munich, DE"),
        ("Munich", "Munich, DE"),
        ("Cologne", "Köln, DE"),
        ("New York", "New York City, NY, US"),
        ("Wien, Austria", "Vienna, AT"),
        ("Frankfurt", "Frankfurt am Main, DE"),
        ("Москва", "Moscow, RU"),
        ("北京", "Beijing, CN"),
        ("القاهرة", "Cairo, EG"),
    ],
)
def test_a_city_is_found_by_its_name_in_another_language(text: str, name: str) -> None:
    assert resolve(text).name == name


def test_a_place_carries_coordinates_zone_country_and_region() -> None:
    berlin = resolve("Berlin")
    assert (berlin.lat, berlin.lon) == pytest.approx((52.52, 13.41), abs=0.01)
    assert (berlin.tz, berlin.country_code) == ("Europe/Berlin", "DE")
    assert resolve("Springfield, Illinois") == Place(
        "Springfield, IL, US", 39.80172, -89.64371, "America/Chicago", "US", "IL"
    )


def test_a_shared_name_is_ambiguous_and_lists_the_places_largest_first() -> None:
    with pytest.raises(AmbiguousPlace) as caught:
        resolve("Springfield")
    assert caught.value.candidates[:3] == (
        "Springfield, MO, US",
        "Springfield, MA, US",
        "Springfield, IL, US",
    )
    assert [resolve(name).name for name in caught.value.candidates] == list(caught.value.candidates)


def test_namesakes_within_one_country_are_told_apart_by_a_large_city_nearby() -> None:
    with pytest.raises(AmbiguousPlace) as caught:
        resolve("San Antonio, Philippines")
    assert "San Antonio (near Olongapo), PH" in caught.value.candidates
    assert resolve("san antonio (near olongapo), ph").name == "San Antonio (near Olongapo), PH"
    with pytest.raises(UnknownPlace):
        resolve("San Antonio (near Paris), PH")


def test_a_city_whose_name_is_that_of_a_far_larger_one_elsewhere_leaves_a_doubt() -> None:
    with pytest.raises(AmbiguousPlace) as caught:
        resolve("Pekin")
    assert caught.value.candidates == ("Beijing, CN", "Pekin, IL, US")
    assert resolve("Pekin, US").name == "Pekin, IL, US"


def test_a_region_the_gazetteer_does_not_name_is_let_through_only_where_it_decides_nothing() -> None:
    assert resolve("Munich, Bavaria, Germany").name == "Munich, DE"
    with pytest.raises(AmbiguousPlace):
        resolve("Frankfurt, Brandenburg, Germany")
    with pytest.raises(UnknownPlace):
        resolve("Springfield, Ilinois, US")


@pytest.mark.parametrize(
    ("text", "offered"),
    [
        ("Berlln", "Berlin, DE"),
        ("Springfeld, US", "Springfield, MO, US"),
        ("Munick, Germany", "Munich, DE"),
        ("London, Ontario", "London, CA"),
    ],
)
def test_an_unknown_name_offers_close_spellings_that_resolve(text: str, offered: str) -> None:
    with pytest.raises(UnknownPlace) as caught:
        resolve(text)
    assert offered in caught.value.candidates
    assert len(caught.value.candidates) <= 10
    for name in caught.value.candidates:
        assert resolve(name).name == name


def test_a_name_like_no_other_offers_nothing() -> None:
    with pytest.raises(UnknownPlace) as caught:
        resolve("Qxzzqy Wvvkj")
    assert caught.value.candidates == ()


@pytest.mark.parametrize(
    "text",
    [
        "",
        " ",
        ",",
        "Berlin,,DE",
        ", DE",
        "...",
        "Ber\nlin",
        "Berlin\x00",
        "Berlin\u2028",
        "\ud800",
        "B" * 121,
    ],
)
def test_texts_that_are_no_place_name_are_refused(text: str) -> None:
    with pytest.raises(UnknownPlace) as caught:
        resolve(text)
    assert caught.value.candidates == ()


def test_every_kind_of_canonical_name_resolves_to_its_own_city() -> None:
    gazetteer = Gazetteer()
    shared = [members for members in gazetteer.by_name.values() if len(members) > 1]
    rng = random.Random(3)
    sample = rng.sample(range(len(gazetteer.cities)), 400)
    sample += [place for members in rng.sample(shared, 60) for place in members]
    sample += [at for at, city in enumerate(gazetteer.cities) if set(city.name) & set(",()/'")]
    for place in sample:
        name = places._canonical(place)
        found = resolve(name)
        city = gazetteer.cities[place]
        assert (found.name, found.lat, found.lon) == (name, city.lat, city.lon)
        assert len(name) <= places.MAX_LENGTH


def test_every_zone_of_the_gazetteer_is_known_and_every_country_has_a_name() -> None:
    gazetteer = Gazetteer()
    zones = {city.tz for city in gazetteer.cities}
    assert zones <= zoneinfo.available_timezones()
    named = set().union(*gazetteer.countries.values())
    assert {city.country for city in gazetteer.cities} <= named


def test_folding_forgets_case_accents_and_hyphens_and_nothing_else() -> None:
    assert fold(" Saint-Étienne’s  Straße ") == "saint etiennes strasse"
    assert fold("Łódź") == "lodz"
    assert fold("Bern") != fold("Berne")


def test_the_first_look_up_is_fast_and_small() -> None:
    """In a process of its own: generous limits, for a busy machine."""
    code = (
        "import resource, time; from shared.places import resolve;"
        "def_ = lambda: int(open('/proc/self/statm').read().split()[1]) * resource.getpagesize();"
        "began, before = time.process_time(), def_();"
        "resolve('Berlin'); resolve('München');"
        "print(time.process_time() - began, (def_() - before) / 2**20)"
    )
    said = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    seconds, megabytes = map(float, said.stdout.split())
    assert seconds < 2.0
    assert megabytes < 50


def test_threads_that_come_first_together_load_the_gazetteer_once(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    built: list[int] = []

    class Slow(Gazetteer):
        def __init__(self) -> None:
            built.append(1)
            time.sleep(0.05)
            super().__init__()

    monkeypatch.setattr(places, "_loaded", [])
    monkeypatch.setattr(places, "Gazetteer", Slow)
    resolve.cache_clear()
    found: list[Place | PlaceError] = []

    def ask() -> None:
        try:
            found.append(resolve("München"))
        except PlaceError as error:
            found.append(error)

    threads = [threading.Thread(target=ask) for _ in range(8)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert len(built) == 1
    assert {getattr(place, "name", None) for place in found} == {"Munich, DE"}
