"""Where ledger and exchange differ: both figures, since when, what it is called, and what may have caused it."""

from __future__ import annotations

from account_cli.reports.reconcile_rows import ReconcileRow
from account_cli.tui.model.cell import NOTHING, Cell, Tone
from account_cli.tui.model.column import Column, Showing, Table
from account_cli.tui.tables.cells import age, amount, sentence, words
from account_cli.tui.tables.empty import no_difference

STATE_TONE: dict[str, Tone] = {"unexplained": "bad", "pending": "warn", "unknown": "warn", "explained": "good"}


def state(row: ReconcileRow) -> Cell:
    """What the difference is called; a corrected one is none any more."""
    return Cell("corrected", "warn") if row.corrected else words(row.state, STATE_TONE.get(row.state, ""))


def _why(row: ReconcileRow, showing: Showing) -> Cell:
    return Cell(sentence(row.explanation[0], showing.privacy), "dim") if row.explanation else NOTHING


D = Column[ReconcileRow]
DIFFERENCES = Table[ReconcileRow](
    name="reconcile",
    title="Reconcile",
    rows=lambda s: s.differences,
    key=lambda r: f"{r.account}\0{r.kind}\0{r.wallet}\0{r.key}",
    account=lambda r: r.account,
    words=lambda r: f"{r.kind} {r.key} {r.wallet} {r.state} {r.account}",
    empty=no_difference,
    fades=False,
    columns=(
        D("kind", "What", 1, lambda r, _: words(r.kind), widest=10),
        D("key", "Of", 0, lambda r, _: words(r.key), widest=22),
        D("account", "Account", 3, lambda r, _: words(r.account, "dim"), widest=14, is_account=True),
        D("wallet", "Wallet", 8, lambda r, _: words(r.wallet, "dim"), widest=10),
        D("local", "Ledger", 4, lambda r, s: amount(r.local, s), align="mixed"),
        D("exchange", "Exchange", 5, lambda r, s: amount(r.exchange, s), align="mixed"),
        D("difference", "Difference", 1, lambda r, s: amount(r.difference, s), align="mixed"),
        D("state", "State", 1, lambda r, _: state(r), widest=11),
        D("since_at", "Since", 6, lambda r, s: age(r.since_at, s), align="right", ages=True),
        D("explanation", "Perhaps", 7, _why, sort=lambda r: r.explanation, widest=24, grows=True),
    ),
)
