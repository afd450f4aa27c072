"""The routes of blocking, reporting and evidence."""

from __future__ import annotations

from functions.connect.safety.block import Block, block
from functions.connect.safety.evidence import Evidence, EvidenceShown, evidence
from functions.connect.safety.report import Report, report
from shared.errors import NotFound
from shared.http.edge import Route, Routes
from shared.http.response_models import Done

ROUTES: Routes = {
    ("POST", "/connect/block"): Route(block, Done, body=Block, refusals=(NotFound,)),
    ("POST", "/connect/report"): Route(report, Done, body=Report, refusals=(NotFound,)),
    ("POST", "/admin/evidence"): Route(
        evidence, EvidenceShown, body=Evidence, admin=True, refusals=(NotFound,)
    ),
}
