"""What is known of an account's past at Binance: income by time, and trades by id for each market.

Trade ids of a market rise; an account has some of them. For each market the trades ``low`` … ``high`` are known without
gaps, those newer are asked for from ``high`` on, and those older are walked upwards from the first the exchange still
has (``up`` is the next id) until they meet ``low``. Income between ``low_ms`` and ``high_ms`` is known.

As at every exchange the new end is the newest fact seen, never the time on the wall.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import TypeVar

import msgspec

from account_cli.errors import InternalError

_TRADES = "binance.trades."
_INCOME = "binance.income"
_MARKETS = "binance.markets"
_MONEY = "binance.money."
_SWEEP = "binance.sweep"
T = TypeVar("T")


class Trades(msgspec.Struct, frozen=True, kw_only=True):
    """How far the trades of one market are known."""

    low: int | None = None
    high: int | None = None
    low_ns: int | None = None
    """When trade ``low`` happened."""
    high_ns: int | None = None
    """When trade ``high`` happened; None too where it was not written down."""
    up: int = 0
    done: bool = False


class Income(msgspec.Struct, frozen=True, kw_only=True):
    """How far the income is known, in milliseconds; ``done`` when the exchange has no older."""

    low_ms: int | None = None
    high_ms: int | None = None
    done: bool = False


class TradeCursors:
    """What is known of the markets of one account and their trades, as stored and as walked on."""

    def __init__(self, stored: Mapping[str, str]) -> None:
        self.markets = set(_read(stored.get(_MARKETS), list[str]) or [])
        self.trades = {
            key.removeprefix(_TRADES): found
            for key, value in stored.items()
            if key.startswith(_TRADES) and (found := _read(value, Trades)) is not None
        }

    def of(self, market: str) -> Trades:
        return self.trades.get(market, Trades())

    def markets_cursor(self) -> dict[str, str]:
        """Return the cursor that names the markets."""
        return {_MARKETS: _text(sorted(self.markets))}

    def trades_cursor(self, market: str, trades: Trades) -> dict[str, str]:
        """Take over what is known of a market's trades; return the cursor to be stored."""
        self.trades[market] = trades
        return {_TRADES + market: _text(trades)}


class Cursors(TradeCursors):
    """The cursors of one futures account."""

    def __init__(self, stored: Mapping[str, str]) -> None:
        super().__init__(stored)
        self.income = _read(stored.get(_INCOME), Income) or Income()

    def income_cursor(self, income: Income) -> dict[str, str]:
        """Take over what is known of the income and the markets it named; return the cursors to be stored."""
        self.income = income
        return {_INCOME: _text(income), **self.markets_cursor()}


class Span(msgspec.Struct, frozen=True, kw_only=True):
    """One history of money is known between ``low_ms`` and ``high_ms``; ``done`` when the exchange has no older."""

    low_ms: int | None = None
    high_ms: int | None = None
    done: bool = False


class Sweep(msgspec.Struct, frozen=True, kw_only=True):
    """How far the round over all markets has come; ``passed_ms`` is when the last whole round began."""

    began_ms: int = 0
    after: str = ""
    passed_ms: int | None = None


class SpotCursors(TradeCursors):
    """The cursors of one spot account."""

    def __init__(self, stored: Mapping[str, str]) -> None:
        super().__init__(stored)
        self.sweep = _read(stored.get(_SWEEP), Sweep) or Sweep()
        self.spans = {
            key.removeprefix(_MONEY): found
            for key, value in stored.items()
            if key.startswith(_MONEY) and (found := _read(value, Span)) is not None
        }

    def span(self, name: str) -> Span:
        return self.spans.get(name, Span())

    def span_cursor(self, name: str, span: Span) -> dict[str, str]:
        """Take over what is known of one history; return the cursor to be stored."""
        self.spans[name] = span
        return {_MONEY + name: _text(span)}

    def sweep_cursor(self, sweep: Sweep) -> dict[str, str]:
        """Take over how far the sweep has come and what it found; return the cursors to be stored."""
        self.sweep = sweep
        return {_SWEEP: _text(sweep), **self.markets_cursor()}


def _text(value: object) -> str:
    return msgspec.json.encode(value).decode()


def _read(text: str | None, kind: type[T]) -> T | None:
    if text is None:
        return None
    try:
        return msgspec.json.decode(text, type=kind)
    except (msgspec.DecodeError, msgspec.ValidationError) as error:
        raise InternalError("a stored cursor cannot be read", hint="report this; the journal is untouched") from error
