"""The OpenAPI 3.1 document, made from the table of routes and the shapes. Nothing is described twice."""

import re
from collections.abc import Iterable
from typing import Any

import msgspec

from amparo import __version__
from amparo.api.door import Door
from amparo.api.fields import BANK_NAME, NUMBER
from amparo.api.shapes import HealthOut, ProblemOut

REF = "#/components/schemas/{name}"
PARAMETER = re.compile(r"\{(\w+)(?::(\w+))?\}")


def document(table: Iterable[Door]) -> dict[str, Any]:
    """The whole document as plain values."""
    doors = list(table)
    used = (shape for door in doors for shape in (door.result, door.refusal[0], *(one for _, one in door.body)))
    shapes: set[Any] = {shape for shape in used if shape is not None}
    ordered = sorted(shapes | {ProblemOut, HealthOut}, key=str)
    refs, components = msgspec.json.schema_components(ordered, ref_template=REF)
    by_shape = dict(zip(ordered, _plain(list(refs)), strict=True))
    paths: dict[str, dict[str, Any]] = {}
    for door in doors:
        paths.setdefault(PARAMETER.sub(r"{\1}", door.path), {})[door.method.lower()] = _operation(door, by_shape)
    for path in ("/livez", "/readyz"):
        healthy = {"description": "it is", "content": {"application/json": {"schema": by_shape[HealthOut]}}}
        paths[path] = {"get": {"summary": path, "security": [], "responses": {"200": healthy}}}
    for path in ("/status", "/status/live"):
        told = {"200": _text("it is"), "5XX": _text("it is not")}
        paths[path] = {"get": {"summary": f"{path}, as HMA has it", "security": [], "responses": told}}
    return {
        "openapi": "3.1.0",
        "info": {
            "title": "Amparo",
            "version": __version__,
            "license": {"name": "Apache-2.0", "identifier": "Apache-2.0"},
        },
        "security": [{"key": []}],
        "paths": paths,
        "components": {"schemas": _plain(components), "securitySchemes": {"key": {"type": "http", "scheme": "bearer"}}},
    }


def _text(told: str) -> dict[str, Any]:
    return {"description": told, "content": {"text/plain": {"schema": {"type": "string"}}}}


def _plain(schema: Any) -> Any:
    """Tuples as lists of their length: clients that read OpenAPI 3.1 as 3.0 stumble over prefixItems."""
    if isinstance(schema, list):
        return [_plain(part) for part in schema]
    if not isinstance(schema, dict):
        return schema
    told = {name: _plain(part) for name, part in schema.items()}
    if "prefixItems" in told:
        parts = told.pop("prefixItems")
        told["items"] = {"anyOf": [part for number, part in enumerate(parts) if part not in parts[:number]]}
    return told


def _operation(door: Door, by_shape: dict[type, Any]) -> dict[str, Any]:
    shape, media_type = door.refusal
    problem = {"description": "a problem", "content": {media_type: {"schema": by_shape[shape]}}}
    done: dict[str, Any] = {"description": "done"}
    if door.result is not None:
        done["content"] = {door.result_type: {"schema": by_shape[door.result]}}
    elif door.result_type != "application/json":
        done["content"] = {door.result_type: {"schema": {"type": "string"}}}
    operation: dict[str, Any] = {
        "operationId": door.view.__name__,
        "summary": (door.view.__doc__ or "").strip(),
        "description": f"Needs the permission {door.permission}.",
        "parameters": [
            {
                "name": name,
                "in": "path",
                "required": True,
                "schema": {"type": "integer", **NUMBER} if kind == "int" else {"type": "string", **BANK_NAME},
            }
            for name, kind in PARAMETER.findall(door.path)
        ]
        + [
            {"name": one.name, "in": one.where, "description": one.told, "schema": {"type": one.kind, **one.words}}
            for one in door.parameters
        ],
        "responses": {str(door.status): done, "4XX": problem, "5XX": problem},
    }
    if door.body:
        content = {
            taken: {"schema": by_shape[one] if one is not None else _schema(taken, door)} for taken, one in door.body
        }
        operation["requestBody"] = {"required": door.is_body_required, "content": content}
    return operation


def _schema(media_type: str, door: Door) -> dict[str, Any]:
    if media_type == "multipart/form-data":
        files = {name: {"type": "string", "format": "binary"} for name in door.files}
        either = {"oneOf": [{"required": [name]} for name in files]} if len(files) > 1 else {"required": list(files)}
        texts = {name: {"type": "string", **words} for name, words in door.fields.items()}
        return {"type": "object", **either, "properties": files | texts}
    return {"type": "string", "format": "binary"}
