"""What a log line tells of an exception, and what it keeps to itself."""

from __future__ import annotations

import json

import pytest

from shared.logs import describe, log


def failing(name: str) -> None:
    """Raise one error because of another, both quoting a person."""
    try:
        int(name)
    except ValueError as error:
        raise RuntimeError(name) from error


def test_an_exception_is_told_by_type_place_and_cause() -> None:
    with pytest.raises(RuntimeError) as raised:
        failing("Zanahoria")
    told = describe(raised.value)
    assert (told["error"], told["cause"]["error"]) == (
        "builtins.RuntimeError",
        "builtins.ValueError",
    )
    assert told["trace"][-1].startswith("tests/shared/test_logs.py:")
    assert told["trace"][-1].endswith(" failing")
    assert "Zanahoria" not in json.dumps(told)


def test_a_line_is_one_line(capsys: pytest.CaptureFixture[str]) -> None:
    log("INFO", "request", route="GET /x\n{}", status=200)
    written = capsys.readouterr().err
    assert written.count("\n") == 1
    assert json.loads(written)["route"] == "GET /x\n{}"
