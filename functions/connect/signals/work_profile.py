"""GET and PUT /connect/work-profile: what the member does for a living, for professional mode.

PUT replaces everything. An absent field becomes null or empty.
"""

from __future__ import annotations

from typing import Annotated, Any, Literal

from pydantic import AfterValidator, Field

from functions.connect.signals.preferences import CompanySize, JobLevel, Words
from shared.callers.member import Caller
from shared.http.json_body import Closed, example, refused_fields
from shared.http.request_fields import Employer, Headline, Industry, Skill, Unique, distinct
from shared.http.response_models import Answer, Part, sample

Shown = Literal["industry", "jobLevel", "companySize", "employer", "skills", "headline"]


class WorkProfile(
    Closed,
    json_schema_extra=example(
        industry="technology",
        jobLevel="senior",
        companySize="51-250",
        employer="Example Ltd",
        skills=["data modelling", "French"],
        headline="Builds search engines for libraries",
        shown=["industry", "headline"],
    ),
):
    """The member's work, and `shown`: which of it a professional card may show.

    Employers are compared, whatever their spelling and legal form, and shown only if `shown` names them.
    Headline, skills and employer are judged like a message and must not hold contact details.
    """

    industry: Industry | None = None
    job_level: JobLevel | None = None
    company_size: CompanySize | None = None
    employer: Employer | None = None
    skills: Words[Skill] = Field(default_factory=list)
    headline: Headline | None = None
    shown: Annotated[list[Shown], Field(max_length=6), Unique, AfterValidator(distinct)] = Field(
        default_factory=list
    )


class Work(Part):
    """The work profile as it is stored; nulls before the member said anything."""

    industry: str | None
    job_level: JobLevel | None
    company_size: CompanySize | None
    employer: str | None
    skills: list[str]
    headline: str | None
    shown: list[Shown]


class WorkProfileShown(
    Answer,
    json_schema_extra=sample(
        workProfile={
            "industry": "technology",
            "jobLevel": "senior",
            "companySize": "51-250",
            "employer": "Example Ltd",
            "skills": ["data modelling", "French"],
            "headline": "Builds search engines for libraries",
            "shown": ["industry", "headline"],
        }
    ),
):
    """The member's work."""

    work_profile: Work


def get_work_profile(caller: Caller) -> dict[str, Any]:
    """`{workProfile}`."""
    return caller.call("get_work_profile")


def put_work_profile(caller: Caller, body: WorkProfile) -> dict[str, Any]:
    """`{workProfile}` as it is now. Raises InvalidBody for contact details and for refused words."""
    # Names of firms and of tools hold dots (Booking.com, ASP.NET). Without them they look like no address.
    texts = {
        "headline": body.headline,
        "employer": body.employer and body.employer.replace(".", " "),
        "skills": ", ".join(body.skills).replace(".", " ") or None,
    }
    risks = {
        name: caller.moderator.judge(text, revealed=False) for name, text in texts.items() if text is not None
    }
    problems = [
        {"field": name, "problem": "must not hold contact details"}
        for name, risk in risks.items()
        if "contact_exchange" in risk.kinds
    ]
    if problems:
        raise refused_fields(problems)
    risk = max((risk.score for risk in risks.values()), default=None)
    return caller.call("put_work_profile", **body.model_dump(), text_risk=risk)
