"""The route table of `connect`: every method and path a member can call, and what it runs."""

from __future__ import annotations

from functions.connect.activate import Activate, Activated, activate
from functions.connect.block import Block, block
from functions.connect.chat import ChatPage, Page, Send, Sent, read_chat, send_message
from functions.connect.close import Close, Ended, close
from functions.connect.consents import Consents, ConsentsShown, get_consents, put_consents
from functions.connect.deactivate import Deactivate, Paused, deactivate
from functions.connect.erase import Erase, ErasureStep, erase
from functions.connect.evidence import Evidence, EvidenceShown, evidence
from functions.connect.export import AS_A_FILE, Export, export
from functions.connect.feedback import Feedback, feedback
from functions.connect.funnel import FunnelShown, funnel
from functions.connect.health import Alive, health
from functions.connect.join_event import Joined, JoinEvent, join_event
from functions.connect.leave_event import LeaveEvent, Left, leave_event
from functions.connect.profile import Profile, ProfileShown, get_profile, put_profile
from functions.connect.report import Report, report
from functions.connect.respond import Respond, Responded, respond
from functions.connect.reveal import Reveal, RevealStanding, reveal
from functions.connect.status import Status, status
from shared.answers import Done
from shared.edge import Route, anyone
from shared.errors import ConsentRequired, MatchNotOpen, NotFound, ProfileIncomplete
from shared.published import published

ROUTES: dict[tuple[str, str], Route] = {
    ("POST", "/connect/activate"): Route(
        activate, Activated, body=Activate, refusals=(ConsentRequired, ProfileIncomplete)
    ),
    ("GET", "/connect/status"): Route(status, Status),
    ("POST", "/connect/respond"): Route(respond, Responded, body=Respond, refusals=(NotFound, MatchNotOpen)),
    ("POST", "/connect/chat"): Route(send_message, Sent, body=Send, refusals=(NotFound,)),
    ("GET", "/connect/chat"): Route(read_chat, ChatPage, query=Page, refusals=(NotFound,)),
    ("POST", "/connect/reveal"): Route(
        reveal, RevealStanding, body=Reveal, refusals=(NotFound, MatchNotOpen)
    ),
    ("POST", "/connect/feedback"): Route(feedback, Done, body=Feedback, refusals=(NotFound, MatchNotOpen)),
    ("GET", "/connect/profile"): Route(get_profile, ProfileShown),
    ("PUT", "/connect/profile"): Route(
        put_profile, ProfileShown, body=Profile, refusals=(ProfileIncomplete,)
    ),
    ("GET", "/connect/consents"): Route(get_consents, ConsentsShown),
    ("PUT", "/connect/consents"): Route(
        put_consents, ConsentsShown, body=Consents, refusals=(ConsentRequired,)
    ),
    ("POST", "/connect/deactivate"): Route(
        deactivate, Paused, body=Deactivate, refusals=(ProfileIncomplete,)
    ),
    ("POST", "/connect/close"): Route(close, Ended, body=Close, refusals=(NotFound, MatchNotOpen)),
    ("POST", "/connect/block"): Route(block, Done, body=Block, refusals=(NotFound,)),
    ("POST", "/connect/report"): Route(report, Done, body=Report, refusals=(NotFound,)),
    ("GET", "/connect/export"): Route(export, Export, headers=AS_A_FILE),
    ("POST", "/connect/erase"): Route(erase, ErasureStep, body=Erase),
    ("GET", "/connect/funnel"): Route(funnel, FunnelShown),
    ("POST", "/connect/events/join"): Route(join_event, Joined, body=JoinEvent, refusals=(NotFound,)),
    ("POST", "/connect/events/leave"): Route(leave_event, Left, body=LeaveEvent, refusals=(NotFound,)),
    ("POST", "/admin/evidence"): Route(
        evidence, EvidenceShown, body=Evidence, admin=True, refusals=(NotFound,)
    ),
    ("GET", "/health"): Route(health, Alive, guard=anyone),
}

ROUTES[("GET", "/openapi.json")] = published("connect", ROUTES, "member")
