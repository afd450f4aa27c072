"""A request as guards and the edge read it. Its body is bounded, also if it comes in chunks."""

from __future__ import annotations

import io

import flask
from werkzeug.datastructures import Headers

from shared.errors import BodyTooLarge, Undecodable
from shared.http.flask_errors import BROKEN_BODY

MAX_BODY_BYTES = 32 * 1024
"""Room for a message of 2,000 emoji, each escaped in twelve bytes, and for the other fields."""


class Incoming:
    """Method, path, headers and the exact bytes of the body."""

    def __init__(self, request: flask.Request) -> None:
        self._request = request
        self._body: bytes | None = None

    @property
    def method(self) -> str:
        return self._request.method

    @property
    def path(self) -> str:
        """Decoded, without the query."""
        return self._request.path

    @property
    def headers(self) -> Headers:
        """Names in any case; a header sent twice is joined by commas."""
        return self._request.headers

    @property
    def declared(self) -> int | None:
        """The length of the body in bytes as its sender declares it; None if it comes in chunks."""
        length = self._request.content_length
        return 0 if length is None and "Transfer-Encoding" not in self.headers else length

    def body(self) -> bytes:
        """The body, read once. Raises BodyTooLarge above 32 KB, declared or not.

        This does not wait: a thread gets a request only when it has arrived (functions/server/loop.py).
        """
        if self._body is None:
            if (self.declared or 0) > MAX_BODY_BYTES:
                raise BodyTooLarge
            # One byte more than allowed is read: if it comes, a body without a declared length is too large.
            # A stream may give less than asked, so it is read until it ends.
            parts, room = [], MAX_BODY_BYTES + 1
            try:
                while room and (part := self._request.stream.read(room)):
                    parts.append(part)
                    room -= len(part)
            except BROKEN_BODY:
                raise Undecodable("The body did not arrive whole.") from None
            if not room:
                raise BodyTooLarge
            self._body = b"".join(parts)
        return self._body


def leave_rest(request: flask.Request) -> None:
    """Replace the rest of the body by an empty stream.

    functions-framework reads the rest of every request into memory after the handler, with no limit of size.
    The server drops the bytes that still come when it closes the connection.
    """
    request.stream = io.BytesIO()
