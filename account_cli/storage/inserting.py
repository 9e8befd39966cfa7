"""An insertion of one row, taken apart, so that many rows can go into one statement, or past all statements."""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from functools import lru_cache
from typing import Any

import msgspec

_PLACE = r"(?:\?|\d+|'\w*'|NULL)"
_GROUP = rf"\({_PLACE}(?:, {_PLACE})*\)"
_INSERTION = re.compile(
    r"\s*(?P<head>INSERT (?:OR FAIL )?INTO (?P<table>\w+)\s*\((?P<columns>[^)]*)\)\s*VALUES)\s*"
    rf"(?P<group>{_GROUP})\s*(?P<tail>[^?]*)",
)
_KEY = re.compile(r"ON CONFLICT \(([^)]*)\)\s*DO UPDATE")


@dataclass(frozen=True)
class Insertion:
    """``head`` is all before the values, ``group`` the places of one row, ``tail`` what is to be done on a conflict."""

    table: str
    columns: tuple[str, ...]
    head: str
    group: str
    tail: str
    width: int
    """How many values a row has of its own."""
    key: tuple[int, ...]
    """The places of the columns that two rows of one statement may not have in common; empty when they may."""

    @property
    def is_plain(self) -> bool:
        """True when a row is nothing but its values, and nothing is to be done on a conflict."""
        return not self.tail and self.width == len(self.columns)

    def from_json(self) -> str:
        """Return the statement that inserts the rows of one JSON array of objects, named by the columns.

        PostgreSQL gives each value the type of its column (postgresql.org/docs/current/functions-json.html).
        """
        columns = iter(self.columns)
        words = [word.strip() for word in self.group.strip("()").split(",")]
        said = ", ".join(column if word == "?" else word for word, column in zip(words, columns, strict=True))
        start = self.head.removesuffix("VALUES")
        return f"{start}SELECT {said} FROM json_populate_recordset(NULL::{self.table}, ?) {self.tail}"  # noqa: S608

    def to_json(self, rows: Iterable[Sequence[Any]]) -> str:
        """Return these rows as that array."""
        words = [word.strip() for word in self.group.strip("()").split(",")]
        names = [column.strip('"') for column, word in zip(self.columns, words, strict=True) if word == "?"]
        return _encode([dict(zip(names, map(_plain, row), strict=True)) for row in rows]).decode()

    def of(self, count: int) -> str:
        """Return the statement that inserts so many rows, whose values follow each other."""
        return f"{self.head} {', '.join([self.group] * count)} {self.tail}"

    def apart(self, rows: Sequence[tuple[Any, ...]]) -> Iterator[Sequence[tuple[Any, ...]]]:
        """Yield rows in order, as many together as one statement may have."""
        began, seen = 0, set[tuple[Any, ...]]()
        for place, row in enumerate(rows if self.key else ()):
            name = tuple(row[at] for at in self.key)
            if name in seen:
                yield rows[began:place]
                began, seen = place, set()
            seen.add(name)
        if began < len(rows):
            yield rows[began:]


_encode = msgspec.json.Encoder().encode


def _plain(value: Any) -> Any:
    """Return a value as JSON can say it: bytes as PostgreSQL writes them in hexadecimal."""
    return f"\\x{value.hex()}" if isinstance(value, bytes) else value


@lru_cache(maxsize=256)
def insertion(sql: str) -> Insertion | None:
    """Take a statement apart; None for one that is no plain insertion of values."""
    found = _INSERTION.fullmatch(sql)
    if found is None:
        return None
    columns = tuple(name.strip() for name in found["columns"].split(","))
    key = _KEY.search(found["tail"])
    places = () if key is None else tuple(columns.index(name.strip()) for name in key[1].split(","))
    group = found["group"]
    return Insertion(found["table"], columns, found["head"], group, found["tail"].strip(), group.count("?"), places)
