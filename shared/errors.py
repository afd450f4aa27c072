"""Every refusal a caller can meet, as one tree.

    ApiError
    ├── InvalidBody             422 invalid_body          decoded, but not what the route takes
    │   └── Undecodable         400 invalid_body          not JSON at all
    ├── Unauthenticated         401 unauthenticated
    ├── Forbidden               403 forbidden
    ├── ConsentRequired         403 consent_required
    ├── NotFound                404 not_found             the same for absent, foreign and ended things
    ├── MethodNotAllowed        405 method_not_allowed    with Allow
    ├── MatchNotOpen            409 match_not_open
    ├── Conflict                409 conflict              another action, running or done, forbids it
    ├── ProfileIncomplete       409 profile_incomplete
    ├── IdempotencyConflict     409 idempotency_conflict  the first request is still running
    │   └── IdempotencyMismatch 422 idempotency_conflict  the key was used with another body
    ├── BodyTooLarge            413 body_too_large
    ├── RateLimited             429 rate_limited          with Retry-After
    ├── Internal                500 internal
    └── Unavailable             503 unavailable           with Retry-After

A class docstring is the default detail of its answer. So it is a sentence for members and says nothing about
the inside. `problem()` gives the RFC 9457 object with its keys in a fixed order, so that equal refusals
are equal bytes. `from_database` turns an answer of PostgREST into an error.
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from typing import Any, ClassVar

PROBLEM_KEYS = ("type", "title", "status", "detail", "ok", "code")
RETRY_SOON = 5  # seconds: a database restarts in that time, and a person still waits that long
RETRY_RATE = 60  # seconds: the length of the usual window


class ApiError(Exception):
    """The request could not be answered."""

    status: ClassVar[int] = 500
    code: ClassVar[str] = "internal"
    title: ClassVar[str] = "Internal error"
    default_retry_after: ClassVar[int | None] = None

    def __init__(
        self,
        detail: str | None = None,
        *,
        retry_after: int | None = None,
        headers: Mapping[str, str] | None = None,
        extras: Mapping[str, Any] | None = None,
        reason: str | None = None,
        cost: float = 1,
    ) -> None:
        """`extras` become further members of the problem object. `reason` goes to the log only. `cost` is
        what a refusal takes from the caller's allowance: more than one if the check was expensive."""
        self.detail = detail or (type(self).__doc__ or "").strip()
        self.retry_after = self.default_retry_after if retry_after is None else retry_after
        self.headers = dict(headers or {})
        self.extras = dict(extras or {})
        self.reason = reason
        self.cost = cost
        super().__init__(self.detail)

    def problem(self) -> dict[str, Any]:
        """The problem object: the six fixed keys in order, then the extras by name.

        >>> list(NotFound().problem())
        ['type', 'title', 'status', 'detail', 'ok', 'code']
        """
        fixed: dict[str, Any] = {
            "type": f"urn:connect:problem:{self.code}",
            "title": self.title,
            "status": self.status,
            "detail": self.detail,
            "ok": False,
            "code": self.code,
        }
        return fixed | {k: self.extras[k] for k in sorted(self.extras) if k not in fixed}


class InvalidBody(ApiError):
    """The request does not have the shape this route takes."""

    status, code, title = 422, "invalid_body", "Invalid request"


class Undecodable(InvalidBody):
    """The body is not one well-formed JSON text in UTF-8."""

    status, title = 400, "Undecodable body"


class Unauthenticated(ApiError):
    """A valid bearer token of a signed-in member is needed."""

    status, code, title = 401, "unauthenticated", "Not signed in"


class Forbidden(ApiError):
    """This is not allowed."""

    status, code, title = 403, "forbidden", "Forbidden"


class ConsentRequired(ApiError):
    """Consent to the current version of the terms is needed first."""

    status, code, title = 403, "consent_required", "Consent required"


class NotFound(ApiError):
    """There is nothing here for you under that name."""

    status, code, title = 404, "not_found", "Not found"


class MethodNotAllowed(ApiError):
    """This path does not take that method."""

    status, code, title = 405, "method_not_allowed", "Method not allowed"


class MatchNotOpen(ApiError):
    """The match is not in a state that allows this."""

    status, code, title = 409, "match_not_open", "Match not open"


class Conflict(ApiError):
    """Something that is being done, or has been done, stands against this."""

    status, code, title = 409, "conflict", "Conflict"


class ProfileIncomplete(ApiError):
    """The profile lacks something this needs."""

    status, code, title = 409, "profile_incomplete", "Profile incomplete"


class IdempotencyConflict(ApiError):
    """The first request with this idempotency key is still being answered."""

    status, code, title = 409, "idempotency_conflict", "Idempotency conflict"


class IdempotencyMismatch(IdempotencyConflict):
    """This idempotency key was used with another body."""

    status = 422


class BodyTooLarge(ApiError):
    """The body is larger than 32 KB."""

    status, code, title = 413, "body_too_large", "Body too large"


class RateLimited(ApiError):
    """Too many requests; wait before trying again."""

    status, code, title = 429, "rate_limited", "Too many requests"
    default_retry_after = RETRY_RATE


class Internal(ApiError):
    """Something went wrong on our side."""


class Unavailable(ApiError):
    """The service is away for a moment."""

    status, code, title = 503, "unavailable", "Unavailable"
    default_retry_after = RETRY_SOON


ERRORS: tuple[type[ApiError], ...] = (
    InvalidBody,
    Undecodable,
    Unauthenticated,
    Forbidden,
    ConsentRequired,
    NotFound,
    MethodNotAllowed,
    MatchNotOpen,
    Conflict,
    ProfileIncomplete,
    IdempotencyConflict,
    IdempotencyMismatch,
    BodyTooLarge,
    RateLimited,
    Internal,
    Unavailable,
)
_BY_CODE = {(error.code, error.status): error for error in ERRORS}
_BY_STATUS: dict[int, type[ApiError]] = {
    401: Unauthenticated,
    403: Forbidden,
    404: NotFound,
    409: Conflict,
    422: InvalidBody,
    429: RateLimited,
    503: Unavailable,
}

# SQLSTATE classes that become 503: overload, conflict under load, shutdown, lost connection, lock timeout,
# read-only standby, an account erased in the same instant. The same request may succeed a moment later,
# or get its exact refusal.
_AWAY = re.compile(r"57014|57P0\d|40001|40P01|23503|53...|08...|55P03|25006|PGRST00\d")
_NONSENSE = re.compile(r"22...|23514")
_BAD_TOKEN = re.compile(r"PGRST30[1-3]")
_AWAY_STATUSES = {429, 502, 503, 504, *range(520, 531)}  # 52x: the proxy in front of hosted ones


def from_database(
    status: int, body: Any, headers: Mapping[str, str] | None = None, *, as_service: bool = False
) -> ApiError:
    """The error that a refusing or failing PostgREST answer becomes for the caller.

    `status` and `body` are the HTTP status and the decoded JSON (any other value if it cannot be decoded).
    `headers` are passed on: they hold rate limits. A text of the database is passed on only from a returned
    refusal, which one of our own functions wrote for the member. `as_service`: the call used our own key.
    If that key is refused, the fault is ours, not the caller's.

    >>> from_database(401, {}).code, from_database(401, {}, as_service=True).code
    ('unauthenticated', 'internal')
    """
    answer = body if isinstance(body, Mapping) else {}
    if answer.get("ok") is False:
        return _returned(status, answer, headers or {})
    code, message = str(answer.get("code") or ""), str(answer.get("message") or "")
    reason = f"database answered {status} {code}".strip()
    if re.fullmatch(r"PT\d{3}", code):
        raised = int(code[2:])
        kind = _BY_CODE.get((message, raised)) or _BY_STATUS.get(raised, Internal)
        return kind(reason=reason, headers=headers)
    if _AWAY.fullmatch(code):
        return Unavailable(reason=reason)
    if status == 401 or _BAD_TOKEN.fullmatch(code):
        # The gateway of a hosted project says "Invalid API key" when our own key is wrong.
        ours = as_service or "api key" in message.lower()
        return Internal(reason=reason) if ours else Unauthenticated(reason=reason)
    if code == "42501":
        return Internal(reason=reason) if as_service else Forbidden(reason=reason)
    if _NONSENSE.fullmatch(code):
        return InvalidBody("A value is outside what is allowed.", reason=reason)
    if status in _AWAY_STATUSES:
        return Unavailable(reason=reason)
    return Internal(reason=reason)


def _returned(status: int, answer: Mapping[str, Any], headers: Mapping[str, str]) -> ApiError:
    """A refusal one of our SQL functions returned: `{"ok": false, "code", "detail", …extras}`."""
    code = str(answer.get("code"))
    kind = _BY_CODE.get((code, status)) or next((e for e in ERRORS if e.code == code), None)
    if kind is None:
        return Internal(reason="database returned an unknown refusal", headers=headers)
    if kind is NotFound:
        # The function's own text is dropped: absent, foreign and ended ids must answer the same bytes.
        return NotFound(headers=headers)
    detail = answer.get("detail")
    extras = {k: v for k, v in answer.items() if k not in PROBLEM_KEYS}
    return kind(
        detail if isinstance(detail, str) else None,
        retry_after=_seconds(headers.get("Retry-After")),
        headers=headers,
        extras=extras,
        cost=0,  # the function that returned the refusal has counted the call
    )


def _seconds(text: str | None) -> int | None:
    return int(text) if text is not None and re.fullmatch(r"\d{1,7}", text) else None
