"""Zones: the package's own files, and those with a past of their own before 1970."""

import json
from datetime import UTC, datetime, timedelta
from importlib.resources import files
from io import BytesIO
from zoneinfo import ZoneInfo

import pytest

from shared.engine.charts import tzif, zones
from shared.engine.charts.zones import published, zone
from shared.places.zones import known_names, zone_of


def merged() -> dict[str, list[object]]:
    told = json.loads(zones.MERGED.read_bytes())["until, first offset, changes"]
    return {name: history for names, history in told.items() for name in names.split()}


def days(first: int, last: int, step: int) -> list[datetime]:
    """Moments every so many days, at an odd hour."""
    start = datetime(first, 1, 1, 4, 56, tzinfo=UTC)
    return [start + timedelta(days=day) for day in range(0, (last - first) * 365, step)]


def test_every_zone_but_the_merged_ones_is_the_packages() -> None:
    moments = days(1900, 2051, 211)
    for name in files("tzdata").joinpath("zones").read_text().split():
        theirs = ZoneInfo.from_file(BytesIO(published(name)), key=name)
        since = moments if zone_of(name) not in merged() else [at for at in moments if at.year >= 1970]
        ours = zone(name)
        assert [ours.utcoffset(at.astimezone(ours)) for at in since] == [
            theirs.utcoffset(at.astimezone(theirs)) for at in since
        ], name


def test_a_place_has_one_past_under_all_its_names() -> None:
    """Iceland is Reykjavik, whose own past the package keeps under neither name."""
    moments = days(1900, 2051, 211)
    for name, stands_for in known_names().items():
        one, other = zone(name), zone(stands_for)
        assert [at.astimezone(one).utcoffset() for at in moments] == [
            at.astimezone(other).utcoffset() for at in moments
        ], name
    assert datetime(1960, 7, 1, 12, tzinfo=zone("Iceland")).utcoffset() == timedelta(0)


def test_zones_are_published_by_the_package_and_not_by_the_machine() -> None:
    """Debian's own files of these differ from the package's."""
    for name in ("Oslo", "Amsterdam", "Berlin"):
        assert published(f"Europe/{name}") == files("tzdata.zoneinfo.Europe").joinpath(name).read_bytes()


def test_a_history_comes_back_from_the_file_it_is_written_to() -> None:
    for name in ("Europe/Berlin", "America/New_York", "Asia/Kolkata", "Etc/UTC", "Africa/Monrovia"):
        history = tzif.read(published(name))
        assert tzif.read(tzif.write(history)) == history
        one, other = (
            ZoneInfo.from_file(BytesIO(content)) for content in (published(name), tzif.write(history))
        )
        for at in days(1850, 2060, 97):
            assert at.astimezone(one).utcoffset() == at.astimezone(other).utcoffset()


@pytest.mark.parametrize("content", [b"", b"TZif", b"TZif2" + bytes(39), b"Hello" * 30, b"TZif1" + bytes(60)])
def test_other_files_are_no_zones(content: bytes) -> None:
    with pytest.raises(ValueError, match="TZif"):
        tzif.read(content)


def test_pasts_of_merged_zones_are_in_order_and_end_by_1970() -> None:
    assert len(merged()) > 50
    for name, (until, first, changes) in merged().items():
        assert isinstance(until, int)
        assert until <= 0
        assert isinstance(first, int)
        assert isinstance(changes, list)
        moments = [at for at, _ in changes]
        assert moments == sorted(set(moments)), name
        assert all(at < until for at in moments), name
        assert all(abs(offset) < 15 * 3600 for _, offset in changes), name
