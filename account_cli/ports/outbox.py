"""What is to leave the process: written with its cause, relayed after the commit, at least once; and where it goes."""

from __future__ import annotations

from collections.abc import Collection, Mapping, Sequence
from typing import Literal, Protocol

import msgspec

Topic = Literal["fact", "notice", "alert"]
OutboxState = Literal["pending", "delivered", "failed", "dead"]
OUTBOX_STATES: tuple[OutboxState, ...] = ("pending", "failed", "dead", "delivered")
MOST_TRIES = 5
"""A message that the bus refused so often is dead: it waits for a person."""


class Message(msgspec.Struct, frozen=True, kw_only=True):
    """A fact, a notice that is no mere remark, or an alert.

    ``id`` stays the same however often it is told, so that readers can be exact.
    ``n`` is the line of the account's journal that it tells of, 0 for the others.
    """

    id: str
    account: str
    topic: Topic
    n: int
    body: bytes


class OutboxRow(msgspec.Struct, frozen=True, kw_only=True):
    """A message as it waits: ``row`` orders, it is due from ``next_ns`` on, and ``dead`` only when asked."""

    row: int
    message: Message
    state: OutboxState
    tries: int
    next_ns: int
    error: str | None


class OutboxReader(Protocol):
    """What a ``JournalReader`` answers about what is to leave."""

    def outbox(self, states: Sequence[OutboxState] = (), *, limit: int = 100) -> list[OutboxRow]:
        """The newest rows, those of these states only when some are named."""
        ...

    def outbox_counts(self) -> dict[OutboxState, int]:
        """How many messages wait, have failed or are dead; what was delivered is not counted."""
        ...

    def due(self, accounts: Collection[str], now_ns: int, *, limit: int = 1000) -> list[OutboxRow]:
        """What is to be told of these accounts now, in order: behind one that failed its account's topic waits."""
        ...

    def first_waiting(self, account: str) -> int | None:
        """The line of the account's first fact that waits to be told; None when none does."""
        ...

    def told(self, account: str) -> list[Message]:
        """The notices and alerts of the account that were told and are kept, in their order."""
        ...


class OutboxTx(OutboxReader, Protocol):
    """What a transaction writes about what is to leave."""

    @property
    def announces(self) -> bool:
        """Whether anything is to leave at all; else nothing is written."""
        ...

    def put_outbox(self, messages: Sequence[Message]) -> None: ...
    def settle_outbox(self, delivered: Sequence[OutboxRow], failed: Sequence[OutboxRow]) -> None:
        """Store what became of messages: ``failed`` as the rows say; the oldest delivered ones are forgotten."""
        ...

    def give_up_outbox(self, before_ns: int, why: str, *, limit: int) -> int:
        """Of so many that have waited longest, let those be dead that were due before then; return how many."""
        ...

    def forget_dead(self, before_ns: int, *, limit: int) -> int:
        """Remove of so many dead messages those that were due before then; return how many."""
        ...

    def retry_outbox(self, ids: Sequence[str]) -> int:
        """Let failed and dead messages, all of them for no id, be told again at once; return how many."""
        ...


class Bus(Protocol):
    """Where messages and the present state go. It stands behind the store: what it loses is there to be told again.

    Every call raises ``BusAway`` when the bus cannot be reached; some of it may have arrived.
    """

    async def send(self, messages: Sequence[Message], *, again: bool = False) -> list[str | None]:
        """Tell messages in this order; for each None, or why the bus refused it.

        Raises ``BusForgot``, and then has told none of them, when it no longer has what was told of one of these
        accounts before. ``again`` says that they were told once: who only listens does not hear them twice.
        """
        ...

    async def forgotten(self, accounts: Collection[str]) -> list[str]:
        """Those of the accounts of which the bus does not have what was told before."""
        ...

    async def begin_again(self, account: str) -> None:
        """Be ready to hear all of an account again, for the same readers as before."""
        ...

    async def is_whole(self, account: str) -> None:
        """All that had been told of the account has been told again."""
        ...

    async def holds(self, account: str, keys: Collection[str]) -> bool:
        """True while the bus still has all of these keys, and knows that they are the account's."""
        ...

    async def replace(self, account: str, state: Mapping[str, bytes]) -> None:
        """Let this be the present state of the account, whatever there was before."""
        ...

    async def update(self, account: str, changed: Mapping[str, bytes], gone: Collection[str]) -> None:
        """Let these keys of the account say this, and those be gone."""
        ...

    async def publish(self, channel: str, body: bytes) -> None:
        """Tell whoever listens just now; may be lost."""
        ...

    async def close(self) -> None: ...
