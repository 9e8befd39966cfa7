"""The server puts a protocol on a loopback port, plays the faults that live in HTTP, and has a control plane.

What is under ``/control/`` goes to the control plane (``control``), everything else to the venue's protocol.
"""

from __future__ import annotations

import asyncio
import contextlib
import gzip
from collections.abc import Awaitable, Callable
from dataclasses import replace
from decimal import localcontext
from email.utils import formatdate

from aiohttp import WSMsgType, web

from account_cli.simulator.refusing import faulty, html
from account_cli.simulator.stage import Answer, Connection, Incoming, Stage, VenueProtocol
from account_cli.simulator.wire import SECOND
from account_cli.simulator.world.world import EXACT

_HOST = "127.0.0.1"
_HALF_A_FRAME = b"\x81\x7e\x01\x00" + b'{"channel":"executions",'
"""RFC 6455, 5.2: a final text frame of 256 bytes, most of which never come."""
_BIG = 16 * 1024 * 1024
_TO_SEND_S = 1.0
"""So long the frame that is just being sent may take once the client is gone. aiohttp compresses a long one in a task
of its own: were the wait for it cancelled, nobody would hear that it failed."""

Control = Callable[[web.Request], Awaitable[web.Response]]


class Server:
    """One listening port; everything it started ends with ``stop``."""

    def __init__(
        self, stage: Stage, protocol: VenueProtocol, control: Control, *, port: int, ping_s: float | None = None
    ) -> None:
        self._stage, self._protocol, self._control, self._port = stage, protocol, control, port
        self._ping_s = ping_s
        self._sockets: dict[Connection, web.Request] = {}
        self._swallowed: set[Connection] = set()
        self._dials: list[int] = []
        self._runner: web.AppRunner | None = None
        self.port = 0

    async def start(self) -> None:
        """Listen; ``port`` is known afterwards. Raises ``OSError`` when the port is taken."""
        app = web.Application(client_max_size=_BIG)
        app.router.add_route("*", "/control/{tail:.*}", self._control)
        app.router.add_route("*", "/{tail:.*}", self._serve)
        self._runner = web.AppRunner(app, access_log=None, shutdown_timeout=0.1, handler_cancellation=True)
        await self._runner.setup()
        site = web.TCPSite(self._runner, _HOST, self._port)
        await site.start()
        self.port = int(self._runner.addresses[0][1])

    async def stop(self) -> None:
        """Abort every connection and stop listening."""
        self.drop_connections()
        if self._runner is not None:
            await self._runner.cleanup()
            self._runner = None

    def drop_connections(self) -> None:
        """Cut every WebSocket without a closing frame."""
        for request in self._sockets.values():
            if request.transport is not None:
                request.transport.abort()

    def hang_up(self, *, mid_frame: bool = False) -> None:
        """End every connection below the WebSockets: the peer sees the end of the stream, or half a frame before it."""
        for request in self._sockets.values():
            if request.transport is not None:
                if mid_frame:
                    request.transport.write(_HALF_A_FRAME)
                request.transport.close()

    def black_hole(self, on: bool) -> None:
        """Let the WebSockets that are open now hang, as when a router forgets them; off cuts them."""
        for connection, request in self._sockets.items():
            transport = request.transport
            if transport is None:
                continue
            if on:
                self._swallowed.add(connection)
                transport.pause_reading()
            elif connection in self._swallowed:
                transport.abort()
        if not on:
            self._swallowed.clear()

    async def _serve(self, request: web.Request) -> web.StreamResponse:
        if request.headers.get("Upgrade", "").lower() == "websocket" and self._protocol.is_socket(request.path):
            return await self._socket(request)
        incoming = Incoming(
            method=request.method,
            path=request.path,
            query=request.raw_path.partition("?")[2],
            body=await request.text(),
            headers=request.headers,
        )
        answer = await self.ask(incoming)
        if answer.manner == "slow":
            return await _by_the_byte(request, answer)
        if answer.manner == "packed":
            packed = gzip.compress(answer.body.encode())
            headers = {**answer.headers, "Content-Encoding": "gzip"}
            return web.Response(body=packed[: len(packed) // 2], headers=headers, content_type=answer.content_type)
        return web.Response(
            text=answer.body, status=answer.status, headers=answer.headers, content_type=answer.content_type
        )

    async def ask(self, incoming: Incoming) -> Answer:
        """Answer one request, or what comes instead; never returns when the fault is silence."""
        faults = self._stage.faults
        fault = faults.next_http()
        if fault == "timeout":
            await asyncio.Event().wait()
        with localcontext(EXACT):
            answer = self._protocol.answer(incoming)
            if fault is not None:
                answer = faulty(fault, answer, self._protocol)
            now_ns = self._stage.wall_ns()
            if (ban := faults.banned(now_ns, incoming.path)) is not None:
                status, headers, content_type, body = ban.words(now_ns)
                answer = Answer(body=body, status=status, headers=headers, content_type=content_type)
            date = formatdate(now_ns // SECOND, usegmt=True)
            return replace(answer, headers={"Date": date, **answer.headers})

    async def _socket(self, request: web.Request) -> web.StreamResponse:
        refused = await self.refused()
        if refused is not None:
            return web.Response(text=refused.body, status=refused.status, headers=refused.headers)
        socket = web.WebSocketResponse(max_msg_size=_BIG, heartbeat=self._ping_s)
        await socket.prepare(request)
        connection = Connection(
            request.path, dict(request.query), self._stage.faults, private=False, opened_ns=self._stage.wall_ns()
        )
        self._sockets[connection] = request
        self._stage.connections.add(connection)
        sending = asyncio.Lock()
        writer = asyncio.create_task(self._write(connection, socket, sending))
        try:
            with localcontext(EXACT):
                self._protocol.opened(connection)
                async for message in socket:
                    if message.type is WSMsgType.TEXT:
                        self._protocol.received(connection, message.data)
        finally:
            self._stage.connections.discard(connection)
            del self._sockets[connection]
            with contextlib.suppress(TimeoutError):
                async with asyncio.timeout(_TO_SEND_S), sending:
                    pass
            writer.cancel()
            with contextlib.suppress(asyncio.CancelledError):
                await writer
        return socket

    async def refused(self) -> Answer | None:
        """Return the answer to a WebSocket that may not be opened now."""
        faults, now = self._stage.faults, self._stage.wall_ns()
        if faults.handshake == "hang":
            await asyncio.Event().wait()
        if faults.handshake == "403":
            return Answer(body=html(403, 1000), status=403)
        if faults.dials is not None:
            most, seconds = faults.dials
            self._dials = [at for at in self._dials if now - at < seconds * SECOND]
            if len(self._dials) >= most:
                return Answer(body="Too Many Requests", status=429, headers={"Retry-After": "1"})
            self._dials.append(now)
        return None

    async def _write(self, connection: Connection, socket: web.WebSocketResponse, sending: asyncio.Lock) -> None:
        with contextlib.suppress(ConnectionError):
            while (frame := await connection.outgoing.get()) is not None:
                if connection in self._swallowed:
                    continue
                async with sending:
                    if isinstance(frame, bytes):
                        await socket.send_frame(frame, WSMsgType.TEXT)
                    else:
                        await socket.send_str(frame)
                connection.sent_ns = self._stage.wall_ns()
            await socket.close(code=1001)


async def _by_the_byte(request: web.Request, answer: Answer) -> web.StreamResponse:
    """Answer a byte at a time, ten a second, for as long as somebody waits."""
    response = web.StreamResponse(status=answer.status, headers=answer.headers)
    await response.prepare(request)
    for byte in answer.body.encode():
        await response.write(bytes([byte]))
        await asyncio.sleep(0.1)
    await response.write_eof()
    return response
