"""Teaches the classifier of chat moderation, and tries what it learns on sentences it was not taught."""

from __future__ import annotations

import argparse
import sys
from collections.abc import Iterable, Sequence
from hashlib import sha256
from itertools import chain
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from scripts.tools.teach.examples import REFUSED_FROM, Example, examples, ways
from scripts.tools.teach.learning import Floats, learned, quantised
from scripts.tools.teach.triggers import prepare
from shared.chat.moderation import learned as classifier
from shared.chat.moderation import rules

_FOLDS = 5
_MOST_FLAGGED = (0.005, 0.02)
_MOST_REFUSED = (0.003, 0.012)
"""What shares of innocent sentences, ordinary and hard ones, may be flagged, and refused."""
_MOST_DOUBTED = 0.01
"""What share of sentences to be refused may be delivered: one rule alone holds, and they look innocent."""
_DESCRIPTION = """\
Prepare the rules of chat moderation (shared/chat/moderation/prepared.py), teach its classifier (learned.py),
and write both.

It learns from tests/moderation/seen, the hits and misses of the rules, and the lines beside this tool. Five
times it is taught four fifths, and tried on the rest; from these scores come the bounds from which a message
is flagged, and refused, and up to which one rule alone is doubted. Sentences of one template stay together.

Exit status: 0 done, 2 a wrong call.
"""


def main(arguments: list[str]) -> int:
    """0 when done."""
    parser = argparse.ArgumentParser(
        prog="scripts/teach", description=_DESCRIPTION, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("--try", action="store_true", dest="only_try", help="write nothing")
    parser.add_argument("--rules", action="store_true", help="prepare the rules alone, in half a minute")
    chosen = parser.parse_args(arguments)
    if not chosen.only_try:
        _write("prepared.bin", prepare())
    if chosen.rules:
        return 0
    taught = examples()
    read = [
        [list(chain(*classifier.pieces(way)))[: classifier.MOST_WORDS] for way in ways(e.text)]
        for e in taught
    ]
    sets = [_sets(each) for each in read]
    scores, by_clause = _tried(taught, sets)
    scores[[not any(map(classifier.is_grave, each)) for each in read]] = -np.inf
    sure = np.array([_sure(e) for e in taught])
    bounds = _bounds(taught, scores, np.where(sure == 1, by_clause, np.inf))
    _print(taught, scores, sure, bounds)
    if not chosen.only_try:
        content = _weights(taught, sets, bounds)
        _write(
            "weights.bin", _without_doubts(content, [e for e, n in zip(taught, sure, strict=True) if n == 1])
        )
    return 0


def _write(name: str, content: bytes) -> None:
    Path(classifier.__file__).with_name(name).write_bytes(content)
    print(f"{len(content):,} bytes in {name}")


def _sets(pieces: Iterable[Sequence[str]]) -> list[list[int]]:
    return [sorted(classifier.places(words)) for words in pieces]


def _sure(example: Example) -> int:
    """How many rules would refuse it."""
    return sum(score >= REFUSED_FROM for _, score in rules.found(ways(example.text), contact=False))


def _learn(taught: Sequence[Example], sets: Sequence[Sequence[Sequence[int]]]) -> tuple[Floats, float]:
    return learned(
        [each[0] for each in sets],
        [e.group for e in taught],
        [float(e.expect == "refused") for e in taught],
        [e.weight for e in taught],
        classifier.SIZE,
    )


def _tried(taught: Sequence[Example], sets: Sequence[Sequence[Sequence[int]]]) -> tuple[Floats, Floats]:
    """The sum of each text, and the highest of its clauses, by a table that was not taught it."""
    fold = np.array([int.from_bytes(sha256(e.group.encode()).digest()[:4]) % _FOLDS for e in taught])
    scores, by_clause = np.zeros(len(taught)), np.full(len(taught), np.inf)
    for one in range(_FOLDS):
        rest = [int(i) for i in np.flatnonzero(fold != one)]
        table, bias = _learn([taught[i] for i in rest], [sets[i] for i in rest])

        def highest(sets: Iterable[Sequence[int]], table: Floats = table, bias: float = bias) -> float:
            return max((bias + table[s].sum() * classifier.norm(len(s)) for s in sets), default=np.inf)

        for i in map(int, np.flatnonzero(fold == one)):
            scores[i] = highest(sets[i])
            by_clause[i] = highest(_sets(classifier.clauses(ways(taught[i].text))))
    return scores, by_clause


def _bounds(taught: Sequence[Example], scores: Floats, of_one_rule: Floats) -> dict[str, float]:
    """Up to where one rule is doubted, and from where a sum is flagged, and refused, by the shares above."""
    of = [(e.expect, e.hard) for e in taught if e.origin != "rule"]
    own = np.array([e.origin != "rule" for e in taught])
    scores, of_one_rule = scores[own], of_one_rule[own]

    def bound(most: tuple[float, float]) -> float:
        sorts = [np.array([one == ("innocent", hard) for one in of]) for hard in (False, True)]
        return max(
            float(np.quantile(scores[sort], 1 - share)) for sort, share in zip(sorts, most, strict=True)
        )

    guilty = np.sort(of_one_rule[[expect == "refused" for expect, _ in of]])
    return {
        "doubted": float(guilty[int(len(guilty) * _MOST_DOUBTED)]),
        "flagged": bound(_MOST_FLAGGED),
        "refused": bound(_MOST_REFUSED),
    }


def _weights(
    taught: Sequence[Example], sets: Sequence[Sequence[Sequence[int]]], bounds: dict[str, float]
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
    head: dict[str, object] = {
        "version": classifier.VERSION, "scale": scale, "bias": bias, "words": classifier.digest_of_words(),
    }  # fmt: skip
    return classifier.packed(head | bounds, content, kinds)


def _without_doubts(content: bytes, of_one_rule: Iterable[Example]) -> bytes:
    """The weights, with a bound of doubt below every hit that stands beside a rule."""
    weights = classifier.unpacked(content)
    sums = [
        max(map(weights.total, map(classifier.places, classifier.clauses(ways(e.text)))), default=np.inf)
        for e in of_one_rule
        if (e.origin, e.expect) == ("rule", "refused")
    ]
    return classifier.with_head(content, doubted=min(weights.doubted, *sums))


def _print(
    taught: Sequence[Example], scores: Floats, sure: NDArray[np.int64], bounds: dict[str, float]
) -> None:
    print(", ".join(f"{name} {bound:.2f}" for name, bound in bounds.items()))
    print("Of sentences that were not taught:")
    weights = np.array([e.weight for e in taught])
    sorts = [f"{e.origin}, {e.expect}{', hard' if e.hard else ''}" for e in taught]
    sorts_missed = [
        f"{sort}, and delivered by rules" if rules_sure == 0 and e.expect == "refused" else ""
        for sort, rules_sure, e in zip(sorts, sure, taught, strict=True)
    ]
    for names in (sorts, sorts_missed):
        for name in sorted(set(names) - {""}):
            which = np.array([one == name for one in names])
            shares = [
                weights[which & (scores >= bounds[one])].sum() / weights[which].sum()
                for one in ("flagged", "refused")
            ]
            print(f"  {name:46}{which.sum():6}  flagged {shares[0]:6.1%}  refused {shares[1]:6.1%}")


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
