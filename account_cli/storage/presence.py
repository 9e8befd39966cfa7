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
_BEAT_S = BEAT_NS / SECOND
_BEAT_AGAIN_S = 1.0
LATE_NS = BEAT_NS + SECOND
"""Whoever has not beaten for so long may be dead, and is looked at."""
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
        """The leases by account: their numbers; 0, which none has, of one that was lost or given back."""
        self.lost: set[str] = set()
        """Accounts that another process has taken over; whoever stops collecting one takes it out."""
        self.asked_to_stop = False
        self._workers: tuple[int, ...] = ()
        """When each other worker beat last, on this process's monotonic clock."""
        self._beaten = time.monotonic_ns()
        """When this process beat last, on its own clock."""
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

    @property
    def workers(self) -> int:
        """How many workers there are, this one among them."""
        return 1 + sum(1 for beat in self._workers if time.monotonic_ns() - beat <= EXPIRED_NS)

    def held(self) -> dict[str, str]:
        """Return accounts that are not to be had now, and the sentence that says who has each; others may be."""
        return {}

    def take(self, account: str, *, patience_s: float = 0.0) -> None:
        """Take the lease of an account; raises ``LockHeld`` that names who has it, and had it for so long."""
        raise NotImplementedError

    def give_back(self, account: str) -> None:
        """Let others collect the account at once."""
        with self._guard:
            held, self.fences[account] = self.fences.get(account), 0
            if held and self._journal is not None:
                with contextlib.suppress(AcctError), self._transaction() as tx:
                    tx.give_lease_back(account, self.process.id)

    def close(self) -> None:
        """Give all leases back and leave; a database that cannot be reached finds out by itself."""
        self._over.set()
        if self._thread.is_alive():
            self._thread.join()
        with self._guard:
            self.fences.update(dict.fromkeys(self.fences, 0))
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
            if old.id == self.process.id:
                continue
            if tx.now_ns() - old.beat_ns > _FORGOTTEN_NS or self._is_dead(old):  # whose place this one may take
                tx.remove_process(old.id)

    @contextlib.contextmanager
    def _transaction(self) -> Iterator[SqlTransaction]:
        assert self._journal is not None
        with self._journal.transaction() as tx:
            yield tx

    def _beat_on(self) -> None:
        wait_s = _BEAT_S
        while not self._over.wait(wait_s):
            try:
                with self._guard:
                    self._beat()
                wait_s = _BEAT_S
            except AcctError:
                wait_s = _BEAT_AGAIN_S

    def _beat(self) -> None:
        """Beat, and look what became of the others and of the leases meanwhile."""
        with self._transaction() as tx:
            if not tx.beat(self.process.id):
                tx.put_process(self.process)
            now, others = tx.now_ns(), tx.processes()
            late_ns = self._late_ns()
            for other in [one for one in others if now - one.beat_ns > late_ns and self._is_dead(one)]:
                tx.remove_process(other.id)
                others.remove(other)
            leases = {lease.account: lease.fence for lease in tx.leases() if lease.process == self.process.id}
            for account, fence in leases.items():
                if self.fences.get(account) != fence:  # given back, or taken, while nobody could be told so
                    tx.give_lease_back(account, self.process.id)
        here = self._beaten = time.monotonic_ns()
        self.asked_to_stop = any(one.stop for one in others if one.id == self.process.id)
        self._workers = tuple(here - now + one.beat_ns for one in others if one.workers and one.id != self.process.id)
        gone = {account for account, fence in self.fences.items() if fence and leases.get(account) != fence}
        self.fences.update(dict.fromkeys(gone, 0))
        self.lost |= gone

    def _late_ns(self) -> int:
        """Return after how long without a beat another is looked at: longer for who was cut off just now himself."""
        return LATE_NS if time.monotonic_ns() - self._beaten <= LATE_NS else EXPIRED_NS

    def _is_dead(self, other: Process) -> bool:
        """True when it is certain that a process that is late is no more."""
        raise NotImplementedError


class FilePresence(Presence):
    """Beside a file: the kernel's locks decide, from before the file is there."""

    def __init__(self, path: Path, kind: ProcessKind, *, wants: Iterable[str] = (), workers: bool = False) -> None:
        super().__init__(kind, wants=wants, workers=workers)
        self._path = path
        self._locks: dict[str, ExitStack] = {}

    @property
    def workers(self) -> int:
        """How many workers there are, this one among them."""
        return 1 + sum(1 for beat in self._workers if time.monotonic_ns() - beat <= EXPIRED_NS)

    def held(self) -> dict[str, str]:
        """Return accounts that are not to be had now, and the sentence that says who has each; others may be."""
        return {}

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

    def _is_dead(self, other: Process) -> bool:
        """True when the kernel of this machine knows no such process."""
        if other.host != self.process.host:
            return False
        try:
            os.kill(other.pid, 0)
        except ProcessLookupError:
            return True
        except PermissionError:
            return False
        return False

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
