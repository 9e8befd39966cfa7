"""What the wire tests share: a reader on a simulator, a memory that counts each fact once, and the comparison."""

from __future__ import annotations

import asyncio
import json
import time
from collections.abc import AsyncIterator, Iterable, Mapping
from contextlib import asynccontextmanager
from decimal import Decimal
from pathlib import Path

import msgspec

from account_cli.domain.events import Event
from account_cli.domain.health import Coverage, DataKind, claimed
from account_cli.domain.identity import identity, merge
from account_cli.domain.times import parse_time
from account_cli.exchanges import open_reader
from account_cli.ports import ExchangeReader, Heard, Page, ReaderSettings, StreamItem, Subscribed
from account_cli.redaction import Redactor
from account_cli.simulator import Simulator

HISTORY: frozenset[DataKind] = frozenset({"fills", "transfers"})


class WallClock:
    """Real time."""

    def now_ns(self) -> int:
        return time.time_ns()

    def monotonic(self) -> float:
        return time.monotonic()

    async def sleep(self, seconds: float) -> None:
        await asyncio.sleep(seconds)


class Memory:
    """Keeps each fact once, as the journal does; a contradiction raises."""

    def __init__(self) -> None:
        self.facts: dict[str, Event] = {}
        self.cursors: dict[str, str] = {}
        self.unreadable: list[str] = []
        self.raws: list[str] = []
        self.told = 0
        self.coverage: list[Coverage] = []

    def take(self, heard: Iterable[Heard]) -> None:
        for one in heard:
            self.unreadable += one.unreadable
            self.raws.append(one.raw)
            for event in one.events:
                self.told += 1
                name = identity(event)
                self.facts[name] = merge(self.facts[name], event) if name in self.facts else event

    def take_page(self, page: Page) -> None:
        """Take a page with what it proves, as one transaction does."""
        self.take(page.heard)
        self.cursors.update(page.cursors)
        self.coverage = claimed(self.coverage, page.coverage)

    async def walk(self, pages: AsyncIterator[Page], *, at_most: int | None = None) -> int:
        """Take pages and store their cursors, as ingest does; return how many pages there were."""
        count = 0
        async for page in pages:
            self.take_page(page)
            count += 1
            if at_most is not None and count >= at_most:
                break
        return count

    async def catch_up(self, reader: ExchangeReader, *, at_most: int | None = None) -> int:
        return await self.walk(reader.catch_up(HISTORY, self.cursors, self.symbols()), at_most=at_most)

    async def backfill(self, reader: ExchangeReader, *, at_most: int | None = None) -> int:
        return await self.walk(reader.backfill(HISTORY, self.cursors, self.symbols()), at_most=at_most)

    def symbols(self) -> frozenset[str]:
        return frozenset(str(symbol) for event in self.facts.values() if (symbol := getattr(event, "symbol", None)))


def reader_of(
    sim: Simulator,
    cache: Path,
    redactor: Redactor | None = None,
    *,
    rate_limit: bool = False,
    api_key: str | None = None,
    secret: str | None = None,
    timeout_s: float = 10.0,
) -> ExchangeReader:
    settings = ReaderSettings(
        account="demo",
        venue=sim.venue,
        api_key=api_key or sim.api_key,
        secret=secret or sim.secret,
        urls=sim.urls,
        rate_limit=rate_limit,
        timeout_s=timeout_s,
    )
    return open_reader(settings, clock=WallClock(), redactor=redactor or Redactor(), cache_dir=cache)


@asynccontextmanager
async def simulated(venue: str, *, history_hours: float = 2.0, **named: object) -> AsyncIterator[Simulator]:
    """A world with a past that stands still until it is moved."""
    settings: dict[str, object] = {"speed": None, "history_at_once": True, "rate_limit": False, **named}
    async with Simulator(venue, history_hours=history_hours, **settings) as sim:  # type: ignore[arg-type]
        yield sim


class Listening:
    """Reads a stream in the background until it ends or is stopped."""

    def __init__(self, items: AsyncIterator[StreamItem], memory: Memory) -> None:
        self.items: list[StreamItem] = []
        self.memory = memory
        self._task = asyncio.ensure_future(self._read(items))
        self._news = asyncio.Event()

    async def _read(self, items: AsyncIterator[StreamItem]) -> None:
        async for item in items:
            self.items.append(item)
            if isinstance(item, Heard):
                self.memory.take([item])
            self._news.set()

    async def until(self, done: str | None = None, *, facts: int | None = None) -> None:
        """Wait until subscribed (``done`` is ``subscribed``), or until so many facts are known."""
        async with asyncio.timeout(30):
            while True:
                confirmed = {kind for item in self.items if isinstance(item, Subscribed) for kind in item.kinds}
                if done == "subscribed" and confirmed >= {"balances", "orders", "fills"}:
                    return
                if facts is not None and len(self.memory.facts) >= facts:
                    return
                if self._task.done():
                    self._task.result()
                    raise AssertionError("the stream ended")
                self._news.clear()
                await asyncio.wait(
                    [asyncio.ensure_future(self._news.wait()), self._task], return_when=asyncio.FIRST_COMPLETED
                )

    async def end(self) -> BaseException | None:
        """Wait until the stream ended by itself; return why."""
        await asyncio.wait([self._task], timeout=30)
        assert self._task.done(), "the stream did not end"
        return self._task.exception()

    async def stop(self) -> None:
        self._task.cancel()
        await asyncio.gather(self._task, return_exceptions=True)


def truth(sim: Simulator) -> dict[str, dict[str, object]]:
    """Return the simulator's book by identity."""
    found = {}
    for line in sim.truth().splitlines():
        fact = json.loads(line)
        if fact["kind"] in ("instrument", "price"):
            continue
        parts = [fact.get("wallet", "spot"), fact["kind"], fact["id"]]
        if fact["kind"] == "fill":
            parts += [fact["symbol"], fact["order_id"], fact["side"]]
        found["|".join(parts)] = fact
    return found


def differences(memory: Memory, sim: Simulator) -> list[str]:
    """Compare every fact with the book, field by field and number by number; empty when they are equal."""
    book, lines = truth(sim), []
    lines += [f"missing {name}" for name in book.keys() - memory.facts.keys()]
    lines += [f"invented {name}" for name in memory.facts.keys() - book.keys()]
    for name in book.keys() & memory.facts.keys():
        told = msgspec.to_builtins(memory.facts[name])
        for field, value in book[name].items():
            if field in ("kind", "account", "time") or (field, value) in (
                ("wallet", "spot"),
                ("type", "trade"),
                ("fees", []),
            ):
                continue
            mine = told.get(field)
            if _plain(mine) != _plain(value):
                lines.append(f"{name}: {field} is {mine!r}, the book says {value!r}")
    return lines


def _plain(value: object) -> object:
    if isinstance(value, dict):
        return tuple(_plain(part) for part in value.values())
    if isinstance(value, (list, tuple)):
        return tuple(_plain(part) for part in value)
    try:
        return Decimal(str(value)) if isinstance(value, str) else value
    except ArithmeticError:
        return value


def fields_told_twice(memory: Memory) -> int:
    return memory.told - len(memory.facts)


def false_claims(memory: Memory, book: Mapping[str, Mapping[str, object]]) -> list[str]:
    """Return the facts of the book that are claimed to be known and are not; a claim's last instant does not count."""
    lines = []
    for name, fact in book.items():
        if name in memory.facts:
            continue
        kind = "fills" if fact["kind"] == "fill" else "transfers"
        at_ns = parse_time(str(fact["time"]))
        parts = [part for part in memory.coverage if part.kind == kind]
        named = [part for part in parts if part.scope and part.scope == fact.get("symbol")]
        if kind == "fills" and not named:
            named = [part for part in parts if not part.scope]
        by_scope: dict[str, bool] = {}
        for part in named or parts:
            covers = part.since_ns <= at_ns < (part.until_ns or 0)
            by_scope[part.scope] = by_scope.get(part.scope, False) or covers
        if by_scope and all(by_scope.values()):
            lines.append(f"claimed and not known: {name} of {fact['time']}")
    return lines
