"""Which markets an account may have traded in, as Binance tells of trades only to who names the market.

What is held, or was, or came by deposit, conversion or dividend was perhaps bought or sold: all markets with that asset
as base are looked at as soon as its amount is seen to change. That finds most at once and proves nothing; the proof is
the sweep over all markets (``walk``).
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from decimal import Decimal

from account_cli.domain.observations import Balance
from account_cli.exchanges.binance.spot.listing import Pairs


class Discovery:
    """Lives as long as its reader: everything is looked at again by the next one."""

    def __init__(self) -> None:
        self._held: Mapping[str, Decimal] = {}
        self._met: set[str] = set()
        self._suspects: set[str] = set()

    def seen(self, rows: Iterable[Balance]) -> None:
        """Take all balances; an asset whose amount changed is a suspect."""
        held = {row.asset: row.total for row in rows}
        self._suspects |= {asset for asset in {*held, *self._held} if held.get(asset, 0) != self._held.get(asset, 0)}
        self._held = held

    def met(self, assets: Iterable[str]) -> None:
        """Take assets that some history names; each is a suspect once."""
        new = set(assets) - self._met
        self._met |= new
        self._suspects |= new

    def candidates(self, pairs: Pairs, known: set[str]) -> list[str]:
        """Return the markets to look at, those ``known`` left out."""
        found = {name for asset in self._suspects for name in pairs.of_base(asset)}
        return sorted(found - known)

    def looked(self) -> None:
        """All candidates were looked at."""
        self._suspects.clear()
