"""``config.toml.example`` is written from the list of keys, so that it always names every one of them.

``python -m account_cli.config.example FILE`` writes it; a test writes it anew and compares.
"""

from __future__ import annotations

import json
import sys
from collections.abc import Sequence
from pathlib import Path as File
from textwrap import wrap

from account_cli.config.catalogue import ANY, Key, Path, sections
from account_cli.config.known import ABOUT, CATALOGUE

_HEAD = """\
# acct reads this file from $XDG_CONFIG_HOME/acct/config.toml (~/.config/acct/config.toml), from the file that
# ACCT_CONFIG names, or from --config FILE. None of it is needed: an account that is named like its exchange works with
# its key in the environment alone (acct watch kraken, with KRAKEN_API_KEY and KRAKEN_API_SECRET set).
# acct config init begins a file of your own, acct config show --origin says what holds and why.
#
# A file that holds a secret must be readable by its owner alone: chmod 600 config.toml
# An unknown key is an error, not ignored. Times are seconds, or texts like "90s", "5m", "1h".
# Each key has a variable that goes before it: ACCT_CURRENCY, ACCT_STORAGE__DATABASE, ACCT_ACCOUNTS__MAIN__USER.
# What begins with # is as it would be without it, or an example.
"""
_TAIL = """
# A profile lies over everything above: acct --profile test, or ACCT_PROFILE=test.
# [profiles.test]
# data_dir = "~/.local/share/acct-test"
# [profiles.test.accounts.main]
# sandbox = true
"""
_SHOWN: dict[str, tuple[str, ...]] = {
    "accounts.*": ("main",),
    "alerts.rules.*": ("LOW_BALANCE",),
    "alerts.rules.*.accounts.*": ("LOW_BALANCE", "main"),
    "alerts.rules.*.assets": ("LOW_BALANCE",),
    "alerts.rules.*.accounts.*.assets": ("LOW_BALANCE", "main"),
    "alerts.channels.*": ("mail",),
    "reconcile.dust.*": ("kraken",),
    "accounts.*.strategy": ("main",),
}
_NAMES = {
    ("reconcile", "dust"): "BTC",
    ("reconcile", "dust", ANY): "USD",
    ("alerts", "channels"): "hook",
    ("log", "levels"): "storage",
    ("accounts", ANY, "strategy"): "transfers",
}
_LIVE = frozenset({("accounts", ANY, "exchange"), ("accounts", ANY, "user")})
"""What stands there without a ``#`` besides whatever has a default."""
_WIDTH, _LONGEST = 42, 118


def example(*, live: bool = True) -> str:
    """Return the whole file; not ``live``: with everything out of use, to begin a file of one's own with."""
    lines = [_HEAD]
    for section, keys in sections(CATALOGUE):
        lines += _section(section, keys, live)
    return "\n".join(lines).replace("\n\n\n", "\n\n") + _TAIL


def _section(section: Path, keys: Sequence[Key], live: bool) -> list[str]:
    lines = [f"# {line}" for line in wrap(ABOUT.get(section, ""), _LONGEST - 2)]
    used = [live and (key.default is not None or key.path in _LIVE) for key in keys]
    if section:
        lines.append(f"{'' if any(used) else '# '}[{'.'.join(_written(section))}]")
    for key, holds in zip(keys, used, strict=True):
        mark = "" if holds else "# "
        name = _NAMES.get(section, "BTC") if key.name == ANY else key.name
        line = f"{mark}{name} = {key.example if key.default is None else literal(key.default)}"
        lines += _explained(line, key.about)
    return [*lines, ""]


def _explained(line: str, about: str) -> list[str]:
    """Put the words behind the value, or above it where that would make too long a line."""
    whole = f"{line:<{_WIDTH - 2}}  # {about}"
    return [whole] if len(whole) <= _LONGEST else [*(f"# {part}" for part in wrap(about, _LONGEST - 2)), line]


def _written(section: Path) -> list[str]:
    names = list(_SHOWN.get(".".join(section), ()))
    return [names.pop(0) if part == ANY and names else part for part in section]


def literal(value: object) -> str:
    """Return a value as TOML writes it; the values of a configuration are all of JSON's kinds but null."""
    if isinstance(value, dict):
        return "{ " + ", ".join(f"{name} = {literal(inner)}" for name, inner in value.items()) + " }" if value else "{}"
    if isinstance(value, (list, tuple, set, frozenset)):
        return "[" + ", ".join(literal(one) for one in value) + "]"
    return json.dumps(value, ensure_ascii=False)


if __name__ == "__main__":
    File(sys.argv[1]).write_text(example(), encoding="utf-8")
