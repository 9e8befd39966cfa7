"""What an exchange lists is asked once a day; in between it is read from disk.

A ``Listing`` is all that a first-class adapter needs to know of a market. The file is keyed by venue, URLs and ccxt
version, so that a simulator's markets are never taken for the real ones.
"""

from __future__ import annotations

import json
from collections.abc import Mapping
from pathlib import Path

import msgspec

from account_cli.domain.instruments import Instrument
from account_cli.domain.times import HOUR
from account_cli.exchanges.files import read_text, write_text
from account_cli.exchanges.limits import fingerprint
from account_cli.ports import ReaderSettings

FRESH_NS = 24 * HOUR
_FORMAT = "1"
_CCXT = "4.5.90"
_known: dict[Path, Markets] = {}


class Listing(msgspec.Struct, frozen=True, kw_only=True):
    """A market: its instrument, the exchange's id, and other names that the exchange uses for it."""

    id: str
    instrument: Instrument
    names: tuple[str, ...] = ()


class Markets(msgspec.Struct, frozen=True, kw_only=True):
    """All markets of a venue, as they were at ``at_ns``; ``assets`` are unified names by the exchange's own."""

    at_ns: int
    listings: tuple[Listing, ...]
    assets: dict[str, str] = {}
    decimals: dict[str, int] = {}
    """How many decimals the exchange keeps for each unified asset, where it says."""

    def instruments(self) -> Mapping[str, Instrument]:
        """Return the instruments by unified symbol."""
        return {listing.instrument.symbol: listing.instrument for listing in self.listings}

    def by_name(self) -> dict[str, Listing]:
        """Return the listings by every name the exchange has for them; its id goes before other names."""
        found = {name: listing for listing in self.listings for name in listing.names}
        return found | {listing.id: listing for listing in self.listings}


def cache_file(cache_dir: Path, settings: ReaderSettings, what: str = "markets") -> Path:
    """Return where the markets that these settings lead to are kept."""
    urls = json.dumps(_plain(settings.urls), sort_keys=True)
    name = fingerprint(_FORMAT, _CCXT, settings.venue, urls, str(settings.sandbox))
    return cache_dir / f"{what}-{settings.venue}-{name}.json"


def load(file: Path, now_ns: int, *, stale: bool = False) -> Markets | None:
    """Return the kept markets, None when there are none, or they are a day old (but for ``stale``), or broken."""
    text = read_text(file)
    if text is None:
        return None
    try:
        markets = msgspec.json.decode(text, type=Markets)
    except (msgspec.DecodeError, msgspec.ValidationError):
        return None
    return _shared(file, markets) if stale or 0 <= now_ns - markets.at_ns < FRESH_NS else None


def save(file: Path, markets: Markets) -> None:
    """Keep the markets for the next start."""
    write_text(file, msgspec.json.encode(markets).decode())
    _shared(file, markets)


def _shared(file: Path, markets: Markets) -> Markets:
    """Return the same markets as every other account of this process that reads that file: each is 1 kB."""
    known = _known.get(file)
    if known == markets:
        return known
    _known[file] = markets
    return markets


def _plain(value: object) -> object:
    return {str(key): _plain(inner) for key, inner in value.items()} if isinstance(value, Mapping) else value
