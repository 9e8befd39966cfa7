"""Binance spot's user data stream, subscribed to by signature at the WebSocket API.

developers.binance.com, Spot, WebSocket API: User Data Stream requests; User Data Stream: Account Update, Balance
Update, Order Update, Event Stream Terminated. There is no snapshot: what is told is what changes.
"""

from __future__ import annotations

import json
from decimal import Decimal

from account_cli.simulator.protocols.binance.account import digits, free_and_locked
from account_cli.simulator.protocols.binance.setting import wire_id
from account_cli.simulator.protocols.binanceusdm import errors
from account_cli.simulator.protocols.binanceusdm.history import client_id, status
from account_cli.simulator.protocols.binanceusdm.rest import check_signature
from account_cli.simulator.stage import Connection, Stage
from account_cli.simulator.wire import milliseconds
from account_cli.simulator.world.facts import Fill, Happening, Order

Row = dict[str, object]
_SUBSCRIBE = "userDataStream.subscribe.signature"
_NOTHING = Decimal(0)


class SpotStream:
    """All WebSocket API connections of one simulator."""

    def __init__(self, stage: Stage) -> None:
        self._stage = stage

    def listen_key(self, _method: str, _rejection: str | None) -> object:
        """Listen keys are gone from spot."""
        raise errors.bad_key()

    def opened(self, connection: Connection) -> None:
        """A connection hears nothing before it subscribes."""
        self._stage.faults.reached("opened")
        self._stage.record("WS", "open", connection.path, connection.query, write=False, known=True)

    def received(self, connection: Connection, text: str) -> None:
        """Answer a request; only the subscription is known."""
        try:
            message = json.loads(text)
        except ValueError:
            message = None
        if not isinstance(message, dict) or not isinstance(message.get("params", {}), dict):
            words = "Invalid JSON-RPC request."
            connection.reply({"id": None, "status": 400, "error": {"code": -1135, "msg": words}})
            return
        method, params = str(message.get("method")), message.get("params", {})
        known = method == _SUBSCRIBE
        self._stage.record(
            "WS", method, connection.path, params, write=method.startswith(("order.", "sor.")), known=known
        )
        try:
            if not known:
                raise errors.Refused(-1000, f"Unknown method {method!r}.")
            self._subscribe({str(key): str(value) for key, value in params.items()})
        except errors.Refused as refused:
            told = {"code": refused.code, "msg": refused.words}
            connection.reply({"id": message.get("id"), "status": refused.status, "error": told})
            return
        faults = self._stage.faults
        faults.reached("subscribing")
        how = faults.heard()
        if how == "astray":
            connection.reply({"id": "another", "status": 200, "result": {"subscriptionId": 7}})
        elif how == "well":
            self._stage.after(faults.confirm_after_s, self._begin, connection, message.get("id"))

    def _begin(self, connection: Connection, request: object) -> None:
        """Confirm a subscription and let it begin."""
        connection.reply({"id": request, "status": 200, "result": {"subscriptionId": 0}})
        self._stage.faults.reached("confirmed")
        connection.private = True
        self._stage.faults.reached("told")

    def _subscribe(self, params: dict[str, str]) -> None:
        rejection = self._stage.faults.take_rejection()
        if rejection is not None:
            raise errors.no_stream(rejection)
        if params.get("apiKey") != self._stage.api_key or self._stage.key.revoked:
            raise errors.bad_key()
        signed = "&".join(f"{key}={params[key]}" for key in sorted(params) if key != "signature")
        check_signature(self._stage, signed, params)

    def expire(self) -> None:
        """Terminate the subscriptions; the connections stay and hear nothing more."""
        event = {"e": "eventStreamTerminated", "E": milliseconds(self._stage.wall_ns())}
        for connection in self._stage.connections:
            if connection.private:
                connection.tell({"subscriptionId": 0, "event": event})
                connection.private = False

    def forget(self) -> None:
        """A subscription has no key that could be deleted."""

    def shut_down(self) -> None:
        """Say that the connections will be closed soon."""
        event = {"e": "serverShutdown", "E": milliseconds(self._stage.wall_ns())}
        for connection in self._stage.connections:
            connection.reply({"subscriptionId": 0, "event": event})

    def happened(self, happening: Happening) -> None:
        """Tell whoever subscribed: the order first, then the balances."""
        if happening.change in {"pending", "done", "leverage"}:
            return
        listening = [connection for connection in self._stage.connections if connection.private]
        if listening:
            for event in self._events(happening):
                for connection in listening:
                    connection.tell({"subscriptionId": 0, "event": event})

    def _events(self, what: Happening) -> list[Row]:
        sent, at = milliseconds(self._stage.wall_ns()), milliseconds(what.time_ns)
        found: list[Row] = []
        assets = dict.fromkeys(entry.asset for entry in what.entries)
        if what.order is not None:
            told = report(what.order, what.fill, sent_ms=sent, at_ms=at)
            if self._stage.faults.money.fees_untold:
                del told["n"], told["N"]
            found.append(told)
            base, _, quote = what.order.symbol.partition("/")
            assets |= dict.fromkeys((base, quote))
        state = self._stage.world.book.now()
        rows = []
        for asset in assets:
            free, held = free_and_locked(state, asset)
            rows.append({"a": asset, "f": free, "l": held})
        found.append({"e": "outboundAccountPosition", "E": sent, "u": at, "B": rows})
        if what.order is None:
            found += [
                {"e": "balanceUpdate", "E": sent, "a": e.asset, "d": digits(e.amount - e.fee), "T": at}
                for e in what.entries
            ]
        return found

    def priced(self) -> None:
        """Prices are not streamed here."""

    def each_second(self) -> None:
        """A subscription by signature does not expire."""


def report(order: Order, fill: Fill | None, *, sent_ms: int, at_ms: int) -> Row:
    """``executionReport``."""
    return {
        "e": "executionReport",
        "E": sent_ms,
        "s": wire_id(order.symbol),
        "c": client_id(order),
        "S": order.side.upper(),
        "o": order.type.upper(),
        "f": "GTC",
        "q": digits(order.quantity),
        "p": digits(order.price),
        "P": digits(_NOTHING),
        "F": digits(_NOTHING),
        "g": -1,
        "C": "",
        "x": "TRADE" if fill else "CANCELED" if order.status == "canceled" else "NEW",
        "X": status(order),
        "r": "NONE",
        "i": order.number,
        "l": digits(fill.quantity if fill else _NOTHING),
        "z": digits(order.filled),
        "L": digits(fill.price if fill else _NOTHING),
        "n": digits(fill.fee) if fill else "0",
        "N": fill.fee_asset if fill else None,
        "T": at_ms,
        "t": fill.number if fill else -1,
        "I": order.number + at_ms % 1000,
        "w": order.status == "open",
        "m": bool(fill and fill.maker),
        "M": fill is not None,
        "O": milliseconds(order.created_ns),
        "Z": digits(order.cost),
        "Y": digits(fill.cost if fill else _NOTHING),
        "Q": digits(_NOTHING),
        "W": milliseconds(order.created_ns),
        "V": "EXPIRE_MAKER",
    }
