"""A read command asks the database and nothing else: which accounts, as of now, and what is known of them.

A database that does not exist yet is an empty answer, not an error, and reading never creates one.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from typing import TYPE_CHECKING, TypeVar, cast

import msgspec

from account_cli.cli.diagnostics import note
from account_cli.cli.session import Session, venue_names
from account_cli.cli.words import choice
from account_cli.config import EVERY, Config
from account_cli.config.nearest import did_you_mean
from account_cli.errors import InputError
from account_cli.ledger.state import POLICIES
from account_cli.reports.rows import Report

if TYPE_CHECKING:
    from decimal import Decimal

    from account_cli.bootstrap import Reading
    from account_cli.cli.zones import Zone
    from account_cli.domain.events import Event
    from account_cli.ledger.state import MethodName, Policy
    from account_cli.reports.sums import PriceThen
    from account_cli.reports.view import AccountView

Row = TypeVar("Row")
RECONSTRUCTED = "reconstructed from the facts up to then; the exchange was not asked"
_ASSUMED = {"zero": "0", "market": "the price when it arrived, where one is stored"}


@dataclass(frozen=True, slots=True, kw_only=True)
class Question:
    """What a read command may look at, all of it as of one instant."""

    reading: Reading
    config: Config
    now_ns: int
    names: tuple[str, ...]
    """The accounts asked for that the database knows."""
    unknown: tuple[str, ...]
    """The accounts asked for of which nothing is known yet."""
    zone: Zone | None = None
    """Whose midnight a day begins at; None is UTC."""

    def views(
        self, *, all_orders: bool = False, at_ns: int | None = None, method: MethodName = "average"
    ) -> Sequence[AccountView]:
        """Return what is known of each account asked for; with ``at_ns`` what follows from the facts up to then."""
        if not self.names:
            return ()
        if at_ns is None:
            return self.reading.present(self.names, all_orders=all_orders, method=method)
        from account_cli.bootstrap.stored_prices import with_stored_prices

        found = self.reading.views(self.names, at_ns=at_ns, method=method)
        # Nobody collects the past: what is rebuilt of it owes no news.
        found = [msgspec.structs.replace(view, venue=None, streams=()) for view in found]
        return [with_stored_prices(self.reading.reader, view, at_ns, self.reading.prices) for view in found]

    def events(
        self, *, kinds: Sequence[str] = (), since_ns: int | None = None, until_ns: int | None = None,
        symbol: str | None = None,
    ) -> Iterator[Event]:  # fmt: skip
        """Yield the facts of each account asked for, in order; ``[since, until)``."""
        reader = self.reading.reader
        if reader is not None:
            for name in self.names:
                yield from reader.events(name, kinds=kinds, since_ns=since_ns, until_ns=until_ns, symbol=symbol)

    def price_then(self) -> PriceThen | None:
        """Return what looks up the stored price nearest to a fee, at most five minutes away."""
        reader = self.reading.reader
        if reader is None:
            return None
        from account_cli.domain.times import MINUTE
        from account_cli.engine.references import StoredReferences

        references = StoredReferences(reader)

        def price_then(asset: str, currency: str, time_ns: int) -> Decimal | None:
            quote = references.price(asset, currency, time_ns, 5 * MINUTE)
            return None if quote is None else quote.price

        return price_then

    def honest(self, report: Report[Row]) -> Report[Row]:
        """Return the report saying too which of the accounts asked for it knows nothing of."""
        waiting = tuple(f"{name}: nothing has been collected yet" for name in self.unknown)
        return msgspec.structs.replace(report, incomplete=report.incomplete + waiting) if waiting else report

    @property
    def empty(self) -> str:
        """What to do when there is nothing to show."""
        if self.names:
            return "nothing to show"
        name = self.unknown[0] if self.unknown else None
        if name is None:
            return "nothing has been collected yet; try acct demo, or acct watch kraken with your key"
        return f"nothing has been collected yet for {name}; run acct poll {name}"


def nothing_of(question: Question, symbol: str | None) -> str:
    """Return what to say of an empty answer: for a market that nobody knows, the nearest one that somebody does."""
    reader = question.reading.reader
    if symbol is None or reader is None or not question.names:
        return question.empty
    known = {name for account in question.names for name in reader.symbols(account)}
    if symbol in known:
        return question.empty
    hint = did_you_mean(symbol, known)
    return f"no market {symbol!r} is known" + (f"; {hint}" if hint else "")


def is_generic(venue: str | None) -> bool:
    """True for an exchange that is read through ccxt's own parsers, without an adapter of its own."""
    from account_cli.exchanges.venues import FIRST_CLASS

    return venue is not None and venue not in FIRST_CLASS


def generic_accounts(views: Sequence[AccountView]) -> frozenset[str]:
    """Return the accounts that are read by the generic adapter."""
    return frozenset(view.account for view in views if is_generic(view.venue))


@contextmanager
def ask(session: Session, names: Sequence[str] | None, unknown_cost: str = POLICIES[0]) -> Iterator[Question]:
    """Open the database for reading and look at the accounts named; at all for none or ``@all``.

    Raises ``InputError`` for a name that neither the database, nor the configuration, nor an exchange has, and for a
    policy for unknown cost that there is not.
    """
    from account_cli import bootstrap

    config = session.config
    choice(unknown_cost, POLICIES, "--unknown-cost")
    wanted = [] if names is None or EVERY in names else list(dict.fromkeys(names))
    with bootstrap.reading(config, cast("Policy", unknown_cost)) as reading:
        known = [] if reading.reader is None else [row.account for row in reading.reader.accounts()]
        _refuse_unknown(wanted, config, known)
        if unknown_cost in _ASSUMED:
            note(f"a cost that nobody knows counts as {_ASSUMED[unknown_cost]}", session)
        asked = wanted or [*known, *(name for name in config.accounts if name not in known)]
        yield Question(
            reading=reading,
            config=config,
            now_ns=reading.now_ns,
            names=tuple(name for name in asked if name in known),
            unknown=tuple(name for name in asked if name not in known),
            zone=session.shape.zone,
        )


def _refuse_unknown(wanted: Sequence[str], config: Config, known: Sequence[str]) -> None:
    for name in wanted:
        if name in known or name in config.accounts:
            continue
        venues = venue_names()
        if name not in venues:
            hint = did_you_mean(name, [*known, *config.accounts, *venues])
            raise InputError(f"unknown account {name!r}", hint=hint or "acct accounts lists them")
