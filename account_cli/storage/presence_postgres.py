"""Presence on a PostgreSQL server: rows decide, and a connection's lock says at once that a process has died."""

from __future__ import annotations

import time
from collections.abc import Iterable

from account_cli.domain.presence import EXPIRED_NS, Process, ProcessKind
from account_cli.errors import LockHeld
from account_cli.storage.journal import SqlReader, SqlTransaction
from account_cli.storage.opening import open_journal
from account_cli.storage.postgres import PostgresDatabase
from account_cli.storage.presence import HINT, Presence

_KEY = "hashtextextended(current_schema() || ' process ' || ?, 0)"
_LIVE = f"SELECT pg_advisory_lock_shared({_KEY})"
"""Shared: the server may take an old connection of this very process for alive still."""
_IS_DEAD = f"SELECT pg_try_advisory_xact_lock({_KEY})"
_AGAIN_S = 0.1


class ServerPresence(Presence):
    """On a server: a lease may be taken from who is dead, and from who has not beaten for long."""

    def __init__(self, url: str, kind: ProcessKind, *, wants: Iterable[str] = (), workers: bool = False) -> None:
        super().__init__(kind, wants=wants, workers=workers)
        self._url = url
        self._alive_on: object = None
        open_journal(url).close()
        self._db = PostgresDatabase(url)
        self.register()

    def take(self, account: str, *, patience_s: float = 0.0) -> None:
        """Take the lease; raises ``LockHeld`` that names who has it."""
        until = time.monotonic() + patience_s
        while True:
            with self._guard:
                fence = 0
                with self._transaction() as tx:
                    holder = self._holder(tx, account)
                    if holder is None:
                        tx.hold(account)  # whoever took it meanwhile has committed
                        holder = self._holder(tx, account)
                    if holder is None:
                        fence = tx.take_lease(account, self.process.id)
                if fence:
                    self.fences[account] = fence
                    return
            assert holder is not None
            if time.monotonic() >= until:
                raise LockHeld(_taken(account, holder), hint=HINT)
            time.sleep(_AGAIN_S)

    def _holder(self, tx: SqlTransaction, account: str) -> Process | None:
        """Return who has the lease and is there; None when it may be taken."""
        lease = next((one for one in tx.leases() if one.account == account), None)
        if lease is None or lease.process in {None, self.process.id}:
            return None
        holder = next((one for one in tx.processes() if one.id == lease.process), None)
        if holder is None or tx.now_ns() - holder.beat_ns > EXPIRED_NS:
            return None
        if self._is_dead(holder):
            tx.remove_process(holder.id)
            return None
        return holder

    def held(self) -> dict[str, str]:
        """Return the accounts whose holder has beaten in time, and the sentence that says who that is."""
        with self._guard:
            reader = SqlReader(self._db)
            leases, now = reader.leases(), reader.now_ns()
            alive = {one.id: one for one in reader.processes() if now - one.beat_ns <= self._late_ns()}
        return {
            lease.account: _taken(lease.account, alive[lease.process])
            for lease in leases
            if lease.process in alive and lease.process != self.process.id
        }

    def _is_dead(self, other: Process) -> bool:
        return self._db.row(_IS_DEAD, (other.id,)) == (True,)

    def _connect(self) -> PostgresDatabase:
        return self._db

    def _begin(self, tx: SqlTransaction) -> None:
        self._stay_known()
        super()._begin(tx)

    def _beat(self) -> None:
        self._db.row("SELECT 1")  # makes a lost connection again
        self._stay_known()
        super()._beat()

    def _stay_known(self) -> None:
        """Hold the lock that says that this process lives, on whichever connection there is now."""
        if self._alive_on is self._db.raw:
            return
        self._db.run(_LIVE, (self.process.id,))
        self._alive_on = self._db.raw


def _taken(account: str, holder: Process) -> str:
    return f"account {account!r} is being collected by {holder.name}"
