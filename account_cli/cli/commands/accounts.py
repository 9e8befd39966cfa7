"""``acct accounts`` shows how each account is followed and how fresh it is."""

from __future__ import annotations

from typing import TYPE_CHECKING, Annotated

import typer

from account_cli.cli.options import Accounts, CsvFlag, JsonFlag
from account_cli.cli.session import Session, session_of
from account_cli.config.secrets import variable
from account_cli.errors import InputError

if TYPE_CHECKING:
    from account_cli.config import AccountConfig
    from account_cli.reports.rows import AccountStatusRow

EXAMPLES = (
    ("acct accounts", "how each kind of data comes, and how live it is"),
    ("acct accounts --json", "with the age of every stream's last message"),
    ("acct accounts add mine --exchange kraken", "a further account; who collects picks it up without a restart"),
    ("acct accounts remove mine", "collect it no longer; what is known of it stays"),
)
Exchange = Annotated[str | None, typer.Option("--exchange", metavar="NAME", help="With add: where the account is.")]
User = Annotated[str | None, typer.Option("--user", metavar="LABEL", help="With add: whose account it is.")]


def command(
    ctx: typer.Context,
    accounts: Accounts = None,
    exchange: Exchange = None,
    user: User = None,
    json: JsonFlag = False,
    csv: CsvFlag = False,
) -> int:
    """Show the accounts, how each is followed and how fresh it is.

    FULL_WEBSOCKET: all kinds of data stream. PARTIAL_WEBSOCKET: some stream, the others are polled. REST_ONLY: all are
    polled. An account that was never collected has no strategy yet.
    """
    import msgspec

    from account_cli.cli import tables
    from account_cli.cli.asking import ask, generic_accounts
    from account_cli.cli.output import write_report
    from account_cli.reports.accounts import accounts as status_of
    from account_cli.reports.rows import AccountStatusRow

    session = session_of(ctx, json=json)
    if accounts and accounts[0] in {"add", "remove"}:
        return _change(accounts[0], accounts[1:], exchange, user, session)
    if exchange is not None or user is not None:
        raise InputError("--exchange and --user belong to add", hint="acct accounts add NAME --exchange kraken")
    with ask(session, accounts) as question:
        views = question.views()
        report = status_of(views, now_ns=question.now_ns, generic=generic_accounts(views))
        configured = question.config.accounts
        waiting = tuple(_never_collected(configured[name]) for name in question.unknown if name in configured)
    report = msgspec.structs.replace(report, items=report.items + waiting)
    return write_report(
        question.honest(report), AccountStatusRow, tables.ACCOUNTS, session, csv=csv, empty=question.empty
    )


def _change(word: str, names: list[str], exchange: str | None, user: str | None, session: Session) -> int:
    from account_cli.cli.diagnostics import note
    from account_cli.config.edit import add_account, remove_account

    if len(names) != 1:
        raise InputError(f"acct accounts {word} takes one name", hint=f"acct accounts {word} NAME")
    (name,) = names
    if word == "remove":
        if exchange is not None or user is not None:
            raise InputError("--exchange and --user belong to add", hint=f"acct accounts remove {name}")
        remove_account(session.config, name)
        note(f"{name} is not collected any more; what is known of it stays", session)
        return 0
    account = add_account(session.config, name, exchange=exchange, user=user).account(name)
    key = variable(name, "api_key")
    note(f"{name} at {account.exchange} is in {session.config.place}; its key is looked for in {key}", session)
    return 0


def _never_collected(account: AccountConfig) -> AccountStatusRow:
    from account_cli.cli.asking import is_generic
    from account_cli.reports.rows import AccountStatusRow

    return AccountStatusRow(
        account=account.name,
        venue=account.exchange,
        user=account.user,
        strategy=None,
        liveness="OFFLINE",
        stale_seconds=None,
        streams=(),
        facts=0,
        history_from=None,
        history_complete=False,
        generic=is_generic(account.exchange),
    )
