"""One SQLite connection, through which every statement passes and every foreign error is translated.

A connection may be opened in one thread and used in another, but by one thread at a time. WAL keeps readers and the
writer out of each other's way; ``synchronous=FULL`` makes a commit that returned outlive a power cut.
"""

from __future__ import annotations

import contextlib
import sqlite3
import time
from collections.abc import Iterable, Iterator, Sequence
from itertools import chain, islice
from pathlib import Path
from typing import Literal
from urllib.parse import quote

from account_cli.storage.database import Parameters, Row, number_in
from account_cli.storage.failures import translated
from account_cli.storage.inserting import insertion

BUSY_TIMEOUT_MS = 5000
_READER_CACHE_KIB = 512
"""Pages that a reader keeps in memory: a collector has seven, and whatever is committed makes what they hold void."""
_TOGETHER = (256, 64, 16, 4, 1)
"""Rows in one statement that inserts: as many as there are, in statements that are prepared once."""
_CHUNK = 500
"""Rows fetched at a time when streaming: enough to be fast, few enough to be small."""


def sqlite_version() -> str:
    """Return the version of SQLite that Python came with."""
    return sqlite3.sqlite_version


class SqliteDatabase:
    """A connection and the file that it is to; see ``database.Database``."""

    def __init__(self, path: Path, mode: Literal["ro", "rw"]) -> None:
        self.path = path
        with translated(path):
            self._connection = sqlite3.connect(
                f"file:{quote(str(path))}?mode={mode}",
                uri=True,
                isolation_level=None,
                check_same_thread=False,
                timeout=BUSY_TIMEOUT_MS / 1000,
                cached_statements=256,
            )
        try:
            self.run("PRAGMA foreign_keys = ON")
            if mode == "rw":
                self.run("PRAGMA synchronous = FULL")
            else:
                self.run("PRAGMA query_only = ON")
                self.run(f"PRAGMA cache_size = -{_READER_CACHE_KIB}")
        except BaseException:
            self.close()
            raise

    @property
    def raw(self) -> sqlite3.Connection:
        """The driver's connection, for migrating."""
        return self._connection

    @property
    def in_transaction(self) -> bool:
        """True between BEGIN and its end; False once the file was given back."""
        try:
            return self._connection.in_transaction
        except sqlite3.ProgrammingError:
            return False

    def abandon(self) -> None:
        """End a transaction that was not committed, if there is one."""
        if self.in_transaction:
            self.run("ROLLBACK")

    def close(self) -> None:
        """Give the file back; may be called twice."""
        with translated(self.path):
            self._connection.close()

    def put(self, sql: str, parameters: Parameters = ()) -> None:
        """Execute one statement."""
        self.run(sql, parameters)

    def run(self, sql: str, parameters: Parameters = ()) -> int:
        """Execute one statement; return how many rows it changed."""
        with translated(self.path):
            return self._connection.execute(sql, parameters).rowcount

    def many(self, sql: str, rows: Iterable[Parameters]) -> None:
        """Execute one statement for each of ``rows``: insertions of many rows together.

        Each step of SQLite lets go of the interpreter, and a thread that computes keeps it for milliseconds then: while
        an event loop reads a burst, ten thousand rows one by one take seconds.
        """
        found = insertion(sql)
        with translated(self.path):
            if found is None:
                self._connection.executemany(sql, rows)
                return
            left = iter(rows)
            while chunk := list(islice(left, _TOGETHER[0])):
                for size in _TOGETHER:
                    while len(chunk) >= size:
                        self._connection.execute(found.of(size), list(chain.from_iterable(chunk[:size])))
                        del chunk[:size]

    def pour(self, table: str, columns: Sequence[str], rows: Iterable[Row]) -> None:
        """Insert rows, one after the other as they come."""
        places = ", ".join("?" * len(columns))
        self.many(f"INSERT INTO {table} ({', '.join(columns)}) VALUES ({places})", rows)  # noqa: S608 -- our names

    def lock_tables(self, tables: Sequence[str]) -> None:
        """Do nothing: there is one writer at a time."""

    def resume_ids(self, table: str) -> None:
        """Do nothing: ids go on behind the greatest."""

    def row(self, sql: str, parameters: Parameters = ()) -> Row | None:
        """Return the first row, or None."""
        with translated(self.path):
            cursor = self._connection.execute(sql, parameters)
            found: Row | None = cursor.fetchone()
            cursor.close()
            return found

    def number(self, sql: str, parameters: Parameters = ()) -> int:
        """Return the integer in the first column of the only row; 0 where it is NULL or there is no row."""
        return number_in(self.row(sql, parameters))

    def begin(self, *, writing: bool) -> None:
        """Begin a transaction; one that writes takes the right to write at once, and waits for it."""
        self.run("BEGIN IMMEDIATE" if writing else "BEGIN")

    def commit(self) -> None:
        """Store what was written; once this returns it outlives a power cut."""
        self.run("COMMIT")

    def hold(self, account: str, *, briefly: bool = False) -> None:
        """Do nothing: there is one writer at a time."""

    def new_ids(self, table: str, count: int) -> Sequence[int]:
        """Return so many ids that no row of ``table`` has had in this transaction."""
        first = self.number(f"SELECT max(id) FROM {table}") + 1  # noqa: S608 -- a name from this package
        return range(first, first + count)

    def now_ns(self) -> int:
        """Return the machine's time: whoever uses a file is on the same machine."""
        return time.time_ns()

    def ahead_ns(self) -> int:
        """Return 0: the machine's clock is the only one."""
        return 0

    def change_token(self) -> int:
        """Return a number that changes when another connection commits."""
        return self.number("PRAGMA data_version")

    def another(self) -> SqliteDatabase:
        """Open a further connection to the same file, for reading only."""
        return SqliteDatabase(self.path, "ro")

    def rows(self, sql: str, parameters: Parameters = ()) -> list[Row]:
        """Return all rows; for what is known to be small."""
        with translated(self.path):
            return self._connection.execute(sql, parameters).fetchall()

    def stream(self, sql: str, parameters: Parameters = (), *, most: int | None = None) -> Iterator[Row]:
        """Yield rows as they are asked for; an iterator that is dropped lets go of the file.

        With ``most`` the caller says that it will not ask for more than so many.
        """
        size = _CHUNK if most is None else max(1, min(most, _CHUNK))
        with translated(self.path):
            cursor = self._connection.execute(sql, parameters)
            try:
                while chunk := cursor.fetchmany(size):
                    yield from chunk
            finally:
                with contextlib.suppress(sqlite3.ProgrammingError):  # dropped after the file was given back
                    cursor.close()
