"""Every frame is kept before anything may raise on it, and nothing that it holds can stop the next one.

ccxt's WebSocket client hands a frame to its handler and, when that raises, never listens again while the socket stays
open; it parses numbers as floats; and it wakes only whoever happens to wait. ``tee_client`` gives a client made by ccxt
the class that mends this: the text goes to the ``Tee`` first, numbers stay text, exceptions are noted, and every frame
or pong counts as a sign of life.
"""

from __future__ import annotations

import asyncio
import contextlib
import json
import re
from collections.abc import Callable
from typing import Any, NamedTuple

from account_cli.exchanges.lean import ccxt_module
from account_cli.exchanges.reads import Reads
from account_cli.ports import Clock

_HALVES = re.compile(r"\\u[dD][89a-fA-F]")


class Frame(NamedTuple):
    """A text frame as received; ``data`` is what it says, ``trouble`` why it could not be parsed or handled."""

    received_ns: int
    raw: str
    data: object
    trouble: str | None = None
    parsed: tuple[tuple[str, Any], ...] = ()
    """What ccxt's own handler made of it, for the generic reader: (kind, structure)."""


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


Item = Frame | Sign | Confirmed | Ended


class Tee:
    """Where the frames of one stream wait, in order, for whoever reads it; without bound, because none may be lost."""

    def __init__(self, clock: Clock, reads: Reads) -> None:
        self._clock, self._reads = clock, reads
        self.queue: asyncio.Queue[Item] = asyncio.Queue()
        self.handle: Callable[[Any, object], tuple[tuple[str, Any], ...]] | None = None
        """Runs ccxt's handler for a frame; None where frames are read by acct alone."""
        self.opened = asyncio.Event()
        self.openings: set[asyncio.Task[Any]] = set()

    def now_ns(self) -> int:
        return self._clock.now_ns()

    def frame(self, text: str, client: Any = None) -> None:
        """Take a frame of ``client``: parse it without losing a digit, and queue it whatever happens."""
        data, trouble, parsed = parse(text)
        made: tuple[tuple[str, Any], ...] = ()
        if trouble is None and self.handle is not None and parsed:
            try:
                made = self.handle(client, data)
            except Exception as error:
                trouble = f"not understood: {type(error).__name__}"
        self.queue.put_nowait(Frame(self.now_ns(), text, data, trouble, made))

    def lost(self, error: Exception) -> None:
        """A frame could not even be unpacked; what follows still counts."""
        self.queue.put_nowait(Frame(self.now_ns(), "", None, f"not unpacked: {type(error).__name__}"))

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


def parse(text: str) -> tuple[object, str | None, bool]:
    """Return (what the text says, why it cannot be read, whether there is anything to handle); numbers stay text."""
    if text[:1] not in ("{", "["):
        return text, None, True
    try:
        return loads(text), None, True
    except (ValueError, RecursionError) as error:
        return None, f"not JSON: {str(error)[:80]}", False


def loads(text: str) -> Any:
    """Parse JSON with every number that has a point or an exponent kept as its digits; NaN and Infinity are refused.

    So is half a character (a lone surrogate): no database and no terminal could take it.
    """
    found = json.loads(text, parse_float=str, parse_constant=_no_constant)
    if _HALVES.search(text) is not None:
        json.dumps(found, ensure_ascii=False).encode()
    return found


def _no_constant(name: str) -> object:
    raise ValueError(f"{name} is not a number")


def tee_client(client: Any, tee: Tee) -> None:
    """Give a WebSocket client that ccxt just made the class that keeps every frame."""
    client.__class__ = _client_class()
    client.acct_tee = tee


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
        "open": open_connection,
    }


async def stop_openings(tee: Tee) -> None:
    """Give up connections still being made; returns when their tasks are gone."""
    tasks = list(tee.openings)
    for task in tasks:
        task.cancel()
    with contextlib.suppress(asyncio.CancelledError):
        await asyncio.gather(*tasks, return_exceptions=True)
