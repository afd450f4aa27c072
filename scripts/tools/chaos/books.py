"""What workers were told by the database, as the gates between them saw it: the independent count of work."""

import threading
from collections import Counter
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from typing import Any

Json = dict[str, Any]

_OF_THE_NIGHT = (
    "enter_night",
    "compare_night",
    "store_fits",
    "store_lists",
    "store_proposals",
    "end_night_step",
    "clear_lists",
    "put_lists_in_place",
    "requeue_night",
    "store_funnels",
    "end_night",
)


@dataclass
class Books:
    """Counts of answers that were seen, and of calls whose answer nobody saw."""

    processed: int = 0  # members whose completion was answered
    unsure: int = 0  # members in completions without an answer: done or not, nobody knows
    late: int = 0  # claims that came after their lease, and changed nothing
    claims: Counter[tuple[int, int]] = field(default_factory=Counter)  # (queue row, attempt) → completions
    steps: Counter[tuple[int, str]] = field(default_factory=Counter)  # (night's task, step) → noted so often
    refused: Counter[str] = field(default_factory=Counter)  # function and status of calls that failed
    under_way: int = 0  # calls whose answer is not noted yet
    _lock: threading.Lock = field(default_factory=threading.Lock)

    @contextmanager
    def call(self) -> Iterator[None]:
        """Around a call and the note of its answer."""
        with self._lock:
            self.under_way += 1
        try:
            yield
        finally:
            with self._lock:
                self.under_way -= 1

    def answered(self, function: str, asked: Json, status: int, answer: Json) -> None:
        """The database answered."""
        with self._lock:
            if status >= 300:
                # An error undoes its transaction, but a server that went away may have committed before.
                if function == "complete_matchmaking" and status >= 500:
                    self.unsure += len(asked["claims"])
                self.refused[f"{function} {status}"] += 1
            elif function == "complete_matchmaking":
                self.processed += answer["completed"] + answer.get("again", 0)
                self.late += answer["late"]
                if not answer["late"]:
                    self.claims.update((one["id"], one["attempt"]) for one in asked["claims"])
            elif function in _OF_THE_NIGHT and answer.get("late"):
                self.late += 1
            elif function == "end_night_step":
                self.steps[(asked["claim"]["id"], asked["step"])] += 1

    def unanswered(self, function: str, asked: Json) -> None:
        """The call was sent, and what came back nobody read."""
        with self._lock:
            if function == "complete_matchmaking":
                self.unsure += len(asked["claims"])

    def twice(self) -> int:
        """Claims and steps that were acknowledged as done more than once."""
        with self._lock:
            return sum(1 for times in (*self.claims.values(), *self.steps.values()) if times > 1)
