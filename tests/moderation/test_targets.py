"""What moderation is held to on sentences that whoever writes rules, or teaches the classifier, has not read.

TARGETS say what it should reach, judged by the worse end of each interval. REACHED is what it has reached on
`kept` and `final` together, in numbers of sentences. A change may raise what is reached, and then this file.
"""

from __future__ import annotations

import pytest

from scripts.tools.judge.__main__ import judge
from scripts.tools.judge.shares import TARGETS, Judged, Target
from tests.moderation.test_corpus import FOLDERS, JUDGED

# Its name in TARGETS: sentences that score or are refused, of how many, and whether the target is met.
REACHED = {
    "innocent, ordinary: refused": (0, 1930, True),
    "innocent, ordinary: flagged": (0, 1930, True),
    "innocent, hard: refused": (13, 266, False),
    "innocent, hard: flagged": (28, 266, True),
    "to be refused, plain: refused": (217, 233, False),
    "to be refused, disguised: refused": (180, 198, True),
}


@pytest.fixture(scope="module")
def kept() -> list[Judged]:
    return [judge(s, 90) for name in JUDGED for s in FOLDERS[name]]


def test_every_target_has_what_is_reached() -> None:
    assert list(REACHED) == [target.name for target in TARGETS]


@pytest.mark.parametrize("target", TARGETS, ids=lambda target: target.name)
def test_what_is_reached_is_kept(kept: list[Judged], target: Target) -> None:
    found = target.measure([one for one in kept if target.concerns(one.sentence)])
    hits, of, is_met = REACHED[target.name]
    assert found.of == of, "sentences were added: judge them, and say here what is reached"
    assert found.hits <= hits if target.at_most else found.hits >= hits, f"{found}, target {target.bound:.1%}"
    assert target.is_met(found) is is_met, f"{found}, target {target.bound:.1%}"
