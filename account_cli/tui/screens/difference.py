"""All about one figure that differs: both sides, between which two readings it went wrong, why, and the newest runs."""

from __future__ import annotations

from collections.abc import Sequence

from account_cli.domain.money import plain
from account_cli.reports.reconcile_rows import ReconcileRow, RunRow
from account_cli.reports.render import UNKNOWN, Privacy, clean_text, date_and_time, masked
from account_cli.tui.model.cell import Span
from account_cli.tui.screens.help import HelpScreen, framed
from account_cli.tui.tables.cells import sentence
from account_cli.tui.tables.differences import state

_RUNS = 8


class DifferenceScreen(HelpScreen):
    """Shows it until a key is pressed."""

    def __init__(self, row: ReconcileRow | None, runs: Sequence[RunRow], privacy: Privacy) -> None:
        super().__init__()
        self._row, self._runs, self._privacy = row, runs, privacy

    def lines(self, width: int, height: int) -> list[list[Span]]:
        """Return the page for a terminal of this size."""
        return difference_lines(self._row, self._runs, self._privacy, width, height)


def difference_lines(
    row: ReconcileRow | None, runs: Sequence[RunRow], privacy: Privacy, width: int, height: int
) -> list[list[Span]]:
    """Return the page, framed; figures to the last digit unless they are to be hidden."""
    if row is not None:
        runs = [run for run in runs if run.account == row.account]
    body = [] if row is None else [*_figure(row, privacy, width), []]
    body += [[Span("Newest runs", "strong")], *_runs(runs)]
    return framed("Reconcile", body, width, height)


def _figure(row: ReconcileRow, privacy: Privacy, width: int) -> list[list[Span]]:
    name = f"{row.kind} of {clean_text(row.key, 40)}"
    lines = [
        [Span(name, "strong"), Span(f"  {clean_text(row.account, 24)} {clean_text(row.wallet, 20)}", "dim")],
        _line("ledger", _exact(row.local, privacy)),
        _line("exchange", _exact(row.exchange, privacy)),
        _line("difference", _exact(row.difference, privacy)),
        [Span(f"{'state':<12}", "dim"), Span(state(row).text, state(row).tone)],
    ]
    if row.first_bad_interval is not None:
        between = row.first_bad_interval
        lines.append(_line("went wrong", f"{date_and_time(between.from_at)} to {date_and_time(between.until_at)} UTC"))
    elif row.since_at is not None:
        lines.append(_line("since", f"{date_and_time(row.since_at)} UTC; never seen to agree"))
    for number, text in enumerate(row.explanation):
        told = clean_text(sentence(text, privacy), max(20, width - 20))
        lines.append(_line("" if number else "perhaps", told))
    return lines


def _line(name: str, text: str) -> list[Span]:
    return [Span(f"{name:<12}", "dim"), Span(text)]


def _exact(value: object, privacy: Privacy) -> str:
    from decimal import Decimal

    return masked(plain(value), privacy) if isinstance(value, Decimal) else UNKNOWN


def _runs(runs: Sequence[RunRow]) -> list[list[Span]]:
    if not runs:
        return [[Span("none yet: acct reconcile makes one", "dim")]]
    return [
        [
            Span(f"{run.id:>6}  ", "dim"),
            Span(f"{date_and_time(run.time)}  "),
            Span(f"{run.state:<12}"),
            Span(f"{run.differing} of {run.compared}  {clean_text(run.account, 20)}", "dim"),
        ]
        for run in runs[:_RUNS]
    ]
