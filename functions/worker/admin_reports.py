"""GET and POST /admin/reports: which reports wait; read, take and decide one, or stop a pair.

Who did what, to which report and why is on record before anything is answered. The messages of a report are
read at connect (functions/connect/evidence.py), which holds the key ring.
"""

from __future__ import annotations

from typing import Any, Literal

from pydantic import ValidationInfo, field_validator

from shared.admin import Admin
from shared.decoding import Closed
from shared.fields import Id, Why


class Queue(Closed):
    """All that wait, or only those that nobody is at (`open`) or somebody is (`reviewing`)."""

    status: Literal["open", "reviewing"] | None = None


class Work(Closed):
    """What to do, with which report, and why. A stop may name a match instead; `decide` names a decision."""

    report_id: Id | None = None
    match_id: Id | None = None
    decision: Literal["no_action", "warned", "stopped"] | None = None
    why: Why
    action: Literal["read", "take", "decide", "stop"]

    @field_validator("action")
    @classmethod
    def _is_whole(cls, action: str, info: ValidationInfo) -> str:
        # A malformed field is missing from the data and reported by itself.
        report, match = info.data.get("report_id", ""), info.data.get("match_id", "")
        if (action == "stop" and (report is None) == (match is None)) or (
            action != "stop" and (report is None or match not in (None, ""))
        ):
            raise ValueError("goes with reportId; stop with reportId or matchId")
        if (action == "decide") != (info.data.get("decision", "") is not None):
            raise ValueError("decide, and nothing else, goes with a decision")
        return action


def queue(admin: Admin, query: Queue) -> dict[str, Any]:
    """`{waiting, reports}`: the hundred weightiest, without a name, an id of a member or a text."""
    return admin.read("list_reports", status=query.status)


def work(admin: Admin, body: Work) -> dict[str, Any]:
    """`read`: the report, the reporter's words in it; `take` and `decide`: `{reportId, status, …}` then.

    A stop answers `{stopped}`, false when the pair was over already.
    """
    if body.action == "read":
        return admin.read("read_report", report_id=body.report_id, why=body.why)
    if body.action == "take":
        return admin.call("take_report", report_id=body.report_id, why=body.why)
    if body.action == "decide":
        return admin.call("decide_report", report_id=body.report_id, decision=body.decision, why=body.why)
    return admin.call("stop_match", why=body.why, report_id=body.report_id, match_id=body.match_id)
