"""Binance spot's door: that of the futures, with its own endpoints, limits and stream."""

from __future__ import annotations

from account_cli.simulator.limits import MinuteWeight
from account_cli.simulator.protocols.binance import account, market, money
from account_cli.simulator.protocols.binance.stream import SpotStream
from account_cli.simulator.protocols.binanceusdm.rest import AccountStream, BinanceUsdm
from account_cli.simulator.stage import Answer, Incoming, Stage

_READS = {**market.ENDPOINTS, **account.ENDPOINTS, **money.ENDPOINTS}


class BinanceSpot(BinanceUsdm):
    """The whole protocol of one running simulator; ``sapi`` counts its weights apart from ``api``."""

    reads = _READS
    listen_keys = False
    top = 6000

    def __init__(self, stage: Stage) -> None:
        super().__init__(stage)
        self._weights = {"api": self._weight, "sapi": MinuteWeight(12_000)}

    def make_stream(self) -> AccountStream:
        """Return the WebSocket API's user data stream."""
        return SpotStream(self._stage)

    def answer(self, incoming: Incoming) -> Answer:
        """Answer a request, counting its weight where it belongs."""
        family = "sapi" if incoming.path.startswith("/sapi/") else "api"
        self._weight = self._weights[family]
        return super().answer(incoming)

    def _headers(self, status: int) -> dict[str, str]:
        headers = super()._headers(status)
        if self._weight is self._weights["sapi"]:
            headers["X-SAPI-USED-IP-WEIGHT-1M"] = headers.pop("X-MBX-USED-WEIGHT-1M")
        return headers

    def is_socket(self, path: str) -> bool:
        """The WebSocket API's one path."""
        return path.strip("/") == "ws-api/v3"
