"""How one figure of a row is written: for people rounded to what is usual, for pipes with every digit.

Each function takes the value, its row and whether people look. In plain output a cell holds no blank, so that columns
can be counted; only sentences keep theirs, and never two in a row, so that two or more always part columns.
``?`` is unknown, ``-`` (``—`` for people) is what does not exist here.
"""

from __future__ import annotations

import json
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from contextvars import ContextVar
from decimal import Decimal
from typing import TYPE_CHECKING, Any

from account_cli.domain.times import format_time
from account_cli.reports import render
from account_cli.reports.schema import is_time, json_value

if TYPE_CHECKING:
    from account_cli.cli.zones import Zone

Cell = Callable[[Any, Any, bool], str]
_zone: ContextVar[tuple[Zone | None, bool]] = ContextVar("zone", default=(None, False))


def text(value: Any, _row: Any, people: bool) -> str:
    """Foreign text, harmless; a blank in plain output would be taken for a further column."""
    return render.clean_text(value) if people else render.clean_text(value, missing="-").replace(" ", "_") or "-"


def prose(value: str | None, _row: Any, people: bool) -> str:
    """A sentence; it keeps its single blanks, so it stands last."""
    return render.clean_text(value, missing=render.NONE if people else "-")


def whether(value: bool, _row: Any, people: bool) -> str:
    """Yes, or no: for people nothing is no."""
    return "yes" if value else render.NONE if people else "no"


def amount(value: Decimal | None, _row: Any, people: bool) -> str:
    """An amount of an asset or a price: every digit up to eight places."""
    return render.amount(value) if people else render.exact(value)


def price(value: Decimal | None, _row: Any, people: bool) -> str:
    """A price that was worked out: for people with as many digits as its size asks for."""
    if value is None or not people:
        return render.exact(value)
    return render.amount(value, max(2, min(8, 5 - value.adjusted())) if value else 2)


def optional_price(value: Decimal | None, row: Any, people: bool) -> str:
    """A price that need not exist, like that of a liquidation."""
    if value is None:
        return render.NONE if people else "-"
    return price(value, row, people)


def optional(value: Decimal | None, row: Any, people: bool) -> str:
    """A figure that need not exist, like a leverage."""
    if value is None:
        return render.NONE if people else "-"
    return amount(value, row, people)


def money(value: Decimal | None, row: Any, people: bool) -> str:
    """An amount of the row's currency, with the digits that are usual for it."""
    if not people:
        return render.exact(value)
    return render.amount(value, _places(row))


def gain(value: Decimal | None, row: Any, people: bool) -> str:
    """A gain or a loss, with its arrow and sign."""
    return render.change(value, _places(row)) if people else render.exact(value)


def realized(value: Decimal | None, row: Any, people: bool) -> str:
    """What a fill realised; one that only opened something realised nothing."""
    if value is None:
        return render.NONE if people else "-"
    return gain(value, row, people)


def return_pct(value: Decimal | None, row: Any, people: bool) -> str:
    """A return in percent, where there is one."""
    if value is None:
        return render.NONE if people else "-"
    return percent(value, row, people)


def money_in(value: Decimal | None, row: Any, people: bool) -> str:
    """An amount of the currency that was asked for."""
    return render.amount(value, render.places_for(row.in_currency)) if people else render.exact(value)


def gain_in(value: Decimal | None, row: Any, people: bool) -> str:
    """A gain or a loss in the currency that was asked for."""
    return render.change(value, render.places_for(row.in_currency)) if people else render.exact(value)


def realized_in(value: Decimal | None, row: Any, people: bool) -> str:
    """The same of a fill; one that only opened something realised nothing."""
    if row.realized_pnl is None:
        return render.NONE if people else "-"
    return gain_in(value, row, people)


def percent(value: Decimal | None, _row: Any, people: bool) -> str:
    """A percentage."""
    return render.percentage(value) if people else render.exact(value)


def rate(value: Decimal | None, _row: Any, people: bool) -> str:
    """A figure that does not exist where nothing was closed."""
    if value is None:
        return render.NONE if people else "-"
    return render.amount(value, 2) if people else render.exact(value)


def mean(value: Decimal | None, row: Any, people: bool) -> str:
    """An average of the row's currency; it does not exist where nothing was closed."""
    if value is None:
        return render.NONE if people else "-"
    return money(value, row, people)


@contextmanager
def times_in(zone: Zone | None, *, given: bool = False) -> Iterator[None]:
    """Within this block write moments in ``zone``, None for UTC; in plain output only where the zone was ``given``."""
    before = _zone.set((zone, given))
    try:
        yield
    finally:
        _zone.reset(before)


def time(value: int | None, _row: Any, people: bool) -> str:
    """A moment in UTC, or in the zone of ``times_in``."""
    zone, given = _zone.get()
    if value is not None and zone is not None and (people or given):
        return zone.shown(value) if people else zone.written(value)
    if people:
        return render.date_and_time(value)
    return "-" if value is None else format_time(value)


def count(value: int | None, _row: Any, _people: bool) -> str:
    """A whole number."""
    return render.UNKNOWN if value is None else str(value)


def fees(value: Any, row: Any, people: bool) -> str:
    """Fees of a fill, each in its own asset; ``?`` when not told yet."""
    if value is None:
        return render.UNKNOWN
    digits = render.amount if people else render.exact
    joined = (" + " if people else "+").join(
        f"{digits(fee.amount)}{' ' if people else ''}{text(fee.asset, row, people)}" for fee in value
    )
    return joined or (render.NONE if people else "0")


def fee(value: Any, row: Any, people: bool) -> str:
    """The fee of a transfer, where there was one."""
    if value is None:
        return render.NONE if people else "-"
    return fees((value,), row, people)


def liveness(value: str, row: Any, people: bool) -> str:
    """How live an account is, with the age that made it stale."""
    if value == "STALE" and row.stale_seconds is not None:
        return f"STALE {row.stale_seconds}s" if people else f"STALE:{row.stale_seconds}"
    return value


def yes(value: bool, _row: Any, _people: bool) -> str:
    """Yes or no."""
    return "yes" if value else "no"


def between(value: Any, _row: Any, people: bool) -> str:
    """From one time to another."""
    if value is None:
        return render.NONE if people else "-"
    ends = [time(at, None, people) for at in (value.from_at, value.until_at)]
    return " – ".join(ends) if people else "/".join(ends)


def gaps(value: Any, row: Any, people: bool) -> str:
    """What is missing: one gap in full, several by their number."""
    return str(len(value)) if len(value) > 1 else between(value[0] if value else None, row, people)


def sentences(value: Any, row: Any, people: bool) -> str:
    """Several sentences one after the other."""
    return prose("; ".join(value) or None, row, people)


def stream_of(kind: str) -> Cell:
    """Return what writes how one kind of data is followed: ``stream live``."""

    def write(value: Any, _row: Any, people: bool) -> str:
        for stream in value:
            if stream.kind == kind:
                words = [stream.strategy] if stream.strategy == "off" else [stream.strategy, stream.status]
                return (" " if people else ":").join(words)
        return render.NONE if people else "-"

    return write


def anything(field: str) -> Cell:
    """Return what writes a field that no table of ours shows, by the type of its value."""

    def write(value: Any, row: Any, people: bool) -> str:
        if value is None:
            return render.NONE if people else "-"
        if isinstance(value, bool):
            return yes(value, row, people)
        if isinstance(value, Decimal):
            return amount(value, row, people)
        if isinstance(value, str):
            return text(value, row, people)
        if isinstance(value, int):
            return time(value, row, people) if is_time(field) else str(value)
        return text(json.dumps(json_value(field, value), separators=(",", ":")), row, people)

    return write


def _places(row: Any) -> int | None:
    currency = getattr(row, "currency", None)
    if currency is None and (symbol := getattr(row, "symbol", None)) is not None:
        pair, _, settle = symbol.partition(":")
        currency = getattr(row, "settle", None) or settle.partition("-")[0] or pair.partition("/")[2]
    return render.places_for(currency) if currency else None
