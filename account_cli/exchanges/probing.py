"""What a reader has met on its way to the exchange, for who wants to know why it does not get there."""

from __future__ import annotations

from typing import NamedTuple
from urllib.parse import urlsplit

from account_cli.exchanges.reading import Adapter
from account_cli.ports import ExchangeReader


class Met(NamedTuple):
    """What is known after something was asked.

    ``hosts``: whom it was asked of, with whether by TLS. ``ahead_ns``: how far the exchange's clock is ahead of ours,
    ``off_ns`` how far ours is off for certain; None when it told no time. ``budget``: how much of what may be asked at
    once is used, from 0 to 1; None where requests are not counted.
    """

    hosts: tuple[tuple[str, int, bool], ...]
    ahead_ns: int | None
    off_ns: int
    budget: float | None


def met(reader: ExchangeReader) -> Met:
    """Return what this reader has met so far."""
    assert isinstance(reader, Adapter)
    wire = reader.wire
    plain = {urlsplit(url).netloc for url in wire.addresses() if url.startswith("http://")}
    hosts = []
    for netloc in dict.fromkeys(wire.hosts_asked()):
        parts = urlsplit(f"//{netloc}")
        secure = netloc not in plain
        hosts.append((parts.hostname or netloc, parts.port or (443 if secure else 80), secure))
    budget = wire.shared.budget if wire.settings.rate_limit else None
    used = None if budget is None else min(1.0, budget.level() / budget.ceiling)
    return Met(tuple(hosts), wire.time.ahead_ns(), wire.time.off_ns(), used)
