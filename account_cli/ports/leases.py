"""Who is there and who has which lease, as a database is asked and told; see ``domain.presence``."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Protocol

from account_cli.domain.presence import Lease, Process


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
    def demand_leases(self, fences: Mapping[str, int]) -> None:
        """Hold these accounts; raise ``LeaseLost`` unless these are the numbers of their leases now."""
        ...
