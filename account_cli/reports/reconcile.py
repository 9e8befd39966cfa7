"""What a reconciliation found, a row for each figure that does not agree; for all figures together one state."""

from __future__ import annotations

from collections.abc import Iterable, Sequence

from account_cli.domain.money import plain
from account_cli.domain.times import format_time
from account_cli.reconciliation import Item, Run
from account_cli.reports.arithmetic import exactly, percent
from account_cli.reports.reconcile_rows import Interval, ReconcileRow, RunRow
from account_cli.reports.rows import Report
from account_cli.reports.view import AccountView

_SHOWN = 300


def reconciled(runs: Sequence[Run], *, now_ns: int) -> Report[ReconcileRow]:
    """Return the rows of these runs, one run an account."""
    rows = [_row(run, item) for run in runs for item in run.items]
    missing = tuple(f"{run.account}: {what}" for run in runs for what in run.missing)
    return Report(name="reconcile", as_of=now_ns, items=tuple(rows), incomplete=missing)


def differences(views: Iterable[AccountView]) -> tuple[ReconcileRow, ...]:
    """Return what each account's last comparison found, the first few hundred figures of each."""
    runs = [view.reconciled for view in views if view.reconciled is not None]
    return tuple(_row(run, item) for run in runs for item in run.items[:_SHOWN])


def newest(views: Iterable[AccountView]) -> tuple[RunRow, ...]:
    """Return the newest runs of these accounts, newest first."""
    found = [one for view in views for one in view.runs]
    return tuple(_run_row(number, run) for number, run in sorted(found, key=lambda one: -one[0]))


def history(runs: Sequence[tuple[int, Run]], *, now_ns: int) -> Report[RunRow]:
    """Return a row for each run, in the order given."""
    rows = tuple(_run_row(number, run) for number, run in runs)
    return Report(name="reconcile.history", as_of=now_ns, items=rows)


def _run_row(number: int, run: Run) -> RunRow:
    return RunRow(
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
    return f"{_state(item)}{since}: {item.what} ({item.wallet}): {', '.join(sides)}{perhaps}"


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
