"""Every operation of the API with a request that fits its schema, made from the OpenAPI description."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from webapp.api.root import api

METHODS = ("get", "post", "put", "patch", "delete")


@dataclass(frozen=True, slots=True)
class Operation:
    """One method of one path."""

    name: str
    method: str
    path: str
    query: str
    body: Any

    def url(self, ids: Mapping[str, Any]) -> str:
        """The address with these ids; an id that is missing in the mapping is an error."""
        return self.path.format(**ids) + self.query


def all_operations() -> list[Operation]:
    """Every operation, sorted by name."""
    schema = api.get_openapi_schema(path_prefix="/api/")
    definitions = schema["components"]["schemas"]
    found = []
    for path, methods in schema["paths"].items():
        for method in METHODS:
            if method not in methods:
                continue
            spec = methods[method]
            required = [p for p in spec.get("parameters", []) if p["in"] == "query" and p.get("required")]
            query = "&".join(f"{p['name']}={_example(p['schema'], definitions)}" for p in required)
            content = spec.get("requestBody", {}).get("content", {}).get("application/json")
            body = None if content is None else _example(content["schema"], definitions)
            query = f"?{query}" if query else ""
            found.append(Operation(spec["operationId"], method.upper(), path, query, body))
    return sorted(found, key=lambda operation: operation.name)


def _example(schema: Mapping[str, Any], definitions: Mapping[str, Any]) -> Any:
    """The smallest value that the schema takes."""
    if "$ref" in schema:
        return _example(definitions[schema["$ref"].rsplit("/", 1)[1]], definitions)
    for key in ("const", "default"):
        if key in schema:
            return schema[key]
    if "enum" in schema:
        return schema["enum"][0]
    for key in ("anyOf", "oneOf", "allOf"):
        if key in schema:
            return _example(schema[key][0], definitions)
    return _example_of_type(schema, definitions)


def _example_of_type(schema: Mapping[str, Any], definitions: Mapping[str, Any]) -> Any:
    kind = schema.get("type", "string")
    if kind == "object":
        required = schema.get("required", [])
        return {name: _example(schema["properties"][name], definitions) for name in required}
    if kind == "array":
        return [_example(schema["items"], definitions) for _ in range(schema.get("minItems", 0))]
    if kind == "string" and schema.get("format") == "uuid":
        return "00000000-0000-4000-8000-000000000000"
    if kind == "string":
        return "x" * max(1, schema.get("minLength", 1))
    if kind in {"integer", "number"}:
        return max(1, schema.get("minimum", 1))
    return {"boolean": False, "null": None}[kind]
