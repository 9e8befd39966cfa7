"""The one way to watch: a snapshot, then the journal's tail, on a read-only connection of its own.

It makes no difference whether the writer is in this process or in another: what a follower shows is what is committed.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence

import msgspec

from account_cli.domain.events import Fill
from account_cli.domain.health import StreamRow
from account_cli.domain.identity import identity
from account_cli.domain.instruments import Instrument, from_symbol
from account_cli.domain.observations import BalancesSeen, PositionsSeen, PriceSeen
from account_cli.domain.times import DAY
from account_cli.engine.folding import METHOD, POLICY, REFOLDS_MARK, Folded, bring_up, load_folded, read_closing
from account_cli.engine.references import StoredReferences
from account_cli.engine.running import RunningBooks
from account_cli.engine.sampled import best_prices
from account_cli.ledger import LedgerState
from account_cli.ledger.closings import Closing
from account_cli.ledger.state import MethodName, Policy
from account_cli.ports import AccountRow, JournalReader
from account_cli.reconciliation import Run
from account_cli.reconciliation.continuity import Hole
from account_cli.reconciliation.proof import Proof
from account_cli.reports.view import AccountView

RUNS_SHOWN = 8
_FEW = 8
"""So many accounts are asked for one by one, rather than all that there are at once."""
RUNS_LOOKED_AT = 50
"""Earlier comparisons in which a difference is looked for."""


class Follower:
    """Reads accounts as they are committed. Synchronous; use from one thread at a time."""

    def __init__(self, reader: JournalReader, unknown_cost: Policy = POLICY) -> None:
        self.reader, self.unknown_cost = reader, unknown_cost
        self._refs = StoredReferences(reader)
        self._folded: dict[tuple[str, MethodName], Folded] = {}
        self._instruments: Mapping[str, Instrument] = {}
        self._markets: dict[str, Instrument | None] = {}
        self._books = RunningBooks()
        self._rows: dict[str, AccountRow] = {}
        self._runs: dict[str, tuple[tuple[int, Run], ...]] = {}
        self._proofs: dict[str, Proof | None] = {}
        self._earlier: dict[str, tuple[tuple[int, Run], ...]] = {}

    def accounts(self) -> list[str]:
        """Return every account this database knows."""
        return [row.account for row in self.reader.accounts()]

    def folded(self, account: str) -> Folded:
        """Return the fold of an account as it is committed now."""
        return self._bring_up(account, METHOD)

    def holes(self, account: str) -> list[Hole]:
        """Return what is missing in the exchange's own ledger, as far as that was told."""
        return self._books.holes(self.reader, account)

    def market(self, symbol: str) -> Instrument | None:
        """Return the market of a unified symbol, as it was declared or as far as the symbol itself says."""
        if symbol not in self._markets:
            try:
                self._markets[symbol] = self._instruments.get(symbol) or from_symbol(symbol)
            except ValueError:
                self._markets[symbol] = None
        return self._markets[symbol]

    def views(
        self,
        accounts: Sequence[str],
        *,
        all_orders: bool = False,
        notices: int = 0,
        method: MethodName = METHOD,
    ) -> list[AccountView]:
        """Return each account as it is committed now, all at one and the same instant.

        An account that the database does not know yet gets an empty view: nothing is known of it.
        """
        with self.reader.snapshot_view():
            rows = {row.account: row for row in self.reader.accounts()}
            few = len(accounts) <= _FEW
            streams = [one for name in accounts for one in self.reader.streams(name)] if few else self.reader.streams()
            prices = self.reader.prices()
            if not all(price.symbol in self._instruments for price in prices) or not self._instruments:
                # Markets are stored once a connection, by the thousand: read again only when one is missing.
                self._instruments = self.reader.instruments()
                self._markets.clear()
            views = []
            for account in accounts:
                folded = self._bring_up(account, method)
                row = rows.get(account, AccountRow(account=account))
                compared_ns, runs = self._compared(account)
                view = self._view(
                    row,
                    folded,
                    prices,
                    balances=self.reader.balances(account),
                    positions=self.reader.positions(account),
                    streams=(stream for stream in streams if stream.account == account),
                )
                views.append(
                    msgspec.structs.replace(
                        view,
                        orders=tuple(self.reader.orders(account, only_open=not all_orders)),
                        coverage=tuple(self.reader.coverage(account)),
                        notices=tuple(self.reader.notices(limit=notices, account=account)) if notices else (),
                        unreadable=self.reader.unreadable_count(account),
                        runs=runs,
                        proof=self._proofs.get(account),
                        compared_ns=compared_ns,
                        key=row.key,
                    )
                )
        return views

    def stated(self, accounts: Sequence[str]) -> list[AccountView]:
        """Return of each account only what its exchange stated last, what its facts came to, and how it is followed.

        For whoever looks often: no orders, no notices, no comparisons and nothing about its history.
        """
        with self.reader.snapshot_view():
            prices, views = self.reader.prices(), []
            self._instruments = self._instruments or self.reader.instruments()
            if not all(account in self._rows for account in accounts):
                self._rows = {row.account: row for row in self.reader.accounts() if row.venue}
            for account, said in self.reader.known_now(accounts).items():
                row, folded = self._rows.get(account, AccountRow(account=account)), self._folded.get((account, METHOD))
                if folded is None or (folded.n, folded.refolds) != (said.head, int(said.marks.get(REFOLDS_MARK, "0"))):
                    folded = self._bring_up(account, METHOD)
                view = self._view(
                    row, folded, prices, balances=said.balances, positions=said.positions, streams=said.streams
                )
                views.append(view)
        return views

    def _view(
        self,
        row: AccountRow,
        folded: Folded,
        prices: Sequence[PriceSeen],
        *,
        balances: BalancesSeen | None,
        positions: PositionsSeen | None,
        streams: Iterable[StreamRow],
    ) -> AccountView:
        """Return an account with what its exchange stated last, what its facts came to, and how it is followed."""
        return AccountView(
            account=row.account,
            venue=row.venue,
            user=row.user,
            derived_strategy=row.derived_strategy,
            n=folded.n,
            state=folded.state,
            balances=balances,
            positions=positions,
            orders=(),
            streams=tuple(streams),
            coverage=(),
            prices=best_prices(prices, row.venue),
            instruments=self._instruments,
        )

    def earlier_runs(self, account: str) -> list[Run]:
        """Return the newest comparisons, newest first; all are read again only for a new one."""
        looked = self.reader.looked(account)
        known = self._earlier.get(account, ())
        if not known or looked is None or known[0][0] != looked[1]:
            known = self._earlier[account] = tuple(self.reader.runs(account, limit=RUNS_LOOKED_AT))
        return [run for _, run in known]

    def _compared(self, account: str) -> tuple[int | None, tuple[tuple[int, Run], ...]]:
        """Return when the account was last compared, and its newest runs, which are read again only for a new one.

        The proof of the newest is read with them.
        """
        looked = self.reader.looked(account)
        known = self._runs.get(account, ())
        if not known or looked is None or known[0][0] != looked[1]:
            earlier = self._earlier.get(account, ())
            fresh = earlier and looked is not None and earlier[0][0] == looked[1]
            known = earlier[:RUNS_SHOWN] if fresh else tuple(self.reader.runs(account, limit=RUNS_SHOWN))
            self._runs[account] = known
            self._proofs[account] = self.reader.proof(known[0][0]) if known and known[0][1].items else None
        at_ns = looked[0] if looked is not None else known[0][1].at_ns if known else None
        return at_ns, known

    def views_at(self, accounts: Sequence[str], at_ns: int, *, method: MethodName = METHOD) -> list[AccountView]:
        """Return each account as its facts up to ``at_ns`` say: reconstructed, so without anything observed.

        Prices are the stored ones, and those of the account's own fills, nearest before that time.
        """
        with self.reader.snapshot_view():
            rows = {row.account: row for row in self.reader.accounts()}
            instruments = self.reader.instruments()
            views = []
            for account in accounts:
                row = rows.get(account, AccountRow(account=account))
                folded = load_folded(
                    self.reader,
                    account,
                    StoredReferences(self.reader),
                    method,
                    at_ns=at_ns,
                    unknown_cost=self.unknown_cost,
                )
                views.append(
                    AccountView(
                        account=account,
                        venue=row.venue,
                        user=row.user,
                        derived_strategy=row.derived_strategy,
                        n=folded.n,
                        state=folded.state,
                        balances=None,
                        positions=None,
                        orders=(),
                        streams=(),
                        coverage=tuple(self.reader.coverage(account)),
                        prices=self._prices_at(folded.state, at_ns),
                        instruments=instruments,
                    )
                )
        return views

    def fills(
        self,
        account: str | None,
        *,
        limit: int | None,
        since_ns: int | None = None,
        until_ns: int | None = None,
        symbol: str | None = None,
    ) -> list[tuple[Fill, list[Closing]]]:
        """Return fills, newest first, each with what it closed."""
        closings: dict[tuple[str, str], list[Closing]] = {}
        events = [
            event
            for event in self.reader.events(
                account,
                kinds=("fill",),
                symbol=symbol,
                since_ns=since_ns,
                until_ns=until_ns,
                limit=limit,
                newest_first=True,
            )
            if isinstance(event, Fill)
        ]
        if not events:
            return []
        # A closing stands beside its fill: those between the oldest and the newest shown are all that are wanted.
        kept = self.reader.kept(account, METHOD, since_ns=events[-1].time_ns, until_ns=events[0].time_ns + 1)
        for name, row in kept:
            closings.setdefault((name, row.key[2]), []).append(read_closing(row))
        return [(event, closings.get((event.account, identity(event)), [])) for event in events]

    def _bring_up(self, account: str, method: MethodName) -> Folded:
        self._refs.forget()
        known = self._folded.get((account, method))
        if known is None:
            folded = load_folded(self.reader, account, self._refs, method, unknown_cost=self.unknown_cost)
        else:
            folded = bring_up(known, self.reader, self._refs)
        self._folded[account, method] = folded
        return folded

    def _prices_at(self, state: LedgerState, at_ns: int) -> dict[str, PriceSeen]:
        """Return by symbol the last price before then: stored, else that of the last fill."""
        prices: dict[str, PriceSeen] = {}
        for asset in sorted({asset for (_, asset), held in state.balances().items() if held}):
            for quote in self.reader.quotes(asset, at_ns - DAY, at_ns + 1):
                symbol = f"{asset}/{quote.currency}"
                prices[symbol] = PriceSeen(symbol=symbol, price=quote.price, at_ns=quote.time_ns, venue=quote.source)
        for symbol in sorted({figures.symbol for figures in state.positions()}):
            last = self.reader.events(
                state.account, kinds=("fill",), symbol=symbol, until_ns=at_ns + 1, limit=1, newest_first=True
            )
            for event in last:
                if isinstance(event, Fill) and (symbol not in prices or prices[symbol].at_ns < event.time_ns):
                    prices[symbol] = PriceSeen(symbol=symbol, price=event.price, at_ns=event.time_ns, venue="fill")
        return prices
