"""The OpenAPI documents: valid, complete, and telling the same as what runs."""

from __future__ import annotations

import subprocess
import sys
from collections.abc import Iterator
from typing import Any, get_args

import jsonschema_rs
import pytest
from hypothesis import given
from hypothesis import strategies as st
from pydantic import TypeAdapter, ValidationError
from schemathesis.specs.openapi.definitions import OPENAPI_31

from functions.connect.matching.funnel import Step, Suggestion
from functions.connect.member.status import Label
from functions.connect.routes import ROUTES as CONNECT
from functions.worker.batch import COUNTS
from functions.worker.matcher import Work
from functions.worker.routes import routes
from scripts.stack.home import ROOT
from shared.callers.service import Service
from shared.engine.filters.funnel import CHANGES
from shared.engine.filters.funnel_shown import EFFECTS, STEPS
from shared.engine.scoring.labels import VOCABULARY
from shared.errors import ERRORS, MethodNotAllowed
from shared.http import request_fields
from shared.http.edge import Route
from shared.http.json_body import fill
from shared.http.response_models import Document
from shared.openapi import document
from shared.settings.deployments import Limits

Json = dict[str, Any]


WORKER = routes(Service("http://unused", "unused"), Limits())
DOCUMENTS = {
    "connect": (CONNECT, document("connect", CONNECT, "member")),
    "worker": (WORKER, document("worker", WORKER, "bell")),
}
OPERATIONS = [
    pytest.param(service, method, path, operation, id=f"{service} {method} {path}")
    for service, (_, made) in DOCUMENTS.items()
    for path, item in made["paths"].items()
    for method, operation in item.items()
]
KEYWORDS = {
    *(
        "$ref",
        "additionalProperties",
        "anyOf",
        "const",
        "default",
        "description",
        "enum",
        "examples",
        "format",
    ),
    *("items", "maxItems", "maxLength", "maximum", "minLength", "minimum", "oneOf", "pattern", "properties"),
    *("patternProperties", "propertyNames", "required", "type", "uniqueItems"),
}


def _schemas(node: Any) -> Iterator[Json]:
    """Every schema below a schema, itself included."""
    yield node
    for each in [*node.get("properties", {}).values(), *node.get("anyOf", ()), *node.get("oneOf", ())]:
        yield from _schemas(each)
    yield from node.get("patternProperties", {}).values()
    for key in ("items", "additionalProperties", "propertyNames"):
        if isinstance(node.get(key), dict):
            yield from _schemas(node[key])


@pytest.mark.parametrize("service", DOCUMENTS)
def test_it_is_openapi_3_1(service: str) -> None:
    made = DOCUMENTS[service][1]
    jsonschema_rs.validator_for(OPENAPI_31).validate(made)
    for schema in made["components"]["schemas"].values():
        jsonschema_rs.meta.validate({"$schema": "https://json-schema.org/draft/2020-12/schema"} | schema)


@pytest.mark.parametrize("service", DOCUMENTS)
def test_its_schemas_hold_no_word_that_nobody_reads(service: str) -> None:
    """An unknown keyword is no error to a validator: a bound that got lost looks like this."""
    for name, schema in DOCUMENTS[service][1]["components"]["schemas"].items():
        assert "__" not in name, "two models of one name"
        for each in _schemas(schema):
            assert set(each) <= KEYWORDS, name


@pytest.mark.parametrize("service", DOCUMENTS)
def test_it_holds_every_route_and_no_other(service: str) -> None:
    table, made = DOCUMENTS[service]
    told = {(method.upper(), path) for path, item in made["paths"].items() for method in item}
    assert told == set(table)
    names = [operation["operationId"] for item in made["paths"].values() for operation in item.values()]
    assert len(set(names)) == len(names)


@pytest.mark.parametrize("service", DOCUMENTS)
def test_every_reference_leads_somewhere_and_nothing_lies_about(service: str) -> None:
    made = DOCUMENTS[service][1]

    def refs(node: Any) -> Iterator[str]:
        if isinstance(node, dict):
            if isinstance(node.get("$ref"), str):
                yield node["$ref"]
            for value in node.values():
                yield from refs(value)
        elif isinstance(node, list):
            for value in node:
                yield from refs(value)

    referred = {tuple(ref.split("/")[2:]) for ref in refs(made)}
    there = {(kind, name) for kind in ("schemas", "responses") for name in made["components"][kind]}
    assert {ref for ref in referred if ref[0] != "headers"} == there
    assert {name for kind, name in referred if kind == "headers"} <= set(made["components"]["headers"])


@pytest.mark.parametrize(("service", "method", "path", "operation"), OPERATIONS)
def test_every_operation_is_explained(service: str, method: str, path: str, operation: Json) -> None:
    assert operation["summary"]
    assert operation["description"]
    table, _ = DOCUMENTS[service]
    route = table[method.upper(), path]
    statuses = {int(status) for status in operation["responses"]}
    assert {200, 422, 500, 503} <= statuses
    assert (401 in statuses) == ("security" in operation)
    assert ("requestBody" in operation) == (route.body is not None)
    assert route.body is None or {400, 413} <= statuses
    assert {kind.status for kind in route.refusals} <= statuses
    names = {parameter["name"] for parameter in operation["parameters"]}
    people = operation["tags"] in (["members"], ["administrators"])
    assert ("Idempotency-Key" in names) == (people and method in ("post", "put"))
    assert "X-Request-Id" in names


@pytest.mark.parametrize(("service", "method", "path", "operation"), OPERATIONS)
def test_every_example_is_taken(service: str, method: str, path: str, operation: Json) -> None:
    table, made = DOCUMENTS[service]
    route = table[method.upper(), path]
    if route.body is None:
        return
    validator, examples = _examples(operation["requestBody"], made)
    for example in examples:
        fill(route.body, example)
        validator.validate(example)


@pytest.mark.parametrize(("service", "method", "path", "operation"), OPERATIONS)
def test_every_answer_has_an_example_that_fits(service: str, method: str, path: str, operation: Json) -> None:
    table, made = DOCUMENTS[service]
    if table[method.upper(), path].answer is Document:
        return
    validator, examples = _examples(operation["responses"]["200"], made)
    assert examples
    for example in examples:
        validator.validate(example)


def _examples(carrier: Json, made: Json) -> tuple[jsonschema_rs.Validator, list[Any]]:
    """What judges a body or an answer, and its examples."""
    content = carrier["content"]["application/json"]
    validator = jsonschema_rs.validator_for(content["schema"] | {"components": made["components"]})
    several = [each["value"] for each in content.get("examples", {}).values()]
    return validator, several or [content["example"]]


def test_every_error_is_in_it() -> None:
    told = {name for _, made in DOCUMENTS.values() for name in made["components"]["schemas"]}
    for kind in ERRORS:
        # 405 answers methods that are not there, and so belongs to no operation.
        assert (f"{kind.__name__}Problem" in told) == (kind is not MethodNotAllowed)


def test_no_route_goes_without_its_answer() -> None:
    with pytest.raises(TypeError, match="answer"):
        Route(lambda _who: {})  # type: ignore[call-arg]


def test_words_of_the_engine_are_the_words_of_the_document() -> None:
    assert set(get_args(Label)) == VOCABULARY
    assert list(get_args(Step.model_fields["rule"].annotation)) == list(STEPS)
    assert list(get_args(Suggestion.model_fields["change"].annotation)) == [c.name for c in CHANGES]
    assert get_args(Suggestion.model_fields["effect"].annotation) == EFFECTS
    assert set(COUNTS) <= set(Work.model_fields)


_TEXTS = st.text(st.characters(exclude_categories=["Cs"]), max_size=45) | st.text(
    st.sampled_from(" \t\n\u200b\u202eaZ0_-.:é"), max_size=12
)
_KINDS = ["EventCode", "Message", "Name", "Reason", "TimeOfDay", "Version", "Word"]
_TYPES = {name: TypeAdapter(getattr(request_fields, name)) for name in _KINDS}
_VALIDATORS = {name: jsonschema_rs.validator_for(each.json_schema()) for name, each in _TYPES.items()}


@pytest.mark.parametrize("name", _KINDS)
@given(text=_TEXTS)
def test_a_pattern_takes_what_we_take(name: str, text: str) -> None:
    if any("\U000e0000" <= character <= "\U000e0fff" for character in text):
        return  # invisible tags: more than a pattern can say
    try:
        _TYPES[name].validate_python(text)
        taken = True
    except ValidationError:
        taken = False
    assert _VALIDATORS[name].is_valid(text) == taken


def test_a_cold_start_does_not_load_what_makes_it() -> None:
    code = (
        "import sys\n"
        "import functions.connect.routes, functions.worker.routes\n"
        "print([name for name in sys.modules if name.startswith('shared.openapi')])"
    )
    run = subprocess.run(
        [sys.executable, "-P", "-c", code],
        env={"PYTHONPATH": str(ROOT)},
        capture_output=True,
        text=True,
        check=True,
    )
    assert run.stdout == "[]\n"


def test_answers_are_built_only_for_the_document() -> None:
    code = (
        "from functions.connect.routes import ROUTES\n"
        "print([r.answer.__name__ for r in ROUTES.values() if r.answer.__pydantic_complete__])"
    )
    run = subprocess.run(
        [sys.executable, "-P", "-c", code],
        env={"PYTHONPATH": str(ROOT)},
        capture_output=True,
        text=True,
        check=True,
    )
    assert run.stdout == "[]\n"
    assert Document.model_config["defer_build"]
