"""One question to a server that keeps secrets: JSON over HTTP, no redirect followed, no proxy, nothing of it told.

A redirect would take the token along to whoever the answer names, so it is refused; so is plain http to another
machine, which would show it to everybody between. What went wrong is said by status and by host; what was answered is
never repeated.
"""

from __future__ import annotations

import ipaddress
import json
import ssl
import urllib.error
import urllib.request
from collections.abc import Mapping
from typing import Any, NoReturn
from urllib.parse import urlsplit

from account_cli.errors import SecretNotFound, Unreachable

_SECONDS = 10.0
_LARGEST = 1_000_000


class _NoRedirect(urllib.request.HTTPRedirectHandler):
    def redirect_request(self, *_: Any) -> None:
        """Follow none."""
        return


class Place:
    """Who asks, for messages: what is asked (Vault, …), by which key of which file."""

    def __init__(self, server: str, url: str, *, what: str, file: str | None) -> None:
        self.server, self.url, self.what, self.file = server, url, what, file

    def refuse(self, message: str, hint: str | None = None) -> NoReturn:
        """Raise ``SecretNotFound`` about this question."""
        raise SecretNotFound(f"{self.server} at {self.host}: {message}", file=self.file, key=self.what, hint=hint)

    @property
    def host(self) -> str:
        """Whom it goes to."""
        return urlsplit(self.url).netloc.rpartition("@")[2]


def ask(
    place: Place, headers: Mapping[str, str], *, meanings: Mapping[int, tuple[str, str]], ca_file: str | None = None
) -> dict[str, Any]:
    """GET a JSON object. ``meanings`` says what a status means and what to do about it.

    Raises ``SecretNotFound`` for a refusal, ``Unreachable`` when nobody answers or the server is in trouble (5xx, 429).
    """
    if urlsplit(place.url).scheme not in {"http", "https"}:
        place.refuse("this is no address that starts with https:// or http://")
    if urlsplit(place.url).scheme == "http" and not _is_here(urlsplit(place.url).hostname or ""):
        place.refuse(
            "plain http would send the token in the clear", "name it as https://…, or an agent of it on this machine"
        )
    try:
        context = ssl.create_default_context(cafile=ca_file)
    except OSError as error:
        place.refuse(f"{ca_file} cannot be used: {error.strerror or type(error).__name__}")
    opener = urllib.request.build_opener(
        _NoRedirect, urllib.request.ProxyHandler({}), urllib.request.HTTPSHandler(context=context)
    )
    request = urllib.request.Request(place.url, headers=dict(headers))  # noqa: S310 -- the scheme was looked at
    try:
        with opener.open(request, timeout=_SECONDS) as answer:
            found = json.loads(answer.read(_LARGEST))
    except urllib.error.HTTPError as error:
        with error:
            _refused(place, error.code, meanings)
    except ValueError:
        place.refuse("answered something that is no JSON", "check that the address is its API")
    except OSError as error:  # URLError, a timeout, TLS
        reason = getattr(error, "reason", error)
        said = getattr(reason, "strerror", None) or type(reason).__name__
        raise Unreachable(
            f"{place.server} at {place.host} cannot be reached: {said}", hint="check the address and the network"
        ) from None
    if not isinstance(found, dict):
        place.refuse("answered something that is no JSON object")
    return found


def _is_here(host: str) -> bool:
    """True for a host that by its own words is this machine (RFC 6761 for ``localhost``); no name is looked up."""
    try:
        return ipaddress.ip_address(host).is_loopback
    except ValueError:
        return host == "localhost" or host.endswith(".localhost")


def _refused(place: Place, status: int, meanings: Mapping[int, tuple[str, str]]) -> NoReturn:
    if status in meanings:
        place.refuse(*meanings[status])
    if 300 <= status < 400:
        place.refuse(
            f"answered with a redirect ({status}), which is not followed", "name the server that answers itself"
        )
    if status == 429 or status >= 500:
        raise Unreachable(f"{place.server} at {place.host} answers {status}", hint="try again in a moment")
    place.refuse(f"refused with status {status}")
