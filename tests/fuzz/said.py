"""What exchanges said to a real reader, written down once and said again, changed: every frame and every answer.

The simulators are asked and listened to once for each venue; from then on a reader of the same class hears the same
texts, one of them changed, with no socket between: ccxt signs, parses and raises as ever.
"""

from __future__ import annotations

import asyncio
import contextlib
from collections import defaultdict
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit

from account_cli.domain.health import DataKind
from account_cli.errors import AcctError, Unreachable
from account_cli.exchanges.reading import Adapter, Stream
from account_cli.exchanges.tee import understood
from account_cli.ports import ExchangeReader, Heard, Subscribed
from account_cli.simulator import Simulator
from tests.wire.exchanges.exch_wire import Memory, reader_of, simulated
from tests.wire.exchanges.test_exch_generic_wire import generic_reader

VENUES = ("kraken", "binanceusdm", "binance", "generic")
HISTORY: frozenset[DataKind] = frozenset({"fills", "transfers"})
_MOST_REQUESTS = 40
Change = Callable[[str], str]


def make_reader(venue: str, sim: Simulator, cache: Path) -> Any:
    return generic_reader(sim, cache) if venue == "generic" else reader_of(sim, cache)


@dataclass
class Said:
    """All texts of one venue; answers by path, in the order in which they came."""

    venue: str
    sim: Simulator
    cache: Path
    frames: list[str] = field(default_factory=list)
    answers: dict[str, list[str]] = field(default_factory=lambda: defaultdict(list))
    symbols: frozenset[str] = frozenset()
    cursors: dict[str, str] = field(default_factory=dict)


async def said_by(venue: str, cache: Path) -> Said:
    """Ask and listen to a simulator for everything that acct ever asks for."""
    async with simulated("binanceusdm" if venue == "generic" else venue, history_hours=0.2) as sim:
        told = Said(venue, sim, cache)
        reader, memory = make_reader(venue, sim, cache), Memory()
        _note_answers(reader, told)
        await reader.connect()
        await _listen(reader, sim, told)
        for kind in ("balances", "orders", "positions"):
            if kind in reader.abilities().polls:
                await reader.observe(kind)
        await memory.catch_up(reader, at_most=12)
        told.cursors = dict(memory.cursors)
        await memory.backfill(reader, at_most=12)
        told.symbols = memory.symbols() or frozenset({"BTC/USDT"})
        await reader.prices(told.symbols)
        symbol = sorted(told.symbols)[0]
        await reader.candles(symbol, sim.now_ns - 10**12, sim.now_ns)
        await reader.close()
        return told


def _note_answers(reader: Any, told: Said) -> None:
    received = reader.wire.received

    def noted(status: int, headers: Mapping[str, str], body: str, url: str) -> None:
        told.answers[urlsplit(url).path].append(body)
        received(status, headers, body, url)

    reader.wire.received = noted


async def _listen(reader: Any, sim: Simulator, told: Said) -> None:
    stream: Stream = reader.stream(reader.abilities().streams)
    frame = stream._tee.frame

    def noted(text: str, client: Any = None, trouble: str | None = None) -> None:
        told.frames.append(text)
        frame(text, client, trouble)

    stream._tee.frame = noted  # type: ignore[method-assign]
    async with asyncio.timeout(60), stream as items:
        async for item in items:
            if isinstance(item, Subscribed):
                break
        begun = len(told.frames)
        sim.burst(2)
        await sim.advance(0.4)
        while len(told.frames) < begun + 6:
            await asyncio.sleep(0.05)
        await asyncio.sleep(0.2)


class Again:
    """A reader that hears it all again; ``change`` is applied to the text of the answer that is chosen."""

    def __init__(self, told: Said) -> None:
        self.told = told
        self.reader: Adapter = make_reader(told.venue, told.sim, told.cache)
        self._asked: dict[str, int] = {}
        self._count = 0
        self._change: tuple[int, Change] | None = None
        self.reader.wire.exchange.fetch = self._fetch
        self._kept: dict[str, object] = {}

    async def connect(self) -> None:
        await self.port.connect()
        self._kept = {name: _copy(value) for name, value in vars(self.reader).items()}

    @property
    def port(self) -> ExchangeReader:
        return self.reader  # type: ignore[return-value]

    def forget(self) -> None:
        """Be as after ``connect``: what a changed text taught is no matter for the next one."""
        vars(self.reader).update({name: _copy(value) for name, value in self._kept.items()})
        self._asked, self._count, self._change = {}, 0, None
        self.reader.wire._approved.clear()

    async def _fetch(self, url: str, method: str = "GET", headers: Any = None, body: Any = None) -> Any:
        wire = self.reader.wire
        exchange = wire.exchange
        wire.let_out(method, url)
        path = urlsplit(url).path
        texts = self.told.answers.get(path)
        if not texts or self._count >= _MOST_REQUESTS:
            raise Unreachable("nothing more was said")
        place = self._asked.get(path, 0)
        self._asked[path] = place + 1
        text = texts[min(place, len(texts) - 1)]
        if self._change is not None and self._change[0] == self._count:
            text = self._change[1](text)
        self._count += 1
        text = exchange.on_rest_response(200, "OK", url, method, {}, text, headers, body)
        data = exchange.parse_json(text)
        exchange.handle_errors(200, "OK", url, method, {}, text, data, headers, body)
        return data if data is not None else text

    async def asked(self, what: str, change: tuple[int, Change] | None = None) -> list[Heard]:
        """Ask for one thing, the answer to the request of that number changed; ``AcctError`` is a proper end."""
        self.forget()
        self._change = change
        heard: list[Heard] = []
        with contextlib.suppress(AcctError):
            await self._asked_for(what, heard)
        return heard

    async def _asked_for(self, what: str, heard: list[Heard]) -> None:
        port, told = self.port, self.told
        match what:
            case "balances" | "orders" | "positions":
                heard += await port.observe(what)
            case "catch_up" | "backfill":
                walk = port.catch_up if what == "catch_up" else port.backfill
                async for page in walk(HISTORY, {} if what == "catch_up" else told.cursors, told.symbols):
                    heard += page.heard
            case "prices":
                await port.prices(told.symbols)
            case "candles":
                await port.candles(sorted(told.symbols)[0], told.sim.now_ns - 10**12, told.sim.now_ns)

    def heard(self, text: str | bytes) -> list[object]:
        """Hear one frame, as ccxt hands it to the tee; return what is told, an ``AcctError`` among it."""
        self.forget()
        stream: Any = self.port.stream(self.port.abilities().streams)
        if self.told.venue == "generic":
            stream._tee.handle = _collected(self.reader)
        stream._tee.frame(text.decode("utf-8", "replace") if isinstance(text, bytes) else text, _Client())
        told: list[object] = []
        while not stream._tee.queue.empty():
            told += stream._read(understood(stream._tee.queue.get_nowait(), None, stream._tee.handle))
        return told


class _Client:
    """As much of ccxt's WebSocket client as its handlers touch."""

    url = "ws://127.0.0.1/"

    def __init__(self) -> None:
        self.subscriptions: dict[str, object] = {}
        self.futures: dict[str, object] = {}

    def resolve(self, result: object, name: object = None) -> object:
        return result

    def reject(self, error: object, name: object = None) -> object:
        return error


def _collected(reader: Adapter) -> Any:
    from account_cli.exchanges.generic.streaming import Collected

    return Collected(reader.wire.exchange)


def _copy(value: object) -> object:
    return value.copy() if isinstance(value, (set, dict)) else value


async def played(told: Said) -> Again:
    again = Again(told)
    await again.connect()
    return again
