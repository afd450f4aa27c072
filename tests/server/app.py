"""A small application to be served as the deployments are, and the same with shorter waits."""

from __future__ import annotations

import os
from collections.abc import Callable, Iterable
from typing import Any


def app(environ: dict[str, Any], start_response: Callable[..., Any]) -> Iterable[bytes]:
    """`/pid`, `/size` of a body, `/large?BYTES`; anything else answers its own name and reads no body."""
    path, body = environ["PATH_INFO"], environ["PATH_INFO"].encode()
    if path == "/pid":
        body = str(os.getpid()).encode()
    elif path == "/size":
        try:
            body = str(len(environ["wsgi.input"].read())).encode()
        except OSError as error:
            body = type(error).__name__.encode()
    elif path == "/large":
        body = large(int(environ["QUERY_STRING"]))
    start_response("200 OK", [("Content-Type", "text/plain"), ("Content-Length", str(len(body)))])
    return [body]


_BLOCK = b"".join(b"%07d\n" % n for n in range(100_003))


def large(size: int) -> bytes:
    """So many bytes, of which each tells its place a little."""
    return (_BLOCK * (size // len(_BLOCK) + 1))[:size]
