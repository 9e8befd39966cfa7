"""The last word before the network: what was not let out a moment ago is not sent, whoever in the library sends it.

Below ccxt stands aiohttp's session. ``guard`` hangs a trace on it, which every request passes, those of a redirect and
the opening of a WebSocket too: a request must be one that was let out, exactly and once; a WebSocket must be opened at
a host of the venue; a redirect is never followed, for it would take the key to wherever it points.
"""

from __future__ import annotations

import re
from collections.abc import Callable
from typing import Any
from urllib.parse import urlsplit

from account_cli.errors import NotSupported, Unreachable


class Gate:
    """What one wire may send next."""

    def __init__(self, venue: str, socket_host: Callable[[str], bool]) -> None:
        self._venue, self._socket_host = venue, socket_host
        self._let_out: list[tuple[str, str]] = []

    def let_out(self, method: str, url: str) -> None:
        """Allow exactly this request, once."""
        self._let_out.append((method.upper(), _same(url)))

    def guard(self, session: Any) -> None:
        """Stand before everything that this aiohttp session sends."""
        trace = __import__("aiohttp").TraceConfig()
        trace.on_request_start.append(self._starts)
        trace.on_request_redirect.append(self._redirected)
        trace.freeze()
        session.trace_configs.append(trace)

    async def _starts(self, _session: Any, _context: Any, params: Any) -> None:
        url = str(params.url)
        if urlsplit(url).scheme in ("ws", "wss"):
            if params.method != "GET" or not self._socket_host(urlsplit(url).netloc):
                raise NotSupported(f"{self._venue}: a WebSocket at a foreign host was not opened")
            return
        asked = (params.method, _same(url))
        if asked not in self._let_out:
            raise NotSupported(f"{self._venue}: a request that is not on the read list was not sent")
        self._let_out.remove(asked)

    async def _redirected(self, _session: Any, _context: Any, _params: Any) -> None:
        raise Unreachable(
            f"{self._venue}: the exchange redirects elsewhere, which is not followed",
            hint="check the configured URLs; something in between may have answered",
        )


def _same(url: str) -> str:
    """Write a URL in the one way that both sides write it: without a fragment, with a path."""
    yarl: Any = __import__("yarl")
    return str(yarl.URL(url, encoded=True).with_fragment(None))


def socket_hosts(pattern: re.Pattern[str]) -> Callable[[str], bool]:
    """Return what tells a host of the venue: one of its own, or one beside them that it names itself when asked.

    Beside means within the same registered name, as ``ws-api-spot.kucoin.com`` is beside ``api.kucoin.com``.
    """
    names = {_name(part.replace("\\", "")) for part in pattern.pattern.split("|")}

    def known(host: str) -> bool:
        return pattern.fullmatch(host) is not None or ("." in host and _name(host) in names)

    return known


def _name(host: str) -> str:
    """Return the last two labels of a name; a host with a port, an address above all, is only itself."""
    return host if ":" in host else ".".join(host.split(".")[-2:])
