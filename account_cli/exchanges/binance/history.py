"""Binance's past is walked twice: the income by time, and the trades of every market it names by id.

There is no list of all fills of an account: ``userTrades`` wants a market. The markets come from the income history
(each commission and each realised profit names one), from positions and orders, from what the journal has met and from
the configuration. ``fromId`` walks a market's trades upwards, a thousand at a time; it is inclusive, so every page
repeats the last trade of the one before, and nothing that shares a millisecond can be missed. ``income`` has only
times: pages begin at the last time of the page before, inclusive, and a page that is full of one millisecond is
followed by its ``page`` 2, 3, …

The exchange forgets: income after 90 days, trades after six months. So it is never claimed that there is nothing older.

Source: developers.binance.com, USDⓈ-M Futures, "Get Income History", "Account Trade List", "User's Force Orders".
"""

from __future__ import annotations

import contextlib
from collections.abc import AsyncIterator, Callable, Iterable

import msgspec

from account_cli.domain.events import Event, Fill, FillType
from account_cli.domain.health import Coverage, DataKind
from account_cli.domain.times import DAY, MILLISECOND, MINUTE
from account_cli.exchanges.binance.cursors import Cursors, Income
from account_cli.exchanges.binance.income import OF_A_LIQUIDATION, facts_of, market_of
from account_cli.exchanges.binance.listing import Contracts
from account_cli.exchanges.binance.rows import forced_type, order_name, rest_fill
from account_cli.exchanges.binance.trades import PAGE, Ask, TradesWalk, list_of, named_rows, while_listed
from account_cli.exchanges.fields import Row, Unreadable, maybe_text, milliseconds, nonzero, read_each, row_of, whole
from account_cli.exchanges.wire import Answer
from account_cli.ports import Heard, Page

OVERLAP_MS = 600_000
"""How far a walk reaches into what is known: rows of one instant may show up minutes apart."""
WINDOW_MS = 7 * 86_400_000
KEPT_MS = 90 * 86_400_000


class History:
    """One walk through an account's past; ``ask`` sends a signed request of section ``fapiPrivate``."""

    def __init__(
        self,
        ask: Ask,
        account: str,
        contracts: Contracts,
        cursors: Cursors,
        forced: dict[str, FillType],
        wrap: Callable[..., Heard],
        kinds: frozenset[DataKind],
        gone: dict[str, int] | None = None,
    ) -> None:
        self._ask, self._account, self._contracts, self._wrap = ask, account, contracts, wrap
        self.cursors, self._forced, self._kinds = cursors, forced, kinds
        self._ask_forced = False
        self._forced_asked_ns = 0
        self._income_asked_ns: int | None = None
        self._trades = TradesWalk(ask, "userTrades", self._fill, cursors, wrap, gone, first=self._forced_among)

    def _fill(self, row: Row) -> Fill:
        return rest_fill(self._account, row, self._contracts, self._forced)

    async def newest(self, *, deeper_ms: int = 0) -> AsyncIterator[Page]:
        """Walk from what is known, or so much before it, up to now."""
        async for page in self._newest_income(deeper_ms):
            yield page
        if self._ask_forced or deeper_ms:
            yield Page(heard=(await self._forced_orders(),))
        for market in sorted(self.cursors.markets):
            async for page in while_listed(self._trades.newest(market)):
                yield page
        since_ms = max(self.cursors.income.high_ms or 0, self._trades.newest_ms()) - OVERLAP_MS - deeper_ms
        for market in sorted(self.cursors.markets) if deeper_ms else ():
            async for page in while_listed(self._trades.again(market, max(0, since_ms))):
                yield page
        yield Page(heard=(), coverage=self._coverage())

    async def oldest(self, now_ms: int) -> AsyncIterator[Page]:
        """Walk through what lies before, as far back as the exchange goes."""
        found = False
        async for page in self._older_income(now_ms):
            found = True
            yield page
        for market in sorted(self.cursors.markets):
            if not self.cursors.of(market).done:
                found = True
                async for page in while_listed(self._trades.older(market)):
                    yield page
        if found:
            yield Page(heard=(), coverage=self._coverage())

    # ---- income ----

    async def _newest_income(self, deeper_ms: int) -> AsyncIterator[Page]:
        known = self.cursors.income
        # Read back to where the exchange forgets and nothing met: whatever there is now came since, so begin there. The
        # first run, with nothing known at all, takes the newest page; what is older is walked back to.
        since = known.low_ms if known.high_ms is None else max(0, known.high_ms - OVERLAP_MS - deeper_ms)
        async for heard, times in self._income_pages(since, None):
            if times:
                # The oldest instant of a page that is only the newest may have more than the page shows.
                low = known.low_ms if known.low_ms is not None else min(times) + 1
                high = max(times) if known.high_ms is None else max(known.high_ms, *times)
                known = Income(low_ms=low, high_ms=high, done=known.done)
            yield Page(heard=(heard,), cursors=self.cursors.income_cursor(known))

    async def _older_income(self, now_ms: int) -> AsyncIterator[Page]:
        known = self.cursors.income
        last = max(0, now_ms - KEPT_MS)
        end = known.low_ms if known.low_ms is not None else now_ms
        while not known.done:
            start = max(end - WINDOW_MS, last)
            async for heard, times in self._income_pages(start, end):
                newest = max([known.high_ms or 0, *times]) or None
                known = msgspec.structs.replace(known, high_ms=newest)
                yield Page(heard=(heard,))
            known = msgspec.structs.replace(known, low_ms=start, done=start <= last)
            end = start
            yield Page(heard=(), cursors=self.cursors.income_cursor(known))

    async def _income_pages(self, start: int | None, end: int | None) -> AsyncIterator[tuple[Heard, list[int]]]:
        """Yield the pages of an interval in milliseconds, both ends included, oldest first."""
        number_of_page = 1
        while True:
            params: dict[str, object] = {"limit": PAGE}
            params |= {key: at for key, at in (("startTime", start), ("endTime", end)) if at is not None}
            if number_of_page > 1:
                params["page"] = number_of_page
            answer = await self._ask("income", params, kept="income")
            rows = list_of(answer, "income")
            times = _times(answer)
            yield self._income(answer, rows), times
            if len(rows) < PAGE or not times:
                if end is None:
                    self._income_asked_ns = answer.received_ns
                return
            number_of_page = number_of_page + 1 if start == max(times) else 1
            start = max(times)

    def _income(self, answer: Answer, rows: list[object]) -> Heard:
        def read(_: str, item: object) -> Iterable[Event]:
            row = row_of(item)
            market = market_of(row)
            if market is not None:
                self._contracts.instrument(market)  # a name that means nothing would be asked for in every walk
                self.cursors.markets.add(market)
            self._ask_forced = self._ask_forced or row.get("incomeType") == OF_A_LIQUIDATION
            return facts_of(self._account, row, self._contracts)

        events, unreadable = read_each(named_rows(rows), read)
        return self._wrap(answer, "income", events=events, unreadable=unreadable)

    async def _forced_among(self, rows: list[object], known: int | None) -> Heard | None:
        """Ask which orders were forced, when one of these trades may be of one that was not asked about yet.

        A forced closing looks like any other trade, but for the profit or loss that every closing makes. ``known`` is
        the newest trade that was read before.
        """
        closings = _closings(rows, known)
        if not closings or max(closings) + MINUTE < self._forced_asked_ns:  # the exchange's clock, and our own
            return None
        return await self._forced_orders()

    async def _forced_orders(self) -> Heard:
        """Ask which orders were forced closings: their trades look like any other."""
        answer = await self._ask("forceOrders", {"limit": 100}, kept="forceOrders")
        self._forced_asked_ns = answer.sent_ns

        def read(_: str, item: object) -> Iterable[None]:
            row = row_of(item)
            kind = forced_type(maybe_text(row, "clientOrderId"))
            if kind != "trade":
                self._forced[order_name(row)] = kind
            return ()

        _, unreadable = read_each(named_rows(list_of(answer, "forceOrders")), read)
        return self._wrap(answer, "forceOrders", unreadable=unreadable)

    def _coverage(self) -> tuple[Coverage, ...]:
        """Return what is proved; markets are known from the income, so fills are proved no further than that."""
        income = self.cursors.income
        if income.low_ms is None:
            return ()
        since, until = income.low_ms * MILLISECOND, (income.high_ms or income.low_ms) * MILLISECOND
        told = [
            Coverage(kind=kind, since_ns=since, until_ns=until, kept_only=income.done, asked_ns=self._income_asked_ns)
            for kind in sorted(self._kinds & {"fills", "transfers"})
        ]
        if "fills" in self._kinds:
            told += [self._market(name, since, until, kept_only=income.done) for name in sorted(self.cursors.markets)]
        return tuple(told)

    def _market(self, name: str, since: int, until: int, *, kept_only: bool) -> Coverage:
        """Return what is proved of one market; until its past has been walked, no more than was met of it."""
        known = self.cursors.of(name)
        met_from = known.low_ns + 1 if known.low_ns is not None else until
        try:
            scope = self._contracts.instrument(name).symbol
        except Unreadable:
            scope = name
        return Coverage(
            kind="fills",
            scope=scope,
            since_ns=since if known.done else max(since, met_from),
            until_ns=known.high_ns or (until if known.done else max(since, met_from)),
            kept_only=kept_only and known.done,
            asked_ns=self._trades.asked.get(name),
        )


def _closings(rows: list[object], known: int | None) -> list[int]:
    """Return when each trade that is newer than ``known`` and made a profit or a loss happened, in nanoseconds."""
    found: list[int] = []
    for row in rows:
        with contextlib.suppress(Unreadable):
            if nonzero(row_of(row), "realizedPnl") is not None and (known is None or whole(row_of(row), "id") > known):
                found.append(milliseconds(row_of(row), "time"))
    return found


def _times(answer: Answer) -> list[int]:
    """Return the times, in milliseconds, of the rows that have one; of none that the exchange cannot know yet."""
    found: list[int] = []
    for row in list_of(answer, "income"):
        with contextlib.suppress(Unreadable):
            at_ns = milliseconds(row_of(row), "time")
            if at_ns <= answer.received_ns + DAY:
                found.append(at_ns // MILLISECOND)
    return found
