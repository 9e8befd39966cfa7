"""What every adapter does alike: hand on raw text without secrets, and stream until the connection ends."""

from __future__ import annotations

import asyncio
import logging
from collections import deque
from collections.abc import AsyncIterator, Awaitable, Callable, Iterable, Mapping, Sequence
from decimal import localcontext
from pathlib import Path
from types import TracebackType
from typing import Literal

from account_cli.domain.events import Event
from account_cli.domain.instruments import Instrument
from account_cli.domain.keys import KeyRights
from account_cli.domain.money import MONEY
from account_cli.domain.observations import Observation, RunningBalance
from account_cli.errors import AcctError, NotSupported, Unreachable
from account_cli.exchanges.markets import Markets, cache_file, load, save
from account_cli.exchanges.progress import Progress
from account_cli.exchanges.tee import Confirmed, Ended, Frame, Item, Received, Sign, Tee, understood
from account_cli.exchanges.translate import translate, translated
from account_cli.exchanges.wire import Answer, Manner, Wire
from account_cli.ports import Clock, Heard, Inbox, ReaderSettings, Remark, StreamItem
from account_cli.redaction import Redactor

Told = StreamItem | AcctError
"""What a frame leads to: items to hand on, and at the end perhaps the error that ends the stream."""

_LOG = logging.getLogger(__name__)


class Adapter:
    """The part of an ``ExchangeReader`` that is the same for every venue."""

    def __init__(
        self, settings: ReaderSettings, clock: Clock, redactor: Redactor, cache_dir: Path, manner: Manner
    ) -> None:
        self.account, self.venue = settings.account, settings.venue
        self.settings, self.clock, self.redactor, self.cache_dir = settings, clock, redactor, cache_dir
        self.wire = Wire(settings, clock, redactor, cache_dir, manner)
        self.progress = Progress(clock)
        self._instruments: Mapping[str, Instrument] = {}

    def instruments(self) -> Mapping[str, Instrument]:
        return self._instruments

    async def key(self) -> KeyRights:
        if self.settings.api_key is None and self.settings.secret is None:
            return KeyRights(standing="read-only")  # who is read by address alone has nothing to sign with
        return KeyRights(standing="unverified", why="no endpoint that tells it is known")

    async def count_fills(self, since_ns: int, until_ns: int, symbols: frozenset[str]) -> Mapping[str, int]:
        del since_ns, until_ns, symbols
        raise NotSupported(f"{self.venue}: fills cannot be counted")

    async def query_orders(self, ids: Sequence[str]) -> tuple[Heard, ...]:
        del ids
        raise NotSupported(f"{self.venue}: orders cannot be asked for by their ids alone")

    async def _markets(
        self, ask: Callable[[Wire], Awaitable[Markets]], *, stale: bool = False, anew: bool = False
    ) -> Markets:
        """Return the markets from disk, or (``anew`` in any case) ask for them and keep them there."""
        file = cache_file(self.cache_dir, self.settings)
        markets = None if anew else load(file, self.clock.now_ns(), stale=stale)
        if markets is None:
            markets = await ask(self.wire)
            save(file, markets)
        return markets

    def keep_in(self, inbox: Inbox) -> None:
        self.wire.keeping.inbox = inbox

    def remarks(self) -> tuple[Remark, ...]:
        clock, walk = self.wire.time.remark(), self.progress.remark()
        return (
            *((Remark(code="clock", text=clock, warning=True),) if clock is not None else ()),
            *((Remark(code="progress", text=walk),) if walk is not None else ()),
        )

    async def close(self) -> None:
        await self.wire.close()

    def heard(
        self,
        answer: Answer | Frame,
        channel: str,
        *,
        events: Sequence[Event] = (),
        observations: Sequence[Observation] = (),
        unreadable: Sequence[str] = (),
        running: Sequence[RunningBalance] = (),
        traded: bool = False,
    ) -> Heard:
        """Wrap what was read with the text it was read from; secrets are taken out of the text here."""
        source: Literal["stream", "rest"] = "stream" if isinstance(answer, Frame) else "rest"
        return Heard(
            account=self.account,
            received_ns=answer.received_ns,
            source=source,
            channel=channel,
            raw=self.redactor.clean(answer.raw) if answer.inbox is None else "",
            events=tuple(events),
            observations=tuple(observations),
            unreadable=tuple(self.redactor.clean(line) for line in unreadable),
            running=tuple(running),
            inbox=answer.inbox,
            traded=traded,
        )


class Stream:
    """A private stream: an async context manager whose value is the iterator of what is heard.

    ``start`` connects and subscribes; ``read`` turns one frame or sign of life into what is told, once it is stored.
    The iterator yields everything received before it raises what ended the connection. A frame that begins with one of
    ``idle`` says nothing that others do not, a hundred thousand times a day: it is not stored unless it is bad.
    """

    def __init__(
        self,
        wire: Wire,
        start: Callable[[Tee], Awaitable[None]],
        read: Callable[[Frame | Sign | Confirmed], Iterable[Told]],
        wrap: Callable[..., Heard],
        stop: Callable[[], Awaitable[None]] | None = None,
        *,
        idle: tuple[str, ...] = (),
    ) -> None:
        self._wire, self._start, self._read, self._wrap, self._stop = wire, start, read, wrap, stop
        self._idle = idle
        self._tee = Tee(wire.clock, wire.reads, self._keep)
        self._told: deque[Told] = deque()
        self._item: Item | None = None
        self._over: AcctError | None = None

    async def __aenter__(self) -> AsyncIterator[StreamItem]:
        self._wire.latch.hold()
        try:
            with translated(self._wire.venue, "stream", self._wire.redactor):
                await self._start(self._tee)
        except BaseException:
            await self._end()
            raise
        return self

    async def __aexit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        await self._end()

    async def _end(self) -> None:
        try:
            if self._stop is not None:
                await self._stop()
        finally:
            await self._wire.close_stream(self._tee)
            for _ in range(3):
                await asyncio.sleep(0)  # ccxt's loops see that the connection is closed and end

    def __aiter__(self) -> AsyncIterator[StreamItem]:
        return self

    async def __anext__(self) -> StreamItem:
        while not self._told:
            if self._over is not None:
                raise self._over
            if self._item is None:
                self._item = await self._tee.queue.get()
            item = self._item
            if isinstance(item, Ended):
                self._over = self._ended(item.error)
            elif isinstance(item, Received):
                self._told.extend(await self._understood(item))
            else:
                self._told.extend(self._heard(item))
            self._item = None  # whoever was cancelled above asks for the same one again
        told = self._told.popleft()
        if isinstance(told, AcctError):
            told.message = self._wire.redactor.clean(told.message)
            told.args = (told.message,)
            self._wire.refused(told)
            self._over = told
            self._told.clear()
            raise told
        return told

    def _keep(self, text: str, at_ns: int) -> asyncio.Future[int] | None:
        return None if text.startswith(self._idle) else self._wire.keeping.frame(text, at_ns)

    async def _understood(self, received: Received) -> list[Told]:
        """Wait until a frame is stored, then read it. Raises ``StorageError`` where it could not be stored."""
        kept = received.kept
        if kept is None or kept.done():
            row_id = None if kept is None else kept.result()
        else:
            row_id = await asyncio.shield(kept)  # storing goes on when nobody waits for it any longer
        if _LOG.isEnabledFor(logging.DEBUG):
            _LOG.debug("frame received", extra={"account": self._wire.settings.account, "trace": row_id})
        told = list(self._heard(understood(received, row_id, self._tee.handle)))
        if not any(isinstance(one, Heard) for one in told):
            self._wire.keeping.forget(row_id)
        return told

    def _heard(self, item: Frame | Sign | Confirmed) -> Iterable[Told]:
        """Read one item, in the arithmetic of money; a frame that its reader stumbles over is kept as unreadable."""
        try:
            with localcontext(MONEY):
                return list(self._read(item))
        except Exception as error:
            if not isinstance(item, Frame):
                raise
            return [self._wrap(item, "unknown", unreadable=[f"not understood: {type(error).__name__}"])]

    def _ended(self, error: BaseException | None) -> AcctError:
        if isinstance(error, AcctError):
            return error
        if error is None:
            return Unreachable(f"{self._wire.venue}: the stream was closed")
        made = translate(error, self._wire.venue, "stream", self._wire.redactor)
        return Unreachable(f"{self._wire.venue}: the connection was lost") if type(made) is Unreachable else made
