"""One JSON object per line on stderr: what Cloud Run, journald and `jq` all read.

A line holds the fields its caller names and, while a request is being answered, that request's id and
trace. Callers name route templates, statuses and durations; never an id of a person or a match, a name,
a token or a body.
Exceptions are told by type and place: their messages and local values may quote a person.
"""

from __future__ import annotations

import json
import logging
import os
import sys
import traceback
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

from shared.tracing import current, project_of

_PROJECT = project_of(os.environ)
_ROOT = Path(__file__).resolve().parent.parent

# At debug level these print whole requests, bearer tokens included.
for _chatty in ("httpx", "httpcore"):
    logging.getLogger(_chatty).setLevel(logging.WARNING)


_silent: set[str] = set()


def quiet() -> None:
    """From now on this process writes no INFO lines: for commands that talk to a person."""
    _silent.add("INFO")


def log(severity: str, message: str, **fields: Any) -> None:
    """Write one line. `severity`: INFO, WARNING or ERROR; `message`: a fixed phrase."""
    if severity in _silent:
        return
    now = datetime.now(UTC).isoformat(timespec="milliseconds")
    trace = current()
    line = {"time": now, "severity": severity, "message": message, **fields}
    if trace is not None:
        line |= trace.fields(_PROJECT)
    # One write per line: threads of one process must not mix theirs.
    sys.stderr.write(json.dumps(line, ensure_ascii=False, default=str) + "\n")
    sys.stderr.flush()


def describe(error: BaseException) -> dict[str, Any]:
    """`{error, trace, cause?}` of an exception: type names and places, no message, no values."""
    fields: dict[str, Any] = {
        "error": f"{type(error).__module__}.{type(error).__qualname__}",
        "trace": [
            f"{_short(frame.filename)}:{frame.lineno} {frame.name}"
            for frame in traceback.extract_tb(error.__traceback__, limit=-20)
        ],
    }
    cause = error.__cause__ or (None if error.__suppress_context__ else error.__context__)
    return fields if cause is None else fields | {"cause": describe(cause)}


def _short(filename: str) -> str:
    """A file without the machine it lies on: relative to the project or to its package folder."""
    path = Path(filename)
    if path.is_relative_to(_ROOT):
        return str(path.relative_to(_ROOT))
    parts = path.parts
    if "site-packages" in parts:
        return "/".join(parts[parts.index("site-packages") + 1 :])
    return path.name
