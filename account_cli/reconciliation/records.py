"""A run of reconciliation as it is kept: what was read, when, by which version, what differed, what it was called."""

from __future__ import annotations

from collections.abc import Iterable
from decimal import Decimal
from typing import Literal

import msgspec

from account_cli.domain.money import MONEY

ItemKind = Literal["balance", "position", "entry", "order", "fill", "running", "journal"]
"""``entry`` is a position's average entry price, ``order`` how much of an order was filled, ``fill`` how many there
were in an interval, ``running`` a balance that the exchange's own ledger states after each of its entries: on
both sides the exchange's. ``journal`` are lines of the journal that are not what was stored: no figure, and no side."""
ReconcileState = Literal["clean", "explained", "pending", "unexplained", "unknown"]
HISTORY_UNREAD = "its history is still being read"
DOES_NOT_ADD_UP = "its balances are not what its facts add up to: acct rebuild --check says where"
_WORST_FIRST: tuple[ReconcileState, ...] = ("unexplained", "unknown", "pending", "explained", "clean")

Sure = Literal["found", "fits", "possible"]
"""How sure a cause is: a fact that came to be known, what fits the figures exactly, what may be."""
CauseName = Literal[
    "fill", "deposit", "withdrawal", "transfer", "fee", "funding", "interest", "reward", "rebate", "borrowing",
    "settlement", "liquidation", "closed_elsewhere", "conversion", "dust", "rename", "before_history", "unclassified",
    "told_otherwise", "changed", "untold", "late_answer", "gap", "out_of_reach", "not_read", "wallet_not_covered",
]  # fmt: skip


class Cause(msgspec.Struct, frozen=True, kw_only=True):
    """What may have made a figure differ, in a sentence; ``facts`` are the identities of those that were found."""

    name: CauseName
    sure: Sure
    text: str
    facts: tuple[str, ...] = ()


class Item(msgspec.Struct, frozen=True, kw_only=True):
    """One figure on both sides; None is a side that says nothing of it, which is not zero.

    ``since_ns`` is when it was first seen to differ, and has differed in every reading since; ``clean_ns`` when it was
    last seen to agree before that, None when it never was. What caused it lies between. ``causes`` are what that was
    or may have been, best first, and ``hints`` their sentences. One that is explained agrees now: the figures are those
    of when it did not. ``corrected`` is the identity of the adjustment that the run then made of it.
    """

    kind: ItemKind
    wallet: str
    key: str
    local: Decimal | None
    exchange: Decimal | None
    state: ReconcileState
    since_ns: int | None = None
    clean_ns: int | None = None
    hints: tuple[str, ...] = ()
    corrected: str | None = None
    as_of_ns: int | None = None
    """The exchange's figure is what the ledger held until then: its answer is late."""

    @property
    def what(self) -> str:
        """The figure in words."""
        if self.kind == "journal":
            return f"journal {self.key}"
        return f"{'running balance' if self.kind == 'running' else self.kind} of {self.key}"

    @property
    def name(self) -> str:
        """The asset or symbol alone."""
        return self.key.partition(" ")[0]

    causes: tuple[Cause, ...] = ()

    @property
    def is_break(self) -> bool:
        """True for what stays unexplained and was not corrected: the two sides differ still."""
        return self.state == "unexplained" and self.corrected is None

    @property
    def slot(self) -> tuple[str, str, str]:
        """Which figure this is, from run to run."""
        return self.kind, self.wallet, self.key

    @property
    def lasted(self) -> bool:
        """False when it agreed once this run was over: it was explained, or corrected."""
        return self.state != "explained" and self.corrected is None

    @property
    def difference(self) -> Decimal | None:
        """Exchange − local, exactly; None when a side says nothing."""
        return None if self.local is None or self.exchange is None else MONEY.subtract(self.exchange, self.local)


class Run(msgspec.Struct, frozen=True, kw_only=True):
    """One comparison of one account. ``items`` are those that are not clean; ``compared`` counts all.

    ``head`` is the journal line that the ledger's side rests on, ``read_ns`` when the exchange stated its side.
    ``missing`` says what could not be compared at all.
    """

    account: str
    at_ns: int
    version: str
    head: int
    read_ns: int | None
    compared: int
    items: tuple[Item, ...] = ()
    missing: tuple[str, ...] = ()

    @property
    def state(self) -> ReconcileState:
        """The worst of all."""
        return worst([*(item.state for item in self.items), *(("unknown",) if self.missing else ())])

    @property
    def waits_for_history(self) -> bool:
        """True when nothing was compared because history is still being read."""
        return HISTORY_UNREAD in self.missing and not self.items

    @property
    def is_decided(self) -> bool:
        """False when another reading may say more."""
        return set(self.missing) <= {DOES_NOT_ADD_UP} and all(item.state != "pending" for item in self.items)


def worst(states: Iterable[ReconcileState]) -> ReconcileState:
    """Return the worst of these; clean for none."""
    found = set(states)
    return next((state for state in _WORST_FIRST if state in found), "clean")
