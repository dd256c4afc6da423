"""Judges replies by Google's own description of the API: the discovery document in its Python client."""

import json
import re
from pathlib import Path

import googleapiclient

DOCUMENT = json.loads(
    (Path(googleapiclient.__file__).parent / "discovery_cache/documents/calendar.v3.json").read_text()
)
TYPES = {"string": str, "integer": int, "boolean": bool, "number": (int, float), "object": dict, "array": list}
FORMATS = {
    "date": re.compile(r"\d{4}-\d\d-\d\d"),
    "date-time": re.compile(r"\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d(\.\d+)?(Z|[+-]\d\d:\d\d)"),
}


def schema_of(method_id):
    """The name of the schema that a method such as `calendar.events.list` answers with; nothing where it has none."""
    resource = DOCUMENT
    *path, method = method_id.split(".")[1:]
    for part in path:
        resource = resource["resources"][part]
    return resource["methods"][method].get("response", {}).get("$ref")


def faults(schema, value, place):
    """What about a value is not as its schema says: unknown fields, wrong types, wrong forms, a wrong kind."""
    if "$ref" in schema:
        schema = DOCUMENT["schemas"][schema["$ref"]]
    kind = schema.get("type")
    wrong = kind in TYPES and not isinstance(value, TYPES[kind])
    if wrong or (kind == "integer" and isinstance(value, bool)):
        return [f"{place}: {kind} expected, not {value!r}"]
    found = []
    form = FORMATS.get(schema.get("format"))
    if form and not form.fullmatch(value):
        found.append(f"{place}: {value!r} is no {schema['format']}")
    if "enum" in schema and value not in schema["enum"]:
        found.append(f"{place}: {value!r} is none of {schema['enum']}")
    if place.endswith(".kind") and "default" in schema and value != schema["default"]:
        found.append(f"{place}: {value!r} is not {schema['default']!r}")
    if kind == "object":
        known = schema.get("properties", {})
        for name, inner in value.items():
            inner_schema = known.get(name, schema.get("additionalProperties"))
            if inner_schema is None:
                found.append(f"{place}.{name}: unknown field")
            else:
                found += faults(inner_schema, inner, f"{place}.{name}")
    if kind == "array":
        for number, inner in enumerate(value):
            found += faults(schema["items"], inner, f"{place}[{number}]")
    return found


def judge(schema_name, reply):
    """Fails where the reply is not what the schema says."""
    found = faults({"$ref": schema_name}, reply, schema_name)
    assert not found, "not as Google describes it:\n" + "\n".join(found)
