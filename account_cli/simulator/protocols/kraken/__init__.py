"""Kraken spot: REST v0 and WebSocket v2, as docs.kraken.com describes them.

``setting`` the world behind it;  ``names`` its words for assets and pairs;  ``rest`` and ``queries`` the HTTP side;
``frames`` and ``stream`` the WebSocket side.
"""

from __future__ import annotations

import base64
import hashlib

from account_cli.simulator.protocols.kraken.rest import Kraken
from account_cli.simulator.protocols.kraken.setting import SETTING
from account_cli.simulator.stage import Venue


def urls(address: str) -> dict[str, object]:
    """Return ccxt's ``urls`` for a simulator at ``host:port``; version 2 is recognised by ``v2`` in the path."""
    http, ws = f"http://{address}", f"ws://{address}"
    sockets = {
        "public": f"{ws}/ws",
        "private": f"{ws}/ws-auth",
        "publicV2": f"{ws}/ws/v2",
        "privateV2": f"{ws}/ws-auth/v2",
        "beta": f"{ws}/ws",
        "beta-private": f"{ws}/ws-auth",
    }
    return {"api": {"public": http, "private": http, "zendesk": f"{http}/zendesk", "ws": sockets}}


def secret(seed: int) -> str:
    """Return the private key for a seed; Kraken gives out 64 bytes in base64."""
    return base64.b64encode(hashlib.sha512(f"kraken simulator {seed}".encode()).digest()).decode()


VENUE = Venue(setting=SETTING, protocol=Kraken, urls=urls, secret=secret)
