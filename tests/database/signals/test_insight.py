"""The sentence about a match tells its reader nothing of the partner's language."""

from typing import Any

import pytest

from tests.cast import Cast, Pair

SAID = {"de": "Euch sind dieselben Dinge wichtig.", "en": "You care about the same things."}
NO_TEXTS = "sw"


def _read(cast: Cast, pair: Pair, path: str) -> list[Any]:
    return [cast.call(member, "GET", path).json()["matches"][0]["insight"] for member in (pair.a, pair.b)]


@pytest.mark.parametrize("path", ["/connect/status", "/connect/export"])
@pytest.mark.parametrize("mine", ["de", "en", NO_TEXTS])
def test_each_reads_it_in_their_own_language_whatever_the_other_speaks(
    cast: Cast, path: str, mine: str
) -> None:
    pair = cast.pair()
    for theirs in ("de", "en", NO_TEXTS):
        for member, language in ((pair.a, mine), (pair.b, theirs)):
            cast.database.execute(
                "update public.users set lang_primary = %s where id = %s", [language, member.id]
            )
        assert _read(cast, pair, path) == [SAID.get(mine, SAID["en"]), SAID.get(theirs, SAID["en"])]


def test_it_goes_with_the_labels(cast: Cast) -> None:
    pair = cast.pair()
    cast.let_end(pair)
    assert cast.call(pair.a, "GET", "/connect/status").json()["current"]["insight"] is None
    assert _read(cast, pair, "/connect/export") == [None, None]
