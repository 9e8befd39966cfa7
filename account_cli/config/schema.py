"""The JSON schema of the configuration, for editors that check TOML as it is written.

Source: json-schema.org, draft 2020-12. What no schema can say (that an account's exchange exists, that a longest wait
is no shorter than the first one) is said by ``acct config validate``.
"""

from __future__ import annotations

from typing import Any

from account_cli.config.catalogue import ANY, Key
from account_cli.config.known import KEYS

_SPAN = {
    "anyOf": [{"type": "number", "minimum": 0}, {"type": "string", "pattern": "^(\\d+(\\.\\d+)?\\s*(ms|s|m|h)|off)$"}]
}
_KINDS: dict[str, dict[str, Any]] = {
    "text": {"type": "string"},
    "flag": {"type": "boolean"},
    "span": _SPAN,
    "whole": {"type": "integer"},
    "texts": {"type": "array", "items": {"type": "string"}},
    "number": {"type": ["string", "integer"]},
    "table": {"type": ["object", "string"]},
}


def schema() -> dict[str, Any]:
    """Return the schema of a whole file."""
    root = _tables()
    root["properties"]["profiles"] = {
        "type": "object",
        "description": "tables that lie over all of the file: acct --profile NAME",
        "additionalProperties": {"$ref": "#/$defs/configuration"},
    }
    return {
        "$schema": "https://json-schema.org/draft/2020-12/schema",
        "title": "The configuration of acct",
        **root,
        "$defs": {"configuration": _tables()},
    }


def _tables() -> dict[str, Any]:
    root = _table()
    for key in KEYS:
        at = root
        for part in key.section:
            at = _below(at, part)
        if key.name == ANY:
            _set_any(at, _described(key))
        else:
            at["properties"][key.name] = _described(key)
    return root


def _table() -> dict[str, Any]:
    return {"type": "object", "properties": {}, "additionalProperties": False}


def _below(table: dict[str, Any], part: str) -> dict[str, Any]:
    """Return the table called ``part``, or that of any name; what may also be a plain value keeps that choice."""
    if part != ANY:
        found: dict[str, Any] = table["properties"].setdefault(part, _table())
        return found
    any_name = table["additionalProperties"]
    if not any_name:
        any_name = table["additionalProperties"] = _table()
    if "anyOf" in any_name:
        found = any_name["anyOf"][-1]
    elif any_name["type"] != "object":
        found = _table()
        table["additionalProperties"] = {"anyOf": [any_name, found]}
    else:
        found = any_name
    return found


def _set_any(table: dict[str, Any], value: dict[str, Any]) -> None:
    table["additionalProperties"] = value


def _described(key: Key) -> dict[str, Any]:
    found = {**_KINDS[key.kind], "description": key.about}
    if key.choices and key.kind == "text":
        found["enum"] = list(key.choices)
    if key.default is not None:
        found["default"] = key.default
    if key.least is not None:
        found["minimum"] = key.least
    if key.most is not None:
        found["maximum"] = key.most
    return found
