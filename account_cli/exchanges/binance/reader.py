"""Reads one Binance USDⓈ-M futures account.

Weights are those of Binance's request limit, 2,400 a minute for each address, which its answers count in
``X-MBX-USED-WEIGHT-1M`` (developers.binance.com, "USDⓈ-M Futures", general information).
"""

from __future__ import annotations

import asyncio
import contextlib
from collections.abc import AsyncIterator, Mapping
from contextlib import AbstractAsyncContextManager, suppress
from decimal import Decimal
from pathlib import Path
from typing import Literal

from account_cli.domain.events import FillType
from account_cli.domain.health import DataKind
from account_cli.domain.observations import BalancesSeen, Order, OrdersSeen, PositionsSeen, PriceSeen
from account_cli.domain.times import MILLISECOND
from account_cli.errors import AcctError, NotListed, NotSupported, Unreachable
from account_cli.exchanges.binance.again import futures_pages
from account_cli.exchanges.binance.asking import BinanceAdapter, named
from account_cli.exchanges.binance.cursors import Cursors
from account_cli.exchanges.binance.frames import SOONER, Frames
from account_cli.exchanges.binance.history import History
from account_cli.exchanges.binance.listing import Contracts, ask_markets
from account_cli.exchanges.binance.rows import forced_type, order_name, rest_balance, rest_order, rest_position
from account_cli.exchanges.fields import Row, maybe_text, number, read_each, row_of, text
from account_cli.exchanges.reading import Stream
from account_cli.exchanges.rereading import Rereading
from account_cli.exchanges.tee import Tee
from account_cli.exchanges.translate import translated
from account_cli.exchanges.wire import Manner, result_of
from account_cli.ports import Abilities, Clock, Heard, Page, ReaderSettings, Rereader, StreamItem
from account_cli.redaction import Redactor

WEIGHTS = {"income": 30.0, "userTrades": 5.0, "allOrders": 5.0, "openOrders": 40.0, "forceOrders": 50.0}
_RENEW_KEY_S = 1800.0
"""A listen key lives for an hour; it is renewed twice as often."""
_KINDS: frozenset[DataKind] = frozenset({"balances", "orders", "fills", "positions"})


class BinanceReader(BinanceAdapter):
    """An ``ExchangeReader`` for Binance USDⓈ-M futures."""

    weights = WEIGHTS
    private, public = "fapiPrivate", "fapiPublic"
    candles_a_page, trades = 1500, "userTrades"

    def __init__(self, settings: ReaderSettings, clock: Clock, redactor: Redactor, cache_dir: Path) -> None:
        manner = Manner(
            a_minute=2400.0,
            by_key=False,
            used_header="x-mbx-used-weight-1m",
            options={
                "fetchMarkets": {"types": ["linear"]},
                "fetchCurrencies": False,
                "fetchMargins": False,
                "adjustForTimeDifference": False,
            },
        )
        super().__init__(settings, clock, redactor, cache_dir, manner)
        self._contracts: Contracts | None = None
        self._met: set[str] = set()
        self._forced: dict[str, FillType] = {}
        self._leverage: dict[str, Decimal] = {}

    def abilities(self) -> Abilities:
        return Abilities(streams=_KINDS, polls=_KINDS | {"transfers"}, has_positions=True, silent_after_s=14.0)

    async def prepare(self, *, stale: bool = False) -> None:
        markets = await self._markets(ask_markets, stale=stale)
        self._contracts, self._instruments = Contracts(markets), markets.instruments()

    async def connect(self) -> None:
        self._check_credentials()
        await self._measure_clock()
        await self.prepare()
        self._meet(self.settings.symbols)
        await self._ask("account", {}, section="fapiPrivateV3")

    def rereader(self) -> Rereader:
        frames = Frames(self.account, self.contracts, self.heard, _KINDS, {}, {})
        return Rereading(self.account, frames.read, futures_pages(self.account, self.contracts))

    @property
    def contracts(self) -> Contracts:
        if self._contracts is None:
            raise NotSupported("binanceusdm: not connected yet")
        return self._contracts

    def _meet(self, symbols: frozenset[str]) -> None:
        """Remember markets that this account has to do with."""
        self._met |= {name for symbol in symbols if (name := self.contracts.id(symbol)) is not None}

    # ---- states ----

    async def observe(self, kind: Literal["balances", "orders", "positions"]) -> tuple[Heard, ...]:
        if kind == "balances":
            return (await self._balances(),)
        if kind == "positions":
            return await self._positions()
        now = await self._orders("openOrders", {})
        ended = []
        for name in sorted(self._met):
            with suppress(NotListed):
                ended.append(await self._orders("allOrders", {"symbol": name, "limit": 50}))
        return (now, *ended)

    async def _balances(self) -> Heard:
        answer = await self._ask("account", {}, section="fapiPrivateV3", kept="account")
        rows, unreadable = read_each(
            named(result_of(answer, "assets"), "asset"), lambda _, item: [rest_balance(row_of(item))]
        )
        seen = BalancesSeen(
            account=self.account,
            at_ns=answer.sent_ns,
            complete=not unreadable,
            rows=tuple(row for row in rows if row.total),
        )
        return self.heard(answer, "account", observations=[seen], unreadable=unreadable)

    async def _positions(self) -> tuple[Heard, ...]:
        settings = await self._ask("symbolConfig", {})

        def read_leverage(_: str, item: object) -> list[None]:
            row = row_of(item)
            self._leverage[self.contracts.instrument(text(row, "symbol")).symbol] = number(row, "leverage")
            return []

        read_each(named(settings.data, "row"), read_leverage)
        answer = await self._ask("positionRisk", {}, section="fapiPrivateV3", kept="positionRisk")

        def symbol_of(row: Row) -> str:
            return self.contracts.instrument(text(row, "symbol")).symbol

        rows, unreadable = read_each(
            named(answer.data, "position"),
            lambda _, item: [rest_position(row_of(item), self.contracts, self._leverage.get(symbol_of(row_of(item))))],
        )
        self._meet(frozenset(row.symbol for row in rows))
        seen = PositionsSeen(
            account=self.account,
            at_ns=answer.sent_ns,
            complete=not unreadable,
            rows=tuple(row for row in rows if row.quantity),
        )
        return (self.heard(answer, "positionRisk", observations=[seen], unreadable=unreadable),)

    async def _orders(self, path: str, params: dict[str, object]) -> Heard:
        answer = await self._ask(path, params, kept=path)

        def read(_: str, item: object) -> list[Order]:
            kind = forced_type(maybe_text(row_of(item), "clientOrderId"))
            if kind != "trade":
                self._forced[order_name(row_of(item))] = kind
            return [rest_order(row_of(item), self.contracts)]

        rows, unreadable = read_each(named(answer.data, "order"), read)
        self._meet(frozenset(row.symbol for row in rows if row.symbol is not None))
        complete = path == "openOrders" and not unreadable
        seen = OrdersSeen(account=self.account, at_ns=answer.sent_ns, complete=complete, rows=tuple(rows))
        return self.heard(answer, path, observations=[seen], unreadable=unreadable)

    # ---- the past ----

    def _history(self, kinds: frozenset[DataKind], cursors: Mapping[str, str], symbols: frozenset[str]) -> History:
        self._meet(symbols)
        stored = Cursors(cursors)
        stored.markets |= self._met
        return History(self._ask, self.account, self.contracts, stored, self._forced, self.heard, kinds, self._gone)

    async def catch_up(
        self, kinds: frozenset[DataKind], cursors: Mapping[str, str], symbols: frozenset[str], *, deeper_s: int = 0
    ) -> AsyncIterator[Page]:
        if not any(name.startswith("binance.") for name in cursors):
            # Which markets an account trades in, only its positions and orders say at first.
            yield Page(heard=(*await self._positions(), await self._orders("openOrders", {})))
        history = self._history(kinds, cursors, symbols)
        async for page in history.newest(deeper_ms=deeper_s * 1000):
            yield page
        self._met |= history.cursors.markets

    async def backfill(
        self, kinds: frozenset[DataKind], cursors: Mapping[str, str], symbols: frozenset[str]
    ) -> AsyncIterator[Page]:
        history = self._history(kinds, cursors, symbols)
        async for page in history.oldest(self.clock.now_ns() // MILLISECOND):
            yield page
        self._met |= history.cursors.markets

    # ---- the stream ----

    def stream(self, kinds: frozenset[DataKind]) -> AbstractAsyncContextManager[AsyncIterator[StreamItem]]:
        frames = Frames(self.account, self.contracts, self.heard, kinds & _KINDS, self._forced, self._leverage)
        renewing: list[asyncio.Task[None]] = []

        async def start(tee: Tee) -> None:
            answer = await self.wire.ask("fapiPrivate", "listenKey", method="POST")
            key = text(row_of(answer.data), "listenKey")
            self.redactor.learn_token(key)
            self.wire.begin_stream(tee)
            exchange = self.wire.exchange
            tee.follow(exchange.watch(exchange.get_private_ws_url("linear", key), "acct", None, "acct"))
            renewing.append(asyncio.create_task(self._renew(tee)))

        async def stop() -> None:
            for task in renewing:
                task.cancel()
                with contextlib.suppress(asyncio.CancelledError):
                    await task

        return Stream(self.wire, start, frames.read, self.heard, stop, idle=(SOONER,))

    async def _renew(self, tee: Tee) -> None:
        """Keep the listen key alive; when that fails for good the stream ends, for it would fall silent."""
        while True:
            await self.clock.sleep(_RENEW_KEY_S)
            try:
                with translated(self.venue, "listenKey", self.redactor):
                    await self.wire.ask("fapiPrivate", "listenKey", method="PUT")
            except Unreachable:
                continue  # half of the key's life is left
            except AcctError as error:
                tee.ended(error)
                return

    # ---- prices ----

    async def prices(self, symbols: frozenset[str]) -> tuple[PriceSeen, ...]:
        wanted: dict[str, list[str]] = {}
        for symbol in sorted(symbols):
            name = self.contracts.id(symbol)
            if name is not None:
                wanted.setdefault(name, []).append(symbol)
        if not wanted:
            return ()
        single = next(iter(wanted)) if len(wanted) == 1 else None
        params = {"symbol": single} if single is not None else {}
        try:
            answer = await self.wire.ask("fapiPublic", "premiumIndex", params, cost=1.0 if single else 10.0)
        except NotListed:
            return ()
        rows = answer.data if isinstance(answer.data, list) else [answer.data]

        def read(_: str, item: object) -> list[PriceSeen]:
            row = row_of(item)
            return [self._price(symbol, row, answer.received_ns) for symbol in wanted.get(text(row, "symbol"), [])]

        return tuple(read_each(named(rows, "price"), read)[0])

    def _price(self, symbol: str, row: Row, at_ns: int) -> PriceSeen:
        """Return the mark price of a contract; for a spot pair the index, which is made of spot prices."""
        if ":" in symbol:
            return PriceSeen(symbol=symbol, price=number(row, "markPrice"), at_ns=at_ns, kind="mark", venue=self.venue)
        return PriceSeen(symbol=symbol, price=number(row, "indexPrice"), at_ns=at_ns, venue=self.venue)
