"""``acct import`` and ``acct export``: facts in and out of the journal, whole or not at all."""

from __future__ import annotations

from collections.abc import Callable, Collection, Iterable, Iterator, Sequence
from decimal import Decimal, localcontext
from itertools import chain
from pathlib import Path
from typing import TextIO

import msgspec

from account_cli.bootstrap.reading import reading
from account_cli.collector.delivery import Delivery
from account_cli.config import Config
from account_cli.domain.events import Event, Fill
from account_cli.domain.identity import OrderKey, order_key
from account_cli.domain.money import MONEY, ZERO
from account_cli.engine.folding import METHOD
from account_cli.engine.ingest import Ingest
from account_cli.engine.openings import is_no_opening
from account_cli.interchange.csv_fills import read_fills, write_fills
from account_cli.interchange.files import open_lines
from account_cli.interchange.importing import Plan, plan_import
from account_cli.interchange.ndjson import read_ledger, write_ledger
from account_cli.ledger.closings import Closing
from account_cli.ports import AccountRow, JournalReader, KeptRow
from account_cli.reconciliation import is_spent
from account_cli.reports.fills import fill_row
from account_cli.storage import open_journal


def import_file(config: Config, path: Path) -> dict[str, int]:
    """Store every fact of a ledger file, or of a CSV file of fills; return how many were added, completed, known.

    The file is checked and stored in one transaction: an ``InputError`` (file, line, field) leaves nothing behind.
    """
    from account_cli.bootstrap.collecting import SystemClock

    plan: Plan | None = None

    def deliveries(reader: JournalReader) -> list[Delivery]:
        nonlocal plan
        read = read_fills if path.suffix.lower() == ".csv" else read_ledger
        with open_lines(path) as lines:
            plan = plan_import(reader, read(lines, file=str(path)), file=str(path))
        return list(_deliveries(reader, plan))

    journal = open_journal(config.database, announces=config.redis is not None)
    try:
        Ingest(journal, SystemClock()).write_planned(deliveries)
    finally:
        journal.close()
    assert plan is not None
    return {"added": plan.added, "completed": plan.completed, "already_known": plan.duplicates}


def _deliveries(reader: JournalReader, plan: Plan) -> Iterable[Delivery]:
    """Yield markets and prices first, which may change the figures of any account, then a delivery an account."""
    known = [row.account for row in reader.accounts()]
    if plan.instruments or plan.prices:
        yield Delivery(account="", origin="import", instruments=plan.instruments, quotes=plan.prices)
    for account, facts in plan.facts.items():
        yield Delivery(
            account=account,
            origin="import",
            events=tuple(fact.event for fact in facts),
            account_row=None if account in known else AccountRow(account=account),
        )


def export(config: Config, names: Sequence[str] = (), *, format: str = "ndjson", out: TextIO) -> int:  # noqa: A002
    """Write all facts of the named accounts (of all for none) as ``ndjson`` or ``csv``; return the number of facts.

    Instruments are those that a fact names. Openings and corrections of acct's own that came to nothing are left out.
    """
    count = 0
    with reading(config) as read:
        reader = read.reader
        if reader is None:
            return 0
        chosen = set(read.accounts(names))

        def events() -> Iterable[Event]:
            nonlocal count
            with reader.snapshot_view():
                for event in reader.events(kinds=("fill",) if format == "csv" else ()):
                    if event.account in chosen and not is_no_opening(event) and not is_spent(event):
                        count += 1
                        yield event

        if format == "csv":
            fills = (event for event in events() if isinstance(event, Fill))
            out.writelines(write_fills(worked_out(fills, reader, chosen)))
        else:
            symbols = frozenset[str]().union(*(reader.symbols(account) for account in chosen))
            used = [one for symbol, one in reader.instruments().items() if symbol in symbols]
            out.writelines(write_ledger(events(), used, reader.quotes()))
    return count


def worked_out(
    fills: Iterable[Fill], reader: JournalReader, accounts: Collection[str]
) -> Iterator[tuple[Fill, dict[str, Decimal | None]]]:
    """Yield each fill with what it realised by average cost and the running quantity of its symbol; nothing is held.

    ``fills`` come in order, and so do the closings kept beside them. The quantity is in base units (contracts when
    inverse), less fees in kind, from the first fill on; long and short sides of hedge mode run apart.
    """
    closings = {account: _by_fact(reader, account) for account in accounts}
    held: dict[tuple[str, str, str, str | None], Decimal] = {}
    for fill in fills:
        row = fill_row(fill, closings[fill.account](order_key(fill)))
        slot = (fill.account, fill.wallet, fill.symbol, fill.position_side)
        with localcontext(MONEY):
            held[slot] = held.get(slot, ZERO) + _moved(fill)
        yield fill, {"realized_pnl": row.realized_pnl, "roi_pct": row.roi_pct, "position": held[slot]}


def _by_fact(reader: JournalReader, account: str) -> Callable[[OrderKey], list[Closing]]:
    """Return what gives the closings of one fact after another, read once and in order."""
    rows = (row for _, row in reader.kept(account, METHOD))
    waiting: list[KeptRow] = []

    def take(key: OrderKey) -> list[Closing]:
        found: list[Closing] = []
        for row in chain(tuple(waiting), rows):
            waiting.clear()
            if row.key > key:
                waiting.append(row)
                break
            if row.key == key:
                found.append(msgspec.json.decode(row.body, type=Closing))
        return found

    return take


def _moved(fill: Fill) -> Decimal:
    quantity = fill.contracts if fill.inverse else fill.quantity
    signed = (quantity or ZERO) if fill.side == "buy" else -(quantity or ZERO)
    base = fill.symbol.partition("/")[0]
    in_kind = ZERO if fill.settle else sum((fee.amount for fee in fill.fees or () if fee.asset == base), ZERO)
    return signed - in_kind
