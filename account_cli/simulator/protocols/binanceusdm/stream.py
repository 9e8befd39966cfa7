"""Binance's streams: the account's, behind a listen key that lives an hour, and the markets', by subscription.

developers.binance.com, USDⓈ-M Futures: User Data Streams (Start, Keepalive, Close; a key is valid for 60 minutes) and
Websocket Market Streams (Live Subscribing/Unsubscribing, Mark Price, Individual and All Market Tickers, Book Ticker).
"""

from __future__ import annotations

import hashlib
import json
import re
from collections.abc import Iterable

from account_cli.simulator.protocols.binanceusdm import errors, frames, market
from account_cli.simulator.protocols.binanceusdm.endpoint import amount
from account_cli.simulator.protocols.binanceusdm.setting import IDS, SETTING, wire_id
from account_cli.simulator.stage import Connection, Stage
from account_cli.simulator.wire import SECOND, fixed, milliseconds
from account_cli.simulator.world.facts import Happening, Market, Position, PositionSide

HOUR = 3600 * SECOND
_STREAM = re.compile(
    r"(?:(?P<symbol>[a-z0-9]+)|(?P<all>!))(?P<sep>@)?(?P<name>markPrice|ticker|bookTicker|miniTicker)"
    r"(?P<arr>@arr)?(?:@\d+s)?"
)
_REASONS = {"funding": "FUNDING_FEE", "insurance": "INSURANCE_CLEAR"}


class BinanceStream:
    """All WebSocket connections and listen keys of one simulator."""

    def __init__(self, stage: Stage) -> None:
        self._stage = stage
        self._keys: dict[str, int] = {}
        """Listen keys and when they expire (wall time, nanoseconds)."""
        self._made = 0

    def listen_key(self, method: str, rejection: str | None) -> object:
        """Start, keep alive or close the user data stream; starting again returns the living key."""
        now = self._stage.wall_ns()
        living = next((key for key, until in self._keys.items() if until > now), None)
        if method == "POST":
            if rejection is not None:
                raise errors.no_stream(rejection)
            if living is None:
                self._made += 1
                living = hashlib.sha256(f"{self._stage.secret}:{self._made}".encode()).hexdigest()
            self._keys[living] = now + HOUR
            return {"listenKey": living}
        if living is None:
            raise errors.Refused(-1125, "This listenKey does not exist.")
        if method == "PUT":
            self._keys[living] = now + HOUR
            return {"listenKey": living}
        self._keys[living] = 0
        return {}

    def expire(self) -> None:
        """Let the living key expire now."""
        self._keys = dict.fromkeys(self._keys, 1)
        self.each_second()

    def opened(self, connection: Connection) -> None:
        """A connection to a living key hears of the account; one to any other key hears nothing."""
        parts = connection.path.strip("/").split("/")
        key = connection.query.get("listenKey") or (parts[-1] if parts[-1] in self._keys else "")
        private = parts[0] == "private" or bool(key)
        self._stage.record("WS", "open", f"/{parts[0]}/ws", connection.query, write=False, known=True)
        if not private:
            return
        faults = self._stage.faults
        faults.reached("opened")
        faults.reached("subscribing")
        if self._keys.get(key, 0) > self._stage.wall_ns() and faults.heard() == "well":
            connection.notes["key"] = key
            self._stage.after(faults.confirm_after_s, self._begin, connection)

    def _begin(self, connection: Connection) -> None:
        """Let a connection hear of the account from now on; Binance confirms nothing."""
        self._stage.faults.reached("confirmed")
        connection.private = True
        self._stage.faults.reached("told")

    def forget(self) -> None:
        """Delete the living key without a word."""
        self._keys.clear()
        for connection in self._stage.connections:
            connection.private = False

    def shut_down(self) -> None:
        """The futures' streams are closed without a word before."""

    def received(self, connection: Connection, text: str) -> None:
        """Subscribe and unsubscribe market streams."""
        try:
            message = json.loads(text)
        except ValueError:
            message = None
        if not isinstance(message, dict) or not isinstance(message.get("params", []), list):
            connection.reply({"error": {"code": 3, "msg": "Invalid JSON: expected value at line 1 column 1"}})
            return
        method, params = str(message.get("method")), [str(name) for name in message.get("params", [])]
        known = method in {"SUBSCRIBE", "UNSUBSCRIBE", "LIST_SUBSCRIPTIONS"}
        self._stage.record(
            "WS",
            method,
            connection.path,
            {"params": ",".join(params)},
            write=method.startswith("order."),
            known=known and all(map(_STREAM.fullmatch, params)),
        )
        if not known:
            connection.reply({"error": {"code": 2, "msg": f"Invalid request: unknown variant `{method}`"}})
            return
        if method == "SUBSCRIBE":
            connection.channels.update(dict.fromkeys(params, 0))
        elif method == "UNSUBSCRIBE":
            connection.channels = {name: 0 for name in connection.channels if name not in params}
        listed = list(connection.channels) if method == "LIST_SUBSCRIPTIONS" else None
        connection.reply({"result": listed, "id": message.get("id")})

    # -- the account

    def happened(self, happening: Happening) -> None:
        """Tell whoever listens; balances and positions first, then the order."""
        listening = [connection for connection in self._stage.connections if connection.private]
        if listening:
            for frame in self._frames(happening):
                for connection in listening:
                    connection.tell(frame)

    def _frames(self, what: Happening) -> list[frames.Row]:
        sent, found = self._stage.wall_ns(), []
        if what.change in {"pending", "done"}:
            return []
        if what.change == "leverage" and what.symbol:
            leverage = self._stage.world.book.leverage[what.symbol]
            return [frames.leverage_update(what.symbol, leverage, sent_ns=sent, time_ns=what.time_ns)]
        if what.order and what.fill:
            found.append(frames.trade_lite(what.order, what.fill, sent_ns=sent))
        if what.entries:
            kind, first = what.entries[0].kind, what.entries[0].amount
            reason = "ORDER" if what.fill else _REASONS.get(kind, "DEPOSIT" if first > 0 else "WITHDRAW")
            positions = self._told(what.positions)
            unrealized = {
                each.key: amount(each.quantity * self._stage.world.price(each.symbol) - each.cost) for each in positions
            }
            found.append(
                frames.account_update(
                    reason, what.entries, positions, sent_ns=sent, time_ns=what.time_ns, unrealized=unrealized
                )
            )
        if what.order:
            update = frames.order_update(what.order, what.fill, sent_ns=sent, time_ns=what.time_ns)
            found.append(frames.without_fee(update) if self._stage.faults.money.fees_untold else update)
        return found

    def _told(self, positions: Iterable[Position]) -> list[Position]:
        """In hedge mode a contract's empty one-way position comes first, then both of its sides."""
        if not self._stage.world.book.hedged:
            return list(positions)
        symbols = dict.fromkeys(each.symbol for each in positions)
        sides: tuple[PositionSide, ...] = ("both", "long", "short")
        empty = (Position(symbol=symbol, side=side) for symbol in symbols for side in sides)
        return [
            each if each.side == "both" else self._stage.world.book.position(each.symbol, each.side) for each in empty
        ]

    def each_second(self) -> None:
        """Tell the connections of a key that has expired so, once; they hear nothing more."""
        now = self._stage.wall_ns()
        for connection in self._stage.connections:
            key = connection.notes.get("key", "")
            if connection.private and self._keys.get(key, 0) <= now:
                connection.private = False
                if self._keys.get(key):
                    connection.tell(frames.expired(key, sent_ns=now))

    # -- markets

    def priced(self) -> None:
        """Tell whoever subscribed."""
        for connection in self._stage.connections:
            for name in connection.channels:
                match = _STREAM.fullmatch(name)
                if match is None:
                    continue
                if match["all"]:
                    rows = [self._event(each, match["name"]) for each in SETTING.markets]
                    connection.tell(rows)
                elif match["symbol"] and match["symbol"].upper() in IDS:
                    connection.tell(self._event(IDS[match["symbol"].upper()], match["name"]))

    def _event(self, each: Market, name: str) -> frames.Row:
        walk, digits = self._stage.world.walks[each.symbol], each.price_digits
        now = milliseconds(self._stage.world.now_ns)
        head: frames.Row = {"E": now, "s": wire_id(each.symbol)}
        if name == "markPrice":
            mark = fixed(walk.price, 8)
            return {
                "e": "markPriceUpdate",
                **head,
                "p": mark,
                "i": mark,
                "P": mark,
                "r": "0.00010000",
                "T": now - now % 28_800_000 + 28_800_000,
            }
        if name == "bookTicker":
            return {
                "e": "bookTicker",
                "u": now,
                **head,
                "T": now,
                "b": fixed(walk.level(-1), digits),
                "B": "10.000",
                "a": fixed(walk.level(1), digits),
                "A": "10.000",
            }
        return self._ticker(each, head, short=name == "miniTicker")

    def _ticker(self, each: Market, head: frames.Row, *, short: bool) -> frames.Row:
        """24hrTicker and 24hrMiniTicker."""
        day = market.day(self._stage, each)
        keys = {
            "c": "lastPrice",
            "o": "openPrice",
            "h": "highPrice",
            "l": "lowPrice",
            "v": "volume",
            "q": "quoteVolume",
        }
        more = {"p": "priceChange", "P": "priceChangePercent", "w": "weightedAvgPrice", "Q": "lastQty", "O": "openTime",
                "C": "closeTime", "F": "firstId", "L": "lastId", "n": "count"}  # fmt: skip
        wanted = keys if short else keys | more
        kind = "24hrMiniTicker" if short else "24hrTicker"
        return {"e": kind, **head, **{key: day[name] for key, name in wanted.items()}}
