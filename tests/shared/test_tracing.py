"""A request is known by one id everywhere, and by its trace where it came with one."""

from __future__ import annotations

import pytest

from shared.tracing import Trace, answering, current, read

TRACE, SPAN = "4bf92f3577b34da6a3ce929d0e0e4736", "00f067aa0ba902b7"
PARENT = f"00-{TRACE}-{SPAN}-01"


def test_a_plain_id_of_the_caller_s_is_kept() -> None:
    assert read({"X-Request-Id": "app-1234.x_Y"}).request_id == "app-1234.x_Y"


@pytest.mark.parametrize(
    "given", ["", "short", "-starts-wrong", "a" * 65, "white space", "line\nbreak", "ünïcödé1", "a'; drop--"]
)
def test_any_other_is_replaced(given: str) -> None:
    made = read({"X-Request-Id": given}).request_id
    assert made != given
    assert len(made) == 32


@pytest.mark.parametrize(
    ("headers", "parent"),
    [
        ({"traceparent": PARENT}, PARENT),
        ({"X-Cloud-Trace-Context": f"{TRACE}/67667974448284343;o=1"}, PARENT),
        ({"X-Cloud-Trace-Context": f"{TRACE}/67667974448284343"}, f"00-{TRACE}-{SPAN}-00"),
        ({"X-Cloud-Trace-Context": TRACE}, f"00-{TRACE}-{1:016x}-00"),
        ({"traceparent": PARENT, "X-Cloud-Trace-Context": "f" * 32}, PARENT),
        ({"traceparent": PARENT.upper()}, None),
        ({"traceparent": f"01-{TRACE}-{SPAN}-01"}, None),
        ({"traceparent": f"00-{'0' * 32}-{SPAN}-01"}, None),
        ({"traceparent": f"00-{TRACE}-{'0' * 16}-01"}, None),
        ({"traceparent": f"{PARENT}-more"}, None),
        ({"X-Cloud-Trace-Context": "0" * 32}, None),
        ({"X-Cloud-Trace-Context": f"{TRACE}/{'9' * 21}"}, None),
        ({}, None),
    ],
)
def test_the_trace_of_a_request(headers: dict[str, str], parent: str | None) -> None:
    assert read(headers).parent == parent


def test_what_a_log_line_and_a_call_of_the_database_carry() -> None:
    plain, traced = Trace("request-1"), Trace("request-1", PARENT)
    assert plain.fields(None) == plain.fields("p") == {"request_id": "request-1"}
    assert traced.fields(None) == {"request_id": "request-1", "trace_id": TRACE}
    assert traced.fields("p")["logging.googleapis.com/trace"] == f"projects/p/traces/{TRACE}"
    assert plain.headers == {"X-Request-Id": "request-1"}
    assert traced.headers == {"X-Request-Id": "request-1", "traceparent": PARENT}


def test_a_thread_answers_one_request_at_a_time() -> None:
    assert current() is None
    with answering(Trace("request-1")):
        assert current() == Trace("request-1")
    assert current() is None
