"""A fold's workbench: it copies from the old state what it is about to change, and nothing else.

One ``Work`` lives for one fold. Whatever it hands out may be changed freely; what it was made from stays as it was.
"""

from __future__ import annotations

from decimal import Decimal

from account_cli.domain.events import Event
from account_cli.domain.identity import identity
from account_cli.domain.instruments import Instrument, from_symbol
from account_cli.domain.money import ZERO
from account_cli.domain.times import MINUTE
from account_cli.errors import InputError
from account_cli.ledger.booking import METHODS, Lot
from account_cli.ledger.closings import Closing
from account_cli.ledger.issues import Code, note
from account_cli.ledger.lines import Cell, Holding, Line, LineKey, LineKind, spot_key
from account_cli.ledger.state import LedgerState, References

PRICE_WITHIN_NS = 5 * MINUTE
"""A price further away from a fee than this is no price of it."""


class Work:
    """The mutable side of a fold. ``closings`` None means that nobody wants them."""

    __slots__ = ("cells", "closings", "count", "given", "holdings", "lines", "method", "noted", "old", "policy", "refs")

    def __init__(self, old: LedgerState, refs: References, *, wanted: bool) -> None:
        self.old, self.refs = old, refs
        self.method, self.policy = METHODS[old.method], old.unknown_cost
        self.closings: list[Closing] | None = [] if wanted else None
        self.count = old.count
        self.lines: dict[LineKey, Line] = {}
        self.holdings: dict[str, Holding] = {}
        self.cells: dict[tuple[str, str], Cell] = {}
        self.noted, self.given = dict(old.noted), dict(old.given)

    def finish(self) -> LedgerState:
        """Return the new state; it shares with the old what was not touched."""
        new = LedgerState(self.old.account, self.old.method, self.old.unknown_cost)
        new.count = self.count
        new.lines = self.old.lines | self.lines
        new.holdings = self.old.holdings | {name: own for name, own in self.holdings.items() if not own.blank}
        new.cells = self.old.cells | self.cells
        new.noted, new.given = self.noted, self.given
        return new

    def find(self, key: LineKey) -> Line | None:
        """Return this line if there is one, ready to be changed."""
        line = self.lines.get(key)
        if line is None:
            old = self.old.lines.get(key)
            if old is not None:
                line = self.lines[key] = old.copy()
        return line

    def line(self, key: LineKey, kind: LineKind, asset: str = "") -> Line:
        """Return this line, a new one if need be, ready to be changed."""
        line = self.find(key)
        if line is None:
            line = self.lines[key] = Line(key, kind, asset)
        return line

    def pool(self, asset: str, currency: str) -> Line:
        """Return the spot pool of ``asset`` with costs in ``currency``."""
        key = spot_key(asset, currency)
        line = self.find(key)
        if line is None:
            line = self.lines[key] = Line(key, "spot", asset)
            holding = self.holding(asset)
            holding.pools = tuple(sorted({*holding.pools, currency}))
        return line

    def income(self, asset: str) -> Line:
        """Return the line of income and charges in ``asset`` that belong to no market."""
        return self.line(("", asset, "", asset), "cash")

    def holding(self, asset: str) -> Holding:
        """Return what ``asset`` has besides its pools, ready to be changed."""
        holding = self.holdings.get(asset)
        if holding is None:
            old = self.old.holdings.get(asset)
            holding = self.holdings[asset] = Holding(asset) if old is None else old.copy()
        return holding

    def cell(self, wallet: str, asset: str) -> Cell:
        """Return a balance, ready to be changed."""
        key = (wallet, asset)
        cell = self.cells.get(key)
        if cell is None:
            old = self.old.cells.get(key)
            cell = self.cells[key] = Cell() if old is None else Cell(old.value, old.below)
        return cell

    def total(self, asset: str) -> Decimal:
        """Return the balance of ``asset`` over all wallets."""
        cells = self.old.cells | self.cells
        return sum((cell.value for (_, name), cell in cells.items() if name == asset), ZERO)

    def add(self, wallet: str, asset: str, amount: Decimal, event: Event, *, may_owe: bool = False) -> None:
        """Change a balance; note the first time that it falls below zero where nothing was lent."""
        cell = self.cell(wallet, asset)
        cell.value += amount
        if amount < ZERO and cell.value < ZERO and not cell.below and not may_owe:
            self.below(cell, wallet, asset, event)

    def below(self, cell: Cell, wallet: str, asset: str, event: Event) -> None:
        """Note that a balance fell below zero, unless the account borrows there."""
        if self.may_owe(wallet, self.holding(asset)):
            return
        cell.below = True
        self.note("negative-balance", f"{wallet} {asset}", event, cell.value)

    def may_owe(self, wallet: str, holding: Holding) -> bool:
        """True where a balance below zero is no surprise: the account borrows there."""
        return wallet == "margin" or holding.borrowed > ZERO

    def note(self, code: Code, about: str, event: Event, amount: Decimal = ZERO) -> None:
        """Count something that the figures lack."""
        note(self.noted, code, about, event.time_ns, identity(event), amount)

    def price(self, asset: str, currency: str, time_ns: int) -> Decimal | None:
        """Return the stored price nearest to that time, None when none is within five minutes."""
        if asset == currency:
            return Decimal(1)
        quote = self.refs.price(asset, currency, time_ns, PRICE_WITHIN_NS)
        return None if quote is None else quote.price

    def instrument(self, symbol: str) -> Instrument | None:
        """Return the market of ``symbol``: as declared, else as far as the symbol itself says."""
        known = self.refs.instrument(symbol)
        if known is not None:
            return known
        try:
            return from_symbol(symbol)
        except ValueError:
            return None

    def lot(self, event: Event, quantity: Decimal, cost: Decimal | None, fee: Decimal = ZERO) -> Lot:
        """Make a lot that ``event`` opened; only lots of unknown cost are found by identity later."""
        self.count += 1
        name = identity(event) if cost is None else None
        return Lot(self.count, event.id, name, event.time_ns, quantity, cost, fee)

    def refuse_unknown(self, about: str, event: Event) -> None:
        """Raise ``InputError`` where the policy is not to go on without every cost."""
        if self.policy == "error":
            raise InputError(
                f"{identity(event)} disposes of {about} whose cost is unknown",
                hint="acct lots set-cost, or another policy for unknown cost",
            )
