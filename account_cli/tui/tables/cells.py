"""Amounts, prices, gains, times and foreign words become cells here, and here alone they are hidden.

Every cell that holds a figure goes through ``_figure``: what privacy hides never gets further (invariant 2).
"""

from __future__ import annotations

import re
from decimal import Decimal

from account_cli.domain.times import SECOND
from account_cli.reports import render
from account_cli.reports.render import MASKED, Privacy
from account_cli.tui.model.cell import NOT_KNOWN, NOTHING, Cell, Span, Tone
from account_cli.tui.model.column import Showing

_LONGEST_FIGURE = 24
_NUMBER = re.compile(r"\d+(?:[.,]\d+)*")


def amount(value: Decimal | None, showing: Showing, places: int | None = None, *, missing: Cell = NOT_KNOWN) -> Cell:
    """Write an amount; zero is drawn faintly, it is rarely what one looks for."""
    if value is None:
        return missing
    return _figure(_short(value, render.amount(value, places)), showing.privacy, "" if value else "dim")


def price(value: Decimal | None, showing: Showing, *, exact: bool = False, missing: Cell = NOT_KNOWN) -> Cell:
    """Write a price with as many digits as its size asks for; ``exact`` shows more where the exchange sent more.

    Zeros at its end are no more digits: Binance ends every price with zeros up to the eighth place.
    """
    if value is None:
        return missing
    places = max(2, min(8, 5 - value.adjusted())) if value else 2
    if exact:
        places = max(places, min(8, len(format(value, "f").partition(".")[2].rstrip("0"))))
    return _figure(_short(value, render.amount(value, places)), showing.privacy, "")


def gain(value: Decimal | None, currency: str | None, showing: Showing, *, missing: Cell = NOT_KNOWN) -> Cell:
    """Write a profit or loss: arrow at the left edge, sign, colour; the arrow and the colour go when it is hidden."""
    if value is None:
        return missing
    text = render.amount(value, places(currency), signed=True)
    cell = _figure(_short(value, text), showing.privacy, gain_tone(text))
    return cell if showing.privacy != "off" else cell._replace(lead=_arrow(text))


def percent(value: Decimal | None, showing: Showing, *, missing: Cell = NOT_KNOWN) -> Cell:
    """Write a signed percentage, which only the strictest privacy hides."""
    if value is None:
        return missing
    text = render.percentage(value)
    return _figure(_short(value, text), showing.privacy, gain_tone(text), is_percent=True)


def age(at_ns: int | None, showing: Showing) -> Cell:
    """Write how long ago something was."""
    return NOTHING if at_ns is None else Cell(render.age(showing.now_ns - at_ns))


def price_age(at_ns: int | None, showing: Showing) -> Cell:
    """Write how old a price is: faint after five seconds, a warning after thirty."""
    cell = age(at_ns, showing)
    passed = 0 if at_ns is None else showing.now_ns - at_ns
    if passed > 30 * SECOND:
        return cell._replace(text=f"! {cell.text}", tone="warn")
    return cell._replace(tone="dim") if passed > 5 * SECOND else cell


def words(text: str | None, tone: Tone = "") -> Cell:
    """Write a foreign text, harmless and on one line."""
    return Cell(render.clean_text(text), tone) if text else NOTHING


def places(currency: str | None) -> int | None:
    """Return the digits after the point that amounts of ``currency`` are shown with."""
    return render.places_for(currency) if currency else None


def sentence(text: str, privacy: Privacy) -> str:
    """Return a foreign sentence, harmless, with every number in it hidden when amounts are to be hidden."""
    clean = render.clean_text(text, 500)
    return clean if privacy == "off" else _NUMBER.sub(MASKED, clean)


def gain_tone(text: str) -> Tone:
    """Return the tone of a written gain: what rounds to nothing has none."""
    if text.startswith("+"):
        return "up"
    return "down" if text.startswith(render.MINUS) else ""


def gain_span(value: Decimal | None, currency: str, privacy: Privacy) -> Span:
    """Write a profit or loss in running text."""
    if value is None:
        return Span(render.UNKNOWN, "dim")
    text = render.change(value, render.places_for(currency)).strip()
    shown = render.masked(text, privacy)
    return Span(
        shown, gain_tone(text.removeprefix(f"{render.UP} ").removeprefix(f"{render.DOWN} ")) if shown == text else ""
    )


def _figure(text: str, privacy: Privacy, tone: Tone, *, is_percent: bool = False) -> Cell:
    shown = render.masked(text, privacy, is_percent=is_percent)
    return Cell(text, tone) if shown == text else Cell(shown, "dim")


def _short(value: Decimal, text: str) -> str:
    """A number too long for any column is rounded and says so, rather than losing digits at an edge."""
    if len(text) <= _LONGEST_FIGURE:
        return text
    return f"≈{value:.6e}".replace("-", render.MINUS)


def _arrow(text: str) -> str:
    if text.startswith("+"):
        return render.UP
    return render.DOWN if text.startswith(render.MINUS) else ""
