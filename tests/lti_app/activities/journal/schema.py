"""What our JSON schema asks of a document: the few words of JSON Schema that it uses.

It lets new fields come; here a field that it does not describe is a fault, so that it stays complete.
"""

from collections.abc import Iterator, Mapping
from typing import Any

_TYPES = {"object": dict, "array": list, "string": str, "integer": int, "boolean": bool, "null": type(None)}
_KNOWN = {
    "$schema", "$defs", "$ref", "title", "description", "type", "const", "enum", "properties", "required",
    "items",
}  # fmt: skip


def faults(document: Any, schema: Mapping[str, Any], *, whole: Mapping[str, Any], at: str = "$") -> Iterator[str]:
    """Yield what is wrong with a document, and where; `whole` is the schema that holds the `$defs`."""
    assert not set(schema) - _KNOWN, schema
    if "$ref" in schema:
        schema = whole["$defs"][schema["$ref"].removeprefix("#/$defs/")]
    if "const" in schema and document != schema["const"]:
        yield f"{at} is not {schema['const']}"
    if "enum" in schema and document not in schema["enum"]:
        yield f"{at} is none of {schema['enum']}"
    kinds = schema.get("type", [])
    kinds = [kinds] if isinstance(kinds, str) else kinds
    if kinds and type(document) not in {_TYPES[kind] for kind in kinds}:
        yield f"{at} is no {kinds}"
    elif isinstance(document, dict):
        yield from _object_faults(document, schema, whole=whole, at=at)
    elif isinstance(document, list):
        for number, each in enumerate(document):
            yield from faults(each, schema["items"], whole=whole, at=f"{at}[{number}]")


def _object_faults(
    document: dict[str, Any], schema: Mapping[str, Any], *, whole: Mapping[str, Any], at: str
) -> Iterator[str]:
    properties = schema["properties"]
    yield from (f"{at}.{name} is missing" for name in schema["required"] if name not in document)
    yield from (f"{at}.{name} is not described" for name in document if name not in properties)
    for name in document.keys() & properties.keys():
        yield from faults(document[name], properties[name], whole=whole, at=f"{at}.{name}")
