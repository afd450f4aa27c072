"""GET /health: this process answers. It says nothing about the database, so any caller may ask."""

from __future__ import annotations

from typing import Any, Literal

from shared.http.response_models import Answer, sample


class Alive(
    Answer,
    json_schema_extra=sample(
        service="connect",
    ),
):
    """The process answers."""

    service: Literal["connect"]


def health(_nobody: None) -> dict[str, Any]:
    """`{service: "connect"}`."""
    return {"service": "connect"}
