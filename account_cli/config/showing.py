"""What holds, key by key, and where each value came from; what is secret is never among it."""

from __future__ import annotations

import re
import tomllib
from collections.abc import Iterator, Mapping
from typing import Any
from urllib.parse import urlsplit

import msgspec

from account_cli.config.catalogue import ANY, Key, Path, entry
from account_cli.config.example import literal
from account_cli.config.keys import TIMES
from account_cli.config.known import CATALOGUE
from account_cli.config.layers import DEFAULT, Origin
from account_cli.config.load import Document
from account_cli.config.model import Config
from account_cli.config.nearest import did_you_mean
from account_cli.config.references import is_reference, shown
from account_cli.errors import InputError
from account_cli.redaction import MASK

_BARE = re.compile(r"[A-Za-z0-9_-]+")
_PLACES = {"data_dir": "ACCT_DATA_DIR", "cache_dir": "ACCT_CACHE_DIR"}


class Setting(msgspec.Struct, frozen=True, kw_only=True):
    """One key as it holds: ``value`` as it would be written, None where there is none; ``where`` it came from."""

    key: str
    value: Any
    origin: str
    where: str


def settings(document: Document, config: Config) -> list[Setting]:
    """Return every key that holds something, in the order of the reference."""
    return [_setting(path, document, config) for path in _paths(document.layers.merged)]


def setting(dotted: str, document: Document, config: Config) -> Setting:
    """Return one key. Raises ``InputError`` for one that there is not, with the nearest."""
    path = path_of(dotted)
    if len(path) > 2 and path[0] == "accounts" and path[1] not in config.accounts:
        hint = did_you_mean(path[1], config.accounts) or "acct accounts lists them"
        raise InputError(f"no account {path[1]!r} is configured", hint=hint)
    return _setting(path, document, config)


def path_of(dotted: str) -> Path:
    """Return the path that a person wrote, ``accounts.main.user`` or ``accounts."a.b".user``.

    Raises ``InputError`` for what is no key of a configuration, with the nearest one.
    """
    try:
        found: Any = tomllib.loads(f"{dotted} = 0") if "\n" not in dotted and "=" not in dotted else 0
    except tomllib.TOMLDecodeError:
        found = 0
    path: Path = ()
    while isinstance(found, dict) and len(found) == 1:
        ((name, found),) = found.items()
        path = (*path, name)
    if path and entry(path, CATALOGUE) is not None:
        return path
    known = [_dotted(_like(key.path, path)) for key in CATALOGUE.values()]
    raise InputError(
        f"no such key: {dotted!r}", hint=did_you_mean(dotted, known) or "acct config show lists what there is"
    )


def _like(known: Path, given: Path) -> Path:
    """Return a key's path with the names of the given one where a name is the person's choice."""
    return tuple(
        given[at] if part == ANY and at < len(given) else "NAME" if part == ANY else part
        for at, part in enumerate(known)
    )


def key_at(path: Path) -> Key:
    """Return what is known of the key at a path that ``path_of`` returned."""
    found = entry(path, CATALOGUE)
    assert found is not None
    return found


def _paths(merged: Mapping[str, Any]) -> Iterator[Path]:
    for known in CATALOGUE:
        yield from _spelled(known, (), merged)


def _spelled(known: Path, done: Path, table: object) -> Iterator[Path]:
    """Return the paths that stand for a known one, with every name that is written down in the place of ``*``."""
    if not known:
        yield done
        return
    inner = table if isinstance(table, dict) else {}
    names = inner if known[0] == ANY else [known[0]]
    for name in names:
        if len(known) > 1 and known[0] == ANY and not isinstance(inner[name], dict):
            continue
        if len(known) == 1 and known[0] == ANY and isinstance(inner[name], dict):
            continue
        yield from _spelled(known[1:], (*done, name), inner.get(name))


def _setting(path: Path, document: Document, config: Config) -> Setting:
    key = key_at(path)
    value, origin = _value(path, document, config, key)
    shown_value = _shown(value, key)
    return Setting(key=_dotted(path), value=shown_value, origin=origin.kind, where=str(origin))


def _value(path: Path, document: Document, config: Config, key: Key) -> tuple[Any, Origin]:
    if len(path) == 1 and path[0] in _PLACES:
        variable = _PLACES[path[0]]
        place = str(getattr(config, path[0]))
        named = document.env.get(variable)
        return place, Origin("environment", variable=variable) if named else document.layers.origin(path)
    found = _at(document.layers.merged, path)
    if found is not None:
        return found, document.layers.origin(path)
    if path == ("storage", "database"):
        return f"sqlite:///{config.database}", DEFAULT
    if path[0] == "accounts" and path[-1] in TIMES:
        return _value(path[-1:], document, config, CATALOGUE[path[-1:]])
    if path[0] == "accounts" and path[2:] == ("exchange",):
        return path[1], DEFAULT
    return key.default, DEFAULT


def _at(table: Any, path: Path) -> Any:
    for part in path:
        table = table.get(part) if isinstance(table, dict) else None
    return table


def _shown(value: Any, key: Key) -> Any:
    """Return a value as it may be seen: a reference in full, of a secret only that there is one."""
    if not isinstance(value, str) or key.hidden is None:
        return value
    if key.reference and is_reference(value):
        return shown(value)
    if key.hidden == "command":
        return f"{value.split(maxsplit=1)[0] if value.strip() else ''} …"
    return MASK if key.hidden == "secret" else _harmless(value, key)


def _harmless(url: str, key: Key) -> str:
    """Return a URL without what opens something: of a database its user and name may be seen, of others the host."""
    try:
        parts = urlsplit(url)
        host = parts.hostname or ""
        port = f":{parts.port}" if parts.port else ""
    except ValueError:
        return MASK
    if parts.scheme == "sqlite":
        return url
    if key.path[0] == "storage":
        user = f"{parts.username}{':' + MASK if parts.password else ''}@" if parts.username or parts.password else ""
        return f"{parts.scheme}://{user.replace('None', '')}{host}{port}{parts.path}{'?…' if parts.query else ''}"
    if parts.scheme in {"http", "https", "smtp", "smtps"}:
        return f"{parts.scheme}://{host}{port}/…"
    return f"{parts.scheme}://…"


def _dotted(path: Path) -> str:
    return ".".join(part if _BARE.fullmatch(part) else literal(part) for part in path)
