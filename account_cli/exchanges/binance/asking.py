"""What the readers of all Binance venues do alike: the clock, one request, one-minute candles.

A request whose clock is refused measures the clock again and is sent once more.
"""

from __future__ import annotations

from collections.abc import Mapping
from contextlib import suppress
from pathlib import Path
from typing import ClassVar

from account_cli.domain.keys import KeyRights
from account_cli.domain.observations import PriceSeen
from account_cli.domain.times import MILLISECOND, MINUTE
from account_cli.errors import BadAnswer, KeyMissing, NotListed, NotSupported, Temporary
from account_cli.exchanges.binance.listing import Names
from account_cli.exchanges.fields import Row, milliseconds, number, read_each, row_of, rows_of
from account_cli.exchanges.permissions import binance_rights
from account_cli.exchanges.reading import Adapter
from account_cli.exchanges.wire import Answer, Manner
from account_cli.ports import Clock, ReaderSettings
from account_cli.redaction import Redactor

_TRADES = 1000


class BinanceAdapter(Adapter):
    """The part of an ``ExchangeReader`` that is the same for every Binance venue."""

    weights: ClassVar[Mapping[str, float]] = {}
    """What a path costs of the request limit, where it is not 5."""
    private: ClassVar[str] = "private"
    public: ClassVar[str] = "public"
    candles_a_page: ClassVar[int] = 1000
    trades: ClassVar[str] = "myTrades"

    def __init__(
        self, settings: ReaderSettings, clock: Clock, redactor: Redactor, cache_dir: Path, manner: Manner
    ) -> None:
        super().__init__(settings, clock, redactor, cache_dir, manner)
        self._gone: dict[str, int] = {}

    @property
    def contracts(self) -> Names:
        """The markets; raises ``NotSupported`` before ``connect``."""
        raise NotImplementedError

    def _check_credentials(self) -> None:
        if not self.settings.api_key or not self.settings.secret:
            raise KeyMissing(f"{self.account}: {self.venue} needs an API key and its secret")

    async def key(self) -> KeyRights:
        """Ask the spot host, which knows of every Binance key, those for futures too."""
        answer = await self._ask("account/apiRestrictions", {}, section="sapi")
        return binance_rights(answer.data)

    async def _measure_clock(self) -> None:
        answer = await self.wire.ask(self.public, "time", cost=1.0)
        self.wire.time.told(milliseconds(row_of(answer.data), "serverTime"), answer.sent_ns)

    async def _ask(
        self, path: str, params: dict[str, object], *, section: str | None = None, kept: str | None = None
    ) -> Answer:
        """Ask, measuring the clock again where that was refused; with ``kept`` the answer goes to the inbox."""
        cost = 1.0 if path == "openOrders" and "symbol" in params else self.weights.get(path, 5.0)
        if self.wire.time.wants_measuring:
            await self._measure_clock()
        try:
            return await self.wire.ask(section or self.private, path, params, cost=cost, kept=kept)
        except Temporary as error:
            if type(error.__cause__).__name__ != "InvalidNonce":
                raise
        self.wire.time.forget()
        await self._measure_clock()
        return await self.wire.ask(section or self.private, path, params, cost=cost, kept=kept)

    async def count_fills(self, since_ns: int, until_ns: int, symbols: frozenset[str]) -> Mapping[str, int]:
        first, last = since_ns // MILLISECOND + 1, until_ns // MILLISECOND
        counts: dict[str, int] = {}
        for symbol in sorted(symbols):
            if (name := self.contracts.id(symbol)) is not None:
                with suppress(NotListed):
                    counts[symbol] = await self._count(name, first, last)
        return counts

    async def _count(self, market: str, first: int, last: int) -> int:
        """Count the trades of ``[first, last]`` (ms); an answer that is full is asked for again in halves."""
        params: dict[str, object] = {"symbol": market, "startTime": first, "endTime": last, "limit": _TRADES}
        rows = (await self._ask(self.trades, params)).data
        if not isinstance(rows, list):
            raise BadAnswer(f"{self.trades}: the answer is not a list")
        if len(rows) < _TRADES:
            return len(rows)
        if first == last:
            raise NotSupported(f"{self.trades}: more trades of {market} in one instant than an answer holds")
        middle = (first + last) // 2
        return await self._count(market, first, middle) + await self._count(market, middle + 1, last)

    async def candles(self, symbol: str, since_ns: int, until_ns: int) -> tuple[PriceSeen, ...]:
        name = self.contracts.id(symbol)
        if name is None:
            return ()
        start = max(0, (since_ns - MINUTE) // MILLISECOND)
        found: list[PriceSeen] = []
        while start * MILLISECOND <= until_ns:
            params = {
                "symbol": name,
                "interval": "1m",
                "startTime": start,
                "endTime": until_ns // MILLISECOND,
                "limit": self.candles_a_page,
            }
            try:
                answer = await self.wire.ask(self.public, "klines", params, cost=10.0)
            except NotListed:
                break
            rows = rows_of(answer.data)
            candles = read_each(named(rows, "candle"), lambda _, item: [self._candle(symbol, item)])[0]
            found += [candle for candle in candles if since_ns <= candle.at_ns <= until_ns]
            if len(rows) < self.candles_a_page or not candles:
                break
            start = candles[-1].at_ns // MILLISECOND
        return tuple(found)

    def _candle(self, symbol: str, item: object) -> PriceSeen:
        candle = rows_of(item, "candle")
        if len(candle) < 5:
            raise BadAnswer("a candle is too short")
        row: Row = {"opened": candle[0], "close": candle[4]}
        closed_ns = int(number(row, "opened")) * MILLISECOND + MINUTE
        return PriceSeen(symbol=symbol, price=number(row, "close"), at_ns=closed_ns, venue=self.venue)


def named(rows: object, what: str) -> list[tuple[str, object]]:
    """Return every element with a name to complain about it by."""
    return [(f"{what} {place}", row) for place, row in enumerate(rows_of(rows))]
