"""Proposes on a market that stands in a file, with the shortlist and the allocation of production."""

from __future__ import annotations

import argparse
import sys
import time
import zipfile
import zlib
from pathlib import Path
from typing import NamedTuple

import numpy as np
import numpy.typing as npt

from shared.engine.market import (
    Fairness,
    Market,
    MarketError,
    allocate,
    fairness,
    market_of_pairs,
    prices,
    shortlist,
    without_prices,
)

_DESCRIPTION = """\
Propose on a two-sided market that stands in a file.

MARKET.npz holds one row per eligible pair: i and j (whole numbers, 0 to n - 1) the two members, who stand
on the left and on the right; p the chance that i likes j, q that j likes i; and n, the members per side.
The proposals are written as i and j, best first. Nobody is in more than the capacity.

Exit status: 0 done, 2 a file that is no market, or cannot be read or written.
"""


class TwoSided(NamedTuple):
    """A market whose right side follows the left, and how many stand on each."""

    market: Market
    per_side: int


def main(arguments: list[str]) -> int:
    """0 when proposals were written, 2 with a sentence on stderr when the file is no market."""
    parser = argparse.ArgumentParser(
        prog="scripts/market", description=_DESCRIPTION, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("market", type=Path, metavar="MARKET.npz")
    parser.add_argument(
        "--capacity", type=_capacity, default=3, metavar="C", help="proposals each can take (default 3)"
    )
    parser.add_argument("--out", type=Path, required=True, metavar="PROPOSALS.npz")
    chosen = parser.parse_args(arguments)
    clock = _Clock()
    try:
        found = read(chosen.market, chosen.capacity)
        clock.note("file")
        market = found.market
        priced = prices(market)
        clock.note("prices")
        listed = shortlist(market, priced)
        clock.note("shortlist")
        edges = allocate(market, listed, priced)
        clock.note("allocation")
        write(chosen.out, found, edges)
    except MarketError as error:
        print(f"scripts/market: {error}", file=sys.stderr)
        return 2
    clock.note("writing")
    if not len(market):
        print(
            f"The market is empty: {2 * found.per_side:,} members, no eligible pairs, nothing to propose."
            f" {chosen.out} holds no rows."
        )
        return 0
    print(f"{2 * found.per_side:,} members, {len(market):,} eligible pairs, {len(edges):,} proposals")
    _say("greedy by chance", fairness(market, without_prices(market)))
    _say("proposed", fairness(market, edges))
    print(f"{clock.total:.2f} s: {', '.join(clock.notes)}")
    return 0


def read(path: Path, capacity: int) -> TwoSided:
    """The market in a file; raises MarketError saying what is wrong with it."""
    try:
        with path.open("rb") as file:
            archive = np.load(file, allow_pickle=False)
            if not isinstance(archive, np.lib.npyio.NpzFile):
                raise MarketError(f"{path}: not an .npz archive")
            missing = [name for name in ("i", "j", "p", "q", "n") if name not in archive]
            if missing:
                raise MarketError(f"{path}: lacks {', '.join(missing)}")
            left, right, p, q, size = (archive[name] for name in ("i", "j", "p", "q", "n"))
    except FileNotFoundError:
        raise MarketError(f"No such file: {path}") from None
    except OSError as error:
        raise MarketError(f"Cannot read {path}: {error.strerror or 'it is damaged'}") from None
    except (ValueError, EOFError, zipfile.BadZipFile, zlib.error) as error:
        if isinstance(error, MarketError):
            raise
        raise MarketError(f"{path}: not an .npz archive of numbers") from None
    if size.shape != () or size.dtype.kind not in "iu" or not 0 <= int(size) < 2**30:
        raise MarketError("n: not the number of members per side")
    per_side = int(size)
    for name, column in (("i", left), ("j", right)):
        if column.ndim != 1 or (len(column) and column.dtype.kind not in "iu"):
            raise MarketError(f"{name}: not a row of whole numbers")
        outside = np.flatnonzero((column < 0) | (column >= per_side))
        if len(outside):
            raise MarketError(f"{name}[{outside[0]}]: no member from 0 to n - 1")
    for name, column in (("p", p), ("q", q)):
        if column.ndim != 1 or (len(column) and column.dtype.kind != "f"):
            raise MarketError(f"{name}: not a row of chances")
    if not len(left) == len(right) == len(p) == len(q):
        raise MarketError("i, j, p, q: not of the same length")
    low, high = left.astype(np.int32), right.astype(np.int32) + np.int32(per_side)
    order = _ascending(low, high, per_side)
    if order is not None:
        low, high, p, q = low[order], high[order], p[order], q[order]
    room = np.full(2 * per_side, capacity, dtype=np.int64)
    return TwoSided(market_of_pairs(low, high, p, q, room), per_side)


def write(path: Path, found: TwoSided, edges: npt.NDArray[np.int64]) -> None:
    """Store the proposals as `i`, `j`, one row each, best first; raises MarketError where that fails."""
    try:
        with path.open("wb") as file:
            np.savez(file, i=found.market.low[edges], j=found.market.high[edges] - np.int32(found.per_side))
    except OSError as error:
        raise MarketError(f"Cannot write {path}: {error.strerror}") from None


def _ascending(
    low: npt.NDArray[np.int32], high: npt.NDArray[np.int32], per_side: int
) -> npt.NDArray[np.int64] | None:
    """The order that sorts the pairs, None where they are sorted; a pair given twice is an error."""
    keys = low.astype(np.int64) * (2 * per_side) + high
    if (np.diff(keys) > 0).all():
        return None
    order = np.argsort(keys, kind="stable")
    again = np.flatnonzero(np.diff(keys[order]) == 0)
    if len(again):
        first, second = sorted(order[again[0] : again[0] + 2].tolist())
        raise MarketError(f"i, j: rows {first} and {second} are the same pair")
    return order


def _say(name: str, figures: Fairness) -> None:
    without = figures.members - figures.members_with_proposal
    print(
        f"{name + ':':<18}{figures.expected_matches:.4f} expected matches per member,"
        f" {100 * without / max(1, figures.members):.2f} % without a proposal, Gini {figures.gini:.4f},"
        f" tenth percentile {figures.tenth_percentile:.3f}, envy {100 * figures.envy:.1f} %,"
        f" largest load {figures.largest_load}"
    )


def _capacity(text: str) -> int:
    if not text.isdecimal() or len(text) > 10 or not 1 <= int(text) <= 2**31:
        raise argparse.ArgumentTypeError(f"everybody takes at least 1 proposal: {text} is no such number")
    return int(text)


class _Clock:
    """Seconds since the last note, and in all."""

    def __init__(self) -> None:
        self._begin = self._last = time.perf_counter()
        self.notes: list[str] = []

    def note(self, name: str) -> None:
        now = time.perf_counter()
        self.notes.append(f"{name} {now - self._last:.2f}")
        self._last = now

    @property
    def total(self) -> float:
        return self._last - self._begin


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
