"""Real profiles: all of them ranked in memory, and who of them is proposed to anybody, by orientation."""

from __future__ import annotations

from pathlib import Path
from typing import Any

from scripts.tools.bench import pools
from scripts.tools.bench.apart import apart
from scripts.tools.bench.engine import tell
from scripts.tools.bench.figures import Figure, Figures

_ORIENTATION = {
    "female seeking male": "straight",
    "male seeking female": "straight",
    "female seeking female": "gay",
    "male seeking male": "gay",
    "female seeking female or male": "bisexual",
    "male seeking female or male": "bisexual",
}
"""As the statement names groups; the file knows women and men only."""

Groups = list[dict[str, Any]]


def measure(figures: Figures, folder: Path, file: Path, rows: int | None) -> None:
    """Figures of the run and its fairness statement."""
    with figures.part(f"Real profiles of {file.name}, in memory"):
        pool = folder / "profiles.json"
        pools.write(pools.answer_of(pools.of_profiles(file, rows)), pool)
        found = apart("engine_run", pool, 1)
        did = found["statement"]
        figures.add(Figure("members who search", found["members"], "members", better="higher"))
        tell(figures, found)
        for name, unit in (("tenth_percentile", "matches"), ("envy", "of a sample"), ("largest_load", "")):
            for when in ("before", "after"):
                figures.add(Figure(f"{name.replace('_', ' ')}, {when}", did[when][name], unit))
        figures.reporter.line(f"  {'who':<34}{'members':>9}{'with a proposal':>18}{'expected matches':>19}")
        after = with_orientations(did["groups"])
        for before, now in zip(with_orientations(found["groups_before"]), after, strict=True):
            _tell(figures, before, now)


def with_orientations(groups: Groups) -> Groups:
    """The groups of a statement, and straight, gay and bisexual members each together."""
    found = [*groups]
    for orientation in dict.fromkeys(_ORIENTATION.values()):
        them = [group for group in groups if _ORIENTATION.get(group["who"]) == orientation]
        members = sum(group["members"] for group in them)
        if members:
            matches = sum(group["members"] * group["expected_matches"] for group in them) / members
            served = sum(group["with_proposal"] for group in them)
            found.append(
                {"who": orientation, "members": members, "with_proposal": served, "expected_matches": matches}
            )
    return found


def _tell(figures: Figures, before: dict[str, Any], after: dict[str, Any]) -> None:
    """One row: greedy by chance, then ours."""
    who, members = after["who"], after["members"]
    shares = [100 * each["with_proposal"] / members for each in (before, after)]
    matches = [each["expected_matches"] for each in (before, after)]
    figures.reporter.line(
        f"  {who:<34}{members:>9,}{shares[0]:>9.2f} → {shares[1]:.2f} %{matches[0]:>11.3f} → {matches[1]:.3f}"
    )
    figures.keep(Figure(f"{who}: members", members, "members"))
    for when, share, expected in zip(("before", "after"), shares, matches, strict=True):
        figures.keep(Figure(f"{who}: with a proposal, {when}", share, "%", better="higher"))
        figures.keep(Figure(f"{who}: expected matches, {when}", expected, "each", better="higher"))
