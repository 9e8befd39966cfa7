"""The time zone in which a person reads and writes times; UTC unless ``--tz`` or ``ACCT_TZ`` says otherwise.

What programs read stays RFC 3339: JSON always in UTC with ``Z``, CSV and plain lines with the zone's offset once
``--tz`` was given.
"""

from __future__ import annotations

from datetime import UTC, datetime, timedelta, tzinfo
from typing import NamedTuple

from account_cli.domain.times import SECOND
from account_cli.errors import InputError

LOCAL = "local"
_EPOCH = datetime(1970, 1, 1, tzinfo=UTC)


class Zone(NamedTuple):
    """A zone by its name; ``rules`` is None for the computer's own."""

    name: str
    rules: tzinfo | None

    def at(self, ns: int) -> datetime:
        """Return the moment to the second, as this zone's clocks show it."""
        return (_EPOCH + timedelta(seconds=ns // SECOND)).astimezone(self.rules)

    def shown(self, ns: int) -> str:
        """Write a moment for people, without its zone, which the column's head names: ``2026-11-19 15:03:27``."""
        return self.at(ns).strftime("%Y-%m-%d %H:%M:%S")

    def written(self, ns: int) -> str:
        """Write a moment as RFC 3339 with this zone's offset and as many digits as are known."""
        whole = self.at(ns).isoformat()
        digits = f"{ns % SECOND:09d}".rstrip("0")
        return f"{whole[:19]}.{digits}{whole[19:]}" if digits else whole

    def meant(self, naive: datetime) -> int:
        """Return nanoseconds since 1970 of a time on this zone's clocks; the earlier one where clocks were set back."""
        there = naive.astimezone() if self.rules is None else naive.replace(tzinfo=self.rules)
        gone = there.astimezone(UTC) - _EPOCH
        return (gone.days * 86_400 + gone.seconds) * SECOND


def zone_named(text: str, option: str) -> Zone | None:
    """Return the zone of this name, None for UTC. Raises ``InputError`` with the nearest name."""
    if text.upper() in {"UTC", "Z"}:
        return None
    if text.lower() == LOCAL:
        return Zone(LOCAL, None)
    import zoneinfo

    try:
        return Zone(text, zoneinfo.ZoneInfo(text))
    except (OSError, ValueError, zoneinfo.ZoneInfoNotFoundError):
        from account_cli.config.nearest import did_you_mean

        known = zoneinfo.available_timezones()
        cities = {name.rpartition("/")[2]: name for name in sorted(known)}
        hint = did_you_mean(text, known) or did_you_mean(cities.get(text.title(), text), known)
        if not known:
            hint = "this computer has no time zones: install tzdata, or leave it at UTC"
        raise InputError(f"{option}: no time zone {text!r}", hint=hint or "write Europe/Berlin, UTC or local") from None
