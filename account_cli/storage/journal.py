"""The journal on SQLite: one writer at a time, any number of readers, everything or nothing.

``SqliteJournal`` writes, ``SqliteReader`` reads over a connection of its own, ``SqliteTransaction`` is both for the
length of one transaction: it also sees what it has written itself.
"""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager

from account_cli.storage.database import Database
from account_cli.storage.reading_facts import FactReads
from account_cli.storage.reading_states import StateReads
from account_cli.storage.requests import RequestReads, RequestWrites
from account_cli.storage.writing_facts import FactWrites
from account_cli.storage.writing_states import StateWrites


class SqliteReader(FactReads, StateReads, RequestReads):
    """Reads one database; see ``ports.JournalReader``."""

    def __init__(self, database: Database) -> None:
        self._db = database

    def close(self) -> None:
        """Give the connection back; may be called twice."""
        self._db.close()

    def change_token(self) -> int:
        """Return a number that changes when another connection commits."""
        return self._db.number("PRAGMA data_version")

    @contextmanager
    def snapshot_view(self) -> Iterator[None]:
        """Read one committed state for the length of the block; blocks may be nested."""
        if self._db.in_transaction:
            yield
            return
        self._db.run("BEGIN")
        try:
            yield
        finally:
            self._db.abandon()


class SqliteTransaction(FactWrites, StateWrites, RequestWrites, SqliteReader):
    """One write transaction; see ``ports.JournalTx``. It ends with its block, not with ``close``."""

    def close(self) -> None:
        """Do nothing: the block owns the transaction, the journal the connection."""


class SqliteJournal:
    """A database open for writing; see ``ports.Journal``."""

    def __init__(self, database: Database) -> None:
        self._db = database

    @contextmanager
    def transaction(self) -> Iterator[SqliteTransaction]:
        """Begin, taking the right to write at once; commit at the end, roll back on any exception."""
        self._db.run("BEGIN IMMEDIATE")
        try:
            yield SqliteTransaction(self._db)
            self._db.run("COMMIT")
        finally:
            self._db.abandon()

    def reader(self) -> SqliteReader:
        """Open a further read-only connection to the same file."""
        return SqliteReader(Database(self._db.path, "ro"))

    def close(self) -> None:
        """Give the connection back; may be called twice."""
        self._db.close()
