"""``acct rebuild`` works everything out again: what was kept must be what follows from the facts."""

from __future__ import annotations

import typer

from account_cli.cli.options import Accounts, JsonFlag
from account_cli.cli.session import session_of

EXAMPLES = (("acct rebuild", "every account; nothing may change"), ("acct rebuild kraken --json", "one, for programs"))


def command(ctx: typer.Context, accounts: Accounts = None, json: JsonFlag = False) -> int:
    """Work everything out again from the facts, and say what changed.

    Nothing may: what is kept follows from the facts alone. Where something had been kept otherwise it is put right,
    named with its old and new figure, and the exit status is 3.
    """
    from account_cli import bootstrap
    from account_cli.cli.asking import ask
    from account_cli.cli.diagnostics import note
    from account_cli.cli.output import json_line, write_lines, write_now
    from account_cli.reports.render import clean_text

    session = session_of(ctx, json=json)
    with ask(session, accounts) as question:
        names, empty = question.names, question.empty
    if not names:
        note(empty, session)
        return 0
    found = bootstrap.rebuild(session.config, names)
    changed = [{"account": one.account, "what": one.what, "old": one.old, "new": one.new} for one in found.changed]
    if session.wants_json:
        told = {"schema": "acct.rebuild/1", "accounts": list(found.accounts), "facts": found.facts, "changed": changed}
        write_now(json_line(told))
        return 3 if changed else 0
    write_lines(
        [f"{clean_text(one['account'])}: {clean_text(one['what'])}: {one['old']} -> {one['new']}" for one in changed]
    )
    if not session.quiet:
        facts = "1 fact" if found.facts == 1 else f"{found.facts} facts"
        number = f"{len(found.accounts)} account" + ("" if len(found.accounts) == 1 else "s")
        said = f"{len(changed)} figure(s) changed" if changed else "nothing changed"
        write_now(f"{number}, {facts} worked out again: {said}")
    return 3 if changed else 0
