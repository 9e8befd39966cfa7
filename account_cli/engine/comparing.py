"""What was told is compared with the journal: new, completing, repeating or contradicting."""

from __future__ import annotations

from collections.abc import Iterable, Sequence

import msgspec

from account_cli.collector.delivery import Delivery
from account_cli.domain.events import Event, Opening
from account_cli.domain.health import Contradiction, Notice
from account_cli.domain.identity import Conflict, identity, merge
from account_cli.engine.contradictions import contradiction
from account_cli.ports import Entry, Heard, JournalReader, Origin, RawRow
from account_cli.reconciliation import is_correction


class Told(msgspec.Struct, kw_only=True):
    """One delivery's facts after comparison with the journal."""

    entries: list[Entry] = []
    completed: int = 0
    repeated: int = 0
    contradictions: list[Contradiction] = []


def compare(reader: JournalReader, delivery: Delivery, events: list[Event], now: int) -> Told:
    """Split what was told into what is new, what completes, what repeats and what contradicts (E1, E5)."""
    told = Told()
    if not events:
        return told
    names = [identity(event) for event in events]
    stored = reader.find(delivery.account, list(dict.fromkeys(names)))
    known = {name: (entry.event, entry) for name, entry in stored.items()}
    pending: dict[str, int] = {}
    n = reader.head(delivery.account)
    for name, event in zip(names, events, strict=True):
        if name not in known:
            n += 1
            entry = Entry(n=n, event=event, origin=delivery.origin, heard_ns=now)
            known[name], pending[name] = (event, entry), len(told.entries)
            told.entries.append(entry)
            continue
        old, entry = known[name]
        try:
            merged = _replaced(old, event, delivery.origin) or merge(old, event)
        except Conflict as conflict:
            told.contradictions.append(contradiction(event, conflict, delivery.origin, now))
            continue
        if merged is old:
            told.repeated += 1
            continue
        told.completed += 1
        if name in pending:
            told.entries[pending[name]] = entry = msgspec.structs.replace(entry, event=merged)
        else:
            n += 1
            entry = Entry(n=n, event=merged, origin=delivery.origin, heard_ns=now, revision=entry.revision + 1)
            pending[name] = len(told.entries)
            told.entries.append(entry)
        known[name] = (merged, entry)
    return told


def _replaced(old: Event, new: Event, origin: Origin) -> Event | None:
    """Return which of the two stands where acct itself had made the fact; None for every other fact.

    What it derives anew takes the place of what it derived before; an older one, read back from a file, does not.
    """
    if not is_correction(old):
        return new if origin == "derived" and isinstance(new, Opening) else None
    return new if origin == "derived" and new != old else old


def raw_rows(heard: Sequence[Heard], now: int) -> Iterable[RawRow]:
    """Return what was received, text by text, as the inbox is to hold it now that its effects are stored."""
    for one in heard:
        yield RawRow(
            account=one.account,
            received_ns=one.received_ns,
            source=one.source,
            channel=one.channel,
            raw=one.raw,
            unreadable="\n".join(one.unreadable) or None,
            done_ns=now,
            id=one.inbox or 0,
        )


def unreadable_notices(heard: Sequence[Heard], now: int) -> list[Notice]:
    """Return a notice for every element that could not be read."""
    return [
        Notice(account=one.account, at_ns=now, severity="warning", code="unreadable", text=f"{one.channel}: {why}")
        for one in heard
        for why in one.unreadable
    ]
