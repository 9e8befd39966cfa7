"""What a reconciliation found, a row for each figure that does not agree; for all figures together one state."""

from __future__ import annotations

from collections.abc import Sequence
from decimal import Decimal

import msgspec

from account_cli.domain.money import plain
from account_cli.domain.times import format_time
from account_cli.reconciliation import Cause, Item, Run
from account_cli.reports.arithmetic import exactly, percent
from account_cli.reports.rows import Report


class Interval(msgspec.Struct, frozen=True, kw_only=True):
    """From one time to another."""

    from_at: int
    until_at: int


class ReconcileRow(msgspec.Struct, frozen=True, kw_only=True):
    """A figure on both sides: ``difference`` is exchange − local, ``difference_pct`` of the local figure.

    ``since_at`` is when it was first seen to differ; ``first_bad_interval`` are the last time it was seen to agree and
    that one, None when it was never seen to agree.
    """

    account: str
    kind: str
    key: str
    wallet: str
    local: Decimal | None
    exchange: Decimal | None
    difference: Decimal | None
    difference_pct: Decimal | None
    state: str
    explanation: tuple[str, ...]
    corrected: bool
    first_bad_interval: Interval | None
    since_at: int | None
    causes: tuple[Cause, ...] = ()


class RunRow(msgspec.Struct, frozen=True, kw_only=True):
    """A run as it was kept: ``read_at`` is when the exchange stated its side, ``head`` the ledger's last line."""

    id: int
    account: str
    time: int
    state: str
    compared: int
    differing: int
    read_at: int | None
    head: int
    version: str


def reconciled(runs: Sequence[Run], *, now_ns: int) -> Report[ReconcileRow]:
    """Return the rows of these runs, one run an account."""
    rows = [_row(run, item) for run in runs for item in run.items]
    missing = tuple(f"{run.account}: {what}" for run in runs for what in run.missing)
    return Report(name="reconcile", as_of=now_ns, items=tuple(rows), incomplete=missing)


def history(runs: Sequence[tuple[int, Run]], *, now_ns: int) -> Report[RunRow]:
    """Return a row for each run, in the order given."""
    rows = tuple(
        RunRow(
            id=number,
            account=run.account,
            time=run.at_ns,
            state=run.state,
            compared=run.compared,
            differing=len(run.items),
            read_at=run.read_ns,
            head=run.head,
            version=run.version,
        )
        for number, run in runs
    )
    return Report(name="reconcile.history", as_of=now_ns, items=rows)


def summary(run: Run) -> str:
    """Return one line about a run, for people."""
    if run.state == "clean":
        return f"{run.account}: clean, {run.compared} figures agree to the last digit"
    counts: dict[str, int] = {}
    for item in run.items:
        counts[_state(item)] = counts.get(_state(item), 0) + 1
    told = ", ".join(f"{count} {state}" for state, count in sorted(counts.items()))
    read = "never" if run.read_ns is None else format_time(run.read_ns)
    what = "; ".join([*([f"{told} of {run.compared} figures"] if told else []), *run.missing])
    return f"{run.account}: {what} (the exchange was read {read})"


def findings(run: Run) -> list[str]:
    """Return one line for each thing that keeps a run from exit status 0, none when nothing does."""
    lines = [f"{run.account}: {_words(item)}" for item in run.items if item.state not in {"clean", "explained"}]
    return lines + [f"{run.account}: not compared: {what}" for what in run.missing]


def _state(item: Item) -> str:
    return item.state if item.corrected is None else f"{item.state} and corrected"


def _words(item: Item) -> str:
    sides = [
        f"{name} {'unknown' if value is None else plain(value)}"
        for name, value in (("ledger", item.local), ("exchange", item.exchange), ("difference", item.difference))
    ]
    since = "" if item.since_ns is None else f" since {format_time(item.since_ns)}"
    perhaps = f"; {item.hints[0]}" if item.hints else ""
    return f"{_state(item)}{since}: {item.kind} of {item.key} ({item.wallet}): {', '.join(sides)}{perhaps}"


@exactly
def _row(run: Run, item: Item) -> ReconcileRow:
    return ReconcileRow(
        account=run.account,
        kind=item.kind,
        key=item.key,
        wallet=item.wallet,
        local=item.local,
        exchange=item.exchange,
        difference=item.difference,
        difference_pct=percent(item.difference, item.local),
        state=item.state,
        explanation=item.hints,
        corrected=item.corrected is not None,
        first_bad_interval=None
        if item.clean_ns is None or item.since_ns is None
        else Interval(from_at=item.clean_ns, until_at=item.since_ns),
        since_at=item.since_ns,
        causes=item.causes,
    )
