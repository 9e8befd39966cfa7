"""Binance spot's past: seven histories of money by time, and the trades of every market by id.

Markets to walk are those ever met; ``discovery`` says where to look besides. Behind that a sweep asks every listed
market whether the account has a trade in it, and once it has passed, and only then, fills are said to be complete. A
day later a new round begins. Markets that the exchange no longer lists cannot be asked for, and transfers between
wallets are forgotten after six months, so it is never claimed that there is nothing older.
"""

from __future__ import annotations

from collections.abc import AsyncIterator, Awaitable, Callable

import msgspec

from account_cli.domain.events import Event
from account_cli.domain.health import Coverage, DataKind
from account_cli.domain.times import MILLISECOND
from account_cli.errors import NotListed
from account_cli.exchanges.binance.cursors import Span, SpotCursors, Sweep
from account_cli.exchanges.binance.spot.discovery import Discovery
from account_cli.exchanges.binance.spot.listing import Pairs
from account_cli.exchanges.binance.spot.money import DAY_MS, SETTLED_MS, SOURCES, Source, assets_of
from account_cli.exchanges.binance.spot.rows import rest_fill
from account_cli.exchanges.binance.trades import TradesWalk, list_of, while_listed
from account_cli.exchanges.fields import read_each, row_of
from account_cli.exchanges.progress import Progress
from account_cli.exchanges.wire import Answer
from account_cli.ports import Heard, Page

ROUND_MS = DAY_MS
"""How long a sweep holds."""
AHEAD_MS = DAY_MS
"""How far beyond this computer's clock is asked: the exchange's may be ahead of it."""
_DELISTED = "markets that are no longer listed"
_STEP = 10
"""Markets between two storings of how far the sweep has come."""
AskSection = Callable[..., Awaitable[Answer]]


class Walk:
    """One walk through an account's past; ``ask`` sends a signed request."""

    def __init__(
        self,
        ask: AskSection,
        account: str,
        pairs: Pairs,
        cursors: SpotCursors,
        discovery: Discovery,
        wrap: Callable[..., Heard],
        forget: Callable[[int | None], None],
        kinds: frozenset[DataKind],
        progress: Progress,
        gone: dict[str, int] | None = None,
    ) -> None:
        self._ask, self._account, self._pairs, self._wrap = ask, account, pairs, wrap
        self._forget = forget
        self.cursors, self._discovery, self._kinds = cursors, discovery, kinds
        self._progress = progress
        self._asked: dict[str, int] = {}
        self._trades = TradesWalk(ask, "myTrades", lambda row: rest_fill(account, row, pairs), cursors, wrap, gone)

    async def newest(self, now_ms: int, *, deeper_ms: int = 0) -> AsyncIterator[Page]:
        """Walk from what is known, or so much before the newest of it, up to now."""
        if "transfers" in self._kinds:
            for source in SOURCES:
                async for page in self._newest_money(source, now_ms, deeper_ms):
                    yield page
        if "fills" in self._kinds:
            yield await self._look()
            for market in sorted(self.cursors.markets):
                async for page in while_listed(self._trades.newest(market)):
                    yield page
            since_ms = max(0, self._trades.newest_ms() - deeper_ms)
            for market in sorted(self.cursors.markets) if deeper_ms else ():
                async for page in while_listed(self._trades.again(market, since_ms)):
                    yield page
        yield Page(heard=(), coverage=self._coverage())

    async def oldest(self, now_ms: int) -> AsyncIterator[Page]:
        """Walk through what lies before, as far back as the exchange goes, then sweep over all markets."""
        found = False
        for source in SOURCES if "transfers" in self._kinds else ():
            async for page in self._older_money(source, now_ms):
                found = True
                yield page
        if "fills" in self._kinds:
            if self._discovery.candidates(self._pairs, self.cursors.markets):
                found = True
                yield await self._look()
            async for page in self._older_trades():
                found = True
                yield page
            async for page in self._sweep(now_ms):
                found = True
                yield page
        if found:
            yield Page(heard=(), coverage=self._coverage())

    # ---- markets ----

    async def _look(self) -> Page:
        """Look into every market where discovery suspects trades."""
        for market in self._discovery.candidates(self._pairs, self.cursors.markets):
            await self._traded(market)
        self._discovery.looked()
        return Page(heard=(), cursors=self.cursors.markets_cursor())

    async def _traded(self, market: str) -> None:
        """Ask for a market's newest trade; when there is one the market is met from now on."""
        try:
            answer = await self._ask("myTrades", {"symbol": market, "limit": 1})
        except NotListed:
            return
        if list_of(answer, "myTrades"):
            self.cursors.markets.add(market)

    async def _older_trades(self) -> AsyncIterator[Page]:
        for market in sorted(self.cursors.markets):
            if not self.cursors.of(market).done:
                async for page in while_listed(self._trades.older(market)):
                    yield page

    async def _sweep(self, now_ms: int) -> AsyncIterator[Page]:
        sweep = self.cursors.sweep
        if sweep.passed_ms is not None and sweep.passed_ms == sweep.began_ms:
            if now_ms - sweep.passed_ms < ROUND_MS:
                return
            sweep = Sweep(began_ms=now_ms, passed_ms=sweep.passed_ms)
        elif not sweep.began_ms:
            sweep = Sweep(began_ms=now_ms)
        left = [market for market in self._pairs.all if market > sweep.after]
        self._progress.begin("markets", len(left))
        try:
            for first in range(0, len(left), _STEP):
                step = left[first : first + _STEP]
                for market in step:
                    if market not in self.cursors.markets:
                        await self._traded(market)
                    self._progress.step()
                sweep = msgspec.structs.replace(sweep, after=step[-1])
                yield Page(heard=(), cursors=self.cursors.sweep_cursor(sweep))
                async for page in self._older_trades():
                    yield page
        finally:
            self._progress.end()
        sweep = msgspec.structs.replace(sweep, after="", passed_ms=sweep.began_ms)
        yield Page(heard=(), cursors=self.cursors.sweep_cursor(sweep))

    # ---- money ----

    async def _newest_money(self, source: Source, now_ms: int, deeper_ms: int) -> AsyncIterator[Page]:
        known = self.cursors.span(source.name)
        window = source.window_days * DAY_MS
        until = now_ms + AHEAD_MS
        start = until - window if known.high_ms is None else known.high_ms - max(0, deeper_ms - SETTLED_MS)
        while start <= until:
            end = min(start + window, until)
            heard = await self._money(source, start, end)
            low = start if known.low_ms is None else known.low_ms
            known = Span(low_ms=low, high_ms=max(known.high_ms or low, min(end, now_ms) - SETTLED_MS), done=known.done)
            yield Page(heard=heard, cursors=self.cursors.span_cursor(source.name, known))
            start = end + 1
        self._asked[source.name] = now_ms * MILLISECOND

    async def _older_money(self, source: Source, now_ms: int) -> AsyncIterator[Page]:
        known = self.cursors.span(source.name)
        if known.done or known.low_ms is None:
            return
        window, floor, end = source.window_days * DAY_MS, source.floor_ms(now_ms), known.low_ms
        while not known.done:
            start = max(end - window, floor)
            heard = await self._money(source, start, end) if start < end else ()
            known = msgspec.structs.replace(known, low_ms=min(start, end), done=start <= floor)
            end = start
            yield Page(heard=heard, cursors=self.cursors.span_cursor(source.name, known))

    async def _money(self, source: Source, start: int, end: int) -> tuple[Heard, ...]:
        """Ask for one window, in halves when the answer is full."""
        params = {**source.params, "startTime": start, "endTime": end}
        answer = await self._ask(source.path, params, section="sapi", kept=source.name)
        rows = source.rows(answer.data)
        if len(rows) >= source.most and start < end:
            self._forget(answer.inbox)
            middle = (start + end) // 2
            return (*await self._money(source, start, middle), *await self._money(source, middle + 1, end))
        named = [(f"row {place}", row) for place, row in enumerate(rows)]
        events, unreadable = read_each(named, lambda _, item: list(source.read(self._account, row_of(item))))
        if len(rows) >= source.most:
            unreadable.append(f"{source.path}: more rows at {start} than an answer holds")
        return self._told(source, answer, events, unreadable)

    def _told(self, source: Source, answer: Answer, events: list[Event], unreadable: list[str]) -> tuple[Heard, ...]:
        self._discovery.met({asset for event in events for asset in assets_of(event)})
        if not events and not unreadable:
            self._forget(answer.inbox)
            return ()
        return (self._wrap(answer, source.name, events=events, unreadable=unreadable),)

    # ---- what is proved ----

    def _coverage(self) -> tuple[Coverage, ...]:
        told: list[Coverage] = []
        spans = [(source, self.cursors.span(source.name)) for source in SOURCES]
        if "transfers" in self._kinds and all(span.low_ms is not None for _, span in spans):
            told += [self._span_covered(source, span) for source, span in spans]
        passed_ms = self.cursors.sweep.passed_ms
        if "fills" in self._kinds and passed_ms is not None:
            passed_ns = passed_ms * MILLISECOND
            told.append(
                Coverage(
                    kind="fills", since_ns=0, until_ns=passed_ns, from_start=True, asked_ns=passed_ns, lacks=_DELISTED
                )
            )
            told += [
                self._market_covered(market, passed_ns)
                for market in sorted(self.cursors.markets)
                if self._pairs.lists(market)
            ]
        return tuple(told)

    def _span_covered(self, source: Source, span: Span) -> Coverage:
        low_ms = span.low_ms or 0
        whole = span.done and source.kept_days is None
        return Coverage(
            kind="transfers",
            scope=source.name,
            since_ns=0 if whole else low_ms * MILLISECOND,
            until_ns=(span.high_ms or low_ms) * MILLISECOND,
            from_start=whole,
            kept_only=span.done and not whole,
            asked_ns=self._asked.get(source.name),
        )

    def _market_covered(self, market: str, passed_ns: int) -> Coverage:
        """Return what is proved of one market; until its past has been walked, no more than was met of it."""
        known = self.cursors.of(market)
        met_from = passed_ns if known.low_ns is None else known.low_ns + 1
        return Coverage(
            kind="fills",
            scope=self._pairs.instrument(market).symbol,
            since_ns=0 if known.done else met_from,
            until_ns=known.high_ns or (passed_ns if known.done else met_from),
            from_start=known.done,
            asked_ns=self._trades.asked.get(market),
        )
