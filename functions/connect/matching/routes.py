"""The routes of proposals, reveals and what follows."""

from __future__ import annotations

from functions.connect.matching.close import Close, Ended, close
from functions.connect.matching.feedback import Feedback, feedback
from functions.connect.matching.funnel import FunnelShown, funnel
from functions.connect.matching.respond import Respond, Responded, respond
from functions.connect.matching.reveal import Reveal, RevealStanding, reveal
from shared.errors import MatchNotOpen, NotFound
from shared.http.edge import Route, Routes
from shared.http.response_models import Done

ROUTES: Routes = {
    ("POST", "/connect/respond"): Route(respond, Responded, body=Respond, refusals=(NotFound, MatchNotOpen)),
    ("POST", "/connect/reveal"): Route(
        reveal, RevealStanding, body=Reveal, refusals=(NotFound, MatchNotOpen)
    ),
    ("POST", "/connect/feedback"): Route(feedback, Done, body=Feedback, refusals=(NotFound, MatchNotOpen)),
    ("POST", "/connect/close"): Route(close, Ended, body=Close, refusals=(NotFound, MatchNotOpen)),
    ("GET", "/connect/funnel"): Route(funnel, FunnelShown),
}
