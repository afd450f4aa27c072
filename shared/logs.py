"""The log: one JSON object per line on stderr, for Cloud Run, journald and `jq`.

A line holds the fields that its caller names. While a request is being answered, it also holds that request's
id and trace. Callers name route templates, statuses and durations. They never name an id of a person or a
match, a name, a token or a body. Of an exception the log tells type and place only: its message and local
values may quote a person.
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
    """Turns off the INFO lines of this process. Commands whose output a person reads call it."""
    _silent.add("INFO")


def log(severity: str, message: str, **fields: Any) -> None:
    """Writes one line. `severity`: INFO, WARNING or ERROR; `message`: a fixed phrase.

    `log("INFO", "request", status=200)` writes
    `{"time": "2026-11-30T07:15:02.123+00:00", "severity": "INFO", "message": "request", "status": 200}`.
    """
    if severity in _silent:
        return
    now = datetime.now(UTC).isoformat(timespec="milliseconds")
    trace = current()
    line = {"time": now, "severity": severity, "message": message, **fields}
    if trace is not None:
        line |= trace.fields(_PROJECT)
    # One write per line, so that lines of several threads do not mix.
    sys.stderr.write(json.dumps(line, ensure_ascii=False, default=str) + "\n")
    sys.stderr.flush()


def describe(error: BaseException) -> dict[str, Any]:
    """`{error, trace, cause?}` of an exception: type names and places, no message, no values.

    >>> describe(ValueError("a secret"))
    {'error': 'builtins.ValueError', 'trace': []}
    """
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
    """A file's path relative to the project or to its package folder, without folders of the machine."""
    path = Path(filename)
    if path.is_relative_to(_ROOT):
        return str(path.relative_to(_ROOT))
    parts = path.parts
    if "site-packages" in parts:
        return "/".join(parts[parts.index("site-packages") + 1 :])
    return path.name
