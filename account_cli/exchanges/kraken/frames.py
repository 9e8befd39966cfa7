"""Kraken's private stream, frame by frame and element by element.

Format: WebSocket v2 ``executions`` and ``balances`` (docs.kraken.com/api, "Websocket API v2"). Each subscription is
acknowledged or refused by the ``req_id`` it was asked with; an acknowledgement of anything else counts for nothing. A
heartbeat comes every second in which nothing else does, so pongs are no sign of life here: a server that only answers
pings has lost the account. ``status`` says when the exchange goes down for maintenance.

Deposits and withdrawals also show up in ``balances`` but their ``amount`` and ``fee`` are not documented to be those of
the ledger entry, so that fact is left to the REST ledger; the balance counts at once. A balance frame that comes again,
or late, takes nothing back: each line says its time, and a snapshot, which says none, its number.
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
from account_cli.exchanges.fields import (
    Row,
    Unreadable,
    choice,
    maybe_text,
    moment,
    number,
    read_each,
    row_of,
    rows_of,
    text,
    word,
)
from account_cli.exchanges.kraken.assets import Names
from account_cli.exchanges.kraken.rows import stream_fill, stream_order
from account_cli.exchanges.kraken.sequence import Sequence
from account_cli.exchanges.latest import Latest, credible
from account_cli.exchanges.reading import Told
from account_cli.exchanges.tee import Confirmed, Frame, Sign
from account_cli.ports import Beat, Closing, Declined, Gap, Heard, Subscribed

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
_GOING_DOWN = frozenset({"maintenance"})
_KEY = re.compile(r"EAPI:|Permission denied|Invalid permissions", re.IGNORECASE)


class Frames:
    """Reads the frames of one connection; ``asked`` are the channels subscribed to, by the request's number."""

    def __init__(
        self,
        account: str,
        names: Names,
        asked: Mapping[int, str],
        wrap: Callable[..., Heard],
        kinds: frozenset[DataKind],
    ) -> None:
        self._account, self._names, self._wrap, self._kinds = account, names, wrap, kinds
        self._asked, self._waiting = asked, set(asked.values())
        self._sequence = Sequence()
        self._held: dict[tuple[str, str], dict[str, Decimal]] = {}
        self._latest = Latest()
        self._snapshot = -1
        """The number of the last snapshot of the balances."""

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
        if channel == "heartbeat":
            return [Beat(received_ns=item.received_ns)]
        if channel == "status":
            return [Beat(received_ns=item.received_ns), *_going_down(item.data)]
        if channel not in CHANNELS:
            return [self._wrap(item, "unknown", unreadable=["a message of no known channel"])]
        told: list[Told] = [self._executions(item) if channel == "executions" else self._balances(item)]
        gap = self._sequence.gap(str(channel), item.data.get("sequence"))
        return told if gap is None else [*told, Gap(kinds=self._told_by(str(channel)), detail=f"kraken: {gap}")]

    def _told_by(self, channel: str) -> frozenset[DataKind]:
        return CHANNELS[channel] & self._kinds

    def _acknowledged(self, frame: Frame, data: Mapping[str, object]) -> list[Told]:
        number = data.get("req_id")
        asked = self._asked.get(number) if isinstance(number, int) else None
        if data.get("success") is not True:
            # A refusal that does not say of what can be of anything that has not been confirmed yet.
            refused = [asked] if asked is not None else sorted(self._waiting)
            error = refusal(str(data.get("error") or "no reason given"), " and ".join(refused))
            self._waiting -= set(refused)
            declined = [Declined(kinds=self._told_by(channel), error=error) for channel in refused]
            return [self._wrap(frame, "subscribe"), *declined]
        result = data.get("result")
        channel = str(result.get("channel")) if isinstance(result, dict) else "nothing"
        if channel not in self._asked.values() or asked not in (None, channel):
            return [self._wrap(frame, "subscribe", unreadable=[f"{channel[:40]} was confirmed, not {asked}"])]
        self._waiting.discard(channel)
        return [Subscribed(kinds=self._told_by(channel)), Beat(received_ns=frame.received_ns)]

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
            number_of = frame.data.get("sequence")
            if isinstance(number_of, int):
                if number_of <= self._snapshot:
                    return self._wrap(frame, "balances")
                self._snapshot = number_of
            self._held.clear()
        touched: dict[tuple[str, str], None] = {}
        causes: set[str | None] = set()

        def read(_: str, item: object) -> list[None]:
            row = row_of(item)
            causes.add(maybe_text(row, "type"))
            if snapshot or self._is_new(frame, row):
                touched.update(dict.fromkeys(self._hold(row, snapshot=snapshot)))
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
        told = seen if rows or snapshot else []
        traded = causes == {"trade"} and not unreadable
        return self._wrap(frame, "balances", observations=told, unreadable=unreadable, traded=traded)

    def _is_new(self, frame: Frame, row: Row) -> bool:
        """True when a line of a change tells what this connection has not told better already."""
        came_ns = credible(moment(row, "timestamp"), frame) if maybe_text(row, "timestamp") else None
        name = f"{row.get('asset')}|{row.get('wallet_type')}|{row.get('wallet_id')}"
        return came_ns is None or self._latest.is_new(name, (row.get("ledger_id"), number(row, "balance")), came_ns)

    def _hold(self, row: Row, *, snapshot: bool) -> list[tuple[str, str]]:
        """Take in one element; return the (wallet, asset) whose sum changed. A wallet type may have several wallets."""
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


def refusal(reason: str, channel: str) -> AcctError:
    """Return what a refused subscription means."""
    text = f"kraken: the stream of {channel} was refused: {reason[:120]}"
    if _KEY.search(reason):
        return KeyRejected(
            text, hint="the key needs the permissions to query funds and open and closed orders and trades"
        )
    return Temporary(text)


def _going_down(data: Mapping[str, object]) -> list[Told]:
    rows = data.get("data")
    states = [row.get("system") for row in rows if isinstance(row, dict)] if isinstance(rows, list) else []
    down = [state for state in states if isinstance(state, str) and state in _GOING_DOWN]
    return [Closing(reason=f"kraken says: {down[0]}")] if down else []
