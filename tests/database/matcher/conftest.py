"""What the tests of nights share."""

from collections.abc import Iterator

import pytest

from tests.cast import Cast
from tests.database.islands import NewIsland, begin_anew, inhabited


@pytest.fixture
def island(cast: Cast) -> Iterator[NewIsland]:
    """Members who fit each other, in a database that begins anew."""
    begin_anew(cast)
    with inhabited(cast) as new:
        yield new


@pytest.fixture
def nothing_is_left_running(cast: Cast) -> Iterator[None]:
    """Whatever a test leaves of a night is gone after it."""
    yield
    begin_anew(cast)


@pytest.fixture
def small(monkeypatch: pytest.MonkeyPatch) -> None:
    """Lists, proposals and funnels are stored in parts of five."""
    monkeypatch.setattr("functions.worker.nightly.night.OWNERS", 5)
    monkeypatch.setattr("functions.worker.nightly.night.PART", 5)
