"""``acct reconcile`` says whether what follows from the facts is what the exchange states."""

from __future__ import annotations

import sys
from typing import TYPE_CHECKING, Annotated

import typer

from account_cli.cli.options import Accounts, AllowWritableKey, CsvFlag, JsonFlag
from account_cli.cli.session import Session, session_of

if TYPE_CHECKING:
    from collections.abc import Sequence

    from account_cli.bootstrap import Asked, Outcome
    from account_cli.cli.zones import Zone
    from account_cli.reconciliation.proof import Proof

EXAMPLES = (
    ("acct reconcile", "every account: does it agree, to the last digit"),
    ("acct reconcile --quiet --jitter 10s", "for cron: silent when it does"),
    ("acct reconcile kraken --explain", "fetch what could explain a difference"),
    ("acct reconcile kraken --since 7d", "read the last week again, and prove it"),
    ("acct reconcile kraken --json", "every difference, for programs"),
    ("acct reconcile --history", "the runs so far"),
    ("acct reconcile show 12", "one of them, as it was"),
)
Explain = Annotated[
    bool,
    typer.Option(
        "--explain", help="Fetch what could explain a difference, say what did, and prove each balance that moved."
    ),
]
Since = Annotated[
    str | None,
    typer.Option(
        "--since",
        metavar="TIME",
        help="Ask for history again from this time on (7d, 2026-11-01), explain from there only, and prove from the"
        " newest checkpoint before it. Does what --explain does.",
    ),
]
Correct = Annotated[
    bool,
    typer.Option("--correct", help="Make what stays unexplained a visible correction, which a late fact replaces."),
]
Jitter = Annotated[
    str | None, typer.Option("--jitter", metavar="SPAN", help="Wait a random time up to this first: many at once.")
]
MaxAge = Annotated[
    str | None, typer.Option("--max-age", metavar="SPAN", help="Show the last run instead when it is no older: 5m.")
]
Settle = Annotated[
    str | None,
    typer.Option("--settle", metavar="SPAN", help="A difference must last so long to be a break; 5s, at most 90s."),
]
Timeout = Annotated[str, typer.Option("--timeout", metavar="SPAN", help="What is undecided by then is pending.")]
TOLERANCES = ("exact", "b25")
ToleranceName = Annotated[
    str | None,
    typer.Option(
        "--tolerance", metavar="|".join(TOLERANCES), help="exact, or b25: 0.00001 of a balance, 0.0001 of a position."
    ),
]
_SHOWN = 20
History = Annotated[bool, typer.Option("--history", help="Show the runs that were kept instead of making one.")]


def command(
    ctx: typer.Context,
    accounts: Accounts = None,
    explain: Explain = False,
    correct: Correct = False,
    since: Since = None,
    settle: Settle = None,
    timeout: Timeout = "120s",
    tolerance: ToleranceName = None,
    jitter: Jitter = None,
    max_age: MaxAge = None,
    history: History = False,
    json: JsonFlag = False,
    csv: CsvFlag = False,
    allow_writable_key: AllowWritableKey = False,
) -> int:
    """Say whether the ledger agrees with what the exchange states.

    Balances, positions and their entry prices: everything that either side knows is compared. A difference is read
    again; one that lasts is a break. The exit status is 0 when all agree or is explained, 3 for a break, 4 when
    something could not be compared or decided in time. An account that another acct collects is asked through that one.
    """
    from account_cli import bootstrap
    from account_cli.cli.diagnostics import log_to_stderr
    from account_cli.cli.progress import StatusLine

    session = session_of(ctx, json=json)
    names = list(accounts or ())
    if names[:1] == ["show"]:
        return _show(names[1:], session, csv=csv, explain=explain)
    if history:
        return _history(names, session.shape.newest or _SHOWN, session, csv=csv)
    explain = explain or since is not None
    asked = _asked(
        explain=explain,
        correct=correct,
        since=since,
        settle=settle,
        timeout=timeout,
        tolerance=tolerance,
        jitter=jitter,
        max_age=max_age,
        zone=session.shape.zone,
    )
    log_to_stderr(session)
    config = session.config.with_writable_keys() if allow_writable_key else session.config
    outcomes: list[Outcome] = []
    line = None if session.quiet or session.wants_json else StatusLine.on(sys.stderr)
    show = None if line is None else line.show
    status = bootstrap.reconcile(config, names, asked, outcomes.append, show)
    if line is not None:
        line.clear()
    _tell(outcomes, session, csv=csv)
    if explain:
        _tell_own_transfers(session)
    return status


def _asked(
    *,
    explain: bool,
    correct: bool,
    since: str | None,
    settle: str | None,
    timeout: str,
    tolerance: str | None,
    jitter: str | None,
    max_age: str | None,
    zone: Zone | None,
) -> Asked:
    """Read the options; one that is not given is left to the configuration."""
    import time

    from account_cli import bootstrap
    from account_cli.cli.words import choice, moment, span
    from account_cli.domain.times import SECOND
    from account_cli.errors import InputError
    from account_cli.reconciliation import PRESETS

    now_ns = time.time_ns()
    since_ns = moment(since, "--since", now_ns=now_ns, zone=zone)
    if since_ns is not None and since_ns >= now_ns:
        raise InputError(f"--since: {since} is yet to come", hint="name a time from which history is to be read again")
    settle_s = None if settle is None else span(settle, "--settle") / SECOND
    if settle_s is not None and settle_s > 90:
        raise InputError(f"--settle: at most 90s, not {settle}")
    return bootstrap.Asked(
        explain=explain,
        correct=correct or None,
        since_ns=since_ns,
        settle_s=settle_s,
        timeout_s=span(timeout, "--timeout") / SECOND,
        tolerance=None if tolerance is None else PRESETS[choice(tolerance, TOLERANCES, "--tolerance")],
        jitter_s=0.0 if jitter is None else span(jitter, "--jitter") / SECOND,
        max_age_s=None if max_age is None else span(max_age, "--max-age") / SECOND,
    )


def _tell(outcomes: list[Outcome], session: Session, *, csv: bool) -> None:
    import time

    from account_cli.cli import tables
    from account_cli.cli.diagnostics import note, one_line, show_error
    from account_cli.cli.output import write_lines, write_report
    from account_cli.reports.reconcile import findings, reconciled, summary
    from account_cli.reports.reconcile_rows import ReconcileRow

    runs = [outcome.run for outcome in outcomes if outcome.run is not None]
    proofs = [outcome.proof for outcome in outcomes if outcome.proof is not None]
    if session.quiet and not (csv or session.wants_json):
        write_lines([one_line(line, session) for run in runs for line in findings(run)])
    else:
        report = reconciled(runs, now_ns=time.time_ns())
        if report.items or csv or session.wants_json:
            extra = _proofs_json(proofs) if proofs else None
            write_report(report, ReconcileRow, tables.RECONCILE, session, csv=csv, extra=extra)
        if not (csv or session.wants_json):
            _write_proofs(proofs, session, after_rows=bool(report.items))
    for run in runs:
        note(summary(run), session)
    for outcome in outcomes:
        if outcome.error is not None:
            show_error(outcome.error, session, about=outcome.account)


def _proofs_json(proofs: Sequence[Proof]) -> dict[str, list[dict[str, object]]]:
    from account_cli.reports.proof import proof_rows
    from account_cli.reports.schema import record

    return {"proofs": [record(row) for row in proof_rows(proofs)]}


def _write_proofs(proofs: Sequence[Proof], session: Session, *, after_rows: bool) -> None:
    """Write each balance that moved since it was proven last, with all that moved it."""
    from account_cli.cli.diagnostics import note, one_line
    from account_cli.cli.explaining import step_lines
    from account_cli.cli.output import write_lines
    from account_cli.reports.proof import proof_steps, proof_summary

    lines = step_lines([row for proof in proofs for row in proof_steps(proof)], exact=True)
    write_lines(["", *lines] if lines and after_rows else lines)
    for proof in proofs:
        note(one_line(proof_summary(proof), session), session)


def _tell_own_transfers(session: Session) -> None:
    from account_cli.cli.asking import ask
    from account_cli.cli.diagnostics import note, one_line
    from account_cli.reports.transfers import own_lines

    with ask(session, None) as question:
        own = question.reading.own_transfers() if question.names else None
    for line in () if own is None else own_lines(own):
        note(one_line(line, session), session)


def _history(names: list[str], limit: int, session: Session, *, csv: bool) -> int:
    import time

    from account_cli import bootstrap
    from account_cli.cli import tables
    from account_cli.cli.output import write_report
    from account_cli.reports.reconcile import history
    from account_cli.reports.reconcile_rows import RunRow

    found = bootstrap.runs(session.config, names, limit=limit)
    report = history(found, now_ns=time.time_ns())
    return write_report(report, RunRow, tables.RUNS, session, csv=csv, empty="nothing has been reconciled yet")


def _show(words: list[str], session: Session, *, csv: bool, explain: bool) -> int:
    import time

    from account_cli import bootstrap
    from account_cli.cli import tables
    from account_cli.cli.diagnostics import note
    from account_cli.cli.output import write_report
    from account_cli.errors import InputError
    from account_cli.reports.reconcile import reconciled, summary
    from account_cli.reports.reconcile_rows import ReconcileRow

    number = int(words[0]) if len(words) == 1 and words[0].isdecimal() and words[0].isascii() else None
    run = None if number is None else bootstrap.run_of(session.config, number)
    if run is None:
        raise InputError(f"no run {' '.join(words)!r}", hint="acct reconcile --history lists them")
    note(summary(run), session)
    proof = bootstrap.proof_of(session.config, number or 0) if explain else None
    proofs = [] if proof is None else [proof]
    report = reconciled([run], now_ns=time.time_ns())
    extra = _proofs_json(proofs) if explain else None
    status = write_report(report, ReconcileRow, tables.RECONCILE, session, csv=csv, extra=extra)
    if explain and proof is None:
        note("no proof was kept with this run: the next run with --explain is proved", session)
    elif not (csv or session.wants_json):
        _write_proofs(proofs, session, after_rows=True)
    return status
