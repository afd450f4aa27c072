"""A request as guards and the edge read it, its body bounded however it arrives."""

from __future__ import annotations

import io

import flask
from werkzeug.datastructures import Headers

from shared.errors import BodyTooLarge, Undecodable
from shared.http.flask_errors import BROKEN_BODY

MAX_BODY_BYTES = 32 * 1024
"""A message of 2,000 emoji, each written as the twelve bytes of its two escapes, and more beside it."""


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
        """How many bytes the body has, as its sender says; None where it comes in chunks."""
        length = self._request.content_length
        return 0 if length is None and "Transfer-Encoding" not in self.headers else length

    def body(self) -> bytes:
        """The body, read once. Raises BodyTooLarge above 32 KB, declared or not.

        Nothing is waited for: a request begins when it has arrived (functions/server/loop.py).
        """
        if self._body is None:
            if (self.declared or 0) > MAX_BODY_BYTES:
                raise BodyTooLarge
            # One byte more than allowed tells a body without a declared length from one that fits.
            # A stream may give less than asked, so read until it ends.
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
    """Have nobody read what is left of the body.

    functions-framework would read the rest of every request into memory after the handler, whatever its size;
    it finds an empty stream. The server drops what is still coming when it closes the connection.
    """
    request.stream = io.BytesIO()
