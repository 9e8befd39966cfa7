"""How a text is spoilt: a field taken away, renamed, emptied, of another type; the whole cut, doubled or replaced.

``pick(n)`` chooses a number below ``n``: whoever chooses (hypothesis, atheris, a seed) can choose the same again.
"""

from __future__ import annotations

import json
import re
from collections.abc import Callable
from typing import Any

Pick = Callable[[int], int]
_RAW = ("NaN", "-Infinity", "1e400", "1E-9999999", "-0.0", "9" * 90, "1" * 5000, "[" * 3000 + "]" * 3000, "0.1e1")
_VALUES: tuple[Any, ...] = (
    "", "x", 0, -1, 1, True, False, [], {}, [[]], [None], {"a": 1}, [{}], "NaN", "Infinity", "1e400", "-0", "0x10",
    "\ud800", "\x00", " 1 ", "１", "1_0", "12.5", "1e3", "-1", "null", "9" * 90, 10**18, 10**30, -(10**30), "0" * 200,
    "2023-13-45T99:99:99Z", "9999-12-31T23:59:59Z", "0001-01-01T00:00:00Z", "a|b\\", "BTC/", "/", "trade", "buy",
    "A" * 5000,
)  # fmt: skip
_TEXTS = (
    "", " ", "\x00\x01\x02", "<html><body>502 Bad Gateway</body></html>", "null", "true", "0", "[]", "{}", "[[]]",
    '"text"', "[null]", "{\"data\":null}", "NaN", "1e400", "[" * 100_000, '{"a":' * 5000, "\ufeff{}", "{}{}",
    '{"channel":["executions"]}', '{"e":{}}', '{"event":{"e":[]}}', '{"status":[],"error":{"code":{}}}',
    '{"result":null,"error":null}', '{"result":[],"error":[]}', '{"error":{}}', '{"code":[]}', '{"code":-1,"msg":null}',
)  # fmt: skip
_DIGITS = re.compile(r'"@@([^"@]*)@@"')
LOSING = ("drop", "null", "rename")
"""What takes a field away; of what is left, nothing may be made up."""


def paths(value: object, here: tuple[str | int, ...] = ()) -> list[tuple[str | int, ...]]:
    """Return where every field and element is."""
    items = value.items() if isinstance(value, dict) else enumerate(value) if isinstance(value, list) else ()
    found: list[tuple[str | int, ...]] = []
    for key, inner in items:
        found += [(*here, key), *paths(inner, (*here, key))]
    return found


def changed(text: str, how: str, pick: Pick) -> str:
    """Return ``text`` changed in one place in the way of ``how``; itself when there is no such place."""
    if how == "cut":
        return text[: pick(len(text) + 1)]
    if how == "noise":
        at = pick(len(text) + 1)
        return text[:at] + chr(pick(0x3000)) + text[at + pick(3) :]
    if how == "other":
        return _TEXTS[pick(len(_TEXTS))]
    try:
        data = json.loads(text, parse_float=lambda digits: f"@@{digits}@@")
        where = paths(data)
        return _spoilt(data, where[pick(len(where))], how, pick) if where else text
    except (ValueError, RecursionError):
        return text


def _spoilt(data: Any, path: tuple[str | int, ...], how: str, pick: Pick) -> str:
    home = data
    for key in path[:-1]:
        home = home[key]
    key, raw = path[-1], None
    match how:
        case "drop" if isinstance(home, dict):
            del home[key]
        case "drop" | "null":
            home[key] = None
        case "rename" if isinstance(home, dict):
            home[f"{key}_"] = home.pop(str(key))
        case "retype":
            home[key] = _VALUES[pick(len(_VALUES))]
        case "raw":
            home[key], raw = "@raw@", _RAW[pick(len(_RAW))]
        case "twice" if isinstance(home, list):
            home.insert(int(key), home[int(key)])
        case _:
            pass
    made = _DIGITS.sub(r"\1", json.dumps(data))
    return made if raw is None else made.replace('"@raw@"', raw)


HOWS = (*LOSING, "retype", "raw", "twice", "cut", "noise", "other")
