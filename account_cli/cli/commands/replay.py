"""``acct replay`` reads what was received again: a mistake in reading is repaired from what was really said."""

from __future__ import annotations

from typing import TYPE_CHECKING, Annotated

import typer

from account_cli.cli.options import Accounts, JsonFlag, Since, Until
from account_cli.cli.session import session_of

if TYPE_CHECKING:
    from account_cli.engine.replaying import Replayed

EXAMPLES = (
    ("acct replay", "read all that is kept again; nothing may change"),
    ("acct replay kraken --unreadable-only", "after an upgrade that can read what an older acct could not"),
    ("acct replay --since 2d --dry-run", "only say what would change"),
)
UnreadableOnly = Annotated[
    bool, typer.Option("--unreadable-only", help="Only texts of which something could not be read.")
]
DryRun = Annotated[bool, typer.Option("--dry-run", help="Only say what would change.")]


def command(
    ctx: typer.Context,
    accounts: Accounts = None,
    since: Since = None,
    until: Until = None,
    unreadable_only: UnreadableOnly = False,
    dry_run: DryRun = False,
    json: JsonFlag = False,
) -> int:
    """Read what was received again, and store the facts that this finds.

    Every frame and answer that tells something is kept as received, for a while. Facts found new are stored like any
    other; one that is known stays as it is, and where it is read differently now it is listed as a contradiction (acct
    issues). Needs neither key nor network. Exit status 7 while another process collects the account, 3 when there is a
    contradiction or something that still cannot be read.
    """
    import time

    from account_cli import bootstrap
    from account_cli.cli.output import json_line, write_lines, write_now
    from account_cli.cli.words import period
    from account_cli.domain.times import format_time
    from account_cli.engine.replaying import Span
    from account_cli.reports.render import clean_text

    session = session_of(ctx, json=json)
    since_ns, until_ns = period(since, until, now_ns=time.time_ns(), zone=session.shape.zone)
    states = ("unreadable",) if unreadable_only else ()
    span = Span(since_ns=since_ns, until_ns=until_ns, states=states)  # type: ignore[arg-type]
    done = bootstrap.replay(session.config, accounts or (), span, dry_run=dry_run)
    status = 3 if any(one.contradictions or one.unreadable for one in done) else 0
    if session.wants_json:
        write_now(json_line({"schema": "acct.replay/1", "dry_run": dry_run, "items": [_record(one) for one in done]}))
        return status
    for one in done:
        write_lines(
            [
                f"{clean_text(one.account)}: {found.what} {clean_text(found.identity)} of {format_time(found.time_ns)}"
                for found in one.found
            ]
        )
        if not session.quiet:
            would = "would be " if dry_run else ""
            write_now(
                f"{clean_text(one.account)}: {one.texts} texts read again, {one.facts} facts in them: "
                f"{len(one.found)} {would}new or completed, {len(one.contradictions)} contradict what stands; "
                f"{one.unreadable} still unreadable"
            )
    return status


def _record(one: Replayed) -> dict[str, object]:
    from account_cli.domain.times import format_time

    return {
        "account": one.account,
        "texts": one.texts,
        "facts": one.facts,
        "mended": one.mended,
        "unreadable": one.unreadable,
        "found": [
            {"identity": found.identity, "time": format_time(found.time_ns), "what": found.what} for found in one.found
        ],
        "contradictions": [
            {"identity": other.identity, "field": other.field, "stands": other.stands, "told": other.told}
            for other in one.contradictions
        ],
    }
