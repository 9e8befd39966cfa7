"""A process says that it is there, by a beat from a thread of its own, and holds the leases of what it collects.

The thread beats even while the process is too busy to listen; a process that is paused, or cut off from the database,
misses its beats. That a process is dead is known at once: beside a file the lock of each account is the kernel's, on a
server a connection holds a lock for as long as it lives. A server also lets an account be taken from a process that
lives and does not beat; beside a file it stays with it.
"""

from __future__ import annotations

import contextlib
import os
import threading
import time
from collections.abc import Iterable, Iterator
from contextlib import ExitStack
from pathlib import Path
from types import TracebackType
from typing import TYPE_CHECKING, Self

from account_cli import __version__
from account_cli.domain.presence import BEAT_NS, EXPIRED_NS, Process, ProcessKind
from account_cli.domain.times import SECOND
from account_cli.errors import AcctError
from account_cli.ports.location import Location
from account_cli.storage.journal import SqlJournal, SqlTransaction
from account_cli.storage.lock import account_lock
from account_cli.storage.sqlite import SqliteDatabase

if TYPE_CHECKING:
    from account_cli.storage.postgres import PostgresDatabase

HINT = "Watch it from here, or end that process first."
_FORGOTTEN_NS = 10 * EXPIRED_NS
_PATIENCE_S = 1.0
"""A server may hear a moment later than its kernel that a holder is dead."""


class Presence:
    """This process among those that use one database, in a file or on a server; any thread may call."""

    def __init__(self, kind: ProcessKind, *, wants: Iterable[str] = (), workers: bool = False) -> None:
        self.process = Process(
            id=os.urandom(16).hex(),
            kind=kind,
            host=os.uname().nodename,
            pid=os.getpid(),
            version=__version__,
            started_ns=time.time_ns(),
            wants=tuple(wants),
            workers=workers,
        )
        self.fences: dict[str, int] = {}
        """The leases that are held, by account: their numbers."""
        self.lost: set[str] = set()
        """Accounts that another process has taken over; whoever stops collecting one takes it out."""
        self.asked_to_stop = False
        self.workers = 1
        """How many workers there are, this one among them, as of the last beat."""
        self._journal: SqlJournal | None = None
        self._guard = threading.RLock()
        self._over = threading.Event()
        self._thread = threading.Thread(target=self._beat_on, name="presence", daemon=True)

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        """Give all leases back and be gone."""
        self.close()

    def register(self) -> None:
        """Say that this process is there, and begin to beat; the database has to be of the present schema."""
        with self._guard:
            if self._journal is not None:
                return
            self._journal = SqlJournal(self._connect())
            with self._transaction() as tx:
                self._begin(tx)
            self._thread.start()

    def take(self, account: str, *, patience_s: float = 0.0) -> None:
        """Take the lease of an account; raises ``LockHeld`` that names who has it, and had it for so long."""
        raise NotImplementedError

    def give_back(self, account: str) -> None:
        """Let others collect the account at once."""
        with self._guard:
            if self.fences.pop(account, None) is not None and self._journal is not None:
                with contextlib.suppress(AcctError), self._transaction() as tx:
                    tx.give_lease_back(account, self.process.id)

    def close(self) -> None:
        """Give all leases back and leave; a database that cannot be reached finds out by itself."""
        self._over.set()
        if self._thread.is_alive():
            self._thread.join()
        with self._guard:
            self.fences.clear()
            if self._journal is not None:
                with contextlib.suppress(AcctError), self._transaction() as tx:
                    tx.remove_process(self.process.id)
                self._journal.close()
                self._journal = None

    def _connect(self) -> SqliteDatabase | PostgresDatabase:
        raise NotImplementedError

    def _begin(self, tx: SqlTransaction) -> None:
        tx.put_process(self.process)
        for old in tx.processes():
            if old.id != self.process.id and tx.now_ns() - old.beat_ns > _FORGOTTEN_NS:
                tx.remove_process(old.id)

    @contextlib.contextmanager
    def _transaction(self) -> Iterator[SqlTransaction]:
        assert self._journal is not None
        with self._journal.transaction() as tx:
            yield tx

    def _beat_on(self) -> None:
        while not self._over.wait(BEAT_NS / SECOND):
            with contextlib.suppress(AcctError), self._guard:
                self._beat()

    def _beat(self) -> None:
        """Beat, and look what became of the leases meanwhile."""
        with self._transaction() as tx:
            if not tx.beat(self.process.id):
                tx.put_process(self.process)
            leases = {lease.account: lease.fence for lease in tx.leases() if lease.process == self.process.id}
            now, others = tx.now_ns(), tx.processes()
        self.asked_to_stop = any(one.stop for one in others if one.id == self.process.id)
        self.workers = sum(1 for one in others if one.workers and now - one.beat_ns <= EXPIRED_NS)
        gone = {account for account, fence in self.fences.items() if leases.get(account) != fence}
        for account in gone:
            del self.fences[account]
        self.lost |= gone


class FilePresence(Presence):
    """Beside a file: the kernel's locks decide, from before the file is there."""

    def __init__(self, path: Path, kind: ProcessKind, *, wants: Iterable[str] = (), workers: bool = False) -> None:
        super().__init__(kind, wants=wants, workers=workers)
        self._path = path
        self._locks: dict[str, ExitStack] = {}

    def take(self, account: str, *, patience_s: float = 0.0) -> None:  # noqa: ARG002 -- a kernel knows at once
        """Take the kernel's lock, and the lease's number once this process is registered."""
        with self._guard:
            stack = ExitStack()
            stack.enter_context(account_lock(self._path, account))
            self._locks[account] = stack
            if self._journal is not None:
                with self._transaction() as tx:
                    self.fences[account] = tx.take_lease(account, self.process.id)

    def give_back(self, account: str) -> None:
        """Let others collect the account at once."""
        super().give_back(account)
        if (stack := self._locks.pop(account, None)) is not None:
            stack.close()

    def close(self) -> None:
        """Leave, and let go of every lock."""
        super().close()
        for stack in self._locks.values():
            stack.close()
        self._locks.clear()

    def _connect(self) -> SqliteDatabase:
        return SqliteDatabase(self._path, "rw")

    def _begin(self, tx: SqlTransaction) -> None:
        super()._begin(tx)
        for account in self._locks:
            self.fences[account] = tx.take_lease(account, self.process.id)


def present(location: Location, kind: ProcessKind, *, wants: Iterable[str] = (), workers: bool = False) -> Presence:
    """Return the presence of this process at a database; on a server it is registered at once."""
    if isinstance(location, Path):
        return FilePresence(location, kind, wants=wants, workers=workers)
    from account_cli.storage.presence_postgres import ServerPresence

    return ServerPresence(location, kind, wants=wants, workers=workers)


@contextlib.contextmanager
def collector_lock(location: Location, account: str) -> Iterator[None]:
    """Hold the right to collect ``account`` into this database; raises ``LockHeld``, naming who has it."""
    with present(location, "once", wants=(account,)) as me:
        me.take(account, patience_s=_PATIENCE_S)
        yield
