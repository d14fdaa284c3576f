"""A break is found, and what old clients can live with is none."""

import copy
from collections.abc import Callable
from typing import Any

import pytest

from tests.contract.breaking import breaks

COLOUR = {"type": "string", "enum": ["red", "green"]}
DOCUMENT: dict[str, Any] = {
    "paths": {
        "/things": {
            "get": {
                "x-permission": "read",
                "parameters": [
                    {"in": "query", "name": "colour", "schema": COLOUR},
                    {"in": "query", "name": "limit", "schema": {"type": "integer", "maximum": 200}},
                ],
                "responses": {
                    "200": {
                        "headers": {"ETag": {}},
                        "content": {"application/json": {"schema": {"$ref": "#/components/schemas/Thing"}}},
                    },
                    "404": {},
                },
            },
            "post": {
                "x-permission": "write",
                "requestBody": {"content": {"application/json": {"schema": {"$ref": "#/components/schemas/New"}}}},
                "responses": {"202": {}},
            },
        }
    },
    "components": {
        "schemas": {
            "Thing": {
                "type": "object",
                "required": ["name"],
                "properties": {
                    "name": {"type": "string"},
                    "size": {"type": ["integer", "null"]},
                    "parts": {"type": "array", "items": {"$ref": "#/components/schemas/Thing"}},
                },
            },
            "New": {"type": "object", "properties": {"name": {"type": ["string", "null"], "maxLength": 20}}},
        }
    },
}
Edit = Callable[[dict[str, Any]], Any]


def things(document: dict[str, Any]) -> Any:
    return document["paths"]["/things"]


def thing(document: dict[str, Any]) -> Any:
    return document["components"]["schemas"]["Thing"]


def new_thing(document: dict[str, Any]) -> Any:
    return document["components"]["schemas"]["New"]


BREAKS: dict[str, Edit] = {
    "the path is gone": lambda new: new["paths"].clear(),
    "the operation is gone": lambda new: things(new).pop("post"),
    "needs another permission": lambda new: things(new)["get"].update({"x-permission": "admin"}),
    "the parameter query colour is gone": lambda new: things(new)["get"]["parameters"].pop(0),
    "the parameter query limit is required now": lambda new: things(new)["get"]["parameters"][1].update(required=True),
    "the parameter query day is required now": lambda new: things(new)["get"]["parameters"].append(
        {"in": "query", "name": "day", "required": True, "schema": {}}
    ),
    "the value 'green' is gone": lambda new: colour_of(new)["enum"].pop(),
    "maximum is 100 now": lambda new: things(new)["get"]["parameters"][1]["schema"].update(maximum=100),
    "maxLength is 10 now": lambda new: new_thing(new)["properties"]["name"].update(maxLength=10),
    "the pattern is another": lambda new: new_thing(new)["properties"]["name"].update(pattern="^a"),
    "the type is another": lambda new: new_thing(new)["properties"]["name"].update(type="string"),
    "the field is required now": lambda new: new_thing(new).update(required=["name"]),
    "New.name": lambda new: new_thing(new)["properties"].clear(),
    "it is no longer answered by 200": lambda new: things(new)["get"]["responses"].pop("200"),
    "the header ETag is gone": lambda new: things(new)["get"]["responses"]["200"]["headers"].clear(),
    "application/json is gone": lambda new: things(new)["get"]["responses"]["200"]["content"].clear(),
    "size: the field is gone": lambda new: thing(new)["properties"].pop("size"),
    "name: the type is another": lambda new: thing(new)["properties"]["name"].update(type=["string", "null"]),
    "name: the field is no longer promised now": lambda new: thing(new)["required"].clear(),
    "a body is required now": lambda new: things(new)["get"].update(requestBody={"required": True, "content": {}}),
}


def colour_of(document: dict[str, Any]) -> Any:
    return things(document)["get"]["parameters"][0]["schema"]


ADDITIONS: dict[str, Edit] = {
    "a path": lambda new: new["paths"].update({"/more": {"get": {}}}),
    "a parameter": lambda new: things(new)["get"]["parameters"].append({"in": "query", "name": "q", "schema": {}}),
    "a value": lambda new: colour_of(new)["enum"].append("blue"),
    "a field": lambda new: thing(new)["properties"].update(weight={"type": "number"}),
    "a field to send": lambda new: new_thing(new)["properties"].update(weight={"type": "number"}),
    "a wider bound": lambda new: new_thing(new)["properties"]["name"].update(maxLength=40),
    "a promise": lambda new: thing(new)["required"].append("size"),
    "a narrower answer": lambda new: thing(new)["properties"]["size"].update(type="integer"),
    "an error": lambda new: things(new)["get"]["responses"].update({"409": {}}),
    "words": lambda new: thing(new).update(description="Another"),
}


@pytest.mark.parametrize("said", BREAKS)
def test_a_break_is_found(said: str) -> None:
    new = copy.deepcopy(DOCUMENT)
    BREAKS[said](new)
    found = breaks(DOCUMENT, new)
    assert found != []
    assert any(said.removeprefix("New.") in text for text in found)


@pytest.mark.parametrize("name", ADDITIONS)
def test_an_addition_is_no_break(name: str) -> None:
    new = copy.deepcopy(DOCUMENT)
    ADDITIONS[name](new)
    assert breaks(DOCUMENT, new) == []


def test_what_stays_is_no_break() -> None:
    assert breaks(DOCUMENT, copy.deepcopy(DOCUMENT)) == []
