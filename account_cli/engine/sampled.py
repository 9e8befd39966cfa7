"""A fee paid in a third asset is valued at the price that was being sampled when the fill arrived.

Samples are not kept; the one price a figure rests on is. It is stored at the fill's own time, so that nothing sampled
later is nearer: a fill is valued once. What was not sampled near enough is left to ``collector.fee_prices``.
"""

from __future__ import annotations

from collections.abc import Iterable

from account_cli.collector.fee_prices import fees_in_kind
from account_cli.domain.events import Event, Fill, PriceQuoted
from account_cli.domain.observations import PriceSeen
from account_cli.domain.times import MINUTE
from account_cli.ledger import References
from account_cli.ports import JournalReader
from account_cli.reports.arithmetic import exactly
from account_cli.reports.valuation import PriceGraph

SOURCE = "sampled"
_NEAR = MINUTE


def sampled_quotes(reader: JournalReader, account: str, events: Iterable[Event], refs: References) -> list[PriceQuoted]:
    """Return the prices to be stored with these facts, for fees that nothing stored values yet at their very time."""
    wanted = {(asset, currency, event.time_ns) for event in events for asset, currency in third_fees(event, refs)}
    missing = [need for need in sorted(wanted) if refs.price(*need, 0) is None]
    if not missing:
        return []
    venue = next((row.venue for row in reader.accounts(account)), None)
    prices = best_prices(reader.prices(), venue)
    quotes = (_quote(prices, *need) for need in missing)
    return [quote for quote in quotes if quote is not None]


def third_fees(event: Event, refs: References) -> list[tuple[str, str]]:
    """Return (asset, currency to value it in) of each fee of a fill that is neither its base nor its money."""
    return fees_in_kind(event, refs.instrument(event.symbol)) if isinstance(event, Fill) and event.fees else []


def best_prices(prices: Iterable[PriceSeen], venue: str | None) -> dict[str, PriceSeen]:
    """Return a price a symbol: this venue's own, else the newest of another."""
    best: dict[str, PriceSeen] = {}
    for price in prices:
        old = best.get(price.symbol)
        if old is None or (price.venue == venue, price.at_ns) > (old.venue == venue, old.at_ns):
            best[price.symbol] = price
    return best


@exactly
def _quote(prices: dict[str, PriceSeen], asset: str, currency: str, time_ns: int) -> PriceQuoted | None:
    near = {symbol: seen for symbol, seen in prices.items() if abs(seen.at_ns - time_ns) <= _NEAR}
    rate = PriceGraph(near, now_ns=time_ns, pegged=()).rate(asset, currency) if near else None
    if rate is None:
        return None
    return PriceQuoted(time_ns=time_ns, asset=asset, price=rate.price, currency=currency, source=SOURCE)
