"""Kraken's trades and its ledger are walked side by side, because only together do they tell a fill.

``TradesHistory`` says what was traded, ``Ledgers`` what it cost: the fee, in which asset, is on the ledger entries
whose ``refid`` is the trade's id. Both are served newest first, 50 at a time (``ofs``), between ``start`` (exclusive)
and ``end`` (inclusive) in whole seconds. Paging by ``ofs`` is right however many facts share an instant; what arrives
while walking only moves rows to later offsets, where they are met twice, and is left to the next walk: nothing newer
than the first page is proved.

The ledger is kept a minute ahead (deeper in the past) of the trades, so that when a page of trades is read all entries
of its trades are there. What is not complete yet (a trade whose entries are missing, one half of a conversion) is told
as far as it goes, or held, and what is proved stops just short of it, so that the next walk asks again; after ten
minutes of the account's own time it is let go.

The two are never read at one instant: the machine may sleep between the newest page of trades and that of the ledger.
So where the ledger names a trade that is newer than all that were told, what is proved stops just short of that too,
however long ago it was.

Source: docs.kraken.com/api, "Get Trades History", "Get Ledgers Info".
"""

from __future__ import annotations

from collections.abc import AsyncIterator, Callable, Iterable

import msgspec

from account_cli.domain.events import Event, Fill
from account_cli.domain.health import Coverage, DataKind
from account_cli.domain.times import DAY, SECOND
from account_cli.errors import BadAnswer, Temporary
from account_cli.exchanges.fields import Unreadable, maybe_text, read_each, row_of, seconds, text
from account_cli.exchanges.kraken.assets import Names
from account_cli.exchanges.kraken.known import Hole, Known, dump
from account_cli.exchanges.kraken.ledgers import (
    HALVES,
    LEGS,
    Entry,
    conversion,
    facts_of,
    fees_of,
    read_entry,
    running,
    symbol_of,
)
from account_cli.exchanges.kraken.rows import rest_fill
from account_cli.exchanges.wire import Answer, Wire, result_of
from account_cli.ports import Heard, Page

CURSOR = "kraken"
PAGE = 50
OVERLAP_S = 120
"""How far a walk reaches into what is known: REST may show an older fact after a newer one."""
_MARGIN_NS = 60 * SECOND
_PATIENCE_NS = 600 * SECOND


class Newest:
    """One history, page by page from its new end."""

    def __init__(self, wire: Wire, path: str, key: str, hole: Hole, *, deeper_s: int) -> None:
        self._wire, self._path, self._key = wire, path, key
        self._params: dict[str, object] = {}
        if hole.start is not None:
            self._params["start"] = max(0, hole.start - deeper_s - 1)
        if hole.end is not None:
            self._params["end"] = hole.end + 1
        self.offset = 0
        """How many rows were told, readable or not."""
        self.done = False
        self.oldest_ns: int | None = None
        self.newest_ns: int | None = None
        """The end of what this walk can prove, set by its first page: what a later one has that is newer came since."""
        self.first: frozenset[str] = frozenset()
        """What the first page told of."""

    async def next(self) -> tuple[Answer, list[tuple[str, object]]]:
        """Ask for the next page. Raises ``Temporary`` when it is empty although the count says otherwise."""
        answer = await self._wire.ask(
            "private", self._path, {**self._params, "ofs": self.offset}, method="POST", cost=2.0, kept=self._path
        )
        result = row_of(result_of(answer, "result"), "result")
        found = result.get(self._key)
        if not isinstance(found, dict):
            raise BadAnswer(f"kraken: {self._path}: the answer has no {self._key!r}")
        count = result.get("count")
        is_first = not self.offset
        self.offset += len(found)
        if not found and isinstance(count, int) and self.offset < count:
            raise Temporary(f"kraken: {self._path}: a page was empty though more is announced", retry_after=5.0)
        self.done = not found or (self.offset >= count if isinstance(count, int) else False)
        rows = [(str(name), row) for name, row in found.items()]
        # A time that the exchange cannot know yet is a wrong one: by it all that is still to come would be proved.
        times = [at for _, row in rows if (at := _time(row)) is not None and at <= answer.received_ns + DAY]
        if times:
            self.oldest_ns = min([*times, *([self.oldest_ns] if self.oldest_ns is not None else [])])
            if is_first:
                self.newest_ns, self.first = max(times), frozenset(map(str, found))
        return answer, rows

    def proved_from(self, start: int) -> int:
        """Return the first second from which on everything has been seen."""
        if self.done:
            return start
        return start if self.oldest_ns is None else self.oldest_ns // SECOND + 1


def _time(row: object) -> int | None:
    try:
        return seconds(row_of(row), "time")
    except Unreadable:
        return None


class Walk:
    """A walk through one hole; ``pages`` tells what is found and what is proved by it."""

    def __init__(
        self,
        wire: Wire,
        account: str,
        names: Names,
        known: Known,
        hole: Hole,
        wrap: Callable[..., Heard],
        kinds: frozenset[DataKind],
        *,
        overlap_s: int = OVERLAP_S,
        note: Callable[[Entry], None] = lambda _: None,
    ) -> None:
        self._account, self._names, self.known, self._hole, self._note = account, names, known, hole, note
        self._wrap, self._kinds, self._overlap_s = wrap, kinds, overlap_s
        self._trades = Newest(wire, "TradesHistory", "trades", hole, deeper_s=overlap_s)
        self._ledger = Newest(wire, "Ledgers", "ledger", hole, deeper_s=overlap_s + _MARGIN_NS // SECOND)
        self._legs: dict[str, dict[str, Entry]] = {}
        self._halves: dict[str, dict[str, Entry]] = {}
        self._paired: set[str] = set()
        self._held_ns: int | None = None
        self._untold_ns: int | None = None
        self._asked_ns: int | None = None
        """When the newest page was told: there was nothing newer then."""

    async def pages(self, *, only_newest: bool = False) -> AsyncIterator[Page]:
        """Yield the pages of the hole, newest first; with ``only_newest`` no more than it takes to prove something.

        A page whose rows all share a second proves nothing: without the next one there would be nothing to go on from.
        """
        while True:
            heard: list[Heard] = []
            if not self._trades.done:
                passed_ns = self._trades.oldest_ns
                trades = await self._trades.next()
                if self._asked_ns is None and self._hole.end is None:
                    self._asked_ns = trades[0].received_ns
                while not self._ledger.done and self._behind():
                    heard.append(await self._ledger_page())
                heard.append(self._fills(*trades, passed_ns))
                self._forget()
            elif not self._ledger.done:
                heard.append(await self._ledger_page())
            finished = self._trades.done and self._ledger.done
            late = self._leftovers(finished=finished)
            if late and heard:
                heard[-1] = msgspec.structs.replace(heard[-1], events=(*heard[-1].events, *late))
            yield self._page(heard)
            if finished or (only_newest and self.known.intervals):
                return

    def _behind(self) -> bool:
        """True while the ledger has not been read a minute deeper than the trades."""
        if self._ledger.oldest_ns is None:
            return True
        return self._trades.oldest_ns is not None and self._ledger.oldest_ns > self._trades.oldest_ns - _MARGIN_NS

    async def _ledger_page(self) -> Heard:
        answer, rows = await self._ledger.next()
        touched: dict[str, None] = {}
        entries: list[Entry] = []

        def read(ledger_id: str, item: object) -> Iterable[Event]:
            entry = read_entry(ledger_id, row_of(item), self._names)
            entries.append(entry)
            self._note(entry)
            if entry.type in LEGS:
                self._legs.setdefault(entry.refid, {})[ledger_id] = entry
                if self._is_untold(entry):
                    self._untold_ns = min(self._untold_ns or entry.time_ns, entry.time_ns)
            if entry.type in HALVES and entry.refid not in self._paired:
                self._halves.setdefault(entry.refid, {})[ledger_id] = entry
                touched[entry.refid] = None
            return facts_of(self._account, entry)

        events, unreadable = read_each(rows, read)
        for refid in touched:
            halves = list(self._halves[refid].values())
            if {half.type for half in halves} == HALVES:
                events += self._convert(refid)
        return self._wrap(answer, "Ledgers", events=events, unreadable=unreadable, running=running(entries))

    def _is_untold(self, entry: Entry) -> bool:
        """True for an entry of a trade that happened after the newest page of trades was read."""
        if self._hole.end is not None or entry.refid in self._trades.first or not self._inside(entry.time_ns):
            return False
        return self._trades.newest_ns is None or entry.time_ns > self._trades.newest_ns

    def _convert(self, refid: str) -> list[Event]:
        self._paired.add(refid)
        return conversion(self._account, refid, list(self._halves.pop(refid).values()))

    def _fills(self, answer: Answer, rows: list[tuple[str, object]], passed_ns: int | None) -> Heard:
        """Read a page of trades. Those newer than the page before ended were moved here by new ones, and are told."""
        fresh = [(name, row) for name, row in rows if passed_ns is None or (_time(row) or 0) <= passed_ns]
        events, unreadable = read_each(fresh, self._fill)
        return self._wrap(answer, "TradesHistory", events=events, unreadable=unreadable)

    def _fill(self, trade_id: str, item: object) -> Iterable[Fill]:
        row = row_of(item)
        legs = list(self._legs.get(trade_id, {}).values())
        pair = text(row, "pair")
        symbol = self._names.symbol(pair) or symbol_of(legs, maybe_text(row, "type"))
        if symbol is None:
            self._hold(seconds(row, "time"))  # the ledger may name it in a moment
            raise Unreadable(f"unknown pair {pair[:40]!r}")
        base, _, quote = symbol.partition("/")
        fill = rest_fill(self._account, trade_id, row, symbol, fees_of(legs, base, quote))
        if fill.fees is None:
            self._hold(fill.time_ns)
        return [fill]

    def _forget(self) -> None:
        """Drop the legs of trades passed long ago; only near the edge of a page may a trade be met twice."""
        edge = (self._trades.oldest_ns or 0) + _PATIENCE_NS
        for refid in [refid for refid, legs in self._legs.items() if all(leg.time_ns > edge for leg in legs.values())]:
            del self._legs[refid]

    def _hold(self, time_ns: int) -> None:
        """Let nothing be proved from ``time_ns`` on, while that is recent in the account's own time."""
        newest = self._newest_ns()
        if self._hole.end is None and newest is not None and newest - time_ns < _PATIENCE_NS:
            self._held_ns = time_ns if self._held_ns is None else min(self._held_ns, time_ns)

    def _newest_ns(self) -> int | None:
        times = [at for at in (self._trades.newest_ns, self._ledger.newest_ns) if at is not None]
        return max(times, default=None)

    def _leftovers(self, *, finished: bool) -> list[Event]:
        """Tell halves whose other half is not going to come, and hold what may still be completed."""
        events: list[Event] = []
        reached = self._ledger.oldest_ns or 0
        newest = self._newest_ns() or 0
        for refid in list(self._halves):
            at_ns = max(half.time_ns for half in self._halves[refid].values())
            passed = finished or at_ns > reached + _MARGIN_NS
            if passed and (newest - at_ns >= _PATIENCE_NS or self._hole.end is not None):
                if self._inside(at_ns):
                    events += self._convert(refid)
            elif passed:
                self._hold(at_ns)
        return events

    def _inside(self, at_ns: int) -> bool:
        """False in the margin below the hole, which is read for the sake of what lies above it only."""
        return self._hole.start is None or at_ns >= (self._hole.start - self._overlap_s) * SECOND

    def _page(self, heard: list[Heard]) -> Page:
        start = 0 if self._hole.start is None else self._hole.start
        first = max(self._trades.proved_from(start), self._ledger.proved_from(start), *self._unpaired())
        last = self._hole.end
        newest = self._newest_ns()
        if last is None:
            last = start if newest is None else max(newest // SECOND, start)
        for stop_ns in (self._held_ns, self._untold_ns):
            if stop_ns is not None:
                last = min(last, stop_ns // SECOND - 1)
        done = self._trades.done and self._ledger.done
        if newest is None and self._hole.start is None and self._hole.end is None:
            nothing = done and not self._trades.offset and not self._ledger.offset
            return Page(
                heard=tuple(heard), cursors={CURSOR: dump(self.known)}, coverage=self._empty() if nothing else ()
            )
        self.known = self.known.with_interval(first, last, from_start=done and self._hole.start is None)
        return Page(heard=tuple(heard), cursors={CURSOR: dump(self.known)}, coverage=self._coverage())

    def _unpaired(self) -> list[int]:
        """Return seconds at which a conversion is cut in two by the deep end of what was read."""
        if self._ledger.done:
            return [0]
        edge = (self._ledger.oldest_ns or 0) + _MARGIN_NS
        times = [half.time_ns for halves in self._halves.values() for half in halves.values()]
        return [0, *(at // SECOND + 1 for at in times if at <= edge)]

    def _empty(self) -> tuple[Coverage, ...]:
        """Say of an account without a past that nothing is missing."""
        kinds = sorted(self._kinds & {"fills", "transfers"})
        return tuple(
            Coverage(kind=kind, since_ns=0, until_ns=0, from_start=True, asked_ns=self._asked_ns) for kind in kinds
        )

    def _coverage(self) -> tuple[Coverage, ...]:
        if not self.known.intervals:
            return ()
        newest, oldest = self.known.intervals[0], self.known.intervals[-1]
        parts = []
        for first, last in self.known.intervals:
            whole = self.known.from_start and (first, last) == oldest
            asked_ns = self._asked_ns if (first, last) == newest else None
            parts += [
                Coverage(
                    kind=kind,
                    since_ns=0 if whole else first * SECOND,
                    until_ns=last * SECOND,
                    from_start=whole,
                    asked_ns=asked_ns,
                )
                for kind in sorted(self._kinds & {"fills", "transfers"})
            ]
        return tuple(parts)
