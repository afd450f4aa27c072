"""What the load says of its answers: who counts as refused politely, and when the stack is quick again."""

from __future__ import annotations

import pytest

from scripts.stack.reporter import Reporter
from scripts.tools.bench import load
from scripts.tools.bench.figures import Figures
from scripts.tools.bench.load import Answer


def _told(figures: Figures) -> dict[str, float]:
    return {kept.figure.name: kept.figure.value for kept in figures.all}


def test_a_refusal_that_does_not_say_when_and_a_broken_connection_count_as_bad() -> None:
    figures = Figures(Reporter())
    statuses = [(200, None), (503, 1), (429, 30), (503, None), (429, None), (500, None), (0, None), (1, None)]
    load._tell_overload(figures, [Answer(0.0, status, 5.0, after) for status, after in statuses])
    assert _told(figures)["300/s: anything but 200, 429, 503 that says when"] == 5


@pytest.mark.parametrize(("slow_until", "refused_until"), [(3.0, 0.0), (0.0, 3.0), (2.0, 3.0), (0.0, 0.0)])
def test_quick_again_is_when_a_whole_second_was_answered_in_time(
    slow_until: float, refused_until: float
) -> None:
    figures = Figures(Reporter())
    answers = [
        Answer(100 + at, 503 if at < refused_until else 200, 900.0 if at < slow_until else 10.0, None)
        for at in (hundredth / 100 for hundredth in range(1000))
    ]
    load._tell_recovery(figures, answers, back=100.0)
    [after] = _told(figures).values()
    # Up to a twentieth of a second's requests may be slow, none refused.
    expected = max(refused_until, slow_until - 0.05)
    assert after == pytest.approx(max(0.0, expected), abs=0.02)


def test_a_stack_that_is_slow_to_the_end_has_not_recovered() -> None:
    figures = Figures(Reporter())
    answers = [Answer(100 + n / 100, 200, 900.0 if n < 995 else 10.0, None) for n in range(1000)]
    load._tell_recovery(figures, answers, back=100.0)
    assert _told(figures) == {"back at the rate: quick again after": load.AFTER_SECONDS}
