"""GET and POST /admin/reports: which reports wait; read, take and decide one, or stop a pair.

Who did what, to which report and why is on record before anything is answered. The messages of a report are
read at connect (functions/connect/safety/evidence.py), which holds the key ring.
"""

from __future__ import annotations

from typing import Annotated, Any, ClassVar, Literal

from pydantic import Field, ValidationInfo, field_validator

from shared.callers.administrator import Admin
from shared.chat.moderation.kinds import MOST
from shared.http.json_body import Closed, example
from shared.http.request_fields import SOME_ID, Id, Why
from shared.http.response_models import Answer, Count, Mode, Moment, Part, Uuid, sample

Decision = Literal["no_action", "warned", "stopped"]
Standing = Literal["open", "reviewing", "decided"]
Share = Annotated[float, Field(ge=0, le=1)]
Weight = Annotated[float, Field(ge=0)]
Risk = Annotated[float, Field(ge=0, le=100)]
Kind = Annotated[str, Field(json_schema_extra={"enum": list(MOST)})]


class Queue(Closed, json_schema_extra=example(status="open")):
    """All that wait, or only those that nobody is at (`open`) or somebody is (`reviewing`)."""

    status: Literal["open", "reviewing"] | None = None


class LookAtReport(
    Closed, defer_build=True, json_schema_extra=example(action="read", reportId=SOME_ID, why="My turn.")
):
    """Read a report, or take it for a day."""

    report_id: Id
    match_id: None = None
    decision: None = None
    why: Why
    action: Literal["read", "take"]


class DecideReport(
    Closed,
    defer_build=True,
    json_schema_extra=example(action="decide", reportId=SOME_ID, decision="stopped", why="Threats."),
):
    """Decide a report; `stopped` ends its pair."""

    report_id: Id
    match_id: None = None
    decision: Decision
    why: Why
    action: Literal["decide"]


class StopReported(
    Closed, defer_build=True, json_schema_extra=example(action="stop", reportId=SOME_ID, why="Danger.")
):
    """End the pair of a report before it is decided."""

    report_id: Id
    match_id: None = None
    decision: None = None
    why: Why
    action: Literal["stop"]


class StopMatch(
    Closed, defer_build=True, json_schema_extra=example(action="stop", matchId=SOME_ID, why="Danger.")
):
    """End a match that nobody has reported."""

    report_id: None = None
    match_id: Id
    decision: None = None
    why: Why
    action: Literal["stop"]


class ReportWork(Closed):
    """What to do, with which report, and why. A stop may name a match instead; `decide` names a decision."""

    report_id: Id | None = None
    match_id: Id | None = None
    decision: Decision | None = None
    why: Why
    action: Literal["read", "take", "decide", "stop"]

    shapes: ClassVar = (LookAtReport, DecideReport, StopReported, StopMatch)

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


class WaitingReport(Part):
    """A report that waits: how heavy it is, and nothing of what it says."""

    report_id: Uuid
    status: Standing
    weight: Weight = Field(description="Reliability of everybody who reports that member, added up.")
    reporters: Count
    created_at: Moment
    updated_at: Moment
    evidence_count: Count
    mode: Mode | None
    highest_risk: Risk | None
    risk_kinds: list[Kind]
    taken_at: Moment | None
    mine: bool = Field(description="Whether the caller is at it.")


class QueueShown(
    Answer,
    json_schema_extra=sample(
        waiting=1,
        reports=[
            {
                "reportId": SOME_ID,
                "status": "open",
                "weight": 0.5,
                "reporters": 1,
                "createdAt": "2026-11-30T18:25:00.000000Z",
                "updatedAt": "2026-11-30T18:25:00.000000Z",
                "evidenceCount": 2,
                "mode": "romantic",
                "highestRisk": 60,
                "riskKinds": ["harassment"],
                "takenAt": None,
                "mine": False,
            }
        ],
    ),
):
    """The hundred weightiest reports that wait."""

    waiting: Count
    reports: list[WaitingReport]


class ReportWorked(
    Answer,
    json_schema_extra=sample(
        reportId=SOME_ID,
        status="decided",
        decision="stopped",
        decidedAt="2026-11-30T19:00:00.000000Z",
    ),
):
    """What was read or done; which members there are depends on the action."""

    report_id: Uuid | None = None
    status: Standing | None = None
    reason: str | None = None
    details: str | None = None
    created_at: Moment | None = None
    updated_at: Moment | None = None
    mode: Mode | None = None
    reporter: str | None = Field(None, description="The reporter's pseudonym in that chat.")
    reported: str | None = Field(None, description="The other side's pseudonym in that chat.")
    weight: Weight | None = None
    reporters: Count | None = None
    reliability: Share | None = None
    highest_risk: Risk | None = None
    risk_kinds: list[Kind] | None = None
    evidence_count: Count | None = None
    taken_at: Moment | None = None
    mine: bool | None = None
    decision: Decision | None = None
    decided_at: Moment | None = None
    decision_reason: str | None = None
    stopped: bool | None = Field(None, description="Of a stop: false when the pair was over already.")


def queue(admin: Admin, query: Queue) -> dict[str, Any]:
    """`{waiting, reports}`: the hundred weightiest, without a name, an id of a member or a text."""
    return admin.read("list_reports", status=query.status)


def work(admin: Admin, body: ReportWork) -> dict[str, Any]:
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
