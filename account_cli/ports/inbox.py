"""The raw inbox: what an exchange said, kept as received until what it says is committed, and for a while after.

A row waits until it was normalised; then it is done, in the transaction that stores what it said. Elements that could
not be read make it unreadable: it is done all the same, and kept longer.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING, Literal, Protocol

import msgspec

if TYPE_CHECKING:
    import asyncio

    from account_cli.ports.exchange import Heard

RawState = Literal["waiting", "done", "unreadable"]


class RawRow(msgspec.Struct, frozen=True, kw_only=True):
    """A line of the raw inbox: one frame or one answer, secrets redacted.

    ``channel`` is the endpoint that was asked, or the channel of a stream; ``id`` is 0 until it is stored, and
    ``done_ns`` is None until what it said was committed.
    """

    account: str
    received_ns: int
    source: str
    channel: str
    raw: str
    unreadable: str | None = None
    done_ns: int | None = None
    id: int = 0

    @property
    def state(self) -> RawState:
        """What became of it."""
        if self.unreadable is not None:
            return "unreadable"
        return "waiting" if self.done_ns is None else "done"


class Arrived(msgspec.Struct, frozen=True):
    """Rows to be stored and ids of rows to be removed, together."""

    rows: tuple[RawRow, ...] = ()
    forgotten: tuple[int, ...] = ()

    def __bool__(self) -> bool:
        return bool(self.rows or self.forgotten)


class InboxCount(msgspec.Struct, frozen=True, kw_only=True):
    """How many rows of one account, source, channel and state there are, their size in bytes, and from when to when."""

    account: str
    source: str
    channel: str
    state: RawState
    rows: int
    bytes: int
    oldest_ns: int
    newest_ns: int


class Inbox(Protocol):
    """Where what was received is put before anything may raise on it."""

    def keep(self, row: RawRow) -> asyncio.Future[int]:
        """Queue a row to be stored and return what ends with its id once it is on disk.

        Never raises; the awaitable may, with the ``StorageError`` that kept it off. Whether it is awaited or not, the
        row is stored.
        """
        ...

    def forget(self, row_id: int) -> None:
        """Queue the removal of a row that says nothing about the account (a heartbeat, an acknowledgement)."""
        ...


class Rereader(Protocol):
    """Normalises stored texts again, with the present code."""

    def learn(self, rows: Sequence[RawRow]) -> None:
        """Look at texts that help to read others; all are to be shown before the first is read."""
        ...

    def read(self, rows: Sequence[RawRow]) -> list[Heard]:
        """Return the facts that each text tells, and what of it cannot be read, in order. Never raises."""
        ...


class InboxReader(Protocol):
    """What a database answers about its inbox."""

    def raws(self, account: str, *, unreadable_only: bool = False, limit: int = 100) -> list[RawRow]:
        """The newest rows of an account, newest first."""
        ...

    def raws_after(
        self,
        account: str,
        after_id: int = 0,
        *,
        states: Sequence[RawState] = (),
        since_ns: int | None = None,
        until_ns: int | None = None,
        limit: int = 500,
    ) -> list[RawRow]:
        """Rows in the order of arrival, from the one after ``after_id`` on; received within ``[since, until)``."""
        ...

    def raw(self, row_id: int) -> RawRow | None: ...
    def inbox_counts(self) -> list[InboxCount]:
        """All of the inbox, counted; by account, source, channel and state."""
        ...

    def unreadable_count(self, account: str) -> int:
        """How many texts of an account could not be read whole. Costs next to nothing."""
        ...

    def inbox_bytes(self) -> int:
        """How much text the inbox holds."""
        ...


class InboxTx(InboxReader, Protocol):
    """What a transaction writes about the inbox."""

    def put_raws(self, rows: Sequence[RawRow]) -> list[int]:
        """Add rows as they were received; return their ids."""
        ...

    def settle_raws(self, rows: Sequence[RawRow]) -> None:
        """Mark stored rows, by ``id``, with the ``channel``, ``unreadable`` and ``done_ns`` that are given."""
        ...

    def forget_raws(self, ids: Sequence[int]) -> None: ...
    def prune_raws(self, before_ns: int, *, unreadable: bool = False, limit: int = 1000) -> int:
        """Forget the oldest rows received before then, at most ``limit``, and return how many they were.

        Those that are done; with ``unreadable`` those that could not be read or still wait.
        """
        ...
