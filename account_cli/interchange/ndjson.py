"""The ledger file: one fact a line, as JSON, in and out without the loss of a digit.

The format is docs/formats.md, section 1. Reading is strict, line by line, and streams; writing is canonical, so that an
export that was imported is exported as the same bytes.
"""

from __future__ import annotations

import json
from collections.abc import Iterable, Iterator
from typing import Any, Never

import msgspec

from account_cli.domain.events import Event, PriceQuoted
from account_cli.domain.identity import order_key
from account_cli.domain.instruments import Instrument
from account_cli.errors import FileWrong, InternalError
from account_cli.interchange.fields import KINDS, Record, build, flatten
from account_cli.interchange.values import Digits, Refused, named
from account_cli.reports.schema import escaped

_encode = msgspec.json.Encoder().encode


class Line(msgspec.Struct, frozen=True):
    """What one line of a file says; lines are numbered from 1."""

    number: int
    value: Record


def read_ledger(lines: Iterable[str], *, file: str) -> Iterator[Line]:
    """Yield what each line says; empty lines are passed over.

    Raises ``InputError`` with ``file``, line and field at the first line that is wrong.
    """
    for number, text in enumerate(lines, 1):
        stripped = (text.removeprefix("\ufeff") if number == 1 else text).strip()
        if not stripped:
            continue
        try:
            yield Line(number, _record(stripped))
        except Refused as refused:
            raise FileWrong(refused.message, file=file, line=number, field=refused.field or None) from None


def write_event(event: Record) -> str:
    """Write one fact, instrument or price as its canonical line, without the line's end."""
    return escaped(_encode(flatten(event)).decode())


def write_ledger(
    events: Iterable[Event], instruments: Iterable[Instrument] = (), prices: Iterable[PriceQuoted] = ()
) -> Iterator[str]:
    """Yield the lines of a whole ledger file, each with its end.

    Instruments and prices come first, sorted here. ``events`` must come by (time, seq, identity, account), as
    ``JournalReader.events`` gives them: they are passed on one by one. Anything else is a bug: ``InternalError``.
    """
    for instrument in sorted(instruments, key=lambda its: its.symbol):
        yield write_event(instrument) + "\n"
    for price in sorted(prices, key=lambda its: (its.time_ns, its.asset, its.currency, its.source)):
        yield write_event(price) + "\n"
    last: tuple[Any, ...] = ()
    for event in events:
        key = (*order_key(event), event.account)
        if key < last:
            raise InternalError(f"export: fact {event.id!r} of {event.account!r} came out of order")
        last = key
        yield write_event(event) + "\n"


def _record(line: str) -> Record:
    raw = _object(line)
    try:
        name = raw.pop("kind")
    except KeyError:
        raise Refused("kind", "is missing") from None
    kind = KINDS.get(name) if isinstance(name, str) else None
    if kind is None:
        raise Refused("kind", f"must be one of {', '.join(sorted(KINDS))}, not {named(name)}")
    return build(raw, kind)


def _object(line: str) -> dict[str, Any]:
    try:
        raw = _decode(line)
    except json.JSONDecodeError as error:
        raise Refused("", f"is not JSON: {error.msg} at column {error.colno}") from None
    except RecursionError:
        raise Refused("", "is nested too deeply") from None
    if not isinstance(raw, dict):
        raise Refused("", f"must be an object, not {named(raw)}")
    return raw


def _once(pairs: list[tuple[str, Any]]) -> dict[str, Any]:
    found = dict(pairs)
    if len(found) != len(pairs):
        keys = [key for key, _ in pairs]
        raise Refused(next(key for key in keys if keys.count(key) > 1), "is given twice")
    return found


def _no_constant(word: str) -> Never:
    raise Refused("", f"holds {word}, which is not a number")


_decode = json.JSONDecoder(
    object_pairs_hook=_once, parse_float=Digits, parse_int=Digits, parse_constant=_no_constant
).decode
