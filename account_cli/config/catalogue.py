"""Every key that a configuration may hold, in words: from this list come the example, the reference, the JSON schema,
what ``acct config show`` lists, and how the text of an environment variable is read.

What a value may be is judged by ``keys`` and ``alerts``; a test holds both to the same names and defaults. ``*`` in a
path stands for a name that a person chooses: an account, a channel, an asset.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import Any, Literal

Path = tuple[str, ...]
Kind = Literal["text", "flag", "span", "whole", "texts", "number", "table"]
"""``span``: a time to wait, seconds or a text like ``"5m"``. ``number``: exact, a text in quotes or a whole number."""
Hidden = Literal["secret", "url", "command"]
"""What is never shown: all of it; the user, password and path of a URL; the arguments of a command."""
ANY = "*"


@dataclass(frozen=True, slots=True, kw_only=True)
class Key:
    """One key. ``default`` as it would be written, None where there is none; ``example`` is TOML to show instead."""

    path: Path
    kind: Kind
    about: str
    default: Any = None
    example: str | None = None
    choices: tuple[str, ...] = ()
    least: int | None = None
    most: int | None = None
    hidden: Hidden | None = None
    reference: bool = False
    """May say where the value is (``env:NAME``, ``file:PATH``, …) instead of the value."""

    @property
    def section(self) -> Path:
        """The table that it stands in; empty for the top of the file."""
        return self.path[:-1]

    @property
    def name(self) -> str:
        """The key within its table."""
        return self.path[-1]

    @property
    def dotted(self) -> str:
        """The key as ``acct config get`` takes it, ``NAME`` for what a person chooses."""
        return ".".join("NAME" if part == ANY else part for part in self.path)

    @property
    def variable(self) -> str:
        """The variable of the environment that goes before the file."""
        return "ACCT_" + "__".join("NAME" if part == ANY else part.upper().replace("-", "_") for part in self.path)


def entry(path: Path, catalogue: Mapping[Path, Key]) -> Key | None:
    """Return the key at a path in which names are written out; None for a table, or for what no key is called."""
    if path in catalogue:
        return catalogue[path]
    for known, key in catalogue.items():
        if len(known) == len(path) and all(a in {ANY, b} for a, b in zip(known, path, strict=True)):
            return key
    return None


def sections(catalogue: Mapping[Path, Key]) -> Iterator[tuple[Path, list[Key]]]:
    """Return the tables in order, each with its keys."""
    found: dict[Path, list[Key]] = {}
    for key in catalogue.values():
        found.setdefault(key.section, []).append(key)
    yield from found.items()
