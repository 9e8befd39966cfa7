"""Signs requests by the exchanges' own rules, apart from ccxt, so that strictness can be tested one rule at a time."""

from __future__ import annotations

import base64
import hashlib
import hmac
import json
import time
from collections.abc import AsyncIterator, Mapping
from contextlib import asynccontextmanager
from decimal import Decimal
from typing import Any
from urllib.parse import urlencode

import aiohttp

from account_cli.simulator import Simulator

_last_nonce = 0


def nonce() -> str:
    """Rises with every call."""
    global _last_nonce  # noqa: PLW0603
    _last_nonce = max(_last_nonce + 1, time.time_ns() // 1000)
    return str(_last_nonce)


def read(text: str) -> Any:
    """Read JSON with every number as a ``Decimal``, exactly."""
    return json.loads(text, parse_float=Decimal)


class Caller:
    """Calls a simulator by hand."""

    def __init__(self, sim: Simulator, session: aiohttp.ClientSession) -> None:
        self.sim, self.session = sim, session

    async def get(self, path: str, **params: str) -> Any:
        async with self.session.get(self.sim.url + path, params=params) as response:
            return read(await response.text())

    async def kraken(
        self, name: str, *, key: str | None = None, sign: str | None = None, number: str | None = None, **params: str
    ) -> Any:
        """POST a private Kraken method and return the whole envelope."""
        path, number = f"/0/private/{name}", number or nonce()
        body = urlencode({"nonce": number, **params})
        message = path.encode() + hashlib.sha256((number + body).encode()).digest()
        digest = hmac.new(base64.b64decode(self.sim.secret), message, hashlib.sha512).digest()
        headers = {
            "API-Key": key or self.sim.api_key,
            "API-Sign": sign or base64.b64encode(digest).decode(),
            "Content-Type": "application/x-www-form-urlencoded",
        }
        async with self.session.post(self.sim.url + path, data=body, headers=headers) as response:
            return read(await response.text())

    async def binance(
        self,
        path: str,
        *,
        method: str = "GET",
        key: str | None = None,
        secret: str | None = None,
        shift_ms: int = 0,
        headers: Mapping[str, str] | None = None,
        **params: str,
    ) -> tuple[int, Any]:
        """Send a signed Binance request and return status and body."""
        stamped = {**params, "timestamp": str(time.time_ns() // 1_000_000 + shift_ms)}
        query = urlencode(stamped)
        signature = hmac.new((secret or self.sim.secret).encode(), query.encode(), hashlib.sha256).hexdigest()
        url = f"{self.sim.url}{path}?{query}&signature={signature}"
        sent = {"X-MBX-APIKEY": key or self.sim.api_key} if headers is None else headers
        async with self.session.request(method, url, headers=sent) as response:
            return response.status, read(await response.text())


@asynccontextmanager
async def calling(sim: Simulator) -> AsyncIterator[Caller]:
    """Open a session for a simulator."""
    async with aiohttp.ClientSession() as session:
        yield Caller(sim, session)
