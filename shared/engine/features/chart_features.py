"""What everybody's charts are scored by: parsed once per run, then read by `synastry` and `composite`."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any, NamedTuple, cast

import numpy as np
import numpy.typing as npt

from shared.engine.charts import Samples, expand
from shared.engine.charts.packing import EXACT, EXACT_LENGTH, UNCERTAIN_LENGTH
from shared.engine.columns import PoolError, unpacked
from shared.engine.compiled import across_cores
from shared.engine.features import bodygraph, interpolation

AT_ONCE = 256
"""Charts in one piece of work: their instants stay in the processor's cache."""


@dataclass(frozen=True, eq=False)
class ChartFeatures:
    """One entry per member, in the order they were parsed in. Zeros where there is no chart."""

    packed: npt.NDArray[np.int32]
    """(members, 77): the chart as it is stored, zeros after its end."""
    present: npt.NDArray[np.bool_]
    exact: npt.NDArray[np.bool_]
    """The time of birth is known; implies `present`."""
    longitudes: npt.NDArray[np.int32]
    """(members, 13): microdegrees of `interpolation.POINTS` of exact charts, zeros for the others."""
    hat_range: npt.NDArray[np.int64]
    """(members, 2): first and past the last of a member's rows in `hat_entries`."""
    hat_entries: npt.NDArray[np.int32]
    """(entries, 2): place and weight as `interpolation.hats` gives them."""
    states: npt.NDArray[np.uint8]
    """(members, 128): the numbers of `bodygraph`, summed over 48 instants; an exact chart counts 48 times."""

    def __len__(self) -> int:
        return len(self.present)

    @classmethod
    def parse(cls, packed: Sequence[Sequence[int] | None]) -> ChartFeatures:
        """From packed charts (`Chart.packed`), None where a member has none or does not share it.

        Raises ValueError, with the position, for what is not a packed chart.
        """
        members = len(packed)
        stored = np.zeros((members, UNCERTAIN_LENGTH), dtype=np.int32)
        longitudes = np.zeros((members, len(interpolation.POINTS)), dtype=np.int32)
        states = np.zeros((members, bodygraph.STATES), dtype=np.uint8)
        counts = np.zeros(members, dtype=np.int64)

        def read(at: npt.NDArray[np.int64]) -> npt.NDArray[np.int32]:
            charts = [cast(Sequence[int], packed[position]) for position in at.tolist()]
            samples = _expand(charts, at)
            stored[at, : len(charts[0])] = charts
            instants = samples.natal.shape[1]
            if instants == 1:
                longitudes[at] = samples.natal[:, 0]
            states[at] = _states(samples) * np.uint8(interpolation.INSTANTS // instants)
            counts[at], entries = interpolation.hats(samples.natal)
            return entries

        # A chart's kind is its length; `expand` checks everything else.
        lengths = np.array([-1 if chart is None else _length(chart) for chart in packed], dtype=np.int64)
        uncertain = lengths == UNCERTAIN_LENGTH
        kinds = [np.flatnonzero((lengths >= 0) & ~uncertain), np.flatnonzero(uncertain)]

        def read_all(kind: npt.NDArray[np.int64]) -> list[npt.NDArray[np.int32]]:
            return across_cores(lambda start, stop: read(kind[start:stop]), len(kind), AT_ONCE)

        found = [part for kind in kinds for part in read_all(kind)]
        hat_range = np.zeros((members, 2), dtype=np.int64)
        placed = np.concatenate(kinds)
        ends = np.cumsum(counts[placed])
        hat_range[placed, 0] = ends - counts[placed]
        hat_range[placed, 1] = ends
        return cls(
            packed=stored,
            present=stored[:, 0] != 0,
            exact=stored[:, 0] == EXACT,
            longitudes=longitudes,
            hat_range=hat_range,
            hat_entries=np.concatenate([np.empty((0, 2), dtype=np.int32), *found]),
            states=states,
        )

    def take(self, order: npt.NDArray[np.int64]) -> ChartFeatures:
        """The same charts in another order of members."""
        return ChartFeatures(
            packed=self.packed[order],
            present=self.present[order],
            exact=self.exact[order],
            longitudes=self.longitudes[order],
            hat_range=self.hat_range[order],
            hat_entries=self.hat_entries,
            states=self.states[order],
        )

    def instants(self, members: npt.NDArray[np.int64]) -> Instants:
        """The charts of these members at each instant they may have been born at. All must be present."""
        counts = np.where(self.exact[members], 1, interpolation.INSTANTS)
        first = np.cumsum(counts) - counts
        natal = np.empty((int(counts.sum()), len(interpolation.POINTS)), dtype=np.int32)
        states = np.empty((len(natal), bodygraph.STATES), dtype=np.uint8)

        def fill_all(number: int, length: int) -> None:
            kind = np.flatnonzero(counts == number)

            def fill(start: int, stop: int) -> None:
                chosen = kind[start:stop]
                rows = (first[chosen, None] + np.arange(number)).ravel()
                samples = expand(cast(Sequence[Sequence[int]], self.packed[members[chosen], :length]))
                natal[rows] = samples.natal.reshape(len(rows), -1)
                states[rows] = bodygraph.states(natal[rows], samples.design.reshape(len(rows), -1), 1)

            across_cores(fill, len(kind), AT_ONCE)

        fill_all(1, EXACT_LENGTH)
        fill_all(interpolation.INSTANTS, UNCERTAIN_LENGTH)
        changed = (states[1:] != states[:-1]).any(axis=1)
        return Instants(first, counts, natal, states, np.cumsum(np.concatenate([[0], changed])))


def read_charts(name: str, packed: Sequence[Any]) -> ChartFeatures:
    """A pool's column of packed charts, null where a member has none: whole numbers in lists, or in four
    bytes each, the highest first, as base64. Raises `PoolError`."""
    charts = unpacked(name, packed, ">i4")
    for at, chart in enumerate(charts):
        if chart is not None and not (isinstance(chart, list) and chart):
            raise PoolError(f"{name}[{at}]: not a chart, nor null")
    try:
        return ChartFeatures.parse(charts)
    except ValueError as error:
        raise PoolError(f"{name}: {error}") from None


class Instants(NamedTuple):
    """Charts at single instants, in rows; member k has `counts[k]` (1 or 48) rows from `first[k]` on."""

    first: npt.NDArray[np.int64]
    counts: npt.NDArray[np.int64]
    natal: npt.NDArray[np.int32]
    """(rows, 13): microdegrees."""
    states: npt.NDArray[np.uint8]
    """(rows, 128): each 0 or 1 (a line up to 2)."""
    alike: npt.NDArray[np.int64]
    """Equal for rows that follow each other and have the same states."""


def _length(chart: Sequence[int]) -> int:
    return len(chart) if isinstance(chart, Sequence) else 0


def _expand(charts: Sequence[Sequence[int]], at: npt.NDArray[np.int64]) -> Samples:
    """`expand`, whose error names the position among all members."""
    try:
        return expand(charts)
    except ValueError:
        for chart, position in zip(charts, at.tolist(), strict=True):
            try:
                expand([chart])
            except ValueError:
                raise ValueError(f"entry {position} is not a packed chart; compute it again") from None
        raise


def _states(samples: Samples) -> npt.NDArray[np.uint8]:
    """Summed over the instants of each chart."""
    charts, instants, _ = samples.natal.shape
    rows = charts * instants
    return bodygraph.states(samples.natal.reshape(rows, -1), samples.design.reshape(rows, -1), instants)
