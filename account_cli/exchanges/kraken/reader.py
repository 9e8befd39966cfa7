"""Reads one Kraken spot account.

Costs are those of Kraken's REST counter: 2 for the histories, 1 for the rest; the counter of the starter tier holds 15
and drains 0.33 a second (docs.kraken.com/api, "Spot REST rate limits"). Private requests carry a nonce that must rise,
so they go one at a time. Four fifths of the counter are used.
"""

from __future__ import annotations

from collections.abc import AsyncIterator, Mapping, Sequence
from contextlib import AbstractAsyncContextManager
from decimal import localcontext
from pathlib import Path
from typing import Literal

from account_cli.domain.health import DataKind
from account_cli.domain.keys import KeyRights
from account_cli.domain.money import MONEY
from account_cli.domain.observations import BalancesSeen, OrdersSeen, PriceSeen
from account_cli.domain.times import MINUTE, SECOND, from_seconds
from account_cli.errors import BadAnswer, KeyMissing, NotListed, NotSupported
from account_cli.exchanges.fields import Row, number, read_each, row_of, rows_of, text
from account_cli.exchanges.kraken.again import StoredPages
from account_cli.exchanges.kraken.assets import Names
from account_cli.exchanges.kraken.frames import CHANNELS, HEARTBEAT, Frames
from account_cli.exchanges.kraken.known import Hole, Known, load
from account_cli.exchanges.kraken.listing import ask_markets
from account_cli.exchanges.kraken.rows import rest_balances, rest_order
from account_cli.exchanges.kraken.transactions import CURSOR as TRANSACTIONS
from account_cli.exchanges.kraken.transactions import Asking, Transactions
from account_cli.exchanges.kraken.walk import CURSOR, OVERLAP_S, Walk
from account_cli.exchanges.limits import SHARE
from account_cli.exchanges.permissions import kraken_rights
from account_cli.exchanges.reading import Adapter, Stream
from account_cli.exchanges.rereading import Rereading
from account_cli.exchanges.tee import Tee
from account_cli.exchanges.wire import Answer, Manner, result_of
from account_cli.ports import Abilities, Clock, Heard, Page, ReaderSettings, Remark, Rereader, StreamItem
from account_cli.redaction import Redactor

#: (what the counter holds, what drains a second) by verification tier; the lowest is assumed.
TIERS = {"starter": (15.0, 0.33), "intermediate": (20.0, 0.5), "pro": (20.0, 1.0)}


class KrakenReader(Adapter):
    """An ``ExchangeReader`` for Kraken spot."""

    def __init__(
        self, settings: ReaderSettings, clock: Clock, redactor: Redactor, cache_dir: Path, *, tier: str = "starter"
    ) -> None:
        ceiling, per_second = TIERS[tier]
        manner = Manner(
            ceiling=SHARE * ceiling, per_second=per_second, public=("public",), ordered=("private",), dated=True
        )
        super().__init__(settings, clock, redactor, cache_dir, manner)
        self._names: Names | None = None
        self._transactions = Asking(self.wire, self.account, self.heard)

    def remarks(self) -> tuple[Remark, ...]:
        return (*super().remarks(), *self._transactions.remarks())

    def abilities(self) -> Abilities:
        return Abilities(
            streams=frozenset({"balances", "orders", "fills"}),
            polls=frozenset({"balances", "orders", "fills", "transfers"}),
            has_positions=False,
            numbered=True,
            silent_after_s=12.0,
        )

    async def prepare(self, *, stale: bool = False) -> None:
        markets = await self._markets(ask_markets, stale=stale)
        self._names, self._instruments = Names(markets), markets.instruments()

    async def connect(self) -> None:
        if not self.settings.api_key or not self.settings.secret:
            raise KeyMissing(f"{self.account}: kraken needs an API key and its secret")
        await self.prepare()
        await self.wire.ask("private", "BalanceEx", method="POST")

    async def key(self) -> KeyRights:
        answer = await self.wire.ask("private", "GetApiKeyInfo", method="POST")
        return kraken_rights(result_of(answer, "result"))

    def rereader(self) -> Rereader:
        asked = dict(enumerate(sorted(CHANNELS, reverse=True), start=1))
        frames = Frames(self.account, self.names, asked, self.heard, self.abilities().streams)
        pages = StoredPages(self.account, self.names)
        return Rereading(self.account, frames.read, pages, pages.running)

    @property
    def names(self) -> Names:
        if self._names is None:
            raise NotSupported("kraken: not connected yet")
        return self._names

    async def observe(self, kind: Literal["balances", "orders", "positions"]) -> tuple[Heard, ...]:
        if kind == "balances":
            return (await self._balances(),)
        if kind == "orders":
            return (await self._orders("OpenOrders", "open", 1.0), await self._orders("ClosedOrders", "closed", 2.0))
        return ()

    async def _balances(self) -> Heard:
        answer = await self.wire.ask("private", "BalanceEx", method="POST", kept="BalanceEx")
        found = row_of(result_of(answer, "result"), "result")

        def read(code: str, item: object) -> list[tuple[str, Row]]:
            row = row_of(item)
            rest_balances([(code, row)], self.names)
            return [(code, row)]

        rows, unreadable = read_each(found.items(), read)
        with localcontext(MONEY):
            balances = rest_balances(rows, self.names)
        complete = not unreadable
        seen = BalancesSeen(account=self.account, at_ns=answer.sent_ns, complete=complete, rows=tuple(balances))
        return self.heard(answer, "BalanceEx", observations=[seen], unreadable=unreadable)

    async def _orders(self, path: str, key: str, cost: float) -> Heard:
        answer = await self.wire.ask("private", path, method="POST", cost=cost, kept=path)
        found = row_of(row_of(result_of(answer, "result"), "result").get(key), key)
        return self._orders_in(answer, path, found, complete=key == "open")

    async def query_orders(self, ids: Sequence[str]) -> tuple[Heard, ...]:
        path = "QueryOrders"
        answer = await self.wire.ask("private", path, {"txid": ",".join(ids)}, method="POST", kept=path)
        return (self._orders_in(answer, path, row_of(result_of(answer, "result"), "result"), complete=False),)

    def _orders_in(self, answer: Answer, path: str, found: Row, *, complete: bool) -> Heard:
        rows, unreadable = read_each(
            found.items(), lambda order_id, item: [rest_order(order_id, row_of(item), self.names)]
        )
        complete = complete and not unreadable
        seen = OrdersSeen(account=self.account, at_ns=answer.sent_ns, complete=complete, rows=tuple(rows))
        return self.heard(answer, path, observations=[seen], unreadable=unreadable)

    async def catch_up(
        self, kinds: frozenset[DataKind], cursors: Mapping[str, str], symbols: frozenset[str], *, deeper_s: int = 0
    ) -> AsyncIterator[Page]:
        del symbols  # Kraken tells all markets at once
        known = load(cursors.get(CURSOR))
        first_run = not known.intervals
        transactions = Transactions(cursors.get(TRANSACTIONS), anew=deeper_s > 0)
        for hole in known.holes():
            overlap_s = OVERLAP_S + (deeper_s if hole.end is None else 0)
            walk = self._walk(known, hole, kinds, transactions, overlap_s)
            async for page in walk.pages(only_newest=first_run):
                yield transactions.kept_in(page)
            known = walk.known
        async for page in self._transactions.pages(transactions):
            yield page

    def _walk(
        self, known: Known, hole: Hole, kinds: frozenset[DataKind], transactions: Transactions, overlap_s: int
    ) -> Walk:
        return Walk(
            self.wire,
            self.account,
            self.names,
            known,
            hole,
            self.heard,
            kinds,
            overlap_s=overlap_s,
            note=transactions.note,
        )

    async def backfill(
        self, kinds: frozenset[DataKind], cursors: Mapping[str, str], symbols: frozenset[str]
    ) -> AsyncIterator[Page]:
        del symbols
        known = load(cursors.get(CURSOR))
        hole = known.past()
        if hole is None:
            return
        transactions = Transactions(cursors.get(TRANSACTIONS))
        async for page in self._walk(known, hole, kinds, transactions, OVERLAP_S).pages():
            yield transactions.kept_in(page)
        async for page in self._transactions.pages(transactions):
            yield page

    async def count_fills(self, since_ns: int, until_ns: int, symbols: frozenset[str]) -> Mapping[str, int]:
        del symbols  # Kraken counts all markets at once
        params = {"start": since_ns // SECOND, "end": until_ns // SECOND}
        answer = await self.wire.ask("private", "TradesHistory", params, method="POST", cost=2.0)
        count = row_of(result_of(answer, "result"), "result").get("count")
        if not isinstance(count, int):
            raise BadAnswer("kraken: TradesHistory: no count")
        return {"": count}

    def stream(self, kinds: frozenset[DataKind]) -> AbstractAsyncContextManager[AsyncIterator[StreamItem]]:
        channels = sorted((channel for channel, told in CHANNELS.items() if told & kinds), reverse=True)
        asked = dict(enumerate(channels, start=1))
        frames = Frames(self.account, self.names, asked, self.heard, kinds & self.abilities().streams)

        async def start(tee: Tee) -> None:
            answer = await self.wire.ask("private", "GetWebSocketsToken", method="POST")
            token = text(row_of(result_of(answer, "result"), "result"), "token")
            self.redactor.learn_token(token)
            self.wire.begin_stream(tee)
            exchange = self.wire.exchange
            url = exchange.urls["api"]["ws"]["privateV2"]
            for place, channel in asked.items():
                params: dict[str, object] = {"channel": channel, "token": token}
                if channel == "executions":
                    params |= {"snap_orders": True, "snap_trades": True}
                message = {"method": "subscribe", "params": params, "req_id": place}
                tee.follow(exchange.watch(url, f"acct-{channel}", message, f"acct-{channel}"))

        return Stream(self.wire, start, frames.read, self.heard, idle=(HEARTBEAT,))

    async def prices(self, symbols: frozenset[str]) -> tuple[PriceSeen, ...]:
        pairs = {self._pair(symbol): symbol for symbol in sorted(symbols) if symbol in self._instruments}
        if not pairs:
            return ()
        try:
            answer = await self.wire.ask("public", "Ticker", {"pair": ",".join(pairs)}, cost=1.0)
        except NotListed:  # one that is not listed any more takes the prices of all others with it
            half = frozenset(sorted(symbols)[: len(symbols) // 2])
            return (*await self.prices(half), *await self.prices(symbols - half)) if half else ()
        found = row_of(result_of(answer, "result"), "result")

        def read(pair: str, item: object) -> list[PriceSeen]:
            last = rows_of(row_of(item).get("c"), "c")
            symbol = pairs.get(pair) or self.names.symbol(pair)
            if symbol is None or symbol not in symbols:
                return []
            price = number({"last": last[0] if last else None}, "last")
            return [PriceSeen(symbol=symbol, price=price, at_ns=answer.received_ns, venue=self.venue)]

        return tuple(read_each(found.items(), read)[0])

    async def candles(self, symbol: str, since_ns: int, until_ns: int) -> tuple[PriceSeen, ...]:
        if symbol not in self._instruments:
            return ()
        params = {"pair": self._pair(symbol), "interval": 1, "since": max(0, since_ns // SECOND - 60)}
        try:
            answer = await self.wire.ask("public", "OHLC", params, cost=1.0)
        except NotListed:
            return ()
        found = row_of(result_of(answer, "result"), "result")
        rows = next((value for key, value in found.items() if key != "last"), [])

        def read(_: str, item: object) -> list[PriceSeen]:
            candle = rows_of(item, "candle")
            if len(candle) < 5:
                raise BadAnswer("a candle is too short")
            closed_ns = from_seconds(str(candle[0])) + MINUTE
            if not since_ns <= closed_ns <= until_ns:
                return []
            price = number({"close": candle[4]}, "close")
            return [PriceSeen(symbol=symbol, price=price, at_ns=closed_ns, venue=self.venue)]

        return tuple(read_each(((str(place), row) for place, row in enumerate(rows_of(rows))), read)[0])

    def _pair(self, symbol: str) -> str:
        listing = self.names.listing(symbol)
        return symbol if listing is None else listing.id
