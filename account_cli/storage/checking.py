"""Whether a database is what it must be, found out by reading all of it once; nothing is written.

1. The engine finds its own pages, indexes and references in order.
2. Each account's journal is numbered from 1 without gaps, and each line is the fact that its columns say.
3. Of each fact the last telling is marked as the one that stands, unless it was withdrawn.
4. What is kept beside the journal to find things by names everything that the journal names.
"""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import closing

import msgspec

from account_cli.domain.events import Event, Retracted
from account_cli.domain.identity import identity, kind_of
from account_cli.errors import Unavailable
from account_cli.ports.location import Location
from account_cli.reports.databases import FindingRow
from account_cli.storage.codec import decode_event
from account_cli.storage.copying import Tell
from account_cli.storage.database import Database, Row
from account_cli.storage.opening import connect_reading
from account_cli.storage.sqlite import SqliteDatabase

_STEP = 10_000
_MOST = 100
"""Findings of one kind that are listed: more say nothing new."""
_LINES = """
SELECT account, n, identity, kind, time_ns, seq, symbol, revision, body FROM journal ORDER BY account, n
"""
_MARKS = """
SELECT account, n, identity FROM journal WHERE current <> CASE
  WHEN revision = (SELECT max(other.revision) FROM journal AS other
                   WHERE other.account = journal.account AND other.identity = journal.identity)
   AND NOT EXISTS (SELECT 1 FROM retractions
                   WHERE retractions.account = journal.account AND retractions.target = journal.identity)
  THEN 1 ELSE 0 END
ORDER BY account, n LIMIT ?
"""
_INVALID_INDEXES = """
SELECT indexrelid::regclass::text FROM pg_index JOIN pg_class ON pg_class.oid = indrelid
WHERE relnamespace = current_schema()::regnamespace AND NOT indisvalid
"""


def find_faults(location: Location, tell: Tell) -> list[FindingRow]:
    """Return what is wrong, in the order above; empty is how it must be. Raises ``StorageError``."""
    with closing(connect_reading(location)) as database:
        database.begin(writing=False)
        found = _of_engine(database, tell)
        if found:
            return found  # what is read from broken pages says nothing
        lines = _Lines(database, tell)
        found = [*lines.check(), *lines.missing()]
        tell("checking marks", 0, 0)
        for account, n, name in database.rows(_MARKS, (_MOST,)):
            found.append(FindingRow(account=account, where=f"line {n}", what=f"{name} is marked wrongly as standing"))
        return found


def _of_engine(database: Database, tell: Tell) -> list[FindingRow]:
    tell("checking the engine", 0, 0)
    if not isinstance(database, SqliteDatabase):
        invalid = database.rows(_INVALID_INDEXES)
        return [FindingRow(account=None, where=name, what="this index is not valid: REINDEX it") for (name,) in invalid]
    try:
        said = [text for (text,) in database.rows(f"PRAGMA integrity_check({_MOST:d})") if text != "ok"]
    except Unavailable as error:
        said = [error.message]
    told = [FindingRow(account=None, where="file", what=text) for text in said]
    if told:
        return told
    return [
        FindingRow(account=None, where=str(table), what=f"row {row} refers to what is not in {other}")
        for table, row, other, _ in database.rows("PRAGMA foreign_key_check")[:_MOST]
    ]


def engine_faults(location: Location) -> list[FindingRow]:
    """Return what the engine itself finds wrong; what is in it is not read. Raises ``StorageError``."""
    with closing(connect_reading(location)) as database:
        database.begin(writing=False)
        return _of_engine(database, lambda *_: None)


class _Lines:
    """Reads every line of the journal, and remembers what it names."""

    def __init__(self, database: Database, tell: Tell) -> None:
        self._database, self._tell = database, tell
        self._last: dict[str, int] = {}
        self._symbols: set[tuple[str, str]] = set()
        self._withdrawn: set[tuple[str, str]] = set()

    def check(self) -> Iterator[FindingRow]:
        """Yield what is wrong with a line, the first hundred times."""
        total = self._database.number("SELECT count(*) FROM journal")
        listed = 0
        for count, row in enumerate(self._database.stream(_LINES), 1):
            if count % _STEP == 0:
                self._tell("checking facts", count, total)
            wrong = self._wrong(row)
            if wrong is not None and listed < _MOST:
                listed += 1
                yield FindingRow(account=row[0], where=f"line {row[1]}", what=wrong)

    def _wrong(self, row: Row) -> str | None:
        account, n, *told, _revision, body = row
        due, self._last[account] = self._last.get(account, 0) + 1, n
        if n != due:
            return f"line {due} was due here"
        try:
            event = decode_event(body)
        except msgspec.DecodeError as error:
            return f"cannot be read: {error}"
        if event.account != account or _columns(event) != told:
            return f"holds another fact than its columns say: {identity(event)}"
        if isinstance(event, Retracted):
            self._withdrawn.add((account, event.target))
        if told[-1] is not None:
            self._symbols.add((account, told[-1]))
        return None

    def missing(self) -> Iterator[FindingRow]:
        """Yield what the journal names and the tables beside it do not, or the other way round."""
        known = set(self._database.rows("SELECT account, symbol FROM symbols"))
        for account, symbol in sorted(self._symbols - known):
            yield FindingRow(account=account, where="symbols", what=f"{symbol} is missing")
        withdrawn = set(self._database.rows("SELECT account, target FROM retractions"))
        for account, target in sorted(self._withdrawn ^ withdrawn):
            yield FindingRow(account=account, where="retractions", what=f"{target}: the journal says otherwise")
        accounts = {name for (name,) in self._database.rows("SELECT account FROM accounts")}
        for account in sorted(self._last.keys() - accounts):
            yield FindingRow(account=account, where="accounts", what="is missing")


def _columns(event: Event) -> list[object]:
    seq = -1 if event.seq is None else event.seq
    return [identity(event), kind_of(event), event.time_ns, seq, getattr(event, "symbol", None)]
