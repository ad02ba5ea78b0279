"""What an editor is told of a scenario file: every key with its unit, bounds and sentence, as a JSON Schema."""

from __future__ import annotations

import json
from typing import Any, Final

from abm.scenario.schema import Scenario

FILE: Final = "scenario.schema.json"
EDITOR_LINE: Final = f"#:schema ./{FILE}"
"""The first line of a scenario file, by which editors find its keys."""
DIALECT: Final = "http://json-schema.org/draft-07/schema#"
SILENT: Final = ("title", "unit")
NOTHING: Final = {"type": "null"}


def json_schema() -> dict[str, Any]:
    """The keys of a scenario file; what a file extends may hold all but the edition, so nothing else is required."""
    made = _told(Scenario.model_json_schema(by_alias=True))
    parts = {name: _told(part) for name, part in made.pop("$defs").items()}
    for part in parts.values():
        part.pop("required", None)
    kind = parts["Firm"]["properties"]["kind"]
    kind["anyOf"] = [{name: kind.pop(name) for name in ("type", "enum")}, {"type": "string"}]  # or one of its own
    extends = {"description": "The scenario that this one changes.", "type": "string"}
    keys = {"schema": made["properties"].pop("schema"), "extends": extends}
    keys |= {name: _by_name_too(key) for name, key in made["properties"].items()}
    return {"$schema": DIALECT, "title": "A scenario of Entrepot", **made, "properties": keys, "definitions": parts}


def as_text() -> str:
    """The schema as the file beside the scenarios has it."""
    return json.dumps(json_schema(), indent=1, ensure_ascii=False) + "\n"


def _told(part: Any) -> Any:
    """A part without what TOML has no word for, its unit at the end of its sentence, references to definitions."""
    if isinstance(part, list):
        return [_told(inner) for inner in part if inner != NOTHING]
    if not isinstance(part, dict):
        return part
    found = {key: _told(value) for key, value in part.items() if not (key in SILENT and isinstance(value, str))}
    if part.get("unit") not in (None, "", "1"):
        found["description"] = f"{part['description']} ({part['unit']})"
    if "$ref" in part:  # beside a reference nothing else is read
        reference = {"$ref": part["$ref"].replace("#/$defs/", "#/definitions/")}
        return {"description": part["description"], "allOf": [reference]} if "description" in part else reference
    if found.get("default", ...) is None:
        del found["default"]
    if len(found.get("anyOf", ())) == 1:
        found |= found.pop("anyOf")[0]
    return found


def _by_name_too(key: dict[str, Any]) -> dict[str, Any]:
    """Entries of a list that have names may be changed in a table of those names."""
    held = key.get("items", {})
    if "$ref" not in held:
        return key
    listed = {name: key.pop(name) for name in ("type", "items") if name in key}
    return {**key, "anyOf": [listed, {"type": "object", "additionalProperties": held}]}
