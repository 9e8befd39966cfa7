"""One comparison of an account's ledger with what its exchange states, from what is committed.

Nothing is asked here: whoever collects asks, and this looks at what came of it.
"""

from __future__ import annotations

from collections.abc import Sequence
from itertools import islice

from account_cli import __version__
from account_cli.domain.events import Fill
from account_cli.domain.health import gaps
from account_cli.engine.affected import moving
from account_cli.engine.contradictions import contradictions
from account_cli.engine.correcting import standing_corrections
from account_cli.engine.earlier import earlier_sides
from account_cli.engine.follow import Follower
from account_cli.engine.openings import are_settled
from account_cli.engine.ordered import count_items, order_items
from account_cli.ports import JournalReader
from account_cli.reconciliation import (
    LAG_NS,
    SWEEP_NS,
    Clues,
    Item,
    Run,
    Tolerance,
    compare,
    exchange_side,
    explain,
    explained,
    in_flight,
    judge,
    ledger_side,
)
from account_cli.reconciliation.continuity import Hole, items_of
from account_cli.reconciliation.correcting import covered
from account_cli.reconciliation.records import HISTORY_UNREAD
from account_cli.reports.view import AccountView

_RECENT_FILLS = 200


def reconcile(follower: Follower, account: str, *, now_ns: int, tolerance: Tolerance, settle_ns: int) -> Run:
    """Compare one account as it is committed now, in the light of its earlier runs."""
    reader = follower.reader
    with reader.snapshot_view():
        before = follower.earlier_runs(account)
        (view,) = follower.views([account])
        holes = follower.holes(account)
        return _run(view, before, reader, holes, now_ns=now_ns, tolerance=tolerance, settle_ns=settle_ns)


def _run(
    view: AccountView,
    before: Sequence[Run],
    reader: JournalReader,
    holes: Sequence[Hole],
    *,
    now_ns: int,
    tolerance: Tolerance,
    settle_ns: int,
) -> Run:
    times = [seen.at_ns for seen in (view.balances, view.positions) if seen is not None]
    read_ns = min(times) if times else None
    settled = are_settled(reader, view.account)
    items: list[Item] = []
    if read_ns is not None and settled:
        stated = exchange_side(view.balances, view.positions)
        items = compare(ledger_side(view.state), stated, tolerance)
        if names := {item.name for item in items if item.state == "pending"}:
            earlier = earlier_sides(reader, view.account, read_ns - LAG_NS - SWEEP_NS, names)
            items = in_flight(items, earlier, stated, tolerance)
        items += order_items(view, before, reader, read_ns) + count_items(view, reader)
        items = judge(items, read_ns, before, settle_ns)
    wrong = [item for item in items if item.state != "clean"]
    if wrong:
        wrong = explain(_clues(view, wrong, reader))
    if items and read_ns is not None:
        found = items_of(holes, read_ns, being_read=bool(gaps(view.coverage)))
        wrong += covered(found, standing_corrections(reader, view.account)) if found else []
    last = next((run for run in before if run.compared), None)
    if items and last is not None:
        wrong += _explained(last, wrong, read_ns or 0, reader)
        wrong += [item for item in last.items if item.kind == "journal"]  # until they are looked at again
    return Run(
        account=view.account,
        at_ns=now_ns,
        version=__version__,
        head=view.n,
        read_ns=read_ns,
        compared=len(items),
        items=tuple(wrong),
        missing=_missing(view, settled),
    )


def _clues(view: AccountView, wrong: Sequence[Item], reader: JournalReader) -> Clues:
    fills = reader.events(view.account, kinds=("fill",), newest_first=True, limit=_RECENT_FILLS)
    others = [row.account for row in reader.accounts() if row.account != view.account]
    last = {name: runs[0][1] for name in others if (runs := reader.runs(name, limit=1))}
    return Clues(
        wrong=wrong,
        elsewhere=[
            (name, item) for name, run in last.items() for item in run.items if item.state in {"pending", "unexplained"}
        ],
        coverage=view.coverage,
        recent=[event for event in islice(fills, _RECENT_FILLS) if isinstance(event, Fill)],
        prices={symbol: seen.price for symbol, seen in view.prices.items()},
        contracts=frozenset(row.symbol for row in (view.positions.rows if view.positions else ()) if row.quantity),
        contradictions=contradictions(reader, view.account),
    )


def _explained(before: Run, wrong: Sequence[Item], read_ns: int, reader: JournalReader) -> list[Item]:
    """Return the differences of the last comparison that are gone and were not corrected, and what explains each.

    One that had not lasted yet is explained only by what was found where history was asked for from further back.
    """
    still = {item.slot for item in wrong}
    gone = [item for item in before.items if (item.is_break or item.state == "pending") and item.slot not in still]
    if not gone or before.read_ns is None or before.read_ns >= read_ns:
        return []
    entries, found = reader.entries_since(before.account, before.head), []
    entries = moving(reader, before.account, entries, before.head)
    for item in gone:
        told = [one for one in entries if one.origin == "repair" or item.state == "unexplained"]
        found.append(explained(item, [(one.event, one.revision > 0) for one in told], before.read_ns))
    return [item for item in found if item is not None]


def _missing(view: AccountView, settled: bool) -> tuple[str, ...]:
    """Say why a comparison says nothing, or not all."""
    followed = {row.kind for row in view.streams if row.strategy != "off"}
    missing = []
    if not settled:
        missing.append(HISTORY_UNREAD)
    if view.balances is None:
        missing.append("the exchange has not stated its balances yet")
    if view.positions is None and "positions" in followed:
        missing.append("the exchange has not stated its positions yet")
    return tuple(missing)


def says_the_same(run: Run, before: Run | None) -> bool:
    """True when a run says nothing that the one before did not say."""
    if before is None or run.missing != before.missing:
        return False
    return [_said(item) for item in run.items] == [_said(item) for item in before.items]


def _said(item: Item) -> tuple[object, ...]:
    return *item.slot, item.difference, item.state
