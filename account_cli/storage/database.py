"""A connection to a database, through which every statement passes and every foreign error is translated.

``sqlite.SqliteDatabase`` is a file, ``postgres.PostgresDatabase`` a server. Statements are written as SQLite reads
them; ``dialect`` says what becomes of them elsewhere. A connection may be opened in one thread and used in another, but
by one thread at a time.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping, Sequence
from typing import Any, Protocol

Row = tuple[Any, ...]
Parameters = Sequence[Any] | Mapping[str, Any]


class Database(Protocol):
    """One connection. Every call may raise ``Unavailable``, ``DiskFull`` or, for a bug, ``InternalError``."""

    @property
    def in_transaction(self) -> bool:
        """True between ``begin`` and its end; False once the connection was given back."""
        ...

    def begin(self, *, writing: bool) -> None:
        """Begin a transaction in which every read sees one committed state, and what was written in it."""
        ...

    def commit(self) -> None:
        """Store what was written; once this returns it outlives a power cut."""
        ...

    def abandon(self) -> None:
        """End a transaction that was not committed, if there is one."""
        ...

    def hold(self, account: str, *, briefly: bool = False) -> None:
        """Wait until nobody else writes about ``account``, and keep it so until the transaction ends.

        ``briefly``: a server may end a transaction that does nothing for longer than a lease outlives its last beat.
        """
        ...

    def put(self, sql: str, parameters: Parameters = ()) -> None:
        """Execute one statement whose outcome nobody asks for, at the latest before the next one that reads.

        A server hears of it together with what follows: what is wrong with it may be raised only then.
        """
        ...

    def new_ids(self, table: str, count: int) -> Sequence[int]:
        """Return so many ids that no row of ``table`` has."""
        ...

    def now_ns(self) -> int:
        """Return the time by the one clock that all who use this database share, in nanoseconds since 1970."""
        ...

    def ahead_ns(self) -> int:
        """Return how far that clock is ahead of this machine's (below 0: behind); 0 for less than a second."""
        ...

    def change_token(self) -> int:
        """Return a number that changes when another connection commits. Costs next to nothing."""
        ...

    def another(self) -> Database:
        """Open a further connection to the same database, for reading only."""
        ...

    def close(self) -> None:
        """Give the connection back; may be called twice."""
        ...

    def run(self, sql: str, parameters: Parameters = ()) -> int:
        """Execute one statement; return how many rows it changed."""
        ...

    def many(self, sql: str, rows: Iterable[Parameters]) -> None:
        """Execute one statement for each of ``rows``."""
        ...

    def pour(self, table: str, columns: Sequence[str], rows: Iterable[Row]) -> None:
        """Insert rows by the fastest way there is, a few in memory at a time."""
        ...

    def lock_tables(self, tables: Sequence[str]) -> None:
        """Let nobody else write to these tables until the transaction ends."""
        ...

    def resume_ids(self, table: str) -> None:
        """Let ``new_ids`` of a table go on behind the rows that were put there with ids of their own."""
        ...

    def row(self, sql: str, parameters: Parameters = ()) -> Row | None:
        """Return the first row, or None."""
        ...

    def number(self, sql: str, parameters: Parameters = ()) -> int:
        """Return the integer in the first column of the only row; 0 where it is NULL or there is no row."""
        ...

    def rows(self, sql: str, parameters: Parameters = ()) -> list[Row]:
        """Return all rows; for what is known to be small."""
        ...

    def stream(self, sql: str, parameters: Parameters = (), *, most: int | None = None) -> Iterator[Row]:
        """Yield rows as they are asked for; an iterator that is dropped lets go of the database.

        With ``most`` the caller says that it will not ask for more than so many.
        """
        ...


def number_in(row: Row | None) -> int:
    """Return the integer in the first column; 0 where it is NULL or there is no row."""
    return 0 if row is None or row[0] is None else int(row[0])
