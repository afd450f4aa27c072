"""Teaches the classifier of chat moderation, and tries what it learns on sentences it was not taught."""

from __future__ import annotations

import argparse
import sys
from collections.abc import Sequence
from hashlib import sha256
from itertools import chain
from pathlib import Path

import numpy as np

from scripts.tools.teach.examples import REFUSED_FROM, Example, examples, ways
from scripts.tools.teach.learning import Floats, learned, quantised
from shared.chat.moderation import learned as classifier
from shared.chat.moderation import rules

_FOLDS = 5
_MOST_FLAGGED = (0.001, 0.01)
_MOST_REFUSED = (0.001, 0.005)
"""What shares of innocent sentences, ordinary and hard ones, may be flagged, and refused."""
_DESCRIPTION = """\
Teach the classifier of chat moderation (shared/chat/moderation/learned.py), and write its weights.

It learns from tests/moderation/seen, the hits and misses of the rules, and the lines beside this tool. Five
times it is taught four fifths, and tried on the rest; from these scores come the two bounds from which a
message is flagged, and refused. Sentences of one template are never parted.

Exit status: 0 done, 2 a wrong call.
"""


def main(arguments: list[str]) -> int:
    """0 when done."""
    parser = argparse.ArgumentParser(
        prog="scripts/teach", description=_DESCRIPTION, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("--try", action="store_true", dest="only_try", help="write nothing")
    chosen = parser.parse_args(arguments)
    taught = examples()
    read = [
        [list(chain(*classifier.pieces(way)))[: classifier.MOST_WORDS] for way in ways(e.text)]
        for e in taught
    ]
    sets = [[sorted(classifier.places(words)) for words in each] for each in read]
    scores = _tried(taught, sets)
    scores[[not any(map(classifier.is_grave, each)) for each in read]] = -np.inf
    flagged, refused = _bounds(taught, scores)
    _print(taught, scores, flagged, refused)
    if not chosen.only_try:
        path = Path(classifier.__file__).with_name("weights.bin")
        path.write_bytes(_weights(taught, sets, flagged, refused))
        print(f"{path.stat().st_size:,} bytes in {path.name}")
    return 0


def _learn(taught: Sequence[Example], sets: Sequence[Sequence[Sequence[int]]]) -> tuple[Floats, float]:
    return learned(
        [each[0] for each in sets],
        [e.group for e in taught],
        [float(e.expect == "refused") for e in taught],
        [e.weight for e in taught],
        classifier.SIZE,
    )


def _tried(taught: Sequence[Example], sets: Sequence[Sequence[Sequence[int]]]) -> Floats:
    """The sum of each sentence, by a table that was not taught it."""
    fold = np.array([int.from_bytes(sha256(e.group.encode()).digest()[:4]) % _FOLDS for e in taught])
    scores = np.zeros(len(taught))
    for one in range(_FOLDS):
        rest = [int(i) for i in np.flatnonzero(fold != one)]
        table, bias = _learn([taught[i] for i in rest], [sets[i] for i in rest])
        for i in map(int, np.flatnonzero(fold == one)):
            scores[i] = max(bias + table[places].sum() * classifier.norm(len(places)) for places in sets[i])
    return scores


def _bounds(taught: Sequence[Example], scores: Floats) -> tuple[float, float]:
    """Where a sum is flagged, and refused: what no more innocent sentences reach than said above."""

    def bound(most: tuple[float, float]) -> float:
        of = [(e.expect, e.origin, e.hard) for e in taught]
        sorts = [np.array([one == ("innocent", "seen", hard) for one in of]) for hard in (False, True)]
        return max(
            float(np.quantile(scores[sort], 1 - share)) for sort, share in zip(sorts, most, strict=True)
        )

    return bound(_MOST_FLAGGED), bound(_MOST_REFUSED)


def _weights(
    taught: Sequence[Example], sets: Sequence[Sequence[Sequence[int]]], flagged: float, refused: float
) -> bytes:
    table, bias = _learn(taught, sets)
    content, scale = quantised(table)
    guilty = [i for i, e in enumerate(taught) if e.expect == "refused" and e.kind in classifier.KINDS]
    small = [sorted({place % classifier.SIZE_OF_KIND for place in sets[i][0]}) for i in guilty]
    kinds = []
    for kind in classifier.KINDS:
        wanted = [float(taught[i].kind == kind) for i in guilty]
        of_kind, _ = learned(
            small,
            [taught[i].group for i in guilty],
            wanted,
            [taught[i].weight for i in guilty],
            classifier.SIZE_OF_KIND,
        )
        kinds.append(np.clip(np.round(of_kind * 16), -127, 127).astype(np.int8).tobytes())
    head = {
        "version": classifier.VERSION, "scale": scale, "bias": bias, "flagged": flagged, "refused": refused,
        "words": classifier.digest_of_words(),
    }  # fmt: skip
    return classifier.packed(head, content, kinds)


def _print(taught: Sequence[Example], scores: Floats, flagged: float, refused: float) -> None:
    print(f"flagged from {flagged:.2f}, refused from {refused:.2f}; of sentences that were not taught:")
    weights = np.array([e.weight for e in taught])
    ruled = [max((score for _, score in rules.found(ways(e.text), contact=False)), default=0) for e in taught]
    sorts = [f"{e.origin}, {e.expect}{', hard' if e.hard else ''}" for e in taught]
    sorts_missed = [
        f"{sort}, and delivered by rules" if score < REFUSED_FROM and e.expect == "refused" else ""
        for sort, score, e in zip(sorts, ruled, taught, strict=True)
    ]
    for names in (sorts, sorts_missed):
        for name in sorted(set(names) - {""}):
            which = np.array([one == name for one in names])
            shares = [
                weights[which & (scores >= one)].sum() / weights[which].sum() for one in (flagged, refused)
            ]
            print(f"  {name:46}{which.sum():6}  flagged {shares[0]:6.1%}  refused {shares[1]:6.1%}")


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
