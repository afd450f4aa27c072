"""scripts/list: what is on a member's list, why somebody else is not, and that somebody looked."""

from collections.abc import Iterator

import pytest

from scripts.tools.list import show
from shared.callers.service import Service
from shared.errors import NotFound
from tests.cast import Cast
from tests.database.islands import Island, begin_anew, bell, inhabited


@pytest.fixture
def here(cast: Cast) -> Iterator[Island]:
    begin_anew(cast)
    with inhabited(cast) as new:
        yield new(5)
    begin_anew(cast)


def test_a_list_with_its_parts_and_why_somebody_is_not_on_it(cast: Cast, here: Island) -> None:
    bell(cast, "nightly")
    database = Service(cast.stack.api_url, cast.stack.service_role_key)
    one, two, three = (member.id for member in here.members[:3])
    shown = show(database, one, None, "a question of theirs")
    assert [line.split()[1] for line in shown.splitlines()[::3]] == [
        candidate for candidate, _ in sorted(here.lists()[one], key=lambda entry: -float(entry[1]))
    ]
    assert "values" in shown
    assert two in show(database, one, two, "the same")
    cast.database.execute(
        "update public.connect_profiles set min_age = 70, max_age = 80 where user_id = %s", [one]
    )
    cast.database.execute("delete from public.matchmaking_queue")
    bell(cast, "nightly")
    assert "outside the other's ages" in show(database, one, three, "the same")
    stranger = cast.member(active=False)
    assert "was not searching" in show(database, one, stranger.id, "the same")
    rows = cast.database.execute(
        "select action, admin_id, why, details::text from public.admin_actions where action = 'read_list'"
    ).fetchall()
    assert [row[:3] for row in rows] == [
        ("read_list", None, "a question of theirs"),
        *[("read_list", None, "the same")] * 3,
    ]
    assert not [row for row in rows if one in row[3]]
    with pytest.raises(NotFound):
        show(database, "00000000-0000-4000-8000-000000000000", None, "nobody")
    assert cast.value("select count(*) from public.admin_actions where action = 'read_list'") == 4
