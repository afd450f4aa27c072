"""POST /connect/erase: leave Connect with everything, in two steps. The account itself stays."""

from __future__ import annotations

from typing import Annotated, Any

from pydantic import StringConstraints

from shared.caller import Caller
from shared.decoding import Closed

Code = Annotated[str, StringConstraints(strip_whitespace=True, pattern=r"^[A-Za-z0-9]{8}$")]


class Erase(Closed):
    """`{}` asks for a code, `{code}` confirms with it."""

    code: Code | None = None


def erase(caller: Caller, body: Erase) -> dict[str, Any]:
    """`{status: "confirm", code, expiresAt}`, then `{status: "erased"}`.

    Asked, not called: no answer is kept under an idempotency key, which would outlive the member.
    Repeating it is harmless without one.
    """
    return caller.ask("erase_member", code=body.code)
