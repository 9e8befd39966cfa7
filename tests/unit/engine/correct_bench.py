"""An account on a real database whose exchange states what a test says, compared and corrected as acct does it."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from decimal import Decimal

from account_cli.collector.delivery import Delivery
from account_cli.domain.events import Adjustment, Event
from account_cli.domain.health import Coverage
from account_cli.domain.instruments import Instrument
from account_cli.domain.observations import Balance, BalancesSeen, Position, PositionsSeen
from account_cli.domain.times import SECOND
from account_cli.engine.correcting import Keeping
from account_cli.engine.follow import Follower
from account_cli.engine.ingest import Ingest
from account_cli.engine.openings import settled
from account_cli.engine.proving import Proving
from account_cli.engine.reconciling import reconcile
from account_cli.ledger import LedgerState
from account_cli.ports import Location, Origin
from account_cli.reconciliation import Run, Tolerance
from account_cli.storage import open_journal
from tests.unit.engine.engine_facts import START, FixedClock, folded

WHOLE = tuple(Coverage(kind=kind, since_ns=0, from_start=True) for kind in ("fills", "transfers"))
Held = tuple[str, str, str]
"""Wallet, asset, total."""


class CorrectBench:
    """One account, ``a``; the clock stands an hour after the first fact until it is turned."""

    def __init__(self, path: Location) -> None:
        self.journal, self.clock = open_journal(path), FixedClock(START + 3600 * SECOND)
        self.ingest = Ingest(self.journal, self.clock)
        self.reader = self.journal.reader()

    def close(self) -> None:
        self.reader.close()
        self.journal.close()

    def tell(self, events: Iterable[Event], origin: Origin = "rest", instruments: Sequence[Instrument] = ()) -> None:
        """Tell facts; history counts as read to its start and settled."""
        delivery = Delivery(
            account="a",
            origin=origin,
            events=tuple(events),
            instruments=tuple(instruments),
            coverage=WHOLE,
            cursors=settled(WHOLE),
        )
        self.ingest.write([delivery])

    def state(self, balances: Sequence[Held], positions: Sequence[Position] | None = None) -> None:
        """Let the exchange state what is held, ten seconds later than before."""
        self.clock.ns += 10 * SECOND
        now = self.clock.now_ns()
        rows = tuple(Balance(wallet=wallet, asset=asset, total=Decimal(total)) for wallet, asset, total in balances)
        seen = [BalancesSeen(account="a", at_ns=now, complete=True, rows=rows)]
        if positions is not None:
            held = PositionsSeen(account="a", at_ns=now, complete=True, rows=tuple(positions))
            self.ingest.write([Delivery(account="a", observations=(*seen, held))])
        else:
            self.ingest.write([Delivery(account="a", observations=tuple(seen))])

    def compare(self, tolerance: Tolerance = Tolerance()) -> Run:  # noqa: B008
        return reconcile(
            Follower(self.reader), "a", now_ns=self.clock.now_ns(), tolerance=tolerance, settle_ns=5 * SECOND
        )

    def keep(self, run: Run, *, correct: bool = False) -> Run:
        keeping = Keeping(Proving(run=run), correct=correct)
        self.ingest.write_planned(keeping)
        return keeping.run

    def correct(
        self, balances: Sequence[Held], positions: Sequence[Position] | None = None, *, tolerance: str = "0"
    ) -> Run:
        """Read twice, compare twice, correct what stays."""
        within = Tolerance(balance=Decimal(tolerance))
        self.state(balances, positions)
        self.keep(self.compare(within))
        self.state(balances, positions)
        return self.keep(self.compare(within), correct=True)

    def corrections(self) -> list[Adjustment]:
        """Return the corrections that still stand for something."""
        found = self.reader.events("a", kinds=("adjustment",))
        return [one for one in found if isinstance(one, Adjustment) and one.amount]

    def ledger(self) -> LedgerState:
        return folded(self.journal).state

    def balance(self, asset: str, wallet: str = "spot") -> Decimal:
        return self.ledger().balances().get((wallet, asset), Decimal(0))

    def told(self) -> list[str]:
        """Return what was said of corrections, oldest first."""
        return [one.text for one in reversed(self.reader.notices()) if one.code == "correction"]
