"""Kraken's REST door: envelope, signature, nonce, call counter, and which methods there are.

docs.kraken.com, Spot REST: Authentication, API rate limits, and the page of each method. Errors come with status 200
inside ``{"error": [...]}``.
"""

from __future__ import annotations

import base64
import hashlib
import hmac
from collections.abc import Callable, Mapping
from urllib.parse import parse_qsl

from account_cli.simulator.faults import HttpFault
from account_cli.simulator.limits import DecayingCounter
from account_cli.simulator.protocols.kraken import names, private, public
from account_cli.simulator.protocols.kraken.errors import Refused
from account_cli.simulator.protocols.kraken.stream import KrakenStream
from account_cli.simulator.stage import Answer, Connection, Incoming, Stage
from account_cli.simulator.wire import dumps
from account_cli.simulator.world.facts import Happening

PRIVATE = "/0/private/"
PUBLIC = "/0/public/"
TOKEN_SECONDS = 900
WRITES = frozenset(
    {
        "AddOrder", "AddOrderBatch", "AmendOrder", "EditOrder", "CancelOrder", "CancelOrderBatch", "CancelAll",
        "CancelAllOrdersAfter", "Withdraw", "WithdrawCancel", "WalletTransfer", "AccountTransfer", "CreateSubaccount",
        "Earn/Allocate", "Earn/Deallocate", "AddExport", "RemoveExport", "DepositAddresses",
    }
)  # fmt: skip
_DEAR = frozenset({"TradesHistory", "Ledgers", "QueryLedgers", "ClosedOrders"})
"""History costs two on the counter, everything else one."""


class Kraken:
    """The whole protocol of one running simulator."""

    def __init__(self, stage: Stage) -> None:
        self._stage = stage
        self._counter = DecayingCounter(*stage.counter)
        self._nonce = 0
        self._tokens: dict[str, int] = {}
        self._stream = KrakenStream(stage, self._token_lives)
        self._private: Mapping[str, Callable[[Mapping[str, str]], object]] = {
            **{name: self._with_state(method) for name, method in private.METHODS.items()},
            "GetWebSocketsToken": self._new_token,
            "GetApiKeyInfo": self._key_info,
        }

    # -- REST

    def answer(self, incoming: Incoming) -> Answer:
        """Answer a request; what is not known or would write is refused."""
        path = incoming.path
        try:
            if path.startswith(PUBLIC) and incoming.method in {"GET", "POST"}:
                result = self._public(incoming, path.removeprefix(PUBLIC))
            elif path.startswith(PRIVATE):
                result = self._private_call(incoming, path.removeprefix(PRIVATE))
            else:
                self._stage.record("REST", incoming.method, path, {}, write=False, known=False)
                return Answer(body=dumps({"error": ["EGeneral:Unknown method"]}), status=404)
        except Refused as refused:
            return Answer(body=dumps({"error": [refused.words]}))
        body = dumps({"error": [], "result": result})
        return Answer(body=names.renamed(body) if self._stage.faults.money.aliases else body)

    def refusal(self, fault: HttpFault, answer: Answer) -> Answer | None:
        """Kraken's own words for a fault; an error may come with half a result, a warning with all of it."""
        if fault == "error":
            return Answer(body=answer.body.replace('"error":[]', '"error":["EService:Busy"]', 1))
        if fault == "warning":
            return Answer(body=answer.body.replace('"error":[]', '"error":["WGeneral:Delayed"]', 1))
        return None

    def _public(self, incoming: Incoming, name: str) -> object:
        params = dict(parse_qsl(incoming.query or incoming.body, keep_blank_values=True))
        method = public.METHODS.get(name)
        self._stage.record("REST", incoming.method, incoming.path, params, write=False, known=method is not None)
        if method is None:
            raise Refused("EGeneral:Unknown method")
        return method(self._stage, params)

    def _private_call(self, incoming: Incoming, name: str) -> object:
        params = dict(parse_qsl(incoming.body, keep_blank_values=True))
        method = self._private.get(name)
        self._stage.record(
            "REST",
            incoming.method,
            incoming.path,
            params,
            write=name in WRITES,
            known=incoming.method == "POST" and (method is not None or name in WRITES),
        )
        if incoming.method != "POST":
            raise Refused("EGeneral:Invalid arguments")
        self._authenticate(incoming, params)
        cost = 2 if name in _DEAR else 1
        if self._stage.rate_limit and not self._counter.admit(cost, self._stage.wall_ns()):
            raise Refused("EAPI:Rate limit exceeded")
        if name in WRITES:
            raise Refused("EGeneral:Permission denied")
        if method is None:
            raise Refused("EGeneral:Unknown method")
        return method(params)

    def _authenticate(self, incoming: Incoming, params: Mapping[str, str]) -> None:
        """docs.kraken.com, Spot REST, Authentication: HMAC-SHA512 of path + SHA256(nonce + body)."""
        nonce = params.get("nonce", "")
        if incoming.headers.get("API-Key") != self._stage.api_key or self._stage.key.revoked:
            raise Refused("EAPI:Invalid key")
        digest = hashlib.sha256((nonce + incoming.body).encode()).digest()
        key = base64.b64decode(self._stage.secret)
        wanted = base64.b64encode(hmac.new(key, incoming.path.encode() + digest, hashlib.sha512).digest()).decode()
        if not hmac.compare_digest(wanted, incoming.headers.get("API-Sign", "")):
            raise Refused("EAPI:Invalid signature")
        faults = self._stage.faults
        if not nonce.isdigit() or int(nonce) <= self._nonce + faults.nonce_ahead or faults.refuses_nonce():
            raise Refused("EAPI:Invalid nonce")
        self._nonce = int(nonce)

    def _with_state(self, method: private.Method) -> Callable[[Mapping[str, str]], object]:
        return lambda params: method(self._stage, self._stage.account(), params)

    def _new_token(self, _params: Mapping[str, str]) -> object:
        """docs.kraken.com, Spot REST, Get Websockets Token: use within 15 minutes; then it lives on its connection."""
        seed = f"{self._stage.secret}:{len(self._tokens)}:{self._nonce}"
        token = base64.b64encode(hashlib.sha256(seed.encode()).digest()).decode().rstrip("=")
        self._tokens[token] = self._stage.wall_ns() + TOKEN_SECONDS * 1_000_000_000
        self._stage.faults.reached("token")
        return {"token": token, "expires": TOKEN_SECONDS}

    def _token_lives(self, token: str) -> bool:
        return self._tokens.get(token, 0) > self._stage.wall_ns()

    def _key_info(self, _params: Mapping[str, str]) -> object:
        """docs.kraken.com, Spot REST, Get API Key Info: what the key may do."""
        made = str(self._stage.world.start_ns // 1_000_000_000)
        key = self._stage.key
        return {
            "apiKeyName": "simulator",
            "apiKey": self._stage.api_key,
            "nonce": str(self._nonce),
            "nonceWindow": 0,
            "permissions": [
                "query-funds",
                "query-open-trades",
                "query-closed-trades",
                "query-ledger",
                "create-ws-token",
                *(("modify-trades", "close-trades") if key.trade else ()),
                *(("withdraw-funds",) if key.withdraw else ()),
            ],
            "iban": "AA00 N84G SIMU LATO",
            "validUntil": "0",
            "queryFrom": "0",
            "queryTo": "0",
            "createdTime": made,
            "modifiedTime": made,
            "ipAllowlist": [],
            "lastUsed": str(self._stage.wall_ns() // 1_000_000_000),
        }

    # -- WebSocket

    def is_socket(self, path: str) -> bool:
        """Version 2 only: ws.kraken.com is at ``/ws``, ws-auth.kraken.com at ``/ws-auth``."""
        return path.rstrip("/") in {"/ws/v2", "/ws-auth/v2"}

    def opened(self, connection: Connection) -> None:
        """Greet."""
        self._stream.opened(connection)

    def received(self, connection: Connection, text: str) -> None:
        """Pass a client's message on."""
        self._stream.received(connection, text)

    def happened(self, happening: Happening) -> None:
        """Tell subscribers of the account."""
        self._stream.happened(happening)

    def priced(self) -> None:
        """Tell subscribers of prices."""
        self._stream.priced()

    def expire_session(self) -> None:
        """Expire every token: what is open stays open, new subscriptions need a new one."""
        self._tokens = dict.fromkeys(self._tokens, 0)

    def resend_snapshots(self) -> None:
        """Tell every subscriber the snapshots again, unasked."""
        self._stream.resend_snapshots()

    def delete_session(self) -> None:
        """Expire every token: a token belongs to nobody else here."""
        self.expire_session()

    def shut_down(self) -> None:
        """Say that maintenance begins."""
        self._stream.told_status("maintenance")

    def each_second(self) -> None:
        """Heartbeats."""
        self._stream.each_second()
