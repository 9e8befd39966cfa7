"""ccxt's own handlers run on every frame, and what they make of it is taken where they put it, not where they wake.

``watch_…`` returns at the next wake-up and loses what came between; the handlers, though, append every structure to a
cache and resolve every balance. ``Collected`` listens there while one frame is handled, so that each structure is met
exactly once, together with the frame it came from. The ``watch_…`` calls run only to connect and subscribe.
"""

from __future__ import annotations

import asyncio
import contextlib
from collections.abc import Callable
from typing import Any

from account_cli.domain.events import Event
from account_cli.domain.health import DataKind
from account_cli.domain.observations import BalancesSeen, Observation, OrdersSeen, PositionsSeen
from account_cli.exchanges.fields import read_each, row_of
from account_cli.exchanges.generic import parse
from account_cli.exchanges.lean import ccxt_module
from account_cli.exchanges.reading import Told
from account_cli.exchanges.tee import Confirmed, Frame, Sign, Tee
from account_cli.ports import Beat, Heard, Subscribed

WATCHES: dict[DataKind, str] = {
    "balances": "watch_balance",
    "orders": "watch_orders",
    "fills": "watch_my_trades",
    "positions": "watch_positions",
}
_SETTLE_S = 1.0
"""How long after the connection opened the subscriptions are taken to stand: ccxt hides the acknowledgements."""

_listening: list[list[tuple[Any, Any]]] = []


class Collected:
    """Runs ccxt's handler for a frame and returns what it appended and resolved, as (kind, structure)."""

    def __init__(self, exchange: Any) -> None:
        self._exchange = exchange
        _listen_to_caches()

    def __call__(self, client: Any, data: object) -> tuple[tuple[str, Any], ...]:
        found: list[tuple[Any, Any]] = []
        _listening.append(found)
        resolve = client.resolve

        def heard(result: Any, name: Any = None) -> Any:
            found.append((None, result))
            return resolve(result, name)

        client.resolve = heard
        try:
            self._exchange.handle_message(client, data)
        finally:
            _listening.pop()
            del client.resolve
        made: dict[tuple[str, int], tuple[str, Any]] = {}
        for cache, item in found:
            kind = self._kind(cache, item)
            if kind is not None:
                made[kind, id(item)] = (kind, dict(item))
        return tuple(made.values())

    def _kind(self, cache: Any, item: Any) -> str | None:
        if not isinstance(item, dict):
            return None
        if cache is None:
            return "balance" if "total" in item and "free" in item else None
        exchange = self._exchange
        for kind, home in (("trade", exchange.myTrades), ("order", exchange.orders), ("position", exchange.positions)):
            if cache is home or (isinstance(home, dict) and any(cache is one for one in home.values())):
                return kind
        return None


def _listen_to_caches() -> None:
    """Let every append to one of ccxt's caches be heard; done once, and silent while nobody listens."""
    module = ccxt_module("async_support.base.ws.cache")
    for name in ("ArrayCache", "ArrayCacheBySymbolById", "ArrayCacheBySymbolBySide"):
        kind = getattr(module, name)
        append = kind.__dict__.get("append")
        if append is None or getattr(append, "acct_listens", False):
            continue

        def heard(self: Any, item: Any, _append: Callable[[Any, Any], None] = append) -> None:
            if _listening:
                _listening[-1].append((self, item))
            _append(self, item)

        heard.acct_listens = True  # type: ignore[attr-defined]
        kind.append = heard


class Watching:
    """Keeps ccxt's watches running for one connection."""

    def __init__(self, exchange: Any, kinds: frozenset[DataKind], tee: Tee) -> None:
        self._exchange, self._kinds, self._tee = exchange, kinds, tee
        self._tasks: list[asyncio.Task[None]] = []

    def start(self) -> None:
        self._tee.handle = Collected(self._exchange)
        self._tasks = [asyncio.create_task(self._watch(WATCHES[kind])) for kind in sorted(self._kinds)]
        self._tasks.append(asyncio.create_task(self._confirm()))

    async def stop(self) -> None:
        for task in self._tasks:
            task.cancel()
        with contextlib.suppress(asyncio.CancelledError):
            await asyncio.gather(*self._tasks, return_exceptions=True)

    async def _watch(self, name: str) -> None:
        """Await the watch again and again; its results have been taken from the frames already."""
        try:
            while True:
                await getattr(self._exchange, name)()
                await asyncio.sleep(0)
        except asyncio.CancelledError:
            self._tee.ended(None)
            raise
        except Exception as error:
            self._tee.ended(error)

    async def _confirm(self) -> None:
        await self._tee.opened.wait()
        await asyncio.sleep(_SETTLE_S)
        self._tee.confirmed()


class Frames:
    """Reads the structures that ccxt made of each frame."""

    def __init__(
        self,
        account: str,
        wallet: str,
        instruments: Callable[[], Any],
        wrap: Callable[..., Heard],
        kinds: frozenset[DataKind],
    ) -> None:
        self._account, self._wallet, self._instruments = account, wallet, instruments
        self._wrap, self._kinds = wrap, kinds

    def read(self, item: Frame | Sign | Confirmed) -> list[Told]:
        """Return what one frame tells."""
        if isinstance(item, Confirmed):
            return [Subscribed(kinds=self._kinds)]
        if isinstance(item, Sign):
            return [Beat(received_ns=item.received_ns)]
        if item.trouble is not None:
            return [self._wrap(item, "unknown", unreadable=[item.trouble])]
        if not item.parsed:
            return [Beat(received_ns=item.received_ns)]
        return [self._structures(item)]

    def _structures(self, frame: Frame) -> Heard:
        account, wallet, instruments, at_ns = self._account, self._wallet, self._instruments(), frame.received_ns

        def of(kind: str) -> list[tuple[str, object]]:
            return [(f"{kind} {place}", made) for place, (told, made) in enumerate(frame.parsed) if told == kind]

        fills, bad = read_each(of("trade"), lambda _, row: [parse.fill(account, wallet, row_of(row), instruments)])
        orders, bad_orders = read_each(of("order"), lambda _, row: [parse.order(row_of(row))])
        positions, bad_positions = read_each(
            of("position"), lambda _, row: [parse.position(wallet, row_of(row), instruments)]
        )
        seen: list[Observation] = []
        unreadable = [*bad, *bad_orders, *bad_positions]
        for _, told in of("balance")[-1:]:
            rows, bad_balances = parse.balances(wallet, row_of(told))
            unreadable += bad_balances
            seen.append(BalancesSeen(account=account, at_ns=at_ns, complete=False, rows=tuple(rows)))
        if orders:
            seen.append(OrdersSeen(account=account, at_ns=at_ns, complete=False, rows=tuple(orders)))
        if positions:
            seen.append(PositionsSeen(account=account, at_ns=at_ns, complete=False, rows=tuple(positions)))
        events: list[Event] = [*fills]
        return self._wrap(frame, "stream", events=events, observations=seen, unreadable=unreadable)
