"""Before a request goes out somebody looks whether its host, or its key, asked for silence; this is who.

A refusal in HTTP (429, 418, 403) silences the host for every account on this machine; one that a venue words itself,
and counts by key, silences the key.
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from pathlib import Path

from account_cli.errors import AcctError, RateLimited, Temporary
from account_cli.exchanges.bans import Ban, Refusal, refusal_in
from account_cli.exchanges.limits import fingerprint, shared
from account_cli.ports import Clock

_UNTOLD_BY_KEY_S = 15.0
"""Kraken's counter has room again by then, whatever the tier (docs.kraken.com, "Spot REST rate limits")."""
_NOT_FOR_NAMES = re.compile(r"[^A-Za-z0-9.-]")
_HINT = "wait: nothing is sent before, for every request made meanwhile would make it longer"


class Silences:
    """Every silence that the requests of one account must respect."""

    def __init__(self, clock: Clock, folder: Path, venue: str, key: str | None, forbidden_s: float) -> None:
        self._clock, self._folder, self._venue = clock, folder, venue
        self._key = f"ban-{fingerprint(venue, key)}.txt"
        self._forbidden_s = forbidden_s

    def check(self, host: str | None, *, keyed: bool) -> None:
        """Raise ``RateLimited`` while this host, or the key where it counts, wants silence."""
        for ban in self._bans(host, keyed=keyed):
            if (left := ban.left()) is not None:
                raise RateLimited(f"{self._venue}: banned until {ban.until()}", retry_after=left, hint=_HINT)

    def heard(self, host: str, status: int, headers: Mapping[str, str], body: str) -> Refusal | None:
        """Take an answer: when it refuses for the rate, its host is silent from this moment."""
        found = refusal_in(status, headers, body, self._clock.now_ns(), self._forbidden_s)
        if found is not None and found.ban:
            self._ban(_file_of(host)).begin(found.seconds, untold=found.untold)
        return found

    def after(self, error: AcctError, host: str | None, refusal: Refusal | None, *, keyed: bool) -> AcctError:
        """Return the error to raise for a request that failed: with the time until which nothing is sent, if so."""
        if error.__cause__ is None:
            return error  # nothing was sent: a silence that lasts already said so
        if refusal is not None and not refusal.ban:
            if isinstance(error, Temporary):
                error.retry_after = refusal.seconds
            return error
        if refusal is None:
            if not isinstance(error, RateLimited):
                return error
            ban = self._ban(self._key if keyed else _file_of(host))
            ban.begin(error.retry_after, untold=_UNTOLD_BY_KEY_S)
        else:
            ban = self._ban(_file_of(host))
        return RateLimited(f"{error.message}; banned until {ban.until()}", retry_after=ban.left(), hint=_HINT)

    def _bans(self, host: str | None, *, keyed: bool) -> list[Ban]:
        return [self._ban(name) for name in (*([_file_of(host)] if host else ()), *([self._key] if keyed else ()))]

    def _ban(self, name: str) -> Ban:
        return shared(str(self._folder / name), lambda: Ban(self._clock, self._folder / name))


def _file_of(host: str | None) -> str:
    return f"ban-{_NOT_FOR_NAMES.sub('_', host or 'unknown')}.txt"
