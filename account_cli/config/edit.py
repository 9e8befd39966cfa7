"""The configuration is begun and changed by keys and accounts, and nothing else that stands there is touched.

The file keeps its comments and its order. It is replaced whole, after what it would become has been read the way it
will be read: a change that would not load is refused, and nothing is half written.
"""

from __future__ import annotations

import os
import tempfile
from collections.abc import Callable, Mapping, Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Any

from account_cli.config.catalogue import Path as Path_
from account_cli.config.environment import typed
from account_cli.config.keyrings import SERVICE, forget
from account_cli.config.layers import PROFILES
from account_cli.config.load import load_config, read_document
from account_cli.config.model import Config
from account_cli.config.references import is_reference
from account_cli.config.secrets import SECRETS, SUFFIXES
from account_cli.config.showing import key_at, path_of
from account_cli.errors import ConfigError, InputError

if TYPE_CHECKING:
    from tomlkit import TOMLDocument

_PRIVATE_FILE, _PRIVATE_DIRECTORY = 0o600, 0o700
KEY_FOLDER = "keys"
"""Beside the configuration: where keys are kept that no keyring takes."""


def demand_new(config: Config, name: str) -> None:
    """Raise ``InputError`` when an account of this name stands in the file."""
    if name in _accounts(_document(config.place)):
        raise InputError(
            f"account {name!r} is configured already",
            hint=f"acct accounts key {name} gives it a key; or look at {config.place}",
        )


def add_account(
    config: Config, name: str, table: Mapping[str, str | bool], approve: Callable[[Config], object] = lambda _: None
) -> Config:
    """Write a table for a further account; return the configuration as it is then.

    ``approve`` is handed the configuration as it would be, before anything takes its place. Raises ``InputError`` for a
    name that is taken, ``ConfigError`` for what cannot be configured so, and what ``approve`` raises.
    """
    import tomlkit

    demand_new(config, name)
    document = _document(config.place)
    own = tomlkit.table()
    for key, value in table.items():
        own[key] = value
    document.setdefault("accounts", tomlkit.table(is_super_table=True))[name] = own
    return _replaced(config.place, config.venues, tomlkit.dumps(document), _approved(name, approve))


def change_account(
    config: Config, name: str, table: Mapping[str, str | bool], approve: Callable[[Config], object] = lambda _: None
) -> Config:
    """Write keys into an account's table, which is made where there is none; raises as ``add_account`` does.

    A secret that is given anew takes the place of whatever said where the old one is.
    """
    import tomlkit

    document = _document(config.place)
    accounts = document.setdefault("accounts", tomlkit.table(is_super_table=True))
    own = accounts.setdefault(name, tomlkit.table())
    for key, value in table.items():
        own[key] = value
        for other in (f"{key}{suffix}" for suffix in SUFFIXES if suffix and key in SECRETS):
            own.pop(other, None)
    return _replaced(config.place, config.venues, tomlkit.dumps(document), _approved(name, approve))


def remove_account(config: Config, name: str) -> Config:
    """Take an account's table out; what is known of it stays in the database. Raises ``InputError`` for none.

    A key that acct itself put away goes with it.
    """
    import tomlkit

    document = _document(config.place)
    if name not in _accounts(document):
        raise InputError(f"no account {name!r} is configured in {config.place}", hint="acct accounts lists them")
    given = config.accounts[name].keys.given if name in config.accounts else {}
    del document["accounts"][name]
    found = _replaced(config.place, config.venues, tomlkit.dumps(document), lambda new: new)
    for key in SECRETS:
        _forget(given.get(key, ""), name, key, config.place.parent)
    return found


def _forget(reference: str, name: str, key: str, folder: Path) -> None:
    if reference == f"keyring:{SERVICE}/{name}/{key}":
        forget(f"{SERVICE}/{name}/{key}")
    elif reference == f"file:{KEY_FOLDER}/{name}.{key}":
        (folder / KEY_FOLDER / f"{name}.{key}").unlink(missing_ok=True)


def write_secret(path: Path, secret: str) -> None:
    """Write a secret into a file of its owner alone, whole or not at all. Raises ``ConfigError``."""
    beside = path.with_name(f".{path.name}.{os.getpid()}")
    try:
        path.parent.mkdir(mode=_PRIVATE_DIRECTORY, parents=True, exist_ok=True)
        handle = os.open(beside, os.O_WRONLY | os.O_CREAT | os.O_EXCL | os.O_NOFOLLOW, _PRIVATE_FILE)
        try:
            with os.fdopen(handle, "w", encoding="utf-8") as file:
                file.write(f"{secret}\n")
                file.flush()
                os.fsync(file.fileno())
            beside.replace(path)
        finally:
            beside.unlink(missing_ok=True)
    except OSError as error:
        raise ConfigError(f"cannot be written: {error.strerror}", file=str(path)) from None


def _accounts(document: Mapping[str, Any]) -> Mapping[str, Any]:
    found = document.get("accounts", {})
    return found if isinstance(found, dict) else {}


def _approved(name: str, approve: Callable[[Config], object]) -> Callable[[Config], object]:
    def check(new: Config) -> None:
        new.account(name)
        approve(new)

    return check


def begin_file(
    place: Path,
    *,
    currency: str | None,
    exchange: str | None,
    name: str | None,
    venues: Callable[[], Sequence[str]],
) -> Config:
    """Write a first file: everything explained and out of use, but for what was decided. Raises ``ConfigError``."""
    from account_cli.config.example import example, literal

    text = example(live=False)
    if currency is not None:
        text = text.replace("# currency =", "currency =", 1).replace('"USD"', literal(currency), 1)
    if exchange is not None:
        own = f"[accounts.{literal(name) if '.' in str(name) or ':' in str(name) else name}]\n"
        own += f"exchange = {literal(exchange)}\n" if exchange != name else ""
        text = text.replace("# [accounts.main]\n", f"{own}\n# [accounts.main]\n", 1)
    return _replaced(place, venues, text, lambda new: [new.account(one) for one in new.accounts])


def set_key(place: Path, dotted: str, text: str, *, profile: str | None, venues: Callable[[], Sequence[str]]) -> str:
    """Write one key into the file, or into a profile of it; return what to say of it, without secrets.

    Raises ``InputError`` for a key that there is not or a secret that was given as an argument, ``ConfigError`` for
    what would not load.
    """
    import tomlkit

    path = path_of(dotted)
    key = key_at(path)
    if key.hidden == "secret" and not is_reference(text):
        raise InputError(
            f"{dotted} may not be given as an argument: every user of this computer sees those",
            hint="acct accounts add asks for it; or say where it is: env:NAME, file:PATH, keyring:SERVICE/NAME",
        )
    document, tables = _document(place), _tables(profile, path)
    table: Any = document
    for part in tables:
        if not isinstance(table.get(part), dict):
            table[part] = tomlkit.table(is_super_table=True) if table is document else tomlkit.table()
        table = table[part]
    before = table.get(path[-1])
    value = tomlkit.item(typed(key, text))
    if before is not None and hasattr(before, "trivia"):
        value.trivia.comment_ws, value.trivia.comment = before.trivia.comment_ws, before.trivia.comment
    table[path[-1]] = value
    _replaced(place, venues, tomlkit.dumps(document), _every_account)
    name = ".".join((*tables, path[-1]))
    return f"{name} is set" if key.hidden is not None else f"{name} = {value.as_string()}"


def unset_key(place: Path, dotted: str, *, profile: str | None, venues: Callable[[], Sequence[str]]) -> str:
    """Take one key out of the file, or out of a profile of it; return what to say of it. Raises as ``set_key`` does."""
    import tomlkit

    path = path_of(dotted)
    document, tables = _document(place), _tables(profile, path)
    table: Any = document
    for part in tables:
        table = table.get(part) if isinstance(table, dict) else None
    if not isinstance(table, dict) or path[-1] not in table:
        raise InputError(f"{dotted} is not set in {place}", hint=f"acct config get --origin {dotted}")
    del table[path[-1]]
    _replaced(place, venues, tomlkit.dumps(document), _every_account)
    return f"{'.'.join((*tables, path[-1]))} is taken out"


def _tables(profile: str | None, path: Path_) -> Path_:
    """Return the tables that a key stands in, below the profile where one is named."""
    return ((PROFILES, profile) if profile else ()) + path[:-1]


def _every_account(config: Config) -> object:
    return [config.account(name) for name in config.accounts]


def _document(place: Path) -> TOMLDocument:
    import tomlkit

    if not place.exists():
        return tomlkit.document()
    read_document(place, {})  # says what is wrong with it, where it is no TOML
    return tomlkit.parse(place.read_text("utf-8-sig"))


def _replaced(named: Path, venues: Callable[[], Sequence[str]], text: str, check: Callable[[Config], object]) -> Config:
    place = named.resolve()  # one that is a link stays one
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
                new = _loaded(beside, venues)
                _demand_no_more_refused(new, named, venues)
                check(new)
            except ConfigError as error:  # it names the file that was tried
                message = error.message.replace(str(beside), str(place))
                raise ConfigError(f"{message}; nothing was changed", hint=error.hint) from None
            beside.chmod(place.stat().st_mode & 0o777 if place.exists() else _PRIVATE_FILE)
            beside.replace(place)
        finally:
            beside.unlink(missing_ok=True)
    except OSError as error:
        raise ConfigError(f"cannot be written: {error.strerror}", file=str(place)) from error
    return _loaded(named, venues)


def _demand_no_more_refused(new: Config, named: Path, venues: Callable[[], Sequence[str]]) -> None:
    """Raise what is wrong with a rule or channel in ``new`` that was not wrong in the file that is there now."""
    try:
        before = {one.key for one in _loaded(named, venues).alerts.refused}
    except ConfigError:
        before = set()
    for error in new.alerts.refused:
        if error.key not in before:
            raise error


def _loaded(path: Path, venues: Callable[[], Sequence[str]]) -> Config:
    return load_config(path, venues=venues)
