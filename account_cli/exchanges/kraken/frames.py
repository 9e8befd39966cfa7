"""Kraken's private stream, frame by frame and element by element.

Format: WebSocket v2 ``executions`` and ``balances`` (docs.kraken.com/api, "Websocket API v2"). Subscriptions are
acknowledged; one that is refused ends the stream, because ccxt would wait for it for ever. Every message of a channel
carries ``sequence``; a number left out means that a message was lost, and ends the stream too: the next connection
catches up by REST. A heartbeat comes every second in which nothing else does, so pongs are no sign of life here: a
server that only answers pings has lost the account.

Deposits and withdrawals also show up in ``balances`` but their ``amount`` and ``fee`` are not documented to be those of
the ledger entry, so that fact is left to the REST ledger; the balance counts at once.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping
from decimal import Decimal

from account_cli.domain.events import Event
from account_cli.domain.health import DataKind
from account_cli.domain.money import ZERO
from account_cli.domain.observations import Balance, BalancesSeen, Observation, Order, OrdersSeen
from account_cli.errors import AcctError, KeyRejected, Temporary
from account_cli.exchanges.fields import Unreadable, choice, maybe_text, number, read_each, row_of, rows_of, text, word
from account_cli.exchanges.kraken.assets import Names
from account_cli.exchanges.kraken.rows import stream_fill, stream_order
from account_cli.exchanges.reading import Told
from account_cli.exchanges.tee import Confirmed, Frame, Sign
from account_cli.ports import Beat, Heard, Subscribed

CHANNELS: Mapping[str, frozenset[DataKind]] = {
    "executions": frozenset({"orders", "fills"}),
    "balances": frozenset({"balances"}),
}
_FILLING = {
    **dict.fromkeys(("pending_new", "new", "filled", "canceled", "expired", "amended", "restated", "status"), False),
    "iceberg_refill": False,
    "trade": True,
}
"""Every documented ``exec_type``, and whether it tells a fill: one that nobody knows might."""
HEARTBEAT = '{"channel":"heartbeat"}'
_KEY = re.compile(r"EAPI:|Permission denied|Invalid permissions", re.IGNORECASE)


class Frames:
    """Reads the frames of one connection; ``wrap`` makes the ``Heard`` of a frame."""

    def __init__(
        self,
        account: str,
        names: Names,
        channels: frozenset[str],
        wrap: Callable[..., Heard],
        kinds: frozenset[DataKind],
    ) -> None:
        self._account, self._names, self._wrap, self._kinds = account, names, wrap, kinds
        self._waiting = set(channels)
        self._sequence = Sequence()
        self._held: dict[tuple[str, str], dict[str, Decimal]] = {}

    def read(self, item: Frame | Sign | Confirmed) -> list[Told]:
        """Return what one frame tells, in order; an error at the end when the stream cannot go on."""
        if not isinstance(item, Frame):
            return [Beat(received_ns=item.received_ns)] if isinstance(item, Sign) and item.opened else []
        if item.trouble is not None:
            return [self._wrap(item, "unknown", unreadable=[item.trouble])]
        if not isinstance(item.data, dict):
            return [self._wrap(item, "unknown", unreadable=["not an object"])]
        method, channel = word(item.data, "method"), word(item.data, "channel")
        if method == "subscribe":
            return self._acknowledged(item, item.data)
        if method == "pong":
            return []
        if channel in ("heartbeat", "status"):
            return [Beat(received_ns=item.received_ns)]
        if channel not in CHANNELS:
            return [self._wrap(item, "unknown", unreadable=["a message of no known channel"])]
        told: list[Told] = [self._executions(item) if channel == "executions" else self._balances(item)]
        gap = self._sequence.gap(str(channel), item.data.get("sequence"))
        return told if gap is None else [*told, gap]

    def _acknowledged(self, frame: Frame, data: Mapping[str, object]) -> list[Told]:
        if data.get("success") is not True:
            return [refusal(str(data.get("error") or "no reason given"))]
        result = data.get("result")
        self._waiting.discard(str(result.get("channel")) if isinstance(result, dict) else "")
        if self._waiting:
            return [Beat(received_ns=frame.received_ns)]
        return [Subscribed(kinds=self._kinds), Beat(received_ns=frame.received_ns)]

    def _executions(self, frame: Frame) -> Heard:
        events: list[Event] = []
        orders: list[Order] = []

        def read(_: str, item: object) -> list[None]:
            row = row_of(item)
            if choice(maybe_text(row, "exec_type"), _FILLING, "execution"):
                events.append(stream_fill(self._account, row, self._names))
            orders.append(stream_order(row, self._names))
            return []

        unreadable = self._each(frame, read)
        seen = OrdersSeen(account=self._account, at_ns=frame.received_ns, complete=False, rows=tuple(orders))
        return self._wrap(
            frame, "executions", events=events, observations=[seen] if orders else [], unreadable=unreadable
        )

    def _balances(self, frame: Frame) -> Heard:
        assert isinstance(frame.data, dict)
        snapshot = frame.data.get("type") == "snapshot"
        if snapshot:
            self._held.clear()
        touched: dict[tuple[str, str], None] = {}

        def read(_: str, item: object) -> list[None]:
            for key in self._hold(item, snapshot=snapshot):
                touched[key] = None
            return []

        unreadable = self._each(frame, read)
        rows = tuple(
            Balance(asset=asset, wallet=wallet, total=sum(self._held[wallet, asset].values(), ZERO))
            for wallet, asset in touched
        )
        seen: list[Observation] = [
            BalancesSeen(
                account=self._account, at_ns=frame.received_ns, complete=snapshot and not unreadable, rows=rows
            )
        ]
        return self._wrap(frame, "balances", observations=seen if rows or snapshot else [], unreadable=unreadable)

    def _hold(self, item: object, *, snapshot: bool) -> list[tuple[str, str]]:
        """Take in one element; return the (wallet, asset) whose sum changed. A wallet type may have several wallets."""
        row = row_of(item)
        asset, wallet = self._names.holding(text(row, "asset"))
        if not snapshot:
            parts = [(str(row.get("wallet_type") or wallet), str(row.get("wallet_id") or ""), number(row, "balance"))]
        elif row.get("wallets"):
            wallets = [row_of(part, "wallet") for part in rows_of(row["wallets"], "wallets")]
            parts = [(text(part, "type"), str(part.get("id") or ""), number(part, "balance")) for part in wallets]
        else:
            parts = [(wallet, "", number(row, "balance"))]
        for kind, name, balance in parts:
            self._held.setdefault((kind, asset), {})[f"{row['asset']}/{name}"] = balance
        return [(kind, asset) for kind, _, _ in parts]

    def _each(self, frame: Frame, read: Callable[[str, object], list[None]]) -> list[str]:
        try:
            assert isinstance(frame.data, dict)
            items = rows_of(frame.data.get("data"), "data")
        except Unreadable as error:
            return [str(error)]
        return read_each(((f"element {place}", item) for place, item in enumerate(items)), read)[1]


class Sequence:
    """Watches the numbers of one connection's messages, counted for each channel or for all of them together.

    The documentation leaves open which; the first number of the second channel tells: 1 when each has its own count.
    """

    def __init__(self) -> None:
        self._last: dict[str, int] = {}
        self._together: int | None = None
        self._apart = False

    def gap(self, channel: str, number_told: object) -> AcctError | None:
        """Take the next message's number; return the error that ends the stream when one was left out."""
        if not isinstance(number_told, int) or isinstance(number_told, bool):
            return None
        previous = self._last.get(channel)
        if previous is None:
            self._apart = self._apart or (self._together is not None and number_told == 1)
        before = previous if self._apart else self._together
        self._last[channel] = self._together = number_told
        if before is None or number_told == before + 1:
            return None
        return Temporary(f"kraken: a message of {channel} was lost (after {before} came {number_told})", retry_after=0)


def refusal(reason: str) -> AcctError:
    """Return what a refused subscription means."""
    if _KEY.search(reason):
        return KeyRejected(
            f"kraken: the stream was refused: {reason[:120]}",
            hint="the key needs the permissions to query funds and open and closed orders and trades",
        )
    return Temporary(f"kraken: the stream was refused: {reason[:120]}")
