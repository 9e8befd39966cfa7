"""What a protocol needs around it: the world, wall time, limits, faults, connections and a log, and nothing of HTTP.

A protocol is pure in the sense that matters: it gets a request as a value and returns an answer as a value, and it
sends frames by putting texts on a connection. Sockets and tasks are the server's business.
"""

from __future__ import annotations

import asyncio
import dataclasses
from collections import deque
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from decimal import Decimal
from typing import Literal, Protocol

from account_cli.simulator.delivery import Text
from account_cli.simulator.faults import Faults, HttpFault
from account_cli.simulator.keys import Grants
from account_cli.simulator.requests import Request, RequestLog, masked
from account_cli.simulator.wire import SECOND, dumps
from account_cli.simulator.world.book import State
from account_cli.simulator.world.facts import Happening, Setting
from account_cli.simulator.world.world import World


@dataclass(frozen=True, slots=True, kw_only=True)
class Incoming:
    """A REST request as it arrived; ``query`` and ``body`` are the raw texts, as signatures are made over them."""

    method: str
    path: str
    query: str
    body: str
    headers: Mapping[str, str]


@dataclass(frozen=True, slots=True, kw_only=True)
class Answer:
    """A REST answer."""

    body: str
    status: int = 200
    headers: Mapping[str, str] = field(default_factory=dict)
    content_type: str = "application/json"
    manner: Literal["whole", "slow", "packed"] = "whole"
    """Slow: ten bytes a second. Packed: compressed, and cut off."""


@dataclass(eq=False, slots=True)
class Connection:
    """One WebSocket; frames leave in the order in which they are put."""

    path: str
    query: Mapping[str, str]
    faults: Faults
    private: bool
    outgoing: asyncio.Queue[Text | None] = field(default_factory=asyncio.Queue)
    channels: dict[str, int] = field(default_factory=dict)
    """Subscribed channels and the sequence number each has reached."""
    notes: dict[str, str] = field(default_factory=dict)
    """What the protocol wants to remember about this connection."""
    sent_ns: int = 0
    opened_ns: int = 0

    def reply(self, frame: object) -> None:
        """Answer the client: acknowledgements and pongs, which no fault takes away."""
        self.outgoing.put_nowait(frame if isinstance(frame, str) else dumps(frame))

    def tell(self, frame: object) -> None:
        """Send data, subject to the faults that are switched on."""
        text = frame if isinstance(frame, str) else dumps(frame, scientific=self.faults.money.scientific)
        self.faults.delivery.send(text, self.put)

    def beat(self, frame: object) -> None:
        """Send a heartbeat."""
        self.faults.delivery.beat(dumps(frame), self.put)

    def put(self, frame: Text) -> None:
        """Let a frame out as it is."""
        self.outgoing.put_nowait(frame)

    def end(self) -> None:
        """Close from the exchange's side, after what is already on its way."""
        self.outgoing.put_nowait(None)


@dataclass(slots=True)
class Stage:
    """Everything around a protocol."""

    world: World
    wall_ns: Callable[[], int]
    api_key: str
    secret: str
    rate_limit: bool
    counter: tuple[int, Decimal] = (20, Decimal("0.5"))
    """Kraken's call counter: its top and what it loses each second."""
    faults: Faults = field(default_factory=Faults)
    key: Grants = field(default_factory=Grants)
    log: RequestLog = field(default_factory=RequestLog)
    connections: set[Connection] = field(default_factory=set)
    earning: dict[str, Decimal] = field(default_factory=dict)
    """Binance: what Simple Earn holds, by asset: listed among the balances, and no history of them tells of it."""
    marks: deque[tuple[int, int]] = field(default_factory=deque)
    """(wall time, n) pairs, oldest first: what REST may show while it lags."""

    def account(self) -> State:
        """The account as REST shows it now."""
        state = self._as_of(self.faults.rest_lag_s)
        if self.faults.fills_lag_s:
            past = self._as_of(self.faults.fills_lag_s)
            state = dataclasses.replace(state, fills=past.fills, entries=past.entries)
        if self.faults.keeps_s is not None:
            since = self.world.now_ns - int(self.faults.keeps_s * SECOND)
            state = dataclasses.replace(
                state,
                orders={name: o for name, o in state.orders.items() if o.updated_ns >= since or o.status == "open"},
                fills=[fill for fill in state.fills if fill.time_ns >= since],
                entries=[entry for entry in state.entries if entry.time_ns >= since],
            )
        return state

    def _as_of(self, lag_s: float) -> State:
        """The account as it was so many seconds of wall time ago."""
        book = self.world.book
        if not lag_s:
            return book.now()
        limit = self.wall_ns() - int(lag_s * SECOND)
        past = (marked for wall, marked in reversed(self.marks) if wall <= limit)
        return book.at(next(past, self.marks[0][1]))

    def close_idle(self) -> None:
        """Close the connections on which nothing was sent for too long, where that is a fault that is on."""
        if self.faults.idle_s is not None:
            limit = self.wall_ns() - int(self.faults.idle_s * SECOND)
            for connection in self.connections:
                if max(connection.sent_ns, connection.opened_ns) < limit:
                    connection.end()

    def after(self, seconds: float, what: Callable[..., None], *arguments: object) -> None:
        """Let something happen: now, or a while later in the arithmetic of the book."""
        if seconds:
            asyncio.get_running_loop().call_later(seconds, self._exactly, what, arguments)
        else:
            what(*arguments)

    def _exactly(self, what: Callable[..., None], arguments: tuple[object, ...]) -> None:
        with self.world.arithmetic():
            what(*arguments)

    def mark(self) -> None:
        """Note how far the account has come by now; an hour is kept."""
        now = self.wall_ns()
        self.marks.append((now, self.world.book.n))
        while self.marks[0][0] < now - 3600 * SECOND:
            self.marks.popleft()

    def record(
        self,
        kind: Literal["REST", "WS"],
        method: str,
        path: str,
        params: Mapping[str, object],
        *,
        write: bool,
        known: bool,
    ) -> None:
        """Log a request."""
        self.log.add(
            Request(
                kind=kind,
                method=method,
                path=path,
                params=masked(params),
                wall_ns=self.wall_ns(),
                write=write,
                known=known,
            )
        )


class VenueProtocol(Protocol):
    """What one venue's wire is; one object for each running simulator."""

    def is_socket(self, path: str) -> bool:
        """True when a WebSocket is served at this path."""
        ...

    def answer(self, incoming: Incoming) -> Answer:
        """Answer a REST request, logging it."""
        ...

    def refusal(self, fault: HttpFault, answer: Answer) -> Answer | None:
        """The venue's own words for a fault on ``answer``; None where the general ones do."""
        ...

    def opened(self, connection: Connection) -> None:
        """A client connected."""
        ...

    def received(self, connection: Connection, text: str) -> None:
        """A client sent a text frame."""
        ...

    def happened(self, happening: Happening) -> None:
        """Something happened in the account: tell whoever subscribed."""
        ...

    def priced(self) -> None:
        """Prices moved: tell whoever subscribed."""
        ...

    def each_second(self) -> None:
        """Once a second of wall time: heartbeats, expiries."""
        ...

    def resend_snapshots(self) -> None:
        """Tell every subscriber the snapshots again, unasked, where there are any."""
        ...

    def delete_session(self) -> None:
        """What a stream was opened with is deleted by somebody else, and nobody says so."""
        ...

    def shut_down(self) -> None:
        """Say on every stream that it will be closed soon, where the venue says so."""
        ...

    def expire_session(self) -> None:
        """Let what a stream was opened with (token, listen key) expire before its time."""
        ...


@dataclass(frozen=True, slots=True, kw_only=True)
class Venue:
    """A venue that can be simulated."""

    setting: Setting
    protocol: Callable[[Stage], VenueProtocol]
    urls: Callable[[str], dict[str, object]]
    """The ccxt ``urls`` override for a ``host:port``."""
    secret: Callable[[int], str]
    """A secret key for a seed, in the form the venue gives them out."""
    ping_s: float | None = None
    """How often the venue pings, in seconds; a connection that does not answer is cut."""
