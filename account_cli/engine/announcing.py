"""A fact as others are told of it: the same line of the journal is always the same message."""

from __future__ import annotations

import msgspec

from account_cli.ports import Entry, JournalReader, Message

_encode = msgspec.json.Encoder().encode


def fact_message(account: str, entry: Entry) -> Message:
    """Return what is told of one line of the journal."""
    return Message(id=f"{account}/{entry.n}", account=account, topic="fact", n=entry.n, body=_encode(entry.event))


def last_told(reader: JournalReader, account: str) -> int:
    """Return the last line of the account before the first that waits to be told; 0 when there is none."""
    with reader.snapshot_view():
        waiting = reader.first_waiting(account)
        return reader.head(account) if waiting is None else waiting - 1


def facts_told(reader: JournalReader, account: str, after: int, until: int) -> list[Message]:
    """Return what is told of the lines behind ``after``, up to ``until`` and that included."""
    return [fact_message(account, entry) for entry in reader.entries_since(account, after, until - after)]
