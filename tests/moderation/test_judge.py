"""`scripts/judge` on a tiny file."""

from __future__ import annotations

from pathlib import Path

import pytest

from scripts.tools.judge.__main__ import main
from scripts.tools.judge.sentences import Sentence
from scripts.tools.judge.shares import TARGETS, Judged, flagged, refused, share

HEADER = "\t".join(Sentence._fields)
ROWS = [
    "en\tnone\tinnocent\tno\tplain\t\tno\t\tThe café opens at nine",
    "de\tthreat\tinnocent\tyes\tplain\t\tyes\tIch bringe dir {A}\tIch bringe dir Kuchen",
    "en\tthreat\trefused\tno\tplain\t\tno\t\tI will kill you",
    "en\tthreat\trefused\tno\tdisguised\tby hand\tno\t\ti will k1ll you",
    "en\tthreat\trefused\tno\tplain\t\tno\t\tYour tulips will suffer",
    "de\tmoney\tflagged\tno\tplain\t\tno\t\tKannst du mir 300 Euro leihen",
]


def write(path: Path, *rows: str) -> str:
    path.write_text("\n".join([HEADER, *rows]) + "\n", encoding="utf-8")
    return str(path)


def test_a_file_is_counted_and_its_worst_named(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    write(tmp_path / "a.tsv", *ROWS)
    assert main([str(tmp_path)]) == 0
    told = capsys.readouterr().out
    lines = [" ".join(line.split()) for line in told.splitlines()]
    assert "refused 3 66.7% [20.8%, 93.9%] 66.7% [20.8%, 93.9%]" in lines
    assert "flagged: de money 1 100.0% [20.7%, 100.0%] 0.0% [ 0.0%, 79.3%]" in lines
    assert "refused: by hand 1 100.0% [20.7%, 100.0%] 100.0% [20.7%, 100.0%]" in lines
    assert "innocent, hard: template 1 0.0% [ 0.0%, 79.3%] 0.0% [ 0.0%, 79.3%]" in lines
    assert any(line.startswith("to be refused, plain: refused 50.0%") and "MISSED" in line for line in lines)
    assert "innocent, and scored: 0" in lines
    assert "0.00 en threat plain: Your tulips will suffer" in lines


def test_what_is_refused_may_be_chosen(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    path = write(tmp_path / "a.tsv", *ROWS)
    assert main([path, "--refused-from", "0"]) == 0
    assert "to be refused, and delivered: 0" in capsys.readouterr().out


def test_how_many_are_told_may_be_chosen(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert main([write(tmp_path / "a.tsv", *ROWS), "--worst", "0"]) == 0
    told = capsys.readouterr().out
    assert "to be refused, and delivered: 1" in told
    assert "tulips" not in told


@pytest.mark.parametrize(
    ("written", "said"),
    [
        ("language\ttext\nen\thello\n", "the first line must name language, kind"),
        (f"{HEADER}\nen\tnone\n", "line 2: 2 fields, not 9"),
        (f"{HEADER}\n" + ROWS[0].replace("innocent", "harmless"), "line 2: expect must be one of innocent"),
    ],
)
def test_a_file_that_cannot_be_used_is_named(
    tmp_path: Path, capsys: pytest.CaptureFixture[str], written: str, said: str
) -> None:
    (tmp_path / "a.tsv").write_text(written, encoding="utf-8")
    assert main([str(tmp_path / "a.tsv")]) == 2
    assert said in capsys.readouterr().err


def test_a_file_that_is_not_there_is_named(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert main([str(tmp_path / "a.tsv")]) == 2
    assert capsys.readouterr().err.startswith("scripts/judge: ")


def test_intervals_are_those_of_wilson() -> None:
    # Newcombe 1998, table I: 81 of 263, 15 of 148, 0 of 20.
    for hits, of, low, high in ((81, 263, 0.2553, 0.3662), (15, 148, 0.0624, 0.1605), (0, 20, 0, 0.1611)):
        assert list(share(hits, of)) == pytest.approx([hits, of, low, high], abs=5e-5)
    assert (share(0, 0).low, share(0, 0).high) == (0, 1)


def test_a_target_is_judged_by_the_worse_end() -> None:
    sentence = Sentence("en", "none", "innocent", False, "plain", "", False, "", "hello")
    at_most, at_least = TARGETS[0], TARGETS[4]
    assert (at_most.bound, at_least.bound) == (0.005, 0.90)

    def rows(n: int, *, score: float) -> list[Judged]:
        return [Judged(sentence, score, score >= 90)] * n

    assert not at_most.is_met(refused(rows(700, score=0)))
    assert at_most.is_met(refused(rows(800, score=0)))
    assert not at_least.is_met(refused(rows(30, score=90)))
    assert at_least.is_met(refused(rows(40, score=90)))
    assert not at_most.is_met(refused([]))
    assert (flagged(rows(3, score=1)).hits, refused(rows(3, score=1)).hits) == (3, 0)
