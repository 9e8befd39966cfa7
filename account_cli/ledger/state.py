"""A ledger's state is what follows from an account's facts so far, and answers every question about it.

It is a value: ``fold`` makes a new one and shares with the old what did not change. Its size depends on how many
symbols, assets and open lots there are, not on how many fills were ever made.
"""

from __future__ import annotations

from collections.abc import Container, Mapping
from decimal import Decimal, localcontext
from typing import Literal, Protocol

import msgspec

from account_cli.domain.events import PriceQuoted
from account_cli.domain.instruments import Instrument
from account_cli.domain.money import MONEY, ZERO
from account_cli.errors import InputError
from account_cli.ledger.booking import METHODS
from account_cli.ledger.figures import Issue, LotFigures, PositionFigures
from account_cli.ledger.issues import Noted, holding_issue, lot_issue, to_issue
from account_cli.ledger.lines import Cell, Holding, Line, LineKey

MethodName = Literal["average", "fifo", "lifo", "hifo"]
Policy = Literal["exclude", "zero", "market", "error"]
POLICIES: tuple[Policy, ...] = ("exclude", "zero", "market", "error")


class References(Protocol):
    """What a fold may ask about besides the facts: markets and stored prices."""

    def instrument(self, symbol: str) -> Instrument | None:
        """The market of this unified symbol, None when it was never declared."""
        ...

    def price(self, asset: str, currency: str, time_ns: int, within_ns: int) -> PriceQuoted | None:
        """The stored price of one ``asset`` in ``currency`` nearest to ``time_ns`` and at most ``within_ns`` away."""
        ...


class Given(msgspec.Struct, frozen=True, array_like=True):
    """A cost that a person gave to a lot which has not come yet."""

    cost: Decimal
    asset: str
    time_ns: int
    by: str


class LedgerState:
    """What follows from the facts folded so far. Treat it as frozen."""

    __slots__ = ("account", "cells", "count", "given", "holdings", "lines", "method", "noted", "unknown_cost")

    def __init__(self, account: str, method: MethodName, unknown_cost: Policy) -> None:
        self.account, self.method, self.unknown_cost = account, method, unknown_cost
        self.count = 0
        self.lines: dict[LineKey, Line] = {}
        self.holdings: dict[str, Holding] = {}
        self.cells: dict[tuple[str, str], Cell] = {}
        self.noted: dict[str, Noted] = {}
        self.given: dict[str, Given] = {}

    def balances(self) -> Mapping[tuple[str, str], Decimal]:
        """What should be held, by (wallet, asset), after every fee, transfer and funding; zeros included."""
        return {key: cell.value for key, cell in sorted(self.cells.items())}

    def positions(self) -> list[PositionFigures]:
        """Open positions, spot pools among them, by (symbol, wallet, side)."""
        return [figures for figures in self.totals() if figures.quantity]

    def totals(self, symbols: Container[str] | None = None) -> list[PositionFigures]:
        """All (with ``symbols`` these) that ever had P&L, income or fees, by (symbol, wallet, side, currency)."""
        with localcontext(MONEY):
            rows = [
                _figures(line, self.holdings.get(line.asset))
                for line in self.lines.values()
                if symbols is None or line.symbol in symbols
            ]
        return sorted(rows, key=lambda row: (row.symbol, row.wallet, row.position_side or "", row.currency))

    def lots(self) -> list[LotFigures]:
        """Open lots; under average cost one row a pool. Those of unknown cost are listed one by one."""
        rows: list[LotFigures] = []
        for line in self.lines.values():
            rows += _line_lots(line)
        for holding in self.holdings.values():
            if holding.tracked:
                rows += [
                    _unknown_lot(holding.home or holding.asset, holding.asset, lot.quantity, lot.identity, lot.time_ns)
                    for lot in holding.unknown
                ]
        return sorted(rows, key=lambda row: (row.symbol, row.currency or "", row.opened_ns or 0, row.lot or ""))

    def issues(self) -> list[Issue]:
        """Everything the figures lack, by id."""
        rows = [to_issue(key, noted) for key, noted in self.noted.items()]
        for holding in self.holdings.values():
            if holding.tracked and holding.unknown_quantity:
                since = holding.unknown[0].time_ns if holding.unknown else None
                rows.append(holding_issue(holding.asset, holding.unknown_quantity, since))
        rows += [
            holding_issue(line.symbol, line.unknown_quantity, line.unknown[0].time_ns)
            for line in self.lines.values()
            if line.unknown_quantity
        ]
        rows += [lot_issue(lot, given.time_ns, given.by) for lot, given in self.given.items()]
        return sorted(rows, key=lambda row: row.id)


def empty(account: str, method: MethodName = "average", unknown_cost: Policy = "exclude") -> LedgerState:
    """Return the state before the first fact. Raises ``InputError`` for a method or policy there is not."""
    if method not in METHODS:
        raise InputError(f"no booking method {method!r}", hint=f"one of {', '.join(METHODS)}")
    if unknown_cost not in POLICIES:
        raise InputError(f"no policy for unknown cost {unknown_cost!r}", hint=f"one of {', '.join(POLICIES)}")
    return LedgerState(account, method, unknown_cost)


def _figures(line: Line, holding: Holding | None) -> PositionFigures:
    unknown = line.unknown_quantity if line.unknown_sign > 0 else -line.unknown_quantity
    if line.kind == "spot" and holding is not None and holding.home == line.symbol:
        unknown += holding.unknown_quantity
    quantity = line.quantity + unknown
    size = line.size if line.kind == "inverse" else Decimal(1)
    return PositionFigures(
        wallet=line.wallet or "spot",
        symbol=line.symbol,
        side="flat" if not quantity else "long" if quantity > 0 else "short",
        quantity=quantity / size,
        cost=line.cost if line.quantity or not quantity else None,
        entry_price=_entry(line),
        currency=line.currency,
        gross_realized_pnl=line.realized + line.fees,
        realized_pnl=line.realized,
        fees=line.fees,
        fees_paid=line.fees_paid,
        funding=line.funding,
        unknown_cost_quantity=line.unknown_cost_quantity,
        unknown_cost_proceeds=line.unknown_cost_proceeds,
        unpriced_fees=line.unpriced_fees,
        opened_ns=line.opened_ns if quantity else None,
        updated_ns=line.updated_ns,
        is_contract=line.kind in {"linear", "inverse"},
        inverse=line.kind == "inverse",
        contract_size=line.size,
        other_income=line.other_income,
        moved_cost=line.moved_cost,
        open_fees=line.fee,
        unknown_open_quantity=unknown / size,
        closed_trades=line.wins + line.losses + line.evens,
        winning_trades=line.wins,
        losing_trades=line.losses,
        won=line.won,
        lost=line.lost,
        leverage=line.leverage,
        position_side=line.side or None,  # type: ignore[arg-type]  # '' | 'long' | 'short' by construction
        asset=line.asset or None,
    )


def _entry(line: Line) -> Decimal | None:
    """Average entry price without fees of the known part; for an inverse contract the harmonic mean."""
    if not line.quantity:
        return None
    paid = line.cost - line.fee
    if line.kind == "inverse":
        return -line.quantity / paid if paid else None
    return paid / line.quantity


def _line_lots(line: Line) -> list[LotFigures]:
    sign = 1 if line.quantity > 0 else -1
    known = [
        LotFigures(symbol=line.symbol, asset=line.asset or line.symbol, quantity=sign * lot.quantity, cost=lot.cost,
                   currency=line.currency, lot=lot.id, identity=lot.identity, opened_ns=lot.time_ns)
        for lot in line.lots
    ]  # fmt: skip
    if line.quantity and not line.lots:
        known.append(
            LotFigures(symbol=line.symbol, asset=line.asset or line.symbol, quantity=line.quantity, cost=line.cost,
                       currency=line.currency, lot=None, identity=None, opened_ns=line.opened_ns)
        )  # fmt: skip
    unknown = [
        _unknown_lot(
            line.symbol, line.asset or line.symbol, line.unknown_sign * lot.quantity, lot.identity, lot.time_ns
        )
        for lot in line.unknown
    ]
    return known + unknown


def _unknown_lot(symbol: str, asset: str, quantity: Decimal, identity: str | None, time_ns: int) -> LotFigures:
    lot = None if identity is None else identity.rpartition("|")[2]
    return LotFigures(symbol=symbol, asset=asset, quantity=quantity, cost=None, currency=None, lot=lot,
                      identity=identity, opened_ns=time_ns)  # fmt: skip


__all__ = ["POLICIES", "ZERO", "Given", "LedgerState", "MethodName", "Policy", "References", "empty"]
