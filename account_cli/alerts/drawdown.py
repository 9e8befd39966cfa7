"""How far equity is below its highest, deposits and withdrawals taken out.

Theory. The index begins at 1 and is multiplied, from each point of history to the next, by (equity − flow) ÷ equity
before, where the flow is what came from outside in between (the time-weighted return, as in ``ledger.performance``). A
step that began without equity has no return. Index ÷ highest index − 1 is the drawdown.
"""

from __future__ import annotations

from collections.abc import Sequence
from decimal import Decimal

import msgspec

from account_cli.reports.arithmetic import exactly, settle_digits
from account_cli.reports.history import HistoryPoint

_ONE, _HUNDRED = Decimal(1), Decimal(100)


class Peak(msgspec.Struct, frozen=True, kw_only=True):
    """The index after so many ``steps``, and the highest that it was; the last point's equity and flows so far."""

    index: Decimal = _ONE
    highest: Decimal = _ONE
    steps: int = 0
    equity: Decimal | None = None
    flows: Decimal | None = None

    @property
    def drawdown_pct(self) -> Decimal | None:
        """In percent, zero or more; None before the second point."""
        return settle_digits((_ONE - self.index / self.highest) * _HUNDRED) if self.steps else None

    @exactly
    def after(self, points: Sequence[HistoryPoint]) -> Peak:
        """Return the index after these points, oldest first; one whose equity or flows are not known is left out."""
        index, highest, steps, equity, flows = self.index, self.highest, self.steps, self.equity, self.flows
        for one in points:
            if one.equity is None or one.flows is None:
                continue
            if equity is not None and flows is not None:
                steps += 1
                if equity > 0:
                    index = settle_digits(index * (one.equity - (one.flows - flows)) / equity)
                    highest = max(highest, index)
            equity, flows = one.equity, one.flows
        return Peak(index=index, highest=highest, steps=steps, equity=equity, flows=flows)
