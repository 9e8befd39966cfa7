"""Kraken's stored pages, read again: trades with the fees that the stored ledger tells, transfers with their ids."""

from __future__ import annotations

from collections.abc import Iterable

from account_cli.domain.events import Event, Fill
from account_cli.domain.observations import RunningBalance
from account_cli.exchanges.fields import Unreadable, maybe_text, read_each, row_of, text
from account_cli.exchanges.kraken.assets import Names
from account_cli.exchanges.kraken.ledgers import (
    HALVES,
    LEGS,
    Entry,
    conversion,
    facts_of,
    fees_of,
    read_entry,
    running,
    symbol_of,
)
from account_cli.exchanges.kraken.rows import rest_fill
from account_cli.exchanges.kraken.transactions import METHODS, facts_with, read_statuses

_ROWS = {"TradesHistory": "trades", "Ledgers": "ledger"}


class StoredPages:
    """Reads trades, ledger and transactions of one account again; see ``rereading.Pages``."""

    def __init__(self, account: str, names: Names) -> None:
        self._account, self._names = account, names
        self._legs: dict[str, dict[str, Entry]] = {}
        self._halves: dict[str, dict[str, Entry]] = {}
        self._transfers: dict[str, dict[str, Entry]] = {}
        self._ends: set[int] = set()
        """When each page's first and last entry came to be: more of that instant may be on a page that was not read."""

    def learn(self, channel: str, data: object) -> None:
        """Take in the ledger entries that belong together, whichever pages they stand on."""
        if channel != "Ledgers":
            return

        def read(name: str, item: object) -> Iterable[Entry]:
            entry = read_entry(name, row_of(item), self._names)
            if entry.type in LEGS:
                self._legs.setdefault(entry.refid, {})[name] = entry
            if entry.type in HALVES:
                self._halves.setdefault(entry.refid, {})[name] = entry
            if entry.type in METHODS:
                self._transfers.setdefault(entry.refid, {})[name] = entry
            return (entry,)

        entries, _ = read_each(_rows(channel, data), read)
        self._ends.update(entry.time_ns for entry in (*entries[:1], *entries[-1:]))

    def read(self, channel: str, data: object) -> tuple[list[Event], list[str]]:
        """Return the facts of a page. A conversion of which one half is not stored is left to the next walk."""
        if channel in METHODS.values():
            told, unreadable, _ = read_statuses(data)
            entries = ((one, status) for status in told for one in self._transfers.get(status.refid, {}).values())
            mine = ((one, status) for one, status in entries if METHODS[one.type] == channel)
            return [fact for one, status in mine for fact in facts_with(self._account, one, status)], unreadable
        if channel not in _ROWS:
            return [], []
        events, unreadable = read_each(_rows(channel, data), self._fill if channel == "TradesHistory" else self._entry)
        return [*events], unreadable

    def _fill(self, trade_id: str, item: object) -> Iterable[Event]:
        row = row_of(item)
        legs = list(self._legs.get(trade_id, {}).values())
        pair = text(row, "pair")
        symbol = self._names.symbol(pair) or symbol_of(legs, maybe_text(row, "type"))
        if symbol is None:
            raise Unreadable(f"unknown pair {pair[:40]!r}")
        base, _, quote = symbol.partition("/")
        fees = fees_of(legs, base, quote)
        if not fees and any(leg.time_ns in self._ends for leg in legs):
            fees = None  # the line that tells a fee in credits may be the one that is on another page
        fill: Fill = rest_fill(self._account, trade_id, row, symbol, fees)
        return [fill]

    def _entry(self, name: str, item: object) -> Iterable[Event]:
        entry = read_entry(name, row_of(item), self._names)
        halves = self._halves.get(entry.refid, {}).values() if entry.type in HALVES else ()
        if {half.type for half in halves} == HALVES:
            return conversion(self._account, entry.refid, list(halves))
        return facts_of(self._account, entry)

    def running(self, channel: str, data: object) -> list[RunningBalance]:
        """Return what was held after each entry of a page of the ledger."""
        if channel != "Ledgers":
            return []
        return running(
            read_each(_rows(channel, data), lambda name, item: [read_entry(name, row_of(item), self._names)])[0]
        )


def _rows(channel: str, data: object) -> list[tuple[str, object]]:
    result = row_of(row_of(data).get("result"), "result")
    return [(str(name), item) for name, item in row_of(result.get(_ROWS[channel]), _ROWS[channel]).items()]
