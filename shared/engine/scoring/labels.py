"""The closed vocabulary that explains a pair: what may be said of which block in which mode.

A label is a word or two about a direction ("shared_values"), never a number, a place or a part of a chart.
Its text (`shared.words`) follows from the label and the language alone.

What a partner learns
---------------------
Somebody who knows all about themself learns from a label how the other lies relative to them in one block:
strength, tension or neither, at most log2(3) = 1.6 bits, and less in practice since most pairs are usual
ones. Two blocks come from birth data and have finer strengths: of `astro` seven things can be said (silence
among them), of `hd` five, together at most log2(35) = 5.1 bits, where a birth date within fifty years has 14
and one to the minute 25. A whole list, the order of its strengths included, is at most log2(5829) = 12.5
bits in a romantic match, log2(4976) = 12.3 in a friendship and log2(105) = 6.7 in a professional one. It is
told once: a pair is not proposed again, a live match keeps its labels whatever becomes of the data, and no
handle links two matches of the same person. That is why there are few labels and they are broad:

- No label names what it was made from, so "natural_ease" does not tell that a chart was read.
- `interests` never names one. "Interests in common" leaves open which, and how many.
- `location` has none. A member knows their own grid cell, and may move it: "nearby" from here and not from
  there would draw a circle around the other's home. It counts in the score and stays silent.
- `position` has none: "the level you look for" would tell the other's level.
- `goals` tells that goals meet, not which: whoever has one goal learns that the other has its answer. A goal
  is given to be known by members who answer it, and a member changes goals a few times a day at most.
- `industry` and `profile` share theirs. "The same industry" would tell the other's industry, or one of the
  few that a member wished for; "related work" leaves open which of the two blocks said so.
- A slow `activity` and a low `readiness` share "gentle_pace", which leaves open whose it is.
- Tensions have no finer labels.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import asdict
from types import MappingProxyType

from shared.engine.part import MODES, Saying
from shared.engine.scoring.parts import PARTS

__all__ = [
    "CARRIES",
    "OPEN",
    "SAYINGS",
    "TABLES",
    "VOCABULARIES",
    "VOCABULARY",
    "Saying",
]

OPEN = "open_beginning"
"""The label of a pair about which nothing is known, or in which nothing stands out."""

CARRIES = 0.5
"""A family of terms carries a block when it is more than this part of all that speaks for the pair."""


SAYINGS: Mapping[str, Mapping[str, Saying]] = MappingProxyType(
    {
        mode: MappingProxyType({part.name: part.sayings[mode] for part in PARTS if mode in part.sayings})
        for mode in MODES
    }
)
"""By mode, by part, in the order that breaks ties. A part that is not named here is silent."""


def _labels(sayings: Mapping[str, Saying]) -> frozenset[str]:
    said = {
        label for one in sayings.values() for label in (one.strength, one.tension, *one.families.values())
    }
    return frozenset({*said, OPEN})


VOCABULARIES: Mapping[str, frozenset[str]] = MappingProxyType(
    {mode: _labels(sayings) for mode, sayings in SAYINGS.items()}
)
"""By mode: every label a match of it can carry."""

VOCABULARY: frozenset[str] = frozenset().union(*VOCABULARIES.values())
"""Every label there is."""

TABLES: Mapping[str, object] = MappingProxyType(
    {
        "open": OPEN,
        "carries": CARRIES,
        "sayings": [
            [mode, [[block, asdict(one)] for block, one in sayings.items()]]
            for mode, sayings in SAYINGS.items()
        ],
    }
)
"""What the engine's version covers of the labels, the order of blocks included."""
