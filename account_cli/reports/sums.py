"""A row of P&L is a sum of figures; its rates are worked out once, from the sums."""

from __future__ import annotations

from collections.abc import Callable
from decimal import Decimal

from account_cli.domain.events import Fill
from account_cli.domain.money import ZERO
from account_cli.ledger.closings import TRADES, Closing
from account_cli.ledger.figures import PositionFigures
from account_cli.reports.arithmetic import divide, percent, plus
from account_cli.reports.rows import PnlRow
from account_cli.reports.valuation import sides

PriceThen = Callable[[str, str, int], Decimal | None]
"""The stored price of one asset in a currency at a time, None where none is near enough."""


class Sum:
    """What goes into one row of P&L, of one key in one currency. ``unrealized`` None is unknown, and stays so."""

    __slots__ = (
        "closed", "fees", "fees_paid", "funding", "losses", "lost", "other_income", "realized", "unknown_proceeds",
        "unknown_quantity", "unpriced_fees", "unrealized", "wins", "won",
    )  # fmt: skip

    def __init__(self, unrealized: Decimal | None = ZERO) -> None:
        self.realized = self.fees = self.fees_paid = self.funding = self.other_income = ZERO
        self.unknown_quantity = self.unknown_proceeds = self.won = self.lost = ZERO
        self.unpriced_fees = self.closed = self.wins = self.losses = 0
        self.unrealized = unrealized

    def add_figures(self, figures: PositionFigures, sign: int) -> None:
        """Add (1) or take away (−1) all that a line of the ledger has summed up since its beginning."""
        self.realized += sign * figures.realized_pnl
        self.fees += sign * figures.fees
        self.fees_paid += sign * figures.fees_paid
        self.funding += sign * figures.funding
        self.other_income += sign * figures.other_income
        self.unknown_quantity += sign * figures.unknown_cost_quantity
        self.unknown_proceeds += sign * figures.unknown_cost_proceeds
        self.unpriced_fees += sign * figures.unpriced_fees
        self.closed += sign * figures.closed_trades
        self.wins += sign * figures.winning_trades
        self.losses += sign * figures.losing_trades
        self.won += sign * figures.won
        self.lost += sign * abs(figures.lost)

    def add_unrealized(self, part: Decimal | None, sign: int) -> None:
        """Add or take away what an open position has unrealised."""
        self.unrealized = None if part is None or self.unrealized is None else self.unrealized + sign * part

    def add_closing(self, closing: Closing) -> None:
        """Add what one closing realised; statistics count trades, not fees paid in kind."""
        self.fees += closing.fees
        self.unknown_quantity += closing.unknown_quantity
        self.unknown_proceeds += closing.unknown_proceeds
        if closing.kind in TRADES and closing.realized_pnl is not None:
            self.closed += 1
            self.wins += closing.realized_pnl > 0
            self.losses += closing.realized_pnl < 0
            self.won += max(closing.realized_pnl, ZERO)
            self.lost += max(-closing.realized_pnl, ZERO)
        self.realized += closing.realized_pnl or ZERO

    def row(self, key: str, currency: str) -> PnlRow:
        """Return the row; a rate without anything to divide by is None."""
        return PnlRow(
            key=key,
            currency=currency,
            gross_realized_pnl=self.realized + self.fees,
            fees=self.fees,
            realized_pnl=self.realized,
            fees_paid=self.fees_paid,
            funding=self.funding,
            other_income=self.other_income,
            unrealized_pnl=self.unrealized,
            net_pnl=plus(self.realized, self.funding, self.other_income, self.unrealized),
            unknown_cost_quantity=self.unknown_quantity,
            unknown_cost_proceeds=self.unknown_proceeds,
            unpriced_fees=self.unpriced_fees,
            closed_trades=self.closed,
            winning_trades=self.wins,
            losing_trades=self.losses,
            win_rate=percent(Decimal(self.wins), Decimal(self.wins + self.losses)),
            average_win=divide(self.won, Decimal(self.wins)),
            average_loss=divide(-self.lost, Decimal(self.losses)),
            profit_factor=divide(self.won, self.lost),
        )


def fee_values(fill: Fill, price_then: PriceThen | None) -> tuple[str | None, list[Decimal | None]]:
    """Return a fill's settle currency and what each of its fees was worth in it; None where nobody knows.

    A fee in the base is worth the fill's own price, one in a third asset what ``price_then`` says.
    """
    pair = sides(fill.symbol)
    settle = fill.settle or (None if pair is None else pair.settle or pair.quote)
    values: list[Decimal | None] = []
    if settle is None:
        return None, values
    for fee in fill.fees or ():
        if fee.asset == settle or not fee.amount:
            values.append(fee.amount)
        elif pair is not None and pair.settle is None and fee.asset == pair.base:
            values.append(fee.amount * fill.price)
        else:
            price = None if price_then is None else price_then(fee.asset, settle, fill.time_ns)
            values.append(None if price is None else fee.amount * price)
    return settle, values
