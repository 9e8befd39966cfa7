"""Faults on demand: what an exchange does on a bad day, one switch each.

They change how the truth is told, never the truth. Catalogue and sources: reference/faults.md of the specifications.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal, get_args

from account_cli.simulator.bans import Ban

HttpFault = Literal["429", "503html", "timeout", "badjson"]
HTTP_FAULTS: tuple[HttpFault, ...] = get_args(HttpFault)


@dataclass(slots=True)
class Faults:
    """The switches; counters run down to zero as the fault is played."""

    silent: bool = False
    """Connections stay open and answer pings, but nothing else is sent; what would have been sent is lost."""
    duplicates: int = 0
    """So many of the next data frames are sent twice."""
    mixed: bool = False
    """Kraken: an order's last word and its last trade share a frame, the trade behind."""
    rejection: str | None = None
    """The next subscription is refused with these words."""
    http_kind: HttpFault | None = None
    http_count: int = 0
    ban: Ban | None = None
    rest_lag_s: float = 0.0
    """REST shows the account as it was so many seconds (wall time) ago."""

    def next_http(self) -> HttpFault | None:
        """Return the fault for the REST answer about to be given, if any is left."""
        if self.http_count <= 0:
            return None
        self.http_count -= 1
        return self.http_kind

    def banned(self, now_ns: int) -> Ban | None:
        """Return the ban that lasts now, if any."""
        return self.ban if self.ban is not None and now_ns < self.ban.until_ns else None

    def take_rejection(self) -> str | None:
        """Return and clear the words for the next subscription."""
        words, self.rejection = self.rejection, None
        return words

    def copies(self) -> int:
        """How often the data frame about to be sent goes out: 0, 1 or 2."""
        if self.silent:
            return 0
        if self.duplicates > 0:
            self.duplicates -= 1
            return 2
        return 1
