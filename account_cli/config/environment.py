"""Every key of the configuration has a variable: ``ACCT_CURRENCY``, ``ACCT_STORAGE__REDIS``, ``ACCT_LOG__LEVEL``.

Two underscores part the tables. A name that a person chose is written in capitals, everything but letters and digits as
an underscore. A list is ``A,B`` or ``["A", "B"]``, a table ``{ a = 1 }``. Where a value is secret, the variable with
``_FILE`` behind it names a file that holds it. A variable with two underscores that means no key is refused; one
without is left alone, since other programs' variables begin with ACCT_ as well.
"""

from __future__ import annotations

import re
import tomllib
from collections.abc import Iterator, Mapping
from pathlib import Path as File
from typing import Any, NamedTuple

from account_cli.config.catalogue import ANY, Key, Path, entry
from account_cli.config.known import CATALOGUE
from account_cli.config.nearest import nearest
from account_cli.config.references import read_secret
from account_cli.errors import ConfigError

_PLACES = frozenset({("data_dir",), ("cache_dir",)})
"""Their variables are read together with the other places (``paths``)."""
OTHERS = ("ACCT_CONFIG", "ACCT_PROFILE", "ACCT_DATA_DIR", "ACCT_CACHE_DIR", "ACCT_STATE_DIR", "ACCT_TZ", "ACCT_PAGER")
"""Variables that mean something and are no key."""
_LOWER = frozenset({"accounts", "channels", "profiles", "strategy", "levels"})
"""Tables in which a new name is written small; elsewhere it is an asset or a rule, which are written large."""
_NUMBER = re.compile(r"-?\d+(\.\d+)?")
_FLAGS = {"true": True, "1": True, "false": False, "0": False}


class Given(NamedTuple):
    """A value that the environment gives to the key at ``path``."""

    path: Path
    value: Any
    variable: str


def from_environment(env: Mapping[str, str], raw: Mapping[str, Any]) -> list[Given]:
    """Return what the environment sets; ``raw`` are the tables of the file, whose names are recognised.

    Raises ``ConfigError`` for a variable that means no key, or a file that cannot be read.
    """
    return [given for name in sorted(env) if name.startswith("ACCT_") for given in _given(name, env[name], raw)]


def _given(name: str, text: str, raw: Mapping[str, Any]) -> Iterator[Given]:
    parts = tuple(name[len("ACCT_") :].split("__"))
    if not text or (len(parts) == 1 and _found(parts, raw) is None):
        return
    path = _found(parts, raw)
    if path is not None:
        key = entry(path, CATALOGUE)
        assert key is not None
        if path not in _PLACES:
            yield Given(path, typed(key, text), name)
        return
    bare = _found((*parts[:-1], parts[-1].removesuffix("_FILE")), raw) if parts[-1].endswith("_FILE") else None
    key = None if bare is None else entry(bare, CATALOGUE)
    if bare is None or key is None or key.hidden is None:
        known = [key.variable for key in CATALOGUE.values()]
        best = nearest(name, known)
        raise ConfigError(
            "means no key of the configuration",
            key=name,
            hint=f"did you mean {best!r}?" if best else "docs/configuration.md lists every variable; unset this one",
        )
    yield Given(bare, read_secret(File(text).expanduser(), what=name), name)


def _found(parts: Path, raw: Mapping[str, Any]) -> Path | None:
    """Return the path that the parts of a variable's name mean, or None."""
    for known in CATALOGUE:
        if len(known) != len(parts) or not all(_means(a, b) for a, b in zip(known, parts, strict=True)):
            continue
        path: list[str] = []
        table: Any = raw
        for want, said in zip(known, parts, strict=True):
            name = want if want != ANY else _chosen(said, table, path[-1])
            path.append(name)
            table = table.get(name, {}) if isinstance(table, dict) else {}
        return tuple(path)
    return None


def _means(known: str, said: str) -> bool:
    return bool(said) and (known == ANY or _plain(known) == said.upper())


def _chosen(said: str, table: object, above: str) -> str:
    """Return the name in the file that this variable means, or a new one."""
    for name in table if isinstance(table, dict) else ():
        if _plain(name) == said.upper():
            return str(name)
    return said.lower() if above in _LOWER else said


def _plain(name: str) -> str:
    return re.sub(r"[^A-Z0-9]", "_", name.upper())


def typed(key: Key, text: str) -> Any:
    """Read a text as the kind of value that a key holds; what cannot be read so is left a text, to be refused."""
    text = text.strip()
    if key.kind == "flag":
        return _FLAGS.get(text.lower(), text)
    if key.kind == "whole":
        return int(text) if re.fullmatch(r"-?\d{1,15}", text) else text
    if key.kind == "span" and _NUMBER.fullmatch(text):
        return float(text) if "." in text else int(text)
    if key.kind == "texts" and not text.startswith("["):
        return [part.strip() for part in text.split(",") if part.strip()]
    if key.kind in {"texts", "table"} and text.startswith(("[", "{")):
        try:
            return tomllib.loads(f"value = {text}")["value"]
        except tomllib.TOMLDecodeError:
            return text
    return text


def unknown_variables(env: Mapping[str, str]) -> Iterator[tuple[str, str]]:
    """Return the variables that look like a misspelt one of acct's, each with the one that was likely meant.

    Those with two underscores are refused when the configuration is read; of the others many are other programs'.
    """
    known = {key.variable for key in CATALOGUE.values() if "__" not in key.variable} | set(OTHERS)
    for name in sorted(env):
        if name.startswith("ACCT_") and "__" not in name and name not in known:
            best = nearest(name, known)
            if best is not None and abs(len(best) - len(name)) <= 2:
                yield name, best
