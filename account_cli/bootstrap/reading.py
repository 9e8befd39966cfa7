"""What the read commands ask: committed data only, no exchange, nothing heavy loaded.

The one thing that is written is what was just worked out at length, a fold by another method than average cost, where
the database lets us: so that the next to ask need not work it out again.
"""

from __future__ import annotations

import time
from collections.abc import Iterator, Sequence
from contextlib import contextmanager, suppress
from typing import TYPE_CHECKING

import msgspec

from account_cli.config import Config
from account_cli.domain.events import Event, Fill, TransferArrived
from account_cli.domain.health import Contradiction, Notice
from account_cli.engine.contradictions import contradictions
from account_cli.engine.folding import METHOD, POLICY
from account_cli.engine.follow import Follower
from account_cli.engine.keeping import closings_of, keep
from account_cli.engine.references import MarketReferences, StoredReferences
from account_cli.engine.refolding import restatements
from account_cli.errors import StorageError
from account_cli.ledger.closings import Closing
from account_cli.ledger.figures import LotFigures
from account_cli.ledger.state import MethodName, Policy
from account_cli.ports import Journal, JournalReader
from account_cli.reconciliation.own import AFTER_NS, BEFORE_NS, OwnTransfers, link
from account_cli.reports.view import AccountView

if TYPE_CHECKING:
    from account_cli.bootstrap.stored_prices import Known
    from account_cli.ledger.accounting import AccountBook
    from account_cli.reports.history import Calendar, HistoryPoint, Interval


class Reading:
    """Answers about one database; where there is none yet nothing is known and every answer is empty.

    ``unknown_cost`` is the policy that every answer follows; an answer by another than ``exclude`` is folded from the
    first fact each time.
    """

    def __init__(
        self, config: Config, reader: JournalReader | None, now_ns: int, unknown_cost: Policy = POLICY
    ) -> None:
        self.config, self.reader, self.now_ns, self.unknown_cost = config, reader, now_ns, unknown_cost
        self._follower = Follower(reader, unknown_cost) if reader is not None else None
        self._journal: Journal | None = None
        self.prices: Known = {}
        """The stored prices that this run has looked up."""

    def close(self) -> None:
        """Give back what was opened to keep results."""
        if self._journal is not None:
            self._journal.close()
            self._journal = None

    def accounts(self, names: Sequence[str] = ()) -> list[str]:
        """Return the accounts meant by ``names``: all known and configured ones when none is named.

        Raises ``InputError`` for a name that is neither known, configured, nor an exchange.
        """
        known = self._follower.accounts() if self._follower else []
        if not names or "@all" in names:
            return list(dict.fromkeys([*known, *self.config.accounts]))
        return [name if name in known else self.config.account(name).name for name in dict.fromkeys(names)]

    def views(
        self,
        names: Sequence[str] = (),
        *,
        all_orders: bool = False,
        at_ns: int | None = None,
        method: MethodName = METHOD,
    ) -> list[AccountView]:
        """Return what is known of each account, all at one instant; with ``at_ns`` what its facts up to then say."""
        if self._follower is None:
            return []
        accounts = self.accounts(names)
        self.keep(accounts, method)
        if at_ns is not None:
            return self._follower.views_at(accounts, at_ns, method=method)
        return self._follower.views(accounts, all_orders=all_orders, method=method)

    def present(
        self, names: Sequence[str] = (), *, all_orders: bool = False, method: MethodName = METHOD
    ) -> list[AccountView]:
        """Return what is known now; an account that nobody collects with the last prices its files tell."""
        found = self.views(names, all_orders=all_orders, method=method)
        return [view if view.venue is not None or view.streams else self._imported(view) for view in found]

    def _imported(self, view: AccountView) -> AccountView:
        from account_cli.bootstrap.stored_prices import with_stored_prices

        (past,) = self.views([view.account], at_ns=self.now_ns)
        known = msgspec.structs.replace(view, prices={**past.prices, **view.prices})
        return with_stored_prices(self.reader, known, self.now_ns, self.prices)

    def fills(
        self,
        names: Sequence[str] = (),
        *,
        symbol: str | None = None,
        since_ns: int | None = None,
        until_ns: int | None = None,
        limit: int | None = None,
    ) -> list[tuple[Fill, list[Closing]]]:
        """Return fills with what each closed, newest first."""
        if self._follower is None:
            return []
        found: list[tuple[Fill, list[Closing]]] = []
        for account in self.accounts(names):
            found += self._follower.fills(account, symbol=symbol, since_ns=since_ns, until_ns=until_ns, limit=limit)
        found.sort(key=lambda one: (one[0].time_ns, one[0].seq or 0, one[0].id), reverse=True)
        return found if limit is None else found[:limit]

    def transfers(
        self, names: Sequence[str] = (), *, since_ns: int | None = None, until_ns: int | None = None
    ) -> list[TransferArrived]:
        """Return deposits, withdrawals and internal transfers, oldest first."""
        found = self.events(names, kinds=("transfer",), since_ns=since_ns, until_ns=until_ns)
        return sorted(
            (event for event in found if isinstance(event, TransferArrived)),
            key=lambda event: (event.time_ns, event.account, event.id),
        )

    def own_transfers(self, since_ns: int | None = None, until_ns: int | None = None) -> OwnTransfers:
        """Return the transfers between all accounts of this database, those of ``[since, until)`` for sure."""
        apart_ns = AFTER_NS + BEFORE_NS
        since_ns = None if since_ns is None else since_ns - apart_ns
        return link(self.transfers(since_ns=since_ns, until_ns=None if until_ns is None else until_ns + apart_ns))

    def events(
        self,
        names: Sequence[str] = (),
        *,
        kinds: Sequence[str] = (),
        since_ns: int | None = None,
        until_ns: int | None = None,
        symbol: str | None = None,
    ) -> Iterator[Event]:
        """Yield facts account by account, each account's in their order, within ``[since, until)``."""
        if self.reader is None:
            return
        for account in self.accounts(names):
            yield from self.reader.events(account, kinds=kinds, since_ns=since_ns, until_ns=until_ns, symbol=symbol)

    def closings(
        self,
        names: Sequence[str] = (),
        *,
        since_ns: int | None = None,
        until_ns: int | None = None,
        method: MethodName = METHOD,
    ) -> list[Closing]:
        """Return what closing fills realised by ``method``, oldest first, within ``[since, until)``."""
        if self.reader is None:
            return []
        accounts = self.accounts(names)
        self.keep(accounts, method)
        refs = StoredReferences(self.reader)
        found: list[Closing] = []
        with self.reader.snapshot_view():
            for account in accounts:
                found += closings_of(
                    self.reader,
                    account,
                    refs,
                    method,
                    since_ns=since_ns,
                    until_ns=until_ns,
                    unknown_cost=self.unknown_cost,
                )
        return sorted(found, key=lambda closing: (closing.time_ns, closing.seq or 0, closing.identity))

    def lots(self, names: Sequence[str] = (), *, method: MethodName = "fifo") -> list[tuple[str, LotFigures]]:
        """Return the open lots of each account."""
        return [(view.account, lot) for view in self.views(names, method=method) for lot in view.state.lots()]

    def book(
        self, names: Sequence[str] = (), *, currency: str, method: MethodName = METHOD
    ) -> list[tuple[str, AccountBook]]:
        """Return each account's accounting book of all facts; it is folded every time."""
        (books,) = self.books(names, (None,), currency=currency, method=method)
        return books

    def books(
        self, names: Sequence[str], edges: Sequence[int | None], *, currency: str, method: MethodName = METHOD
    ) -> list[list[tuple[str, AccountBook]]]:
        """Return each account's accounting book as it stood before each of ``edges``, in one fold of its facts.

        The edges come in order, None is after the last fact. Closings and missing prices of a book are those since the
        edge before; all else is since the beginning.
        """
        from account_cli.ledger.accounting import account_books

        found: list[list[tuple[str, AccountBook]]] = [[] for _ in edges]
        if self.reader is None:
            return found
        for account in self.accounts(names):
            books = account_books(
                account,
                self.reader.events(account, until_ns=edges[-1] if edges else 0),
                MarketReferences(self.reader),
                edges,
                currency=currency,
                method=method,
                pegged=self.config.pegged,
                unknown_cost=self.unknown_cost,
            )
            for column, book in zip(found, books, strict=True):
                column.append((account, book))
        return found

    def history(
        self,
        names: Sequence[str] = (),
        *,
        interval: Interval = "1h",
        since_ns: int | None = None,
        until_ns: int | None = None,
        symbol: str | None = None,
        calendar: Calendar | None = None,
    ) -> list[HistoryPoint]:
        """Return recorded points whose bucket began within ``[since, until)``, by account, symbol and time.

        ``symbol`` empty is the accounts themselves, None them and all their markets. Days, weeks and months are those
        of ``calendar``, of UTC for None.
        """
        from account_cli.engine.history import points

        if self.reader is None:
            return []
        found = [
            point
            for account in self.accounts(names)
            for point in points(
                self.reader, account, interval, since_ns=since_ns, until_ns=until_ns, symbol=symbol, calendar=calendar
            )
        ]
        return sorted(found, key=lambda point: (point.account, point.symbol or "", point.at_ns))

    def restatements(self, limit: int = 100) -> list[Notice]:
        """Return which figures changed after they had been kept, newest first."""
        if self.reader is None:
            return []
        return restatements(self.reader, limit)

    def contradictions(self, names: Sequence[str] = ()) -> list[Contradiction]:
        """Return every telling of a fact that contradicts the one that stands, account by account."""
        if self.reader is None:
            return []
        return [one for account in self.accounts(names) for one in contradictions(self.reader, account)]

    def keep(self, accounts: Sequence[str], method: MethodName) -> None:
        """Keep the fold by ``method`` where the database can be written; where not, it is folded every time."""
        if self.reader is None or method == METHOD or self.unknown_cost != POLICY:
            return
        with suppress(StorageError):
            for account in accounts:
                keep(self.reader, account, method, StoredReferences(self.reader), self._writable)

    def _writable(self) -> Journal:
        from account_cli.storage import open_journal

        if self._journal is None:
            self._journal = open_journal(self.config.database)
        return self._journal


@contextmanager
def reading(config: Config, unknown_cost: Policy = POLICY) -> Iterator[Reading]:
    """Open the database for reading only; raises ``StorageError`` when it is there and cannot be used."""
    from account_cli.storage import has_database, open_reader

    now = time.time_ns()
    if not has_database(config.database):
        yield Reading(config, None, now, unknown_cost)
        return
    reader = open_reader(config.database)
    read = Reading(config, reader, now, unknown_cost)
    try:
        yield read
    finally:
        read.close()
        reader.close()
