"""Every frame is kept before anything may raise on it, and nothing that it holds can stop the next one.

ccxt's WebSocket client hands a frame to its handler and, when that raises, never listens again while the socket stays
open; it parses numbers as floats; and it wakes only whoever happens to wait. ``tee_client`` gives a client made by ccxt
the class that mends this: the text goes to the ``Tee``, which puts it into the inbox and queues it as it is, and every
frame or pong counts as a sign of life. Only once the text is stored is it parsed, by ``understood``: numbers stay text,
and what raises is noted.
"""

from __future__ import annotations

import asyncio
import contextlib
from collections.abc import Callable
from typing import Any, NamedTuple

import msgspec

from account_cli.exchanges.lean import ccxt_module
from account_cli.exchanges.reads import Reads
from account_cli.ports import Clock

_REPLACED = "\ufffd"
"""Stands where something could not be decoded: the name of a market with it in would be another market."""
_GOODBYE_S = 1.0


class Frame(NamedTuple):
    """A text frame as received; ``data`` is what it says, ``trouble`` why it could not be parsed or handled."""

    received_ns: int
    raw: str
    data: object
    trouble: str | None = None
    parsed: tuple[tuple[str, Any], ...] = ()
    """What ccxt's own handler made of it, for the generic reader: (kind, structure)."""
    inbox: int | None = None
    """The id under which it is stored."""


class Received(NamedTuple):
    """A frame that nobody has looked into yet."""

    received_ns: int
    raw: str
    client: Any
    kept: asyncio.Future[int] | None
    """Ends with its id once it is on disk; None where there is no inbox, or where it is known to say nothing."""
    trouble: str | None = None


class Sign(NamedTuple):
    """The connection lives: it was opened, or the peer answered a ping."""

    received_ns: int
    opened: bool = False


class Confirmed(NamedTuple):
    """All subscriptions stand, as far as a library that hides the acknowledgements lets one know."""

    received_ns: int


class Ended(NamedTuple):
    """Nothing more will come from this connection."""

    error: BaseException | None


Item = Received | Sign | Confirmed | Ended
Handle = Callable[[Any, object], tuple[tuple[str, Any], ...]]
Keep = Callable[[str, int], asyncio.Future[int] | None]


class Tee:
    """Where the frames of one stream wait, in order, for whoever reads it; without bound, because none may be lost."""

    def __init__(self, clock: Clock, reads: Reads, keep: Keep | None = None) -> None:
        self._clock, self._reads = clock, reads
        self._keep = keep
        self.queue: asyncio.Queue[Item] = asyncio.Queue()
        self.handle: Handle | None = None
        """Runs ccxt's handler for a frame; None where frames are read by acct alone."""
        self.opened = asyncio.Event()
        self.openings: set[asyncio.Task[Any]] = set()
        self.clients: list[Any] = []
        """The WebSocket clients that ccxt made for this stream."""

    def now_ns(self) -> int:
        return self._clock.now_ns()

    def frame(self, text: str, client: Any = None, trouble: str | None = None) -> None:
        """Take a frame of ``client``: hand it to the inbox and queue it, whatever it says."""
        at_ns = self.now_ns()
        kept = None if self._keep is None else self._keep(text, at_ns)
        self.queue.put_nowait(Received(at_ns, text, client, kept, trouble))

    def lost(self, error: Exception) -> None:
        """A frame could not even be unpacked; what follows still counts."""
        self.frame("", trouble=f"not unpacked: {type(error).__name__}")

    def sign(self, *, opened: bool = False) -> None:
        if opened:
            self.opened.set()
        self.queue.put_nowait(Sign(self.now_ns(), opened))

    def confirmed(self) -> None:
        self.queue.put_nowait(Confirmed(self.now_ns()))

    def ended(self, error: BaseException | None) -> None:
        self.queue.put_nowait(Ended(error))

    def follow(self, future: asyncio.Future[Any]) -> None:
        """Hear of it when ccxt rejects ``future``, which it does when the connection is gone."""
        future.add_done_callback(self._settled)

    def _settled(self, future: asyncio.Future[Any]) -> None:
        if future.cancelled():
            self.ended(None)
        elif (error := future.exception()) is not None:
            self.ended(error)

    def check(self, message: object) -> None:
        self._reads.check_frame(message)


def understood(received: Received, row_id: int | None, handle: Handle | None) -> Frame:
    """Return the frame, parsed without losing a digit; ``handle`` has its turn when that went well. Never raises."""
    data, trouble, parsed = (None, received.trouble, False) if received.trouble else parse(received.raw)
    made: tuple[tuple[str, Any], ...] = ()
    if trouble is None and handle is not None and parsed:
        try:
            made = handle(received.client, data)
        except Exception as error:
            trouble = f"not understood: {type(error).__name__}"
    return Frame(received.received_ns, received.raw, data, trouble, made, row_id)


def parse(text: str) -> tuple[object, str | None, bool]:
    """Return (what the text says, why it cannot be read, whether there is anything to handle); numbers stay text."""
    if text[:1] not in ("{", "["):
        return text, None, True
    if _REPLACED in text:
        return None, "not UTF-8, or something that was not", False
    try:
        return loads(text), None, True
    except (ValueError, RecursionError) as error:
        return None, f"not JSON: {str(error)[:80]}", False


def loads(text: str) -> Any:
    """Parse JSON with every number that has a point or an exponent kept as its digits; NaN and Infinity are refused.

    So is half a character (a lone surrogate) and the character 0: databases and terminals would stumble over it later.
    """
    found = _DECODER.decode(text)
    if "\\u0000" in text:
        raise ValueError("a text holds the character 0")
    return found


_DECODER = msgspec.json.Decoder(float_hook=str)


def tee_client(client: Any, tee: Tee) -> None:
    """Give a WebSocket client that ccxt just made the class that keeps every frame."""
    client.__class__ = _client_class()
    client.acct_tee = tee
    tee.clients.append(client)


def _client_class() -> Any:
    base = ccxt_module("async_support.base.ws.client").Client
    made = _made.get(base)
    if made is None:
        made = _made[base] = type("TeeClient", (base,), _overrides(base))
    return made


_made: dict[Any, Any] = {}


def _overrides(base: Any) -> dict[str, object]:
    message_type = __import__("aiohttp").WSMsgType
    milliseconds = ccxt_module("base.exchange").BaseExchange.milliseconds

    def handle_text_or_binary_message(self: Any, data: Any) -> None:
        self.lastPong = milliseconds()  # whoever speaks is alive, whatever it says
        self.acct_tee.frame(data.decode("utf-8", "replace") if isinstance(data, bytes) else data, self)

    def handle_message(self: Any, message: Any) -> None:
        if message.type == message_type.PONG:
            self.acct_tee.sign()
        try:
            base.handle_message(self, message)
        except Exception as error:
            self.acct_tee.lost(error)

    async def send(self: Any, message: Any) -> Any:
        self.acct_tee.check(message)
        return await base.send(self, message)

    async def aiohttp_close(self: Any) -> None:
        """Say goodbye, and wait only a moment for an answer: a dead peer gives none."""
        with contextlib.suppress(TimeoutError):
            async with asyncio.timeout(_GOODBYE_S):
                await base.aiohttp_close(self)

    async def open_connection(self: Any, session: Any, backoff_delay: float = 0) -> None:
        task = asyncio.current_task()
        assert task is not None
        self.acct_tee.openings.add(task)
        try:
            await base.open(self, session, backoff_delay)
        finally:
            self.acct_tee.openings.discard(task)

    return {
        "handle_text_or_binary_message": handle_text_or_binary_message,
        "handle_message": handle_message,
        "send": send,
        "aiohttp_close": aiohttp_close,
        "open": open_connection,
    }


async def close_clients(tee: Tee) -> None:
    """Close every connection of a stream, those still being made too; returns when their tasks are gone."""
    await _stop_openings(tee)
    clients, tee.clients = tee.clients, []
    await asyncio.gather(*(client.close() for client in clients), return_exceptions=True)


async def _stop_openings(tee: Tee) -> None:
    tasks = list(tee.openings)
    for task in tasks:
        task.cancel()
    with contextlib.suppress(asyncio.CancelledError):
        await asyncio.gather(*tasks, return_exceptions=True)
