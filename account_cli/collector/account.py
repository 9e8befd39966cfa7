"""One account, watched until told to stop: loops side by side, none of which another can delay.

* the stream: one connection after another, with backoff, for ever;
* the canary: while the stream is quiet, REST is asked for the balances three times a minute; when they moved, it is
  asked for what moved them, which the stream owes;
* the poll: at every interval the kinds that do not stream, or not now, and a sweep over fills and transfers that
  proves, for the streamed ones too, that nothing was missed, and moves the cursor on;
* the backfill: from the oldest known fact back to the first, page by page, behind the live stream;
* the prices of what is held, at most five seconds apart;
* once a second, how fresh everything is.

Every loop survives every ``AcctError``, says so, and tries again. A bug ends the account, loudly.
"""

from __future__ import annotations

import asyncio
import contextlib
from collections.abc import Awaitable, Callable, Iterable

from account_cli.collector.asking import HISTORY, Asking, Proved
from account_cli.collector.attempts import Attempts
from account_cli.collector.backfilled import BackFilled, told_of
from account_cli.collector.backoff import Backoff
from account_cli.collector.canary import Canary
from account_cli.collector.delivery import Deliver, Delivery, Receipt
from account_cli.collector.fee_prices import FeePrices
from account_cli.collector.health import Health
from account_cli.collector.key import KeyWatch
from account_cli.collector.pause import Pause
from account_cli.collector.plan import Plan
from account_cli.collector.recovering import recover
from account_cli.collector.strategy import choose, derived_name
from account_cli.collector.streaming import Streaming
from account_cli.collector.timing import Lost, cause_of
from account_cli.domain.health import DataKind, Notice
from account_cli.domain.times import MINUTE
from account_cli.errors import AcctError, CredentialError, KeyCanTrade, NotSupported, Permanent, Temporary
from account_cli.ports import AccountRow, Clock, ExchangeReader, JournalReader, patient

__all__ = ["BOOKS", "PRICE_EVERY", "AccountCollector", "Plan"]

PRICE_EVERY = 4.0
BOOKS: frozenset[DataKind] = HISTORY | {"balances", "positions", "orders"}
"""What a sweep asks for: history, and what the exchange says is held and open, to put beside what the stream told."""
_MONEY_MOVED_GAP = 20.0
_FEES_EVERY = 30.0
_STEADY = 10.0
"""A connection that was live for so long was a good one; one that keeps breaking sooner is tried ever more slowly."""
_SETTLE_EVERY = 600.0
_BEAT_AGAIN = 5.0
"""The longest wait for a database that refuses: fifteen seconds without a beat are taken for the end."""
_CLOSE_WITHIN = 10.0


class AccountCollector:
    """Collects one account through ``reader`` into ``deliver``; ``memory`` is where it looks up what is known."""

    def __init__(
        self,
        reader: ExchangeReader,
        deliver: Deliver,
        memory: JournalReader,
        plan: Plan,
        clock: Clock,
        draw: Callable[[], float],
    ) -> None:
        self.account = reader.account
        self._reader, self._deliver, self._memory = reader, deliver, memory
        self._plan, self._clock, self._draw = plan, clock, draw
        self._abilities = reader.abilities()
        self.chosen = choose(self._abilities, plan.overrides)
        self.health = Health(self.account, self.chosen, clock)
        self._asking = Asking(reader, deliver, memory, self.health, plan.currency)
        self._streaming = Streaming(
            reader, deliver, self.health, clock, self._catch_up_live, draw=draw, patience=plan.patience
        )
        self.key = KeyWatch(
            reader, deliver, self.health, clock, allow_writable=plan.allow_writable_key, every_s=plan.key_interval
        )
        self._fee_prices = FeePrices(reader, deliver, memory, clock, plan.currency)
        self._asking.on_unheard = self._streaming.expect
        self._asking.on_balances = self._streaming.expect_balances
        self._connected = asyncio.Event()
        self._was_live = False
        self.on_caught_up: Callable[[], None] = lambda: None
        self._told_of: set[str] = set()
        self._back_filled = BackFilled(memory, self.account)
        """What sweeps found while the stream was down, to be told when it is live again."""
        self._pause = Pause(clock)
        self._quiet = Canary(self._asking, self._streaming, clock, self._pause, plan, self.health)

    async def run(self) -> None:
        """Collect until cancelled; on the way out every connection is closed and the status written as stopped."""
        try:
            await self._until_done("start", self._introduce, ())
            while True:
                await self._until_a_key_writes()
        finally:
            await self._leave()

    async def _until_a_key_writes(self) -> None:
        """Run all loops; when the key turns out to do more than read, end them, say so and wait."""
        refused: list[AcctError] = []
        try:
            async with asyncio.TaskGroup() as group:
                for loop in (
                    *(self._connect, self._watch_key, self._stream, self._canary, self._poll, self._backfill),
                    *(self._prices, self._value_fees, self._settle_inbox, self._beat),
                ):
                    group.create_task(loop(), name=f"{self.account}: {loop.__name__.strip('_')}")
        except* KeyCanTrade as found:
            refused += [error for error in found.exceptions if isinstance(error, AcctError)]
        self._connected.clear()
        await self._failed(self._attempts("key"), refused[0], self._active())

    async def _watch_key(self) -> None:
        await self._connected.wait()
        await self.key.watch()

    async def poll_once(self, then: Callable[[], Awaitable[None]] | None = None) -> list[Receipt]:
        """Take one REST pass over everything, history included; raises the ``AcctError`` that prevented it.

        ``then`` is waited for before the connections are closed: it may ``look``.
        """
        try:
            await self._introduce()
            await self._connect_once()
            receipts = await self._asking.everything(frozenset(self._active()))
            if not self._asking.knows_the_start:
                receipts += await self._asking.back_to_the_start()
                receipts += await self._asking.everything(BOOKS)
            receipts += await self._asking.sample_prices()
            with contextlib.suppress(AcctError):  # a fee without a price is listed as such; the pass itself is done
                await self._fee_prices.look_a_while()
            if then is not None:
                await then()
        finally:
            await self._leave()
        return receipts

    async def look(self, deeper_s: int = 0) -> list[Receipt]:
        """Ask for all that is new, from ``deeper_s`` further back than usual, and the present state, once connected."""
        await self._connected.wait()
        return await self._quiet.everything(BOOKS, deeper_s)

    async def _leave(self) -> None:
        """Leave in order, however often this is cancelled on the way."""
        leaving, cancelled = asyncio.ensure_future(self._left()), False
        while not leaving.done():
            try:
                await asyncio.shield(leaving)
            except asyncio.CancelledError:
                cancelled = True
        leaving.result()
        if cancelled:
            raise asyncio.CancelledError

    async def _left(self) -> None:
        """Close every connection and write down that nobody collects from now on, and when each kind was last heard."""
        with contextlib.suppress(AcctError, TimeoutError):
            async with asyncio.timeout(_CLOSE_WITHIN):
                await self._reader.close()
        self.health.set(self._active(), "stopped")
        with contextlib.suppress(AcctError):  # a beat that grows old says the same
            await self._deliver(Delivery(account=self.account, streams=self.health.rows()))

    def _active(self) -> list[DataKind]:
        return [kind for kind, how in self.chosen.items() if how != "off"]

    async def _introduce(self) -> None:
        name = derived_name(self.chosen, has_positions=self._abilities.has_positions)
        row = AccountRow(account=self.account, venue=self._reader.venue, user=self._plan.user, derived_strategy=name)
        await self._deliver(Delivery(account=self.account, account_row=row, streams=self.health.rows()))

    def _attempts(self, what: str, most: float | None = None) -> Attempts:
        longest = min(self._plan.reconnect_max_delay, most or self._plan.reconnect_max_delay)
        return Attempts(what, Backoff(self._plan.reconnect_delay, longest, self._draw), self._clock.monotonic)

    # ---- loops --------------------------------------------------------------------------------------------------

    async def _connect(self) -> None:
        await self._until_done("connect", self._connect_once, self._active())

    async def _connect_once(self) -> None:
        await self.key.demand()
        await self._reader.connect()
        known = self._memory.instruments()
        fresh = tuple(new for symbol, new in self._reader.instruments().items() if known.get(symbol) != new)
        if fresh:
            await self._deliver(Delivery(account=self.account, instruments=fresh))
        await self._recover()
        self._connected.set()

    async def _recover(self, until_ns: int | None = None) -> None:
        """Read what was received and not yet read when a process died, or a connection ended."""
        count, receipts = await recover(self._reader, self._deliver, self._memory, until_ns=until_ns)
        if count:
            new = sum(receipt.new for receipt in receipts)
            text = f"{count} texts that waited in the inbox were read: {new} new facts"
            notice = self.health.notice("info", "recovered", text)
            await self._deliver(Delivery(account=self.account, notices=(notice,)))

    async def _stream(self) -> None:
        kinds, attempts = self.health.of("stream"), self._attempts("stream")
        await self._connected.wait()
        while kinds:
            try:
                await self._streaming.one_connection()
            except AcctError as error:
                lived = self._streaming.lived()
                if lived is not None:
                    self._back_filled.lost()
                    attempts.forget()  # that a live connection broke is news
                    if lived >= _STEADY:
                        attempts.worked()
                await self._failed(attempts, error, kinds)

    async def _catch_up_live(self, why: str, proved: Proved) -> None:
        # What is polled is asked for at its own pace, whatever becomes of the stream.
        kinds = (self.health.of("stream") | BOOKS) - (self.health.of("poll") if self._was_live else frozenset())
        losses = self._back_filled.losses
        receipts = await self._quiet.catch_up(kinds, proved)
        found = self._back_filled.found(receipts, losses)
        text = told_of(why if self._was_live else None, found)
        notice = self.health.notice("warning" if self._was_live and found else "info", "caught-up", text)
        self._was_live = True
        await self._deliver(Delivery(account=self.account, notices=(notice,)))
        self.on_caught_up()

    async def _canary(self) -> None:
        if "balances" not in self.health.of("stream"):
            return  # what is polled is looked at by the poll
        attempts = self._attempts("canary")
        while True:
            try:
                await self._quiet.look()
                self.health.trust("canary")
                attempts.worked()
            except AcctError as error:
                self.health.doubt("canary", self.health.of("stream"), error.message, from_s=self._quiet.looked_until())
                await self._failed(attempts, error, ())

    async def _poll(self) -> None:
        polled, swept = self.health.of("poll"), self.health.of("stream") & HISTORY
        attempts = self._attempts("poll")
        await self._connected.wait()
        if self.health.of("stream") and polled <= HISTORY:
            await self._until_next_poll()  # the stream's own catch-up does the first round
        while True:
            began = self._clock.monotonic()
            try:
                down = self.health.not_live()
                await self._quiet.sweep(polled | down | BOOKS)
                self.health.set(polled, "polling")
                attempts.worked()
                await self._until_next_poll(self._clock.monotonic() - began)
            except AcctError as error:
                self.health.doubt("sweep", swept, error.message, from_s=self._quiet.swept_until())
                await self._failed(attempts, error, polled)

    async def _until_next_poll(self, spent: float = 0.0) -> None:
        """Wait for the rest of the interval, or until money moved: what moved it may only be told by REST."""
        if await self._pause.sleep(gap := min(_MONEY_MOVED_GAP, self._plan.poll_interval)):
            return
        with contextlib.suppress(TimeoutError):
            async with asyncio.timeout(max(0.0, self._plan.poll_interval - gap - spent)):
                await self._streaming.money_moved.wait()
        self._streaming.money_moved.clear()

    async def woke(self, seconds: float) -> None:
        """The machine, or this process, stood still for so long: whatever was connected is dead, and all is asked."""
        self._back_filled.lost()
        self.health.missed("asleep", seconds)
        self.health.set(self.health.of("stream"), "offline", "asleep", cause="asleep")
        self._pause.wake()
        self._streaming.money_moved.set()
        text = f"asleep for {seconds:,.0f} s; reconnecting and asking for everything since"
        self._streaming.break_off(Lost(text, cause="asleep", at_once=True))

    async def _backfill(self) -> None:
        """Walk back until the start of history is reached; a walk may end before it, when its first page came early.

        The start of an account in which nothing had happened is known at once, and no longer when its first facts come
        more than a page at a time: so this never ends.
        """
        attempts = self._attempts("history")
        patient.set(True)
        await self._connected.wait()
        while True:
            try:
                if not self._asking.began:
                    await self._clock.sleep(0.2)
                    continue
                if not self._asking.knows_the_start:
                    await self._backfill_once()
                    attempts.worked()
                await self._clock.sleep(self._plan.poll_interval)
            except AcctError as error:
                await self._failed(attempts, error, ())

    async def _backfill_once(self) -> None:
        found = sum(receipt.new for receipt in await self._asking.back_to_the_start())
        if found or self._asking.knows_the_start:
            await self._quiet.everything(BOOKS)
        if found:
            notice = self.health.notice("info", "backfilled", f"history: {found} older facts read back")
            await self._deliver(Delivery(account=self.account, notices=(notice,)))

    async def _settle_inbox(self) -> None:
        """Read, every ten minutes, what has waited for more than one."""
        attempts = self._attempts("inbox")
        await self._connected.wait()
        while True:
            try:
                await self._clock.sleep(_SETTLE_EVERY)
                await self._recover(self._clock.now_ns() - MINUTE)
                attempts.worked()
            except AcctError as error:
                await self._failed(attempts, error, ())

    async def _prices(self) -> None:
        attempts = self._attempts("prices")
        await self._connected.wait()
        while True:
            try:
                await self._asking.sample_prices()
                attempts.worked()
                await self._clock.sleep(PRICE_EVERY)
            except AcctError as error:
                await self._failed(attempts, error, ())

    async def _value_fees(self) -> None:
        """Ask for the prices that fees paid in a third asset need; an exchange without candles is not asked again."""
        attempts = self._attempts("fee prices")
        await self._connected.wait()
        while True:
            try:
                more = await self._fee_prices.look_on()
                attempts.worked()
                await self._clock.sleep(_FEES_EVERY / 10 if more else _FEES_EVERY)
            except NotSupported:
                return
            except AcctError as error:
                await self._failed(attempts, error, ())

    async def _beat(self) -> None:
        attempts = self._attempts("status", _BEAT_AGAIN)
        while True:
            try:
                self._quiet.doubt_what_is_old()
                notices = self._remarked()
                await self._deliver(Delivery(account=self.account, streams=self.health.rows(), notices=notices))
                self._told_of |= {notice.code for notice in notices}
                self.health.trust("database")
                attempts.worked()
                await self._clock.sleep(1.0)
            except AcctError as error:
                self.health.doubt("database", self._active(), error.message)
                await self._clock.sleep(attempts.delay())

    def _remarked(self) -> tuple[Notice, ...]:
        """Pass on what the reader has to say: beside the status as long as it says so, as a notice the first time."""
        remarks = self._reader.remarks()
        self.health.remark("; ".join(one.text for one in remarks) or None)
        news = [one for one in remarks if one.warning and one.code not in self._told_of]
        return tuple(self.health.notice("warning", one.code, one.text) for one in news)

    # ---- when it does not work ----------------------------------------------------------------------------------

    async def _until_done(self, what: str, step: Callable[[], Awaitable[None]], kinds: Iterable[DataKind]) -> None:
        attempts = self._attempts(what)
        while True:
            try:
                return await step()
            except AcctError as error:
                await self._failed(attempts, error, kinds)

    async def _failed(self, attempts: Attempts, error: AcctError, kinds: Iterable[DataKind]) -> None:
        """Say what did not work and wait: as long as the exchange asked, and longest where trying cannot help."""
        self.health.set(kinds, "offline", error.message, cause=cause_of(error))
        hopeless = isinstance(error, (CredentialError, Permanent))
        text = f"{attempts.what}: {error.message}" + (f" ({error.hint})" if error.hint else "")
        notice = self.health.notice("critical" if hopeless else "warning", error.code, text)
        notices = (notice,) if attempts.is_news(error.code) else ()
        asked = error.retry_after if isinstance(error, Temporary) else None
        asked = self.key.every_s if isinstance(error, KeyCanTrade) else asked
        delay = attempts.delay(asked or self._plan.reconnect_max_delay if hopeless else asked)
        try:
            if await self.key.rejected(error):
                notices = ()
            await self._deliver(Delivery(account=self.account, notices=notices, streams=self.health.rows()))
        except AcctError as refused:
            # The database is what fails: the beat goes on trying it, and says so as soon as it can.
            self.health.doubt("database", self._active(), refused.message)
            attempts.forget()
        if not (isinstance(error, Lost) and error.at_once):
            await self._pause.sleep(delay)
