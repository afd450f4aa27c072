"""What workers were told by the database, as the gates between them saw it: the independent count of work."""

import threading
from collections import Counter
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from typing import Any

Json = dict[str, Any]

_PIECES = (
    "ready_shard",
    "enter_shard",
    "compare_shard",
    "store_scores",
    "store_proposals",
    "put_scores_in_place",
    "requeue_shard",
)


@dataclass
class Books:
    """Counts of answers that were seen, and of calls whose answer nobody saw."""

    processed: int = 0  # members whose completion was answered
    unsure: int = 0  # members in completions without an answer: done or not, nobody knows
    late: int = 0  # claims that came after their lease, and changed nothing
    claims: Counter[tuple[int, int]] = field(default_factory=Counter)  # (queue row, attempt) → completions
    pieces: Counter[tuple[str, int]] = field(default_factory=Counter)  # (run, shard) → done so often
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
            elif function in _PIECES and not answer.get("late"):
                # Proposals come in parts; the piece is done with the statement.
                if function != "store_proposals" or asked.get("statement"):
                    self.pieces[(asked["run_id"], asked["number"])] += 1
            elif function in _PIECES:
                self.late += 1

    def unanswered(self, function: str, asked: Json) -> None:
        """The call was sent, and what came back nobody read."""
        with self._lock:
            if function == "complete_matchmaking":
                self.unsure += len(asked["claims"])

    def twice(self) -> int:
        """Claims and pieces that were acknowledged as done more than once."""
        with self._lock:
            return sum(1 for times in (*self.claims.values(), *self.pieces.values()) if times > 1)
