"""The edge: one Flask request in, one answer out, the same way for every route.

    request id → route (404, 405) → guard (401, 429) → body (400, 413) → turn (503)
               → JSON and query (400, 422) → handler → answer, with the CORS headers

A deployment is a route table and a guard:

    ROUTES = {("POST", "/connect/respond"): Route(respond, Responded, body=Respond, refusals=(NotFound,))}
    connect = serve("connect", ROUTES, guard=Members(settings))

A **guard** takes the `Incoming` request and returns the caller, or raises Unauthenticated. It runs before the
body is judged. It does not ask the database: only a request that has its turn does. A **handler** is called
as `handler(who, body?, query?)`: the caller, and the models that its route names. It returns members of the
success body, to which `"ok": true` is added, or a whole response of its own. Any ApiError that it raises
becomes problem+json. The caller, `who`, may have:

    admitted()               called when the request has its turn. It may ask the database: a bell rings once
                             only. Its answer is then the caller.
    headers                  a mapping, sent with a success: rate limits reach the caller in this way
    keyed(key, route, body)  handles a POST or PUT with an `Idempotency-Key`. A bell has no such method: its
                             nonce keeps it from being repeated.
    allowance                pays the cost of each refusal of what was sent (400, 413, 422)

The only `except Exception` is here.
"""

from __future__ import annotations

import json
import time
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from typing import Any

import flask
from pydantic import BaseModel

from shared.errors import (
    ApiError,
    BodyTooLarge,
    Internal,
    InvalidBody,
    MethodNotAllowed,
    NotFound,
    Unauthenticated,
)
from shared.http.flask_errors import own_the_app
from shared.http.front import Front
from shared.http.idempotency import HEADER, Replayed, well_formed
from shared.http.json_body import Closed, decode, fill, refused_fields
from shared.http.overload import Turns
from shared.http.request import Incoming, leave_rest
from shared.logs import describe, log
from shared.tracing import answering
from shared.tracing import read as read_trace

Guard = Callable[[Incoming], Any]
Entry = Callable[[flask.Request], flask.Response]

_ALWAYS = {"Cache-Control": "no-store", "X-Content-Type-Options": "nosniff"}


def anyone(incoming: Incoming) -> None:
    """The guard of public routes: it lets every caller in and gives no identity."""


def nobody(_incoming: Incoming) -> None:
    """The guard that refuses every caller."""
    raise Unauthenticated


@dataclass(frozen=True, slots=True)
class Route:
    """The handler of one method of one path, and its part of the OpenAPI document.

    `answer` is the model of a success. `refusals` are the errors of the handler itself, without those of
    guards and of the edge. `guard` None means the guard of the deployment, or with `admin` its guard of
    administrators. `headers` go with a success.
    """

    handler: Callable[..., Mapping[str, Any] | flask.Response]
    answer: type[BaseModel]
    body: type[Closed] | None = None
    query: type[Closed] | None = None
    guard: Guard | None = None
    admin: bool = False
    refusals: tuple[type[ApiError], ...] = ()
    headers: Mapping[str, str] = field(default_factory=dict)


Routes = Mapping[tuple[str, str], Route]


def serve(
    service: str, routes: Routes, guard: Guard, *, admins: Guard | None = None, front: Front | None = None
) -> Entry:
    """The function a server calls with each request. `service` names the deployment in logs.

    `admins` guards the routes that say `admin`.
    """
    front = front or Front()
    turns = Turns(front.at_once)

    def wanted(route: Route) -> Guard:
        # A deployment without a guard of administrators refuses every caller on such a route.
        return route.guard or ((admins or nobody) if route.admin else guard)

    def entry(request: flask.Request) -> flask.Response:
        trace = read_trace(request.headers)
        with answering(trace):
            response = answer(request)
        response.headers["X-Request-Id"] = trace.request_id
        front.cors.tell(request, response)
        return response

    def answer(request: flask.Request) -> flask.Response:
        started = time.perf_counter()
        error: ApiError | None = None
        fields: dict[str, Any] = {}
        name = "unmatched"
        try:
            name, route = _find(routes, request.method, request.path)
            if route is None:
                response = _options(routes, request)
            else:
                response = _run(route, wanted(route), turns, request)
        except ApiError as raised:
            error = raised
        except Exception as raised:  # the only one: after any failure the caller still gets a problem
            fields = describe(raised)
            error = Internal()
        if error is not None:
            response = _problem(error)
            fields |= {"code": error.code} | ({"reason": error.reason} if error.reason else {})
        leave_rest(request)
        log(
            "ERROR" if response.status_code >= 500 else "INFO",
            "request",
            service=service,
            route=name,
            status=response.status_code,
            duration_ms=round((time.perf_counter() - started) * 1000, 2),
            **fields,
        )
        return response

    def refuse(error: ApiError) -> flask.Response:
        """A refusal of the framework itself, with the same CORS headers as any other answer."""
        response = _problem(error)
        front.cors.tell(flask.request, response)
        return response

    entry.__name__ = service
    own_the_app(refuse)
    return entry


def _find(routes: Routes, method: str, path: str) -> tuple[str, Route | None]:
    """The route and its name for logs. None for OPTIONS on a known path."""
    route = routes.get(("GET" if method == "HEAD" else method, path))
    if route is not None:
        return f"{method} {path}", route
    if not any(known == path for _, known in routes):
        raise NotFound("There is no such path.")
    if method != "OPTIONS":
        raise MethodNotAllowed(headers={"Allow": _allowed(routes, path)})
    return f"OPTIONS {path}", None


def _allowed(routes: Routes, path: str) -> str:
    methods = {method for method, known in routes if known == path} | {"OPTIONS"}
    return ", ".join(sorted(methods | ({"HEAD"} if "GET" in methods else set())))


def _options(routes: Routes, request: flask.Request) -> flask.Response:
    allowed = {"Allow": _allowed(routes, request.path)}
    response = flask.Response(status=204, headers=_ALWAYS | allowed)
    del response.headers["Content-Type"]  # of a body that does not exist
    return response


def _run(route: Route, guard: Guard, turns: Turns, request: flask.Request) -> flask.Response:
    incoming = Incoming(request)
    who = guard(incoming)
    try:
        key = incoming.headers.get(HEADER) if request.method in ("POST", "PUT") else None
        if key is not None:
            key = well_formed(key)
        raw = incoming.body() if route.body is not None else b""
        with turns.turn(request.path):
            if hasattr(who, "admitted"):
                who = who.admitted()
            return _handled(route, who, request, raw, key)
    except (InvalidBody, BodyTooLarge) as refused:
        if hasattr(who, "allowance"):
            who.allowance.take(refused.cost)
        raise


def _handled(route: Route, who: Any, request: flask.Request, raw: bytes, key: str | None) -> flask.Response:
    models: list[Closed] = []
    body = None
    if route.body is not None:
        body = decode(raw)
        models.append(fill(route.body, body))
    query = _query(request)
    if route.query is not None:
        models.append(fill(route.query, query))
    elif query:
        raise refused_fields([{"field": "query", "problem": "this route takes no parameters"}])
    if key is not None and hasattr(who, "keyed"):
        who = who.keyed(key, f"{request.method} {request.path}", body)
    try:
        answer = route.handler(who, *models)
    except Replayed as earlier:
        answer = earlier.body
    if isinstance(answer, flask.Response):
        answer.headers.setdefault("X-Content-Type-Options", "nosniff")
        answer.make_conditional(request)
        return answer
    headers = dict(route.headers) | getattr(who, "headers", {})
    return _answer(200, {"ok": True} | dict(answer), "application/json", headers)


def _query(request: flask.Request) -> dict[str, str]:
    """The query parameters. One given twice is refused, because programs differ on which one counts."""
    given = dict(request.args.lists())
    if any(len(values) > 1 for values in given.values()):
        raise InvalidBody("A query parameter is given twice.")
    return {name: values[0] for name, values in given.items()}


def _problem(error: ApiError) -> flask.Response:
    headers = dict(error.headers)
    if error.retry_after is not None:
        headers["Retry-After"] = str(error.retry_after)
    if isinstance(error, Unauthenticated):
        headers["WWW-Authenticate"] = "Bearer"
    return _answer(error.status, error.problem(), "application/problem+json", headers)


def _answer(
    status: int, body: Mapping[str, Any], content_type: str, headers: Mapping[str, str]
) -> flask.Response:
    text = json.dumps(body, ensure_ascii=False, separators=(",", ":"))
    return flask.Response(text, status=status, headers=_ALWAYS | dict(headers), content_type=content_type)
