"""An error in a configuration names its line: this finds the line on which a key stands.

``tomllib`` gives values without places, so the text is read a second time, only after something was found wrong, with
just enough of TOML's grammar to know tables, keys and texts of several lines.
"""

from __future__ import annotations

import re

_NAME = r"""(?:[A-Za-z0-9_-]+|"(?:[^"\\]|\\.)*"|'[^']*')"""
_DOTTED = rf"{_NAME}(?:\s*\.\s*{_NAME})*"
_TABLE = re.compile(rf"\s*\[\[?\s*({_DOTTED})\s*\]\]?")
_KEY = re.compile(rf"\s*({_DOTTED})\s*=")
_PART = re.compile(_NAME)
_LONG_TEXT = re.compile(r'"""|\'\'\'')

Path = tuple[str, ...]


def line_of(text: str, path: Path) -> int | None:
    """Return the line, from 1, of the key at ``path``; of the nearest table around it when it stands in none."""
    found = _places(text)
    while path:
        if path in found:
            return found[path]
        path = path[:-1]
    return None


def _places(text: str) -> dict[Path, int]:
    found: dict[Path, int] = {}
    table: Path = ()
    closing: str | None = None
    for number, line in enumerate(text.splitlines(), start=1):
        if closing is not None:
            if closing in line:
                closing = None
            continue
        if match := _TABLE.match(line):
            table = _parts(match[1])
            _note(found, table, number)
        elif match := _KEY.match(line):
            _note(found, table + _parts(match[1]), number)
            marks = _LONG_TEXT.findall(line)
            closing = marks[0] if len(marks) == 1 else None
    return found


def _note(found: dict[Path, int], path: Path, number: int) -> None:
    """Remember the line of a key, and of the tables that it makes on the way."""
    for length in range(1, len(path) + 1):
        found.setdefault(path[:length], number)


def _parts(dotted: str) -> Path:
    return tuple(part.strip("\"'") for part in _PART.findall(dotted))
