"""The least that scoring and allocating the eligible pairs can take: bytes to read, sums to do.

Counted for the pairs that pass the filters, and nothing else: no pair that fails, no table, no search.

Bytes, per pair: what is kept of the partner (the other side stays at hand): the vectors of the blocks they
share, the weights of their mode, the numbers of the other blocks, the longitudes or the spread of the
chart, the 128 numbers of Human Design; the pair itself, its score and mark are written or read once. Per
pair, iteration of the prices and side: the weight, the other member and the other's price.

Sums (additions and multiplications), per pair: two per dimension of a vector, six per block for standardising
and weighing; for two exact charts six per pair of points (the angle, and one multiplication and addition
for either curve), for others two per entry of the partner's spread; two per number of Human Design.

The machine's rates are those of one core, measured by loops as simple as can be, compiled as the engine is:
adding up memory of the size of the pool's signals, and multiplications and additions that stay at hand. So
the floor is in processor seconds; what is held against it are the processor seconds of all cores.
"""

from __future__ import annotations

import time
from collections.abc import Callable

import numpy as np
import numpy.typing as npt

from scripts.tools.bench.pools import NOW
from shared.engine.compiled import compiled
from shared.engine.features.bodygraph import STATES
from shared.engine.features.interpolation import POINTS
from shared.engine.filters.eligibility import Pairs, eligible_pairs
from shared.engine.part import Arrays
from shared.engine.pool.pool import MODE_BITS, Numbers, Pool
from shared.engine.runs.scored import Scored
from shared.engine.scoring.modes import shared_modes
from shared.engine.scoring.parts import PARTS

_SECONDS = 0.3
"""How long a rate is measured at least."""
_TIMES = 10
_CHUNK = 1 << 20
_EDGE_BYTES, _EDGE_SUMS = 2 + 4 + 8, 2


def of(pool: Pool, scored: Scored, iterations: int) -> dict[str, float]:
    """Bytes and sums of the pairs, the rates of a core, and the processor seconds that follow."""
    read, sums = _scoring(pool, eligible_pairs(pool, NOW, pool.capacities > 0))
    sides = 2 * len(scored.pairs)
    # Once more for the shortlist.
    read += sides * (iterations + 1) * _EDGE_BYTES
    sums += sides * (iterations + 1) * _EDGE_SUMS
    bandwidth, rate = memory_rate(_signal_bytes(pool)), sum_rate()
    return {
        "bytes": read,
        "sums": sums,
        "bytes_per_second": bandwidth,
        "sums_per_second": rate,
        "seconds": max(read / bandwidth, sums / rate),
    }


def _scoring(pool: Pool, pairs: Pairs) -> tuple[float, float]:
    """Bytes and sums of scoring the eligible pairs."""
    charts = pool.charts
    spread = np.diff(charts.hat_range, axis=1)[:, 0]
    parts = {bit: [p for p in PARTS if p.shares.get(mode)] for mode, bit in MODE_BITS.items()}
    read = sums = 0.0
    every_low = pairs.low
    for first in range(0, len(pairs), _CHUNK):
        low, high = every_low[first : first + _CHUNK], pairs.high[first : first + _CHUNK]
        modes = shared_modes(pool, low, high)
        read += len(low) * (4 + 4 + 8 + 1 + 8)
        for bit, shared in parts.items():
            ones, others = low[modes == bit], high[modes == bit]
            read += len(ones) * len(shared) * 8
            sums += len(ones) * len(shared) * 6
            for part in shared:
                if part.readings is None:
                    more = _of_arrays(pool.parts[part.name], ones, others)
                    read, sums = read + more[0], sums + more[1]
            if any(part.readings for part in shared):
                both = charts.present[ones] & charts.present[others]
                exact = both & charts.exact[ones] & charts.exact[others]
                entries = spread[others][both & ~exact].sum()
                read += exact.sum() * len(POINTS) * 4 + entries * 8 + both.sum() * STATES
                sums += exact.sum() * len(POINTS) ** 2 * 6 + entries * 2 + both.sum() * STATES * 2
    return float(read), float(sums)


def _of_arrays(arrays: Arrays, ones: Numbers, others: Numbers) -> tuple[float, float]:
    """Bytes and sums of a part that compares arrays: what is kept of a partner where both have the signal."""
    there = np.ones(len(ones), dtype=np.bool_)
    for given in arrays:
        if given.dtype == np.bool_:
            there &= given[ones] & given[others]
    numbers = [array for array in arrays if array.dtype != np.bool_]
    read = sum(array.itemsize * array[:1].size for array in numbers)
    steps = sum(2 * array[:1].size for array in numbers if array.ndim == 2 and array.dtype == np.float64)
    return float(there.sum() * read), float(there.sum() * steps)


def _signal_bytes(pool: Pool) -> int:
    """What all members' signals take in memory."""
    charts = pool.charts
    arrays = [a for part in PARTS if part.readings is None for a in pool.parts[part.name]]
    arrays += [pool.weights, charts.longitudes, charts.hat_entries, charts.states]
    return sum(int(array.nbytes) for array in arrays)


def memory_rate(size: int) -> float:
    """Bytes per second that a core reads of `size` bytes, again and again."""
    memory = np.ones(max(size // 8, 1 << 12), dtype=np.int64)
    return _rate(lambda: _added_up(memory), memory.nbytes)


def sum_rate() -> float:
    """Additions and multiplications of 64-bit numbers per second, one core."""
    numbers = np.linspace(0.0, 1.0, 1024)
    return _rate(lambda: _stepped(numbers, 400), len(numbers) * 400 * 16)


def _rate(work: Callable[[], object], each: int) -> float:
    """How much is done per processor second by `work`, which is `each`; the best of many."""
    work()
    best, began = 0.0, time.process_time()
    while time.process_time() - began < _SECONDS:
        start = time.process_time()
        for _ in range(_TIMES):
            work()
        best = max(best, _TIMES * each / (time.process_time() - start))
    return best


@compiled
def _added_up(memory: npt.NDArray[np.int64]) -> int:
    total = 0
    for number in memory:
        total += number
    return total


@compiled
def _stepped(numbers: npt.NDArray[np.float64], times: int) -> float:
    """Eight multiplications and additions per number and time; the numbers come to rest."""
    for _ in range(times):
        for at in range(len(numbers)):
            x = numbers[at]
            x = x * 0.5 + 0.25
            x = x * 0.5 + 0.25
            x = x * 0.5 + 0.25
            x = x * 0.5 + 0.25
            x = x * 0.5 + 0.25
            x = x * 0.5 + 0.25
            x = x * 0.5 + 0.25
            x = x * 0.5 + 0.25
            numbers[at] = x
    return float(numbers[0])
