"""Accounts at many instants of their past, in one pass over their facts.

Theory. A state is a value: folding the facts between two instants onto the state at the first gives the state at the
second, and shares with it what did not change. So the states at any number of instants cost one fold. Prices are the
last ones known at each instant: stored, else that of the market's last fill; every report says how old they are.
"""

from __future__ import annotations

from bisect import bisect_right
from collections.abc import Iterator, Sequence
from typing import TYPE_CHECKING

import msgspec

from account_cli.domain.events import Event, Fill, PriceQuoted
from account_cli.domain.observations import PriceSeen
from account_cli.engine.references import StoredReferences
from account_cli.ledger import LedgerState, empty, fold_state
from account_cli.ports import JournalReader
from account_cli.reports.view import AccountView

if TYPE_CHECKING:
    from account_cli.cli.asking import Question
    from account_cli.ledger.state import MethodName

_MOST_STATES = 1_500
_MOST_FACTS = 1_000_000


def is_affordable(states: int, facts: int) -> bool:
    """True when so many instants of accounts of so many facts can be had while a person waits: some seconds."""
    return states <= _MOST_STATES and facts <= _MOST_FACTS


def past_views(
    question: Question, edges: Sequence[int], method: MethodName = "average", names: Sequence[str] | None = None
) -> list[list[AccountView]]:
    """Return for each of ``edges`` (nanoseconds, in order) the accounts as their facts before it say."""
    reader = question.reading.reader
    chosen = question.names if names is None else tuple(names)
    if reader is None or not chosen:
        return [[] for _ in edges]
    quotes = _Quotes(reader)
    columns = [
        _through(reader, view, edges, empty(view.account, method, question.reading.unknown_cost), quotes)
        for view in question.reading.views(chosen)
    ]
    return [list(row) for row in zip(*columns, strict=True)]


def _through(
    reader: JournalReader, view: AccountView, edges: Sequence[int], state: LedgerState, quotes: _Quotes
) -> list[AccountView]:
    refs = StoredReferences(reader)
    facts = _Facts(reader.events(view.account, until_ns=edges[-1] if edges else 0))
    views = []
    for edge in edges:
        state = fold_state(state, facts.before(edge), refs)
        views.append(
            msgspec.structs.replace(
                view,
                venue=None,
                streams=(),
                balances=None,
                positions=None,
                orders=(),
                notices=(),
                state=state,
                prices=quotes.near(state, facts.last, edge - 1),
            )
        )
    return views


class _Facts:
    """The facts of one account, handed out up to one instant after the other; remembers each market's last price."""

    def __init__(self, events: Iterator[Event]) -> None:
        self._events = events
        self._next = next(events, None)
        self.last: dict[str, PriceSeen] = {}

    def before(self, edge: int) -> Iterator[Event]:
        """Yield the facts not yet handed out that happened before ``edge``."""
        while self._next is not None and self._next.time_ns < edge:
            event = self._next
            self._next = next(self._events, None)
            if isinstance(event, Fill):
                self.last[event.symbol] = PriceSeen(
                    symbol=event.symbol, price=event.price, at_ns=event.time_ns, venue="fill"
                )
            yield event


class _Quotes:
    """Stored prices, each asset's read once."""

    def __init__(self, reader: JournalReader) -> None:
        self._reader = reader
        self._known: dict[str, dict[str, list[PriceQuoted]]] = {}

    def near(self, state: LedgerState, fills: dict[str, PriceSeen], at_ns: int) -> dict[str, PriceSeen]:
        """Return by symbol the last price up to then of what the state holds."""
        prices = dict(fills)
        assets = {asset for (_, asset), held in state.balances().items() if held}
        assets |= {figures.currency for figures in state.positions()}
        for asset in sorted(assets):
            for currency, quotes in self._of(asset).items():
                place = bisect_right(quotes, at_ns, key=lambda quote: quote.time_ns)
                symbol = f"{asset}/{currency}"
                if place and (symbol not in prices or prices[symbol].at_ns < quotes[place - 1].time_ns):
                    found = quotes[place - 1]
                    prices[symbol] = PriceSeen(
                        symbol=symbol, price=found.price, at_ns=found.time_ns, venue=found.source
                    )
        return prices

    def _of(self, asset: str) -> dict[str, list[PriceQuoted]]:
        if asset not in self._known:
            by_currency: dict[str, list[PriceQuoted]] = {}
            for quote in self._reader.quotes(asset):
                by_currency.setdefault(quote.currency, []).append(quote)
            self._known[asset] = by_currency
        return self._known[asset]
