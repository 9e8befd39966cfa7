"""Binance USDⓈ-M futures: fapi v1, v2 and v3, the sapi calls ccxt makes, and the listen key's user data stream.

``setting`` the world behind it;  ``rest`` the HTTP door;  ``market`` public and ``account`` private answers;
``history`` trades, orders and income;  ``frames`` and ``stream`` the WebSocket side.
Source: developers.binance.com, Derivatives, USDⓈ-M Futures; each page is named where it is played.
"""

from __future__ import annotations

import hashlib

from account_cli.simulator.protocols.binanceusdm.rest import BinanceUsdm
from account_cli.simulator.protocols.binanceusdm.setting import SETTING
from account_cli.simulator.stage import Venue

_PATHS = {
    "sapi": "sapi/v1", "sapiV2": "sapi/v2", "sapiV3": "sapi/v3", "sapiV4": "sapi/v4",
    "dapiPublic": "dapi/v1", "dapiPrivate": "dapi/v1", "dapiPrivateV2": "dapi/v2", "dapiData": "dapi/futures/data",
    "eapiPublic": "eapi/v1", "eapiPrivate": "eapi/v1",
    "fapiPublic": "fapi/v1", "fapiPublicV2": "fapi/v2", "fapiPublicV3": "fapi/v3",
    "fapiPrivate": "fapi/v1", "fapiPrivateV2": "fapi/v2", "fapiPrivateV3": "fapi/v3", "fapiData": "futures/data",
    "public": "api/v3", "private": "api/v3", "v1": "api/v1", "papi": "papi/v1", "papiV2": "papi/v2",
}  # fmt: skip
_SOCKETS = {
    "spot": "spot/ws", "margin": "spot/ws", "linear": "ws", "inverse": "dstream/ws", "stock": "equity/ws",
    "option": "eoptions/public/ws", "optionMarket": "eoptions/market/ws", "optionPrivate": "eoptions/private/ws",
    "papi": "pm/ws",
}  # fmt: skip
_CALLS = {"spot": "ws-api/v3", "linear": "ws-fapi/v1", "inverse": "ws-dapi/v1"}


def urls(address: str) -> dict[str, object]:
    """Return ccxt's ``urls`` for a simulator at ``host:port``: all of them, those of other Binance venues too."""
    sockets: dict[str, object] = {key: f"ws://{address}/{path}" for key, path in _SOCKETS.items()}
    sockets["ws-api"] = {key: f"ws://{address}/{path}" for key, path in _CALLS.items()}
    return {"api": {**{key: f"http://{address}/{path}" for key, path in _PATHS.items()}, "ws": sockets}}


def secret(seed: int) -> str:
    """Return the secret key for a seed: 64 characters."""
    return hashlib.sha256(f"binanceusdm simulator {seed}".encode()).hexdigest()


VENUE = Venue(setting=SETTING, protocol=BinanceUsdm, urls=urls, secret=secret, ping_s=180.0)
