"""``docs/configuration.md`` is written from the list of keys, so that it always names every one of them.

``python -m account_cli.config.reference FILE`` writes it; a test writes it anew and compares.
"""

from __future__ import annotations

import sys
from collections.abc import Sequence
from pathlib import Path as File

from account_cli.config.catalogue import ANY, Key, Path, sections
from account_cli.config.environment import OTHERS
from account_cli.config.example import literal
from account_cli.config.known import ABOUT, CATALOGUE

_HEAD = """\
# Configuration

One TOML file, `$XDG_CONFIG_HOME/acct/config.toml` (`~/.config/acct/config.toml`), another one by `--config FILE` or
`ACCT_CONFIG`. None of it is needed: `acct watch kraken` works with `KRAKEN_API_KEY` and `KRAKEN_API_SECRET` in the
environment alone. [Where keys may be](secrets.md) has a page of its own.

```console
$ acct config init --no-input
note: …/.config/acct/config.toml is written; acct config validate checks it after you changed it
$ acct config set currency EUR
note: …: currency = "EUR"
$ acct config set accounts.savings.exchange kraken
note: …: accounts.savings.exchange = "kraken"
$ ACCT_TIMEOUT=20 acct config show --origin
currency = "EUR" … # …/.config/acct/config.toml:…
…
timeout = 20 … # ACCT_TIMEOUT
…
accounts.savings.exchange = "kraken" … # …/.config/acct/config.toml:…
…
$ acct config get accounts.savings.poll_interval
60
$ acct config validate
note: …/.config/acct/config.toml is in order: 1 account
$ acct config unset currency
note: …: currency is taken out
```

- **Before one another**: an option of the command line, then the environment, then the profile, then the file, then the
  default. `acct config show --origin` says which of them holds, with its line.
- **Environment**: every key has a variable, `ACCT_SECTION__KEY`; two underscores part the tables, names of your own
  are written large, everything but letters and digits as an underscore: `ACCT_ACCOUNTS__MY_KRAKEN__POLL_INTERVAL=5m`. A
  list is `A,B`, a table `{ a = 1 }`. Where a value is secret, the variable with `_FILE` behind it names a file that
  holds it (`ACCT_STORAGE__REDIS_FILE=/run/secrets/redis`). A variable with two underscores that
  means no key is refused.
- **Profiles**: `[profiles.NAME]` holds whatever the file may hold, and lies over it, key by key: `acct --profile NAME`,
  or `ACCT_PROFILE=NAME`. All profiles are checked whenever the file is read. `acct --profile NAME config set KEY VALUE`
  writes into one.
- **Errors** name file, line and key, or the variable, and the nearest right name; `acct config validate` lists all.
  Nothing unknown is ignored.
- **Changes** are taken up by a running `acct collect` or `acct watch` within two seconds: accounts that come and go,
  other keys, other settings of an account. A file that would not load changes nothing. What is kept where ([storage],
  the folders) and [log] hold until the next start.
- **Editors**: `acct config schema` writes the JSON schema (`#:schema ./acct.schema.json` at the top of the file for
  those that read it from there).

Spans are seconds or texts like `"90s"`, `"5m"`, `"1h"`. Numbers that count money are exact: in quotes, like `"0.5"`.
`config.toml.example` has all of this as a file.

## Places

| variable | |
|---|---|
| `ACCT_CONFIG` | the file, instead of `$XDG_CONFIG_HOME/acct/config.toml` |
| `ACCT_DATA_DIR` | the database, instead of `$XDG_DATA_HOME/acct` |
| `ACCT_CACHE_DIR` | listings of markets, rate budgets, instead of `$XDG_CACHE_HOME/acct` |
| `ACCT_STATE_DIR` | the log and reports of bugs, instead of `$XDG_STATE_HOME/acct` |
| `ACCT_PROFILE` | the profile |
"""
_NAMES = {
    ("accounts", ANY): "[accounts.NAME]",
    ("accounts", ANY, "strategy"): "[accounts.NAME.strategy]",
    ("alerts", "rules", ANY): "[alerts.rules.RULE]",
    ("alerts", "rules", ANY, "assets"): "[alerts.rules.RULE.assets]",
    ("alerts", "rules", ANY, "accounts", ANY): "[alerts.rules.RULE.accounts.NAME]",
    ("alerts", "rules", ANY, "accounts", ANY, "assets"): "[alerts.rules.RULE.accounts.NAME.assets]",
    ("alerts", "channels", ANY): "[alerts.channels.NAME]",
    ("reconcile", "dust", ANY): "[reconcile.dust.EXCHANGE]",
}


def reference() -> str:
    """Return the whole page."""
    assert {"ACCT_CONFIG", "ACCT_PROFILE"} <= set(OTHERS)
    lines = [_HEAD]
    for section, keys in sections(CATALOGUE):
        lines += _section(section, keys)
    return "\n".join(lines)


def _section(section: Path, keys: Sequence[Key]) -> list[str]:
    title = _NAMES.get(section, f"[{'.'.join(section)}]") if section else "At the top"
    about = ABOUT.get(section, "").rstrip(":") if section else "Before any table."
    lines = [f"## {title}", "", *([f"{about.rstrip('.')}.", ""] if about else [])]
    lines += ["| key | default | |", "|---|---|---|"]
    lines += [f"| `{key.name if key.name != ANY else 'NAME'}` | {_default(key)} | {_words(key)} |" for key in keys]
    return [*lines, ""]


def _default(key: Key) -> str:
    return f"`{literal(key.default)}`" if key.default is not None else ""


def _words(key: Key) -> str:
    words = key.about.replace("|", "\\|")
    if key.choices:
        words += f"; one of {', '.join(f'`{one}`' for one in key.choices)}"
    if key.least is not None:
        words += f"; from {key.least} to {key.most}"
    if key.default is None and key.example is not None:
        words += f"; like `{key.example}`"
    return words + ("; may be a [reference](secrets.md)" if key.reference else "")


if __name__ == "__main__":
    File(sys.argv[1]).write_text(reference(), encoding="utf-8")
