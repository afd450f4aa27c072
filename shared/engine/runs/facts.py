"""What is told of a pair, as a few bytes: its mode, its labels and its sub-scores.

A row of `FACTS` bytes holds

    byte 0          the bit of the mode: 1 romantic, 2 friendship, 4 professional
    bytes 1 to 4    the labels in their order, each as 1 + its place in `WORDS`; 0 where there is none
    the others      a big-endian 16-bit number for each part that plays in the mode, in the order of `PARTS`:
                    its sub-score in hundredths, 65535 where the pair does not share it; then 65535

Labels are those of `shared.engine.scoring.explanation.explain`, to the last bit of every comparison. Charts
with uncertain birth times are looked at instant by instant, which takes longer than all else. So a pair's
labels are sought first without them, and the charts are read where the answer depends on them.
"""

from __future__ import annotations

import math
from dataclasses import dataclass
from typing import NamedTuple

import numpy as np
import numpy.typing as npt

from shared.engine.compiled import across_cores, compiled
from shared.engine.configuration import CONFIGURATION
from shared.engine.features.certainty import PairInstants, carriers, pair_instants
from shared.engine.pool.pool import MODE_BITS, Bits, Flags, Numbers, Pool, Real, Whole
from shared.engine.scoring.labels import CARRIES, OPEN, SAYINGS, VOCABULARY
from shared.engine.scoring.parts import PARTS
from shared.engine.scoring.scores import SHARED, detail

LABELS = 4
"""Strengths and a tension, at most."""
WIDTH = max(map(len, SHARED.values()))
"""Parts that play in one mode, at most."""
FACTS = 1 + LABELS + 2 * WIDTH
"""Bytes of a pair."""
WORDS = tuple(sorted(VOCABULARY))
"""Label k + 1 is `WORDS[k]`."""
ABSENT = 65535

Codes = npt.NDArray[np.uint8]
Hundredths = npt.NDArray[np.uint16]

_PAIRS_AT_ONCE = 1 << 18
"""Pairs whose terms are in memory at one time."""
_BLOCK = 4096
"""Pairs whose terms are worked out by one thread."""
_MODE_NAMES = {bit: name for name, bit in MODE_BITS.items()}
_NAMES = {bit: tuple(PARTS[part].name for part in parts) for bit, parts in SHARED.items()}
_READINGS = {number: part.readings for number, part in enumerate(PARTS) if part.readings is not None}
_CHARTS = tuple(_READINGS)
"""Parts made from charts."""
_READ, _STRENGTH, _TENSION, _NAMED, _FAMILY = 1, 2, 4, 8, 16
"""What is known of a pair's charts: how sure a strength and a tension are; that they are sure enough; which
family carries the part; that this is sure enough."""


@dataclass(frozen=True)
class Described:
    """What is told of a pair, whoever reads it: scores 0 to 100 and labels."""

    mode: str
    breakdown: dict[str, float]
    """Every shared part on the scale of the total, so that usual is 50."""
    labels: list[str]


def told(facts: bytes | Codes) -> Described:
    """The pair behind one row of `facts_of`."""
    row = bytes(facts)
    scores = np.frombuffer(row, dtype=">u2", offset=1 + LABELS).tolist()
    return Described(
        mode=_MODE_NAMES[row[0]],
        breakdown={
            name: hundredths / 100
            for name, hundredths in zip(_NAMES[row[0]], scores, strict=False)
            if hundredths != ABSENT
        },
        labels=[WORDS[code - 1] for code in row[1 : 1 + LABELS] if code],
    )


def facts_of(pool: Pool, low: Whole, high: Whole) -> Codes:
    """A row of `FACTS` bytes for each pair (positions, low below high, each pair once), in their order."""
    found = np.empty((len(low), FACTS), dtype=np.uint8)
    # Formulas, and charts that are read, take the least time for pairs of one member after the other.
    order = np.lexsort((high, low))
    for first in range(0, len(order), _PAIRS_AT_ONCE):
        at = order[first : first + _PAIRS_AT_ONCE]
        found[at] = _facts(pool, low[at], high[at])
    return found


def hundredths(z: Real) -> Hundredths:
    """`two_decimals(score(z))` of each z, in hundredths."""
    return _hundredths(z, _DIVISOR)


_DIVISOR = CONFIGURATION.score_spread * math.sqrt(2.0)
"""As `score` divides by it."""


class _Tables(NamedTuple):
    """What compiled code takes of parts and labels; modes by the place of their bit."""

    playing: Numbers
    """(modes, WIDTH): the parts that play in a mode, then -1."""
    strengths: Codes
    """(modes, parts): the label's number, 0 for a part that is silent; likewise the next."""
    tensions: Codes
    charts: Numbers
    """By part, its place among those made from charts, or -1."""
    open: int
    most: int
    tension_below: float


def _tables() -> _Tables:
    code = {word: at + 1 for at, word in enumerate(WORDS)}
    playing = np.full((len(MODE_BITS), WIDTH), -1, dtype=np.int32)
    strengths = np.zeros((len(MODE_BITS), len(PARTS)), dtype=np.uint8)
    tensions = np.zeros_like(strengths)
    for mode, bit in MODE_BITS.items():
        playing[bit >> 1, : len(SHARED[bit])] = SHARED[bit]
        for number, part in enumerate(PARTS):
            if part.name in SAYINGS[mode]:
                saying = SAYINGS[mode][part.name]
                strengths[bit >> 1, number] = code[saying.strength]
                tensions[bit >> 1, number] = code[saying.tension]
    charts = np.full(len(PARTS), -1, dtype=np.int32)
    charts[list(_CHARTS)] = np.arange(len(_CHARTS))
    return _Tables(
        playing, strengths, tensions, charts,
        code[OPEN], CONFIGURATION.strengths, CONFIGURATION.tension_below,
    )  # fmt: skip


_TABLES = _tables()


def _facts(pool: Pool, low: Whole, high: Whole) -> Codes:
    """The same of pairs in the order of their members."""
    found = np.zeros((len(low), FACTS), dtype=np.uint8)
    z, contributions = np.empty((len(low), len(PARTS))), np.empty((len(low), len(PARTS)))

    def work(first: int, stop: int) -> None:
        terms = detail(pool, low[first:stop], high[first:stop])
        _write(terms.modes, terms.z, terms.present, _TABLES.playing, _DIVISOR, found[first:stop])
        z[first:stop] = np.where(terms.present, terms.z, np.nan)
        contributions[first:stop] = terms.weights * terms.z

    across_cores(work, len(low), _BLOCK)
    known = np.zeros((len(low), len(_CHARTS)), dtype=np.uint8)
    known[pool.charts.exact[low] & pool.charts.exact[high]] = _READ | _STRENGTH | _TENSION | _FAMILY
    finer = np.zeros_like(known)
    asked = np.zeros(known.shape, dtype=np.bool_)
    places = np.arange(len(low))
    # Each round reads at least one more chart of each pair that is left.
    while len(places):
        _say(places, z, contributions, known, finer, _TABLES, found, asked)
        places = np.flatnonzero(asked.any(axis=1))
        instants = pair_instants(pool.charts, low[places], high[places])
        for chart, number in enumerate(_CHARTS):
            which = asked[places, chart]
            at = places[which]
            found_known, found_finer = _read(instants.where(which), number, found[at, 0])
            known[at, chart] |= found_known
            finer[at, chart] = found_finer
        asked[:] = False
    return found


def _read(instants: PairInstants, number: int, modes: Codes) -> tuple[Codes, Codes]:
    """What charts say of pairs about one part: what is known then, and the label of the family that carries
    the part, 0 for its general one."""
    part, block = PARTS[number], CONFIGURATION.blocks[number]
    below = block.mean + CONFIGURATION.tension_below * block.deviation
    readings = _READINGS[number](instants, block.mean, below, CARRIES)
    known = np.full(len(modes), _READ | _NAMED, dtype=np.uint8)
    for likely, bit in (
        (readings.strength, _STRENGTH),
        (readings.tension, _TENSION),
        (readings.family, _FAMILY),
    ):
        known |= np.where(likely >= CONFIGURATION.sure, bit, 0).astype(np.uint8)
    finer = np.zeros((max(MODE_BITS.values()) + 1, len(readings.families) + 1), dtype=np.uint8)
    for mode, bit in MODE_BITS.items():
        saying = SAYINGS[mode].get(part.name)
        for at, family in enumerate(readings.families):
            if saying is not None and family in saying.families:
                finer[bit, at] = 1 + WORDS.index(saying.families[family])
    # No family carries: -1, the last.
    return known, finer[modes, carriers(np.stack([*readings.families.values()], axis=1), CARRIES)]


@compiled
def _hundredth(score: float) -> int:
    """`round(score, 2)` in hundredths: half to even by the score's own digits."""
    product = score * 100.0
    down = np.floor(product)
    if product - down != 0.5:
        return int(np.rint(product))
    # Was the product rounded to a half? Those of the upper and the lower half of the digits are exact.
    split = 134217729.0 * score
    upper = split - (split - score)
    error = (upper * 100.0 - product) + (score - upper) * 100.0
    return int(np.rint(product) if error == 0.0 else down + (error > 0.0))


@compiled
def rounded(scores: Real) -> Hundredths:
    """Scores in hundredths, as `two_decimals` rounds them."""
    found = np.empty(len(scores), dtype=np.uint16)
    for at in range(len(scores)):
        found[at] = _hundredth(scores[at])
    return found


@compiled
def _hundredths(z: Real, divisor: float) -> Hundredths:
    found = np.empty(len(z), dtype=np.uint16)
    for at in range(len(z)):
        found[at] = _hundredth(50.0 * math.erfc(-z[at] / divisor))
    return found


@compiled
def _write(modes: Bits, z: Real, present: Flags, playing: Numbers, divisor: float, found: Codes) -> None:
    """Mode and sub-scores of each pair."""
    for pair in range(len(modes)):
        found[pair, 0] = modes[pair]
        to = found.shape[1] - 2 * playing.shape[1]
        for part in playing[modes[pair] >> 1]:
            number = 65535
            if part >= 0 and present[pair, part]:
                number = _hundredth(50.0 * math.erfc(-z[pair, part] / divisor))
            found[pair, to] = number >> 8
            found[pair, to + 1] = number & 255
            to += 2


@compiled
def _say(
    places: Whole,
    z: Real,
    contributions: Real,
    known: Codes,
    finer: Codes,
    tables: _Tables,
    found: Codes,
    asked: Flags,
) -> None:
    """The labels of the pairs at `places`; a pair that needs to know more of a chart has it `asked`.

    `z` is not a number where a part is not shared.
    """
    strongest = np.empty(z.shape[1], dtype=np.int64)
    weakest = np.empty(z.shape[1], dtype=np.int64)
    for pair in places:
        _in_order(z[pair], contributions[pair], tables.strengths[found[pair, 0] >> 1], strongest, weakest)
        _say_one(
            z[pair], contributions[pair], known[pair], finer[pair], tables,
            strongest, weakest, found[pair], asked[pair],
        )  # fmt: skip


@compiled
def _in_order(z: Real, contributions: Real, said: Codes, strongest: Whole, weakest: Whole) -> None:
    """Shared parts that speak, strongest contribution first and last, -1 after them; equals by place."""
    strongest[:] = -1
    weakest[:] = -1
    count = 0
    for part in range(len(z)):
        if said[part] == 0 or math.isnan(z[part]):
            continue
        at = count
        while at > 0 and contributions[strongest[at - 1]] < contributions[part]:
            strongest[at] = strongest[at - 1]
            at -= 1
        strongest[at] = part
        at = count
        while at > 0 and contributions[weakest[at - 1]] > contributions[part]:
            weakest[at] = weakest[at - 1]
            at -= 1
        weakest[at] = part
        count += 1


@compiled
def _say_one(
    z: Real,
    contributions: Real,
    known: Codes,
    finer: Codes,
    tables: _Tables,
    strongest: Whole,
    weakest: Whole,
    found: Codes,
    asked: Flags,
) -> None:
    mode = found[0] >> 1
    praised = np.zeros(256, dtype=np.bool_)
    count = 0
    for part in strongest:
        if part < 0 or count == tables.most or contributions[part] <= 0.0:
            break
        general, chart = tables.strengths[mode, part], tables.charts[part]
        if praised[general]:
            continue
        label = general
        if chart >= 0:
            if not known[chart] & _READ:
                asked[chart] = True
                return
            if not known[chart] & _STRENGTH:
                continue
            if known[chart] & _FAMILY:
                if not known[chart] & _NAMED:
                    asked[chart] = True
                    return
                if finer[chart] != 0:
                    label = finer[chart]
        praised[general] = True
        found[1 + count] = label
        count += 1
    if count == 0:
        found[1] = tables.open
        count = 1
    for part in weakest:
        if part < 0 or contributions[part] >= 0.0:
            break
        chart = tables.charts[part]
        if z[part] >= tables.tension_below or praised[tables.strengths[mode, part]]:
            continue
        if chart >= 0:
            if not known[chart] & _READ:
                asked[chart] = True
                return
            if not known[chart] & _TENSION:
                continue
        found[1 + count] = tables.tensions[mode, part]
        break
