"""One comparison of an account's ledger with what its exchange states, from what is committed, kept for ever.

Nothing is asked here: whoever collects asks, and this looks at what came of it. A run of a process that watches is kept
when it says something new; one that a person or a timer asked for is kept always.
"""

from __future__ import annotations

from collections.abc import Sequence
from itertools import islice

import msgspec

from account_cli import __version__
from account_cli.domain.events import Fill
from account_cli.engine.follow import Follower
from account_cli.ports import JournalReader
from account_cli.reconciliation import Item, Run, Tolerance, compare, exchange_side, hints, judge, ledger_side
from account_cli.reports.view import AccountView

RUNS_LOOKED_AT = 50
"""Earlier runs in which a difference is looked for."""
_RECENT_FILLS = 200


def reconcile(follower: Follower, account: str, *, now_ns: int, tolerance: Tolerance, settle_ns: int) -> Run:
    """Compare one account as it is committed now, in the light of its earlier runs."""
    reader = follower.reader
    with reader.snapshot_view():
        (view,) = follower.views([account])
        before = [run for _, run in reader.runs(account, limit=RUNS_LOOKED_AT)]
        return _run(view, before, reader, now_ns=now_ns, tolerance=tolerance, settle_ns=settle_ns)


def _run(
    view: AccountView,
    before: Sequence[Run],
    reader: JournalReader,
    *,
    now_ns: int,
    tolerance: Tolerance,
    settle_ns: int,
) -> Run:
    times = [seen.at_ns for seen in (view.balances, view.positions) if seen is not None]
    read_ns = min(times) if times else None
    missing = _missing(view)
    items: list[Item] = []
    if read_ns is not None:
        both = compare(ledger_side(view.state), exchange_side(view.balances, view.positions), tolerance)
        items = judge(both, read_ns, before, settle_ns)
    wrong = [item for item in items if item.state != "clean"]
    if wrong:
        fills = reader.events(view.account, kinds=("fill",), newest_first=True, limit=_RECENT_FILLS)
        recent = [event for event in islice(fills, _RECENT_FILLS) if isinstance(event, Fill)]
        wrong = [msgspec.structs.replace(item, hints=hints(item, view.coverage, recent)) for item in wrong]
    return Run(
        account=view.account,
        at_ns=now_ns,
        version=__version__,
        head=view.n,
        read_ns=read_ns,
        compared=len(items),
        items=tuple(wrong),
        missing=missing,
    )


def _missing(view: AccountView) -> tuple[str, ...]:
    """Say what the exchange has not stated at all."""
    followed = {row.kind for row in view.streams if row.strategy != "off"}
    missing = []
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
    return item.kind, item.wallet, item.key, item.difference, item.state
