"""Place names to coordinates and zones."""

import random
import subprocess
import sys
import threading
import time

import pytest
from babel import Locale

from scripts.tools.names import area_names, city_zones
from shared.places import resolve as places
from shared.places.areas import areas
from shared.places.gazetteer import Gazetteer, fold
from shared.places.resolve import AmbiguousPlace, Place, PlaceError, UnknownPlace, resolve
from shared.places.zones import zone_of


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
        ("Moskau, Russland", "Moscow, RU"),
        ("Athen, Griechenland", "Athens, GR"),
        ("Budapest, Ungarn", "Budapest, HU"),
        ("Budapest, Magyarország", "Budapest, HU"),
        ("Neu-Delhi, Indien", "New Delhi, IN"),
        ("Wien, Oesterreich", "Vienna, AT"),
        ("Chișinău, Moldau", "Chisinau, MD"),
        ("Athènes, Grèce", "Athens, GR"),
        ("Odessa, Ukraine", "Odesa, UA"),
        ("St. Petersburg, Russia", "Saint Petersburg, RU"),
        ("León, Mexico", "León de los Aldama, MX"),
        ("Toronto, Ontario", "Toronto, CA"),
        ("Toronto, ON, Canada", "Toronto, CA"),
        ("London, Ontario", "London, CA"),
        ("München, Bayern", "Munich, DE"),
        ("Munich, Bavaria, Germany", "Munich, DE"),
        ("Frankfurt, Brandenburg", "Frankfurt (Oder), DE"),
        ("Barcelona, Katalonien", "Barcelona, ES"),
        ("Perth, WA", "Perth, AU"),
    ],
)
@pytest.mark.parametrize("comma", [", ", " "])
def test_countries_and_regions_are_known_in_the_members_language(comma: str, text: str, name: str) -> None:
    assert resolve(text.replace(", ", comma)).name == name


@pytest.mark.parametrize(
    ("text", "name"),
    [
        ("London UK", "London, GB"),
        ("Paris France", "Paris, FR"),
        ("New York USA", "New York City, NY, US"),
        ("Paris Texas USA", "Paris, TX, US"),
        ("Toronto Ontario, Kanada", "Toronto, CA"),
        ("Santa Cruz de la Sierra Bolivia", "Santa Cruz de la Sierra, BO"),
    ],
)
def test_a_country_needs_no_comma(text: str, name: str) -> None:
    assert resolve(text).name == name


@pytest.mark.parametrize(
    ("text", "great", "small"),
    [
        ("Odessa", "Odesa, UA", "Odessa, TX, US"),
        ("St. Petersburg", "Saint Petersburg, RU", "St. Petersburg, FL, US"),
        ("Medina", "Madinah, SA", "Medina, OH, US"),
        ("León", "León de los Aldama, MX", "León, ES"),
        ("Santa Cruz", "Santa Cruz de la Sierra, BO", "Santa Cruz (near Manila), PH"),
        ("Hanover", "Hannover, DE", "Hanover, PA, US"),
        ("Frankfort", "Frankfurt am Main, DE", "Frankfort, KY, US"),
    ],
)
def test_nobody_is_put_into_a_small_namesake_of_a_great_city_unasked(
    text: str, great: str, small: str
) -> None:
    with pytest.raises(AmbiguousPlace) as caught:
        resolve(text)
    assert caught.value.candidates[0] == great
    assert small in caught.value.candidates
    assert [resolve(name).name for name in caught.value.candidates] == list(caught.value.candidates)


@pytest.mark.parametrize("text", ["Paris", "Naples", "Nice", "Porto", "Zaragoza", "Perm", "Santiago"])
def test_a_city_is_meant_by_its_own_name_where_no_great_one_shares_it(text: str) -> None:
    assert resolve(text).name.startswith(f"{text}, ")


@pytest.mark.parametrize(
    "text",
    [
        "48.137, 11.575",
        "48.137 11.575",
        " 48.1371,11.5752 ",
        "48.137° N, 11.575° E",
        "(48.137, 11.575)",
        "+48.137, 11.575",
    ],
)
def test_a_village_is_given_by_its_coordinates(text: str) -> None:
    assert resolve(text) == Place("48.137, 11.575", 48.137, 11.575, "Europe/Berlin", "", "")


@pytest.mark.parametrize(
    ("text", "name", "zone"),
    [
        ("33.87 S, 151.21 E", "-33.870, 151.210", "Australia/Sydney"),
        ("40.7 N 74 W", "40.700, -74.000", "America/New_York"),
        ("59.91, 10.75", "59.910, 10.750", "Europe/Oslo"),
        ("16.5, 107.6", "16.500, 107.600", "Asia/Ho_Chi_Minh"),
        ("0, 0", "0.000, 0.000", "Africa/Accra"),
        ("52, 179.9", "52.000, 179.900", "Asia/Anadyr"),
    ],
)
def test_coordinates_have_the_zone_of_the_nearest_city(text: str, name: str, zone: str) -> None:
    place = resolve(text)
    assert (place.name, place.tz) == (name, zone)
    assert resolve(name) == place


@pytest.mark.parametrize(
    "text", ["91, 0", "0, 181", "48.137", "48,137, 11,575", "1e3, 2", "٤٨, ١١", "1, 2, 3"]
)
def test_what_is_no_pair_of_degrees(text: str) -> None:
    with pytest.raises(UnknownPlace):
        resolve(text)


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


def test_a_district_nobody_names_is_let_through_only_where_it_decides_nothing() -> None:
    assert resolve("Munich, Altstadt, Germany").name == "Munich, DE"
    assert resolve("Munich, Upper Bavaria, Bavaria, Germany").name == "Munich, DE"
    with pytest.raises(AmbiguousPlace):
        resolve("Frankfurt, Taunus, Germany")
    with pytest.raises(UnknownPlace):
        resolve("Springfield, Ilinois, US")


@pytest.mark.parametrize(
    ("text", "offered"),
    [
        ("Berlln", "Berlin, DE"),
        ("Springfeld, US", "Springfield, MO, US"),
        ("Munick, Germany", "Munich, DE"),
        ("London, Middlesex", "London, GB"),
        ("Toronto Blah", "Toronto, CA"),
        ("Moskau, Bayern", "Moscow, RU"),
        ("Den Haag Xyz", "The Hague, NL"),
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


def test_every_city_has_a_zone_under_its_one_name_and_a_country_with_a_name() -> None:
    gazetteer = Gazetteer()
    zones = {city.tz for city in gazetteer.cities}
    assert {zone: zone_of(zone) for zone in zones} == {zone: zone for zone in zones}
    named = set().union(*areas().countries.values())
    assert {city.country for city in gazetteer.cities} <= named


@pytest.mark.parametrize("language", ["en", "de", "fr"])
def test_every_country_is_known_by_its_name_in_every_language(language: str) -> None:
    told = Locale(language).territories
    inhabited = {city.country for city in Gazetteer().cities}
    for code in inhabited & told.keys():
        assert code in areas().countries[fold(told[code])], told[code]


def test_cities_have_the_zone_whose_past_is_theirs() -> None:
    """Each an hour off in the year it was born in, with the zone that the package gives."""
    for text, zone in (
        ("Huế", "Asia/Ho_Chi_Minh"),
        ("Tuxtla", "America/Mexico_City"),
        ("Ceuta", "Africa/Ceuta"),
        ("San Luis Potosí", "America/Mexico_City"),
        ("Jizzax", "Asia/Tashkent"),
        ("Vincennes, Indiana", "America/Indiana/Vincennes"),
    ):
        assert resolve(text).tz == zone


def test_the_tables_are_what_the_pinned_packages_make() -> None:
    assert city_zones.TABLE.read_text(encoding="utf-8") == city_zones.table()
    assert area_names.TABLE.read_text(encoding="utf-8") == area_names.table(*area_names.kept_regions())


def test_every_correction_names_a_city_of_the_gazetteer() -> None:
    before, after = Gazetteer(corrected=False).cities, Gazetteer().cities
    changed = [(old, new) for old, new in zip(before, after, strict=True) if old != new]
    assert len(changed) == sum(map(len, city_zones.corrections().values())) > 90
    assert all(old._replace(tz=new.tz) == new for old, new in changed)


def test_folding_forgets_case_accents_and_hyphens_and_nothing_else() -> None:
    assert fold(" Saint-Étienne’s  Straße ") == "saint etiennes strasse"
    assert fold("Łódź") == "lodz"
    assert fold("Bern") != fold("Berne")


def test_the_first_look_up_is_fast_and_small() -> None:
    """In a process of its own."""
    code = (
        "import resource, time; from shared.places.resolve import resolve; from tests.pace import slowness;"
        "def_ = lambda: int(open('/proc/self/statm').read().split()[1]) * resource.getpagesize();"
        "began, before = time.process_time(), def_();"
        "resolve('Berlin'); resolve('München');"
        "print((time.process_time() - began) / slowness(), (def_() - before) / 2**20)"
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
