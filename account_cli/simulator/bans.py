"""How exchanges ban whoever asks too often, each in its own words.

developers.binance.com, "LIMITS": 429 and then 418, with ``Retry-After`` and, in the body, ``banned until``;
docs.kraken.com, "Spot REST rate limits": ``EAPI:Rate limit exceeded``, ``EGeneral:Temporary lockout``, with status 200;
bybit-exchange.github.io, "Rate limit": 403; RFC 9110, 10.2.3: ``Retry-After`` as a date.
"""

from __future__ import annotations

from dataclasses import dataclass
from email.utils import formatdate
from typing import Literal, get_args

from account_cli.simulator.wire import SECOND, dumps

BanKind = Literal["418", "429", "429date", "429bare", "403", "rate", "lockout"]
OF_A_KEY: frozenset[BanKind] = frozenset({"rate", "lockout"})
"""Kraken counts by key: what needs none is answered meanwhile."""
BAN_KINDS: tuple[BanKind, ...] = get_args(BanKind)
_CLOUDFLARE = "<!DOCTYPE html><html><head><title>Access denied</title></head><body>error code: 1015</body></html>"


@dataclass(frozen=True, slots=True)
class Ban:
    """Nobody is answered until ``until_ns``, wall time."""

    kind: BanKind
    until_ns: int

    def words(self, now_ns: int) -> tuple[int, dict[str, str], str, str]:
        """Return status, headers, content type and body of every answer meanwhile."""
        left = str(max(1, -(-(self.until_ns - now_ns) // SECOND)))
        busy = dumps({"code": -1003, "msg": "Too many requests."})
        match self.kind:
            case "418":
                until = self.until_ns // 1_000_000
                told = {"code": -1003, "msg": f"Way too many requests; IP(127.0.0.1) banned until {until}."}
                return 418, {}, "application/json", dumps(told)
            case "429":
                return 429, {"Retry-After": left}, "application/json", busy
            case "429date":
                date = formatdate(-(-self.until_ns // SECOND), usegmt=True)
                return 429, {"Retry-After": date}, "application/json", busy
            case "429bare":
                return 429, {}, "application/json", busy
            case "403":
                return 403, {}, "text/html", _CLOUDFLARE
            case "rate":
                return 200, {}, "application/json", dumps({"error": ["EAPI:Rate limit exceeded"]})
            case "lockout":
                return 200, {}, "application/json", dumps({"error": ["EGeneral:Temporary lockout"]})
