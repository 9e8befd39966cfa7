"""``acct health`` says whether all is well, for probes: a line for each thing that was looked at."""

from __future__ import annotations

from typing import Annotated

import typer

from account_cli.cli.options import JsonFlag
from account_cli.cli.session import session_of

EXAMPLES = (
    ("acct health", "the database and every account"),
    ("acct health --ready", "the database alone, for readiness probes"),
    ("acct health --json", "status, version, uptime and each check"),
)
Ready = Annotated[bool, typer.Option("--ready", help="Leave the streams aside.")]


def command(ctx: typer.Context, ready: Ready = False, json: JsonFlag = False) -> int:
    """Say whether all is well: healthy, degraded or unhealthy.

    Degraded: an account is not live, or nobody collects it. Unhealthy: the database does not answer within two seconds;
    only then is the exit status 1.
    """
    import msgspec

    from account_cli import bootstrap
    from account_cli.cli.output import json_line, write_lines, write_now

    session = session_of(ctx, json=json)
    report = bootstrap.health_of(session.config, ready=ready)
    if session.wants_json:
        write_now(json_line({"schema": "acct.health/1", **msgspec.to_builtins(report)}))
    elif not session.quiet:
        up = "" if report.uptime_seconds is None else f", collecting for {report.uptime_seconds} s"
        checks = [f"{check.state:8}  {check.name}: {check.detail}" for check in report.checks]
        write_lines([f"{report.status} (acct {report.version}{up})", *checks])
    return 1 if report.status == "unhealthy" else 0
