"""The hosts that a venue has, taken from its own addresses: nothing is sent to any other."""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
from typing import Any


def hosts_of(exchange: Any) -> re.Pattern[str]:
    """Return what the host of every request must match: a host of the interface itself, not of the exchange's pages."""
    hostname = str(getattr(exchange, "hostname", "") or "")
    found = {host.replace("{hostname}", hostname) for host in hosts_in(exchange.urls.get("api"))}
    return re.compile(
        "|".join(re.sub(r"\\\{\w+\\\}", "[A-Za-z0-9-]+", re.escape(host)) for host in sorted(found)) or "$^"
    )


def hosts_in(value: object) -> Iterator[str]:
    for address in addresses_in(value):
        yield address.split("://", 1)[1].split("/", 1)[0].split("?", 1)[0]


def addresses_in(value: object) -> Iterator[str]:
    """Yield every address in a table of them, however deep."""
    if isinstance(value, Mapping):
        for inner in value.values():
            yield from addresses_in(inner)
    elif isinstance(value, (list, tuple)):
        for inner in value:
            yield from addresses_in(inner)
    elif isinstance(value, str) and "://" in value:
        yield value
