"""What waits to be told to others, a row for each message."""

from __future__ import annotations

import msgspec


class OutboxMessageRow(msgspec.Struct, frozen=True, kw_only=True):
    """A message: ``n`` is the line of the journal it tells of, ``next_at`` when a refused one is tried again.

    ``channel`` is the channel of alerts that it goes to; None: it goes to Redis.
    """

    id: str
    account: str
    topic: str
    n: int | None
    state: str
    tries: int
    next_at: int | None
    error: str | None
    channel: str | None = None
