"""All that is known of an account at one instant: the one input of every report."""

from __future__ import annotations

from collections.abc import Mapping

import msgspec

from account_cli.domain.health import Coverage, Notice, StreamRow
from account_cli.domain.instruments import Instrument
from account_cli.domain.keys import KeyStanding
from account_cli.domain.observations import BalancesSeen, Order, PositionsSeen, PriceSeen
from account_cli.ledger.state import LedgerState
from account_cli.reconciliation import Run
from account_cli.reconciliation.proof import Proof


class Unread(msgspec.Struct, frozen=True):
    """When something was read last, and the sentence that says why it cannot be read now."""

    since_ns: int
    why: str


class AccountView(msgspec.Struct, frozen=True, kw_only=True):
    """One account, as of journal line ``n``; ``orders`` are those listed as open, or all when all were asked for."""

    account: str
    venue: str | None
    user: str | None
    derived_strategy: str | None
    n: int
    state: LedgerState
    balances: BalancesSeen | None
    positions: PositionsSeen | None
    orders: tuple[Order, ...]
    streams: tuple[StreamRow, ...]
    coverage: tuple[Coverage, ...]
    prices: Mapping[str, PriceSeen]
    """By unified symbol, of this account's venue first, of others where it has none."""
    instruments: Mapping[str, Instrument]
    notices: tuple[Notice, ...] = ()
    unreadable: int = 0
    """Texts that were received and of which something could not be read."""
    runs: tuple[tuple[int, Run], ...] = ()
    """The newest comparisons with the exchange, with their numbers, newest first."""
    proof: Proof | None = None
    """What was kept of how the balances of the newest comparison came about, where something differs."""
    compared_ns: int | None = None
    """When the account was last compared, also where that found what was known."""
    key: KeyStanding | None = None
    """How its key stood when last asked for; None where it never was."""
    unread: Unread | None = None
    """Set while the database cannot be read, and what is here is what was read before."""

    @property
    def reconciled(self) -> Run | None:
        """The last comparison with the exchange."""
        return self.runs[0][1] if self.runs else None
