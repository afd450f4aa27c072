"""What members say of themselves and refuse: drawn plausibly, and read from profiles as they tell it."""

from collections import Counter

import numpy as np
import pytest

from scripts.tools.sample.traits import COLUMNS, TRAITS, draw_deal_breakers, draw_traits, read_traits

SIZE = 4000
OPPOSITES = ({"religious", "not_religious"}, {"wants_children", "wants_no_children"})


@pytest.fixture(scope="module")
def told() -> list[tuple[str, ...]]:
    ages = [int(age) for age in np.random.default_rng(3).integers(18, 70, SIZE)]
    return draw_traits(np.random.default_rng(4), ages)


def test_nobody_says_two_opposite_things(told: list[tuple[str, ...]]) -> None:
    assert not [one for one in told for both in OPPOSITES if both <= set(one)]
    assert {trait for one in told for trait in one} == set(TRAITS)
    assert all(list(one) == [trait for trait in TRAITS if trait in one] for one in told)
    assert 0.15 < sum(not one for one in told) / SIZE < 0.35


def test_children_come_with_the_years() -> None:
    def share(age: int, trait: str) -> float:
        drawn = draw_traits(np.random.default_rng(5), [age] * SIZE)
        return sum(trait in one for one in drawn) / SIZE

    assert share(20, "has_children") < 0.05 < 0.2 < share(40, "has_children") < share(60, "has_children")
    assert share(50, "wants_children") < 0.1 < 0.2 < share(28, "wants_children")


def test_nobody_refuses_what_they_are_and_many_refuse_nothing(told: list[tuple[str, ...]]) -> None:
    refused = draw_deal_breakers(np.random.default_rng(6), told, ["romantic"] * SIZE)
    assert not [own for own, no in zip(told, refused, strict=True) if set(own) & set(no)]
    assert 0.35 < sum(not no for no in refused) / SIZE < 0.75
    assert all(len(set(no)) == len(no) for no in refused)
    counted = Counter(trait for no in refused for trait in no)
    assert counted["smokes"] > counted["drinks_often"] > counted["eats_meat"] > 0


def test_who_wants_no_children_refuses_those_who_do_and_the_other_way_round() -> None:
    size = 2000
    rng = np.random.default_rng(7)

    def share(own: str, refused: str) -> float:
        drawn = draw_deal_breakers(rng, [(own,)] * size, ["romantic"] * size)
        return sum(refused in no for no in drawn) / size

    assert share("wants_no_children", "wants_children") > 0.2 < share("wants_children", "wants_no_children")
    assert share("has_pets", "wants_children") == 0.0
    assert share("religious", "uses_drugs") > share("has_pets", "uses_drugs")


def test_friends_and_colleagues_refuse_less(told: list[tuple[str, ...]]) -> None:
    def refusals(mode: str) -> int:
        return sum(map(len, draw_deal_breakers(np.random.default_rng(8), told, [mode] * SIZE)))

    assert refusals("professional") == refusals("friendship") < 0.8 * refusals("both")


@pytest.mark.parametrize(
    ("column", "cell", "traits"),
    [
        ("smokes", "no", ()),
        ("smokes", "trying to quit", ("smokes",)),
        ("smokes", "when drinking", ("smokes",)),
        ("drinks", "not at all", ()),
        ("drinks", "socially", ()),
        ("drinks", "very often", ("drinks_often",)),
        ("drugs", "never", ()),
        ("drugs", "sometimes", ("uses_drugs",)),
        ("offspring", "doesn’t have kids", ()),
        ("offspring", "doesn't have kids, but might want them", ()),
        ("offspring", "doesn’t have kids, but wants them", ("wants_children",)),
        ("offspring", "doesn’t want kids", ("wants_no_children",)),
        ("offspring", "doesn't have kids, and doesn't want any", ("wants_no_children",)),
        ("offspring", "has a kid", ("has_children",)),
        ("offspring", "has kids, and might want more", ("has_children",)),
        ("offspring", "has a kid, and wants more", ("has_children", "wants_children")),
        ("offspring", "has kids, but doesn’t want more", ("has_children", "wants_no_children")),
        ("pets", "likes dogs and likes cats", ()),
        ("pets", "dislikes dogs and has cats", ("has_pets",)),
        ("religion", "atheism and laughing about it", ("not_religious",)),
        ("religion", "agnosticism", ("not_religious",)),
        ("religion", "judaism and somewhat serious about it", ("religious",)),
        ("religion", "catholicism but not too serious about it", ()),
        ("religion", "other and very serious about it", ()),
        ("diet", "mostly anything", ("eats_meat",)),
        ("diet", "strictly vegan", ()),
        ("sign", "leo and it matters a lot", ()),
        ("drinks", "", ()),
    ],
)
def test_a_cell_tells_a_trait_only_where_it_says_so(column: str, cell: str, traits: tuple[str, ...]) -> None:
    assert read_traits({column: cell}) == traits


def test_the_cells_of_a_row_add_up_and_absent_ones_tell_nothing() -> None:
    assert read_traits({}) == ()
    row = {"smokes": "yes", "pets": "has dogs", "diet": "vegan", "religion": "islam"}
    assert read_traits(row) == ("smokes", "has_pets", "religious")
    assert set(row) < set(COLUMNS)
    assert "sign" not in COLUMNS
