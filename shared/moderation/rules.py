"""How the rules of all languages are searched in one text, however many there are.

Each word of the text is looked up, by its first letters, among the words that rules need; only a rule with
such a word is tried at all, and compiled when that happens first.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence
from functools import lru_cache

from shared.moderation import english, german
from shared.moderation.rule import Rule

LANGUAGES: tuple[Sequence[Rule], ...] = (english.RULES, german.RULES)


class _Search:
    """A rule ready to be looked for."""

    __slots__ = ("kind", "rule", "score")

    def __init__(self, rule: Rule) -> None:
        self.kind, self.score, self.rule = rule.kind, float(rule.score), rule

    def holds(self, way: str) -> bool:
        """Whether the rule holds in a text read as words."""
        if not _compiled(f"(?<= )(?:{self.rule.pattern})(?= )").search(way):
            return False
        return not (self.rule.unless and _compiled(f"(?<= )(?:{self.rule.unless})(?= )").search(way))

    def holds_spelled(self, run: str) -> bool:
        """Whether it holds in what was written letter by letter: no spaces are left there."""
        pattern = self.rule.pattern.replace("(?<=^ )", "").replace("(?= $)", "").replace(" ", "")
        return bool(_compiled(pattern).search(run))


@lru_cache(maxsize=1024)
def _compiled(pattern: str) -> re.Pattern[str]:
    return re.compile(pattern)


class _Index:
    """Rules by the words they need."""

    def __init__(self) -> None:
        self.starts: dict[str, list[_Search]] = {}
        self.inner: list[tuple[str, _Search]] = []
        for rule in (rule for rules in LANGUAGES for rule in rules):
            search = _Search(rule)
            for need in rule.needs.split():
                if need.startswith("*"):
                    self.inner.append((need[1:], search))
                else:
                    self.starts.setdefault(need, []).append(search)
        self.lengths = sorted({len(need) for need in self.starts})

    def rules_for(self, way: str) -> dict[_Search, None]:
        """Rules that could hold in a text read as words, each once, in a steady order."""
        hit: dict[_Search, None] = {}
        for word in dict.fromkeys(way.split()):
            for length in self.lengths:
                if length > len(word):
                    break
                for search in self.starts.get(word[:length], ()):
                    hit[search] = None
        for stem, search in self.inner:
            if stem in way:
                hit[search] = None
        return hit

    def rules_within(self, run: str) -> dict[_Search, None]:
        """Rules whose needed words occur anywhere in a run of letters."""
        hit = {s: None for need, searches in self.starts.items() if need in run for s in searches}
        return hit | {search: None for stem, search in self.inner if stem in run}


_INDEX = _Index()


def found(ways: Sequence[str], runs: Sequence[str], *, contact: bool) -> Iterator[tuple[str, float]]:
    """`(kind, score)` of every rule that holds. `contact`: whether rules of contact exchange count."""
    for way in ways:
        for search in _INDEX.rules_for(way):
            if (contact or search.kind != "contact_exchange") and search.holds(way):
                yield search.kind, search.score
    for run in runs:
        for search in _INDEX.rules_within(run):
            if (contact or search.kind != "contact_exchange") and search.holds_spelled(run):
                yield search.kind, search.score
