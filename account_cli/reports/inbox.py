"""What is kept of what the exchanges said, as received: counted by kind, and what of it could not be read."""

from __future__ import annotations

from collections.abc import Iterable

import msgspec

from account_cli.reports.rows import Report


class InboxRow(msgspec.Struct, frozen=True, kw_only=True):
    """The texts of one account, source, channel and state: ``waiting`` to be read, ``done`` or ``unreadable``."""

    account: str
    source: str
    channel: str
    state: str
    texts: int
    bytes: int
    oldest_at: int
    newest_at: int


class UnreadableRow(msgspec.Struct, frozen=True, kw_only=True):
    """A text of which something could not be read, and why."""

    id: int
    account: str
    received_at: int
    source: str
    channel: str
    bytes: int
    why: str


def inbox(rows: Iterable[InboxRow], *, now_ns: int) -> Report[InboxRow]:
    """Return the counts by account, source, channel and state."""
    return Report(name="inbox", as_of=now_ns, items=tuple(rows))


def unreadable(rows: Iterable[UnreadableRow], *, now_ns: int) -> Report[UnreadableRow]:
    """Return what could not be read, newest first."""
    return Report(name="unreadable", as_of=now_ns, items=tuple(rows))
