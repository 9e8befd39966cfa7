"""Processes and leases in the database: rows that are written seldom and read before every commit."""

from __future__ import annotations

import msgspec

from account_cli.domain.presence import Lease, Process
from account_cli.storage.clocks import later
from account_cli.storage.codec import encode
from account_cli.storage.database import Database

_decode = msgspec.json.Decoder(Process).decode

_PUT_PROCESS = """
INSERT INTO processes (id, beat_ns, stop, body) VALUES (?, ?, 0, ?)
ON CONFLICT (id) DO UPDATE SET beat_ns = excluded.beat_ns, body = excluded.body
"""
_TAKE = """
INSERT INTO leases (account, process, fence, taken_ns) VALUES (?, ?, 1, ?)
ON CONFLICT (account) DO UPDATE
SET process = excluded.process, fence = leases.fence + 1, taken_ns = excluded.taken_ns
RETURNING fence
"""
_GIVE_BACK = "UPDATE leases SET process = NULL WHERE account = ? AND process = ?"
_GIVE_ALL_BACK = "UPDATE leases SET process = NULL WHERE process = ?"


class LeaseReads:
    """What a ``JournalReader`` answers about who is there; see ``ports.LeaseReader``."""

    _db: Database

    def processes(self) -> list[Process]:
        """Return every process that has not left in order."""
        rows = self._db.rows("SELECT beat_ns, stop, body FROM processes ORDER BY id")
        found = [msgspec.structs.replace(_decode(body), beat_ns=beat, stop=bool(stop)) for beat, stop, body in rows]
        return sorted(found, key=lambda process: (process.started_ns, process.id))

    def leases(self) -> list[Lease]:
        """Return every lease, by account."""
        rows = self._db.rows("SELECT account, fence, process, taken_ns FROM leases ORDER BY account")
        return [Lease(account=account, fence=fence, process=who, taken_ns=at) for account, fence, who, at in rows]

    def now_ns(self) -> int:
        """Return the time by the database's clock."""
        return self._db.now_ns()


class LeaseWrites(LeaseReads):
    """What a ``JournalTx`` writes about who is there; see ``ports.LeaseTx``."""

    def put_process(self, process: Process) -> None:
        """Say that a process is there."""
        there = later(process, self._db.ahead_ns())
        self._db.run(_PUT_PROCESS, (process.id, self._db.now_ns(), encode(there)))

    def beat(self, process: str) -> bool:
        """Say that it still is."""
        return self._db.run("UPDATE processes SET beat_ns = ? WHERE id = ?", (self._db.now_ns(), process)) == 1

    def ask_to_stop(self, process: str) -> bool:
        """Ask a process to end."""
        return self._db.run("UPDATE processes SET stop = 1 WHERE id = ?", (process,)) == 1

    def remove_process(self, process: str) -> None:
        """Forget a process and give its leases back."""
        self._db.run("DELETE FROM processes WHERE id = ?", (process,))
        self._db.run(_GIVE_ALL_BACK, (process,))

    def take_lease(self, account: str, process: str) -> int:
        """Give ``process`` the lease; return its number."""
        self._db.hold(account)  # whoever writes under the old number has committed before, or will be refused
        return self._db.number(_TAKE, (account, process, self._db.now_ns()))

    def give_lease_back(self, account: str, process: str) -> None:
        """Let others take the lease at once."""
        self._db.run(_GIVE_BACK, (account, process))
