"""``acct close``: a period's figures are locked; whatever changes them afterwards is listed against them."""

from __future__ import annotations

from collections.abc import Sequence
from decimal import Decimal

import msgspec

from account_cli.bootstrap.reading import Reading, reading
from account_cli.config import Config
from account_cli.domain.identity import OrderKey
from account_cli.errors import InputError
from account_cli.ledger import RULES
from account_cli.ports import KeptRow
from account_cli.reports.pnl import pnl
from account_cli.reports.rows import PnlRow
from account_cli.storage import open_journal

_MARK = "closed:"
LOCKED = (
    "gross_realized_pnl", "fees", "realized_pnl", "fees_paid", "funding", "other_income", "unknown_cost_quantity",
    "unknown_cost_proceeds", "unpriced_fees", "closed_trades",
)  # fmt: skip
"""The figures that are compared. Unrealised P&L rests on prices, which a period's end alone does not have."""


class ClosedPeriod(msgspec.Struct, frozen=True, kw_only=True):
    """When what was locked for one account; ``[since, until)`` in nanoseconds since 1970."""

    account: str
    label: str
    since_ns: int | None
    until_ns: int
    closed_ns: int
    rules: int


class ClosedFigure(msgspec.Struct, frozen=True, kw_only=True):
    """One market of a closed period: what was locked and what follows from the facts now; None where there is none."""

    period: ClosedPeriod
    symbol: str
    currency: str
    locked: PnlRow | None
    now: PnlRow | None

    @property
    def differences(self) -> dict[str, tuple[Decimal | int, Decimal | int]]:
        """Return the locked figures that have changed: by name, what was locked and what is."""
        pairs = {name: (_figure(self.locked, name), _figure(self.now, name)) for name in LOCKED}
        return {name: (old, new) for name, (old, new) in pairs.items() if old != new}


def close_period(
    config: Config, names: Sequence[str], since_ns: int | None, until_ns: int, label: str
) -> list[ClosedFigure]:
    """Lock the figures of ``[since, until)`` under ``label`` and return them.

    Raises ``InputError`` when the period is not over, or ``label`` is already closed for one of the accounts.
    """
    with reading(config) as read:
        if until_ns > read.now_ns:
            raise InputError(f"the period {label} is not over yet", hint="Close it when it is.")
        accounts = [name for name in read.accounts(names) if read.reader is not None and read.reader.head(name)]
        if not accounts:
            raise InputError("there are no facts to close", hint="Run `acct poll` or `acct import` first.")
        for account in accounts:
            if any(one.label == label for one in _periods(read, account)):
                raise InputError(f"{label} of {account} is closed already", hint="Its figures stay as they were.")
        periods = [
            ClosedPeriod(
                account=account, label=label, since_ns=since_ns, until_ns=until_ns, closed_ns=read.now_ns, rules=RULES
            )
            for account in accounts
        ]
        locked = [(period, _figures(read, period)) for period in periods]
    _store(config, locked)
    return [
        ClosedFigure(period=period, symbol=row.key, currency=row.currency, locked=row, now=row)
        for period, rows in locked
        for row in rows
    ]


def closed_periods(config: Config, names: Sequence[str] = ()) -> list[ClosedFigure]:
    """Return every locked figure beside what it is now, also those that were locked as nothing and are something."""
    with reading(config) as read:
        return [
            figure
            for account in read.accounts(names)
            for period in _periods(read, account)
            for figure in _against(read, period)
        ]


def _store(config: Config, locked: Sequence[tuple[ClosedPeriod, Sequence[PnlRow]]]) -> None:
    journal = open_journal(config.database, announces=config.redis is not None)
    try:
        with journal.transaction() as tx:
            for account in sorted({period.account for period, _ in locked}):
                tx.hold(account)
            for period, rows in locked:
                name = _MARK + period.label
                if name in tx.marks(period.account):
                    raise InputError(f"{period.label} of {period.account} is closed already")
                tx.put_marks(period.account, {name: msgspec.json.encode(period).decode()})
                tx.put_kept(period.account, name, [_row(period, row) for row in rows])
    finally:
        journal.close()


def _row(period: ClosedPeriod, row: PnlRow) -> KeptRow:
    key: OrderKey = (period.until_ns, -1, f"{row.key}|{row.currency}")
    return KeptRow(key=key, ordinal=0, symbol=row.key, currency=row.currency, body=msgspec.json.encode(row))


def _periods(read: Reading, account: str) -> list[ClosedPeriod]:
    if read.reader is None:
        return []
    marks = read.reader.marks(account)
    found = [msgspec.json.decode(v, type=ClosedPeriod) for k, v in marks.items() if k.startswith(_MARK)]
    return sorted(found, key=lambda period: (period.until_ns, period.label))


def _against(read: Reading, period: ClosedPeriod) -> list[ClosedFigure]:
    assert read.reader is not None
    kept = read.reader.kept(period.account, _MARK + period.label)
    locked = {(row.symbol, row.currency): msgspec.json.decode(row.body, type=PnlRow) for _, row in kept}
    now = {(row.key, row.currency): row for row in _figures(read, period)}
    return [
        ClosedFigure(period=period, symbol=key[0], currency=key[1], locked=locked.get(key), now=now.get(key))
        for key in sorted({*locked, *now})
    ]


def _figures(read: Reading, period: ClosedPeriod) -> list[PnlRow]:
    """Work the period out: the state at its end less the state at its beginning."""
    after = read.views([period.account], at_ns=period.until_ns - 1)
    before = [] if period.since_ns is None else read.views([period.account], at_ns=period.since_ns - 1)
    rows = pnl(after, now_ns=period.until_ns, before=before, pegged=read.config.pegged).items
    return [
        msgspec.structs.replace(row, unrealized_pnl=None, net_pnl=None)
        for row in rows
        if any(_figure(row, name) for name in LOCKED)
    ]


def _figure(row: PnlRow | None, name: str) -> Decimal | int:
    value: Decimal | int = 0 if row is None else getattr(row, name)
    return value
