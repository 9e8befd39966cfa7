"""A whole history moves from one database to another, and arrives to the last digit or not at all.

The source is read in one snapshot, the target written in one transaction, table by table in the order of the keys, a
few rows in memory at a time. On the way every row goes into a digest of its table; before the transaction is committed
the target is read back, and must give the same. So a copy that was cut short, or that differs, was never there.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from contextlib import closing
from hashlib import blake2b
from typing import TYPE_CHECKING, NamedTuple

import msgspec

from account_cli.errors import InternalError, StorageError
from account_cli.ports.location import Location, named
from account_cli.reports.databases import CopiedRow
from account_cli.storage.codec import digits, storable
from account_cli.storage.database import Database, Row
from account_cli.storage.opening import connect_reading, connect_writing

if TYPE_CHECKING:
    import sqlalchemy as sa

Tell = Callable[[str, int, int], None]
"""Is told how far it has come: what is being done, how many rows of how many."""
_STEP = 10_000
"""Rows between two words about it."""
_encode = msgspec.msgpack.Encoder().encode


class Table(NamedTuple):
    """What copying has to know of a table."""

    name: str
    columns: tuple[str, ...]
    """As they are written in SQL."""
    key: tuple[str, ...]
    counted: bool
    """Whether its ids are given by the database."""
    amounts: tuple[int, ...]
    """Places of columns that a server keeps as numbers."""
    foreign: tuple[int, ...]
    """Places of texts as exchanges sent them, in which a file may hold NUL; a server cannot."""


class Copied(NamedTuple):
    """What came of copying; ``later`` is how many facts the source was told since its snapshot."""

    tables: tuple[CopiedRow, ...]
    later: int


def tables() -> tuple[Table, ...]:
    """Return every table of the present schema, but for those about the database itself and who is at work on it."""
    from account_cli.storage.schema import AMOUNT, features, leases, metadata, processes, raws

    unread = (raws.c.raw, raws.c.unreadable)
    return tuple(
        Table(
            name=table.name,
            columns=tuple(f'"{column.name}"' for column in table.columns),
            key=tuple(f'"{column.name}"' for column in table.primary_key),
            counted=_counted(table),
            amounts=tuple(place for place, column in enumerate(table.columns) if column.type is AMOUNT),
            foreign=tuple(place for place, column in enumerate(table.columns) if any(column is one for one in unread)),
        )
        for table in metadata.sorted_tables
        if table not in {features, leases, processes}
    )


def _counted(table: sa.Table) -> bool:
    return table.autoincrement_column is not None and table.autoincrement_column.name == "id"


def copy(source: Location, target: Location, tell: Tell, *, replace: bool = False) -> Copied:
    """Copy everything that ``source``, of the present schema, holds; a new ``target`` is made.

    With ``replace`` the target, which is a server then, is emptied in the same transaction; else it must be empty.
    Raises ``StorageError``; the target then holds what it held.
    """
    with closing(connect_reading(source)) as reading, closing(connect_writing(target)) as writing:
        return copy_all(reading, writing, tell, name=named(target), replace=replace)


def copy_all(reading: Database, writing: Database, tell: Tell, *, name: str, replace: bool = False) -> Copied:
    """Copy from one connection to another; ``name`` is what messages call the target."""
    found = tables()
    reading.begin(writing=False)
    writing.begin(writing=True)
    try:
        then = _lines(reading)
        writing.lock_tables([table.name for table in found])
        if replace:
            writing.run(f"TRUNCATE {', '.join(table.name for table in found)}")
        _must_be_empty(writing, found, name)
        copied = tuple(_copy_table(table, reading, writing, tell) for table in found)
        for table, row in zip(found, copied, strict=True):
            _verify(table, row, writing, tell)
        writing.commit()
    finally:
        writing.abandon()
        reading.abandon()
    return Copied(tables=copied, later=_lines(reading) - then)


def _must_be_empty(writing: Database, found: Sequence[Table], name: str) -> None:
    for table in found:
        count = writing.number(f"SELECT count(*) FROM (SELECT 1 FROM {table.name} LIMIT 1) AS any_row")  # noqa: S608
        if count:
            raise StorageError(
                f"the database {name} is not empty: its table {table.name} holds rows",
                hint="Copy into a database of its own: another file, or another schema of the server.",
            )


def _copy_table(table: Table, reading: Database, writing: Database, tell: Tell) -> CopiedRow:
    digest = _Digest(table, reading, tell, "copying")
    writing.pour(table.name, table.columns, digest.rows())
    if table.counted:
        writing.resume_ids(table.name)
    return digest.result()


def _verify(table: Table, wanted: CopiedRow, writing: Database, tell: Tell) -> None:
    digest = _Digest(table, writing, tell, "verifying")
    for _ in digest.rows():
        pass
    if digest.result() != wanted:
        raise InternalError(f"table {table.name} came out differently in the copy; nothing was kept of it")


class _Digest:
    """Reads a table in the order of its key, and works out what tells its content from any other."""

    def __init__(self, table: Table, database: Database, tell: Tell, doing: str) -> None:
        self._table, self._database, self._tell = table, database, tell
        self._doing = f"{doing} {table.name}"
        self._rows = 0
        self._hash = blake2b(digest_size=16)

    def rows(self) -> Iterator[Row]:
        """Yield the rows as they are to be written."""
        table, update = self._table, self._hash.update
        total = self._database.number(f"SELECT count(*) FROM {table.name}")  # noqa: S608 -- our own name
        sql = f"SELECT {', '.join(table.columns)} FROM {table.name} ORDER BY {', '.join(table.key)}"  # noqa: S608
        self._tell(self._doing, 0, total)
        altered = bool(table.amounts or table.foreign)
        for count, read in enumerate(self._database.stream(sql), 1):
            row = _portable(table, read) if altered else read
            update(_encode(row))
            self._rows = count
            if count % _STEP == 0:
                self._tell(self._doing, count, total)
            yield row

    def result(self) -> CopiedRow:
        """Return what was read, in short."""
        return CopiedRow(table=self._table.name, rows=self._rows, digest=self._hash.hexdigest())


def _portable(table: Table, read: Row) -> Row:
    """Return a row in the one form in which either database gives it back."""
    row = list(read)
    for place in table.amounts:
        row[place] = digits(row[place])
    for place in table.foreign:
        row[place] = row[place] and storable(row[place])
    return tuple(row)


def _lines(database: Database) -> int:
    return database.number("SELECT count(*) FROM journal")
