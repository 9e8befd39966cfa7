"""A secret is read as late as possible, from a place that only its owner can read, and shown to nobody.

For an account ``kraken`` each secret is looked for in this order:

1. the variable ``KRAKEN_API_KEY`` (``KRAKEN_API_SECRET``, ``KRAKEN_API_PASSPHRASE``)
2. the file that ``KRAKEN_API_KEY_FILE`` names
3. ``api_key`` in the configuration, 4. the file ``api_key_file`` names, 5. what ``api_key_command`` prints

The first and the third may say where the secret is instead (``references``): ``keyring:acct/kraken/api_key``.

Never from the command line: arguments are seen by every user of the computer.
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import NoReturn

from account_cli.config.references import beside, follow, is_reference, printed, read_secret
from account_cli.errors import KeyMissing

#: configuration key -> what its variable ends in
SECRETS = {"api_key": "API_KEY", "secret": "API_SECRET", "passphrase": "API_PASSPHRASE"}
SUFFIXES = ("", "_file", "_command")


@dataclass(frozen=True, slots=True)
class KeySource:
    """Where the configuration says that secrets are: by key (``api_key``, ``secret_file``, …). Shows nothing."""

    given: Mapping[str, str] = field(default_factory=dict)

    def __repr__(self) -> str:
        return "KeySource(...)"

    def __reduce__(self) -> NoReturn:
        raise TypeError("secrets are not pickled")

    @property
    def holds_secret(self) -> bool:
        """True when a secret itself stands in the configuration, not only where it is."""
        return any(key in SECRETS and not is_reference(value.strip()) for key, value in self.given.items())

    def secrets(self) -> tuple[str, ...]:
        """The secrets that stand in the configuration itself: to be redacted, not to be used."""
        return tuple(
            value.strip() for key, value in self.given.items() if key in SECRETS and not is_reference(value.strip())
        )


@dataclass(frozen=True, slots=True, kw_only=True)
class Secrets:
    """What was found. Shows nothing."""

    api_key: str | None = None
    secret: str | None = None
    passphrase: str | None = None
    wallet_address: str | None = None

    def __repr__(self) -> str:
        return "Secrets(...)"


def variable(account: str, key: str) -> str:
    """Return the name of the variable for an account's secret: ``variable("my-kraken", "secret")``."""
    stem = re.sub(r"[^A-Z0-9]", "_", account.upper())
    return f"{stem}_{SECRETS[key]}"


def resolve(
    account: str, keys: KeySource, env: Mapping[str, str], *, needed: bool = True, file: str | None = None
) -> Secrets:
    """Find an account's secrets; ``file`` is the configuration that named them, for messages.

    Raises ``KeyMissing`` when ``needed`` and no wallet address or no key and secret are found.
    """
    found = {key: _one(account, key, keys, env, file) for key in SECRETS}
    wallet = (env.get(variable(account, "api_key").removesuffix("API_KEY") + "WALLET_ADDRESS") or "").strip() or None
    missing = [key for key in ("api_key", "secret") if found[key] is None]
    if needed and wallet is None and missing:
        names = " and ".join(variable(account, key) for key in missing)
        raise KeyMissing(
            f"no API key for {account}" if len(missing) == 2 else f"half of the API key for {account} is missing",
            hint=f"set {names}, or write {' and '.join(missing)} into [accounts.{account}] of "
            f"{file or 'the configuration'} (chmod 600); a key that may only read is enough",
        )
    return Secrets(
        api_key=found["api_key"], secret=found["secret"], passphrase=found["passphrase"], wallet_address=wallet
    )


def _one(account: str, key: str, keys: KeySource, env: Mapping[str, str], file: str | None) -> str | None:
    name, what = variable(account, key), f"accounts.{account}.{key}"
    if value := env.get(name, "").strip():
        return follow(value, env, what=name, file=None) if is_reference(value) else value
    if path := env.get(f"{name}_FILE", "").strip():
        return read_secret(Path(path), what=f"{name}_FILE")
    if value := keys.given.get(key, "").strip():
        return follow(value, env, what=what, file=file) if is_reference(value) else value
    if path := keys.given.get(f"{key}_file", ""):
        return read_secret(beside(path, file), what=f"{what}_file")
    if command := keys.given.get(f"{key}_command"):
        return printed(command, what=f"{what}_command", file=file)
    return None
