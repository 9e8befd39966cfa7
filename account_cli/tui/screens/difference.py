"""All about one figure that differs: both sides, between which two readings it went wrong, why, how it
came about since it agreed for certain, and the newest runs.
"""

from __future__ import annotations

from collections.abc import Sequence
from textwrap import wrap

from account_cli.domain.money import plain
from account_cli.reports.proof import ProofRow
from account_cli.reports.reconcile_rows import ReconcileRow, RunRow
from account_cli.reports.render import UNKNOWN, Privacy, clean_text, date_and_time, masked
from account_cli.reports.rows import Screenful
from account_cli.tui.model.cell import Span
from account_cli.tui.screens.help import HelpScreen, framed
from account_cli.tui.screens.proof import proof_lines
from account_cli.tui.tables.cells import sentence
from account_cli.tui.tables.differences import state

_RUNS = 8
_LEFT = 12
_WIDEST = 120
_PROVED = {"balance", "running"}
"""What a proof is made of."""


class DifferenceScreen(HelpScreen):
    """Shows it until a key is pressed."""

    def __init__(self, row: ReconcileRow | None, shown: Screenful, privacy: Privacy) -> None:
        super().__init__()
        self._row, self._runs, self._privacy = row, shown.runs, privacy
        self._proof = next((one for one in shown.proofs if row is not None and _is_of(one, row)), None)

    def lines(self, width: int, height: int) -> list[list[Span]]:
        """Return the page for a terminal of this size."""
        return difference_lines(self._row, self._proof, self._runs, self._privacy, width, height)


def _is_of(proof: ProofRow, row: ReconcileRow) -> bool:
    mine = row.kind in _PROVED
    return mine and (proof.account, proof.wallet, proof.asset) == (row.account, row.wallet, row.key)


def difference_lines(
    row: ReconcileRow | None,
    proof: ProofRow | None,
    runs: Sequence[RunRow],
    privacy: Privacy,
    width: int,
    height: int,
) -> list[list[Span]]:
    """Return the page, framed; figures to the last digit unless they are to be hidden."""
    if row is not None:
        runs = [run for run in runs if run.account == row.account]
    room = min(width - 6, _WIDEST)
    figure = [] if row is None else [*_figure(row, privacy, room, max(1, height - 14)), []]
    told = [[Span("Newest runs", "strong")], *_runs(runs)]
    proven: list[list[Span]] = []
    if proof is not None:
        proven = proof_lines(proof, privacy, room, max(5, height - len(figure) - 4))
    elif row is not None and row.kind in _PROVED:
        proven = [
            [Span("Proof", "strong"), Span(f"  none yet: acct reconcile {row.account} --explain makes one", "dim")]
        ]
    return framed("Reconcile", [*figure, *proven, *([[]] if proven else []), *told], width, height)


def _figure(row: ReconcileRow, privacy: Privacy, width: int, most: int) -> list[list[Span]]:
    """Return both figures and why they may differ, the reasons in at most so many lines."""
    kind = "" if row.kind == "journal" else f"{'running balance' if row.kind == 'running' else row.kind} of "
    name = f"{kind}{clean_text(row.key, 48)}"  # a period of two times is 41 long
    lines = [
        [Span(name, "strong"), Span(f"  {clean_text(row.account, 24)} {clean_text(row.wallet, 20)}", "dim")],
        _line("ledger", _exact(row.local, privacy)),
        _line("exchange", _exact(row.exchange, privacy)),
        _line("difference", _exact(row.difference, privacy)),
        [Span(f"{'state':<{_LEFT}}", "dim"), Span(state(row).text, state(row).tone)],
    ]
    if row.first_bad_interval is not None:
        between = row.first_bad_interval
        lines.append(_line("went wrong", f"{date_and_time(between.from_at)} to {date_and_time(between.until_at)} UTC"))
    elif row.since_at is not None:
        lines.append(_line("since", f"{date_and_time(row.since_at)} UTC; never seen to agree"))
    why: list[tuple[str, str]] = []
    for number, text in enumerate(row.explanation):
        told = wrap(clean_text(sentence(text, privacy), 400), max(20, width - _LEFT - 2), subsequent_indent="  ")
        why += [("" if number or place else "perhaps", part) for place, part in enumerate(told)]
    if len(why) > most:
        why = [*why[: most - 1], ("", "…")]
    return lines + [_line(*one) for one in why]


def _line(name: str, text: str) -> list[Span]:
    return [Span(f"{name:<{_LEFT}}", "dim"), Span(text)]


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
