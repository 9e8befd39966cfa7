"""``acct accounts add`` and ``key``: which boxes to tick, the key asked for unseen, looked at, then kept.

A key is never an argument. It is typed where nobody sees it, or named by where it is (``--key-from env:NAME``). It is
kept only after the exchange has said what it may do, and the account is written down only after it is kept.
"""

from __future__ import annotations

import os
import sys
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field, replace
from pathlib import Path

from account_cli.cli.diagnostics import note, warn
from account_cli.cli.session import Session
from account_cli.config import AccountConfig, Config
from account_cli.config.secrets import SECRETS, KeySource, variable
from account_cli.errors import InputError, Unreachable

STORES = ("keyring", "file")
_NAMES = {"api_key": "API key", "secret": "Its secret", "passphrase": "Its passphrase"}


@dataclass(frozen=True, slots=True, kw_only=True)
class Wanted:
    """What was asked for: an account, where its key is, and how it is to be kept."""

    name: str = ""
    exchange: str | None = None
    user: str | None = None
    references: Mapping[str, str] = field(default_factory=dict)
    address: str | None = None
    store: str | None = None
    checks: bool = True
    allow_writable: bool = False


def referred(text: str, option: str) -> str:
    """Return a reference that was given as an argument. Raises ``InputError`` for what could be the secret itself."""
    from account_cli.config.references import is_reference

    if not is_reference(text):
        raise InputError(
            f"{option} says where it is; an argument is seen by every user of this computer",
            hint="env:NAME, file:PATH, keyring:SERVICE/NAME, cmd:COMMAND, vault:MOUNT/PATH#FIELD, gcp:PROJECT/NAME",
        )
    return text


def add(session: Session, wanted: Wanted) -> int:
    """Configure a further account, with its key where one is given."""
    from account_cli.config.edit import add_account, demand_new

    config = session.config
    demand_new(config, wanted.name)
    typed = _typed(session, wanted, wanted.exchange or wanted.name)
    found = add_account(config, wanted.name, _written(wanted, typed), _approval(session, wanted, typed))
    account = found.account(wanted.name)
    note(f"{wanted.name} at {account.exchange} is in {config.place}{_key_is(wanted, typed)}", session)
    return 0


def renew(session: Session, wanted: Wanted) -> int:
    """Give an account that is configured another key; whoever collects goes on with it, without a restart."""
    from account_cli.config.edit import change_account

    config = session.config
    typed = _typed(session, wanted, config.account(wanted.name).exchange)
    if not typed and not wanted.references and wanted.address is None:
        raise InputError(
            f"no key for {wanted.name} was given",
            hint=f"acct accounts key {wanted.name} asks for it on a terminal; else --key-from and --secret-from say "
            "where it is",
        )
    change_account(config, wanted.name, _written(wanted, typed), _approval(session, wanted, typed))
    note(f"{wanted.name} has a new key{_key_is(wanted, typed)}; whoever collects it goes on with that", session)
    return 0


def _written(wanted: Wanted, typed: Mapping[str, str]) -> dict[str, str | bool]:
    """Return what goes into the account's table: where each secret is, never the secret."""
    found: dict[str, str | bool] = {}
    if wanted.exchange is not None and wanted.exchange != wanted.name:
        found["exchange"] = wanted.exchange
    if wanted.user is not None:
        found["user"] = wanted.user
    found |= {key: _place(wanted, key) for key in typed if key in SECRETS}
    found |= wanted.references
    if (address := typed.get("wallet_address", wanted.address)) is not None:
        found["wallet_address"] = address
    if wanted.allow_writable:
        found["allow_writable_key"] = True
    return found


def _key_is(wanted: Wanted, typed: Mapping[str, str]) -> str:
    """Say where the key is."""
    if "wallet_address" in typed or wanted.address is not None:
        return ""
    if typed:
        return f"; its key is in {'the keyring' if wanted.store != 'file' else 'files beside it, of mode 600'}"
    return "" if wanted.references else f"; its key is looked for in {variable(wanted.name, 'api_key')}"


def _place(wanted: Wanted, key: str) -> str:
    from account_cli.config.edit import KEY_FOLDER
    from account_cli.config.keyrings import SERVICE

    in_file = wanted.store == "file"
    return f"file:{KEY_FOLDER}/{wanted.name}.{key}" if in_file else f"keyring:{SERVICE}/{wanted.name}/{key}"


# ---- asking --------------------------------------------------------------------------------------------------------


def _typed(session: Session, wanted: Wanted, exchange: str) -> dict[str, str]:
    """Return what a person typed; nothing where nobody may be asked, or where it was said where the key is."""
    from account_cli.bootstrap import key_page
    from account_cli.exchanges import venues

    if not session.may_ask() or wanted.references or wanted.address is not None or exchange not in venues():
        if wanted.store is not None:
            raise InputError("--store is for a key that is typed, and nobody can be asked", hint="--key-from env:NAME")
        return {}
    page = key_page(exchange)
    if "api_key" in page.asks:
        _demand_store(wanted)
    if page.ticked:
        _say(f"Make a key that may only read: {page.place}")
        for box in page.ticked:
            _say(f"  [x] {box}")
    _say(f"  {page.words}")
    found = {}
    for key in page.asks:
        if key == "wallet_address":
            found[key] = _line("The address of the wallet: ")
        else:
            found[key] = _hidden(f"{_NAMES[key]} (not shown{'; empty: none yet' if key == 'api_key' else ''}): ")
        if not found[key]:
            if key in {"api_key", "wallet_address"}:
                return {}
            raise InputError(f"{_NAMES[key].lower()} is missing; nothing was changed")
    return found


def _demand_store(wanted: Wanted) -> None:
    """Find out that a key cannot be kept before it is typed."""
    from account_cli.config.keyrings import which

    if wanted.store == "file":
        return
    name, keeps = which()
    if not keeps:
        raise InputError(
            f"there is no keyring here to keep the key in ({name})",
            hint="--store file keeps it in files of mode 600 beside the configuration; or set "
            f"{variable(wanted.name, 'api_key')} and {variable(wanted.name, 'secret')}",
        )


def _hidden(question: str) -> str:
    """Ask for a line that the terminal does not show."""
    import termios

    handle = sys.stdin.fileno()
    before = termios.tcgetattr(handle)
    unseen = list(before)
    unseen[3] = before[3] & ~termios.ECHO
    try:
        termios.tcsetattr(handle, termios.TCSAFLUSH, unseen)
        return _line(question)
    finally:
        termios.tcsetattr(handle, termios.TCSAFLUSH, before)
        _say("")


def _line(question: str) -> str:
    sys.stderr.write(question)
    sys.stderr.flush()
    line = sys.stdin.readline()
    if not line:
        raise InputError("there is nobody to answer", hint="--key-from and --secret-from say where the key is")
    return line.strip()


def _say(text: str) -> None:
    sys.stderr.write(f"{text}\n")


# ---- looking at it, and keeping it ---------------------------------------------------------------------------------


def _approval(session: Session, wanted: Wanted, typed: Mapping[str, str]) -> Callable[[Config], None]:
    """Return what happens between the writing of the new file and its taking the place of the old one."""
    secrets = {key: value for key, value in typed.items() if key in SECRETS}

    def approve(config: Config) -> None:
        account = config.account(wanted.name)
        if secrets:
            account = replace(account, keys=KeySource({**account.keys.given, **secrets}))
        if wanted.checks and (secrets or wanted.references or _is_given(account)):
            _look(session, wanted, account, config)
        for key, value in secrets.items():
            _keep(session.config.place.parent, wanted, key, value)

    return approve


def _look(session: Session, wanted: Wanted, account: AccountConfig, config: Config) -> None:
    """Ask the exchange what the key may do. Raises ``AcctError`` for one that is not to be used."""
    from account_cli import bootstrap

    rights = bootstrap.key_rights(account, config, allow_writable=wanted.allow_writable)
    if rights is None:
        raise Unreachable(
            f"{account.exchange} cannot be asked just now what the key may do; nothing was changed",
            hint="try again in a moment, or leave the question out with --no-check",
        )
    if rights.standing == "read-only":
        note(f"{account.exchange} says that this key may only read", session)
    elif rights.writes:
        warn(f"this key can do more than read ({', '.join(rights.too_much)}), and is used all the same", session)
    else:
        warn(f"{account.exchange} does not tell what a key may do: make sure that it can only read", session)


def _keep(folder: Path, wanted: Wanted, key: str, value: str) -> None:
    kind, _, where = _place(wanted, key).partition(":")
    if kind == "keyring":
        from account_cli.config.keyrings import store

        store(where, value, what=f"accounts.{wanted.name}.{key}")
    else:
        from account_cli.config.edit import write_secret

        write_secret(folder / where, value)


def _is_given(account: AccountConfig) -> bool:
    """True when a key is there already, in the environment."""
    names = [f"{variable(account.name, key)}{ending}" for key in SECRETS for ending in ("", "_FILE")]
    return any(os.environ.get(name, "").strip() for name in names)
