"""`scripts/chart`: one birth, many lines, the comparison, and what it says to wrong questions."""

import io
import json
from pathlib import Path
from typing import Any

import pytest

from scripts.charts.__main__ import main

KEYS = [
    *("longitudes", "design_utc", "design_longitudes", "personality", "design", "channels", "centers"),
    *("type", "authority", "profile"),
]
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
    assert list(chart) == KEYS
    assert chart["longitudes"]["Sun"] == pytest.approx(56.3439, abs=1e-4)
    assert {"TrueNode", "MeanNode", "ASC", "MC"} < chart["longitudes"].keys()
    named = json.loads(told("--date", "1990-05-17", "--time", "14:30", "--place", "Berlin")[1])
    assert named["personality"] == chart["personality"]
    assert json.loads(told("--utc", "1990-05-17T14:30:00+02:00", *BERLIN[:4])[1]) == chart


def test_without_a_time_the_chart_says_what_is_certain(told: Told) -> None:
    status, out, _ = told("--date", "1990-05-17", *BERLIN)
    chart = json.loads(out)
    assert status == 0
    assert set(KEYS) < chart.keys()
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
        (["--utc", "2190-01-01T00:00:00Z", "--lat", "1", "--lon", "2"], "outside"),
        (
            ["--utc", "1990-01-01T00:00:00Z", "--time", "12:00", "--lat", "1", "--lon", "2"],
            "leave --time out",
        ),
        (["--date", "1990-01-01", "--fold", "0", *BERLIN], "need a --time"),
        (["--compare", "nowhere.json"], "No such file"),
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
    "text", ["", "[]", "{}", '{"charts": [{}]}', '{"charts": 3}', '{"charts": [{"utc": 3}]}']
)
def test_comparison_with_another_kind_of_file(told: Told, tmp_path: Path, text: str) -> None:
    path = tmp_path / "reference.json"
    path.write_text(text)
    status, out, err = told("--compare", str(path))
    assert (status, out) == (2, "")
    assert "not a file of reference charts" in err
