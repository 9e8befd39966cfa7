"""While an exchange wants silence nothing is sent to it, by any account, by any process, and after any restart.

An exchange that is asked too often refuses (429), then bans the address (418, 403) or the key (Kraken's lockout);
every request made meanwhile makes the ban longer. ``Ban`` is one such silence, of a host or of a key. It is written to
a file, so that whoever starts next waits too, and everybody who is about to send looks there first.

Sources: developers.binance.com, "LIMITS" (429, 418, ``Retry-After``, ``banned until``); docs.kraken.com, "Spot REST
rate limits" (lockout of 15 minutes); bybit-exchange.github.io, "Rate limit" (403, no request for at least 10 minutes);
RFC 9110, 10.2.3 (``Retry-After`` in seconds or as a date).
"""

from __future__ import annotations

import math
import re
from collections.abc import Mapping
from datetime import UTC, datetime
from email.utils import parsedate_to_datetime
from pathlib import Path
from typing import NamedTuple

from account_cli.domain.times import SECOND
from account_cli.exchanges.files import locked, read_text, write_text
from account_cli.ports import Clock

_STORED = re.compile(r"(\d{1,20}) (\d{1,4})\n")
_UNTIL = re.compile(r"banned until (\d{13})\b")
_BY_RATE = re.compile(r"too (?:frequent|many)|rate.?limit|access limit", re.IGNORECASE)
_LONGEST_S = 3 * 86_400.0
"""Binance's longest ban is three days: a file that says more was written by a clock that was wrong."""
_LONGEST_GUESS_S = 1800.0
_QUIET_S = 900.0
"""A refusal so long after the last silence is not counted as one more of a row."""
UNTOLD_S = 60.0
"""The first silence after a refusal that names no time; each further one in a row is twice as long."""


class Ban:
    """The silence that one host, or one key, asked for; ``file`` None keeps it within this process."""

    def __init__(self, clock: Clock, file: Path | None) -> None:
        self._clock, self._file = clock, file
        self._ends, self._until_ns, self._in_a_row = -math.inf, 0, 0
        self._seen: object = None

    def left(self) -> float | None:
        """Return for how many more seconds nothing may be sent, or None."""
        self._look()
        left = self._ends - self._clock.monotonic()
        return left if left > 0 else None

    def until(self) -> str:
        """Return when it ends, for people: the time in UTC, with its day when it is not today."""
        ends = datetime.fromtimestamp(-(-self._until_ns // SECOND), UTC)
        today = datetime.fromtimestamp(self._clock.now_ns() // SECOND, UTC).date()
        return f"{ends:%H:%M:%S} UTC" if ends.date() == today else f"{ends:%Y-%m-%d %H:%M:%S} UTC"

    def begin(self, seconds: float | None, *, untold: float = UNTOLD_S) -> None:
        """Be silent for so long, or longer if that was asked before; without a time longer with each refusal."""
        with locked(self._file):
            self._look()
            now_ns, left = self._clock.now_ns(), self._ends - self._clock.monotonic()
            if seconds is None:
                if left > 0:
                    return
                self._in_a_row = self._in_a_row + 1 if left > -_QUIET_S else 1
                seconds = min(untold * 2.0 ** min(self._in_a_row - 1, 10), max(untold, _LONGEST_GUESS_S))
            seconds = min(max(seconds, 0.0), _LONGEST_S)
            if seconds <= left:
                return
            self._ends, self._until_ns = self._clock.monotonic() + seconds, now_ns + int(seconds * SECOND)
            if self._file is not None:
                write_text(self._file, f"{self._until_ns} {self._in_a_row}\n")
                self._seen = self._stamp()

    def _look(self) -> None:
        """Take over what another process wrote since the last look."""
        if self._file is None or (stamp := self._stamp()) == self._seen:
            return
        self._seen = stamp
        match = _STORED.fullmatch(read_text(self._file) or "")
        if match is None:
            return
        self._in_a_row = int(match[2])
        left = min((int(match[1]) - self._clock.now_ns()) / SECOND, _LONGEST_S)
        ends = self._clock.monotonic() + left
        if ends > self._ends:
            self._ends, self._until_ns = ends, self._clock.now_ns() + int(left * SECOND)

    def _stamp(self) -> object:
        """Return what changes whenever the file is written: it is replaced, never written into."""
        assert self._file is not None
        try:
            found = self._file.stat()
        except OSError:
            return None
        return found.st_mtime_ns, found.st_ino, found.st_size


class Refusal(NamedTuple):
    """An answer that asks for silence: for how long (None when it does not say), and how long to guess then."""

    seconds: float | None
    untold: float = UNTOLD_S
    ban: bool = True
    """False where the exchange only names a time to come back, as when it is down for work."""


def refusal_in(
    status: int, headers: Mapping[str, str], body: str, now_ns: int, forbidden_s: float = 1800.0
) -> Refusal | None:
    """Return the silence that an answer asks for; None for one that asks for none. ``headers`` are in lower case.

    403 is a ban when its body is a page, as a firewall's, or speaks of the rate: venues that refuse a key say so in
    JSON. ``forbidden_s`` is for how long then, where no time is named.
    """
    asked = retry_after(headers.get("retry-after"), headers.get("date"), now_ns)
    if status in (418, 429):
        return Refusal(_told_in_body(body, headers.get("date"), now_ns) or asked)
    if status == 403 and (not body.lstrip().startswith("{") or _BY_RATE.search(body[:2000])):
        return Refusal(asked, forbidden_s)
    if status == 503 and asked is not None:
        return Refusal(min(asked, _LONGEST_GUESS_S), ban=False)
    return None


def retry_after(text: str | None, date: str | None, now_ns: int) -> float | None:
    """Return the seconds that ``Retry-After`` asks for; a date counts from the answer's own ``Date`` when it has one.

    None when there is none or it cannot be read; at least one second, for "0" is no leave to go on at once.
    """
    if text is None or not text.strip():
        return None
    try:
        seconds = float(text)
    except ValueError:
        ends = http_date(text)
        if ends is None:
            return None
        seconds = ends - (http_date(date) or now_ns / SECOND)
    return max(seconds, 1.0) if math.isfinite(seconds) else None


def _told_in_body(body: str, date: str | None, now_ns: int) -> float | None:
    """Return the seconds left until ``banned until <milliseconds>``, by the exchange's own clock where it shows it."""
    match = _UNTIL.search(body[:2000])
    if match is None:
        return None
    return max(1.0, int(match[1]) / 1000 - (http_date(date) or now_ns / SECOND))


def http_date(text: str | None) -> float | None:
    """Return an HTTP date as seconds since 1970."""
    try:
        found = parsedate_to_datetime(text or "")
    except (ValueError, TypeError, IndexError, OverflowError):
        return None
    return (found if found.tzinfo else found.replace(tzinfo=UTC)).timestamp()
