"""Stored texts are normalised again with the present code, and what that finds new becomes ordinary facts.

So a mistake in a normaliser is repaired from what was really received. A fact is never taken back or overwritten: what
is told otherwise now than then is a contradiction like any other, kept beside what stands. Reading the same texts again
with the same code changes nothing.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence

import msgspec

from account_cli.collector.delivery import Delivery
from account_cli.domain.health import Contradiction
from account_cli.domain.identity import identity
from account_cli.engine.comparing import compare
from account_cli.engine.ingest import Ingest
from account_cli.ports import Heard, JournalReader, RawRow, RawState, Rereader

_AT_ONCE = 500


class Found(msgspec.Struct, frozen=True, kw_only=True):
    """A fact that the journal lacked, or knew less of: its identity and time, and the text that tells it."""

    identity: str
    time_ns: int
    what: str
    """``new`` or ``completed``."""


class Replayed(msgspec.Struct, kw_only=True):
    """What reading an account's stored texts again came to."""

    account: str
    texts: int = 0
    facts: int = 0
    found: list[Found] = []
    contradictions: list[Contradiction] = []
    mended: int = 0
    """Texts that could not be read, or waited, and are read now."""
    unreadable: int = 0
    """Texts of which something still cannot be read."""


class Span(msgspec.Struct, frozen=True, kw_only=True):
    """Which texts: received within ``[since, until)``, in these states (none for all)."""

    since_ns: int | None = None
    until_ns: int | None = None
    states: tuple[RawState, ...] = ()


def replay(
    reader: JournalReader, rereader: Rereader, account: str, span: Span, *, now_ns: int, ingest: Ingest | None
) -> Replayed:
    """Read the stored texts of ``span`` again and write what follows through ``ingest``; without one, only say it.

    Raises ``StorageError``; what was written until then stays.
    """
    result = Replayed(account=account)
    for rows in _batches(lambda last: reader.raws_after(account, last, limit=_AT_ONCE)):
        rereader.learn(rows)

    def asked(last: int) -> list[RawRow]:
        since, until = span.since_ns, span.until_ns
        return reader.raws_after(account, last, states=span.states, since_ns=since, until_ns=until, limit=_AT_ONCE)

    for rows in _batches(asked):
        for source in ("stream", "rest"):
            part = [row for row in rows if row.source == source]
            if part:
                _one(reader, rereader.read(part), part, result, now_ns, ingest)
    return result


def _batches(read: Callable[[int], list[RawRow]]) -> Iterator[list[RawRow]]:
    last = 0
    while rows := read(last):
        yield rows
        last = rows[-1].id


def _one(
    reader: JournalReader,
    heard: Sequence[Heard],
    rows: Sequence[RawRow],
    result: Replayed,
    now_ns: int,
    ingest: Ingest | None,
) -> None:
    delivery = Delivery(account=result.account, origin=heard[0].source, heard=tuple(heard))
    events = [event for one in heard for event in one.events]
    told = compare(reader, delivery, events, now_ns)
    result.texts += len(rows)
    result.facts += len(events)
    result.unreadable += sum(1 for one in heard if one.unreadable)
    result.mended += sum(1 for one, row in zip(heard, rows, strict=True) if row.state != "done" and not one.unreadable)
    result.contradictions += told.contradictions
    known = {one.identity for one in result.found} if ingest is None else set()  # not written: found on every page
    result.found += [
        Found(identity=name, time_ns=entry.event.time_ns, what="completed" if entry.revision else "new")
        for entry in told.entries
        if (name := identity(entry.event)) not in known
    ]
    if ingest is not None:
        ingest.write([delivery])
