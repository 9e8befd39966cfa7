"""The private stream of one account: one connection, and a second one beside it while the first is to be replaced.

A connection is replaced before the exchange would close it (most do after a day), when it says that it will, and when
it lacks a channel that was refused. The new one is opened, confirmed and caught up first; only then the old one closes,
so nothing is ever not listened for. What both tell counts once.
"""

from __future__ import annotations

import asyncio
import contextlib
from collections.abc import Awaitable, Callable, Iterable

from account_cli.collector.asking import Proved
from account_cli.collector.backoff import Backoff
from account_cli.collector.connection import CatchUp, Connection
from account_cli.collector.delivery import Deliver, Delivery, Receipt
from account_cli.collector.health import Health
from account_cli.collector.timing import Lost, Patience, cause_of
from account_cli.domain.events import Fill
from account_cli.domain.health import Notice
from account_cli.domain.identity import identity
from account_cli.domain.observations import Balance, BalancesSeen
from account_cli.errors import AcctError
from account_cli.ports import Beat, Clock, Declined, ExchangeReader, Gap, Heard, StreamItem

_REPLACE_FIRST, _REPLACE_MOST = 2.0, 600.0
"""How long to wait before a replacement that did not work is tried again, in seconds."""
_YOUNG = 60.0
"""A connection that had to be replaced so soon is no good sign: the next replacement waits longer."""


class Streaming:
    """Runs connections of one account's stream.

    ``catch_up`` is awaited before a connection is live, with why: ``start``, ``gap``, or ``renewal`` when it is to
    replace one that lives; and with whom to tell of kinds that are caught up before the others.
    """

    def __init__(
        self,
        reader: ExchangeReader,
        deliver: Deliver,
        health: Health,
        clock: Clock,
        catch_up: Callable[[str, Proved], Awaitable[None]],
        *,
        draw: Callable[[], float],
        patience: Patience | None = None,
    ) -> None:
        self._reader, self._deliver, self._health, self._clock = reader, deliver, health, clock
        self._catch_up, self._draw, self._patience = catch_up, draw, patience or Patience()
        self._kinds = health.of("stream")
        self._current: Connection | None = None
        self._successor: Connection | None = None
        self._look = asyncio.Event()
        self._replacing = Backoff(_REPLACE_FIRST, _REPLACE_MOST, draw)
        self._replace_at: float | None = None
        self._live_since: float | None = None
        self._lived: float | None = None
        self._taken: dict[Connection, list[Heard]] = {}
        """What each connection told and was not delivered yet."""
        self.money_moved = asyncio.Event()
        """Set when the stream told a balance that something but trades may have moved: REST alone may tell what."""

    def expect(self, fills: Iterable[str]) -> None:
        """REST told these fills (by identity) first: a live stream owes them."""
        for connection in (self._current, self._successor):
            if connection is not None and "fills" in connection.live_kinds:
                connection.owing.fills(fills)

    def expect_balances(self, rows: Iterable[Balance], asked_ns: int) -> None:
        """REST stated these balances; a live stream owes those that it never told."""
        rows = tuple(rows)
        for connection in (self._current, self._successor):
            if connection is None or self._reader.abilities().generic:
                continue
            if "balances" in connection.live_kinds:
                connection.owing.balances(rows, asked_ns)
            else:
                connection.owing.told_balances(rows, asked_ns)

    def lived(self) -> float | None:
        """Return for how many seconds the connections that ended last were live; None when they never were."""
        return self._lived

    def quiet_for(self) -> float | None:
        """Return for how many seconds a live stream has told nothing of the account; None when none is live."""
        current = self._current
        if current is None or current.live_at is None:
            return None
        return self._clock.monotonic() - current.told_at

    def break_off(self, error: AcctError) -> None:
        """End every connection with this error: they are known to be dead."""
        for connection in (self._current, self._successor):
            if connection is not None:
                connection.break_off(error)

    # ---- connections --------------------------------------------------------------------------------------------

    async def one_connection(self) -> None:
        """Follow the stream through as many connections as overlap; raise what ended the last one.

        Raises ``StorageError`` when something heard could not be written: the next connection catches it up.
        """
        self._forget()
        self._current, self._successor = self._connection("start"), None
        tasks = {self._current: self._follow(self._current)}
        self._health.begin(self._kinds, "connection lost")
        try:
            while True:
                await self._wait()
                await self._turn(tasks)
        finally:
            if self._live_since is not None:
                self._lived = self._clock.monotonic() - self._live_since
            self._current = self._successor = None
            for task in tasks.values():
                task.cancel()
            await asyncio.gather(*tasks.values(), return_exceptions=True)

    def _forget(self) -> None:
        self._live_since = self._lived = self._replace_at = None

    def _connection(self, why: str) -> Connection:
        async def catch_up(connection: Connection, said: CatchUp) -> None:
            await self._catch_up(why if said == "start" else said, connection.proved)

        return Connection(self._reader, self._kinds, self._clock, self._patience, self._hear, catch_up, self._changed)

    def _follow(self, connection: Connection) -> asyncio.Task[None]:
        task: asyncio.Task[None] = asyncio.ensure_future(connection.follow())
        task.add_done_callback(lambda _: self._look.set())
        return task

    async def _wait(self) -> None:
        """Wait until something changed, or a replacement is due."""
        due = self._due()
        left = None if due is None else max(0.0, due - self._clock.monotonic())
        with contextlib.suppress(TimeoutError):
            async with asyncio.timeout(left):
                await self._look.wait()
        self._look.clear()

    async def _turn(self, tasks: dict[Connection, asyncio.Task[None]]) -> None:
        """Do what is next: let a successor take over, or begin one; raise when no connection is left."""
        current, successor = self._current, self._successor
        assert current is not None
        if successor is not None and tasks[successor].done():
            await self._give_up(successor, tasks)
            successor = None
        elif successor is not None and (tasks[current].done() or self._is_better(successor, current)):
            await self._take_over(current, successor, tasks)
            return
        if tasks[current].done():
            tasks[current].result()
        if self._successor is None and (due := self._due()) is not None and self._clock.monotonic() >= due:
            await self._replace(current, tasks)

    async def _take_over(
        self, current: Connection, successor: Connection, tasks: dict[Connection, asyncio.Task[None]]
    ) -> None:
        """Close the present connection, which the successor can replace, or must because it broke."""
        error = tasks[current].exception() if tasks[current].done() else None
        await self._end(current, tasks)
        self._current, self._successor, self._replace_at = successor, None, None
        if successor.closing is not None or successor.declined:
            self._replace_at = self._clock.monotonic() + self._replacing.delay()
        if error is not None:
            if not isinstance(error, AcctError):
                raise error
            self._health.set(self._kinds - successor.live_kinds, "catching-up", cause=cause_of(error))
            self._say("warning", error.code, f"stream: {error.message}; the next connection takes over")
        self._changed(successor)

    async def _replace(self, current: Connection, tasks: dict[Connection, asyncio.Task[None]]) -> None:
        """Open the connection that is to take over."""
        why = current.closing or "it is to be replaced in time"
        if self._reader.abilities().generic:
            raise Lost(f"the connection is renewed: {why}", cause="renewal", at_once=True)
        lived = 0.0 if current.live_at is None else self._clock.monotonic() - current.live_at
        if lived >= _YOUNG and not current.declined:
            self._replacing.reset()
        self._replace_at = self._clock.monotonic() + self._replacing.delay()
        self._successor = self._connection("renewal")
        tasks[self._successor] = self._follow(self._successor)

    async def _give_up(self, successor: Connection, tasks: dict[Connection, asyncio.Task[None]]) -> None:
        """A successor ended before it took over: say so once, and try again later."""
        error = tasks[successor].exception()
        await self._end(successor, tasks)
        self._successor = None
        self._replace_at = self._clock.monotonic() + self._replacing.delay()
        if error is not None and not isinstance(error, AcctError):
            raise error

    async def _end(self, connection: Connection, tasks: dict[Connection, asyncio.Task[None]]) -> None:
        task = tasks.pop(connection)
        task.cancel()
        await asyncio.gather(task, return_exceptions=True)

    def _is_better(self, successor: Connection, current: Connection) -> bool:
        """True when a successor has caught up and streams whatever the present connection does."""
        return successor.live_at is not None and successor.live_kinds >= current.live_kinds

    def _due(self) -> float | None:
        """Return when the present connection is to be replaced, on the monotonic clock."""
        current = self._current
        if current is None or current.live_at is None or self._successor is not None:
            return None
        life = self._patience.life_s or self._reader.abilities().stream_life_s
        due = current.live_at + life
        if current.closing is not None:
            due = current.live_at
        elif current.declined:
            due = current.live_at + _REPLACE_FIRST
        return due if self._replace_at is None else max(due, self._replace_at)

    # ---- what is heard ------------------------------------------------------------------------------------------

    def _changed(self, connection: Connection) -> None:
        """Tell how the kinds stand, as the present connection has it."""
        self._look.set()
        if connection is not self._current:
            return
        if self._live_since is None:
            self._live_since = connection.live_at
        for kind in self._kinds:
            (status, why), cause = connection.state(kind), connection.cause(kind)
            if status == "starting":
                self._health.begin([kind], cause)
            else:
                self._health.set([kind], status, why, cause=cause)

    def _hear(self, connection: Connection, item: StreamItem) -> None:
        if isinstance(item, (Heard, Beat)):
            self._health.heard(connection.confirmed)
        if isinstance(item, Gap):
            self._say("warning", "gap", item.detail)
        if isinstance(item, Declined) and connection is self._current:
            self._say("critical", item.error.code, f"{', '.join(sorted(item.kinds))}: {item.error.message}")
        if isinstance(item, Heard):
            self._take(connection, item)

    def _take(self, connection: Connection, item: Heard) -> None:
        for event in item.events:
            if isinstance(event, Fill):
                for one in (self._current, self._successor):
                    if one is not None:
                        one.owing.told_fill(identity(event))
        taken = self._taken.setdefault(connection, [])
        taken.append(item)
        if len(taken) == 1:
            asyncio.get_running_loop().call_soon(self._send, connection)
        for seen in item.observations:
            if isinstance(seen, BalancesSeen):
                connection.owing.told_balances(seen.rows, seen.at_ns)
                if not item.traded:
                    self.money_moved.set()

    def _send(self, connection: Connection) -> None:
        """Deliver what was taken in one turn of the event loop: of a burst that is many frames, else one."""
        heard = tuple(self._taken.pop(connection))
        written = asyncio.ensure_future(
            self._deliver(Delivery(account=self._reader.account, origin="stream", heard=heard))
        )
        written.add_done_callback(lambda future: self._written(connection, future))

    def _written(self, connection: Connection, future: asyncio.Future[Receipt]) -> None:
        error = None if future.cancelled() else future.exception()
        if error is not None:
            connection.break_off(error)

    def _say(self, severity: str, code: str, text: str) -> None:
        """Tell a person; a database that refuses says so elsewhere."""
        assert severity in ("info", "warning", "critical")
        notice: Notice = self._health.notice(severity, code, text)  # type: ignore[arg-type]
        said = asyncio.ensure_future(self._deliver(Delivery(account=self._reader.account, notices=(notice,))))
        said.add_done_callback(lambda future: None if future.cancelled() else future.exception())
