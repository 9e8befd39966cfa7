"""Accounts are added to the configuration and taken out of it without touching anything else that stands there.

The file keeps its comments and its order. It is replaced whole, after what it would become has been read the way it
will be read: a change that would not load is refused, and nothing is half written.
"""

from __future__ import annotations

import os
import tempfile
from collections.abc import Callable, Sequence
from pathlib import Path
from typing import TYPE_CHECKING

from account_cli.config.load import load_config
from account_cli.config.model import Config
from account_cli.errors import ConfigError, InputError

if TYPE_CHECKING:
    from tomlkit import TOMLDocument

_PRIVATE_FILE, _PRIVATE_DIRECTORY = 0o600, 0o700


def add_account(config: Config, name: str, *, exchange: str | None, user: str | None) -> Config:
    """Write a table for a further account; return the configuration as it is then.

    Raises ``InputError`` for a name that is taken, ``ConfigError`` for what cannot be configured so.
    """
    import tomlkit

    if name in config.accounts:
        raise InputError(f"account {name!r} is configured already", hint=f"look at {config.place}")
    document = _document(config.place)
    table = tomlkit.table()
    if exchange is not None and exchange != name:
        table["exchange"] = exchange
    if user is not None:
        table["user"] = user
    accounts = document.setdefault("accounts", tomlkit.table(is_super_table=True))
    accounts[name] = table
    return _replaced(config, tomlkit.dumps(document), lambda new: new.account(name))


def remove_account(config: Config, name: str) -> Config:
    """Take an account's table out; what is known of it stays in the database. Raises ``InputError`` for none."""
    import tomlkit

    if name not in config.accounts:
        raise InputError(f"no account {name!r} is configured", hint="acct accounts lists them")
    document = _document(config.place)
    del document["accounts"][name]
    return _replaced(config, tomlkit.dumps(document), lambda new: new)


def _document(place: Path) -> TOMLDocument:
    import tomlkit

    return tomlkit.parse(place.read_text("utf-8-sig") if place.exists() else "")


def _replaced(config: Config, text: str, check: Callable[[Config], object]) -> Config:
    place = config.place
    try:
        place.parent.mkdir(mode=_PRIVATE_DIRECTORY, parents=True, exist_ok=True)
        handle, name = tempfile.mkstemp(dir=place.parent, prefix=".config-", suffix=".toml")
        beside = Path(name)
        try:
            with os.fdopen(handle, "w", encoding="utf-8") as file:
                file.write(text)
                file.flush()
                os.fsync(file.fileno())
            try:
                check(_loaded(beside, config.venues))
            except ConfigError as error:  # it names the file that was tried
                message = error.message.replace(str(beside), str(place))
                raise ConfigError(f"{message}; nothing was changed", hint=error.hint) from None
            beside.chmod(place.stat().st_mode & 0o777 if place.exists() else _PRIVATE_FILE)
            beside.replace(place)
        finally:
            beside.unlink(missing_ok=True)
    except OSError as error:
        raise ConfigError(f"cannot be written: {error.strerror}", file=str(place)) from error
    return _loaded(place, config.venues)


def _loaded(path: Path, venues: Callable[[], Sequence[str]]) -> Config:
    return load_config(path, venues=venues)
