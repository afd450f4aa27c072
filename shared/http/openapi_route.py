"""GET /openapi.json: what a deployment takes and answers, for people and for client generators.

The document is made on the first request for it and kept. Its code is loaded then too, so that a cold start
does not pay for it.
"""

from __future__ import annotations

import hashlib
import threading
from collections.abc import Mapping
from functools import cache
from typing import Any

import flask

from shared.http.edge import Route, anyone
from shared.http.response_models import Document

FRESH_SECONDS = 300


def published(service: str, routes: Mapping[tuple[str, str], Route], guard: str) -> Route:
    """The route that answers the OpenAPI document of `routes`. Once `routes` holds it, it documents itself.

    `guard` is the scheme (`shared.openapi`) of routes without a guard of their own.
    """

    making = threading.Lock()

    @cache
    def made() -> tuple[bytes, str]:
        from shared.openapi import document, written

        text = written(document(service, routes, guard))
        return text, hashlib.sha256(text).hexdigest()[:32]

    def openapi(_nobody: Any) -> flask.Response:
        """The OpenAPI 3.1 document of this deployment."""
        with making:  # one thread makes it, others wait
            text, tag = made()
        response = flask.Response(text, content_type="application/json")
        response.headers["Cache-Control"] = f"public, max-age={FRESH_SECONDS}"
        response.set_etag(tag)
        return response

    return Route(openapi, Document, guard=anyone)
