"""How far apart two figures may be and still agree: not at all, unless a person said otherwise."""

from __future__ import annotations

from collections.abc import Mapping
from decimal import Decimal

import msgspec

from account_cli.domain.money import ZERO


class Tolerance(msgspec.Struct, frozen=True, kw_only=True):
    """Differences up to and including these agree. ``dust`` is by asset and goes before ``balance``."""

    balance: Decimal = ZERO
    position: Decimal = ZERO
    dust: Mapping[str, Decimal] = {}

    def of_balance(self, asset: str) -> Decimal:
        """Return how much of an asset may differ."""
        return max(self.dust.get(asset, ZERO), self.balance)


PRESETS: Mapping[str, Tolerance] = {
    "exact": Tolerance(),
    "b25": Tolerance(balance=Decimal("0.00001"), position=Decimal("0.0001")),
}
