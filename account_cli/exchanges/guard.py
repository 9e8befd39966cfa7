"""ccxt's own class, with everything between it and the network overridden: a ``Wire`` decides what it sends."""

from __future__ import annotations

import logging
from typing import TYPE_CHECKING, Any

from account_cli.errors import NotSupported
from account_cli.exchanges.tee import loads, tee_client
from account_cli.exchanges.writes import refuse_writes

if TYPE_CHECKING:
    from account_cli.exchanges.wire import Wire

_SILENT = logging.Logger("ccxt, which at DEBUG logs keys", logging.CRITICAL + 1)  # noqa: LOG001 -- one that no configuration of logging reaches


_contexts: dict[str, Any] = {}
"""TLS as ccxt sets it up, by the file of the authorities that it trusts: that file takes 0.7 MB for each context."""


def guarded(base: Any, wire: Wire) -> Any:
    """Return ccxt's class ``base`` with everything between it and the network overridden."""

    async def fetch2(
        self: Any, path: str, api: Any = "public", method: str = "GET", params: Any = None, config: Any = None
    ) -> Any:
        params, config = params if params is not None else {}, config or {}
        cost = self.calculate_rate_limiter_cost(api, method, path, params, config)
        await wire.admit(api, method, path, float(cost) if isinstance(cost, (int, float)) else 1.0)
        if entry_section(api) in wire.manner.ordered:
            async with wire.shared.private, wire.shared.nonces.in_order():
                return await base.fetch2(self, path, api, method, params, config)
        return await base.fetch2(self, path, api, method, params, config)

    def sign(self: Any, path: str, api: Any = "public", method: str = "GET", *rest: Any, **named: Any) -> Any:
        wire.reads.check(method, api, path)
        wire.tell_time(self)
        request = base.sign(self, path, api, method, *rest, **named)
        wire.remember(request, api)
        return request

    async def fetch(self: Any, url: str, method: str = "GET", headers: Any = None, body: Any = None) -> Any:
        wire.let_out(method, url)
        return await base.fetch(self, url, method, headers, body)

    def on_rest_response(
        self: Any, code: int, reason: str, url: str, method: str, headers: Any, body: str, *rest: Any
    ) -> str:
        wire.received(code, headers, body, url)
        return str(base.on_rest_response(self, code, reason, url, method, headers, body, *rest))

    def on_json_response(_: Any, body: str) -> Any:
        return loads(body)

    def open_session(self: Any, lazy: bool = False) -> None:
        before = self.session
        if self.verify and self.ssl_context is None:
            self.ssl_context = _contexts.get(self.cafile)
        base.open(self, lazy)
        if self.verify:
            _contexts.setdefault(self.cafile, self.ssl_context)
        if self.session is not before:
            wire.gate.guard(self.session)

    def client(self: Any, url: str) -> Any:
        if wire.tee is None:
            raise NotSupported(f"{wire.venue}: a WebSocket was not opened: there is no stream to listen")
        new = url not in (self.clients or {})
        made = base.client(self, url)
        if new:
            tee_client(made, wire.tee)
        return made

    def on_connected(self: Any, made: Any, *rest: Any) -> None:
        base.on_connected(self, made, *rest)
        tee = getattr(made, "acct_tee", None)
        if tee is not None:
            tee.sign(opened=True)

    body: dict[str, object] = {
        **refuse_writes(base),
        "fetch2": fetch2,
        "sign": sign,
        "fetch": fetch,
        "on_rest_response": on_rest_response,
        "on_json_response": on_json_response,
        "open": open_session,
        "client": client,
        "on_connected": on_connected,
        # Whoever switches these on would have ccxt print keys: they cannot be switched on.
        "verbose": property(lambda _: False, lambda *_: None),
        "logger": _SILENT,
    }
    if wire.manner.ordered:
        body["nonce"] = lambda _: wire.shared.nonces.next()
    return type(base.__name__, (base,), body)


def entry_section(api: object) -> str:
    """Return ccxt's ``api`` argument as one name."""
    return ".".join(str(part) for part in api) if isinstance(api, (list, tuple)) else str(api)
