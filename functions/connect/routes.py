"""The route table of `connect`: every method and path a member can call, and what it runs."""

from __future__ import annotations

from functions.connect.activate import Activate, activate
from functions.connect.block import Block, block
from functions.connect.chat import Page, Send, read, send
from functions.connect.close import Close, close
from functions.connect.consents import Consents, get_consents, put_consents
from functions.connect.deactivate import Deactivate, deactivate
from functions.connect.evidence import Evidence, evidence
from functions.connect.feedback import Feedback, feedback
from functions.connect.funnel import funnel
from functions.connect.health import health
from functions.connect.join_event import JoinEvent, join_event
from functions.connect.leave_event import LeaveEvent, leave_event
from functions.connect.profile import Profile, get_profile, put_profile
from functions.connect.report import Report, report
from functions.connect.respond import Respond, respond
from functions.connect.reveal import Reveal, reveal
from functions.connect.status import status
from shared.edge import Route, anyone

ROUTES = {
    ("POST", "/connect/activate"): Route(activate, body=Activate),
    ("GET", "/connect/status"): Route(status),
    ("POST", "/connect/respond"): Route(respond, body=Respond),
    ("POST", "/connect/chat"): Route(send, body=Send),
    ("GET", "/connect/chat"): Route(read, query=Page),
    ("POST", "/connect/reveal"): Route(reveal, body=Reveal),
    ("POST", "/connect/feedback"): Route(feedback, body=Feedback),
    ("GET", "/connect/profile"): Route(get_profile),
    ("PUT", "/connect/profile"): Route(put_profile, body=Profile),
    ("GET", "/connect/consents"): Route(get_consents),
    ("PUT", "/connect/consents"): Route(put_consents, body=Consents),
    ("POST", "/connect/deactivate"): Route(deactivate, body=Deactivate),
    ("POST", "/connect/close"): Route(close, body=Close),
    ("POST", "/connect/block"): Route(block, body=Block),
    ("POST", "/connect/report"): Route(report, body=Report),
    ("GET", "/connect/funnel"): Route(funnel),
    ("POST", "/connect/events/join"): Route(join_event, body=JoinEvent),
    ("POST", "/connect/events/leave"): Route(leave_event, body=LeaveEvent),
    ("POST", "/admin/evidence"): Route(evidence, body=Evidence, admin=True),
    ("GET", "/health"): Route(health, guard=anyone),
}
