"""Binance spot's user data stream, frame by frame.

Format: Spot user data stream over the WebSocket API (developers.binance.com): ``{"subscriptionId", "event": {...}}``.
``executionReport`` tells one order, and one fill when its ``x`` says ``TRADE``; ``outboundAccountPosition`` the
balances that changed, as they are now. ``balanceUpdate`` is only the difference, without a name of what made it: the
histories of money tell that. There is no snapshot. A terminated stream would stay open and silent, so it ends here.
"""

from __future__ import annotations

from collections.abc import Callable

from account_cli.domain.events import Event
from account_cli.domain.health import DataKind
from account_cli.domain.observations import BalancesSeen, Observation, OrdersSeen
from account_cli.errors import AcctError, KeyRejected, Temporary
from account_cli.exchanges.binance.rows import tells_fill
from account_cli.exchanges.binance.spot.listing import Pairs
from account_cli.exchanges.binance.spot.rows import stream_balance, stream_fill, stream_order
from account_cli.exchanges.fields import Row, read_each, row_of, text, word
from account_cli.exchanges.latest import Latest
from account_cli.exchanges.reading import Told
from account_cli.exchanges.tee import Confirmed, Frame, Sign
from account_cli.ports import Beat, Closing, Heard, Subscribed

_FILLED = frozenset({"TRADE"})
_ENDINGS = frozenset({"eventStreamTerminated"})
SUBSCRIBED = "1"
"""The id of the one request that is sent: the subscription."""
_KNOWN = frozenset({"balanceUpdate", "listStatus", "externalLockUpdate"})
"""Events that tell nothing beyond what others do; kept as received."""
_KEY_CODES = frozenset({-2014, -2015, -1022})


class Frames:
    """Reads the frames of one connection; ``traded`` hears the id of every market that the stream names."""

    def __init__(
        self,
        account: str,
        pairs: Pairs,
        wrap: Callable[..., Heard],
        kinds: frozenset[DataKind],
        traded: Callable[[str], None],
    ) -> None:
        self._account, self._pairs, self._wrap, self._kinds, self._traded = account, pairs, wrap, kinds, traded
        self._latest = Latest("u")

    def read(self, item: Frame | Sign | Confirmed) -> list[Told]:
        """Return what one frame tells; an error at the end when the stream is over."""
        if not isinstance(item, Frame):
            return [Beat(received_ns=item.received_ns)]
        if item.trouble is not None or not isinstance(item.data, dict):
            return [self._wrap(item, "unknown", unreadable=[item.trouble or "not an object"])]
        if "status" in item.data:
            return self._answered(item, item.data)
        event = item.data.get("event", item.data)
        if not isinstance(event, dict):
            return [self._wrap(item, "unknown", unreadable=["event is not an object"])]
        kind = word(event, "e")
        if kind in _ENDINGS:
            return [self._wrap(item, str(kind)), Temporary("binance: the exchange ended the stream", retry_after=0)]
        if kind == "serverShutdown":
            return [self._wrap(item, str(kind)), Closing(reason="binance says: serverShutdown")]
        if kind == "executionReport":
            return [self._report(item, event)]
        if kind == "outboundAccountPosition":
            return [self._balances(item, event)]
        unreadable = [] if kind in _KNOWN else [f"unknown event {str(kind)[:40]!r}"]
        return [self._wrap(item, str(kind)[:40], unreadable=unreadable)]

    def _answered(self, item: Frame, answer: Row) -> list[Told]:
        """Read the answer to the subscription; an answer to anything else confirms nothing."""
        confirmed = answer.get("status") == 200
        if str(answer.get("id")) != SUBSCRIBED and (confirmed or answer.get("id") is not None):
            return [self._wrap(item, "subscribe", unreadable=["an answer to what was not asked"])]
        if confirmed:
            return [Subscribed(kinds=self._kinds), Beat(received_ns=item.received_ns)]
        told = answer.get("error")
        code, words = (told.get("code"), str(told.get("msg"))) if isinstance(told, dict) else (None, "no reason")
        says = f"binance: the stream was refused: {words[:120]}"
        refused = isinstance(code, int) and code in _KEY_CODES
        error: AcctError = KeyRejected(says, whole=True) if refused else Temporary(says)
        return [self._wrap(item, "subscribe"), error]

    def _report(self, frame: Frame, data: Row) -> Heard:
        events: list[Event] = []
        observations: list[Observation] = []

        def read_fill(_: str, item: object) -> list[None]:
            row = row_of(item)
            if tells_fill(row, _FILLED):
                events.append(stream_fill(self._account, row, self._pairs))
            return []

        def read_order(_: str, item: object) -> list[None]:
            row = row_of(item)
            order = stream_order(row, self._pairs)
            self._traded(text(row, "s"))
            seen = OrdersSeen(account=self._account, at_ns=frame.received_ns, complete=False, rows=(order,))
            observations.append(seen)
            return []

        unreadable = read_each([("fill", data)], read_fill)[1] + read_each([("order", data)], read_order)[1]
        return self._wrap(frame, "executionReport", events=events, observations=observations, unreadable=unreadable)

    def _balances(self, frame: Frame, data: Row) -> Heard:
        items = data.get("B")
        elements = [(f"B {place}", item) for place, item in enumerate(items if isinstance(items, list) else [items])]
        rows, unreadable = read_each(elements, lambda _, item: [stream_balance(row_of(item), self._pairs)])
        came_ns, bad_times = self._latest.time(frame, data)
        held = self._latest.of(rows, came_ns, lambda row: f"{row.wallet} {row.asset}")
        seen = BalancesSeen(account=self._account, at_ns=frame.received_ns, complete=False, rows=tuple(held))
        observations, unreadable = ([seen] if held else []), [*bad_times, *unreadable]
        return self._wrap(frame, "outboundAccountPosition", observations=observations, unreadable=unreadable)
