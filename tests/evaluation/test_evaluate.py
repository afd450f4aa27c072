"""`scripts/evaluate`, on made-up evenings; on a real file only where CONNECT_SPEED_DATING names one."""

import csv
import os
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest

from scripts.tools.evaluate.__main__ import main
from scripts.tools.evaluate.judged import Whole, figures, together
from scripts.tools.evaluate.questionnaire import IDENTITY, SCHEMA
from scripts.tools.evaluate.starts import cold_start, warm_start
from scripts.tools.evaluate.table import read_table, rows_of
from tests.evaluation.evenings import Row, make_evenings, write_evenings

OUTCOMES = ("dec", "dec_o", "match")


def scored(path: Path) -> dict[tuple[str, str], str]:
    with path.open(encoding="utf-8", newline="") as file:
        return {(row["iid"], row["pid"]): row["score"] for row in csv.DictReader(file)}


def score(
    folder: Path, learned: list[Row], judged: list[Row], without: tuple[str, ...] = ()
) -> dict[tuple[str, str], str]:
    first = write_evenings(folder / "a.csv", learned)
    second = write_evenings(folder / "b.csv", judged, without)
    out = folder / "scores.csv"
    assert main(["--fit", str(first), "--predict", str(second), "--out", str(out)]) == 0
    return scored(out)


def test_a_file_is_judged_cold_and_warm(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert main([str(write_evenings(tmp_path / "a.csv", make_evenings(waves=2)))]) == 0
    told = capsys.readouterr()
    assert "144 decisions, 72 pairs, 2 waves" in told.out
    for word in ("Cold start", "Warm start", "AUC within waves", "log loss", "AP", "NDCG@5", "P@3", "random"):
        assert word in told.out
    assert "cold start, fold 2 of 2" in told.err


def test_one_wave_has_no_cold_start(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert main([str(write_evenings(tmp_path / "a.csv", make_evenings(waves=1)))]) == 0
    told = capsys.readouterr().out
    assert "Cold start left out" in told
    assert "few waves: the intervals tell how people vary" in told
    assert "Warm start" in told


def test_a_wave_is_judged_by_models_that_never_saw_it(tmp_path: Path) -> None:
    path = write_evenings(tmp_path / "a.csv", make_evenings(waves=3, side=8, charm=True))
    (rows,) = rows_of([read_table(path, decided=True)])
    cold = cold_start(rows, 3, 0, lambda _: None)
    assert cold is not None
    assert abs(figures(cold)[0].value - 0.5) < 0.12
    # The known half of a wave does tell who is charming.
    assert figures(together([half.model for half in warm_start(rows, 0, lambda _: None, 2)]))[0].value > 0.7


def test_the_judged_half_is_not_learned_from(tmp_path: Path) -> None:
    (rows,) = rows_of([read_table(write_evenings(tmp_path / "a.csv", make_evenings(waves=2)), decided=True)])
    half = warm_start(rows, 0, lambda _: None, 1)[0].model
    judged = np.isin(_pairs(rows.givers, rows.receivers), _pairs(half.low, half.high))
    turned = replace(rows, accepted=np.where(judged, 1.0 - rows.accepted, rows.accepted))
    again = warm_start(turned, 0, lambda _: None, 1)[0].model
    assert judged.mean() == 0.5
    assert again.chance.tobytes() == half.chance.tobytes()


def _pairs(one: Whole, other: Whole) -> Whole:
    return np.minimum(one, other) * 1_000 + np.maximum(one, other)


def test_scores_of_new_waves_find_their_matches(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    rows = make_evenings(waves=5)
    new = [row for row in rows if int(str(row["wave"])) > 4]
    scores = score(tmp_path, [row for row in rows if int(str(row["wave"])) <= 4], new)
    assert "72 scores written" in capsys.readouterr().out
    assert len(scores) == len(new)
    best = sorted(new, key=lambda row: -float(scores[str(row["iid"]), str(row["pid"])]))
    third = len(new) // 3
    assert sum(int(str(row["match"])) for row in best[:third]) > 2 * sum(
        int(str(row["match"])) for row in best[-third:]
    )
    assert all(scores[one, other] == scores[other, one] for one, other in scores)


def test_outcomes_of_the_judged_file_are_neither_needed_nor_read(tmp_path: Path) -> None:
    rows = make_evenings()
    learned, new = rows[:216], rows[216:]
    with_outcomes = score(tmp_path, learned, new)
    turned = [row | {"dec": 1 - int(str(row["dec"])), "dec_o": "x", "match": "x"} for row in new]
    assert score(tmp_path, learned, turned) == with_outcomes
    assert score(tmp_path, learned, new, without=OUTCOMES) == with_outcomes


def test_race_religion_and_the_partners_decision_are_never_read(tmp_path: Path) -> None:
    rows = make_evenings(waves=3)
    unread = ("race", "imprace", "samerace", "imprelig", "dec_o", "match")
    assert not {*SCHEMA.answers(), *SCHEMA.pair, *IDENTITY} & set(unread)
    kept = read_table(write_evenings(tmp_path / "a.csv", rows), decided=True).columns
    bare = read_table(write_evenings(tmp_path / "b.csv", rows, without=unread), decided=True).columns
    assert kept == bare


def test_known_decisions_of_the_same_people_count(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    rows = make_evenings(waves=4)
    chosen = rows[-2]
    judged = [row for row in rows if row["wave"] == 4 and chosen["iid"] in (row["iid"], row["pid"])]
    learned = [row for row in rows if row not in judged]
    generous = [row | {"dec": 1} if row["wave"] == 4 else row for row in learned]
    key = str(chosen["iid"]), str(chosen["pid"])
    assert float(score(tmp_path, generous, judged)[key]) > float(score(tmp_path, learned, judged)[key])
    capsys.readouterr()
    score(tmp_path, rows, judged)
    assert "12 rows of b.csv stand in a.csv too" in capsys.readouterr().out


def test_missing_answers_and_a_byte_order_mark_are_read(tmp_path: Path) -> None:
    rows = [row | {"age": "", "int_corr": "NA", "art": "nan"} for row in make_evenings(waves=3)]
    path = write_evenings(tmp_path / "a.csv", rows)
    path.write_bytes(b"\xef\xbb\xbf" + path.read_bytes())
    assert main(["--fit", str(path), "--predict", str(path), "--out", str(tmp_path / "s.csv")]) == 0


@pytest.mark.parametrize(
    ("change", "message"),
    [
        ({"iid": ""}, "line 4: iid is empty"),
        ({"iid": "1.5"}, "line 4: iid is not a whole number"),
        ({"age": "old"}, "line 4: age is not a number"),
        ({"age": "inf"}, "line 4: age is not a finite number"),
        ({"dec": "2"}, "line 4: dec is neither 0 nor 1"),
        ({"gender": "3"}, "line 4: gender is neither 0 nor 1"),
    ],
)
def test_a_wrong_field_is_named_by_line_and_column(
    change: Row, message: str, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    rows = make_evenings(waves=2)
    rows[2] |= change
    assert main([str(write_evenings(tmp_path / "a.csv", rows))]) == 2
    assert message in capsys.readouterr().err


@pytest.mark.parametrize(
    ("content", "message"),
    [
        (b"", "the file is empty"),
        (b"iid,pid,wave\n", "columns missing: gender, age"),
        (b"\xff\xfe\x00", "cannot be read as CSV: not UTF-8"),
    ],
)
def test_a_file_of_another_shape_is_refused(
    content: bytes, message: str, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    path = tmp_path / "a.csv"
    path.write_bytes(content)
    assert main([str(path)]) == 2
    assert message in capsys.readouterr().err


def test_small_and_lopsided_files_are_refused(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    rows = make_evenings(waves=2)
    header_only = write_evenings(tmp_path / "a.csv", rows)
    header_only.write_text(header_only.read_text().split("\n")[0] + "\n")
    for path, message in (
        (header_only, "no rows below the header"),
        (write_evenings(tmp_path / "b.csv", rows[:6]), "at least 20 are needed"),
        (write_evenings(tmp_path / "c.csv", rows[::2]), "no pair of which both decisions are known"),
        (write_evenings(tmp_path / "d.csv", [*rows, rows[0]]), "the same iid and pid stand on two rows"),
        (
            write_evenings(tmp_path / "e.csv", [row | {"dec": 1} for row in rows]),
            "every decision is the same",
        ),
        (tmp_path / "none.csv", "No such file: "),
    ):
        assert main([str(path)]) == 2
        assert message in capsys.readouterr().err


@pytest.mark.parametrize(
    "arguments",
    [
        [],
        ["--fit", "a.csv"],
        ["a.csv", "--out", "s.csv"],
        ["a.csv", "--folds", "1"],
        ["a.csv", "--seed", "-1"],
    ],
)
def test_a_wrong_call_is_explained(arguments: list[str], capsys: pytest.CaptureFixture[str]) -> None:
    with pytest.raises(SystemExit) as ended:
        main(arguments)
    assert ended.value.code == 2
    assert "usage: scripts/evaluate" in capsys.readouterr().err


if "CONNECT_SPEED_DATING" in os.environ:

    def test_real_evenings_are_foretold_better_than_by_chance_and_without_a_leak() -> None:
        (rows,) = rows_of([read_table(Path(os.environ["CONNECT_SPEED_DATING"]), decided=True)])
        judged = cold_start(rows, 7, 0, lambda _: None)
        assert judged is not None
        value = {figure.name.strip(): figure.value for figure in figures(judged)}
        assert 0.575 <= value["AUC within waves"] < 0.66
        assert value["log loss"] < value["of a constant"]
