"""From which fact on may the fold differ? The earliest one that something told now reaches back to.

New facts, corrections and withdrawals reach to their own places. A price reaches to the earliest fee it is now the
nearest price of; a market's terms reach to the first fact of that market.
"""

from __future__ import annotations

from bisect import bisect_left, bisect_right
from collections.abc import Iterable, Sequence

import msgspec

from account_cli.collector.fee_prices import fees_in_kind
from account_cli.domain.events import Event, FeePaid, Fill, PriceQuoted, Retracted, TransferArrived
from account_cli.domain.identity import OrderKey, identity, order_key
from account_cli.domain.instruments import Instrument, from_symbol
from account_cli.domain.times import MINUTE
from account_cli.ledger import References
from account_cli.ports import Entry, JournalReader

_MANY = 50
"""Prices from which on one walk over all the time they span costs less than a look for each."""

FEE_PRICE_REACH = 5 * MINUTE
"""A fee is valued at the nearest stored price within this time of it (docs/formats.md, section 3)."""


def moving(reader: JournalReader, account: str, entries: Sequence[Entry], at_most: int | None = None) -> list[Entry]:
    """Return those of these entries that can change a figure: the id of a transaction, told later, does not.

    They are not appended yet, or came after the journal's line ``at_most``.
    """
    told = (entry.event for entry in entries if entry.revision)
    names = {identity(event) for event in told if isinstance(event, TransferArrived) and event.tx}
    if not names:
        return [*entries]
    last = {name: entry.event for name, entry in reader.find(account, list(names), at_most).items()}
    found = []
    for entry in entries:
        name, event = identity(entry.event), entry.event
        old = last.get(name)
        if not (isinstance(event, TransferArrived) and old and msgspec.structs.replace(old, tx=event.tx) == event):
            found.append(entry)
        last[name] = event
    return found


def by_facts(reader: JournalReader, account: str, entries: Sequence[Entry]) -> OrderKey | None:
    """Return the earliest place that these entries, not yet appended, touch."""
    keys: list[OrderKey] = []
    forerunners = reader.find(account, [identity(e.event) for e in entries if e.revision])
    for entry in entries:
        keys.append(order_key(entry.event))
        if entry.revision:
            keys.append(order_key(forerunners[identity(entry.event)].event))
        if isinstance(entry.event, Retracted):
            keys += [order_key(e.event) for e in reader.find(account, [entry.event.target]).values()]
    return min(keys, default=None)


def by_quotes(
    reader: JournalReader, quotes: Sequence[PriceQuoted], refs: References
) -> dict[str, tuple[OrderKey, str]]:
    """Return by account the earliest fact with a fee that one of these prices, not yet stored, values anew, and why."""
    if len(quotes) > _MANY:
        walked = ((row.account, _by_many(reader, row.account, quotes, refs)) for row in reader.accounts())
        return {account: first for account, first in walked if first is not None}
    found: dict[str, tuple[OrderKey, str]] = {}
    for quote in quotes:
        since, until = _nearest_within(reader, quote)
        for account in reader.active(since, until):
            for event in reader.events(account, kinds=("fill", "transfer", "fee"), since_ns=since, until_ns=until):
                if _is_of(quote, event, refs) and _is_nearer(quote, event.time_ns, refs):
                    first = (order_key(event), _reason(quote))
                    found[account] = min(first, found.get(account, first))
                    break
    return found


def _nearest_within(reader: JournalReader, quote: PriceQuoted) -> tuple[int, int]:
    """Return from when until before when no stored price can be nearer: half way to the next ones on both sides.

    Where fees are paid all the time that is milliseconds: what a new price costs does not grow with what is known.
    """
    at, reach = quote.time_ns, 2 * FEE_PRICE_REACH
    times = [one.time_ns for one in reader.quotes_beside(quote.asset, quote.currency, at - 1, at + 1, reach)]
    before = next((time for time in times if time < at), at - reach)
    behind = next((time for time in times if time > at), at + reach)
    return (before + at) // 2, (at + behind) // 2 + 1


def _by_many(
    reader: JournalReader, account: str, quotes: Iterable[PriceQuoted], refs: References
) -> tuple[OrderKey, str] | None:
    """Do the same in one walk over the facts of the time that the prices span."""
    by_asset: dict[str, list[PriceQuoted]] = {}
    for quote in sorted(quotes, key=lambda quote: quote.time_ns):
        by_asset.setdefault(quote.asset, []).append(quote)
    since = min(mine[0].time_ns for mine in by_asset.values()) - FEE_PRICE_REACH
    until = max(mine[-1].time_ns for mine in by_asset.values()) + FEE_PRICE_REACH + 1
    for event in reader.events(account, kinds=("fill", "transfer", "fee"), since_ns=since, until_ns=until):
        for asset in paid_in(event):
            mine = by_asset.get(asset, [])
            first = bisect_left(mine, event.time_ns - FEE_PRICE_REACH, key=lambda quote: quote.time_ns)
            last = bisect_right(mine, event.time_ns + FEE_PRICE_REACH, key=lambda quote: quote.time_ns)
            for quote in mine[first:last]:
                if _is_of(quote, event, refs) and _is_nearer(quote, event.time_ns, refs):
                    return order_key(event), _reason(quote)
    return None


def _reason(quote: PriceQuoted) -> str:
    return f"the price of {quote.asset} from {quote.source}"


def by_instruments(reader: JournalReader, account: str, instruments: Iterable[Instrument]) -> OrderKey | None:
    """Return the first fact of this account in one of these markets."""
    named = reader.symbols(account)
    keys = [
        order_key(event)
        for one in instruments
        if one.symbol in named
        for event in reader.events(account, symbol=one.symbol, limit=1)
    ]
    return min(keys, default=None)


def with_other_terms(reader: JournalReader, instruments: Sequence[Instrument]) -> list[Instrument]:
    """Return those that say something else about their market than was known, or than its symbol said."""
    stored = reader.instruments() if instruments else {}
    changed = []
    for one in instruments:
        old = stored.get(one.symbol) or _by_symbol(one.symbol)
        if old is None or _terms(old) != _terms(one):
            changed.append(one)
    return changed


def paid_in(event: Event) -> frozenset[str]:
    """Return the assets of the fees of a fact that a stored price may be asked for."""
    match event:
        case Fill():
            return frozenset(fee.asset for fee in event.fees or ())
        case TransferArrived():
            return frozenset() if event.fee is None else frozenset({event.fee.asset})
        case FeePaid():
            return frozenset({event.asset})
        case _:
            return frozenset()


def _is_of(quote: PriceQuoted, event: Event, refs: References) -> bool:
    """True when such a price may value a fee of this fact; those of a fill are valued in the money of its market."""
    market = refs.instrument(event.symbol) if isinstance(event, Fill) else None
    if isinstance(event, Fill) and market is not None:
        return (quote.asset, quote.currency) in fees_in_kind(event, market)
    return quote.asset in paid_in(event)


def _is_nearer(quote: PriceQuoted, time_ns: int, refs: References) -> bool:
    """True when ``quote`` would be taken for that time rather than what is stored."""
    best = refs.price(quote.asset, quote.currency, time_ns, FEE_PRICE_REACH)
    if best is None:
        return True
    mine = (abs(quote.time_ns - time_ns), quote.time_ns, quote.source)
    theirs = (abs(best.time_ns - time_ns), best.time_ns, best.source)
    return mine < theirs or (mine == theirs and quote.price != best.price)


def _terms(one: Instrument) -> tuple[object, ...]:
    return (one.base, one.quote, one.settle, one.inverse, one.contract_size)


def _by_symbol(symbol: str) -> Instrument | None:
    try:
        return from_symbol(symbol)
    except ValueError:
        return None
