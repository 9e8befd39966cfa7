"""Positions and balances: what is held, what it is worth, what it has brought."""

from __future__ import annotations

from account_cli.reports.rows import BalanceRow, PositionRow
from account_cli.tui.model.cell import NOTHING, Cell
from account_cli.tui.model.column import Column, Showing, Table
from account_cli.tui.tables.cells import amount, gain, percent, places, price, price_age, words
from account_cli.tui.tables.empty import no_balance, no_position


def _side(row: PositionRow, _: Showing) -> Cell:
    if row.side == "long":
        return Cell("L", "up")
    return Cell("S", "down") if row.side == "short" else words(row.side)


def _leverage(row: PositionRow, showing: Showing) -> Cell:
    cell = amount(row.leverage, showing, missing=NOTHING)
    return cell if cell.blank else cell._replace(text=f"{cell.text}×")


def _unknown_cost(row: PositionRow, showing: Showing) -> Cell:
    """Say how much of the position was bought before the known history."""
    if not row.unknown_cost_quantity:
        return NOTHING
    return amount(row.unknown_cost_quantity, showing)._replace(tone="warn")


def _wallet(row: BalanceRow, _: Showing) -> Cell:
    return NOTHING if row.wallet == "spot" else words(row.wallet, "dim")


P = Column[PositionRow]
POSITIONS = Table[PositionRow](
    name="positions",
    title="Positions",
    rows=lambda s: s.positions,
    key=lambda r: f"{r.account}\0{r.symbol}\0{r.side}",
    account=lambda r: r.account,
    words=lambda r: f"{r.symbol} {r.side} {r.account} {r.currency or ''}",
    empty=no_position,
    columns=(
        P("symbol", "Symbol", 0, lambda r, _: words(r.symbol), widest=20, grows=True),
        P("account", "Account", 2, lambda r, _: words(r.account, "dim"), widest=14, is_account=True),
        P("side", "S", 5, _side),
        P("quantity", "Qty", 2, lambda r, s: amount(r.quantity, s), align="mixed"),
        P("entry_price", "Entry", 7, lambda r, s: price(r.entry_price, s), align="mixed"),
        P("mark_price", "Mark", 3, lambda r, s: price(r.mark_price, s), align="mixed"),
        P("mark_at", "Age", 13, lambda r, s: price_age(r.mark_at, s), align="right", ages=True),
        P("market_value", "Value", 8, lambda r, s: amount(r.market_value, s, places(r.currency)), align="mixed"),
        P("unrealized_pnl", "uPnL", 1, lambda r, s: gain(r.unrealized_pnl, r.currency, s), align="mixed"),
        P("unrealized_pnl_pct", "%", 4, lambda r, s: percent(r.unrealized_pnl_pct, s), align="decimal"),
        P("currency", "in", 10, lambda r, _: words(r.currency, "dim"), widest=6),
        P("realized_pnl", "Realised", 9, lambda r, s: gain(r.realized_pnl, r.currency, s), align="mixed"),
        P("liquidation_price", "Liq", 11, lambda r, s: price(r.liquidation_price, s, missing=NOTHING), align="mixed"),
        P("leverage", "Lev", 12, _leverage, align="right"),
        P("fees", "Fees", 14, lambda r, s: amount(r.fees, s, places(r.currency)), align="mixed"),
        P("funding", "Funding", 15, lambda r, s: gain(r.funding, r.currency, s), align="mixed"),
        P(
            "margin",
            "Margin",
            16,
            lambda r, s: amount(r.margin, s, places(r.currency), missing=NOTHING),
            align="decimal",
        ),
        P("unknown_cost_quantity", "Cost unknown", 17, _unknown_cost, align="decimal"),
    ),
)

B = Column[BalanceRow]
BALANCES = Table[BalanceRow](
    name="balances",
    title="Balances",
    rows=lambda s: s.balances,
    key=lambda r: f"{r.account}\0{r.wallet}\0{r.asset}",
    account=lambda r: r.account,
    words=lambda r: f"{r.asset} {r.wallet} {r.account} {r.source}",
    empty=no_balance,
    columns=(
        B("asset", "Asset", 0, lambda r, _: words(r.asset, "strong"), widest=12, grows=True),
        B("account", "Account", 2, lambda r, _: words(r.account, "dim"), widest=14, is_account=True),
        B("wallet", "Wallet", 5, _wallet, widest=10),
        B("total", "Total", 1, lambda r, s: amount(r.total, s), align="mixed"),
        B("free", "Free", 6, lambda r, s: amount(r.free, s), align="mixed"),
        B("used", "Used", 4, lambda r, s: amount(r.used, s), align="mixed"),
        B("value", "Value", 2, lambda r, s: amount(r.value, s, places(r.currency)), align="decimal"),
        B("currency", "in", 9, lambda r, _: words(r.currency, "dim"), widest=6),
        B("price", "Price", 7, lambda r, s: price(r.price, s), align="mixed"),
        B("price_at", "Age", 8, lambda r, s: price_age(r.price_at, s), align="right", ages=True),
        B("source", "Source", 10, lambda r, _: words(r.source, "dim"), widest=10),
        B("price_source", "Price from", 11, lambda r, _: words(r.price_source, "dim"), widest=20),
    ),
)
