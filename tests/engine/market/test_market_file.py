"""`scripts/market`: a market in a file."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import numpy as np
import pytest

from scripts.tools import market

TWO: dict[str, Any] = {
    "i": np.array([0, 0, 1, 1], dtype=np.int32),
    "j": np.array([0, 1, 0, 1], dtype=np.int32),
    "p": np.array([0.9, 0.8, 0.8, 0.1], dtype=np.float32),
    "q": np.ones(4, dtype=np.float32),
    "n": 2,
}


def run(folder: Path, columns: dict[str, Any], *options: str) -> int:
    np.savez(folder / "market.npz", **columns)
    return market.main([str(folder / "market.npz"), "--out", str(folder / "out.npz"), *options])


def pairs(folder: Path) -> list[tuple[int, int]]:
    with np.load(folder / "out.npz") as found:
        assert found["i"].dtype == found["j"].dtype == np.int32
        return list(zip(found["i"].tolist(), found["j"].tolist(), strict=True))


def test_proposals_are_written_and_summed_up(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert run(tmp_path, TWO, "--capacity", "1") == 0
    assert pairs(tmp_path) == [(0, 1), (1, 0)]
    said = capsys.readouterr().out
    assert "4 members, 4 eligible pairs, 2 proposals" in said
    assert (
        "proposed:         0.8000 expected matches per member, 0.00 % without a proposal, Gini 0.0000" in said
    )


def test_three_each_unless_told_otherwise(tmp_path: Path) -> None:
    assert run(tmp_path, TWO) == 0
    assert pairs(tmp_path) == [(0, 0), (0, 1), (1, 0), (1, 1)]


def test_rows_in_any_order(tmp_path: Path) -> None:
    mixed = {name: column[[2, 0, 3, 1]] if name != "n" else column for name, column in TWO.items()}
    assert run(tmp_path, mixed, "--capacity", "1") == 0
    assert pairs(tmp_path) == [(0, 1), (1, 0)]


@pytest.mark.parametrize("members", [0, 3])
def test_a_market_without_pairs(tmp_path: Path, capsys: pytest.CaptureFixture[str], members: int) -> None:
    empty = {name: column[:0] for name, column in TWO.items() if name != "n"}
    assert run(tmp_path, empty | {"n": members}) == 0
    assert pairs(tmp_path) == []
    assert f"The market is empty: {2 * members} members, no eligible pairs" in capsys.readouterr().out


@pytest.mark.parametrize(
    ("wrong", "said"),
    [
        ({"i": np.array([0, 0, 1, 2])}, "i[3]: no member"),
        ({"j": np.array([0, 1, -1, 1])}, "j[2]: no member"),
        ({"i": np.zeros(4)}, "i: not a row of whole numbers"),
        ({"i": np.zeros((2, 2), int)}, "i: not a row of whole numbers"),
        ({"p": np.array([0.1, 0.2, np.nan, 0.3])}, "p[2]: not a number from 0 to 1"),
        ({"q": np.array([0.1, 0.2, 0.3, 1.5])}, "q[3]: not a number from 0 to 1"),
        ({"q": np.ones(3)}, "i, j, p, q: not of the same length"),
        ({"q": np.ones(4, int)}, "q: not a row of chances"),
        ({"n": -1}, "n: not the number"),
        ({"n": 1.5}, "n: not the number"),
        ({"n": np.array([2])}, "n: not the number"),
        ({"i": np.array([0, 1, 1, 1])}, "rows 1 and 3 are the same pair"),
    ],
)
def test_a_wrong_market_is_told(
    tmp_path: Path, capsys: pytest.CaptureFixture[str], wrong: dict[str, Any], said: str
) -> None:
    assert run(tmp_path, TWO | wrong) == 2
    assert said in capsys.readouterr().err
    assert not (tmp_path / "out.npz").exists()


def test_a_wrong_file_is_told(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    text, single, pickled, cut = (tmp_path / name for name in ("a.npz", "b.npz", "c.npz", "d.npz"))
    text.write_text("not a market")
    with single.open("wb") as file:
        np.save(file, np.zeros(3))
    np.savez(pickled, **(TWO | {"i": np.array([None, {}], dtype=object)}))
    np.savez(cut, **TWO)
    cut.write_bytes(cut.read_bytes()[:-40])
    (tmp_path / "empty.npz").touch()
    for path in (text, single, pickled, cut, tmp_path / "empty.npz", tmp_path / "missing.npz", tmp_path):
        assert market.main([str(path), "--out", str(tmp_path / "out.npz")]) == 2
        assert capsys.readouterr().err.startswith("scripts/market: ")
    assert market.main(["nowhere.npz", "--out", str(tmp_path / "out.npz")]) == 2
    assert capsys.readouterr().err == "scripts/market: No such file: nowhere.npz\n"
    assert market.main([str(tmp_path), "--out", str(tmp_path / "out.npz")]) == 2
    assert "Is a directory" in capsys.readouterr().err
    lacking = {name: column for name, column in TWO.items() if name not in "jq"}
    assert run(tmp_path, lacking) == 2
    assert "lacks j, q" in capsys.readouterr().err


def test_nowhere_to_write(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    np.savez(tmp_path / "market.npz", **TWO)
    assert market.main([str(tmp_path / "market.npz"), "--out", str(tmp_path / "no" / "out.npz")]) == 2
    assert "scripts/market: Cannot write " in capsys.readouterr().err


@pytest.mark.parametrize("capacity", ["0", "-1", "1.5", "many"])
def test_a_capacity_that_is_none(tmp_path: Path, capsys: pytest.CaptureFixture[str], capacity: str) -> None:
    with pytest.raises(SystemExit) as ended:
        run(tmp_path, TWO, "--capacity", capacity)
    assert ended.value.code == 2
    assert f"everybody takes at least 1 proposal: {capacity} is" in capsys.readouterr().err
