"""The two sides of a comparison under one kind of key, so that the union of both can be walked.

A statement that is complete says zero of what it leaves out, within the wallets that it speaks of; of a wallet that it
does not name at all it says nothing, unless it names none. A statement that is not complete says nothing of what it
leaves out. The ledger knows everything it was ever told of, zeros included, and says zero of the rest, within the
wallets that it follows; of any other (earn, margin, funding) it says nothing.
"""

from __future__ import annotations

from collections.abc import Collection, Iterable, Mapping
from decimal import Decimal
from typing import Literal, NamedTuple

import msgspec

from account_cli.domain.money import ZERO
from account_cli.domain.observations import BalancesSeen, PositionsSeen
from account_cli.ledger import LedgerState
from account_cli.ledger.figures import PositionFigures
from account_cli.reconciliation.records import Item

Sign = Literal["both", "long", "short"]
_SIDES: tuple[Sign, ...] = ("long", "short")


class Key(NamedTuple):
    """What is compared: an asset in a wallet, or a side of a contract."""

    wallet: str
    name: str
    side: Sign | None = None

    @classmethod
    def of(cls, item: Item) -> Key:
        """Return the key that an item is of."""
        if item.kind == "balance":
            return cls(item.wallet, item.key)
        for side in _SIDES:
            if item.key.endswith(f" {side}"):
                return cls(item.wallet, item.key.removesuffix(f" {side}"), side)
        return cls(item.wallet, item.key, "both")

    def __str__(self) -> str:
        """The asset or symbol, with its side where there are two."""
        return self.name if self.side in {None, "both"} else f"{self.name} {self.side}"


class Side(msgspec.Struct, frozen=True, kw_only=True):
    """What one side says. ``balances`` or ``positions`` None: it says nothing of any.

    ``told`` are the wallets that the rest of which is zero; None: of all wallets.
    """

    balances: Mapping[Key, Decimal] | None
    positions: Mapping[Key, Decimal] | None
    entries: Mapping[Key, Decimal]
    told: frozenset[str] | None = None
    complete: bool = True
    positions_complete: bool = True

    def only(self, names: Collection[str]) -> Side:
        """Return the same side as far as it tells of these assets and symbols."""
        return msgspec.structs.replace(
            self,
            balances=None if self.balances is None else _of(self.balances, names),
            positions=None if self.positions is None else _of(self.positions, names),
            entries=_of(self.entries, names),
        )

    def balance(self, key: Key) -> Decimal | None:
        """Return how much there is by this side; None when it does not say."""
        if self.balances is None:
            return None
        if key in self.balances:
            return self.balances[key]
        return ZERO if self.complete and (self.told is None or key.wallet in self.told) else None

    def position(self, key: Key) -> Decimal | None:
        """Return the signed quantity by this side; None when it does not say."""
        if self.positions is None:
            return None
        return self.positions.get(key, ZERO if self.positions_complete else None)


def _of(figures: Mapping[Key, Decimal], names: Collection[str]) -> dict[Key, Decimal]:
    return {key: figure for key, figure in figures.items() if key.name in names}


def ledger_side(state: LedgerState, names: Collection[str] | None = None, told: frozenset[str] | None = None) -> Side:
    """Return what follows from the facts; with ``names`` only of these assets and symbols.

    ``told`` are the wallets followed, for whoever has them already.
    """
    positions: dict[Key, Decimal] = {}
    entries: dict[Key, Decimal] = {}
    for figures in _contracts(state.totals(names)):
        key = Key(figures.wallet, figures.symbol, figures.position_side or "both")
        positions[key] = figures.quantity
        if figures.entry_price is not None and figures.quantity and not figures.unknown_open_quantity:
            entries[key] = figures.entry_price
    balances = {
        Key(wallet, asset): cell.value
        for (wallet, asset), cell in state.cells.items()
        if names is None or asset in names
    }
    return Side(balances=balances, positions=positions, entries=entries, told=told or followed(state))


def followed(state: LedgerState) -> frozenset[str]:
    """Return the wallets whose every movement is a fact: those traded in, and those that a fact ever named."""
    return frozenset(["spot", "futures", *(wallet for wallet, _ in state.cells)])


def _contracts(totals: Iterable[PositionFigures]) -> Iterable[PositionFigures]:
    return (figures for figures in totals if figures.is_contract)


def exchange_side(balances: BalancesSeen | None, positions: PositionsSeen | None) -> Side:
    """Return what the exchange stated last."""
    held = None if balances is None else {Key(row.wallet, row.asset): row.total for row in balances.rows}
    wallets = frozenset(key.wallet for key in held or ())
    return Side(
        balances=held,
        positions=None if positions is None else {Key(r.wallet, r.symbol, r.side): r.quantity for r in positions.rows},
        entries={}
        if positions is None
        else {
            Key(row.wallet, row.symbol, row.side): row.entry_price
            for row in positions.rows
            if row.entry_price is not None and row.quantity
        },
        told=wallets or None,
        complete=balances is not None and balances.complete,
        positions_complete=positions is not None and positions.complete,
    )
