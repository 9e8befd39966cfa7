"""The server puts a protocol on a loopback port, plays the faults that live in HTTP, and has a control plane.

What is under ``/control/`` goes to the control plane (``control``), everything else to the venue's protocol.
"""

from __future__ import annotations

import asyncio
import contextlib
from collections.abc import Awaitable, Callable
from decimal import localcontext

from aiohttp import WSMsgType, web

from account_cli.simulator.faults import HttpFault
from account_cli.simulator.stage import Answer, Connection, Incoming, Stage, VenueProtocol
from account_cli.simulator.world.world import EXACT

_HOST = "127.0.0.1"
_HTML = "<!DOCTYPE html><html><head><title>503 Service Unavailable</title></head><body>" + "<p>down</p>" * 200
_BIG = 16 * 1024 * 1024

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
        fault = self._stage.faults.next_http()
        if fault == "timeout":
            await asyncio.Event().wait()
        with localcontext(EXACT):
            answer = self._protocol.answer(incoming)
            if fault is not None:
                answer = self._faulty(fault, answer)
            now_ns = self._stage.wall_ns()
            if (ban := self._stage.faults.banned(now_ns)) is not None:
                status, headers, content_type, body = ban.words(now_ns)
                answer = Answer(body=body, status=status, headers=headers, content_type=content_type)
        return web.Response(
            text=answer.body, status=answer.status, headers=answer.headers, content_type=answer.content_type
        )

    def _faulty(self, fault: HttpFault, answer: Answer) -> Answer:
        if fault == "badjson":
            return Answer(body=answer.body[: len(answer.body) * 2 // 3])
        own = self._protocol.refusal(fault)
        if own is not None:
            return own
        if fault == "429":
            return Answer(body="Too Many Requests", status=429, headers={"Retry-After": "1"}, content_type="text/plain")
        return Answer(body=_HTML, status=503, content_type="text/html")

    async def _socket(self, request: web.Request) -> web.WebSocketResponse:
        socket = web.WebSocketResponse(max_msg_size=_BIG, heartbeat=self._ping_s)
        await socket.prepare(request)
        connection = Connection(
            request.path, dict(request.query), self._stage.faults, private=False, opened_ns=self._stage.wall_ns()
        )
        self._sockets[connection] = request
        self._stage.connections.add(connection)
        writer = asyncio.create_task(self._write(connection, socket))
        try:
            with localcontext(EXACT):
                self._protocol.opened(connection)
                async for message in socket:
                    if message.type is WSMsgType.TEXT:
                        self._protocol.received(connection, message.data)
        finally:
            self._stage.connections.discard(connection)
            del self._sockets[connection]
            writer.cancel()
            with contextlib.suppress(asyncio.CancelledError):
                await writer
        return socket

    async def _write(self, connection: Connection, socket: web.WebSocketResponse) -> None:
        with contextlib.suppress(ConnectionError):
            while (frame := await connection.outgoing.get()) is not None:
                if connection in self._swallowed:
                    continue
                await socket.send_str(frame)
                connection.sent_ns = self._stage.wall_ns()
            await socket.close(code=1001)
