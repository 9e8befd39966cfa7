"""A closing is what one fill, fee or settlement realised, with the lots it took.

Signs: ``quantity`` is how much was closed, positive. ``proceeds`` and ``cost`` carry the sign of the position that was
closed, so a short sold at 100 and bought back at 90 has proceeds −90 and cost −100; realised is proceeds − cost either
way (docs/formats.md, section 3). Amounts are in ``currency``.
"""

from __future__ import annotations

from decimal import Decimal
from typing import Literal

import msgspec

from account_cli.domain.events import Fill
from account_cli.domain.money import MONEY, ZERO

_HUNDRED = Decimal(100)
ClosingKind = Literal["trade", "liquidation", "adl", "settlement", "conversion", "payment", "fee"]
TRADES: frozenset[str] = frozenset({"trade", "liquidation", "adl", "settlement", "conversion"})
"""The kinds that statistics count; a fee or payment in kind realises a gain but nobody traded for it."""


class Match(msgspec.Struct, frozen=True, array_like=True, gc=False):
    """A piece of a lot that a closing took; ``cost`` has ``fee`` in it, both None when the lot's cost is unknown.

    ``currency`` is the lot's own: where it differs from the closing's, the cost is no figure of the closing.
    """

    lot: str
    quantity: Decimal
    cost: Decimal | None
    fee: Decimal | None
    currency: str | None


class Closing(msgspec.Struct, frozen=True, omit_defaults=True, gc=False):
    """What was realised at once.

    ``proceeds``, ``cost`` and the gains are of the part whose cost is known; ``unknown_quantity`` of ``quantity`` went
    for ``unknown_proceeds`` at a cost nobody knows. When that is all of it, ``cost``, both gains and ``roi_pct`` are
    None and ``proceeds`` is 0. ``fees`` are those of the closed part, entry and exit. ``flat`` says that nothing of the
    position was left; ``funding`` is what the position received since its closing before (both make round trips).

    What can be worked out of the fields is worked out when asked for: a fold makes hundreds of thousands of these.
    """

    account: str
    symbol: str
    fill_id: str
    time_ns: int
    seq: int | None
    quantity: Decimal
    proceeds: Decimal
    cost: Decimal | None
    fees: Decimal
    currency: str
    side: Literal["long", "short"]
    wallet: str
    order_id: str
    bought: bool
    liquidity: Literal["maker", "taker"] | None = None
    kind: ClosingKind = "trade"
    flat: bool = False
    matches: tuple[Match, ...] = ()
    leverage: Decimal | None = None
    unknown_quantity: Decimal = ZERO
    unknown_proceeds: Decimal = ZERO
    funding: Decimal = ZERO
    fact: str = ""
    """Identity of the fact, where it is not the fill that the other fields name."""

    @property
    def identity(self) -> str:
        """Identity of the fact that this follows from."""
        if self.fact:
            return self.fact
        side = "buy" if self.bought else "sell"
        return _identity(self.wallet, self.fill_id, self.symbol, self.order_id, side)

    @property
    def realized_pnl(self) -> Decimal | None:
        """Proceeds − cost, all fees in."""
        return None if self.cost is None else MONEY.subtract(self.proceeds, self.cost)

    @property
    def gross_realized_pnl(self) -> Decimal | None:
        """The gain before fees."""
        gain = self.realized_pnl
        return None if gain is None else MONEY.add(gain, self.fees)

    @property
    def roi_pct(self) -> Decimal | None:
        """The gain in percent of |cost|; None where the cost is unknown or nothing."""
        gain = self.realized_pnl
        if gain is None or not self.cost:
            return None
        return MONEY.multiply(MONEY.divide(gain, MONEY.abs(self.cost)), _HUNDRED)

    @property
    def return_on_margin_pct(self) -> Decimal | None:
        """The gain in percent of the margin, |cost| ÷ leverage; None where the leverage is not known."""
        roi = self.roi_pct
        return None if roi is None or self.leverage is None else MONEY.multiply(roi, self.leverage)

    @property
    def opened_by(self) -> tuple[str, ...]:
        """Ids of the opening fills; empty under average cost, where a pool has no opening fills."""
        return tuple(dict.fromkeys(match.lot for match in self.matches if match.lot))


def _identity(wallet: str, fill_id: str, symbol: str, order_id: str, side: str) -> str:
    """Write a fill's identity as ``domain.identity`` does, from its parts."""
    parts = (wallet, "fill", fill_id, symbol, order_id, side)
    text = "|".join(parts)
    if text.count("|") == 5 and "\\" not in text:
        return text
    return "|".join(part.replace("\\", "\\\\").replace("|", "\\|") for part in parts)


def fill_identity(fill: Fill) -> str:
    """Return the fill's identity; the common case without the cost of escaping."""
    return _identity(fill.wallet, fill.id, fill.symbol, fill.order_id, fill.side)
