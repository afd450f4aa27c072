"""`scripts/chart`: one birth, many lines, the comparison, and what it says to wrong questions."""

import io
import json
from pathlib import Path
from typing import Any

import pytest

from scripts.tools.chart.__main__ import main

KEYS = [
    *("longitudes", "design_utc", "design_longitudes", "personality", "design", "channels", "centers"),
    *("type", "authority", "profile"),
]
ASSUMED = ["lat", "lon", "tz", "utc"]
BERLIN = ["--lat", "52.52", "--lon", "13.41", "--tz", "Europe/Berlin"]


class Told:
    def __init__(self, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch) -> None:
        self.capsys, self.monkeypatch = capsys, monkeypatch

    def __call__(self, *arguments: str, lines: str = "") -> tuple[int, str, str]:
        self.monkeypatch.setattr("sys.stdin", io.StringIO(lines))
        status = main(list(arguments))
        return status, *self.capsys.readouterr()


@pytest.fixture
def told(capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch) -> Told:
    """Runs the command: exit status, what it printed, what it complained about."""
    return Told(capsys, monkeypatch)


def line(**given: Any) -> str:
    return json.dumps({"id": "a", "utc": "1990-05-17T12:30:00Z", "lat": 52.52, "lon": 13.41, **given}) + "\n"


def test_one_birth_at_a_place(told: Told) -> None:
    status, out, _ = told("--date", "1990-05-17", "--time", "14:30", *BERLIN)
    assert status == 0
    chart = json.loads(out)
    assert list(chart) == [*ASSUMED, *KEYS]
    assert [chart[key] for key in ASSUMED] == [52.52, 13.41, "Europe/Berlin", "1990-05-17T12:30:00Z"]
    assert chart["longitudes"]["Sun"] == pytest.approx(56.3439, abs=1e-4)
    assert {"TrueNode", "MeanNode", "ASC", "MC"} < chart["longitudes"].keys()
    named = json.loads(told("--date", "1990-05-17", "--time", "14:30", "--place", "Berlin")[1])
    assert list(named) == ["place", *ASSUMED, *KEYS]
    assert (named["place"], named["tz"]) == ("Berlin, DE", "Europe/Berlin")
    assert named["personality"] == chart["personality"]
    moment = json.loads(told("--utc", "1990-05-17T14:30:00+02:00", *BERLIN[:4])[1])
    assert moment == {key: value for key, value in chart.items() if key != "tz"}


def test_without_a_time_the_chart_says_what_is_certain(told: Told) -> None:
    status, out, _ = told("--date", "1990-05-17", *BERLIN)
    chart = json.loads(out)
    assert status == 0
    assert set(KEYS) < chart.keys()
    assert list(chart)[:5] == [*ASSUMED, "utc_until"]
    assert (chart["utc"], chart["utc_until"]) == ("1990-05-16T22:00:00Z", "1990-05-17T22:00:00Z")
    assert chart["longitudes"]["Sun"] == 56.25
    assert chart["uncertain"][:2] == ["sign of ASC", "sign of MC"]
    status, out, _ = told("--date", "1990-05-17", "--time", "14:30", "--approximate", *BERLIN)
    assert json.loads(out)["utc"] == "1990-05-17T11:30:00Z"


def test_mean_node_as_swiss_ephemeris_has_it(told: Told) -> None:
    _, out, _ = told(lines=line(utc="1973-10-02T14:13:05Z", lat=-39.8129, lon=-76.2432))
    assert json.loads(out)["longitudes"]["MeanNode"] == pytest.approx(272.712133, abs=0.2 / 3600)


@pytest.mark.parametrize(
    ("arguments", "complaint"),
    [
        (["--date", "1990-03-25", "--time", "02:30", *BERLIN], "does not exist"),
        (["--date", "1990-03-25", "--time", "02:30", *BERLIN], "add --fold 0"),
        (["--date", "1990-09-30", "--time", "02:30", *BERLIN], "came twice"),
        (["--date", "1990-02-30", *BERLIN], "possible YYYY-MM-DD"),
        (["--date", "1990-02-20", "--time", "24:30", *BERLIN], "possible HH:MM"),
        (["--date", "1990-02-20", "--time", "12:30+01:00", *BERLIN], "without a zone"),
        (["--date", "1899-12-31", *BERLIN], "1900-01-01 to 2050-12-31"),
        (["--date", "2051-01-01", *BERLIN], "1900-01-01 to 2050-12-31"),
        (["--date", "1990-02-20", "--place", "Springfield"], "Springfield, IL, US"),
        (["--date", "1990-02-20", "--place", "Berlinn"], "Berlin"),
        (["--date", "1990-02-20", "--place", "Xqzzt"], "no place of this name"),
        (["--date", "1990-02-20"], "say where"),
        (["--date", "1990-02-20", "--lat", "1", "--lon", "2"], "which time zone"),
        (["--date", "1990-02-20", "--lat", "91", "--lon", "2", "--tz", "Etc/UTC"], "latitude"),
        (["--date", "1990-02-20", "--lat", "nan", "--lon", "2", "--tz", "Etc/UTC"], "latitude"),
        (["--date", "1990-02-20", "--lat", "1", "--lon", "2", "--tz", "Berlin"], "IANA"),
        (["--date", "1990-02-20", "--place", "Berlin", "--lat", "1"], "one way"),
        (["--lat", "1", "--lon", "2"], "say when"),
        (["--utc", "yesterday", "--lat", "1", "--lon", "2"], "not a possible"),
        (["--utc", "1990-05-17T12:30:00", "--lat", "1", "--lon", "2"], "add Z"),
        (["--utc", "2190-01-01T00:00:00Z", "--lat", "1", "--lon", "2"], "outside"),
        (
            ["--utc", "1990-01-01T00:00:00Z", "--time", "12:00", "--lat", "1", "--lon", "2"],
            "leave --time out",
        ),
        (["--date", "1990-01-01", "--fold", "0", *BERLIN], "need a --time"),
        (["--compare", "nowhere.json"], "No such file: nowhere.json"),
        (["--compare", "."], "Cannot read .: Is a directory"),
        (["--compare", "nowhere.json", "--lat", "1"], "leave --lat out"),
    ],
)
def test_what_has_no_chart_is_said_in_a_sentence(told: Told, arguments: list[str], complaint: str) -> None:
    status, out, err = told(*arguments)
    assert (status, out) == (2, "")
    assert complaint in err
    assert err.count("\n") == 1
    assert "Traceback" not in err


def test_a_reading_may_be_chosen(told: Told) -> None:
    moons = []
    for fold in ("0", "1"):
        status, out, _ = told("--date", "1990-09-30", "--time", "02:30", "--fold", fold, *BERLIN)
        assert status == 0
        moons.append(json.loads(out)["longitudes"]["Moon"])
    assert 0.4 < moons[1] - moons[0] < 0.7  # an hour of the Moon
    status, out, _ = told("--date", "1990-09-30", "--time", "02:30", "--approximate", "--fold", "1", *BERLIN)
    chart = json.loads(out)
    assert (chart["utc"], chart["utc_until"]) == ("1990-09-30T00:30:00Z", "1990-09-30T02:30:00Z")


def test_many_lines_in_their_order(told: Told) -> None:
    asked = [
        line(id=number, utc=f"19{50 + number % 40}-03-0{1 + number % 9}T12:00:00Z") for number in range(60)
    ]
    status, out, err = told(lines="\n".join(asked))
    printed = [json.loads(text) for text in out.splitlines()]
    assert (status, err) == (0, "")
    assert [chart["id"] for chart in printed] == list(range(60))
    assert list(printed[0]) == ["id", *KEYS]
    assert json.loads(told(lines=asked[41])[1]) == printed[41]


def dated(**given: Any) -> str:
    return json.dumps({"id": "a", "date": "1990-05-17", **given}) + "\n"


def test_lines_with_a_date_are_charts_like_those_of_options(told: Told) -> None:
    berlin = {"lat": 52.52, "lon": 13.41, "tz": "Europe/Berlin"}
    asked = {
        dated(time="14:30", place="Berlin"): ["--time", "14:30", "--place", "Berlin"],
        dated(time="14:30", accuracy="exact", **berlin): ["--time", "14:30", *BERLIN],
        dated(time="14:30", accuracy="approximate", **berlin): ["--time", "14:30", "--approximate", *BERLIN],
        dated(accuracy="unknown", **berlin): BERLIN,
        dated(date="1990-09-30", time="02:30", fold=1, **berlin): [
            *("--date", "1990-09-30", "--time", "02:30", "--fold", "1"),
            *BERLIN,
        ],
    }
    status, out, err = told(lines=line() + "".join(asked))
    assert (status, err) == (0, "")
    first, *printed = [json.loads(text) for text in out.splitlines()]
    assert list(first) == ["id", *KEYS]
    for options, chart in zip(asked.values(), printed, strict=True):
        alone = json.loads(told("--date", "1990-05-17", *options)[1])
        assert list(chart.items()) == list({"id": "a", **alone}.items())


def test_a_line_with_a_moment_may_hold_more(told: Told) -> None:
    assert told(lines=line(note="x")) == told(lines=line())


def test_no_lines_no_charts(told: Told) -> None:
    assert told(lines="") == (0, "", "")
    assert told(lines="\n \n") == (0, "", "")


@pytest.mark.parametrize(
    ("bad", "complaint"),
    [
        ("{", "is not JSON"),
        ("[" * 100_000, "is not JSON"),
        ("[1, 2]", "is not an object"),
        ('{"id": 1}', 'has no "utc"'),
        (line(lat=None), "latitude"),
        (line(lat="52"), "latitude"),
        (line(lat=91), "latitude"),
        (line(lon=float("nan")), "NaN is not a number"),
        (line(lon=True), "longitude"),
        (line(utc=5), "not a text"),
        (line(utc="1990-02-30T00:00:00Z"), "not a possible"),
        (line(utc="1899-12-31T23:59:59Z"), "outside"),
        (line(utc="0001-01-01T00:00:00+14:00"), "outside"),
        (line(lat=10**400), "too large"),
        (line(date="1990-05-17"), 'has "utc" and "date"'),
        (line(place="Berlin"), 'has "utc" and "place"'),
        (dated(), 'has no "lat", and no "place"'),
        (dated(lat=1, lon=2), 'has no "tz"'),
        (dated(place="Berlin", lat=1), 'has "place" and "lat"'),
        (dated(place="Berlin", tz="Europe/Berlin"), 'has "place" and "tz"'),
        (dated(place="Berlin", tiem="12:00"), 'unknown field "tiem"'),
        (dated(place="Xqzzt"), 'the "place": no place of this name'),
        (dated(place=5), 'the "place" is not a text'),
        (dated(time=None, place="Berlin"), 'the "time" is not a text'),
        (dated(time="25:00", place="Berlin"), '"time" is not a possible HH:MM'),
        (dated(date="1899-12-31", place="Berlin"), '"date" lies outside'),
        (dated(date="1990-09-30", time="02:30", place="Berlin"), 'add "fold" 0'),
        (dated(time="12:00", fold=True, place="Berlin"), 'the "fold" is not 0 or 1'),
        (dated(time="12:00", accuracy="roughly", place="Berlin"), 'the "accuracy" is not one of'),
        (dated(time="12:00", accuracy="unknown", place="Berlin"), "leave one of them out"),
        (dated(accuracy="exact", place="Berlin"), 'has "accuracy" without "time"'),
        (dated(lat=1, lon=2, tz="Berlin"), 'the "tz": '),
    ],
)
def test_a_bad_line_is_named_and_nothing_is_printed(told: Told, bad: str, complaint: str) -> None:
    status, out, err = told(lines=line() + line() + bad)
    assert (status, out) == (2, "")
    assert "line 3: " in err
    assert complaint in err


def references(told: Told, path: Path, **changed: Any) -> Path:
    """A file of one reference chart: our own, with something changed."""
    chart = json.loads(told(lines=line())[1])
    for key, value in changed.items():
        chart[key] = {**chart[key], **value} if isinstance(value, dict) else value
    given = {"utc": "1990-05-17T12:30:00Z", "lat": 52.52, "lon": 13.41, "min_line_margin_arcsec": 61}
    path.write_text(json.dumps({"charts": [{**given, **chart}]}))
    return path


def test_comparison(told: Told, tmp_path: Path) -> None:
    path = tmp_path / "reference.json"
    status, out, _ = told("--compare", str(references(told, path)))
    assert status == 0
    assert "All agree." in out
    changes: list[dict[str, Any]] = [
        {"longitudes": {"Moon": 0.0}},
        {"design_longitudes": {"Sun": 0.0}},
        {"personality": {"Sun": "1.1"}},
        {"design": {"Pluto": "1.1"}},
        {"type": "Reflector"},
        {"profile": "1/1"},
        {"channels": []},
    ]
    for changed in changes:
        status, out, _ = told("--compare", str(references(told, path, **changed)))
        assert status == 1, changed
        assert "They do not agree." in out


@pytest.mark.parametrize(
    ("text", "complaint"),
    [
        ("", "it is not JSON"),
        ("[]", 'a list "charts"'),
        ("{}", 'a list "charts"'),
        ('{"charts": 3}', 'a list "charts"'),
        ('{"charts": []}', 'its list "charts" is empty'),
        ('{"charts": [3]}', "chart 1: it is not an object"),
        ('{"charts": [{"utc": 3}]}', 'chart 1: it has no "lat"'),
    ],
)
def test_comparison_with_another_kind_of_file(told: Told, tmp_path: Path, text: str, complaint: str) -> None:
    path = tmp_path / "reference.json"
    path.write_text(text)
    status, out, err = told("--compare", str(path))
    assert (status, out) == (2, "")
    assert "not a file of reference charts" in err
    assert complaint in err
    assert "Error" not in err


@pytest.mark.parametrize(
    ("changed", "complaint"),
    [
        ({"utc": 3}, 'its "utc" is not a text'),
        ({"utc": "soon"}, "not a possible"),
        ({"design_utc": "soon"}, "not a possible"),
        ({"lat": "52"}, "latitude"),
        ({"longitudes": []}, 'its "longitudes" is not an object'),
        ({"longitudes": {"Sun": "56"}}, "Sun is not a number"),
        ({"longitudes": {"Sun": 10**400}}, "too large"),
        ({"longitudes": {"Vulcan": 1.0}}, "Vulcan is none of Sun, Moon"),
        ({"min_line_margin_arcsec": None}, "is not a number"),
    ],
)
def test_comparison_with_a_wrong_chart(
    told: Told, tmp_path: Path, changed: dict[str, Any], complaint: str
) -> None:
    path = references(told, tmp_path / "reference.json", **changed)
    status, out, err = told("--compare", str(path))
    assert (status, out) == (2, "")
    assert "chart 1: " in err
    assert complaint in err
    assert "Error" not in err
