"""Kraken's WebSocket v2: a status greeting, acknowledged subscriptions, snapshots, then numbered updates.

docs.kraken.com, Spot WebSocket v2: Status, Ping, Heartbeat, Executions, Balances, Ticker. Private channels want a token
of Get Websockets Token. ``sequence`` counts the messages of one subscription.
"""

from __future__ import annotations

import json
from collections.abc import Callable, Mapping
from decimal import Decimal

from account_cli.simulator.protocols.kraken import frames, names
from account_cli.simulator.stage import Connection, Stage
from account_cli.simulator.wire import SECOND, iso
from account_cli.simulator.world.facts import Happening

PRIVATE = frozenset({"executions", "balances"})
PUBLIC = frozenset({"ticker"})
WRITES = frozenset(
    {
        "add_order",
        "amend_order",
        "edit_order",
        "cancel_order",
        "cancel_all",
        "cancel_all_orders_after",
        "batch_add",
        "batch_cancel",
    }
)
_SNAPSHOT_TRADES = 50


class KrakenStream:
    """All WebSocket connections of one simulator."""

    def __init__(self, stage: Stage, token_lives: Callable[[str], bool]) -> None:
        self._stage, self._token_lives = stage, token_lives
        self._count = 0
        self._withheld: list[frames.Row] = []
        """Trades that wait for the order's last word, to be told in one frame with it."""
        self._late: list[frames.Row] = []
        """Last words that are held back."""

    def opened(self, connection: Connection) -> None:
        """Greet with the state of the system."""
        if connection.path.startswith("/ws-auth"):
            self._stage.faults.reached("opened")
        self._count += 1
        connection.reply(self._status("online"))

    def told_status(self, system: str) -> None:
        """Tell every connection another state of the system."""
        for connection in self._stage.connections:
            connection.reply(self._status(system))

    def _status(self, system: str) -> dict[str, object]:
        number = 12_834_612_894_612_348_000 + self._count
        row = {"version": "2.0.10", "system": system, "api_version": "v2", "connection_id": number}
        return {"channel": "status", "type": "update", "data": [row]}

    def received(self, connection: Connection, text: str) -> None:
        """Answer a client's message."""
        now = self._stage.wall_ns()
        try:
            message = json.loads(text)
        except ValueError:
            message = None
        if not isinstance(message, dict):
            connection.reply({"error": "Malformed request", "success": False, "time_in": iso(now, 6)})
            return
        method, params = str(message.get("method")), message.get("params") or {}
        known = method in {"ping", "subscribe", "unsubscribe"} | WRITES
        self._stage.record("WS", method, str(params.get("channel", "")), params, write=method in WRITES, known=known)
        head: dict[str, object] = {"method": "pong" if method == "ping" else method}
        if "req_id" in message:
            head["req_id"] = int(message["req_id"])
        if method == "ping":
            connection.reply(head | self._times(now))
        elif method == "subscribe":
            self._subscribe(connection, params, head, now)
        elif method == "unsubscribe":
            connection.channels = {
                key: n for key, n in connection.channels.items() if key.partition(":")[0] != params.get("channel")
            }
            connection.reply(head | {"success": True, "result": {"channel": params.get("channel")}} | self._times(now))
        else:
            words = "EGeneral:Permission denied" if method in WRITES else "Unsupported method"
            connection.reply(head | {"success": False, "error": words} | self._times(now))

    def _times(self, arrived_ns: int) -> dict[str, object]:
        return {"time_in": iso(arrived_ns, 6), "time_out": iso(self._stage.wall_ns(), 6)}

    def _subscribe(
        self, connection: Connection, params: Mapping[str, object], head: Mapping[str, object], now: int
    ) -> None:
        channel = str(params.get("channel"))
        words = self._stage.faults.take_rejection() or self._objection(connection, channel, params)
        if words is not None:
            connection.reply({**head, "success": False, "error": words, **self._times(now)})
        elif channel in PUBLIC:
            self._subscribe_public(connection, channel, params, head, now)
        else:
            if channel == "executions":
                self._stage.faults.reached("subscribing")
            how = self._stage.faults.heard()
            if how == "astray":
                told = {"channel": "ticker", "snapshot": True, "symbol": "BTC/USD"}
                connection.reply({**head, "success": True, "result": told, **self._times(now)})
            elif how == "well":
                self._stage.after(
                    self._stage.faults.confirm_after_s, self._subscribe_private, connection, channel, params, head, now
                )

    def _subscribe_private(
        self,
        connection: Connection,
        channel: str,
        params: Mapping[str, object],
        head: Mapping[str, object],
        now: int,
    ) -> None:
        snapshot = (
            {
                "snap_orders": params.get("snap_orders", True) is True,
                "snap_trades": params.get("snap_trades", False) is True,
                "order_status": params.get("order_status", True) is True,
                "ratecounter": False,
            }
            if channel == "executions"
            else {"snapshot": params.get("snapshot", True) is True}
        )
        connection.reply(
            {**head, "success": True, "result": {"channel": channel, **snapshot, "warnings": []}, **self._times(now)}
        )
        if channel == "executions":
            self._stage.faults.reached("confirmed")
        connection.private = True
        connection.channels[channel] = 0
        if channel == "executions":
            self._stage.faults.reached("begun")
        for _ in range(self._stage.faults.snapshots or 1):
            if channel == "balances" and snapshot["snapshot"]:
                self._snapshot_balances(connection)
            elif channel == "executions":
                self._snapshot_executions(connection, trades=snapshot["snap_trades"], orders=snapshot["snap_orders"])
        if channel == "executions":
            self._stage.faults.reached("told")

    def resend_snapshots(self) -> None:
        """Tell every subscriber the snapshots again, unasked."""
        for connection in self._stage.connections:
            if "executions" in connection.channels:
                self._snapshot_executions(connection, trades=True, orders=True)
            if "balances" in connection.channels:
                self._snapshot_balances(connection)

    def _snapshot_balances(self, connection: Connection) -> None:
        balances = self._stage.world.book.balances
        self._snapshot(connection, "balances", frames.held(balances))

    def _objection(self, connection: Connection, channel: str, params: Mapping[str, object]) -> str | None:
        if channel in PRIVATE:
            if not connection.path.startswith("/ws-auth"):
                return "Private data and trading are unavailable on this endpoint. Try ws-auth.kraken.com"
            return None if self._token_lives(str(params.get("token"))) else "ESession:Invalid session"
        if channel not in PUBLIC:
            return f"Channel not found: {channel}"
        symbols = params.get("symbol")
        for symbol in symbols if isinstance(symbols, list) else [None]:
            if symbol not in self._stage.world.walks:
                return f"Currency pair not supported {symbol}"
        return None

    def _snapshot_executions(self, connection: Connection, *, trades: bool, orders: bool) -> None:
        """The last fifty trades and the open orders, each in a frame of its own; an empty one is sent too."""
        book = self._stage.world.book
        if trades:
            last = book.fills[-_SNAPSHOT_TRADES:][::-1]
            data = [frames.traded(fill, book.orders[fill.order_id], self._usd(fill.symbol)) for fill in last]
            self._snapshot(connection, "executions", data)
        if orders:
            data = [frames.placed(order, "new") for order in book.open.values()]
            self._snapshot(connection, "executions", data)

    def _snapshot(self, connection: Connection, channel: str, data: list[frames.Row]) -> None:
        self._data(connection, channel, "snapshot", data if self._stage.faults.snapshots else [])

    def _subscribe_public(
        self, connection: Connection, channel: str, params: Mapping[str, object], head: Mapping[str, object], now: int
    ) -> None:
        symbols = params.get("symbol")
        for symbol in symbols if isinstance(symbols, list) else []:
            connection.reply(
                {
                    **head,
                    "result": {"channel": channel, "snapshot": True, "symbol": symbol},
                    "success": True,
                    **self._times(now),
                }
            )
            connection.channels[f"{channel}:{symbol}"] = 0
            connection.tell(self._ticker(symbol, "snapshot"))

    def _ticker(self, symbol: str, kind: str) -> dict[str, object]:
        walk = self._stage.world.walks[symbol]
        last, rows = walk.price, walk.minutes[-1440:]
        opened = rows[0][1] if rows else last
        change = last - opened
        return {"channel": "ticker", "type": kind, "data": [{
            "symbol": symbol,
            "bid": walk.level(-1), "bid_qty": Decimal("1.00000000"),
            "ask": walk.level(1), "ask_qty": Decimal("1.00000000"),
            "last": last, "volume": Decimal("1440.00000000"), "vwap": last,
            "low": min((row[3] for row in rows), default=last), "high": max((row[2] for row in rows), default=last),
            "change": change, "change_pct": round(change * 100 / opened, 2),
        }]}  # fmt: skip

    def _usd(self, symbol: str) -> Decimal:
        quote = names.by_symbol(symbol).quote
        return Decimal(1) if quote == "USD" else self._stage.world.price(f"{quote}/USD")

    def _data(self, connection: Connection, channel: str, kind: str, data: list[frames.Row]) -> None:
        skipped, self._stage.faults.skipped = self._stage.faults.skipped, 0
        connection.channels[channel] = 1 if skipped < 0 else connection.channels[channel] + 1 + skipped
        connection.tell({"channel": channel, "type": kind, "data": data, "sequence": connection.channels[channel]})

    def happened(self, happening: Happening) -> None:
        """Tell every subscriber."""
        listening = [connection for connection in self._stage.connections if connection.private]
        if not listening:
            return
        executions = self._execution(happening)
        balances = [frames.moved(entry) for entry in happening.entries]
        for connection in listening:
            if executions and "executions" in connection.channels:
                self._data(connection, "executions", "update", executions)
            if balances and "balances" in connection.channels:
                self._data(connection, "balances", "update", balances)

    def _execution(self, happening: Happening) -> list[frames.Row]:
        order = happening.order
        if order is None:
            return []
        if happening.change == "fill" and happening.fill is not None:
            row = frames.traded(happening.fill, order, self._usd(order.symbol))
            if self._stage.faults.money.ends_late:
                row["order_status"] = "partially_filled"
            if self._stage.faults.money.fees_untold:
                del row["fees"], row["fee_usd_equiv"]
            if self._stage.faults.mixed and order.status == "closed":
                self._withheld = [row]
                return []
            return [row]
        if happening.change == "pending":
            return [frames.placed(order, "pending_new")]
        if happening.change == "new":
            return [
                {
                    "order_id": order.id,
                    "symbol": order.symbol,
                    "exec_type": "new",
                    "order_status": "new",
                    "order_userref": 0,
                    "timestamp": iso(happening.time_ns, 6),
                }
            ]
        change = "filled" if happening.change == "done" else "canceled"
        if self._stage.faults.money.ends_late and change == "filled":
            self._late.append(frames.ended(order, change, self._usd(order.symbol)))
            return []
        withheld, self._withheld = self._withheld, []
        return [frames.ended(order, change, self._usd(order.symbol)), *withheld]

    def priced(self) -> None:
        """Tell whoever watches tickers."""
        for connection in self._stage.connections:
            for key in connection.channels:
                channel, _, symbol = key.partition(":")
                if channel == "ticker" and symbol:
                    connection.tell(self._ticker(symbol, "update"))

    def each_second(self) -> None:
        """Last words that were held back; a heartbeat wherever something is subscribed and nothing was sent lately."""
        if self._late and not self._stage.faults.money.ends_late:
            late, self._late = self._late, []
            for connection in self._stage.connections:
                if "executions" in connection.channels:
                    self._data(connection, "executions", "update", late)
        now = self._stage.wall_ns()
        for connection in self._stage.connections:
            if connection.channels and now - connection.sent_ns >= SECOND:
                connection.beat({"channel": "heartbeat"})
