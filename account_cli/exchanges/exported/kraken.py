"""Kraken's ledgers.csv and trades.csv (History, Export): what ``Ledgers`` and ``TradesHistory`` tell, as tables.

ledgers.csv: ``txid, refid, time, type, subtype, aclass, [subclass,] asset, [wallet,] amount, fee, balance``; times are
whole seconds in UTC. A row without ``txid`` is a deposit or withdrawal that was not settled yet: it comes again with
one. trades.csv: ``txid, ordertxid, pair, time, type, ordertype, price, cost, fee, vol, margin, misc, ledgers``; its fee
names no asset and is not what was booked: that is on the ledger's rows, so the two files belong together.

Both are read by the rules of the API's own reader (``exchanges.kraken.ledgers`` and ``rows``), with the same ids.
"""

from __future__ import annotations

from collections import Counter, defaultdict
from collections.abc import Iterable, Mapping
from decimal import Decimal

import msgspec

from account_cli.domain.instruments import Instrument
from account_cli.domain.times import SECOND
from account_cli.errors import BadAnswer
from account_cli.exchanges.exported.cells import Row
from account_cli.exchanges.exported.told import Told
from account_cli.exchanges.kraken.assets import OLD, Names
from account_cli.exchanges.kraken.ledgers import (
    HALVES,
    LEGS,
    Entry,
    conversion,
    facts_of,
    fees_of,
    read_entry,
    symbol_of,
)
from account_cli.exchanges.kraken.rows import rest_fill
from account_cli.exchanges.markets import Listing, Markets

LEDGERS = frozenset({"txid", "refid", "time", "type", "subtype", "asset", "amount", "fee", "balance"})
TRADES = frozenset({"txid", "ordertxid", "pair", "time", "type", "ordertype", "price", "cost", "fee", "vol", "margin"})
_SIDES = {"buy": "buy", "sell": "sell"}


def read(account: str, ledgers: Iterable[Row], trades: Iterable[Row], markets: Mapping[str, Instrument]) -> Told:
    """Return what both files tell; ``markets`` are those known, by which a pair's name is read."""
    told = Told(facts=[], passed_over=Counter())
    names = _names(markets)
    legs: dict[str, list[Entry]] = defaultdict(list)
    halves: dict[str, list[tuple[Row, Entry]]] = defaultdict(list)
    had_ledgers = False
    for row in ledgers:
        had_ledgers = True
        if row.maybe("txid") is None:
            told.passed_over["rows without an id: not settled yet when the file was made"] += 1
            continue
        entry = _entry(row, names)
        if entry.type in LEGS:
            legs[entry.refid].append(entry)
        if entry.type in HALVES:
            halves[entry.refid].append((row, entry))
        for event in facts_of(account, entry):
            told.add(row, event, SECOND)
    for refid, found in halves.items():
        for event in conversion(account, refid, [entry for _, entry in found]):
            told.add(found[0][0], event, SECOND)
    traded = _trades(account, trades, legs, names, told)
    left = len(legs.keys() - traded) if had_ledgers else 0
    if left:
        told.passed_over["trades whose legs are in ledgers.csv alone: import trades.csv together with it"] = left
    return told


def _entry(row: Row, names: Names) -> Entry:
    time_ns, _ = row.time("time")
    for column in ("amount", "fee"):
        row.number(column)
    row.maybe_number("balance")
    wire: dict[str, object] = {**row.cells, "time": str(Decimal(time_ns) / SECOND)}
    try:
        entry = read_entry(row.text("txid"), wire, names)
    except BadAnswer as error:
        raise row.wrong("refid", f"cannot be read: {error.message}") from None
    if (row.maybe("wallet") or "").startswith("earn"):
        return msgspec.structs.replace(entry, wallet="earn")
    return entry


def _trades(
    account: str, trades: Iterable[Row], legs: Mapping[str, list[Entry]], names: Names, told: Told
) -> frozenset[str]:
    seen: set[str] = set()
    for row in trades:
        trade_id, mine = row.text("txid"), legs.get(row.text("txid"), [])
        seen.add(trade_id)
        side = row.choice("type", _SIDES)
        symbol = names.symbol(row.text("pair")) or symbol_of(mine, side)
        if symbol is None:
            raise row.wrong(
                "pair",
                f"is {row.text('pair')!r}, a market that is not known; import ledgers.csv together with this file",
            )
        for column in ("price", "vol"):
            if row.number(column) <= 0:
                raise row.wrong(column, "is not greater than zero")
        row.maybe_number("margin")
        time_ns, within_ns = row.time("time")
        base, _, quote = symbol.partition("/")
        wire: dict[str, object] = {**row.cells, "time": str(Decimal(time_ns) / SECOND)}
        fees = fees_of(mine, base, quote)
        if fees is None:
            told.passed_over["fees of trades: they are in ledgers.csv, import it together with trades.csv"] += 1
        told.add(row, rest_fill(account, trade_id, wire, symbol, fees), within_ns)
    return frozenset(seen)


def _names(markets: Mapping[str, Instrument]) -> Names:
    """Return Kraken's names of assets and of the markets that are known, without asking anybody."""
    codes: dict[str, set[str]] = defaultdict(set)
    for code, asset in OLD.items():
        codes[asset].add(code)
    listings = [
        Listing(id=symbol, instrument=market, names=tuple(_pair_names(market, codes)))
        for symbol, market in markets.items()
        if market.settle is None
    ]
    known = {market.base: market.base for market in markets.values()}
    return Names(Markets(at_ns=0, listings=tuple(listings), assets={**known, **OLD}))


def _pair_names(market: Instrument, codes: Mapping[str, set[str]]) -> Iterable[str]:
    for base in {market.base, *codes.get(market.base, ())}:
        for quote in {market.quote, *codes.get(market.quote, ())}:
            yield base + quote
