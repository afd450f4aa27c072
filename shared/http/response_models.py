"""The answers of routes as models. Only the OpenAPI document is made from them.

No answer passes through a model, so they cost a request nothing. The database shapes answers, and tests
compare them with these models. The schemas are built on the first request for the document.
"""

from __future__ import annotations

from typing import Annotated, Any, Literal

from pydantic import BaseModel, ConfigDict, Field, WithJsonSchema
from pydantic.alias_generators import to_camel

Moment = Annotated[str, WithJsonSchema({"type": "string", "format": "date-time"})]
Date = Annotated[str, WithJsonSchema({"type": "string", "format": "date"})]
Uuid = Annotated[str, WithJsonSchema({"type": "string", "format": "uuid"})]
Count = Annotated[int, Field(ge=0)]
Mode = Literal["romantic", "friendship", "professional"]
"""The kind of relation that a pair was proposed for."""


def sample(**members: Any) -> dict[str, Any]:
    """The `json_schema_extra` of an answer: an example of it, given without `ok`.

    >>> sample(status="closed")
    {'examples': [{'ok': True, 'status': 'closed'}]}
    """
    return {"examples": [{"ok": True, **members}]}


class Part(BaseModel):
    """An object in an answer: camelCase on the wire, no unknown members, absent values null."""

    model_config = ConfigDict(alias_generator=to_camel, extra="forbid", frozen=True, defer_build=True)


class Answer(Part):
    """A whole answer. Members with a default are those that some answers of the route lack."""

    ok: Literal[True]


class Done(Answer, json_schema_extra=sample()):
    """Done; there is nothing more to say."""


class Document(BaseModel):
    """An OpenAPI document."""

    model_config = ConfigDict(extra="allow", defer_build=True)

    openapi: str
    info: dict[str, Any]
    paths: dict[str, Any]
