"""What is it worth: market prices form a graph, and a value is a walk through it that says which way it went.

A walk goes from an asset to a currency by one market, straight or turned over, or by way of the hubs (USDT, USD, BTC,
EUR, the listed stablecoins). Of all walks the best is the one with the fewest pegs, then the fewest stale legs, then
the fewest legs that are marks of contracts, then the fewest legs, then the fewest turned over. So a stablecoin is
valued by a market wherever one can be reached and at its peg (one US dollar) only where none can, and then says so.

An asset to which no walk leads has no price: None, never zero. Rates stay exact fractions until a price or a value is
asked for, within the money context (``arithmetic.exactly``). Times are nanoseconds since 1970.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from decimal import Decimal
from functools import lru_cache

import msgspec

from account_cli.domain.instruments import Instrument, from_symbol
from account_cli.domain.money import ONE
from account_cli.domain.observations import PriceSeen
from account_cli.domain.times import HOUR, SECOND
from account_cli.reports.arithmetic import settle_digits
from account_cli.reports.render import age
from account_cli.reports.view import AccountView

PEGGED: tuple[str, ...] = ("USDT", "USDC", "DAI", "FDUSD")
STALE_AFTER_NS = 30 * SECOND
HUBS: tuple[str, ...] = ("USD", "USDT", "BTC", "EUR")

_PEG_CURRENCY = "USD"


class Leg(msgspec.Struct, frozen=True):
    """One step: an amount of the asset left × ``num`` ÷ ``den`` is the amount arrived at."""

    num: Decimal
    den: Decimal
    at_ns: int | None
    name: str
    peg: int
    stale: int
    mark: int
    turned: int


class Rate(msgspec.Struct, frozen=True):
    """What one unit of an asset is worth, by which legs, and how old the oldest of them is."""

    num: Decimal
    den: Decimal
    cost: tuple[int, int, int, int, int]
    path: tuple[str, ...]
    at_ns: int | None

    @property
    def price(self) -> Decimal:
        """The value of one unit; rounded only where a market was turned over."""
        return self.num if self.den == ONE else settle_digits(self.num / self.den)

    @property
    def pegged(self) -> bool:
        """True when a peg was taken because no market could be reached."""
        return self.cost[0] > 0

    @property
    def stale(self) -> bool:
        """True when at least one leg is older than allowed."""
        return self.cost[1] > 0

    @property
    def source(self) -> str:
        """The walk in words: ``BTC/USDT > USDT/USD``, ``USDT pegged``, ``BTC/USDT:USDT mark``, ``unit``."""
        return " > ".join(self.path) if self.path else "unit"

    def value(self, amount: Decimal) -> Decimal:
        """Return what ``amount`` is worth; rounded, once, only where a market was turned over."""
        return amount * self.num if self.den == ONE else settle_digits(amount * self.num / self.den)


_UNIT = Rate(ONE, ONE, (0, 0, 0, 0, 0), (), None)


@lru_cache(maxsize=8192)
def sides(symbol: str) -> Instrument | None:
    """Return what the symbol's own words say; None when they are not of the unified form."""
    try:
        return from_symbol(symbol)
    except ValueError:
        return None


class PriceGraph:
    """Every price known at one instant; answers are kept, so asking again costs nothing."""

    def __init__(
        self,
        prices: Mapping[str, PriceSeen],
        *,
        now_ns: int,
        pegged: Sequence[str] = PEGGED,
        stale_after_ns: int = STALE_AFTER_NS,
    ) -> None:
        self.prices = prices
        self.oldest_allowed_ns = now_ns - stale_after_ns
        self._hubs = tuple(dict.fromkeys((*HUBS, *pegged)))
        self._legs: dict[str, dict[str, Leg]] = {}
        self._reach: dict[str, dict[str, Rate]] = {}
        self._rates: dict[tuple[str, str], Rate | None] = {}
        for seen in prices.values():
            self._add(seen)
        for coin in pegged:
            self._keep(coin, _PEG_CURRENCY, Leg(ONE, ONE, None, f"{coin} pegged", 1, 0, 0, 0))
            self._keep(_PEG_CURRENCY, coin, Leg(ONE, ONE, None, f"{coin} pegged", 1, 0, 0, 1))

    def rate(self, asset: str, currency: str) -> Rate | None:
        """Return what one unit of ``asset`` is worth in ``currency``; None when no walk leads there."""
        key = (asset, currency)
        if key not in self._rates:
            self._rates[key] = self._search(asset, currency)
        return self._rates[key]

    def is_stale(self, at_ns: int) -> bool:
        """True for a price of that time being too old to rest a figure on."""
        return at_ns < self.oldest_allowed_ns

    def _add(self, seen: PriceSeen) -> None:
        pair = sides(seen.symbol)
        if pair is None or seen.price <= 0 or pair.base == pair.quote:
            return
        if pair.is_contract and "-" in seen.symbol.rpartition(":")[2]:
            return  # a dated contract trades away from its underlying: its price is nobody's spot value
        mark = int(pair.is_contract)
        name = f"{seen.symbol} mark" if mark else seen.symbol
        stale = int(self.is_stale(seen.at_ns))
        self._keep(pair.base, pair.quote, Leg(seen.price, ONE, seen.at_ns, name, 0, stale, mark, 0))
        if not mark:  # a contract's mark says what its base is worth, never what its quote is worth
            self._keep(pair.quote, pair.base, Leg(ONE, seen.price, seen.at_ns, name, 0, stale, 0, 1))

    def _keep(self, start: str, end: str, leg: Leg) -> None:
        legs = self._legs.setdefault(start, {})
        old = legs.get(end)
        if old is None or _rank(leg) < _rank(old):
            legs[end] = leg

    def _search(self, asset: str, currency: str) -> Rate | None:
        if asset == currency:
            return _UNIT
        reach = self._reach.get(currency)
        if reach is None:
            reach = self._reach[currency] = self._reach_from_hubs(currency)
        if asset in reach:
            return reach[asset]
        best: Rate | None = None
        for stop, leg in self._legs.get(asset, {}).items():
            onward = reach.get(stop)
            if onward is not None:
                best = _better(best, leg, onward)
        return best

    def _reach_from_hubs(self, currency: str) -> dict[str, Rate]:
        """Settle the best walk of every hub to ``currency``, nearest first."""
        settled: dict[str, Rate] = {}
        open_: dict[str, Rate] = {currency: _UNIT}
        while open_:
            stop = min(open_, key=lambda hub: open_[hub].cost)
            onward = settled[stop] = open_.pop(stop)
            for hub in self._hubs:
                if hub in settled:
                    continue
                leg = self._legs.get(hub, {}).get(stop)
                if leg is not None:
                    open_[hub] = _better(open_.get(hub), leg, onward)
        return settled


def graphs_of(
    views: Sequence[AccountView],
    *,
    now_ns: int,
    pegged: Sequence[str] = PEGGED,
    stale_after_ns: int = STALE_AFTER_NS,
) -> list[PriceGraph]:
    """Return each view's graph; views that share one mapping of prices share its graph."""
    made: dict[int, PriceGraph] = {}
    for view in views:
        if id(view.prices) not in made:
            made[id(view.prices)] = PriceGraph(view.prices, now_ns=now_ns, pegged=pegged, stale_after_ns=stale_after_ns)
    return [made[id(view.prices)] for view in views]


def stale_reason(account: str, what: str, at_ns: int, now_ns: int) -> str:
    """Say how old the price is that a figure rests on: seconds, from an hour on in its largest unit."""
    passed = max(now_ns - at_ns, 0)
    return f"{account}: price of {what} is {f'{passed // SECOND} s' if passed < HOUR else age(passed)} old"


def older(a: int | None, b: int | None) -> int | None:
    """Return the earlier of two times; one that is not known does not count."""
    if a is None or b is None:
        return b if a is None else a
    return a if a < b else b


def _rank(leg: Leg) -> tuple[int, int, int, int]:
    return (leg.peg, leg.stale, leg.mark, leg.turned)


def _better(best: Rate | None, leg: Leg, onward: Rate) -> Rate:
    """Return ``best``, or the walk that begins with ``leg`` when that is strictly better."""
    pegs, stale, marks, legs, turned = onward.cost
    cost = (pegs + leg.peg, stale + leg.stale, marks + leg.mark, legs + 1, turned + leg.turned)
    if best is not None and best.cost <= cost:
        return best
    return Rate(
        leg.num * onward.num, leg.den * onward.den, cost, (leg.name, *onward.path), older(leg.at_ns, onward.at_ns)
    )
