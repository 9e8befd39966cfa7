"""The journal in SQL: one writer of an account at a time, any number of readers, everything or nothing.

``SqlJournal`` writes, ``SqlReader`` reads over a connection of its own, ``SqlTransaction`` is both for the length of
one transaction: it also sees what it has written itself. Which database it is, is its connection's business alone.
"""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager

from account_cli.storage.alerts import AlertReads, AlertWrites
from account_cli.storage.database import Database
from account_cli.storage.history import HistoryReads, HistoryWrites
from account_cli.storage.holding import HeldAccounts
from account_cli.storage.leases import LeaseReads, LeaseWrites
from account_cli.storage.outbox import OutboxReads
from account_cli.storage.proofs import ProofReads, ProofWrites
from account_cli.storage.reading_facts import FactReads
from account_cli.storage.reading_states import StateReads
from account_cli.storage.requests import RequestReads, RequestWrites


class SqlReader(FactReads, OutboxReads, StateReads, HistoryReads, RequestReads, ProofReads, LeaseReads, AlertReads):
    """Reads one database; see ``ports.JournalReader``."""

    def __init__(self, database: Database) -> None:
        self._db = database

    def close(self) -> None:
        """Give the connection back; may be called twice."""
        self._db.close()

    def change_token(self) -> int:
        """Return a number that changes when another connection commits."""
        return self._db.change_token()

    @contextmanager
    def snapshot_view(self) -> Iterator[None]:
        """Read one committed state for the length of the block; blocks may be nested."""
        if self._db.in_transaction:
            yield
            return
        self._db.begin(writing=False)
        try:
            yield
        finally:
            self._db.abandon()


class SqlTransaction(HeldAccounts, HistoryWrites, RequestWrites, ProofWrites, LeaseWrites, AlertWrites, SqlReader):
    """One write transaction; see ``ports.JournalTx``. It ends with its block, not with ``close``."""

    def __init__(self, database: Database, *, announces: bool = False) -> None:
        super().__init__(database)
        self.announces = announces
        self._held = {}

    def close(self) -> None:
        """Do nothing: the block owns the transaction, the journal the connection."""


class SqlJournal:
    """A database open for writing; see ``ports.Journal``. Where it ``announces``, messages are left in the outbox."""

    def __init__(self, database: Database, *, announces: bool = False) -> None:
        self._db = database
        self._announces = announces

    @contextmanager
    def transaction(self) -> Iterator[SqlTransaction]:
        """Begin; commit at the end, roll back on any exception."""
        self._db.begin(writing=True)
        try:
            yield SqlTransaction(self._db, announces=self._announces)
            self._db.commit()
        finally:
            self._db.abandon()

    def reader(self) -> SqlReader:
        """Open a further read-only connection to the same database."""
        return SqlReader(self._db.another())

    def close(self) -> None:
        """Give the connection back; may be called twice."""
        self._db.close()
