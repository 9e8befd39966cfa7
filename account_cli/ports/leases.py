"""Who is there, and who may write about which account: a process is known by its beat, a lease by its number.

One process collects an account. It holds the account's lease, and every transaction that writes facts first makes sure
that it still does: each taking of a lease has a number one higher than the one before, so a process that was paused, or
cut off, for so long that another took its place can write nothing more. A lease may be taken when it was given back,
when its holder is dead, or when its holder has not beaten for ``EXPIRED_NS``.
"""

from __future__ import annotations

from typing import Literal, Protocol

import msgspec

from account_cli.domain.times import SECOND

BEAT_S = 4.0
EXPIRED_NS = 12 * SECOND
"""Three beats missed: a standby then takes over, within fifteen seconds of the last beat."""

ProcessKind = Literal["collect", "watch", "once"]


class Process(msgspec.Struct, frozen=True, kw_only=True):
    """A process that collects, or did: ``beat_ns`` is when it was last seen, by the database's clock.

    ``wants`` are the accounts that it would collect, ``workers`` says that it leaves their fair share to others;
    ``stop`` that it was asked to end.
    """

    id: str
    kind: ProcessKind
    host: str
    pid: int
    version: str
    started_ns: int
    wants: tuple[str, ...] = ()
    workers: bool = False
    beat_ns: int = 0
    stop: bool = False

    @property
    def name(self) -> str:
        """Who it is, for people."""
        return f"process {self.pid} on {self.host}"


class Lease(msgspec.Struct, frozen=True, kw_only=True):
    """The right to collect an account; ``process`` is None once it was given back."""

    account: str
    fence: int
    process: str | None
    taken_ns: int


class LeaseReader(Protocol):
    """What a database answers about who is there."""

    def processes(self) -> list[Process]:
        """Every process that has not left in order, the longest running first."""
        ...

    def leases(self) -> list[Lease]:
        """Every lease that was ever taken, by account."""
        ...

    def now_ns(self) -> int:
        """The time by the database's own clock: what beats are compared with."""
        ...


class LeaseTx(LeaseReader, Protocol):
    """What a transaction writes about who is there."""

    def put_process(self, process: Process) -> None:
        """Say that a process is there; ``beat_ns`` becomes now."""
        ...

    def beat(self, process: str) -> bool:
        """Say that it still is; False when it was removed, taken for dead."""
        ...

    def ask_to_stop(self, process: str) -> bool:
        """Ask a process to end; False when there is none of this id."""
        ...

    def remove_process(self, process: str) -> None:
        """Forget a process; its leases are given back."""
        ...

    def take_lease(self, account: str, process: str) -> int:
        """Give ``process`` the lease whoever had it; return its number."""
        ...

    def give_lease_back(self, account: str, process: str) -> None: ...
    def demand_lease(self, account: str, fence: int) -> None:
        """Raise ``LeaseLost`` unless this is the number of the lease now."""
        ...
