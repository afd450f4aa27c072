"""GET and PUT /connect/work-profile."""

from __future__ import annotations

from typing import Any

import pytest

from tests.functions.deployment import Member, Rpc, refused, refused_field

PATH = "/connect/work-profile"
SHOWN = {"workProfile": {"industry": "law"}}
EXAMPLE = {
    "industry": "technology",
    "jobLevel": "senior",
    "companySize": "51-250",
    "employer": "  Booking.com ",
    "skills": ["ASP.NET", "French"],
    "headline": "Builds search engines for libraries",
    "shown": ["industry", "jobLevel"],
}


def test_reading(member: Member, rpc: Rpc) -> None:
    rpc.answers("get_work_profile", SHOWN)
    answer = member.get(PATH)
    assert (answer.status_code, answer.json) == (200, {"ok": True, **SHOWN})


def test_everything_reaches_the_database(member: Member, rpc: Rpc) -> None:
    """Names of firms and of tools look like addresses, and are none."""
    rpc.answers("put_work_profile", SHOWN)
    answer = member.put(PATH, EXAMPLE)
    assert (answer.status_code, answer.json) == (200, {"ok": True, **SHOWN})
    assert rpc.args("put_work_profile") == {
        "industry": "technology",
        "job_level": "senior",
        "company_size": "51-250",
        "employer": "Booking.com",
        "skills": ["ASP.NET", "French"],
        "headline": "Builds search engines for libraries",
        "shown": ["industry", "jobLevel"],
        "text_risk": 0,
    }


def test_what_is_not_said_is_gone(member: Member, rpc: Rpc) -> None:
    rpc.answers("put_work_profile", SHOWN)
    member.put(PATH, {})
    assert rpc.args("put_work_profile") == {
        **dict.fromkeys(("industry", "job_level", "company_size", "employer", "headline", "text_risk")),
        **{"skills": [], "shown": []},
    }


@pytest.mark.parametrize(
    ("field", "value"),
    [
        ("headline", "Write to anna.miller@gmail.com"),
        ("headline", "Call me: 0171 2345678"),
        ("headline", "insta: anna_miller"),
        ("headline", "see www.anna-miller.de"),
        ("employer", "Miller, +49 171 2345678"),
        ("skills", ["French", "@anna_miller on insta"]),
    ],
)
def test_contact_details_are_refused(member: Member, field: str, value: Any) -> None:
    problem = refused_field(member.put(PATH, EXAMPLE | {field: value}), field)
    assert "contact details" in str(problem["errors"])


@pytest.mark.parametrize("field", ["headline", "employer", "skills"])
def test_words_are_judged_as_a_message_is(member: Member, rpc: Rpc, field: str) -> None:
    rpc.answers("put_work_profile", SHOWN)
    words = "I will kill you"
    member.put(PATH, EXAMPLE | {field: [words] if field == "skills" else words})
    assert rpc.args("put_work_profile")["text_risk"] >= 90


@pytest.mark.parametrize(
    ("field", "value", "said"),
    [
        ("industry", "Real estate", "lower-case words"),
        ("jobLevel", "king", "founder"),
        ("companySize", "100", "51-250"),
        ("employer", "", "visible"),
        ("employer", "a" * 121, "120"),
        ("headline", "two\nlines", "control"),
        ("headline", "a" * 121, "120"),
        ("skills", ["a" * 41], "40"),
        ("skills", ["x"] * 21, "20"),
        ("skills", ["x", "x"], "twice"),
        ("shown", ["birthDate"], "headline"),
    ],
)
def test_a_refusal_names_what_is_allowed(member: Member, field: str, value: Any, said: str) -> None:
    answer = member.put(PATH, EXAMPLE | {field: value})
    assert said in str(refused(answer, 422, "invalid_body")["errors"])


def test_bodies_are_closed(member: Member) -> None:
    refused(member.put(PATH, EXAMPLE | {"salary": 1}), 422, "invalid_body")
