"""A fact told again with other content is kept beside the one that stands: counted, told once, never taken over.

Which of two tellings is right, acct cannot know. The first one stands, so that no figure changes without a reason that
can be named; every other one is kept whole, and for good, where notices are forgotten when there are too many.
"""

from __future__ import annotations

import hashlib
from collections.abc import Sequence
from decimal import Decimal

import msgspec

from account_cli.domain.events import Event
from account_cli.domain.health import Contradiction, Notice
from account_cli.domain.identity import Conflict, identity
from account_cli.domain.money import plain
from account_cli.domain.times import format_time
from account_cli.ports import JournalReader, JournalTx, KeptRow, Origin

CONTRADICTIONS = "contradictions"
"""The name under which the kept rows stand."""


def contradiction(event: Event, conflict: Conflict, origin: Origin, now: int) -> Contradiction:
    """Return what is kept of a telling that contradicts the journal."""
    return Contradiction(
        account=event.account,
        identity=identity(event),
        field=conflict.field,
        stands=_text(conflict.field, conflict.old),
        told=_text(conflict.field, conflict.new),
        origin=origin,
        body=msgspec.json.encode(event).decode(),
        first_ns=now,
        last_ns=now,
    )


def keep_contradictions(tx: JournalTx, account: str, found: Sequence[Contradiction]) -> list[Notice]:
    """Keep these, counting those that were told before; return a notice for each that is new."""
    rows: dict[str, tuple[KeptRow, Contradiction]] = {}
    notices: list[Notice] = []
    for one in found:
        key = (one.first_ns, -1, f"{one.identity}|{hashlib.sha256(one.body.encode()).hexdigest()[:16]}")
        row, known = rows.get(key[2]) or _known(tx, account, key[2]) or (None, None)
        if row is None or known is None:
            row, known = KeptRow(key=key, ordinal=0, symbol="", currency="", body=b""), one
            notices.append(_notice(one))
        else:
            known = msgspec.structs.replace(known, last_ns=one.last_ns, times=known.times + 1)
        rows[key[2]] = (row, known)
    tx.put_kept(
        account,
        CONTRADICTIONS,
        [msgspec.structs.replace(row, body=msgspec.json.encode(one)) for row, one in rows.values()],
    )
    return notices


def contradictions(reader: JournalReader, account: str) -> list[Contradiction]:
    """Return every telling that contradicts what stands, by when it was first heard."""
    return [one for _, one in _all(reader, account)]


def _all(reader: JournalReader, account: str) -> list[tuple[KeptRow, Contradiction]]:
    rows = (row for _, row in reader.kept(account, CONTRADICTIONS))
    return [(row, msgspec.json.decode(row.body, type=Contradiction)) for row in rows]


def _known(reader: JournalReader, account: str, name: str) -> tuple[KeptRow, Contradiction] | None:
    return next(((row, one) for row, one in _all(reader, account) if row.key[2] == name), None)


def _notice(one: Contradiction) -> Notice:
    return Notice(
        account=one.account,
        at_ns=one.first_ns,
        severity="critical",
        code="contradiction",
        text=f"{one.identity} was told differently by {one.origin}: {one.field} was {one.stands} and is now {one.told};"
        " the first telling stands, the other is kept",
    )


def _text(field: str, value: object) -> str:
    """Write a field of a fact for a person."""
    if isinstance(value, Decimal):
        return plain(value)
    if field.endswith("_ns") and isinstance(value, int):
        return format_time(value)
    if isinstance(value, (str, int)):
        return str(value)
    return msgspec.json.encode(value).decode()
