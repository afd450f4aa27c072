"""The models of a route table as JSON Schema. Each model is written once, under its name."""

from __future__ import annotations

import inspect
from collections.abc import Iterable, Iterator
from typing import Any

from pydantic import BaseModel
from pydantic.json_schema import models_json_schema

from shared.http.edge import Route
from shared.http.json_body import Closed
from shared.languages import known_codes
from shared.openapi.refusals import FIELD_PROBLEM

_REF = "#/components/schemas/"
_LANGUAGE: dict[str, Any] = {
    "type": "string",
    "description": "A lower-case ISO 639 code, or a tag that begins with one: `de`, `deu` or `de-AT`. One"
    " code is stored for each language, of two letters where there are two.",
    "pattern": rf"^({'|'.join(known_codes())})([-_][A-Za-z0-9]{{1,8}})*$",
}


class Schemas:
    """The schemas of all bodies, queries and answers of some routes."""

    def __init__(self, routes: Iterable[Route]) -> None:
        self._queries: set[str] = set()
        models: dict[type[BaseModel], None] = {}
        for route in routes:
            for model in (route.body, route.query, route.answer):
                if model is not None:
                    models |= dict.fromkeys([model, *_shapes(model)])
        self._refs, made = models_json_schema(
            [(model, "validation") for model in models], ref_template=f"{_REF}{{model}}"
        )
        self._named: dict[str, Any] = {name: _tidy(schema) for name, schema in made.get("$defs", {}).items()}
        self._languages = f"{_REF}Language" in str(self._named)
        self._examples = {name: schema.pop("examples", []) for name, schema in self._named.items()}
        for model in models:
            if shapes := _shapes(model):
                self._named[self._name(model)] = {
                    "description": inspect.getdoc(model),
                    "oneOf": [self.ref(shape) for shape in shapes],
                }
                self._examples[self._name(model)] = [
                    example for shape in shapes for example in self._examples[self._name(shape)]
                ]

    def named(self) -> dict[str, Any]:
        """Every schema by name. Those of queries are left out, because their members are parameters."""
        kept = {name: schema for name, schema in self._named.items() if name not in self._queries}
        kept["FieldProblem"] = FIELD_PROBLEM
        if self._languages:
            kept["Language"] = _LANGUAGE
        return dict(sorted(kept.items()))

    def ref(self, model: type[BaseModel]) -> dict[str, str]:
        """A reference to a model's schema."""
        return {"$ref": f"{_REF}{self._name(model)}"}

    def examples(self, model: type[BaseModel]) -> dict[str, Any]:
        """The examples of a model, as a media type of the document holds them."""
        examples = self._examples[self._name(model)]
        if len(examples) == 1:
            return {"example": examples[0]}
        return {"examples": {f"example{n}": {"value": each} for n, each in enumerate(examples, start=1)}}

    def parameters(self, model: type[Closed]) -> list[dict[str, Any]]:
        """The members of a query as parameters."""
        name = self._name(model)
        self._queries.add(name)
        schema, (example,) = self._named[name], self._examples[name]
        return [
            {
                "name": member,
                "in": "query",
                "required": member in schema.get("required", ()),
                "schema": _present(told),
                **({"example": example[member]} if member in example else {}),
            }
            for member, told in schema["properties"].items()
        ]

    def _name(self, model: type[BaseModel]) -> str:
        return str(self._refs[model, "validation"]["$ref"]).removeprefix(_REF)


def _shapes(model: type[BaseModel]) -> tuple[type[Closed], ...]:
    return model.shapes if issubclass(model, Closed) else ()


def _present(schema: dict[str, Any]) -> dict[str, Any]:
    """The schema without null, because a query parameter is absent or a text."""
    others = [each for each in schema.get("anyOf", ()) if each != {"type": "null"}]
    return others[0] if len(others) == 1 else schema


def _tidy(schema: Any) -> Any:
    """The schema without null defaults and without pydantic's titles. Languages become references."""
    if isinstance(schema, list):
        return [_tidy(each) for each in schema]
    if not isinstance(schema, dict):
        return schema
    if schema.get("format") == "language":
        return {"$ref": f"{_REF}Language"}
    kept: dict[str, Any] = {}
    for key, value in _words(schema):
        kept[key] = (
            {name: _tidy(each) for name, each in value.items()} if key == "properties" else _tidy(value)
        )
    return kept


def _words(schema: dict[str, Any]) -> Iterator[tuple[str, Any]]:
    for key, value in schema.items():
        if not (key == "title" or (key == "default" and value is None)):
            yield key, value
