"""Reads one Binance spot account.

Weights are those of Binance's request limit, 6,000 a minute for each address, counted in ``X-MBX-USED-WEIGHT-1M``
(developers.binance.com, "Spot Trading", limits). The histories of money (``sapi``) count apart, some by account:
180,000 a minute, which is paced here as if thirty of those were one.
"""

from __future__ import annotations

from collections.abc import AsyncIterator, Mapping
from contextlib import AbstractAsyncContextManager, suppress
from pathlib import Path
from typing import Literal

from account_cli.domain.health import DataKind
from account_cli.domain.observations import BalancesSeen, OrdersSeen, PriceSeen
from account_cli.domain.times import MILLISECOND
from account_cli.errors import NotListed, NotSupported
from account_cli.exchanges.binance.again import spot_pages
from account_cli.exchanges.binance.asking import BinanceAdapter, named
from account_cli.exchanges.binance.cursors import SpotCursors
from account_cli.exchanges.binance.spot.discovery import Discovery
from account_cli.exchanges.binance.spot.frames import SUBSCRIBED, Frames
from account_cli.exchanges.binance.spot.listing import Pairs, ask_markets
from account_cli.exchanges.binance.spot.rows import rest_balance, rest_order
from account_cli.exchanges.binance.spot.walk import Walk
from account_cli.exchanges.fields import number, read_each, row_of, text
from account_cli.exchanges.markets import Markets
from account_cli.exchanges.reading import Stream
from account_cli.exchanges.rereading import Rereading
from account_cli.exchanges.tee import Tee
from account_cli.exchanges.wire import Manner, result_of
from account_cli.ports import Abilities, Clock, Heard, Page, ReaderSettings, Rereader, StreamItem
from account_cli.redaction import Redactor

WEIGHTS = {
    "account": 20.0,
    "myTrades": 20.0,
    "openOrders": 80.0,
    "allOrders": 20.0,
    "capital/withdraw/history": 600.0,
    "convert/tradeFlow": 100.0,
    "asset/transfer": 30.0,
    "asset/assetDividend": 10.0,
}
_KINDS: frozenset[DataKind] = frozenset({"balances", "orders", "fills"})


class BinanceSpotReader(BinanceAdapter):
    """An ``ExchangeReader`` for Binance spot."""

    weights = WEIGHTS

    def __init__(self, settings: ReaderSettings, clock: Clock, redactor: Redactor, cache_dir: Path) -> None:
        manner = Manner(
            a_minute=6000.0,
            by_key=False,
            apart=("sapi",),
            used_header="x-mbx-used-weight-1m",
            options={
                "fetchMarkets": {"types": ["spot"]},
                "fetchCurrencies": False,
                "fetchMargins": False,
                "adjustForTimeDifference": False,
            },
        )
        super().__init__(settings, clock, redactor, cache_dir, manner)
        self._pairs: Pairs | None = None
        self._met: set[str] = set()
        self._with_orders: set[str] | None = None
        self._discovery = Discovery()

    def abilities(self) -> Abilities:
        return Abilities(streams=_KINDS, polls=_KINDS | {"transfers"}, has_positions=False, silent_after_s=14.0)

    async def prepare(self, *, stale: bool = False) -> None:
        self._learn(await self._markets(ask_markets, stale=stale))

    async def connect(self) -> None:
        self._check_credentials()
        await self._measure_clock()
        await self.prepare()
        self._meet(self.settings.symbols)
        await self._ask("account", {"omitZeroBalances": "true"})

    def _learn(self, markets: Markets) -> None:
        self._pairs, self._instruments = Pairs(markets), markets.instruments()

    def rereader(self) -> Rereader:
        frames = Frames(self.account, self.contracts, self.heard, _KINDS, set[str]().add)
        return Rereading(self.account, frames.read, spot_pages(self.account, self.contracts))

    @property
    def contracts(self) -> Pairs:
        if self._pairs is None:
            raise NotSupported("binance: not connected yet")
        return self._pairs

    def _meet(self, symbols: frozenset[str]) -> None:
        """Remember markets that this account has to do with."""
        self._met |= {name for symbol in symbols if (name := self.contracts.id(symbol)) is not None}

    # ---- states ----

    async def observe(self, kind: Literal["balances", "orders", "positions"]) -> tuple[Heard, ...]:
        if kind == "balances":
            return (await self._balances(),)
        if kind == "positions":
            raise NotSupported("binance: a spot account has no positions")
        before = self._met if self._with_orders is None else self._with_orders
        now, markets = await self._orders("openOrders", {})
        self._with_orders = markets
        ended = []
        for name in sorted(before):
            with suppress(NotListed):
                ended.append((await self._orders("allOrders", {"symbol": name, "limit": 50}))[0])
        return (now, *ended)

    async def _balances(self, *, kept: str | None = "account") -> Heard:
        answer = await self._ask("account", {"omitZeroBalances": "true"}, kept=kept)
        rows, unreadable = read_each(
            named(result_of(answer, "balances"), "asset"), lambda _, item: [rest_balance(row_of(item), self.contracts)]
        )
        if not unreadable:
            self._discovery.seen(row for row in rows if row.wallet == "spot")
        seen = BalancesSeen(
            account=self.account,
            at_ns=answer.sent_ns,
            complete=not unreadable,
            rows=tuple(row for row in rows if row.total),
        )
        return self.heard(answer, "account", observations=[seen], unreadable=unreadable)

    async def _orders(self, path: str, params: dict[str, object], *, told: bool = True) -> tuple[Heard, set[str]]:
        """Return what was heard, and the ids of the markets of its orders; not ``told``, it is not kept either."""
        answer = await self._ask(path, params, kept=path if told else None)
        rows, unreadable = read_each(
            named(answer.data, "order"), lambda _, item: [rest_order(row_of(item), self.contracts)]
        )
        symbols = frozenset(row.symbol for row in rows if row.symbol is not None)
        self._meet(symbols)
        complete = path == "openOrders" and not unreadable
        seen = OrdersSeen(account=self.account, at_ns=answer.sent_ns, complete=complete, rows=tuple(rows))
        names = {name for symbol in symbols if (name := self.contracts.id(symbol)) is not None}
        return self.heard(answer, path, observations=[seen], unreadable=unreadable), names

    # ---- the past ----

    def _walk(self, kinds: frozenset[DataKind], cursors: Mapping[str, str], symbols: frozenset[str]) -> Walk:
        self._meet(symbols)
        stored = SpotCursors(cursors)
        stored.markets |= self._met
        return Walk(
            self._ask,
            self.account,
            self.contracts,
            stored,
            self._discovery,
            self.heard,
            self.wire.keeping.forget,
            kinds,
            self.progress,
            self._gone,
        )

    async def catch_up(
        self, kinds: frozenset[DataKind], cursors: Mapping[str, str], symbols: frozenset[str], *, deeper_s: int = 0
    ) -> AsyncIterator[Page]:
        if deeper_s:  # a market that is new may be what is missing
            self._learn(await self._markets(ask_markets, anew=True))
            self._discovery = Discovery()
        first = not any(name.startswith("binance.") for name in cursors)
        # What is held now and which orders are open says where to look; it is no state to be shown out of turn.
        await self._balances(kept=None)
        if first:
            await self._orders("openOrders", {}, told=False)
        walk = self._walk(kinds, cursors, symbols)
        async for page in walk.newest(self._now_ms(), deeper_ms=deeper_s * 1000):
            yield page
        self._met |= walk.cursors.markets

    async def backfill(
        self, kinds: frozenset[DataKind], cursors: Mapping[str, str], symbols: frozenset[str]
    ) -> AsyncIterator[Page]:
        walk = self._walk(kinds, cursors, symbols)
        async for page in walk.oldest(self._now_ms()):
            yield page
        self._met |= walk.cursors.markets

    def _now_ms(self) -> int:
        return self.clock.now_ns() // MILLISECOND

    # ---- the stream ----

    def stream(self, kinds: frozenset[DataKind]) -> AbstractAsyncContextManager[AsyncIterator[StreamItem]]:
        frames = Frames(self.account, self.contracts, self.heard, kinds & _KINDS, self._met.add)

        async def start(tee: Tee) -> None:
            self.wire.begin_stream(tee)
            exchange = self.wire.exchange
            url = exchange.urls["api"]["ws"]["ws-api"]["spot"]
            params = exchange.sign_params({})
            self.redactor.learn_token(params["signature"])
            message = {"id": SUBSCRIBED, "method": "userDataStream.subscribe.signature", "params": params}
            tee.follow(exchange.watch(url, "acct", message, "acct"))

        return Stream(self.wire, start, frames.read, self.heard)

    # ---- prices ----

    async def prices(self, symbols: frozenset[str]) -> tuple[PriceSeen, ...]:
        wanted = {name: symbol for symbol in symbols if (name := self.contracts.id(symbol)) is not None}
        if not wanted:
            return ()
        single = next(iter(wanted)) if len(wanted) == 1 else None
        params = {"symbol": single} if single is not None else {}
        try:
            answer = await self.wire.ask("public", "ticker/price", params, cost=2.0 if single else 4.0)
        except NotListed:
            return ()
        rows = answer.data if isinstance(answer.data, list) else [answer.data]

        def read(_: str, item: object) -> list[PriceSeen]:
            row = row_of(item)
            symbol = wanted.get(text(row, "symbol"))
            if symbol is None:
                return []
            return [PriceSeen(symbol=symbol, price=number(row, "price"), at_ns=answer.received_ns, venue=self.venue)]

        return tuple(read_each(named(rows, "price"), read)[0])
