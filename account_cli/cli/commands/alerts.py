"""``acct alerts`` shows what the rules said, and lets a person say that it is seen."""

from __future__ import annotations

from typing import Annotated

import typer

from account_cli.cli.options import CsvFlag, JsonFlag
from account_cli.cli.session import Session, session_of

EXAMPLES = (
    ("acct alerts", "the last episodes; exit status 3 while one is firing"),
    ("acct alerts rules", "every rule: the figure now, its threshold, would it fire"),
    ("acct alerts ack 12", "seen: it is not told again"),
    ("acct alerts mute LARGE_FILL --for 2h", "counted, and told afterwards"),
    ("acct alerts test mail", "one message, to see that it arrives"),
)
STATES = ("firing", "acknowledged", "resolved")
ACTS = ("ack", "mute", "unmute", "test")
_WORDS = (*ACTS, "rules")

Words = Annotated[
    list[str] | None,
    typer.Argument(
        metavar="[ACCOUNT]... | ack ID... | mute RULE | unmute RULE | rules | test CHANNEL",
        help="The accounts meant, or what is to be done.",
    ),
]
State = Annotated[
    str | None, typer.Option("--state", metavar="|".join(STATES), help="Only episodes that are in this state now.")
]
For = Annotated[str | None, typer.Option("--for", metavar="SPAN", help="With mute: so long, for example 2h; a day.")]


def command(
    ctx: typer.Context,
    words: Words = None,
    state: State = None,
    for_: For = None,
    json: JsonFlag = False,
    csv: CsvFlag = False,
) -> int:
    """Show what the rules said; acknowledge, mute, or try a channel.

    An episode is firing until its figure is back, acknowledged or resolved. Rules are looked at while acct watch or
    acct collect runs, by the thresholds in [alerts] of the configuration. The exit status is 3 while any is firing.
    """
    from account_cli.errors import InputError

    session = session_of(ctx, json=json)
    given = list(words or ())
    word, rest = (given[0], given[1:]) if given and given[0] in _WORDS else (None, given)
    if for_ is not None and word != "mute":
        raise InputError("--for goes with mute", hint="acct alerts mute LARGE_FILL --for 2h")
    if word is None:
        return _list(session, rest, state, csv=csv)
    if word == "rules":
        return _rules(session, rest, csv=csv)
    if not rest or (word != "ack" and len(rest) != 1):
        wants = {"ack": "an ID", "test": "a CHANNEL"}.get(word, "a RULE")
        raise InputError(f"{word} needs {wants}", hint=f"acct alerts {word} {wants.split()[-1]}")
    if word == "ack":
        return _acknowledge(session, rest)
    return _test(session, rest[0]) if word == "test" else _mute(session, rest[0], for_, on=word == "mute")


def _list(session: Session, names: list[str], state: str | None, *, csv: bool) -> int:
    from account_cli import bootstrap
    from account_cli.alerts.listing import EpisodeRow
    from account_cli.cli import tables
    from account_cli.cli.output import write_report
    from account_cli.cli.words import choice
    from account_cli.config import EVERY

    chosen = None if state is None else choice(state, STATES, "--state")
    asked = [] if EVERY in names else [session.config.account(name).name for name in names]
    report = bootstrap.alerts_of(session.config, asked, since_ns=0, state=chosen)  # type: ignore[arg-type]
    empty = "no alert was given; acct alerts rules shows what is looked at"
    write_report(report, EpisodeRow, tables.ALERTS, session, csv=csv, empty=empty)
    return 3 if any(row.state == "firing" for row in report.items) else 0


def _rules(session: Session, names: list[str], *, csv: bool) -> int:
    from account_cli import bootstrap
    from account_cli.alerts.listing import RuleRow
    from account_cli.cli import tables
    from account_cli.cli.diagnostics import show_error
    from account_cli.cli.output import write_report
    from account_cli.errors import worst_exit

    session.tells_refused = True
    asked = [session.config.account(name).name for name in names]
    codes = [show_error(error, session) for error in session.config.alerts.refused]
    report = bootstrap.rules_now(session.config, asked)
    write_report(report, RuleRow, tables.ALERT_RULES, session, csv=csv, empty="no rule")
    verdicts = {"fires": 3, "cannot be judged": 4}
    return worst_exit([*codes, *(verdicts.get(row.verdict, 0) for row in report.items)])


def _acknowledge(session: Session, ids: list[str]) -> int:
    from account_cli import bootstrap
    from account_cli.cli.diagnostics import note
    from account_cli.errors import InputError

    for one in ids:
        if not (one.isascii() and one.isdecimal()):
            raise InputError(f"not an id: {one!r}", hint="acct alerts lists them with their ids")
    for one in ids:
        state = bootstrap.acknowledge_alert(session.config, int(one))
        note(f"alert {one} is {state}", session)
    return 0


def _mute(session: Session, name: str, for_: str | None, *, on: bool) -> int:
    import time

    from account_cli import bootstrap
    from account_cli.alerts import RULES, rule_named
    from account_cli.cli.diagnostics import note
    from account_cli.cli.words import span
    from account_cli.config.nearest import did_you_mean
    from account_cli.domain.times import DAY, format_time
    from account_cli.errors import InputError

    rule = rule_named(name)
    if rule is None:
        raise InputError(
            f"no rule {name!r}", hint=did_you_mean(name, [one.name for one in RULES]) or "acct alerts rules"
        )
    until_ns = time.time_ns() + (DAY if for_ is None else span(for_, "--for")) if on else None
    bootstrap.mute_rule(session.config, rule.name, until_ns)
    note(
        f"{rule.name} may speak again"
        if until_ns is None
        else f"{rule.name} is muted until {format_time(until_ns // 10**9 * 10**9)}; what it has to say is told then",
        session,
    )
    return 0


def _test(session: Session, name: str) -> int:
    from account_cli import bootstrap
    from account_cli.cli.diagnostics import note

    bootstrap.try_channel(session.config, name)
    note(f"the channel {name} took it", session)
    return 0
