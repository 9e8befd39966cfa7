"""A POST of JSON to one address, which goes there and nowhere else: no redirect is followed.

Addresses that only machines talk to (link-local, where clouds keep their credentials) are refused. The header
``Idempotency-Key`` carries the id, the same however often it is told.
"""

from __future__ import annotations

import asyncio
import http.client
import json
import socket
import ssl
from urllib.parse import SplitResult, urlsplit

from account_cli import __version__
from account_cli.errors import Unreachable
from account_cli.notify.addresses import is_refused
from account_cli.notify.words import payload
from account_cli.ports import AlertRow

_WITHIN_S = 10.0


class Webhook:
    """One address."""

    def __init__(self, url: str, *, hide_amounts: bool = False, allow_link_local: bool = False) -> None:
        self._url, self._hide, self._allow_link_local = url, hide_amounts, allow_link_local

    async def tell(self, alert: AlertRow) -> None:
        """Post it; raises ``Unreachable`` for any answer but 2xx."""
        body = json.dumps(payload(alert, hide_amounts=self._hide), ensure_ascii=False).encode()
        headers = {"Content-Type": "application/json", "Idempotency-Key": alert.id.encode("ascii", "replace").decode()}
        allow = self._allow_link_local
        await asyncio.to_thread(ask, "POST", self._url, body, headers, allow_link_local=allow)


async def beat(url: str) -> None:
    """Tell a dead man's switch that all is well; raises ``Unreachable``."""
    await asyncio.to_thread(ask, "GET", url, None, {})


def ask(method: str, url: str, body: bytes | None, headers: dict[str, str], *, allow_link_local: bool = False) -> None:
    """Send one request, and want a 2xx. The address is resolved once, judged, and connected to as judged."""
    parts = urlsplit(url)
    try:
        connection = _connection(parts, allow_link_local=allow_link_local)
        try:
            target = f"{parts.path or '/'}{f'?{parts.query}' if parts.query else ''}"
            connection.request(method, target, body, {"User-Agent": f"acct/{__version__}", **headers})
            answer = connection.getresponse()
            answer.read(4096)
        finally:
            connection.close()
    except (OSError, http.client.HTTPException, ValueError) as error:
        raise Unreachable(f"{parts.hostname} cannot be told: {type(error).__name__}") from None
    if not 200 <= answer.status < 300:
        raise Unreachable(f"{parts.hostname} answers {answer.status}")


def _connection(parts: SplitResult, *, allow_link_local: bool) -> http.client.HTTPConnection:
    host = parts.hostname or ""
    secure = parts.scheme == "https"
    port = parts.port or (443 if secure else 80)
    sock = _connected(host, port, allow_link_local=allow_link_local)
    connection = http.client.HTTPConnection(host, port, timeout=_WITHIN_S)
    try:
        connection.sock = ssl.create_default_context().wrap_socket(sock, server_hostname=host) if secure else sock
    except BaseException:
        sock.close()
        raise
    return connection


def _connected(host: str, port: int, *, allow_link_local: bool) -> socket.socket:
    """Return a connection to the first address of a host that may be talked to and answers."""
    error: OSError = OSError("no address")
    for family, kind, protocol, _, address in socket.getaddrinfo(host, port, type=socket.SOCK_STREAM):
        if is_refused(str(address[0]), allow_link_local=allow_link_local):
            raise Unreachable(f"{host} is an address that alerts are not told to: {address[0]}")
        sock = socket.socket(family, kind, protocol)
        sock.settimeout(_WITHIN_S)
        try:
            sock.connect(address)
        except OSError as refused:
            error = refused
            sock.close()
        else:
            return sock
    raise error
