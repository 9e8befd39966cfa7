"""Reads one account at any exchange of ccxt that has no reader of its own here.

What it tells is what ccxt makes of the exchange's answers, with every digit kept; the answers themselves are kept as
received. It is marked ``generic``: ccxt's structures do not say everything (fees that come later, conversions,
rewards), so what it cannot see shows up as a difference when balances are reconciled.
"""

from __future__ import annotations

import json
from collections.abc import AsyncIterator, Callable, Mapping
from contextlib import AbstractAsyncContextManager
from functools import partial
from pathlib import Path
from typing import Any, Literal

from account_cli.domain.events import Event
from account_cli.domain.health import DataKind
from account_cli.domain.observations import BalancesSeen, Observation, OrdersSeen, PositionsSeen, PriceSeen
from account_cli.domain.times import MILLISECOND, MINUTE
from account_cli.errors import AcctError, KeyMissing, NotSupported, Permanent
from account_cli.exchanges.fields import nonzero, number, read_each, row_of, rows_of
from account_cli.exchanges.files import read_text, write_text
from account_cli.exchanges.generic import history, parse
from account_cli.exchanges.generic.streaming import WATCHES, Frames, Watching
from account_cli.exchanges.markets import FRESH_NS, cache_file
from account_cli.exchanges.reading import Adapter, Stream
from account_cli.exchanges.reads import Reads, Recorded, recorded
from account_cli.exchanges.rereading import Unread
from account_cli.exchanges.tee import Tee
from account_cli.exchanges.wire import Answer, Manner
from account_cli.ports import Abilities, Clock, Heard, Page, ReaderSettings, Rereader, StreamItem
from account_cli.redaction import Redactor

_TRANSFERS = ("fetchDeposits", "fetchWithdrawals", "fetchDepositsWithdrawals", "fetchFundingHistory")
_POLLS: dict[DataKind, tuple[str, ...]] = {
    "balances": ("fetchBalance",),
    "orders": ("fetchOpenOrders",),
    "fills": ("fetchMyTrades",),
    "positions": ("fetchPositions",),
    "transfers": _TRANSFERS,
}
_STREAMS: dict[DataKind, str] = {
    "balances": "watchBalance",
    "orders": "watchOrders",
    "fills": "watchMyTrades",
    "positions": "watchPositions",
}
_CREDENTIALS = {"apiKey": "api_key", "secret": "secret", "password": "passphrase", "walletAddress": "wallet_address"}
_PRICES = frozenset({"fetch_ticker", "fetch_tickers", "fetch_ohlcv"})
"""Answers that say nothing about the account, so that they are not kept."""
_QUOTES = ("USD", "USDT", "USDC", "EUR", "BTC")


class GenericReader(Adapter):
    """An ``ExchangeReader`` over ccxt's unified methods."""

    def __init__(
        self,
        settings: ReaderSettings,
        clock: Clock,
        redactor: Redactor,
        cache_dir: Path,
        *,
        known: Recorded | None = None,
    ) -> None:
        """``known`` stands in for what was recorded of the venue."""
        known = recorded()[settings.venue] if known is None else known
        options: dict[str, object] = {
            "tradesLimit": 10_000,
            "ordersLimit": 10_000,
            "warnOnFetchOpenOrdersWithoutSymbol": False,
            "watchPositions": {"fetchPositionsSnapshot": False, "awaitPositionsSnapshot": False},
        }
        super().__init__(settings, clock, redactor, cache_dir, Manner(options=options))
        self.wire.reads = Reads(settings.venue, known.reads)
        self._has = known.has
        self._wallet = "spot"
        self._by_symbol: set[str] = set()
        self._met: set[str] = set(settings.symbols)
        self._refusing: set[str] = set()

    def abilities(self) -> Abilities:
        polls = frozenset(kind for kind, names in _POLLS.items() if self._has & set(names))
        streams = frozenset(kind for kind, name in _STREAMS.items() if name in self._has)
        return Abilities(streams=streams, polls=polls, has_positions="positions" in polls | streams, generic=True)

    async def connect(self) -> None:
        exchange = self.wire.exchange
        self._check_credentials(exchange.requiredCredentials)
        per_second = 1000.0 / max(float(exchange.rateLimit or 1000), 1.0)
        self.wire.manner = self.wire.manner._replace(ceiling=max(5.0, per_second), per_second=per_second)
        await self._measure_clock()
        await self._load_markets()
        await self.observe("balances")

    def _check_credentials(self, required: Mapping[str, bool]) -> None:
        needs = [name for name, needed in required.items() if needed]
        unknown = [name for name in needs if name not in _CREDENTIALS and name != "privateKey"]
        if unknown:
            raise NotSupported(f"{self.venue} wants {', '.join(unknown)}, which acct does not take")
        missing = [
            _CREDENTIALS[name]
            for name in needs
            if name in _CREDENTIALS and getattr(self.settings, _CREDENTIALS[name]) is None
        ]
        if missing:
            raise KeyMissing(f"{self.account}: {self.venue} needs {', '.join(missing)}")

    async def prepare(self, *, stale: bool = False) -> None:
        del stale  # what only ccxt can read is not read again, so no market is needed for it

    def rereader(self) -> Rereader:
        return Unread()

    async def _load_markets(self) -> None:
        exchange = self.wire.exchange
        file = cache_file(self.cache_dir, self.settings)
        kept = _kept_markets(file, self.clock.now_ns())
        if kept is not None:
            exchange.set_markets(kept["markets"], kept["currencies"])
        else:
            await self.wire.through("markets", lambda made: made.load_markets())
            body = {
                "at_ns": self.clock.now_ns(),
                "markets": dict(exchange.markets),
                "currencies": dict(exchange.currencies or {}),
            }
            write_text(file, json.dumps(body, default=str))
        instruments = {}
        for symbol, market in exchange.markets.items():
            if market.get("type") != "option":
                instruments[str(symbol)] = parse.instrument_of(market)
        self._instruments = instruments
        spot = any(not instrument.is_contract for instrument in instruments.values())
        self._wallet = "spot" if spot else "futures"

    # ---- asking ----

    async def _measure_clock(self) -> None:
        """Ask for the exchange's time, where it tells it."""
        if "fetchTime" not in self._has or not self.wire.time.wants_measuring:
            return
        sent_ns = self.clock.now_ns()
        try:
            told, _ = await self.wire.through("time", lambda made: made.fetch_time())
        except Permanent:
            self._has -= {"fetchTime"}
            return
        if isinstance(told, int) and told > 0:
            self.wire.time.told(told * MILLISECOND, sent_ns)

    async def _call(self, name: str, *args: object, **named: object) -> tuple[Answer, Any]:
        """Await one of ccxt's reads; return the texts received for it, and what it returned."""
        await self._measure_clock()
        sent_ns = self.clock.now_ns()
        kept = None if name in _PRICES else name
        made, bodies = await self.wire.through(
            name, lambda exchange: getattr(exchange, name)(*args, **named), kept=kept
        )
        text, at_ns = "\n".join(bodies), self.clock.now_ns()
        return Answer(text, made, at_ns, sent_ns, await self.wire.keeping.answer(kept, text, at_ns)), made

    async def _by_symbols(self, name: str, call: Callable[[str | None], Any]) -> list[Any]:
        """Call once for all markets, or, where the exchange wants to be asked market by market, for each one met."""
        if name not in self._by_symbol:
            try:
                return [await call(None)]
            except Permanent as error:
                if type(error.__cause__).__name__ not in ("ArgumentsRequired", "BadRequest", "BadSymbol"):
                    raise
                self._by_symbol.add(name)
        return [await call(symbol) for symbol in sorted(self._met & self._instruments.keys())]

    async def observe(self, kind: Literal["balances", "orders", "positions"]) -> tuple[Heard, ...]:
        if kind == "balances":
            answer, made = await self._call("fetch_balance")
            rows, unreadable = parse.balances(self._wallet, row_of(made))
            self._meet_assets([row.asset for row in rows if row.total])
            seen: Observation = BalancesSeen(
                account=self.account, at_ns=answer.sent_ns, complete=not unreadable, rows=tuple(rows)
            )
            return (self.heard(answer, "fetch_balance", observations=[seen], unreadable=unreadable),)
        if kind == "orders":
            return await self._orders()
        if "fetchPositions" not in self._has:
            return ()
        answer, made = await self._call("fetch_positions")
        positions, unreadable = read_each(
            _named(made, "position"), lambda _, row: [parse.position(self._wallet, row_of(row), self._instruments)]
        )
        self._met |= {row.symbol for row in positions}
        held = tuple(row for row in positions if row.quantity)
        seen = PositionsSeen(account=self.account, at_ns=answer.sent_ns, complete=not unreadable, rows=held)
        return (self.heard(answer, "fetch_positions", observations=[seen], unreadable=unreadable),)

    async def _orders(self) -> tuple[Heard, ...]:
        async def opened(symbol: str | None) -> Heard:
            return self._order_rows(*await self._call("fetch_open_orders", symbol), complete=True)

        heard: list[Heard] = await self._by_symbols("fetch_open_orders", opened)
        if "fetch_open_orders" in self._by_symbol:  # a list for each market is not a list of all
            heard = [_incomplete(one) for one in heard]
        if "fetchClosedOrders" in self._has and "fetch_closed_orders" not in self._by_symbol:
            try:
                heard.append(self._order_rows(*await self._call("fetch_closed_orders"), complete=False))
            except Permanent:
                self._by_symbol.add("fetch_closed_orders")
        return tuple(heard)

    def _order_rows(self, answer: Answer, made: Any, *, complete: bool) -> Heard:
        rows, unreadable = read_each(_named(made, "order"), lambda _, row: [parse.order(row_of(row))])
        self._met |= {row.symbol for row in rows if row.symbol is not None}
        whole = complete and not unreadable
        seen = OrdersSeen(account=self.account, at_ns=answer.sent_ns, complete=whole, rows=tuple(rows))
        return self.heard(answer, "orders", observations=[seen], unreadable=unreadable)

    def _meet_assets(self, assets: list[str]) -> None:
        """Every market of a held asset against a common quote may have fills of this account."""
        pairs = {f"{asset}/{quote}" for asset in assets for quote in _QUOTES}
        self._met |= pairs & self._instruments.keys()

    # ---- the past ----

    def _walks(self, kinds: frozenset[DataKind]) -> list[tuple[str, history.Ask]]:
        """Return what is to be walked, each with the name of its cursor."""
        walks: list[tuple[str, history.Ask]] = []
        if "fills" in kinds and "fetchMyTrades" in self._has:
            one_by_one = "fetch_my_trades" in self._by_symbol
            symbols = sorted(self._met & self._instruments.keys()) if one_by_one else [None]
            walks += [(f"generic.fills.{symbol or ''}", self._asks_fills(symbol)) for symbol in symbols]
        if "transfers" in kinds:
            names = [name for name in _TRANSFERS if name in self._has and f"generic.{name}" not in self._refusing]
            walks += [(f"generic.{name}", self._asks_transfers(name)) for name in names]
        return walks

    def _asks_fills(self, symbol: str | None) -> history.Ask:
        async def ask(since_ms: int | None, until_ms: int | None) -> Heard:
            answer, made = await self._call("fetch_my_trades", symbol, since_ms, None, _until(until_ms))
            events, unreadable = read_each(
                _named(made, "trade"),
                lambda _, row: [parse.fill(self.account, self._wallet, row_of(row), self._instruments)],
            )
            return self.heard(answer, "fetch_my_trades", events=events, unreadable=unreadable)

        return ask

    def _asks_transfers(self, has: str) -> history.Ask:
        name = "fetch" + "".join(f"_{c.lower()}" if c.isupper() else c for c in has.removeprefix("fetch"))
        kind: Literal["deposit", "withdrawal"] = "withdrawal" if has == "fetchWithdrawals" else "deposit"

        def read(_: str, item: object) -> list[Event]:
            row = row_of(item)
            if has == "fetchFundingHistory":
                return [parse.funding(self.account, self._wallet, row)]
            return [*parse.transaction(self.account, self._wallet, row, kind)]

        async def ask(since_ms: int | None, until_ms: int | None) -> Heard:
            answer, made = await self._call(name, None, since_ms, None, _until(until_ms))
            events, unreadable = read_each(_named(made, "row"), read)
            return self.heard(answer, name, events=events, unreadable=unreadable)

        return ask

    async def _learn_scope(self, kinds: frozenset[DataKind]) -> None:
        """Find out whether fills are asked for at once or market by market."""
        if "fills" in kinds and "fetchMyTrades" in self._has and "fetch_my_trades" not in self._by_symbol:
            await self._by_symbols("fetch_my_trades", lambda symbol: self._asks_fills(symbol)(None, None))

    async def catch_up(
        self, kinds: frozenset[DataKind], cursors: Mapping[str, str], symbols: frozenset[str], *, deeper_s: int = 0
    ) -> AsyncIterator[Page]:
        self._met |= symbols
        if not cursors:
            await self._learn_scope(kinds)
        async for page in self._walked(partial(history.newest, deeper_ms=deeper_s * 1000), kinds, cursors):
            yield page

    async def backfill(
        self, kinds: frozenset[DataKind], cursors: Mapping[str, str], symbols: frozenset[str]
    ) -> AsyncIterator[Page]:
        self._met |= symbols
        if any(name.startswith("generic.fills.") and name != "generic.fills." for name in cursors):
            self._by_symbol.add("fetch_my_trades")
        async for page in self._walked(history.oldest, kinds, cursors):
            yield page

    async def _walked(
        self,
        walk: Callable[[str, history.Ask, history.Past, int], AsyncIterator[Page]],
        kinds: frozenset[DataKind],
        cursors: Mapping[str, str],
    ) -> AsyncIterator[Page]:
        if any(name.startswith("generic.fills.") and name != "generic.fills." for name in cursors):
            self._by_symbol.add("fetch_my_trades")
        for name, ask in self._walks(kinds):
            try:
                async for page in walk(name, ask, history.stored(cursors, name), self.clock.now_ns() // MILLISECOND):
                    yield page
            except Permanent as error:
                if name.startswith("generic.fills."):
                    raise
                self._refusing.add(name)
                yield Page(heard=(self._refused(name, error),))

    def _refused(self, name: str, error: AcctError) -> Heard:
        """Say that one of several histories of transfers cannot be read here; the others count."""
        now_ns = self.clock.now_ns()
        return self.heard(Answer("", None, now_ns, now_ns), name, unreadable=[error.message])

    # ---- the stream ----

    def stream(self, kinds: frozenset[DataKind]) -> AbstractAsyncContextManager[AsyncIterator[StreamItem]]:
        wanted = kinds & self.abilities().streams & WATCHES.keys()
        frames = Frames(self.account, self._wallet, lambda: self._instruments, self.heard, wanted)
        running: list[Watching] = []

        async def start(tee: Tee) -> None:
            self.wire.begin_stream(tee)
            running.append(Watching(self.wire.exchange, wanted, tee))
            running[0].start()

        async def stop() -> None:
            for watching in running:
                await watching.stop()

        return Stream(self.wire, start, frames.read, self.heard, stop)

    # ---- prices ----

    async def prices(self, symbols: frozenset[str]) -> tuple[PriceSeen, ...]:
        wanted = sorted(symbols & self._instruments.keys())
        if not wanted:
            return ()
        if "fetchTickers" in self._has and len(wanted) > 1:
            answer, made = await self._call("fetch_tickers", wanted)
            tickers = list(made.values())
        else:
            tickers = []
            for symbol in wanted:
                answer, made = await self._call("fetch_ticker", symbol)
                tickers.append(made)
        at_ns = answer.received_ns

        def read(_: str, item: object) -> list[PriceSeen]:
            row = row_of(item)
            symbol = str(row.get("symbol"))
            instrument = self._instruments.get(symbol)
            if instrument is None or symbol not in symbols:
                return []
            mark = nonzero(row, "markPrice") if instrument.is_contract else None
            price = mark or number(row, "last")
            kind: Literal["mark", "last"] = "mark" if mark else "last"
            return [PriceSeen(symbol=symbol, price=price, at_ns=at_ns, kind=kind, venue=self.venue)]

        return tuple(read_each(_named(tickers, "ticker"), read)[0])

    async def candles(self, symbol: str, since_ns: int, until_ns: int) -> tuple[PriceSeen, ...]:
        if symbol not in self._instruments or "fetchOHLCV" not in self._has:
            return ()
        _, made = await self._call("fetch_ohlcv", symbol, "1m", max(0, (since_ns - MINUTE) // MILLISECOND))

        def read(_: str, item: object) -> list[PriceSeen]:
            candle = rows_of(item, "candle")
            row = {"opened": candle[0], "close": candle[4]}
            closed_ns = int(number(row, "opened")) * MILLISECOND + MINUTE
            if not since_ns <= closed_ns <= until_ns:
                return []
            return [PriceSeen(symbol=symbol, price=number(row, "close"), at_ns=closed_ns, venue=self.venue)]

        return tuple(read_each(_named(made, "candle"), read)[0])


def _until(until_ms: int | None) -> dict[str, object]:
    return {} if until_ms is None else {"until": until_ms}


def _named(rows: Any, what: str) -> list[tuple[str, object]]:
    return [(f"{what} {place}", row) for place, row in enumerate(rows_of(list(rows)))]


def _incomplete(heard: Heard) -> Heard:
    import msgspec

    observations = tuple(
        msgspec.structs.replace(seen, complete=False) if isinstance(seen, OrdersSeen) else seen
        for seen in heard.observations
    )
    return msgspec.structs.replace(heard, observations=observations)


def _kept_markets(file: Path, now_ns: int) -> dict[str, Any] | None:
    body = read_text(file)
    try:
        kept = json.loads(body) if body is not None else None
    except ValueError:
        return None
    if not isinstance(kept, dict) or not isinstance(kept.get("at_ns"), int) or not kept.get("markets"):
        return None
    return kept if 0 <= now_ns - kept["at_ns"] < FRESH_NS else None
