"""An exchange without a socket: ccxt's own connections end in the simulator's protocol, in one process and one time.

``Network`` stands where ccxt has its ``aiohttp`` session. Everything of acct and of ccxt before it is the real thing:
signing, read list, budgets, the tee, the normalisers, the translation of errors. What a request or a frame meets on the
way (``Weather``) is drawn from a seed.
"""

from __future__ import annotations

import asyncio
import random
from collections.abc import Coroutine, Mapping
from contextvars import copy_context
from dataclasses import dataclass, field
from decimal import localcontext
from types import TracebackType
from typing import Any, TypeVar

import aiohttp
from aiohttp import WSMessage, WSMsgType
from multidict import CIMultiDict, CIMultiDictProxy
from yarl import URL

from account_cli.simulator.delivery import Text
from account_cli.simulator.server import Server
from account_cli.simulator.stage import Connection, Incoming
from account_cli.simulator.world.world import EXACT

T = TypeVar("T")
_CLOSED = WSMessage(WSMsgType.CLOSED, None, None)


@dataclass(slots=True)
class Weather:
    """What happens on the way between acct and the exchange; times in seconds, odds between 0 and 1."""

    source: random.Random
    rest_s: tuple[float, float] = (0.03, 0.25)
    """How long an answer takes."""
    frame_s: tuple[float, float] = (0.002, 0.04)
    """How long a frame takes; frames never overtake each other unless ``shuffle`` says so."""
    no_network: bool = False
    lose: float = 0.0
    repeat: float = 0.0
    shuffle_s: float = 0.0
    """Frames within so many seconds arrive in any order."""
    cut: float = 0.0
    """Odds of a frame that arrives truncated."""
    dead: bool = False
    """Nothing more of what was begun before reaches anybody: the process at this end was killed."""

    def between(self, reach: tuple[float, float]) -> float:
        return self.source.uniform(*reach)

    def chance(self, odds: float) -> bool:
        return odds > 0 and self.source.random() < odds


class MemoryServer(Server):
    """The simulator's server with no port: it takes requests and connections from a ``Network`` in the same process."""

    def __init__(self, like: Server, weather: Weather) -> None:
        self.__dict__.update(like.__dict__)
        self.weather = weather
        self.lines: dict[Connection, Line] = {}
        self.port = 1
        self._context = copy_context()

    async def start(self) -> None:
        """There is nothing to listen on."""

    async def stop(self) -> None:
        self.drop_connections()

    def drop_connections(self) -> None:
        for line in tuple(self.lines.values()):
            line.abort()

    def hang_up(self, *, mid_frame: bool = False) -> None:
        del mid_frame  # half a frame and no frame are the same to whoever reads whole ones
        self.drop_connections()

    def black_hole(self, on: bool) -> None:
        for line in tuple(self.lines.values()):
            if on:
                line.swallowed = True
            elif line.swallowed:
                line.abort()

    def in_its_own(self, work: Coroutine[Any, Any, T]) -> asyncio.Task[T]:
        """Run something of the exchange's in the exchange's own context: it does not die with a process of acct."""
        return asyncio.get_running_loop().create_task(work, context=self._context.copy())

    async def connect(self, url: URL) -> Line:
        """Open a WebSocket. Raises what aiohttp does where it is refused."""
        if not self._protocol.is_socket(url.path):
            raise aiohttp.ClientConnectionError("no such socket")
        refused = await self.refused()
        if refused is not None:
            info = aiohttp.RequestInfo(url, "GET", CIMultiDictProxy(CIMultiDict()), url)
            headers = CIMultiDict(refused.headers)
            raise aiohttp.WSServerHandshakeError(info, (), status=refused.status, message="refused", headers=headers)
        connection = Connection(
            url.path, dict(url.query), self._stage.faults, private=False, opened_ns=self._stage.wall_ns()
        )
        line = Line(self, connection)
        self.lines[connection] = line
        self._stage.connections.add(connection)
        with localcontext(EXACT):
            self._protocol.opened(connection)
        line.writer = asyncio.ensure_future(line.write())
        return line

    def gone(self, connection: Connection) -> None:
        self.lines.pop(connection, None)
        self._stage.connections.discard(connection)

    def take(self, connection: Connection, text: str) -> None:
        """Hand a client's message to the protocol."""

        def receive() -> None:
            with localcontext(EXACT):
                self._protocol.received(connection, text)

        self._context.copy().run(receive)

    def sent(self, connection: Connection) -> None:
        connection.sent_ns = self._stage.wall_ns()


class Line:
    """One WebSocket, seen by ccxt as aiohttp's client response."""

    _conn = None

    def __init__(self, server: MemoryServer, connection: Connection) -> None:
        self._server, self._connection = server, connection
        self._arrived: asyncio.Queue[WSMessage] = asyncio.Queue()
        self._due = 0.0
        self.closed = self.swallowed = False
        self.writer: asyncio.Future[None] | None = None

    async def write(self) -> None:
        """Carry frames from the exchange."""
        while (frame := await self._connection.outgoing.get()) is not None:
            if self.swallowed:
                continue
            self._server.sent(self._connection)
            self._carry(frame if isinstance(frame, str) else frame.decode("utf-8", "replace"))
        self._deliver(WSMessage(WSMsgType.CLOSE, 1001, ""))
        self._server.gone(self._connection)

    def _carry(self, frame: Text) -> None:
        weather = self._server.weather
        if isinstance(frame, bytes):
            self._deliver(WSMessage(WSMsgType.ERROR, UnicodeDecodeError("utf-8", frame, 0, 1, "not UTF-8"), ""))
            return
        if weather.chance(weather.lose):
            return
        if weather.chance(weather.cut):
            frame = frame[: weather.source.randrange(1, max(2, len(frame)))]
        for _ in range(2 if weather.chance(weather.repeat) else 1):
            self._deliver(WSMessage(WSMsgType.TEXT, frame, ""))

    def _deliver(self, message: WSMessage) -> None:
        weather, loop = self._server.weather, asyncio.get_running_loop()
        if weather.shuffle_s and message.type is WSMsgType.TEXT:
            loop.call_later(weather.between((0.002, weather.shuffle_s)), self._put, message)
            return
        self._due = max(self._due + 1e-6, loop.time() + weather.between(weather.frame_s))
        loop.call_at(self._due, self._put, message)

    def _put(self, message: WSMessage) -> None:
        if not self.closed and not self.swallowed:
            self._arrived.put_nowait(message)

    async def receive(self) -> WSMessage:
        message = _CLOSED if self.closed else await self._arrived.get()
        if message.type is WSMsgType.CLOSE:
            self.closed = True
        return message

    async def send_str(self, text: str) -> None:
        if self.closed:
            raise ConnectionResetError("the line is closed")
        if not self.swallowed:
            loop = asyncio.get_running_loop()
            loop.call_later(self._server.weather.between(self._server.weather.frame_s), self._reach, text)

    def _reach(self, text: str) -> None:
        if not self.closed and not self.swallowed:
            self._server.take(self._connection, text)

    async def ping(self, message: bytes = b"") -> None:
        if self.closed:
            raise ConnectionResetError("the line is closed")
        if not self.swallowed:
            self._deliver(WSMessage(WSMsgType.PONG, message, ""))

    async def pong(self, message: bytes = b"") -> None:
        del message

    async def close(self, *, code: int = 1000) -> None:
        del code
        self._end()

    def abort(self) -> None:
        """Cut, as the transport does: the reader hears that it is closed."""
        self._end()

    def _end(self) -> None:
        self.closed = True
        self._arrived.put_nowait(_CLOSED)
        self._server.gone(self._connection)
        if self.writer is not None:
            self.writer.cancel()


class _Dialling:
    """What ``ws_connect`` returns."""

    def __init__(self, network: Network, url: str) -> None:
        self._network, self._url = network, url

    async def __aenter__(self) -> Line:
        await self._network.travel()
        refused = await self._network.server.refused()
        if refused is not None:
            told = aiohttp.RequestInfo(URL(self._url), "GET", CIMultiDictProxy(CIMultiDict()), URL(self._url))
            raise aiohttp.WSServerHandshakeError(told, (), status=refused.status, message="Invalid response status")
        return await self._network.server.in_its_own(self._network.server.connect(URL(self._url)))


@dataclass(slots=True)
class _Response:
    """What a request comes back with."""

    body: str
    status: int
    headers: Mapping[str, str]
    reason: str = ""

    async def text(self, **_: object) -> str:
        return self.body


class _Asking:
    """What ``get`` and ``post`` return."""

    def __init__(self, network: Network, method: str, url: URL, data: bytes | None, headers: Any, timeout: Any) -> None:
        self._network, self._method, self._url = network, method, url
        self._body, self._headers, self._timeout = (data or b"").decode(), headers, timeout

    async def __aenter__(self) -> _Response:
        async with asyncio.timeout(self._timeout.total):
            await self._network.travel()
            query = self._url.raw_query_string
            incoming = Incoming(
                method=self._method,
                path=self._url.path,
                query=query,
                body=self._body,
                headers=CIMultiDict(self._headers),
            )
            answer = await self._network.server.in_its_own(self._network.server.ask(incoming))
            if answer.manner == "packed":
                raise aiohttp.ClientPayloadError("400, message: Can not decode content-encoding: gzip")
            if answer.manner == "slow":
                await asyncio.sleep(len(answer.body) / 10)
            await self._network.travel()
        headers = {"Content-Type": answer.content_type, **answer.headers}
        return _Response(answer.body, answer.status, CIMultiDict(headers))

    async def __aexit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        """Nothing is open."""


@dataclass(slots=True)
class Network:
    """ccxt's session; ``server`` is the only place that there is."""

    server: MemoryServer
    weather: Weather
    headers: dict[str, str] = field(default_factory=dict)
    """What a session adds to every request: nothing."""

    async def travel(self) -> None:
        """Take half of the time that an answer takes. Raises what aiohttp does where there is no network."""
        await asyncio.sleep(self.weather.between(self.weather.rest_s) / 2)
        if self.weather.dead:
            await asyncio.Event().wait()
        if self.weather.no_network:
            raise aiohttp.ClientConnectionError("no network")

    def _ask(self, method: str, url: URL, data: bytes | None, headers: Any, timeout: Any) -> _Asking:
        return _Asking(self, method, url, data, headers, timeout)

    def get(
        self, url: URL, *, data: Any = None, headers: Any = None, timeout: Any = None, proxy: Any = None
    ) -> _Asking:
        return self._ask("GET", url, data, headers, timeout)

    def post(
        self, url: URL, *, data: Any = None, headers: Any = None, timeout: Any = None, proxy: Any = None
    ) -> _Asking:
        return self._ask("POST", url, data, headers, timeout)

    def put(
        self, url: URL, *, data: Any = None, headers: Any = None, timeout: Any = None, proxy: Any = None
    ) -> _Asking:
        return self._ask("PUT", url, data, headers, timeout)

    def delete(
        self, url: URL, *, data: Any = None, headers: Any = None, timeout: Any = None, proxy: Any = None
    ) -> _Asking:
        return self._ask("DELETE", url, data, headers, timeout)

    def ws_connect(self, url: str, **_: object) -> _Dialling:
        return _Dialling(self, url)

    async def close(self) -> None:
        """Nothing is open."""
