"""Pools that the benchmarks draw."""

from scripts.tools.bench import pools
from shared.engine import Pool


def test_smaller_pools_of_one_community_are_parts_of_larger_ones() -> None:
    community = pools.drawn(120)
    larger = pools.answer_of(community, 120)
    smaller = pools.cut(larger, community, 40)
    assert smaller == pools.answer_of(community, 40)
    assert len(smaller["members"]["rows"]) == 40
    assert len(Pool.parse(larger)) == 120
