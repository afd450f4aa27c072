"""Judges sentences whose judgement is known, and counts."""

from __future__ import annotations

import argparse
import sys
from collections.abc import Callable, Sequence
from hashlib import sha256
from itertools import groupby
from pathlib import Path

from scripts.tools.judge.sentences import EXPECTED, Sentence, SentencesError, read_sentences
from scripts.tools.judge.shares import TARGETS, Judged, flagged, refused
from shared.chat.moderation.moderator import Moderator

_REFUSED = 90.0
_WORST = 20
_DESCRIPTION = """\
Judge sentences with the rules of chat moderation, and count what scores and what would be refused.

FILE is tab-separated, its first line names the columns: language (en, de), kind, expect (innocent, flagged,
refused), hard, spelling (plain, disguised), trick, template, source, text. A folder stands for every *.tsv
in it. Shares come with the interval that holds the true one 95 times in 100 (Wilson); a target is met when
the worse end of its interval keeps it. Then the worst sentences of each sort are printed: innocent ones that
score highest, guilty ones that score lowest.

Exit status: 0 done, 2 a file that cannot be used, or a wrong call.
"""


def main(arguments: list[str]) -> int:
    """0 when done, 2 with a sentence on stderr for a file that cannot be used, or a wrong call."""
    parser = argparse.ArgumentParser(
        prog="scripts/judge", description=_DESCRIPTION, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("files", nargs="+", type=Path, metavar="FILE")
    parser.add_argument(
        "--refused-from", type=float, default=_REFUSED, metavar="SCORE",
        help="settings.message_risk_refused (default 90)",
    )  # fmt: skip
    parser.add_argument(
        "--worst", type=int, default=_WORST, metavar="N",
        help="how many sentences of each sort to print (default 20)",
    )  # fmt: skip
    chosen = parser.parse_args(arguments)
    try:
        sentences = [s for path in _files(chosen.files) for s in read_sentences(path)]
    except SentencesError as error:
        print(f"scripts/judge: {error}", file=sys.stderr)
        return 2
    judged = [judge(s, chosen.refused_from) for s in sentences]
    _print_targets(judged)
    print(f"\n{'':44}{'n':>6}  {'flagged':24}{'refused':24}")
    _print_shares(judged, "", lambda s: s.expect + (", hard" if s.hard else ""))
    for title, key in _WAYS.items():
        _print_shares(judged, title, key)
    _print_worst(judged, chosen.worst)
    return 0


_WAYS: dict[str, Callable[[Sentence], str]] = {
    "by language and spelling": lambda s: f"{s.language} {s.spelling}",
    "by kind": lambda s: f"{s.language} {s.kind}",
    "by origin": lambda s: "template" if s.template else "made from a plain one" if s.source else "by hand",
    "by disguise": lambda s: s.trick,
}


def _files(paths: Sequence[Path]) -> list[Path]:
    return [file for path in paths for file in (sorted(path.glob("*.tsv")) if path.is_dir() else [path])]


def judge(sentence: Sentence, refused_from: float) -> Judged:
    """A sentence judged by moderation, and whether settings that refuse from such a score refuse it."""
    score = Moderator().judge(sentence.text, revealed=False).score
    return Judged(sentence, score, score >= refused_from)


def _print_targets(judged: Sequence[Judged]) -> None:
    for target in TARGETS:
        found = target.measure([j for j in judged if target.concerns(j.sentence)])
        bound = f"{'<=' if target.at_most else '>='} {target.bound:.1%}"
        verdict = ("met" if target.is_met(found) else "MISSED") if found.of else "–"
        print(f"{target.name:36}{found!s:26}of {found.of:5}   target {bound:9} {verdict}")


def _print_shares(judged: Sequence[Judged], title: str, key: Callable[[Sentence], str]) -> None:
    """A line for every value of `key`, within every judgement that was expected."""
    print(f"\n{title}" if title else "")

    def order(one: Judged) -> tuple[int, bool, str]:
        return EXPECTED.index(one.sentence.expect), one.sentence.hard, key(one.sentence)

    for (expect, hard, name), group in groupby(sorted(judged, key=order), order):
        if not name:
            continue
        rows = list(group)
        label = f"{EXPECTED[expect]}{', hard' if hard else ''}"
        if title:
            label = f"{label}: {name}"
        print(f"  {label:42}{len(rows):6}  {flagged(rows)!s:24}  {refused(rows)!s:24}")


def _print_worst(judged: Sequence[Judged], most: int) -> None:
    innocent = [j for j in judged if j.sentence.expect == "innocent" and j.score > 0]
    missed = [j for j in judged if j.sentence.expect == "refused" and not j.refused]
    unseen = [j for j in judged if j.sentence.expect == "flagged" and j.score == 0]
    for title, rows in (
        ("innocent, and scored", innocent),
        ("to be refused, and delivered", missed),
        ("to be flagged, and unseen", unseen),
    ):
        print(f"\n{title}: {len(rows)}")
        for one in sorted(rows, key=_worst_first)[:most]:
            s = one.sentence
            print(f"  {one.score:6.2f}  {s.language} {s.kind} {s.trick or s.spelling}: {s.text}")


def _worst_first(one: Judged) -> tuple[float, bytes]:
    """Among equals in the order of a hash, so that the first few are of many kinds."""
    innocent = one.sentence.expect == "innocent"
    return -one.score if innocent else one.score, sha256(one.sentence.text.encode()).digest()


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
