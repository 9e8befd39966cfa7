"""Binance spot: REST v3, the sapi calls for money, and the user data stream of the WebSocket API.

``setting`` the world behind it;  ``rest`` the HTTP door;  ``market`` public and ``account`` private answers;
``money`` deposits, withdrawals, conversions, dust, dividends, transfers;  ``stream`` the WebSocket side.
Source: developers.binance.com, Spot Trading, Wallet, Convert; each page is named where it is played. What is the same
at all Binance venues (signatures, errors, weights) is that of ``binanceusdm``.
"""

from __future__ import annotations

import hashlib

from account_cli.simulator.protocols.binance.rest import BinanceSpot
from account_cli.simulator.protocols.binance.setting import SETTING
from account_cli.simulator.protocols.binanceusdm import urls
from account_cli.simulator.stage import Venue


def secret(seed: int) -> str:
    """Return the secret key for a seed: 64 characters."""
    return hashlib.sha256(f"binance simulator {seed}".encode()).hexdigest()


VENUE = Venue(setting=SETTING, protocol=BinanceSpot, urls=urls, secret=secret, ping_s=20.0)
