"""Turns the answers that functions-framework gives by itself into problem+json.

The framework handles `/favicon.ico` and `/robots.txt` itself and turns its own errors into HTML pages. It
loads the function inside its application's context. So the application can be reached while the entry point
is being built.
"""

from __future__ import annotations

from collections.abc import Callable

import flask
from gunicorn.http.errors import ParseException  # type: ignore[import-untyped]
from werkzeug.exceptions import HTTPException

from shared.errors import ApiError, BodyTooLarge, Internal, NotFound, Undecodable

# The errors of reading a body whose client hangs up or whose chunks are malformed: a broken socket,
# werkzeug's ClientDisconnected, gunicorn's parser.
BROKEN_BODY = (OSError, HTTPException, ParseException)


def own_the_app(problem: Callable[[ApiError], flask.Response]) -> None:
    """Make the surrounding application answer `problem`s. Without an application nothing is done."""
    if not flask.has_app_context():
        return

    def answer(error: HTTPException) -> flask.Response:
        match error.code:
            case 404:
                return problem(NotFound("There is no such path."))
            case 413:
                return problem(BodyTooLarge())
            case 400:
                return problem(Undecodable("The request is malformed."))
            case _:
                return problem(Internal())

    flask.current_app.register_error_handler(HTTPException, answer)
