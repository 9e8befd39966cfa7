"""Binance's REST door: key, signature, clock, weights, listen keys, and which endpoints there are.

developers.binance.com, USDⓈ-M Futures, General Info: SIGNED Endpoint Examples, Timing security, LIMITS; User Data
Streams: Start, Keepalive, Close User Data Stream.
"""

from __future__ import annotations

import hashlib
import hmac
from collections.abc import Mapping
from typing import Protocol
from urllib.parse import parse_qsl

from account_cli.simulator.faults import HttpFault
from account_cli.simulator.limits import MinuteWeight
from account_cli.simulator.protocols.binanceusdm import account, errors, history, market
from account_cli.simulator.protocols.binanceusdm.endpoint import Endpoint, Params
from account_cli.simulator.protocols.binanceusdm.errors import Refused
from account_cli.simulator.protocols.binanceusdm.setting import wire_id
from account_cli.simulator.protocols.binanceusdm.stream import BinanceStream
from account_cli.simulator.stage import Answer, Connection, Incoming, Stage
from account_cli.simulator.wire import MILLISECOND, dumps
from account_cli.simulator.world.facts import Happening

_LISTEN_KEY = "/fapi/v1/listenKey"
_READS = {**market.ENDPOINTS, **account.ENDPOINTS, **history.ENDPOINTS}
HISTORY = ("/userTrades", "/income", "/allOrders", "/myTrades")
"""Lists of the past that are read page by page."""
_FAMILIES = ("/fapi/", "/sapi/", "/api/", "/dapi/", "/papi/", "/eapi/", "/futures/")


def check_signature(stage: Stage, signed: str, params: Mapping[str, str]) -> None:
    """Raise ``Refused`` unless ``signed`` was signed with the secret and its clock is within the window."""
    for name in ("timestamp", "signature"):
        if not params.get(name):
            raise errors.missing(name)
    wanted = hmac.new(stage.secret.encode(), signed.encode(), hashlib.sha256).hexdigest()
    if not hmac.compare_digest(wanted, params["signature"]):
        raise Refused(-1022, "Signature for this request is not valid.")
    window = params.get("recvWindow", "5000")
    if not window.isdigit() or int(window) > 60_000:
        raise Refused(-1131, "recvWindow must be less than 60000")
    if not params["timestamp"].isdigit():
        raise errors.missing("timestamp")
    ahead = int(params["timestamp"]) - stage.wall_ns() // MILLISECOND
    if ahead >= 1000:
        raise Refused(-1021, "Timestamp for this request was 1000ms ahead of the server's time.")
    if -ahead > int(window):
        raise Refused(-1021, "Timestamp for this request is outside of the recvWindow.")


class AccountStream(Protocol):
    """The WebSocket side of a Binance venue."""

    def listen_key(self, method: str, rejection: str | None) -> object: ...
    def expire(self) -> None: ...
    def forget(self) -> None: ...
    def shut_down(self) -> None: ...
    def opened(self, connection: Connection) -> None: ...
    def received(self, connection: Connection, text: str) -> None: ...
    def happened(self, happening: Happening) -> None: ...
    def priced(self) -> None: ...
    def each_second(self) -> None: ...


class BinanceUsdm:
    """The whole protocol of one running simulator."""

    reads: Mapping[str, Endpoint] = _READS
    listen_keys = True
    top = 2400
    """Weight that a minute may hold."""

    def __init__(self, stage: Stage) -> None:
        self._stage = stage
        self._weight = MinuteWeight(self.top)
        self._stream = self.make_stream()

    def make_stream(self) -> AccountStream:
        """Return the WebSocket side."""
        return BinanceStream(self._stage)

    # -- REST

    def answer(self, incoming: Incoming) -> Answer:
        """Answer a request; what is not known or would write is refused."""
        texts = [text for text in (incoming.query, incoming.body) if text]
        params = dict(parse_qsl("&".join(texts), keep_blank_values=True))
        endpoint = self.reads.get(incoming.path) if incoming.method == "GET" else None
        listen_key = self.listen_keys and incoming.path == _LISTEN_KEY and incoming.method in {"POST", "PUT", "DELETE"}
        family = incoming.path.startswith(_FAMILIES)
        write = family and incoming.method != "GET" and not listen_key
        self._stage.record(
            "REST", incoming.method, incoming.path, params, write=write, known=endpoint is not None or listen_key
        )
        try:
            self._admit(endpoint.weight if endpoint else 1)
            body = self._dispatch(incoming, params, endpoint, listen_key=listen_key, write=write)
        except Refused as refused:
            return Answer(
                body=dumps({"code": refused.code, "msg": refused.words}),
                status=refused.status,
                headers=self._headers(refused.status),
            )
        return Answer(body=dumps(body), headers=self._headers(200))

    def refusal(self, fault: HttpFault, answer: Answer) -> Answer | None:
        """429 in Binance's own words, and an error that comes with status 200; warnings are not known here."""
        if fault == "error":
            return Answer(body=dumps({"code": -1000, "msg": "An unknown error occurred while processing the request."}))
        if fault == "warning":
            return answer
        if fault not in {"429", "429bare"}:
            return None
        words = f"Too many requests; current limit of IP(127.0.0.1) is {self.top} requests per minute."
        headers = {"Retry-After": "1"} if fault == "429" else {}
        return Answer(body=dumps({"code": -1003, "msg": words}), status=429, headers=headers)

    def _headers(self, status: int) -> dict[str, str]:
        headers = {"X-MBX-USED-WEIGHT-1M": str(self._weight.used)}
        if status in {418, 429}:
            headers["Retry-After"] = str(self._weight.seconds_left(self._stage.wall_ns()))
        return headers

    def _admit(self, weight: int) -> None:
        now = self._stage.wall_ns()
        if self._weight.admit(weight, now) or not self._stage.rate_limit:
            return
        if self._weight.refused > 20:
            until = now // MILLISECOND + self._weight.seconds_left(now) * 1000
            raise Refused(-1003, f"Way too many requests; IP(127.0.0.1) banned until {until}.", 418)
        raise Refused(
            -1003, f"Too many requests; current limit of IP(127.0.0.1) is {self.top} requests per minute.", 429
        )

    def _dispatch(
        self, incoming: Incoming, params: Params, endpoint: Endpoint | None, *, listen_key: bool, write: bool
    ) -> object:
        if listen_key:
            self._check_key(incoming)
            answer = self._stream.listen_key(incoming.method, self._stage.faults.take_rejection())
            if incoming.method == "POST":
                self._stage.faults.reached("token")
            return answer
        if write:
            self._check_key(incoming)
            raise errors.bad_key()
        if endpoint is None:
            raise Refused(-5000, f"Path {incoming.path}, Method {incoming.method} is invalid", 404)
        if endpoint.security != "none":
            self._check_key(incoming)
        if endpoint.security == "signed":
            self._check_signature(incoming, params)
        if params.get("symbol") in {wire_id(symbol) for symbol in self._stage.faults.money.unlisted}:
            raise errors.bad_symbol()
        answer = endpoint.answer(self._stage, params)
        is_history = endpoint.security == "signed" and isinstance(answer, list) and incoming.path.endswith(HISTORY)
        return self._stage.faults.page(answer) if is_history and isinstance(answer, list) else answer

    def _check_key(self, incoming: Incoming) -> None:
        key = incoming.headers.get("X-MBX-APIKEY", "")
        if not key:
            raise Refused(-2014, "API-key format invalid.", 401)
        if key != self._stage.api_key or self._stage.key.revoked:
            raise errors.bad_key()

    def _check_signature(self, incoming: Incoming, params: Mapping[str, str]) -> None:
        """HMAC-SHA256 over query and body as sent, without the signature; then the clock."""
        signed = incoming.query.partition("&signature=")[0] + incoming.body.partition("&signature=")[0]
        check_signature(self._stage, signed, params)

    # -- WebSocket

    def is_socket(self, path: str) -> bool:
        """Private, market and public streams of the futures host."""
        parts = path.strip("/").split("/")
        return "ws" in parts[:2] and parts[0] in {"ws", "private", "market", "public"}

    def opened(self, connection: Connection) -> None:
        """Attach a listen key's connection to the account."""
        self._stream.opened(connection)

    def received(self, connection: Connection, text: str) -> None:
        """Pass a client's message on."""
        self._stream.received(connection, text)

    def happened(self, happening: Happening) -> None:
        """Tell listeners of the account."""
        self._stream.happened(happening)

    def priced(self) -> None:
        """Tell subscribers of prices."""
        self._stream.priced()

    def expire_session(self) -> None:
        """Expire the listen key: its connections are told so and hear nothing more."""
        self._stream.expire()

    def resend_snapshots(self) -> None:
        """There are none."""

    def shut_down(self) -> None:
        """Say on every stream that it will be closed soon."""
        self._stream.shut_down()

    def delete_session(self) -> None:
        """Another program deleted the listen key: nothing is told any more, and nobody says so."""
        self._stream.forget()

    def each_second(self) -> None:
        """Let listen keys expire."""
        self._stream.each_second()
