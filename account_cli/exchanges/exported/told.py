"""What an exchange's file told: facts with the line that told each, and how many rows became none, and why."""

from __future__ import annotations

import hashlib
from collections import Counter

import msgspec

from account_cli.domain.events import Event
from account_cli.domain.health import DataKind
from account_cli.exchanges.exported.cells import Row


class ToldFact(msgspec.Struct, frozen=True, kw_only=True):
    """A fact out of a file.

    ``within_ns`` is how exactly its time is told. ``own_id`` when the exchange gave it its id; without one it counts
    only where ``kind`` and ``scopes`` (None: every part of that history) are not covered by what the API told.
    """

    file: str
    line: int
    event: Event
    within_ns: int
    own_id: bool = True
    kind: DataKind = "transfers"
    scopes: tuple[str, ...] | None = None


class Told(msgspec.Struct, kw_only=True):
    """What the files of one exchange told together."""

    facts: list[ToldFact]
    passed_over: Counter[str]

    def add(self, row: Row, event: Event, within_ns: int) -> None:
        """Add a fact that has the exchange's own id."""
        self.facts.append(ToldFact(file=row.file, line=row.line, event=event, within_ns=within_ns))


class Ids:
    """Ids for rows that have none: they follow from what the row says, and from which of several alike it is."""

    def __init__(self) -> None:
        self._seen: Counter[str] = Counter()

    def of(self, *words: str) -> str:
        """Return the id of a row that says this."""
        said = "\x1f".join(words)
        self._seen[said] += 1
        digest = hashlib.sha256(f"{said}\x1f{self._seen[said]}".encode()).hexdigest()
        return f"file:{digest[:20]}"
