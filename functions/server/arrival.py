"""Tells when a request has arrived: its head, and as much of its body as a handler will read.

This decides only when a request gets a thread. gunicorn decides where a request begins and ends: it reads the
same bytes again and refuses malformed ones. So a malformed request counts as arrived here.
"""

from __future__ import annotations

import re

from shared.http.request import MAX_BODY_BYTES

MAX_HEAD_BYTES = 32 * 1024
"""Four times the longest token, and twice the most that a load balancer takes."""
MAX_CHUNKED_BYTES = 4 * MAX_BODY_BYTES
"""The most bytes of a body in chunks, counted with their sizes and line ends."""

_HEAD_END = b"\r\n\r\n"
_BARE_LINE_END = re.compile(rb"(?<!\r)\n")
_LENGTH = re.compile(rb"\r\ncontent-length:[ \t]*([0-9]{1,20})[ \t]*\r\n", re.IGNORECASE)
_CHUNKED = re.compile(rb"\r\ntransfer-encoding:[^\r\n]*chunked", re.IGNORECASE)
_EXPECTING = re.compile(rb"\r\nexpect:[ \t]*100-continue[ \t]*\r\n", re.IGNORECASE)
_CHUNK_SIZE = re.compile(rb"([0-9a-f]{1,8})[ \t]*(?:;[^\r\n]*)?\r\n", re.IGNORECASE)


class Arrival:
    """The bytes of one request so far, and any bytes its sender has put behind it.

    >>> arrival = Arrival()
    >>> arrival.add(b"GET /health HTTP/1.1\\r\\n")
    >>> arrival.whole
    False
    >>> arrival.add(b"\\r\\n")
    >>> arrival.whole
    True
    """

    def __init__(self) -> None:
        self.data = bytearray()
        self.expecting = False
        """Whether the sender keeps the body back until the server sends 100 Continue."""
        self.in_part = False
        """Whether a rest may come that is never read. A further request could not be told from that rest."""
        self._body: int | None = None  # where the body begins, once the head is whole
        self._end: int | None = None  # where the request ends, once that is known
        self._chunk = 0  # where the first chunk begins that is not whole
        self._chunks = 0  # bytes in the whole ones

    def add(self, more: bytes) -> None:
        """Takes the bytes that came next."""
        # The end of a head may lie across two readings.
        seen = max(0, len(self.data) - len(_HEAD_END))
        self.data += more
        if self._body is None:
            self._look_for_body(seen)
        if self._body is not None and self._end is None:
            self._walk(self._body)

    @property
    def whole(self) -> bool:
        """Whether nothing more of it is worth waiting for."""
        return self._end is not None and len(self.data) >= self._end

    @property
    def head_too_long(self) -> bool:
        """Whether its head is longer than the limit."""
        return self._body is None and len(self.data) > MAX_HEAD_BYTES

    def _look_for_body(self, seen: int) -> None:
        at = self.data.find(_HEAD_END, seen)
        if _BARE_LINE_END.search(self.data, seen, len(self.data) if at < 0 else at):
            self._end = 0  # refused as it stands
            return
        if at < 0:
            return
        body = self._body = self._chunk = at + len(_HEAD_END)
        if not _CHUNKED.search(self.data, 0, body):
            declared = _LENGTH.search(self.data, 0, body)
            length = int(declared[1]) if declared else 0
            # A body that is too large is refused without reading it.
            self.in_part = length > MAX_BODY_BYTES
            self._end = body if self.in_part else body + length
        self.expecting = not self.whole and _EXPECTING.search(self.data, 0, body) is not None

    def _walk(self, body: int) -> None:
        """Go on from one chunk to the next. `_end` is set once no more bytes need to come."""
        while self._chunks <= MAX_BODY_BYTES and len(self.data) - body <= MAX_CHUNKED_BYTES:
            line = _CHUNK_SIZE.match(self.data, self._chunk)
            if line is None:
                if self.data.find(b"\r\n", self._chunk) < 0:
                    return
                break  # no size of a chunk
            size = int(line[1], 16)
            if size == 0:
                # Trailers may follow: lines as in a head, and like it they end with an empty one.
                at = self.data.find(_HEAD_END, line.end() - 2)
                if at < 0:
                    return
                self._end = at + len(_HEAD_END)
                return
            after = line.end() + size + 2
            if size <= MAX_BODY_BYTES and after > len(self.data):
                return
            self._chunk, self._chunks = after, self._chunks + size
        self.in_part = True
        self._end = len(self.data)
