"""How large a database is and what lies in it, counted by the database itself."""

from __future__ import annotations

from contextlib import closing
from typing import NamedTuple

from account_cli.ports.location import Location
from account_cli.reports.databases import KnownRow, TableRow
from account_cli.storage.copying import tables
from account_cli.storage.database import Database
from account_cli.storage.migrating import SCHEMA
from account_cli.storage.opening import connect_reading, connect_writing
from account_cli.storage.sqlite import SqliteDatabase

_FACTS = """
SELECT account, sum(current), count(*), min(time_ns), max(time_ns) FROM journal GROUP BY account ORDER BY account
"""
_PAGES = "SELECT sum(pgsize) FROM dbstat WHERE name IN (SELECT name FROM sqlite_master WHERE tbl_name = ?)"


class Measured(NamedTuple):
    """One database; sizes are in bytes, ``free`` is what ``vacuum`` would give back where that is known."""

    engine: str
    schema: int
    bytes: int
    free: int | None
    tables: tuple[TableRow, ...]
    accounts: tuple[KnownRow, ...]
    inbox_bytes: int


def measure(location: Location) -> Measured:
    """Count everything, as of one instant. Raises ``StorageError``."""
    with closing(connect_reading(location)) as database:
        database.begin(writing=False)
        engine, size, free = _engine(database)
        return Measured(
            engine=engine,
            schema=SCHEMA,
            bytes=size,
            free=free,
            tables=tuple(_table(database, table.name) for table in tables()),
            accounts=tuple(
                KnownRow(account=account, facts=facts, lines=lines, first_at=first, last_at=last)
                for account, facts, lines, first, last in database.rows(_FACTS)
            ),
            inbox_bytes=database.number("SELECT sum(size) FROM raws"),
        )


def vacuum(location: Location) -> tuple[int, int]:
    """Give unused space back; return the size before and after. Writers wait while a file is written anew."""
    with closing(connect_writing(location)) as database:
        before = _engine(database)[1]
        if isinstance(database, SqliteDatabase):
            database.run("VACUUM")
            database.row("PRAGMA wal_checkpoint(TRUNCATE)")
        else:
            for table in tables():
                database.run(f"VACUUM (ANALYZE) {table.name}")
        return before, _engine(database)[1]


def _engine(database: Database) -> tuple[str, int, int | None]:
    """Return the name and version of the engine, how large the database is, and how much of it is free."""
    if isinstance(database, SqliteDatabase):
        page = database.number("PRAGMA page_size")
        name = database.row("SELECT sqlite_version()")
        pages, free = database.number("PRAGMA page_count"), database.number("PRAGMA freelist_count")
        return f"SQLite {name[0] if name else '?'}", pages * page, free * page
    name = database.row("SHOW server_version")
    size = sum(_table(database, table.name).bytes or 0 for table in tables())
    noted = database.row("SELECT value FROM features WHERE name = 'timescale'")
    history = f", history in {noted[0]}" if noted and noted[0] != "off" else ""
    return f"PostgreSQL {str(name[0]).split()[0] if name else '?'}{history}", size, None


def _table(database: Database, name: str) -> TableRow:
    rows = database.number(f"SELECT count(*) FROM {name}")  # noqa: S608 -- a name of ours
    return TableRow(table=name, rows=rows, bytes=_bytes(database, name))


def _bytes(database: Database, name: str) -> int | None:
    if not isinstance(database, SqliteDatabase):
        return database.number("SELECT pg_total_relation_size(to_regclass(?))", (name,))
    if ("ENABLE_DBSTAT_VTAB",) not in database.rows("PRAGMA compile_options"):
        return None
    return database.number(_PAGES, (name,))
