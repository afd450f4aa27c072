"""The OpenAPI 3.1 document of a deployment, made from its route table, its models and its errors.

    schemas    models to JSON Schema
    refusals   the errors of a route, and the answers that carry them
    headers    request and answer headers
    security   security schemes of the guards

Summaries and descriptions are docstrings, so that every text is written once. This package is loaded on the
first request for the document (`shared.http.openapi_route`).
"""

from __future__ import annotations

import inspect
import json
import re
from collections.abc import Callable, Mapping, Sequence
from typing import Any

from pydantic.alias_generators import to_camel

from shared.errors import ERRORS, ApiError
from shared.http.edge import Route
from shared.http.response_models import Document
from shared.openapi.headers import HEADERS, IF_NONE_MATCH, idempotency_key, request_id, success_headers
from shared.openapi.refusals import name_of, problem, refusals_of, refused
from shared.openapi.schemas import Schemas
from shared.openapi.security import SCHEMES, Scheme
from shared.version import VERSION

__all__ = ["Routes", "document", "written"]

_ABOUT = {
    "connect": (
        "Connect",
        "What members call. Bodies are JSON, closed (unknown fields are refused) and at most 32 KB; a query "
        "parameter that a route does not name is refused too. Errors are `application/problem+json` with a "
        "stable `code`. HEAD is answered wherever GET is, and OPTIONS everywhere; any other method of a path "
        "is 405 `method_not_allowed` with `Allow`, any other path 404 `not_found`. Absent, foreign and over "
        "ids answer alike.",
    ),
    "worker": (
        "Connect worker",
        "What the schedule rings and administrators call. Errors are `application/problem+json` with a "
        "stable `code`; any other method of a path is 405 `method_not_allowed` with `Allow`.",
    ),
}

Routes = Mapping[tuple[str, str], Route]


def written(made: Mapping[str, Any]) -> bytes:
    """The bytes of the document as it is sent.

    >>> written({"openapi": "3.1.0"})
    b'{"openapi":"3.1.0"}'
    """
    return json.dumps(made, ensure_ascii=False, separators=(",", ":")).encode()


def document(service: str, routes: Routes, guard: str) -> dict[str, Any]:
    """The document of a deployment. `guard`: the scheme of routes that have no guard of their own."""
    schemas = Schemas(routes.values())
    paths: dict[str, Any] = {}
    responses: dict[str, Any] = {}
    schemes: dict[str, Any] = {}
    kinds: set[type[ApiError]] = set()
    for (method, path), route in routes.items():
        scheme = SCHEMES[_scheme(route, guard)]
        schemes |= scheme.definitions
        refusals = refusals_of(route, scheme, method)
        kinds.update(kind for same_status in refusals.values() for kind in same_status)
        paths.setdefault(path, {})[method.lower()] = {
            **_told(route),
            "tags": [scheme.tag],
            **({"security": [{name: [] for name in scheme.definitions}]} if scheme.definitions else {}),
            "parameters": _parameters(method, route, scheme, schemas),
            **_body(route, schemas),
            "responses": _success(route, scheme, schemas, method) | _refused(refusals, scheme, responses),
        }
    title, description = _ABOUT[service]
    return {
        "openapi": "3.1.0",
        "info": {"title": title, "version": VERSION, "description": description},
        "servers": [{"url": "/", "description": "Where this document was read."}],
        "paths": paths,
        "components": {
            "schemas": schemas.named()
            | {f"{name_of(kind)}Problem": problem(kind) for kind in ERRORS if kind in kinds},
            "responses": dict(sorted(responses.items())),
            "headers": HEADERS,
            "securitySchemes": schemes,
        },
    }


def _scheme(route: Route, guard: str) -> str:
    """The scheme of a route; `guard`: that of the deployment. Only public routes have their own guard."""
    return "nobody" if route.guard is not None else "admin" if route.admin else guard


def _told(route: Route) -> dict[str, Any]:
    """Name, summary and description, from the handler and its file."""
    handler: Callable[..., Any] | type = route.handler
    if not inspect.isfunction(handler):
        handler = type(handler)
    about = inspect.getdoc(inspect.getmodule(handler)) or ""
    # "POST /connect/respond: accept or decline a proposed match."
    summary = about.split("\n\n")[0].replace("\n", " ").partition(": ")[2]
    description = (inspect.getdoc(handler) or "").split("\n\n")[0].replace("\n", " ")
    name = re.sub(r"(?<!^)(?=[A-Z])", "_", handler.__name__).lower()
    return {
        "operationId": to_camel(name),
        "summary": (summary[:1].upper() + summary[1:]).rstrip("."),
        "description": description,
    }


def _parameters(method: str, route: Route, scheme: Scheme, schemas: Schemas) -> list[dict[str, Any]]:
    parameters = [] if route.query is None else schemas.parameters(route.query)
    if route.answer is Document:
        parameters.append(IF_NONE_MATCH)
    if scheme.repeats and method in ("POST", "PUT"):
        parameters.append(idempotency_key())
    return [*parameters, request_id()]


def _body(route: Route, schemas: Schemas) -> dict[str, Any]:
    if route.body is None:
        return {}
    return {
        "requestBody": {
            "required": True,
            "content": {
                "application/json": {"schema": schemas.ref(route.body), **schemas.examples(route.body)}
            },
        }
    }


def _success(route: Route, scheme: Scheme, schemas: Schemas, method: str) -> dict[str, Any]:
    examples = {} if route.answer is Document else schemas.examples(route.answer)
    answer = {
        "description": (inspect.getdoc(route.answer) or "").replace("\n", " "),
        "headers": success_headers(scheme, method, cached=route.answer is Document, own=route.headers),
        "content": {"application/json": {"schema": schemas.ref(route.answer), **examples}},
    }
    if route.answer is not Document:
        return {"200": answer}
    return {
        "200": answer,
        "304": {"description": "It is still as `If-None-Match` says.", "headers": answer["headers"]},
    }


def _refused(
    refusals: Mapping[int, Sequence[type[ApiError]]], scheme: Scheme, responses: dict[str, Any]
) -> dict[str, Any]:
    """References to shared answers, by status. New answers are added to `responses`."""
    answers: dict[str, Any] = {}
    for status, kinds in refusals.items():
        name, answer = refused(kinds, scheme)
        responses[name] = answer
        answers[str(status)] = {"$ref": f"#/components/responses/{name}"}
    return answers
