"""A mixed load at a fixed rate of arrivals on the whole stack, its schedule on; then twice that; then back.

What is promised: at the rate, quick and no error; at twice the rate only answers, 429 and 503 that say when
to come again; afterwards quick again within seconds. The requests come from a process of their own that
shares the machine: what it takes is told, as is what each part of the stack takes.
"""

from __future__ import annotations

import bisect
import itertools
import json
import random
import tempfile
from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

import psutil

from scripts.stack.throwaway import Running, ThrowawayStack
from scripts.tools.bench.apart import apart
from scripts.tools.bench.figures import Figure, Figures
from scripts.tools.bench.mix import Community, community

RATE = 150.0
"""Requests a second."""
P95_MS = 150.0
OVERLOAD_SECONDS = 60.0
AFTER_SECONDS = 30.0
RECOVERY_SECONDS = 10.0
MEMBERS = 1000

_POLITE = (429, 503)
_PARTS = {
    "node": "proxy",
    "postgrest": "PostgREST",
    "postgres": "Postgres",
    "connect": "connect",
    "worker": "worker",
    "background": "schedule",
}


@dataclass(frozen=True)
class Answer:
    """One answer, by the second its request was due."""

    due: float
    status: int
    milliseconds: float
    retry_after: int | None


def measure(figures: Figures, minutes: float) -> None:
    """`minutes` at the rate, one at twice the rate, half a minute at the rate again."""
    with (
        ThrowawayStack({"CONNECT_SCHEDULE": "on"}) as stack,
        figures.part(f"Load: {RATE:g} mixed requests a second for {minutes:g} min, then {2 * RATE:g}"),
    ):
        people = community(stack, MEMBERS)
        _arrivals(stack, people, ((RATE, 5.0),), seed=0)  # both deployments warm
        steady = minutes * 60
        phases = ((RATE, steady), (2 * RATE, OVERLOAD_SECONDS), (RATE, AFTER_SECONDS))
        before = _processor_seconds(stack)
        answers, generator = _arrivals(stack, people, phases, seed=1)
        after = _processor_seconds(stack)
        _tell_steady(figures, [a for a in answers if a.due < steady])
        back = steady + OVERLOAD_SECONDS
        _tell_overload(figures, [a for a in answers if steady <= a.due < back])
        _tell_recovery(figures, [a for a in answers if a.due >= back], back)
        for part in sorted(after):
            spent = (after[part] - before.get(part, 0.0)) * 1000 / len(answers)
            figures.add(Figure(f"processor per request: {part}", spent, "ms"))
        figures.add(
            Figure("processor per request: the generator", generator["cpu"] * 1000 / len(answers), "ms")
        )
        figures.add(Figure("requests sent late, p99", generator["late"], "ms"))
        figures.add(Figure("connections the generator opened", generator["connections"], "connections"))


def _arrivals(
    stack: Running, people: Community, phases: Sequence[tuple[float, float]], seed: int
) -> tuple[list[Answer], dict[str, float]]:
    """Let them come, each phase at its rate for its seconds, at random moments as independent people do."""
    dice = random.Random(seed)
    due, until, moments = 0.0, 0.0, []
    for rate, seconds in phases:
        until += seconds
        while (due := due + dice.expovariate(rate)) < until:
            moments.append(due)
        due = until
    asked = itertools.islice(people.requests(seed), len(moments))
    requests = [(moment, *request) for moment, (_, request) in zip(moments, asked, strict=True)]
    with tempfile.TemporaryDirectory(prefix="connect-load-") as folder:
        plan = Path(folder) / "plan.json"
        plan.write_text(json.dumps({"port": stack.options.functions_port, "requests": requests}))
        told = apart("arrivals", plan)
    answers = sorted((Answer(*one) for one in told["answers"]), key=lambda answer: answer.due)
    return answers, {name: told[name] for name in ("cpu", "late", "connections")}


def _tell_steady(figures: Figures, answers: Sequence[Answer]) -> None:
    took = sorted(answer.milliseconds for answer in answers)
    rate = f"{RATE:g}/s"
    _tell_statuses(figures, rate, answers)
    figures.add(Figure(f"{rate}: p50", _quantile(took, 0.5), "ms"))
    figures.add(Figure(f"{rate}: p95", _quantile(took, 0.95), "ms", target=P95_MS))
    figures.add(Figure(f"{rate}: p99", _quantile(took, 0.99), "ms"))
    others = sum(answer.status != 200 for answer in answers)
    figures.add(Figure(f"{rate}: anything but 200", others, "requests", target=0))


def _tell_overload(figures: Figures, answers: Sequence[Answer]) -> None:
    rate = f"{2 * RATE:g}/s"
    _tell_statuses(figures, rate, answers)
    took = sorted(answer.milliseconds for answer in answers)
    figures.add(Figure(f"{rate}: p95", _quantile(took, 0.95), "ms"))
    served = sum(answer.status == 200 for answer in answers)
    figures.add(
        Figure(f"{rate}: answered with success", served / OVERLOAD_SECONDS, "requests/s", better="higher")
    )
    bad = sum(
        answer.status != 200 and not (answer.status in _POLITE and answer.retry_after is not None)
        for answer in answers
    )
    figures.add(Figure(f"{rate}: anything but 200, 429, 503 that says when", bad, "requests", target=0))


def _tell_recovery(figures: Figures, answers: Sequence[Answer], back: float) -> None:
    """The first moment from which a second of arrivals was answered, all of it, as quickly as promised."""
    dues = [answer.due for answer in answers]
    recovered = AFTER_SECONDS
    for first, due in enumerate(dues):
        if due + 1.0 > dues[-1]:
            break  # no whole second is left to judge by
        within = answers[first : bisect.bisect_left(dues, due + 1.0)]
        quick = _quantile(sorted(a.milliseconds for a in within), 0.95) <= P95_MS
        if quick and all(answer.status == 200 for answer in within):
            recovered = due - back
            break
    figures.add(Figure("back at the rate: quick again after", recovered, "s", target=RECOVERY_SECONDS))


def _tell_statuses(figures: Figures, what: str, answers: Sequence[Answer]) -> None:
    counted = Counter(answer.status for answer in answers)
    for status, count in sorted(counted.items()):
        figures.add(Figure(f"{what}: answers {status or 'broken'}", count, "requests"))


def _quantile(ascending: Sequence[float], share: float) -> float:
    return ascending[min(len(ascending) - 1, int(len(ascending) * share))]


def _processor_seconds(stack: Running) -> Counter[str]:
    """What each part of the stack has used so far."""
    spent: Counter[str] = Counter()
    for process in psutil.Process(stack.supervisor.pid).children(recursive=True):
        try:
            words, times = " ".join(process.cmdline()), process.cpu_times()
        except psutil.Error:
            continue
        part = next((told for word, told in _PARTS.items() if _names(word, process, words)), "others")
        # A process that ends hands its time to its parent.
        spent[part] += times.user + times.system + times.children_user + times.children_system
    return spent


def _names(word: str, process: psutil.Process, words: str) -> bool:
    if word in ("connect", "worker"):
        return f"create_app('{word}'" in words
    return word == process.name() or (word == "background" and "scripts.stack.background" in words)
