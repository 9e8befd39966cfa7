"""Everything a collector asks by REST: present states, walks through history, prices.

One walk at a time for each account: two would each store its own idea of the cursor, and the later one would take back
what the other had proved. The long walk back gives way to whoever wants to know the present, and goes on after.
"""

from __future__ import annotations

import asyncio
from collections.abc import AsyncGenerator, AsyncIterator, Callable, Iterable, Mapping
from contextlib import aclosing, asynccontextmanager
from functools import partial

import msgspec

from account_cli.collector.counting import Counting
from account_cli.collector.delivery import Deliver, Delivery, Receipt, Unexplained
from account_cli.collector.giving_way import GivingWay
from account_cli.collector.health import Health
from account_cli.collector.looking_back import UNEXPLAINED, LookingBack
from account_cli.collector.lost_orders import LostOrders
from account_cli.collector.pricing import markets_to_price
from account_cli.domain.events import Fill
from account_cli.domain.health import DataKind, reaches
from account_cli.domain.identity import identity
from account_cli.domain.observations import Balance, BalancesSeen, Position, PositionsSeen
from account_cli.killing import fault
from account_cli.ports import ExchangeReader, Heard, JournalReader, Origin, Page

HISTORY: frozenset[DataKind] = frozenset({"fills", "transfers"})
_BOOKS: tuple[DataKind, ...] = ("balances", "positions")
Proved = Callable[[frozenset[DataKind]], None]
"""Hears of kinds for which all was asked."""
_Walk = Callable[[frozenset[DataKind], Mapping[str, str], frozenset[str]], AsyncIterator[Page]]


def to_nobody(_: frozenset[DataKind]) -> None:
    """Nobody wants to know."""


class Asking:
    """Asks one reader, delivers what it says, and looks up in ``memory`` where to go on."""

    def __init__(
        self, reader: ExchangeReader, deliver: Deliver, memory: JournalReader, health: Health, currency: str
    ) -> None:
        self._reader, self._deliver, self._memory = reader, deliver, memory
        self._health, self._currency = health, currency
        self._account = reader.account
        self.numbered = reader.abilities().numbered
        """Whether a frame that is lost on the way is missed at once."""
        self._walking = asyncio.Lock()
        self._looking_back = LookingBack()
        self._settled = False
        """Whether what lay before the oldest known fact was settled when the books were last compared."""
        self._counting = Counting(reader, deliver, memory)
        self._lost_orders = LostOrders(reader, deliver, memory)
        self._wanted = 0
        self.walking_back = GivingWay()
        self.on_unheard: Callable[[list[str]], None] = lambda _: None
        """Hears the identities of fills that a walk through the present found and that nobody had told before."""
        self.on_balances: Callable[[Iterable[Balance], int], None] = lambda _, __: None
        """Hears what REST states of balances, and when that was asked for (nanoseconds)."""

    async def everything(
        self,
        kinds: frozenset[DataKind],
        *,
        deeper_s: int = 0,
        proved: Proved = to_nobody,
    ) -> list[Receipt]:
        """Ask for the present state of ``kinds`` and walk through what happened since the cursor.

        With ``deeper_s`` the walk begins so many seconds further back, and what it finds there is a repair. ``proved``
        hears of kinds as soon as all was asked for them: where requests are dear, the rest takes a while.

        Where not all of history is asked for, the books prove nothing about it and are compared another time.

        While it is not settled what lay before the oldest known fact, balances and positions are asked for before and
        after: when they are the same, nothing happened on the way, and what the facts do not explain lay before.
        """
        async with self._turn():
            receipts: list[Receipt] = []
            books = [kind for kind in _BOOKS if kind in kinds - self._health.of("off")]
            history = kinds & HISTORY - self._health.of("off")
            walking = bool(history) and history == HISTORY - self._health.of("off") and "balances" in books
            settling = walking and not self.knows_the_start and not self._settled
            before = [await self._observe(kind) for kind in books] if settling else []
            if history:
                reach_s = max(deeper_s, self._looking_back.reach_s())
                walk = partial(self._reader.catch_up, deeper_s=reach_s)
                receipts += await self._walk(walk, history, "repair" if reach_s else "rest")
                proved(history)
            if books:
                after = [await self._observe(kind) for kind in books]
                settle = (walking and self.knows_the_start) or (settling and _states(before) == _states(after))
                compared = [msgspec.structs.replace(one, observations=()) for answer in before for one in answer]
                heard = (*compared, *(one for answer in after for one in answer))
                told = Delivery(
                    account=self._account, heard=heard, settle_openings=settle, compare_books=walking and not settling
                )
                receipts.append(await self._deliver(told))
                if walking and (settle or not settling):
                    self._settled = receipts[-1].settled
                    await self._look_into(receipts[-1])
                proved(frozenset(books))
            if "orders" in kinds - self._health.of("off"):
                receipts.append(await self._write(await self._observe("orders")))
                await self._lost_orders.look()
                proved(frozenset({"orders"}))
            if walking:
                await self._counting.look(heard[-1].received_ns, self._symbols)
        return receipts

    async def _look_into(self, receipt: Receipt) -> None:
        """Remember what the books leave unexplained, and say so when looking further back did not explain it."""
        self._looking_back.found((*receipt.unexplained, *self._uncounted()))
        if (text := self._looking_back.news()) is not None:
            notice = self._health.notice("warning", UNEXPLAINED, text)
            await self._deliver(Delivery(account=self._account, notices=(notice,)))

    def _uncounted(self) -> list[Unexplained]:
        """Return the fills that the exchange counts and nobody told, as the last comparison had them."""
        last = next((run for _, run in self._memory.runs(self._account, limit=1)), None)
        breaks = [item for item in last.items if item.kind == "fill" and item.is_break] if last else []
        return [Unexplained(item.wallet, item.what, item.difference, False) for item in breaks if item.difference]

    async def back_to_the_start(self) -> list[Receipt]:
        """Walk back from the oldest known fact to the first, giving way between pages to ``everything``."""
        receipts: list[Receipt] = []
        done: bool | None = False
        while not done:
            async with self._walking:
                done = await self.walking_back.run(self._walk_back(receipts))
        self._settled = False  # history reaches further back: what lay before is another question
        return receipts

    @asynccontextmanager
    async def _turn(self) -> AsyncIterator[None]:
        """Wait for the walk that is under way to end or to give way."""
        self._wanted += 1
        try:
            await self._walking.acquire()
        finally:
            self._wanted -= 1
        try:
            yield
        finally:
            self._walking.release()

    @property
    def began(self) -> bool:
        """True once a first page was read: from then on there is something to walk back from."""
        return bool(self._memory.cursors(self._account))

    @property
    def knows_the_start(self) -> bool:
        """True once every kind of history has been read back to its start."""
        known = reaches(self._memory.coverage(self._account))
        return all(kind in known and known[kind].whole for kind in HISTORY - self._health.of("off"))

    async def sample_prices(self) -> list[Receipt]:
        """Sample a price for everything held."""
        balances, positions = self._memory.balances(self._account), self._memory.positions(self._account)
        assets = [row.asset for row in (balances.rows if balances else ()) if row.total]
        contracts = [row.symbol for row in (positions.rows if positions else ()) if row.quantity]
        symbols = markets_to_price(assets, contracts, self._reader.instruments(), self._currency)
        if not symbols:
            return []
        prices = await self._reader.prices(symbols)
        return [await self._deliver(Delivery(account=self._account, prices=prices))] if prices else []

    async def _observe(self, kind: DataKind) -> tuple[Heard, ...]:
        assert kind in ("balances", "orders", "positions")
        heard = await self._reader.observe(kind)
        self._health.heard([kind])
        for seen in (seen for one in heard for seen in one.observations):
            if isinstance(seen, BalancesSeen):
                self.on_balances(seen.rows, seen.at_ns)
        return heard

    async def glance(self) -> bool:
        """Ask REST for the balances alone; return whether they are other than what is known."""
        known = self._memory.balances(self._account)
        heard = await self._observe("balances")
        await self._write(heard)
        if known is None:
            return True
        before = {(row.wallet, row.asset): row.total for row in known.rows}
        rows = [
            row for one in heard for seen in one.observations if isinstance(seen, BalancesSeen) for row in seen.rows
        ]
        return any(row.total != before.get((row.wallet, row.asset), 0) for row in rows)

    async def _write(self, heard: tuple[Heard, ...]) -> Receipt:
        return await self._deliver(Delivery(account=self._account, heard=heard))

    async def _walk(self, walk: _Walk, kinds: frozenset[DataKind], origin: Origin) -> list[Receipt]:
        receipts: list[Receipt] = []
        async with aclosing(self._pages(walk, kinds, self._memory.cursors(self._account))) as pages:
            async for page in pages:
                unheard = self._unheard(page)
                receipts.append(await self._keep(page, origin))
                if unheard:
                    self.on_unheard(unheard)
        polled = self._health.of("poll") & kinds
        self._health.heard(polled)
        self._health.set(polled, "polling")
        return receipts

    async def _walk_back(self, receipts: list[Receipt]) -> bool:
        """Walk back until all is read (True), or until somebody waits and this walk has proved something (False)."""
        begun = self._memory.cursors(self._account)
        async with aclosing(self._pages(self._reader.backfill, HISTORY - self._health.of("off"), begun)) as pages:
            async for page in pages:
                receipts.append(await self._keep(page))
                if self._wanted and any(begun.get(name) != value for name, value in page.cursors.items()):
                    return False
        return True

    async def _pages(
        self, walk: _Walk, kinds: frozenset[DataKind], cursors: Mapping[str, str]
    ) -> AsyncGenerator[Page, None]:
        """Yield the pages of a walk; one that is broken off is closed at once."""
        pages = walk(kinds, cursors, self._symbols())
        try:
            async for page in pages:
                yield page
        finally:
            if isinstance(pages, AsyncGenerator):
                await pages.aclose()

    async def _keep(self, page: Page, origin: Origin = "rest") -> Receipt:
        if page.cursors:
            fault("between_page_and_cursor")
        return await self._deliver(
            Delivery(
                account=self._account,
                origin=origin,
                heard=page.heard,
                cursors=dict(page.cursors),
                coverage=page.coverage,
            )
        )

    def _unheard(self, page: Page) -> list[str]:
        """Return the identities of this page's fills that the journal does not have."""
        names = [identity(event) for heard in page.heard for event in heard.events if isinstance(event, Fill)]
        known = self._memory.find(self._account, names) if names else {}
        return [name for name in names if name not in known]

    def _symbols(self) -> frozenset[str]:
        """Return every market this account is known to have had anything to do with."""
        seen = self._memory.positions(self._account)
        orders = self._memory.orders(self._account, only_open=False, limit=1000)
        return (
            self._memory.symbols(self._account)
            | frozenset(row.symbol for row in (seen.rows if seen else ()))
            | frozenset(order.symbol for order in orders if order.symbol)
        )


def _states(answers: Iterable[tuple[Heard, ...]]) -> list[object]:
    """Return what was observed, without when."""
    return [
        [
            msgspec.structs.replace(row, mark_price=None, unrealized_pnl=None, margin=None, liquidation_price=None)
            if isinstance(row, Position)
            else row.total
            for row in seen.rows
        ]
        for answer in answers
        for one in answer
        for seen in one.observations
        if isinstance(seen, (BalancesSeen, PositionsSeen))
    ]
