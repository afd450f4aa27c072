"""Who may be proposed to whom: the hard filters, each of them in both directions.

Members are first put into groups with the same mode, gender and preferred genders. Most pairs of groups
exclude each other as a whole; only inside the others are people compared one by one, by age as a table,
then, for the pairs left, by language, distance and history. No pair that fails a filter is ever scored.
"""

from __future__ import annotations

import datetime
from collections.abc import Iterable, Iterator
from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

from shared.engine.configuration import CONFIGURATION
from shared.engine.pool import MODE_BITS, Bits, Flags, Pool, Whole

Positions = npt.NDArray[np.int32]

_TABLE_CELLS = 1 << 20
"""Pairs compared by age in one table: about a megabyte per filter, whatever the pool's size."""
_BATCH = 1 << 16
"""Pairs tested or scored at once: their columns stay in the processor's cache."""


@dataclass(frozen=True, eq=False)
class Pairs:
    """Eligible pairs: positions in the pool, `low` below `high`, sorted by (low, high), each pair once."""

    low: Positions
    high: Positions

    def __len__(self) -> int:
        return len(self.low)

    def where(self, keep: Flags) -> Pairs:
        """The pairs marked true, in the same order."""
        return Pairs(self.low[keep], self.high[keep])

    def per_member(self, members: int) -> Whole:
        """How many of these pairs each member is in."""
        counts: Whole = np.bincount(self.low, minlength=members)
        counts += np.bincount(self.high, minlength=members)
        return counts


def slices(length: int, size: int = _BATCH) -> Iterator[slice]:
    """Consecutive slices of at most `size` that cover `length`."""
    return (slice(start, min(start + size, length)) for start in range(0, length, size))


def eligible_pairs(pool: Pool, now: datetime.datetime, among: Whole) -> Pairs:
    """Every pair of members in `among` (positions, each once) that passes all filters.

    Mode, gender, age, language, distance (or equal time zone) and exclusions decide; capacity does not.
    """
    ages = pool.ages(now)
    lowest = np.maximum(pool.min_ages, CONFIGURATION.adult_age)
    tables = _same_age_window(pool, ages, lowest, among)
    kept = [_pass_one_by_one(pool, low, high) for low, high in _batches(tables)]
    if not kept:
        return Pairs(np.empty(0, dtype=np.int32), np.empty(0, dtype=np.int32))
    low, high = (np.concatenate(side) for side in zip(*kept, strict=True))
    keys = low.astype(np.int64) * len(pool) + high
    keys.sort()
    return Pairs((keys // len(pool)).astype(np.int32), (keys % len(pool)).astype(np.int32))


def shared_modes(pool: Pool, pairs: Pairs) -> Bits:
    """One bit of `MODE_BITS` per pair: what it is proposed for. Romantic wins where both are shared."""
    shared = pool.modes[pairs.low] & pool.modes[pairs.high]
    romantic = np.uint8(MODE_BITS["romantic"])
    return np.where(shared & romantic, romantic, shared)


def _same_age_window(
    pool: Pool, ages: Whole, lowest: Whole, among: Whole
) -> Iterator[tuple[Positions, Positions]]:
    """Pairs that share a mode, want each other's gender and are within each other's age window."""
    # Small integers: a table of comparisons reads eight times less memory than with 64 bits.
    age, youngest, oldest = (
        np.clip(column, 0, 255).astype(np.uint8) for column in (ages, lowest, pool.max_ages)
    )
    groups = list(_groups(pool, among))
    for at, (modes, gender, wanted, rows) in enumerate(groups):
        for other_modes, other_gender, other_wanted, columns in groups[at:]:
            if not (modes & other_modes and gender & other_wanted and other_gender & wanted):
                continue
            step = max(1, _TABLE_CELLS // len(columns))
            for part in slices(len(rows), step):
                row, column = rows[part, None], columns[None, :]
                fits = (age[column] >= youngest[row]) & (age[column] <= oldest[row])
                fits &= (age[row] >= youngest[column]) & (age[row] <= oldest[column])
                if rows is columns:
                    fits &= row < column
                found_rows, found_columns = np.nonzero(fits)
                first, second = rows[part][found_rows], columns[found_columns]
                yield np.minimum(first, second), np.maximum(first, second)


def _groups(pool: Pool, among: Whole) -> Iterator[tuple[int, int, int, Positions]]:
    """Mode bits, gender bit, preferred gender bits and the members who share them."""
    signature = (
        pool.modes[among].astype(np.int64) * 64
        + pool.genders[among].astype(np.int64) * 8
        + pool.preferred_genders[among]
    )
    for value in np.unique(signature).tolist():
        positions = np.sort(among[signature == value]).astype(np.int32)
        yield value // 64, value // 8 % 8, value % 8, positions


def _batches(
    tables: Iterable[tuple[Positions, Positions]],
) -> Iterator[tuple[Positions, Positions]]:
    """The same pairs in pieces of at most `_BATCH`, small neighbours joined."""
    waiting: list[tuple[Positions, Positions]] = []
    held = 0
    for table in tables:
        waiting.append(table)
        held += len(table[0])
        if held >= _BATCH:
            yield from _cut(waiting)
            waiting, held = [], 0
    if held:
        yield from _cut(waiting)


def _cut(
    waiting: list[tuple[Positions, Positions]],
) -> Iterator[tuple[Positions, Positions]]:
    low, high = (np.concatenate(side) for side in zip(*waiting, strict=True))
    for part in slices(len(low)):
        yield low[part], high[part]


def _pass_one_by_one(pool: Pool, low: Positions, high: Positions) -> tuple[Positions, Positions]:
    """Of these pairs those with a common language, near enough, and not excluded."""
    for passes in (_speak, _near, _not_excluded):
        keep = passes(pool, low, high)
        low, high = low[keep], high[keep]
    return low, high


def _speak(pool: Pool, low: Positions, high: Positions) -> Flags:
    """Each speaks a language the other wants, or the other wants any."""
    keep = np.ones(len(low), dtype=np.bool_)
    for one, other in ((low, high), (high, low)):
        spoken = pool.any_language[one]
        for word in range(pool.languages.shape[1]):
            spoken = spoken | (
                (pool.wanted_languages[one, word] & pool.languages[other, word]) != np.uint64(0)
            )
        keep &= spoken
    return keep


def _near(pool: Pool, low: Positions, high: Positions) -> Flags:
    """Within the smaller of both reaches; in the same time zone where a cell is missing.

    Where neither of the two names a distance, any pair is near enough.
    """
    reach = np.minimum(pool.reaches[low], pool.reaches[high])
    square = np.zeros(len(low))
    for axis in range(3):
        step = pool.places[low, axis] - pool.places[high, axis]
        square += step * step
    near = square <= reach
    placed = pool.has_place[low] & pool.has_place[high]
    same_zone: Flags = pool.zones[low] == pool.zones[high]
    return np.isinf(reach) | np.where(placed, near, same_zone)


def _not_excluded(pool: Pool, low: Positions, high: Positions) -> Flags:
    if not len(pool.excluded):
        return np.ones(len(low), dtype=np.bool_)
    keys = low.astype(np.int64) * len(pool) + high
    at = np.searchsorted(pool.excluded, keys)
    found = pool.excluded[np.minimum(at, len(pool.excluded) - 1)]
    apart: Flags = found != keys
    return apart
