"""Judges the learned model on a file, or fits it on one file and predicts another."""

from __future__ import annotations

import argparse
import csv
import sys
import time
from pathlib import Path

import numpy as np

from scripts.tools.evaluate.judged import FEW_WAVES, Judged, figures, together
from scripts.tools.evaluate.questionnaire import SCHEMA
from scripts.tools.evaluate.realised import CAPACITY, Realised, mean_of, realised
from scripts.tools.evaluate.starts import FOLDS, cold_start, meetings, warm_start
from scripts.tools.evaluate.table import TableError, read_table, rows_of
from shared.engine.learning import Rows, RowsError, fit, predict

_DESCRIPTION = """\
Judge the learned model of who accepts whom on real outcomes.

FILE is a CSV file of speed-dating decisions, one row per participant (iid) and partner (pid): wave, gender
(0 or 1), dec (1 yes, 0 no) and the sign-up answers; other columns are not read, and race and religion
never. Cold start: every wave is judged by a model that saw only other waves. Warm start: half of each
wave's pairs are known, the other half is judged. In square brackets: 95 of 100 bootstrap draws of waves
(of persons, with fewer than five waves).

With --fit A.csv --predict B.csv --out scores.csv the model learns from A and writes iid,pid,score for every
row of B: the chance of a match, the same for both directions of a pair. Decisions in B are not read.
Whoever also stands in A is judged by the decisions made there too.

Exit status: 0 done, 2 a file that cannot be used, or a wrong call.
"""


def main(arguments: list[str]) -> int:
    """0 when done, 2 with a sentence on stderr for a file that cannot be used, or a wrong call."""
    parser = argparse.ArgumentParser(
        prog="scripts/evaluate",
        description=_DESCRIPTION,
        formatter_class=argparse.RawDescriptionHelpFormatter,
    )
    parser.add_argument("file", nargs="?", type=Path, metavar="FILE")
    parser.add_argument("--folds", type=int, default=FOLDS, help=f"groups of waves (default {FOLDS})")
    parser.add_argument("--seed", type=int, default=0, help="of folds and known halves (default 0)")
    parser.add_argument("--fit", type=Path, metavar="A.csv", help="learn from these rows")
    parser.add_argument("--predict", type=Path, metavar="B.csv", help="and score these")
    parser.add_argument("--out", type=Path, metavar="scores.csv", help="into this file")
    chosen = parser.parse_args(arguments)
    predicting = (chosen.fit, chosen.predict, chosen.out)
    if chosen.file is None and any(predicting) and not all(predicting):
        parser.error("--fit, --predict and --out belong together")
    if (chosen.file is None) != all(predicting) or (chosen.file is not None and any(predicting)):
        parser.error("either FILE, or --fit, --predict and --out")
    if chosen.folds < 2 or chosen.seed < 0:
        parser.error("--folds starts at 2 and --seed at 0")
    try:
        if chosen.file is not None:
            _evaluate(chosen.file, chosen.folds, chosen.seed)
        else:
            _score(chosen.fit, chosen.predict, chosen.out)
    except (TableError, RowsError) as error:
        print(f"scripts/evaluate: {error}", file=sys.stderr)
        return 2
    except OSError as error:
        print(f"scripts/evaluate: Cannot write {error.filename}: {error.strerror}", file=sys.stderr)
        return 2
    return 0


def _evaluate(path: Path, folds: int, seed: int) -> None:
    (rows,) = rows_of([read_table(path, decided=True)])
    first, second = meetings(rows)
    matches = rows.accepted[first] * rows.accepted[second]
    waves = len(np.unique(rows.groups))
    print(f"{len(rows):,} decisions, {len(first):,} pairs, {waves} waves, {int(matches.sum()):,} matches")
    if not len(first):
        raise TableError(f"{path}: no pair of which both decisions are known")
    if waves < FEW_WAVES:
        print("few waves: the intervals tell how people vary, not how evenings do")
    cold = cold_start(rows, folds, seed, _progress)
    if cold is None:
        print("\nCold start left out: it needs at least two waves.")
    else:
        _show("Cold start: every wave by a model of other waves", cold, [realised(cold, None)])
    warm = warm_start(rows, seed, _progress)
    judged = together([half.model for half in warm])
    _show(
        "Warm start: half of each wave's pairs known, the other half judged",
        judged,
        [realised(half.model, half.received) for half in warm],
    )
    rival = figures(together([half.four_rates for half in warm]))[0]
    print(f"  Four shrunk yes-rates alone: AUC {rival.value:.3f}  [{rival.lower:.3f}, {rival.upper:.3f}]")


def _show(heading: str, judged: Judged, ways: list[list[Realised]]) -> None:
    print(
        f"\n{heading} ({len(judged) // len(ways):,} pairs{', means of 4 divisions' if len(ways) > 1 else ''})"
    )
    for figure in figures(judged):
        print(f"  {figure.name:<20} {figure.value:6.3f}  [{figure.lower:.3f}, {figure.upper:.3f}]")
    print(f"  Matches when everybody gets up to {CAPACITY} proposals:")
    people = len(np.unique(np.concatenate((judged.low, judged.high))))
    for way in mean_of(ways):
        share = way.matches / way.proposals if way.proposals else 0.0
        print(
            f"    {way.name:<14} {way.matches:6.1f} of {way.proposals:,.0f} proposals ({share:.1%}),"
            f" {way.served:,.0f} of {people:,} people served"
        )


def _score(learned: Path, judged: Path, out: Path) -> None:
    known = read_table(learned, decided=True)
    asked = read_table(judged, decided=False)
    rows, wanted = rows_of([known, asked])
    _progress(f"learning from {len(rows):,} rows of {learned.name}")
    model = fit(rows, SCHEMA)
    _progress(f"scoring {len(wanted):,} rows of {judged.name}")
    predicted = predict(model, wanted)
    with out.open("w", encoding="utf-8", newline="") as file:
        writer = csv.writer(file, lineterminator="\n")
        writer.writerow(("iid", "pid", "score"))
        ids = wanted.profiles.ids
        for giver, receiver, score in zip(wanted.givers, wanted.receivers, predicted.match, strict=True):
            writer.writerow((ids[giver], ids[receiver], f"{score:.9f}"))
    print(
        f"{len(wanted):,} scores written to {out}: {int(predicted.known.sum()):,} between people of"
        f" {learned.name}, {int((~predicted.known).sum()):,} with somebody new"
    )
    if both := _overlap(rows, wanted):
        print(f"{both:,} rows of {judged.name} stand in {learned.name} too: their outcome was learned from")


def _overlap(rows: Rows, wanted: Rows) -> int:
    known = set(zip(rows.givers.tolist(), rows.receivers.tolist(), strict=True))
    return sum(pair in known for pair in zip(wanted.givers.tolist(), wanted.receivers.tolist(), strict=True))


_BEGAN = time.monotonic()


def _progress(text: str) -> None:
    print(f"{time.monotonic() - _BEGAN:5.0f} s  {text} …", file=sys.stderr, flush=True)


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
