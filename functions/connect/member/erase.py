"""POST /connect/erase: erase all of the member's data, in two steps. The account itself stays."""

from __future__ import annotations

from typing import Annotated, Any, Literal

from pydantic import Field, StringConstraints

from shared.callers.member import Caller
from shared.http.json_body import Closed, example
from shared.http.response_models import Answer, Moment, sample

Code = Annotated[str, StringConstraints(strip_whitespace=True, pattern=r"^[A-Za-z0-9]{8}$")]


class Erase(Closed, json_schema_extra=example(code="7KXM4PQ2")):
    """`{}` asks for a code, `{code}` confirms with it."""

    code: Code | None = None


class ErasureStep(
    Answer,
    json_schema_extra=sample(
        status="confirm",
        code="7KXM4PQ2",
        expiresAt="2026-11-30T18:30:00.000000Z",
    ),
):
    """The next step: confirm with the code, or nothing once the member is erased."""

    status: Literal["confirm", "erased"]
    code: str | None = Field(None, description="Sent back, it erases; only with `confirm`.")
    expires_at: Moment | None = Field(None, description="Until when the code is good; only with `confirm`.")


def erase(caller: Caller, body: Erase) -> dict[str, Any]:
    """`{status: "confirm", code, expiresAt}`, then `{status: "erased"}`.

    This uses `ask`, so no answer is kept under an idempotency key: it would outlive the member. Repeating
    the call does no harm.
    """
    return caller.ask("erase_member", code=body.code)
