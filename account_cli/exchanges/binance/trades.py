"""The trades of a market are walked by id: upwards from the newest known, and from the first up to the oldest known.

``fromId`` is inclusive, so every page repeats the last trade of the one before, and nothing that shares a millisecond
can be missed. A page that lacks the trade it was asked to begin with is no proof: it is asked for again, a few times,
and believed only then, for exchanges forget. A trade whose fee is not told yet is the end of what is known: the next
walk begins with it again, for a day of the account's own time.
"""

from __future__ import annotations

from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import suppress

import msgspec

from account_cli.domain.events import Fill
from account_cli.domain.times import DAY, HOUR, MILLISECOND
from account_cli.errors import BadAnswer, NotListed
from account_cli.exchanges.binance.cursors import TradeCursors, Trades
from account_cli.exchanges.fields import Row, Unreadable, milliseconds, read_each, row_of, whole
from account_cli.exchanges.wire import Answer
from account_cli.ports import Heard, Page

PAGE = 1000
_AGAIN = 3
_PATIENCE_NS = 24 * HOUR
_WINDOW_MS = DAY // MILLISECOND
Ask = Callable[..., Awaitable[Answer]]
First = Callable[[list[object], int | None], Awaitable[Heard | None]]


async def nothing(_: list[object], __: int | None) -> None:
    """Ask for nothing."""


class TradesWalk:
    """Walks the trades of one account; ``read`` makes a fill of a row.

    ``gone`` outlives the walk: by market the known trade that the exchange was found to tell no more. ``first`` may ask
    for what ``read`` needs to know of a page; it gets the rows, and the newest trade that was known.
    """

    def __init__(
        self,
        ask: Ask,
        path: str,
        read: Callable[[Row], Fill],
        cursors: TradeCursors,
        wrap: Callable[..., Heard],
        gone: dict[str, int] | None = None,
        first: First = nothing,
    ) -> None:
        self._gone = {} if gone is None else gone
        self._first = first
        self._ask, self._path, self._read, self.cursors, self._wrap = ask, path, read, cursors, wrap
        self.asked: dict[str, int] = {}
        """When each market had told all its newest trades, by its id."""

    async def newest(self, market: str) -> AsyncIterator[Page]:
        """Walk from the newest known trade up to now. Raises ``BadAnswer`` when a full page leads no further."""
        known, unpaid = self.cursors.of(market), dict[int, int]()
        read, again = known, 0
        while True:
            params: dict[str, object] = {"symbol": market, "limit": PAGE}
            if read.high is not None:
                params["fromId"] = read.high
            elif read.done:  # nothing had ever been traded: what there is now may be more than a page
                params["fromId"] = read.up
            answer = await self._ask(self._path, params, kept=self._path)
            rows, before = list_of(answer, self._path), read.high
            if (told := await self._first(rows, before)) is not None:
                yield Page(heard=(told,))
            heard, fills = self._fills(answer, rows)
            if before is not None and before not in _ids(rows) and self._gone.get(market) != before:
                if again < _AGAIN:
                    again += 1
                    yield Page(heard=(heard,))
                    continue
                self._gone[market] = before
            read = self._with(read, _ids(rows))
            unpaid |= {int(fill.id): fill.time_ns for fill in fills if fill.fees is None}
            edge = max((fill.time_ns for fill in fills), default=0) - _PATIENCE_NS
            unpaid = {number: at for number, at in unpaid.items() if at > edge}
            known = read
            if unpaid:
                known = msgspec.structs.replace(read, high=min(unpaid), high_ns=unpaid[min(unpaid)])
            yield Page(heard=(heard,), cursors=self.cursors.trades_cursor(market, known))
            if len(rows) < PAGE:
                self.asked[market] = answer.received_ns
                return
            self._check(market, moved=read.high != before)

    def _with(self, known: Trades, ids: dict[int, int]) -> Trades:
        if not ids:
            return known
        low, high = min(ids) if known.low is None else known.low, max([*ids, known.high or 0])
        return msgspec.structs.replace(
            known,
            low=low,
            low_ns=known.low_ns if known.low_ns is not None else ids[low],
            high=high,
            high_ns=ids.get(high, known.high_ns),
        )

    async def older(self, market: str) -> AsyncIterator[Page]:
        """Walk from the first trade that the exchange has up to the oldest known. Raises as ``newest`` does."""
        known = self.cursors.of(market)
        while not known.done:
            answer = await self._ask(self._path, {"symbol": market, "limit": PAGE, "fromId": known.up}, kept=self._path)
            rows = list_of(answer, self._path)
            ids, before = _ids(rows), known.up
            last = max([*ids, known.up])
            met = known.low is not None and last >= known.low
            if known.low is None:  # nothing was traded lately: what is walked here is all there is
                known = self._with(known, ids)
            known = msgspec.structs.replace(known, up=last, done=met or len(rows) < PAGE)
            if (told := await self._first(rows, None)) is not None:
                yield Page(heard=(told,))
            heard, _ = self._fills(answer, rows)
            yield Page(heard=(heard,), cursors=self.cursors.trades_cursor(market, known))
            if len(rows) < PAGE:
                self.asked[market] = answer.received_ns
            self._check(market, moved=known.done or known.up != before)

    async def again(self, market: str, since_ms: int) -> AsyncIterator[Page]:
        """Tell once more what was traded from then up to the newest known trade; nothing is proved by it.

        A window holds a day, as much as spot allows; a page that is full is followed by id. Raises as ``newest`` does.
        """
        last_ms = (self.cursors.of(market).high_ns or 0) // MILLISECOND
        while since_ms <= last_ms:
            end_ms = min(since_ms + _WINDOW_MS - 1, last_ms)
            bounds: dict[str, object] = {"startTime": since_ms, "endTime": end_ms}
            full = True
            while full:
                answer = await self._ask(self._path, {"symbol": market, "limit": PAGE, **bounds}, kept=self._path)
                rows = list_of(answer, self._path)
                ids, heard = _ids(rows), self._fills(answer, rows)[0]
                yield Page(heard=(heard,))
                full = len(rows) >= PAGE and max(ids.values(), default=0) <= end_ms * MILLISECOND
                if full:
                    self._check(market, moved=bool(ids) and bounds.get("fromId") != max(ids))
                    bounds = {"fromId": max(ids)}
            since_ms = end_ms + 1

    def newest_ms(self) -> int:
        """Return when the newest trade that is known happened; 0 when none is."""
        return max((known.high_ns or 0 for known in self.cursors.trades.values()), default=0) // MILLISECOND

    def _check(self, market: str, *, moved: bool) -> None:
        if not moved:
            raise BadAnswer(f"{self._path}: a full page of {market} brings nothing new: what follows cannot be reached")

    def _fills(self, answer: Answer, rows: list[object]) -> tuple[Heard, list[Fill]]:
        fills, unreadable = read_each(named_rows(rows), lambda _, item: [self._read(row_of(item))])
        return self._wrap(answer, self._path, events=fills, unreadable=unreadable), fills


async def while_listed(pages: AsyncIterator[Page]) -> AsyncIterator[Page]:
    """Pass on the pages of one market; one that the exchange no longer lists ends its own walk, and no other's."""
    with suppress(NotListed):
        async for page in pages:
            yield page


def _ids(rows: list[object]) -> dict[int, int]:
    """Return when each trade happened, by its id: a row that cannot be read is kept, and the walk goes on behind it."""
    found: dict[int, int] = {}
    for row in rows:
        with suppress(Unreadable):
            found[whole(row_of(row), "id")] = milliseconds(row_of(row), "time")
    return found


def list_of(answer: Answer, path: str) -> list[object]:
    """Return an answer that must be a list, of whatever. Raises ``BadAnswer``."""
    if not isinstance(answer.data, list):
        raise BadAnswer(f"{path}: the answer is not a list")
    return answer.data


def named_rows(rows: list[object]) -> list[tuple[str, object]]:
    """Return every row with a name to complain about it by."""
    return [(f"row {place}", row) for place, row in enumerate(rows)]
