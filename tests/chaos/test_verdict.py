"""Who watches the turmoil must notice: each loss, each deed done twice, each bound that is passed."""

from collections import Counter
from typing import Any

import pytest

from scripts.stack.reporter import Reporter
from scripts.tools.chaos.bells import heard_once
from scripts.tools.chaos.books import Books
from scripts.tools.chaos.journal import Journal, Person
from scripts.tools.chaos.kills import ANY, POINTS, shares
from scripts.tools.chaos.report import Report
from scripts.tools.chaos.switchboard import UNKNOWN
from scripts.tools.chaos.watch import idle

ANA = "a0a00000-0000-4000-8000-000000000001"
THERE = {"searches": "yes", "ages": [20, 30], "event": False}


def journal() -> tuple[Journal, Person]:
    """Ana, who was told that she is a member."""
    kept, ana = Journal(), Person(ANA, "token")
    kept.add(ana, **THERE)
    return kept, ana


def database(state: dict[str, Any] | None, decision: str | None = None) -> Any:
    """What a database that knows this of Ana answers."""

    def ask(query: str) -> list[tuple[Any, ...]]:
        if "decision_a" in query:
            return [("match", ANA, decision)]
        return [] if state is None else [(ANA, state)]

    return ask


def test_what_was_acknowledged_and_is_there_is_not_lost() -> None:
    kept, ana = journal()
    assert kept.lost(database(THERE)) == []
    kept.told(ana, True, 1.0, (), ages=[40, 50])
    assert kept.lost(database(THERE)) == ["a member's ages"]
    assert kept.lost(database(THERE | {"ages": [40, 50]})) == []


def test_what_was_not_answered_may_be_so_or_not() -> None:
    kept, ana = journal()
    kept.told(ana, None, 1.0, (), ages=[40, 50])
    assert kept.lost(database(THERE)) == []
    assert kept.lost(database(THERE | {"ages": [40, 50]})) == []
    assert kept.lost(database(THERE | {"ages": [18, 19]})) == ["a member's ages"]


def test_a_refusal_changes_nothing() -> None:
    kept, ana = journal()
    kept.told(ana, False, 1.0, ["pool"], ages=[40, 50])
    assert kept.lost(database(THERE)) == []
    assert ana.asked == {}


def test_members_answers_and_erasures_that_are_missing() -> None:
    kept, ana = journal()
    kept.decided(ana, "match", "accept")
    assert kept.lost(database(None, "accepted")) == ["a member who joined"]
    assert kept.lost(database(THERE, None)) == ["an answer to a proposal"]
    ana.gone = True
    assert kept.lost(database(THERE, "accepted")) == ["an erasure"]


def test_a_claim_acknowledged_twice_is_noticed() -> None:
    books, asked = Books(), {"claims": [{"id": 7, "attempt": 1}]}
    books.answered("complete_matchmaking", asked, 200, {"completed": 1, "again": 0, "late": 0})
    assert (books.processed, books.twice()) == (1, 0)
    books.answered("complete_matchmaking", asked, 200, {"completed": 0, "again": 0, "late": 1})
    assert (books.late, books.twice()) == (1, 0)
    books.answered("complete_matchmaking", asked, 200, {"completed": 1, "again": 0, "late": 0})
    assert books.twice() == 1


def test_a_completion_without_an_answer_is_not_counted_as_done() -> None:
    books, asked = Books(), {"claims": [{"id": 7, "attempt": 1}, {"id": 8, "attempt": 1}]}
    books.unanswered("complete_matchmaking", asked)
    books.answered("complete_matchmaking", asked, 503, {})
    assert (books.processed, books.unsure) == (0, 4)


@pytest.mark.parametrize("kills", [16, 100, 200])
def test_every_kill_is_owed_somewhere(kills: int) -> None:
    owed = shares(kills)
    assert owed.total() == kills
    assert set(owed) <= {*POINTS, ANY}
    assert kills < 100 or set(owed) == {*POINTS, ANY}


def test_a_recovery_that_takes_too_long_is_a_fault(capsys: pytest.CaptureFixture[str]) -> None:
    report = Report(Reporter(), Counter(), slack=1.0)
    report.bound("recovery", 3.0, most=3.0)
    assert report.show() == 0
    report.bound("recovery", 4.1, most=3.0)
    assert report.show() == 1
    assert "BROKEN: recovery" in capsys.readouterr().out


def test_work_that_waits_its_turn_is_told_from_work_that_is_forgotten() -> None:
    assert idle([1.0, 2.0], free=5.0, taken=4.5) == 0.0
    assert idle([1.0, 5.5, 6.0, 7.0], free=5.0, taken=7.0) == 1.0
    assert idle([1.0, 7.0, 9.0], free=5.0, taken=9.0) == 2.0
    assert idle([], free=5.0, taken=9.0) == 4.0


@pytest.mark.parametrize(
    ("answers", "once"),
    [
        ([200, 401], True),
        ([401, 200], True),
        ([200, 200], False),  # done twice
        ([401, 401], False),  # lost
        ([401, 503], True),  # one found no turn: the bell may ring again, it is not used up
        ([200, 503], True),
        ([UNKNOWN, 401], True),  # who died had claimed it, as likely as not
        ([200, UNKNOWN], True),
        ([200, 500], False),
        ([200, 200, UNKNOWN], False),
        ([200], True),
        ([401], False),
    ],
)
def test_a_bell_that_came_twice_is_heard_once(answers: list[int], once: bool) -> None:
    assert heard_once(answers) is once
