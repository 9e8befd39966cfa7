"""``acct doctor`` looks at everything that acct needs: a line for each, with the command that mends it."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from account_cli.cli.options import Accounts, JsonFlag
from account_cli.cli.session import Session, painted, session_of

if TYPE_CHECKING:
    from account_cli.reports.doctor import Check, DoctorReport

EXAMPLES = (
    ("acct doctor", "this computer, the configuration, the database, and every account's exchange"),
    ("acct doctor --offline", "without asking an exchange"),
    ("acct doctor --json", "for programs"),
    ("acct doctor --bundle help.zip", "what somebody who helps you needs, without secrets"),
)
_COLORS = {"ok": "cyan", "warn": "yellow", "fail": "red"}
Offline = Annotated[bool, typer.Option("--offline", help="Send nothing to an exchange.")]
Bundle = Annotated[
    str | None, typer.Option("--bundle", metavar="FILE", help="Write all of it, and the last of the log, into a zip.")
]


def command(
    ctx: typer.Context,
    accounts: Accounts = None,
    offline: Offline = False,
    bundle: Bundle = None,
    json: JsonFlag = False,
) -> int:
    """Look at all that acct needs, and say how to mend it.

    Each line is ok, warn or fail. The exit status is that of the worst failure: 8 configuration, 5 key, 6 exchange, 9
    database, 3 anything else; 0 when nothing failed. Nothing is changed, and nothing but questions is sent.
    """
    from account_cli import bootstrap
    from account_cli.cli.diagnostics import note
    from account_cli.cli.output import json_line, write_now

    session = session_of(ctx, json=json)
    session.tells_refused = True
    report = bootstrap.examine(
        lambda: session.config, names=accounts or (), offline=offline, terminal=_terminal(session)
    )
    report = _cleaned(report, session)
    if bundle is not None:
        from account_cli.cli.bundle import write_bundle

        write_bundle(Path(bundle).expanduser(), report, session)
        note(f"{bundle} is written: read it before you give it away", session)
    if session.wants_json:
        from account_cli.reports.schema import record

        write_now(json_line({"schema": "acct.doctor/1", **record(report)}))
    else:
        _write(report, session)
    return report.exit_code


def _cleaned(report: DoctorReport, session: Session) -> DoctorReport:
    """Take out of every text what must not be shown, and what could steer a terminal."""
    import msgspec

    from account_cli.cli.diagnostics import one_line

    def clean(check: Check) -> Check:
        fix = None if check.fix is None else one_line(check.fix, session)
        subject, what, detail = (one_line(text, session) for text in (check.subject, check.what, check.detail))
        return msgspec.structs.replace(check, subject=subject, what=what, detail=detail, fix=fix)

    return msgspec.structs.replace(report, checks=tuple(clean(check) for check in report.checks))


def _write(report: DoctorReport, session: Session) -> None:
    import sys

    from account_cli.cli.output import write_lines

    colors = session.may_color(sys.stdout)
    lines = []
    for check in report.checks:
        if session.quiet and check.state == "ok":
            continue
        word = f"{check.state:4}"
        word = painted(word, _COLORS[check.state]) if colors else word
        lines.append(f"{word}  {check.subject}, {check.what}: {check.detail}")
        if check.fix is not None and check.state != "ok":
            lines.append(f"      mend: {check.fix}")
    if not session.quiet:
        count = {state: sum(check.state == state for check in report.checks) for state in ("ok", "warn", "fail")}
        lines += ["", f"{count['ok']} ok, {count['warn']} to look at, {count['fail']} failed"]
    write_lines(lines)


def _terminal(session: Session) -> list[Check]:
    """Return what is seen of the terminal; a pipe is none, which is no fault."""
    import os
    import shutil
    import sys

    from account_cli.cli.session import is_terminal
    from account_cli.reports.doctor import doubtful, fine

    encoding = (sys.stdout.encoding or "").lower()
    checks = []
    if encoding.replace("-", "") != "utf8":
        checks.append(doubtful("terminal", "letters", f"{encoding or 'unknown'}, not UTF-8", "export LANG=C.UTF-8"))
    else:
        checks.append(fine("terminal", "letters", "UTF-8"))
    if not is_terminal(sys.stdout):
        return [*checks, fine("terminal", "kind", "none: the output goes to a file or a pipe")]
    size = shutil.get_terminal_size()
    kind = os.environ.get("TERM", "")
    colors = "24 bit" if os.environ.get("COLORTERM") in {"truecolor", "24bit"} else "256" if "256" in kind else "few"
    text = f"{kind or 'unknown'}, {size.columns}x{size.lines}, {colors} colours"
    if size.columns < 80 or size.lines < 24:
        checks.append(doubtful("terminal", "kind", text, "make it 80x24 or larger for acct watch"))
    elif not kind or kind == "dumb":
        checks.append(doubtful("terminal", "kind", text, "export TERM=xterm-256color"))
    else:
        checks.append(fine("terminal", "kind", f"{text}{'' if session.may_color(sys.stdout) else ', not used'}"))
    return checks
