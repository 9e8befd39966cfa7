"""Binance's user data stream, frame by frame.

Format: USDⓈ-M Futures user data streams (developers.binance.com). ``ORDER_TRADE_UPDATE`` tells one order, and one fill
when its ``x`` says so. ``ACCOUNT_UPDATE`` tells the balances and positions that changed; what changed them (funding, a
transfer) is left to the income history, which gives it a name. An expired listen key ends the stream: the socket would
stay open and silent.
"""

from __future__ import annotations

from collections.abc import Callable
from decimal import Decimal

from account_cli.domain.events import Event, FillType
from account_cli.domain.health import DataKind
from account_cli.domain.observations import BalancesSeen, Observation, OrdersSeen, PositionsSeen
from account_cli.errors import Temporary
from account_cli.exchanges.binance.listing import Contracts
from account_cli.exchanges.binance.rows import (
    order_name,
    stream_balance,
    stream_fill,
    stream_order,
    stream_position,
    tells_fill,
)
from account_cli.exchanges.fields import Row, maybe_text, number, read_each, row_of, text, word
from account_cli.exchanges.latest import Latest
from account_cli.exchanges.reading import Told
from account_cli.exchanges.tee import Confirmed, Frame, Sign
from account_cli.ports import Beat, Closing, Heard, Subscribed

_FILLED = frozenset({"TRADE", "CALCULATED"})
_ENDINGS = frozenset({"listenKeyExpired", "eventStreamTerminated"})
_KNOWN = frozenset(
    {
        "MARGIN_CALL",
        "STRATEGY_UPDATE",
        "GRID_UPDATE",
        "CONDITIONAL_ORDER_TRIGGER_REJECT",
        "ALGO_UPDATE",
    }
)
"""Events that tell nothing beyond what the others do; kept as received."""
SOONER = '{"e":"TRADE_LITE",'
"""So begins the event that tells each trade a second time, a little sooner and without its fee."""


class Frames:
    """Reads the frames of one connection.

    ``forced`` and ``leverage`` (by unified symbol) are shared with the reader: what the stream tells of them, it keeps.
    """

    def __init__(
        self,
        account: str,
        contracts: Contracts,
        wrap: Callable[..., Heard],
        kinds: frozenset[DataKind],
        forced: dict[str, FillType],
        leverage: dict[str, Decimal],
    ) -> None:
        self._account, self._contracts, self._wrap, self._kinds = account, contracts, wrap, kinds
        self._forced, self._leverage = forced, leverage
        self._latest = Latest("T")

    def read(self, item: Frame | Sign | Confirmed) -> list[Told]:
        """Return what one frame tells; an error at the end when the stream is over."""
        if not isinstance(item, Frame):
            beat = Beat(received_ns=item.received_ns)
            opened = isinstance(item, Sign) and item.opened
            return [Subscribed(kinds=self._kinds), beat] if opened else [beat]
        if item.trouble is not None or not isinstance(item.data, dict):
            return [self._wrap(item, "unknown", unreadable=[item.trouble or "not an object"])]
        kind = word(item.data, "e")
        if kind == "TRADE_LITE":
            return [Beat(received_ns=item.received_ns)]
        if kind in _ENDINGS:
            heard = self._wrap(item, str(kind))
            return [heard, Temporary("binanceusdm: the exchange ended the stream (listen key)", retry_after=0)]
        if kind == "serverShutdown":
            return [self._wrap(item, str(kind)), Closing(reason="binanceusdm says: serverShutdown")]
        if kind == "ORDER_TRADE_UPDATE":
            return [self._order(item, item.data)]
        if kind == "ACCOUNT_UPDATE":
            return [self._account_update(item, item.data)]
        if kind == "ACCOUNT_CONFIG_UPDATE":
            return [self._config(item, item.data)]
        unreadable = [] if kind in _KNOWN else [f"unknown event {str(kind)[:40]!r}"]
        return [self._wrap(item, str(kind)[:40], unreadable=unreadable)]

    def _order(self, frame: Frame, data: Row) -> Heard:
        events: list[Event] = []
        observations: list[Observation] = []

        def read_fill(_: str, item: object) -> list[None]:
            row = row_of(item)
            if tells_fill(row, _FILLED):
                fill = stream_fill(self._account, row, self._contracts)
                if fill.type != "trade":
                    self._forced[order_name(row)] = fill.type
                events.append(fill)
            return []

        def read_order(_: str, item: object) -> list[None]:
            order = stream_order(row_of(item), self._contracts)
            seen = OrdersSeen(account=self._account, at_ns=frame.received_ns, complete=False, rows=(order,))
            observations.append(seen)
            return []

        unreadable = read_each([("fill", data.get("o"))], read_fill)[1]
        unreadable += read_each([("order", data.get("o"))], read_order)[1]
        return self._wrap(frame, "ORDER_TRADE_UPDATE", events=events, observations=observations, unreadable=unreadable)

    def _account_update(self, frame: Frame, data: Row) -> Heard:
        told = data.get("a")
        if not isinstance(told, dict):
            return self._wrap(frame, "ACCOUNT_UPDATE", unreadable=["no a"])
        balances, bad_balances = read_each(self._elements(told, "B"), lambda _, row: [stream_balance(row_of(row))])
        positions, bad_positions = read_each(
            self._elements(told, "P"),
            lambda _, row: [stream_position(row_of(row), self._contracts, self._leverage_of(row_of(row)))],
        )
        account, at_ns = self._account, frame.received_ns
        observations: list[Observation] = []
        came_ns, unreadable = self._latest.time(frame, data)
        held = self._latest.of(balances, came_ns, lambda row: row.asset)
        open_now = self._latest.of(positions, came_ns, lambda row: f"{row.symbol} {row.side}")
        if held:
            observations.append(BalancesSeen(account=account, at_ns=at_ns, complete=False, rows=tuple(held)))
        if open_now:
            observations.append(PositionsSeen(account=account, at_ns=at_ns, complete=False, rows=tuple(open_now)))
        unreadable += [*bad_balances, *bad_positions]
        if not told.keys() & {"B", "P"} or told.keys() - {"m", "B", "P"}:
            unreadable.append(f"a holds {', '.join(sorted(map(str, told)))[:80]}")
        return self._wrap(frame, "ACCOUNT_UPDATE", observations=observations, unreadable=unreadable)

    def _elements(self, told: Row, key: str) -> list[tuple[str, object]]:
        """Return the elements of a list that may be left out, by name; what is no list is one bad element."""
        items = told.get(key, [])
        return [(f"{key} {place}", item) for place, item in enumerate(items if isinstance(items, list) else [items])]

    def _leverage_of(self, row: Row) -> Decimal | None:
        return self._leverage.get(self._contracts.instrument(text(row, "s")).symbol)

    def _config(self, frame: Frame, data: Row) -> Heard:
        def read(_: str, item: object) -> list[None]:
            row = row_of(item)
            name = maybe_text(row, "s")
            if name is not None:
                self._leverage[self._contracts.instrument(name).symbol] = number(row, "l")
            return []

        changed = [("ac", data["ac"])] if "ac" in data else []
        return self._wrap(frame, "ACCOUNT_CONFIG_UPDATE", unreadable=read_each(changed, read)[1])
