"""Who is there, and who may write about which account: a process is known by its beat, a lease by its number.

One process collects an account. It holds the account's lease, and every transaction that writes facts first makes sure
that it still does: each taking of a lease has a number one higher than the one before, so a process that was paused, or
cut off, for so long that another took its place can write nothing more. A lease may be taken when it was given back,
when its holder is dead, or when its holder has not beaten for ``EXPIRED_NS``.
"""

from __future__ import annotations

from typing import Literal

import msgspec

from account_cli.domain.times import SECOND

BEAT_NS = 4 * SECOND
EXPIRED_NS = 12 * SECOND
"""Three beats missed: a standby then takes over, within fifteen seconds of the last beat."""

WHOLE = "*"
"""The lease of what belongs to all accounts together; no account can be called so."""

ProcessKind = Literal["collect", "watch", "once"]


class Process(msgspec.Struct, frozen=True, kw_only=True):
    """A process that collects, or did: ``beat_ns`` is when it was last seen; a database tells both times by its clock.

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
