"""Presence on a PostgreSQL server: rows decide, and a connection's lock says at once that a process has died."""

from __future__ import annotations

import time
from collections.abc import Iterable

from account_cli.domain.presence import EXPIRED_NS, Process, ProcessKind
from account_cli.errors import LockHeld
from account_cli.storage.journal import SqlTransaction
from account_cli.storage.opening import open_journal
from account_cli.storage.postgres import PostgresDatabase
from account_cli.storage.presence import HINT, Presence

_KEY = "hashtextextended(current_schema() || ' process ' || ?, 0)"
_LIVE = f"SELECT pg_advisory_lock({_KEY})"
_IS_DEAD = f"SELECT pg_try_advisory_xact_lock({_KEY})"
_NOTICE_MY_DEATH = (
    "SET tcp_keepalives_idle = 4",
    "SET tcp_keepalives_interval = 2",
    "SET tcp_keepalives_count = 3",
)
"""The server asks a silent machine whether it is there, and gives up its locks after ten seconds without an answer."""
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
            with self._guard, self._transaction() as tx:
                tx.hold(account)
                holder = self._holder(tx, account)
                if holder is None:
                    self.fences[account] = tx.take_lease(account, self.process.id)
                    return
            if time.monotonic() >= until:
                raise LockHeld(f"account {account!r} is being collected by {holder.name}", hint=HINT)
            time.sleep(_AGAIN_S)

    def _holder(self, tx: SqlTransaction, account: str) -> Process | None:
        """Return who has the lease and is there; None when it may be taken."""
        lease = next((one for one in tx.leases() if one.account == account), None)
        if lease is None or lease.process in {None, self.process.id}:
            return None
        holder = next((one for one in tx.processes() if one.id == lease.process), None)
        if holder is None or tx.now_ns() - holder.beat_ns > EXPIRED_NS:
            return None
        if self._db.row(_IS_DEAD, (holder.id,)) == (True,):
            tx.remove_process(holder.id)
            return None
        return holder

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
        for setting in _NOTICE_MY_DEATH:
            self._db.run(setting)
        self._db.run(_LIVE, (self.process.id,))
        self._alive_on = self._db.raw
