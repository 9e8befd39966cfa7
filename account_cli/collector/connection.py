"""One connection of the private stream, channel by channel: subscribe, be confirmed, catch up by REST, live.

The order is the point. What happens after the confirmation is streamed; what happened before it is caught up from the
cursor, after the confirmation; the two overlap and the journal counts once. So there is no instant at which a fact can
be missed, whenever the connection broke. A message that was lost on the way is swept for in the same manner.

A channel that is refused, or not confirmed in time, is down by itself: the others go on.
"""

from __future__ import annotations

import asyncio
import contextlib
import itertools
from collections.abc import AsyncIterator, Awaitable, Callable, Iterable
from typing import Literal, NoReturn

from account_cli.collector.downtime import START
from account_cli.collector.owing import Owing
from account_cli.collector.timing import Lost, Patience
from account_cli.domain.health import DataKind, StreamStatus
from account_cli.errors import AcctError, CredentialError, Unreachable
from account_cli.ports import Clock, Closing, Declined, ExchangeReader, Gap, Heard, StreamItem, Subscribed

CatchUp = Literal["start", "gap"]
_LOOK_S = 1.0
"""How often deadlines are looked at while nothing arrives."""
_LATE_S = 0.25
"""Woken so much later than wanted, the process was busy, and what arrived meanwhile is to be read first."""


_IN_A_ROW = 50
"""So many items that wait already are taken before others have their turn: what came first is written meanwhile."""


class Connection:
    """Runs from opening to its end; ``hear`` gets every item, ``catch_up`` is awaited before it is live."""

    def __init__(
        self,
        reader: ExchangeReader,
        kinds: frozenset[DataKind],
        clock: Clock,
        patience: Patience,
        hear: Callable[[Connection, StreamItem], None],
        catch_up: Callable[[Connection, CatchUp], Awaitable[None]],
        changed: Callable[[Connection], None],
    ) -> None:
        self._reader, self._kinds, self._clock, self._patience = reader, kinds, clock, patience
        self._hear, self._catch_up, self._changed = hear, catch_up, changed
        self.confirmed: frozenset[DataKind] = frozenset()
        self._behind: frozenset[DataKind] = frozenset()
        """Kinds of which something was lost that no sweep has been begun for yet."""
        self._sweeping: frozenset[DataKind] = frozenset()
        self._caught_up: frozenset[DataKind] = frozenset()
        """Kinds that were caught up at least once."""
        self._settling: asyncio.Task[None] | None = None
        self._unread_at: float | None = None
        self._swept_at = clock.monotonic()
        self._heard_at = clock.monotonic()
        self._broke: BaseException | None = None
        self.declined: dict[DataKind, AcctError] = {}
        self.owing = Owing(clock.monotonic, patience.tell_s)
        self.live_at: float | None = None
        """When it first was live with every kind, on the monotonic clock; None when it never was."""
        self.told_at: float = clock.monotonic()
        """When it last told anything of the account, on the monotonic clock."""
        self.closing: str | None = None
        """Why the exchange is about to close it, when it said so."""

    def state(self, kind: DataKind) -> tuple[StreamStatus, str | None]:
        """Return how a kind stands, and why."""
        if kind in self.declined:
            return "offline", self.declined[kind].message
        if kind not in self.confirmed:
            return "starting", None
        if kind not in self._caught_up or kind in self._behind | self._sweeping:
            return "catching-up", None
        return "live", None

    def cause(self, kind: DataKind) -> str:
        """Return in a word why a kind is not live, to count what it missed by."""
        if kind in self.declined:
            return "refused"
        return "gap" if kind in self._caught_up else START

    @property
    def live_kinds(self) -> frozenset[DataKind]:
        """The kinds that are confirmed and caught up."""
        return frozenset(kind for kind in self._kinds if self.state(kind)[0] == "live")

    def break_off(self, error: BaseException) -> None:
        """End with this error as soon as possible: what it told could not be written, or it is known to be dead."""
        self._broke = self._broke or error

    async def follow(self) -> NoReturn:
        """Open, follow, and raise when it ended, as every connection does (``Temporary`` most often)."""
        async with self._reader.stream(self._kinds) as items:
            self._heard_at = self._clock.monotonic()
            confirm_by = self._heard_at + self._patience.confirm_s
            try:
                while True:
                    await self._listen(items, confirm_by)
                    self._look(confirm_by)
            finally:
                if self._settling is not None:
                    self._settling.cancel()
                    await asyncio.gather(self._settling, return_exceptions=True)

    async def _listen(self, items: AsyncIterator[StreamItem], confirm_by: float) -> None:
        """Take what comes within a while. Raises when it ended, or was silent for too long."""
        limit = self._reader.abilities().silent_after_s
        began = self._clock.monotonic()
        with contextlib.suppress(TimeoutError):
            async with asyncio.timeout(_LOOK_S):
                for place in itertools.count(1):
                    try:
                        item = await anext(items)
                    except StopAsyncIteration:
                        raise Lost("the stream ended", cause="connection lost") from None
                    self._heard_at = self._clock.monotonic()
                    self._take(item)
                    self._look(confirm_by)
                    if place % _IN_A_ROW == 0:
                        await asyncio.sleep(0)
        now = self._clock.monotonic()
        if now - began > _LOOK_S + _LATE_S:
            self._heard_at += now - began - _LOOK_S  # it was this process that did not listen
        elif now - self._heard_at > limit:
            raise Lost(f"the stream said nothing for {limit:g} s", cause="silent")

    def _take(self, item: StreamItem) -> None:
        if isinstance(item, Subscribed):
            self.confirmed |= item.kinds
            self._changed(self)
        elif isinstance(item, Declined):
            self._decline(item.kinds, item.error)
        elif isinstance(item, Gap):
            self._miss(item.kinds)
        elif isinstance(item, Closing):
            self.closing = item.reason
            self._changed(self)
        elif isinstance(item, Heard):
            self.told_at = self._clock.monotonic()
            if item.unreadable:
                self._not_read()
        self._hear(self, item)

    def _decline(self, kinds: Iterable[DataKind], error: AcctError) -> None:
        for kind in kinds:
            self.declined[kind] = error
        self._changed(self)

    def _not_read(self) -> None:
        """A frame could not be read, whatever it told: sweep for it at once, if none was within an interval.

        An exchange that begins to tell what nobody knows must not keep a stream from ever being live.
        """
        now = self._clock.monotonic()
        if self._unread_at is None or now - self._unread_at > self._patience.unread_s:
            self._unread_at = now
            self._miss(self._kinds & self.confirmed)

    def _miss(self, kinds: frozenset[DataKind]) -> None:
        """Something of these kinds was lost: sweep for it, once more when a sweep is under way."""
        self._behind |= kinds
        self._changed(self)

    def _look(self, confirm_by: float) -> None:
        """Begin what can begin; raise what must end the connection."""
        now = self._clock.monotonic()
        waiting = self._kinds - self.confirmed - self.declined.keys()
        if waiting and now > confirm_by:
            missing = ", ".join(sorted(waiting))
            self._decline(waiting, Unreachable(f"the exchange did not confirm the subscription of {missing}"))
            waiting = frozenset()
        if not waiting and not self.confirmed:
            raise worst(self.declined.values())
        if self._settling is not None and self._settling.done():
            self._settling.result()
            self._settling = None
        if self._settling is None and not waiting and (self.live_at is None or self._behind):
            self._settling = asyncio.ensure_future(self._settled())
        if self._broke is not None:
            raise self._broke
        owed = self.owing.overdue()
        if owed is not None:
            raise Lost(f"the stream is open and did not tell {owed} that REST knows", cause="zombie")

    def proved(self, kinds: frozenset[DataKind]) -> None:
        """These kinds are caught up already, while others are still being asked for."""
        self._sweeping -= kinds
        self._caught_up |= kinds
        self._changed(self)

    async def _settled(self) -> None:
        """Catch up, and be live when nothing was lost meanwhile."""
        why: CatchUp = "start" if self.live_at is None else "gap"
        if why == "gap":
            pause = self._swept_at + self._patience.gap_pause_s - self._clock.monotonic()
            await self._clock.sleep(max(0.0, pause))
        self._sweeping, self._behind = self._behind, frozenset()
        self._changed(self)
        self._swept_at = self._clock.monotonic()
        await self._catch_up(self, why)
        self._sweeping, self._caught_up = frozenset(), self._kinds
        if self.live_at is None:
            self.live_at = self._clock.monotonic()
        self._changed(self)


def worst(errors: Iterable[AcctError]) -> AcctError:
    """Return the error that most needs a person."""
    found = list(errors)
    return next((error for error in found if isinstance(error, CredentialError)), found[0])
