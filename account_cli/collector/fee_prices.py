"""Fees that were paid in a third asset are valued by the exchange's own candles, where nothing was sampled at the time.

The journal is read through once, in the order in which it grew, so that history read back late is not missed; how far
is a cursor. A market is asked for an hour of minutes at a time, a few hours a pass. Deposits and withdrawals in other
assets than the reporting currency are valued alike. An asset without a market (Kraken's KFEE) stays unpriced.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from decimal import Decimal, localcontext

from account_cli.collector.delivery import Deliver, Delivery
from account_cli.domain.events import Event, Fill, PriceQuoted, TransferArrived
from account_cli.domain.instruments import Instrument, from_symbol
from account_cli.domain.money import MONEY, ONE, round_to_quantum
from account_cli.domain.observations import PriceSeen
from account_cli.domain.times import HOUR, MINUTE
from account_cli.errors import BadAnswer, NotSupported, Permanent
from account_cli.ports import Clock, Entry, ExchangeReader, JournalReader

CURSOR = "fee_prices"
REACH = 5 * MINUTE
"""A fee is valued at a price at most this far from it (docs/formats.md, section 3)."""

_STRETCH = 500
_STRETCHES = 10
_MOST_QUESTIONS = 5
_SETTLED = 2 * MINUTE
"""A minute's candle is closed by then, and what was sampled has been stored."""

Need = tuple[str, str, int]
"""An asset, the currency to value it in, and when."""


class FeePrices:
    """Finds fees without a price in one account's journal and asks its exchange for candles."""

    def __init__(
        self, reader: ExchangeReader, deliver: Deliver, memory: JournalReader, clock: Clock, currency: str
    ) -> None:
        self._reader, self._deliver, self._memory, self._clock = reader, deliver, memory, clock
        self._currency = currency
        self._account = reader.account

    async def look_on(self) -> bool:
        """Go through a further stretch of the journal; True when there is more to go through now.

        Raises the ``AcctError`` of the exchange or the database; the stretch is then gone through again.
        """
        done = int(self._memory.cursors(self._account).get(CURSOR, "0"))
        entries = self._memory.entries_since(self._account, done, _STRETCH)
        ripe = self._clock.now_ns() - _SETTLED
        wanted: dict[tuple[str, int], list[Need]] = {}
        for entry in entries:
            needs = self._missing(entry)
            if needs and entry.event.time_ns > ripe:
                break
            questions = {*wanted, *(question for question, _ in needs)}
            if len(questions) > _MOST_QUESTIONS and wanted:
                break
            for question, need in needs:
                wanted.setdefault(question, []).append(need)
            done = entry.n
        quotes: list[PriceQuoted] = []
        for (symbol, hour), needs_ in wanted.items():
            candles = await self._candles(symbol, hour)
            quotes += _nearest(symbol, candles, needs_, f"{self._reader.venue} candle")
        if entries and done >= entries[0].n:
            await self._deliver(Delivery(account=self._account, cursors={CURSOR: str(done)}, quotes=tuple(quotes)))
            return len(entries) == _STRETCH or (done < entries[-1].n and bool(wanted))
        return False

    async def look_a_while(self) -> None:
        """Go through as much of the journal as one pass over an account may take."""
        for _ in range(_STRETCHES):
            if not await self.look_on():
                return

    async def _candles(self, symbol: str, hour: int) -> tuple[PriceSeen, ...]:
        """Ask for an hour of a market; where the exchange refuses there are no prices, and others are asked for."""
        try:
            return await self._reader.candles(symbol, hour - REACH, hour + HOUR + REACH)
        except (NotSupported, BadAnswer):
            raise
        except Permanent:
            return ()

    def _missing(self, entry: Entry) -> list[tuple[tuple[str, int], Need]]:
        """Return what has to be asked: (market, hour) and what for."""
        found = []
        instruments = self._reader.instruments()
        for asset, currency, at in _needs(entry.event, instruments, self._currency):
            symbol = market_between(asset, currency, instruments)
            if symbol is None:
                continue
            if not self._memory.quotes_beside(asset, currency, at, at, REACH):
                found.append(((symbol, at // HOUR * HOUR), (asset, currency, at)))
        return found


def fees_in_kind(fill: Fill, market: Instrument | None) -> list[tuple[str, str]]:
    """Return (asset, currency to value it in) of each fee that is neither the market's base nor its money."""
    if not fill.fees or market is None:
        return []
    money = fill.settle or market.settle or market.quote
    own = {money} if market.is_contract else {money, market.base}
    return [(fee.asset, money) for fee in fill.fees if fee.asset and fee.amount and fee.asset not in own]


def market_between(asset: str, currency: str, instruments: Mapping[str, Instrument]) -> str | None:
    """Return a market whose price says what the asset is worth: spot either way round, else a linear perpetual."""
    names = (f"{asset}/{currency}", f"{currency}/{asset}", f"{asset}/{currency}:{currency}")
    return next((name for name in names if name in instruments), None)


def _needs(event: Event, instruments: Mapping[str, Instrument], currency: str) -> list[Need]:
    match event:
        case Fill():
            market = instruments.get(event.symbol) or _by_symbol(event.symbol)
            return [(asset, money, event.time_ns) for asset, money in fees_in_kind(event, market)]
        case TransferArrived() if event.type != "internal" and event.asset != currency:
            return [(event.asset, currency, event.time_ns)]
        case _:
            return []


def _by_symbol(symbol: str) -> Instrument | None:
    try:
        return from_symbol(symbol)
    except ValueError:
        return None


def _nearest(symbol: str, candles: Iterable[PriceSeen], needs: Iterable[Need], source: str) -> list[PriceQuoted]:
    """Return for each need the candle nearest to it and within reach; each candle once."""
    known = [candle for candle in candles if candle.price > 0]
    quotes: dict[tuple[str, str, int], PriceQuoted] = {}
    for asset, currency, at in needs:
        near = [candle for candle in known if abs(candle.at_ns - at) <= REACH]
        if not near:
            continue
        best = min(near, key=lambda candle: (abs(candle.at_ns - at), candle.at_ns))
        price = best.price if symbol.startswith(f"{asset}/") else _turned(best.price)
        quotes[asset, currency, best.at_ns] = PriceQuoted(
            time_ns=best.at_ns, asset=asset, price=price, currency=currency, source=source
        )
    return list(quotes.values())


def _turned(price: Decimal) -> Decimal:
    with localcontext(MONEY):
        return round_to_quantum(ONE / price)
