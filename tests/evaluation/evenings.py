"""Files of made-up speed-dating evenings."""

import csv
from collections.abc import Sequence
from pathlib import Path

import numpy as np

from scripts.tools.evaluate.questionnaire import SCHEMA

Row = dict[str, object]


def make_evenings(waves: int = 4, side: int = 6, seed: int = 2, *, charm: bool = False) -> list[Row]:
    """People who say yes to those of about their age, or with `charm` to those who have it, which no answer
    tells. Race, religion and the partner's decision stand in the rows too."""
    random = np.random.default_rng(seed)
    rows: list[Row] = []
    for wave in range(1, waves + 1):
        people: list[Row] = []
        for at in range(2 * side):
            answers: Row = {name: int(random.integers(1, 11)) for name in SCHEMA.answers()}
            answers |= {"age": int(random.integers(20, 40)), "race": "?", "imprace": "?", "imprelig": "?"}
            people.append(answers | {"iid": 100 * wave + at, "gender": int(at >= side), "wave": wave})
        for one in people[:side]:
            for other in people[side:]:
                apart = abs(float(str(one["age"])) - float(str(other["age"])))
                chances = [1 / (1 + np.exp(0.6 * apart - 3))] * 2
                if charm:  # every third is charming
                    chances = [0.9 if int(str(whom["iid"])) % 3 == 0 else 0.2 for whom in (other, one)]
                yes = [int(random.random() < chance) for chance in chances]
                pair: Row = {"int_corr": round(float(random.uniform(-1, 1)), 2), "samerace": "?"}
                pair["match"] = yes[0] * yes[1]
                rows.append(one | pair | {"pid": other["iid"], "dec": yes[0], "dec_o": yes[1]})
                rows.append(other | pair | {"pid": one["iid"], "dec": yes[1], "dec_o": yes[0]})
    return rows


def write_evenings(path: Path, rows: Sequence[Row], without: Sequence[str] = ()) -> Path:
    """The rows as a CSV file, some columns left out."""
    names = [name for name in rows[0] if name not in without]
    with path.open("w", encoding="utf-8", newline="") as file:
        writer = csv.DictWriter(file, names, extrasaction="ignore")
        writer.writeheader()
        writer.writerows(rows)
    return path
