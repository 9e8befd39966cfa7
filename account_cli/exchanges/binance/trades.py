"""The trades of a market are walked by id: upwards from the newest known, and from the first up to the oldest known.

``fromId`` is inclusive, so every page repeats the last trade of the one before, and nothing that shares a millisecond
can be missed. A trade whose fee is not told yet is the end of what is known: the next walk begins with it again, for a
day of the account's own time.
"""

from __future__ import annotations

from collections.abc import AsyncIterator, Awaitable, Callable

import msgspec

from account_cli.domain.events import Fill
from account_cli.domain.times import HOUR
from account_cli.errors import BadAnswer
from account_cli.exchanges.binance.cursors import TradeCursors, Trades
from account_cli.exchanges.fields import Row, read_each, row_of
from account_cli.exchanges.wire import Answer
from account_cli.ports import Heard, Page

PAGE = 1000
_PATIENCE_NS = 24 * HOUR
Ask = Callable[[str, dict[str, object]], Awaitable[Answer]]


class TradesWalk:
    """Walks the trades of one account; ``read`` makes a fill of a row."""

    def __init__(
        self, ask: Ask, path: str, read: Callable[[Row], Fill], cursors: TradeCursors, wrap: Callable[..., Heard]
    ) -> None:
        self._ask, self._path, self._read, self.cursors, self._wrap = ask, path, read, cursors, wrap

    async def newest(self, market: str) -> AsyncIterator[Page]:
        """Walk from the newest known trade up to now."""
        known, unpaid = self.cursors.of(market), dict[int, int]()
        read = known
        while True:
            params: dict[str, object] = {"symbol": market, "limit": PAGE}
            if read.high is not None:
                params["fromId"] = read.high
            elif read.done:  # nothing had ever been traded: what there is now may be more than a page
                params["fromId"] = read.up
            answer = await self._ask(self._path, params)
            rows = list_of(answer, self._path)
            heard, fills = self._fills(answer, rows)
            before = read.high
            read = self._with(read, fills)
            unpaid |= {int(fill.id): fill.time_ns for fill in fills if fill.fees is None}
            edge = max((fill.time_ns for fill in fills), default=0) - _PATIENCE_NS
            unpaid = {number: at for number, at in unpaid.items() if at > edge}
            known = read if not unpaid else msgspec.structs.replace(read, high=min(unpaid))
            yield Page(heard=(heard,), cursors=self.cursors.trades_cursor(market, known))
            if len(rows) < PAGE or read.high == before:
                return

    def _with(self, known: Trades, fills: list[Fill]) -> Trades:
        ids = {int(fill.id): fill.time_ns for fill in fills}
        if not ids:
            return known
        low = min(ids) if known.low is None else known.low
        return msgspec.structs.replace(
            known,
            low=low,
            low_ns=known.low_ns if known.low_ns is not None else ids[low],
            high=max([*ids, known.high if known.high is not None else 0]),
        )

    async def older(self, market: str) -> AsyncIterator[Page]:
        """Walk from the first trade that the exchange has up to the oldest known."""
        known = self.cursors.of(market)
        while not known.done:
            answer = await self._ask(self._path, {"symbol": market, "limit": PAGE, "fromId": known.up})
            rows = list_of(answer, self._path)
            heard, fills = self._fills(answer, rows)
            ids = [int(fill.id) for fill in fills]
            last = max(ids, default=known.up)
            met = known.low is not None and last >= known.low
            if known.low is None and ids:  # nothing was traded lately: what is walked here is all there is
                known = self._with(known, fills)
                met = False
                known = msgspec.structs.replace(known, high=last)
            known = msgspec.structs.replace(known, up=last, done=met or len(rows) < PAGE or last == known.up)
            yield Page(heard=(heard,), cursors=self.cursors.trades_cursor(market, known))

    def _fills(self, answer: Answer, rows: list[Row]) -> tuple[Heard, list[Fill]]:
        fills, unreadable = read_each(named_rows(rows), lambda _, item: [self._read(row_of(item))])
        return self._wrap(answer, self._path, events=fills, unreadable=unreadable), fills


def list_of(answer: Answer, path: str) -> list[Row]:
    """Return an answer that must be a list. Raises ``BadAnswer``."""
    if not isinstance(answer.data, list):
        raise BadAnswer(f"{path}: the answer is not a list")
    return [row for row in answer.data if isinstance(row, dict)]


def named_rows(rows: list[Row]) -> list[tuple[str, object]]:
    """Return every row with a name to complain about it by."""
    return [(f"row {place}", row) for place, row in enumerate(rows)]
