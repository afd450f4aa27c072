"""A request as guards and the edge read it, its body bounded however it arrives."""

from __future__ import annotations

import io

import flask
from werkzeug.datastructures import Headers

from shared.errors import BodyTooLarge, Undecodable
from shared.framework import BROKEN_BODY

MAX_BODY_BYTES = 16 * 1024
# A client that is still writing when its connection closes loses the answer that tells it why, so
# this much of an unread body is read and dropped.
MAX_DISCARDED_BYTES = 1024 * 1024


# How long the next bytes of a body may take: a request that stops in the middle holds a thread.
BODY_SECONDS = 5.0
# The rest of a body nobody wants, that of a refused caller above all, is worth next to no waiting.
DISCARD_SECONDS = 0.1


def _wait_at_most(request: flask.Request, seconds: float) -> None:
    """Let a silent client time out (gunicorn only, which resets it with the next request)."""
    connection = request.environ.get("gunicorn.socket")
    if connection is not None:
        connection.settimeout(seconds)


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

    def body(self) -> bytes:
        """The body, read once. Raises BodyTooLarge above 16 KB, declared or not."""
        if self._body is None:
            if (self._request.content_length or 0) > MAX_BODY_BYTES:
                raise BodyTooLarge
            # One byte more than allowed tells a body without a declared length from one that fits.
            # A stream may give less than asked, so read until it ends.
            _wait_at_most(self._request, BODY_SECONDS)
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


def discard_rest(request: flask.Request) -> None:
    """Read and drop what is left of the body, up to a bound.

    A body that declares more than the bound is not waited for: it may never come.
    functions-framework reads the rest of every request into memory after the handler, whatever its
    size; it finds an empty stream instead.
    """
    _wait_at_most(request, DISCARD_SECONDS)
    left = MAX_DISCARDED_BYTES if (request.content_length or 0) <= MAX_DISCARDED_BYTES else 0
    try:
        while left > 0 and (part := request.stream.read(min(left, 64 * 1024))):
            left -= len(part)
    except BROKEN_BODY:
        pass  # nobody is left to be polite to
    request.stream = io.BytesIO()
