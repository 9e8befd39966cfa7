"""``acct accounts`` shows how each account is followed and how fresh it is."""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING, Annotated

import typer

from account_cli.cli.options import Accounts, AllowWritableKey, CsvFlag, JsonFlag
from account_cli.cli.session import Session, session_of
from account_cli.errors import InputError

if TYPE_CHECKING:
    from account_cli.cli.adding import Wanted
    from account_cli.config import AccountConfig
    from account_cli.reports.rows import AccountStatusRow

EXAMPLES = (
    ("acct accounts", "how each kind of data comes, and how live it is"),
    ("acct accounts --json", "with the age of every stream's last message"),
    ("acct accounts add mine --exchange kraken", "a further account: says which boxes to tick, asks for the key"),
    ("acct accounts add ci --exchange kraken --key-from env:K --secret-from env:S --no-input", "without a question"),
    ("acct accounts key mine", "another key; who collects goes on with it without a restart"),
    ("acct accounts remove mine", "collect it no longer; what is known of it stays"),
)
ACTS = ("add", "key", "remove")
_BELONG = "these options belong to add, or to key"
Exchange = Annotated[str | None, typer.Option("--exchange", metavar="NAME", help="With add: where the account is.")]
User = Annotated[str | None, typer.Option("--user", metavar="LABEL", help="With add: whose account it is.")]
KeyFrom = Annotated[
    str | None, typer.Option("--key-from", metavar="REFERENCE", help="With add and key: where the key is, env:NAME.")
]
SecretFrom = Annotated[
    str | None, typer.Option("--secret-from", metavar="REFERENCE", help="With add and key: where its secret is.")
]
PassphraseFrom = Annotated[
    str | None,
    typer.Option("--passphrase-from", metavar="REFERENCE", help="With add and key: where its passphrase is."),
]
Address = Annotated[
    str | None, typer.Option("--address", metavar="ADDRESS", help="With add and key: of a wallet, instead of a key.")
]
Store = Annotated[
    str | None,
    typer.Option("--store", metavar="keyring|file", help="With add and key: where a key that is typed is kept."),
]
NoCheck = Annotated[bool, typer.Option("--no-check", help="With add and key: do not ask the exchange about the key.")]


def command(
    ctx: typer.Context,
    accounts: Accounts = None,
    exchange: Exchange = None,
    user: User = None,
    key_from: KeyFrom = None,
    secret_from: SecretFrom = None,
    passphrase_from: PassphraseFrom = None,
    address: Address = None,
    store: Store = None,
    no_check: NoCheck = False,
    allow_writable_key: AllowWritableKey = False,
    json: JsonFlag = False,
    csv: CsvFlag = False,
) -> int:
    """Show the accounts, how each is followed and how fresh it is.

    FULL_WEBSOCKET: all kinds of data stream. PARTIAL_WEBSOCKET: some stream, the others are polled. REST_ONLY: all are
    polled. An account that was never collected has no strategy yet.

    add asks for the key unseen, asks the exchange what it may do, and keeps it in the keyring (--store file: in files
    of mode 600). A key is never an argument: --key-from says where it is.
    """
    import msgspec

    from account_cli.cli import tables
    from account_cli.cli.adding import STORES, Wanted, referred
    from account_cli.cli.asking import ask, generic_accounts
    from account_cli.cli.output import write_report
    from account_cli.cli.words import choice
    from account_cli.reports.accounts import accounts as status_of
    from account_cli.reports.rows import AccountStatusRow

    session = session_of(ctx, json=json)
    wanted = Wanted(
        exchange=exchange,
        user=user,
        references={
            key: referred(reference, option)
            for key, option, reference in (
                ("api_key", "--key-from", key_from),
                ("secret", "--secret-from", secret_from),
                ("passphrase", "--passphrase-from", passphrase_from),
            )
            if reference is not None
        },
        address=address,
        store=None if store is None else choice(store, STORES, "--store"),
        checks=not no_check,
        allow_writable=allow_writable_key,
    )
    if accounts and accounts[0] in ACTS:
        return _change(accounts[0], accounts[1:], wanted, session)
    if wanted != Wanted():
        raise InputError(_BELONG, hint="acct accounts add NAME --exchange kraken")
    with ask(session, accounts) as question:
        views = question.views()
        report = status_of(views, now_ns=question.now_ns, generic=generic_accounts(views))
        configured = question.config.accounts
        waiting = tuple(_never_collected(configured[name]) for name in question.unknown if name in configured)
    report = msgspec.structs.replace(report, items=report.items + waiting)
    return write_report(
        question.honest(report), AccountStatusRow, tables.ACCOUNTS, session, csv=csv, empty=question.empty
    )


def _change(word: str, names: list[str], wanted: Wanted, session: Session) -> int:
    from account_cli.cli.adding import Wanted, add, renew
    from account_cli.cli.diagnostics import note
    from account_cli.config.edit import remove_account

    if len(names) != 1:
        raise InputError(f"acct accounts {word} takes one name", hint=f"acct accounts {word} NAME")
    (name,) = names
    if word == "remove":
        if wanted != Wanted():
            raise InputError(_BELONG, hint=f"acct accounts remove {name}")
        remove_account(session.config, name)
        note(f"{name} is not collected any more; what is known of it stays", session)
        return 0
    if word == "add":
        return add(session, replace(wanted, name=name))
    if wanted.exchange is not None or wanted.user is not None:
        raise InputError("--exchange and --user belong to add", hint=f"acct accounts key {name}")
    return renew(session, replace(wanted, name=name))


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
