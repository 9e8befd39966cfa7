"""A simulator is one venue on one loopback port: a world, its protocol, and the clock that drives them."""

from __future__ import annotations

import asyncio
import contextlib
import random
import time
from collections.abc import Mapping
from decimal import Decimal
from types import TracebackType
from typing import Self

from account_cli.simulator.bans import Ban, BanKind
from account_cli.simulator.control import ControlPlane
from account_cli.simulator.faults import HttpFault
from account_cli.simulator.protocols import venue as find_venue
from account_cli.simulator.requests import Request
from account_cli.simulator.server import Server
from account_cli.simulator.stage import Stage
from account_cli.simulator.world.agent import Agent, Habits, SpotHabits
from account_cli.simulator.world.contracts import ContractHabits
from account_cli.simulator.world.converting import ConvertingHabits
from account_cli.simulator.world.truth import truth
from account_cli.simulator.world.world import World

HOUR = 3600 * 1_000_000_000
_BEAT = 0.05
_SLICE = 60 * 1_000_000_000


class Simulator:
    """An exchange on loopback; ``async with Simulator("kraken") as sim:``.

    The world starts ``history_hours`` before now (or at ``start_ns``) and runs ``speed`` times as fast as the wall
    until it has caught up; then it goes with the wall. ``history_at_once`` makes the past at the start. With ``speed``
    None nothing moves by itself: ``advance`` and ``run_until`` do. Signatures, nonces, tokens and limits are always on
    wall time; ``rate_limit`` False lifts the limits, ``counter`` is Kraken's: top, and decay a second. The same venue,
    seed, start and activity give the same truth; exchanges of one start and one ``prices`` have the same prices.
    """

    def __init__(
        self,
        venue: str,
        *,
        seed: int = 7,
        prices: int | None = None,
        port: int = 0,
        speed: float | None = 60.0,
        history_hours: float = 2.0,
        account: str = "demo",
        start_ns: int | None = None,
        history_at_once: bool = False,
        activity: int = 120,
        funding_hours: int = 1,
        rate_limit: bool = True,
        counter: tuple[int, Decimal] = (20, Decimal("0.5")),
    ) -> None:
        self._venue = find_venue(venue)
        self.venue, self.seed, self.account = venue, seed, account
        self._speed, self._at_once = speed, history_at_once
        begin = start_ns if start_ns is not None else time.time_ns() - int(history_hours * HOUR)
        self.world = World(self._venue.setting, seed=seed, start_ns=begin, prices=prices)
        self.habits: Habits = (
            ContractHabits(self.world, seed=seed, funding_hours=funding_hours)
            if self._venue.setting.wallet != "spot"
            else ConvertingHabits(self.world, seed=seed)
            if self._venue.setting.converts
            else SpotHabits(self.world, seed=seed)
        )
        Agent(self.world, self.habits, activity=activity, seed=seed)
        self.api_key = f"simulated-key-{seed}"
        self.secret = self._venue.secret(seed)
        self.stage = Stage(
            self.world, lambda: self.shown_ns(time.time_ns()), self.api_key, self.secret, rate_limit, counter
        )
        self.protocol = self._venue.protocol(self.stage)
        self.server = Server(self.stage, self.protocol, ControlPlane(self).answer, port=port, ping_s=self._venue.ping_s)
        self._tasks: list[asyncio.Task[None]] = []
        self.frozen = False
        """Nothing happens in the world, and so nothing is told."""
        self.stage.faults.delivery.source = random.Random(f"{seed}:delivery")  # noqa: S311

    # -- life

    async def __aenter__(self) -> Self:
        await self.start()
        return self

    async def __aexit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        await self.stop()

    async def start(self) -> None:
        """Listen and let the world run. Raises ``OSError`` when the port is taken."""
        if self._at_once:
            self.world.run_until(time.time_ns())
        self.world.book.listeners.append(self.protocol.happened)
        self.world.price_listeners.append(self.protocol.priced)
        self.stage.mark()
        await self.server.start()
        self._tasks = [asyncio.create_task(self._heartbeat())]
        if self._speed is not None:
            self._tasks.append(asyncio.create_task(self._run(self._speed)))

    async def stop(self) -> None:
        """End everything; may be called twice."""
        for task in self._tasks:
            task.cancel()
            with contextlib.suppress(asyncio.CancelledError):
                await task
        self._tasks = []
        await self.server.stop()

    async def _run(self, speed: float) -> None:
        """Move the world; while it catches up, a beat moves it by at most a slice, so that the server stays awake."""
        began_wall, began = time.time_ns(), self.world.now_ns
        while True:
            now = time.time_ns()
            wanted = min(now, began + int((now - began_wall) * speed))
            while not self.frozen and self.world.now_ns < wanted - wanted % self.world.setting.grain_ns:
                self.world.run_until(min(wanted, self.world.now_ns + _SLICE))
                await asyncio.sleep(0)
            self.stage.mark()
            await asyncio.sleep(_BEAT)

    async def _heartbeat(self) -> None:
        while True:
            await asyncio.sleep(1)
            self.stage.mark()
            self.protocol.each_second()
            self.stage.close_idle()

    # -- time

    def shown_ns(self, true_ns: int) -> int:
        """Return what the exchange's clock shows at a time: that time, unless a fault moves it."""
        clock = self.stage.faults.clock
        return true_ns if clock is None else clock(true_ns)

    @property
    def now_ns(self) -> int:
        """The world's time."""
        return self.world.now_ns

    def run_until(self, sim_ns: int) -> None:
        """Move the world to a time at once, unless it is frozen; frames are sent when the loop gets its turn."""
        if not self.frozen:
            self.world.run_until(sim_ns)
        self.stage.mark()

    async def advance(self, hours: float) -> None:
        """Move the world by so many hours, letting the frames out on the way."""
        end = self.world.now_ns + int(hours * HOUR)
        while self.world.now_ns < end - end % self.world.setting.grain_ns:
            self.run_until(min(end, self.world.now_ns + 10 * _SLICE))
            await asyncio.sleep(0)

    # -- how to reach it

    @property
    def port(self) -> int:
        """The port, known after the start."""
        return self.server.port

    @property
    def url(self) -> str:
        """The base of its HTTP addresses."""
        return f"http://127.0.0.1:{self.port}"

    @property
    def urls(self) -> dict[str, object]:
        """What goes under ``urls`` of the ccxt class of this venue: no address is left that is not loopback."""
        return self._venue.urls(f"127.0.0.1:{self.port}")

    def config_toml(self, account: str | None = None) -> str:
        """Return the ``[accounts.NAME]`` section that reaches this simulator."""
        head = f"accounts.{account or self.account}"
        lines = [f"[{head}]", f'exchange = "{self.venue}"', f'api_key = "{self.api_key}"', f'secret = "{self.secret}"']
        return "\n".join([*lines, *_tables(f"{head}.urls", self.urls)]) + "\n"

    # -- the truth

    def truth(self, account: str | None = None) -> str:
        """The book so far as a ledger file (NDJSON)."""
        return truth(self.world.book, account or self.account)

    def truth_balances(self) -> dict[str, Decimal]:
        """What is held of each asset, open orders and unrealised profit left out; assets ever held."""
        with self.world.arithmetic():
            return self.world.book.held()

    def truth_positions(self) -> dict[str, Decimal]:
        """The signed quantity of each open position, in base units; hedged, of ``SYMBOL|long`` and ``SYMBOL|short``."""
        return {p.key: p.quantity for p in self.world.book.positions.values() if p.quantity}

    # -- what clients did

    @property
    def requests(self) -> list[Request]:
        """Everything that was asked, oldest first."""
        return self.stage.log.requests

    @property
    def violations(self) -> list[Request]:
        """What was asked that writes, or that the venue does not know."""
        return self.stage.log.violations

    # -- trouble

    def burst(self, count: int) -> str:
        """Fill one order so many times in one instant; returns the order's id."""
        with self.world.arithmetic():
            order = self.habits.burst(count)
        self.stage.mark()
        return order.id

    def grant(self, *, trade: bool = False, withdraw: bool = False) -> None:
        """Tick or untick at the exchange what the key may do beside reading."""
        self.stage.key.trade, self.stage.key.withdraw = trade, withdraw

    def revoke_key(self, revoked: bool = True) -> None:
        """Delete the key at the exchange, or bring it back; streams that are open stay open."""
        self.stage.key.revoked = revoked

    def trade_elsewhere(self) -> str:
        """Trade in a market in which the account never trades; returns its symbol, empty where there is none."""
        quiet = [market for market in self.world.setting.markets if market.quiet]
        for market in quiet:
            with self.world.arithmetic():
                order = self.world.place(market.symbol, "buy", "market", market.unit)
                self.world.take(order, [market.unit])
        self.stage.mark()
        return quiet[0].symbol if quiet else ""

    def drop_connections(self) -> None:
        """Cut every WebSocket without a word."""
        self.server.drop_connections()

    def close_connections(self) -> None:
        """Close every WebSocket in order, as an exchange does before it is maintained."""
        for connection in self.stage.connections:
            connection.end()

    def black_hole(self, on: bool) -> None:
        """Read and send nothing on the WebSockets that are open now, not even pongs; at the end they are cut."""
        self.server.black_hole(on)

    def silence(self, on: bool) -> None:
        """Keep every WebSocket open and answering pings while nothing else is sent; what happens then is lost."""
        self.stage.faults.delivery.silent = on

    def reject_next_subscription(self, error: str = "EAccount:Invalid permissions") -> None:
        """Refuse the next subscription (Kraken) or listen key (Binance) with these words."""
        self.stage.faults.rejection = error

    def http_fault(self, count: int, kind: HttpFault) -> None:
        """Play a fault on the next ``count`` REST answers."""
        self.stage.faults.http_count, self.stage.faults.http_kind = count, kind

    def ban(self, seconds: float, kind: BanKind) -> None:
        """Refuse every REST request for so long (wall time), in the words of ``kind``; connections stay."""
        self.stage.faults.ban = Ban(kind, self.stage.wall_ns() + int(seconds * 1_000_000_000))

    def duplicate_frames(self, count: int) -> None:
        """Send each of the next ``count`` data frames twice."""
        self.stage.faults.delivery.duplicates = count

    def rest_lag(self, seconds: float) -> None:
        """Let REST show the account as it was so many seconds ago; zero ends it."""
        self.stage.faults.rest_lag_s = seconds

    def mix_frames(self, on: bool) -> None:
        """Kraken: put an order's last word and its last trade in one frame, the order first."""
        self.stage.faults.mixed = on

    def expire_session(self) -> None:
        """Let the listen key (Binance) or the WebSocket tokens (Kraken) expire now."""
        self.protocol.expire_session()

    def malformed_frame(self, text: str = '{"channel":"executions","type":"upd') -> None:
        """Send something that is no JSON to every private connection."""
        for connection in self.stage.connections:
            if connection.private:
                connection.reply(text)


def _tables(head: str, values: Mapping[str, object]) -> list[str]:
    """Write nested mappings as TOML tables."""
    lines = [f"[{head}]"]
    lines += [f'"{key}" = "{value}"' for key, value in values.items() if isinstance(value, str)]
    for key, value in values.items():
        if isinstance(value, Mapping):
            lines += _tables(f'{head}."{key}"' if not key.isidentifier() else f"{head}.{key}", value)
    return lines
