"""One request and one answer of each route, and the table of errors."""

from __future__ import annotations

import json
import re
from collections.abc import Mapping
from typing import Any
from urllib.parse import urlencode

from functions.connect.routes import ROUTES
from functions.worker.routes import routes
from shared.callers.service import Service
from shared.errors import ERRORS
from shared.openapi import document
from shared.settings.deployments import Limits

Json = Mapping[str, Any]

_AS_A_WHOLE = 88
"""A value that fits into so many characters stays on one line."""
_COMMON = {
    *(
        "invalid_body",
        "unauthenticated",
        "forbidden",
        "idempotency_conflict",
        "body_too_large",
        "rate_limited",
    ),
    *("internal", "unavailable"),
}
"""What guards and the edge refuse with, whatever the route: said once, in the table of errors."""


def documents() -> dict[str, Json]:
    """The OpenAPI document of each deployment."""
    table = routes(Service("http://unused", "unused"), Limits())
    return {
        "connect": document("connect", ROUTES, "member"),
        "worker": document("worker", table, "bell"),
    }


def endpoints() -> dict[str, str]:
    """A part for each route of each deployment, as `connect GET /health`."""
    made: dict[str, str] = {}
    for service, told in documents().items():
        for path, item in told["paths"].items():
            for method, operation in item.items():
                name = f"{method.upper()} {path}"
                made[f"{service} {name}"] = _endpoint(method, path, operation, told)
    return made


def indexes() -> dict[str, str]:
    """Two tables of all routes: what an app calls, and what all others call."""
    head = ["| route | purpose |", "| --- | --- |"]
    app, others = list(head), list(head)
    for service, told in documents().items():
        for path, item in told["paths"].items():
            for method, operation in item.items():
                name = f"{method.upper()} {path}"
                anchor = re.sub(r"[^\w -]", "", name.lower()).replace(" ", "-")
                is_app = service == "connect" and operation["tags"] != ["administrators"]
                (app if is_app else others).append(f"| [`{name}`](#{anchor}) | {operation['summary']} |")
    return {"index of the app": "\n".join(app), "index of the others": "\n".join(others)}


def errors() -> str:
    """Every error once: status, code, what it means, and whether it says when to try again."""
    lines = ["| status | code | meaning | `Retry-After` |", "| --- | --- | --- | --- |"]
    for kind in sorted(ERRORS, key=lambda kind: kind.status):
        after = kind.default_retry_after
        waits = f"{after} s, or what the cause needs" if after else ""
        lines.append(f"| {kind.status} | `{kind.code}` | {kind.__doc__} | {waits} |")
    return "\n".join(lines)


def _endpoint(method: str, path: str, operation: Json, told: Json) -> str:
    lines = [f"{operation['summary']}.", "", "```http", f"{method.upper()} {path}{_query(operation)}"]
    for body in _examples(operation.get("requestBody"), told):
        lines += ["", written(body)]
    answers = _examples(operation["responses"]["200"], told)
    if answers:
        lines += ["```", "", "```json", *map(written, answers)]
    lines += ["```", *_fields(operation, told), *_refusals(operation, told)]
    return "\n".join(lines)


def _fields(operation: Json, told: Json) -> list[str]:
    """A line of what a body or query must and may hold; none where the examples are all there is."""
    query = [p for p in operation["parameters"] if p["in"] == "query"]
    names, required = [p["name"] for p in query], {p["name"] for p in query if p["required"]}
    if "requestBody" in operation:
        schema = _named(operation["requestBody"]["content"]["application/json"]["schema"], told)
        names, required = list(schema.get("properties", ())), set(schema.get("required", ()))
    must = ", ".join(f"`{name}`" for name in names if name in required)
    may = ", ".join(f"`{name}`" for name in names if name not in required)
    told_fields = [f"{kind}: {fields}." for kind, fields in (("Required", must), ("Optional", may)) if fields]
    return ["", " ".join(told_fields)] if told_fields else []


def _named(schema: Json, told: Json) -> Json:
    """The schema that a reference leads to, or the schema itself."""
    if "$ref" in schema:
        named: Json = told["components"]["schemas"][schema["$ref"].rpartition("/")[2]]
        return named
    return schema


def _query(operation: Json) -> str:
    given = {
        p["name"]: p["example"] for p in operation["parameters"] if p["in"] == "query" and "example" in p
    }
    return f"?{urlencode(given)}" if given else ""


def _examples(carrier: Json | None, told: Json) -> list[Any]:
    content = carrier["content"]["application/json"] if carrier else {}
    several = [each["value"] for each in content.get("examples", {}).values()]
    values = several or ([content["example"]] if "example" in content else [])
    return [_in_order(value, content["schema"], told) for value in values]


def _in_order(value: Any, schema: Json, told: Json) -> Any:
    """The value with its members in the order in which the schema names them."""
    schema = _named(schema, told)
    for choice in [*schema.get("anyOf", ()), *schema.get("oneOf", ())]:
        value = _in_order(value, choice, told)
    if isinstance(value, list) and "items" in schema:
        return [_in_order(each, schema["items"], told) for each in value]
    members = schema.get("properties", {})
    if isinstance(value, dict) and set(value) <= set(members):
        return {name: _in_order(value[name], members[name], told) for name in members if name in value}
    return value


def _refusals(operation: Json, told: Json) -> list[str]:
    """A line of what the handler itself refuses with; none where that is nothing."""
    found = []
    for status, reference in operation["responses"].items():
        if int(status) < 400:
            continue
        name = reference["$ref"].rpartition("/")[2]
        schema = told["components"]["responses"][name]["content"]["application/problem+json"]["schema"]
        refs = [each["$ref"].rpartition("/")[2] for each in schema.get("oneOf", [schema])]
        codes = {told["components"]["schemas"][ref]["properties"]["code"]["const"] for ref in refs} - _COMMON
        found += [f"{status} `{code}`" for code in sorted(codes)]
    return ["", f"Refusals of its own: {', '.join(found)}."] if found else []


def written(value: Any, depth: int = 0) -> str:
    """JSON with two spaces a level; what fits into one line stays there."""
    line = json.dumps(value, ensure_ascii=False)
    if len(line) + 2 * depth <= _AS_A_WHOLE or not isinstance(value, dict | list):
        return line
    inner = "  " * (depth + 1)
    if isinstance(value, dict):
        rows = [f"{inner}{json.dumps(key)}: {written(each, depth + 1)}" for key, each in value.items()]
        opened, closed = "{", "}"
    else:
        rows = [inner + written(each, depth + 1) for each in value]
        opened, closed = "[", "]"
    return f"{opened}\n" + ",\n".join(rows) + f"\n{'  ' * depth}{closed}"
