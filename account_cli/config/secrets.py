"""A secret is read as late as possible, from a place that only its owner can read, and shown to nobody.

For an account ``kraken`` each secret is looked for in this order:

1. the variable ``KRAKEN_API_KEY`` (``KRAKEN_API_SECRET``, ``KRAKEN_API_PASSPHRASE``)
2. the file that ``KRAKEN_API_KEY_FILE`` names
3. ``api_key`` in the configuration, 4. the file ``api_key_file`` names, 5. what ``api_key_command`` prints

Never from the command line: arguments are seen by every user of the computer.
"""

from __future__ import annotations

import os
import re
from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import NoReturn

from account_cli.errors import ConfigError, KeyMissing

#: configuration key -> what its variable ends in
SECRETS = {"api_key": "API_KEY", "secret": "API_SECRET", "passphrase": "API_PASSPHRASE"}
SUFFIXES = ("", "_file", "_command")
_COMMAND_SECONDS = 30
_LARGEST = 16_384


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
        return any(key in SECRETS for key in self.given)

    def secrets(self) -> tuple[str, ...]:
        """The secrets that stand in the configuration itself: to be redacted, not to be used."""
        return tuple(value.strip() for key, value in self.given.items() if key in SECRETS)


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
    name = variable(account, key)
    if value := env.get(name, "").strip():
        return value
    if path := env.get(f"{name}_FILE", "").strip():
        return read_secret(Path(path), what=f"{name}_FILE")
    if value := keys.given.get(key, "").strip():
        return value
    if path := keys.given.get(f"{key}_file", ""):
        return read_secret(_beside(path, file), what=f"accounts.{account}.{key}_file")
    if command := keys.given.get(f"{key}_command"):
        return _printed(command, what=f"accounts.{account}.{key}_command", file=file)
    return None


def _beside(path: str, file: str | None) -> Path:
    """A relative path in the configuration starts where the configuration is."""
    written = Path(path).expanduser()
    return written if written.is_absolute() or file is None else Path(file).parent / written


def read_secret(path: Path, *, what: str) -> str:
    """Return the one secret that a file holds; refuses a file that others may read or that holds none."""
    try:
        with path.open("rb") as stream:
            demand_private(os.fstat(stream.fileno()), str(path), what=what)
            text = stream.read(_LARGEST).decode().strip()
    except (OSError, UnicodeDecodeError) as error:
        reason = error.strerror if isinstance(error, OSError) else "not text"
        raise ConfigError(f"cannot be read ({reason})", file=str(path), key=what) from None
    if not text:
        raise ConfigError("the file is empty", file=str(path), key=what)
    return text


def demand_private(status: os.stat_result, path: str, *, what: str | None = None) -> None:
    """Raise ``ConfigError`` when others than the owner may read or write a file that holds secrets.

    What systemd lays into ``CREDENTIALS_DIRECTORY`` may show that a group reads it: that is how the one user for whom
    it is there may (systemd.exec(5), ``LoadCredential=``).
    """
    credentials = os.environ.get("CREDENTIALS_DIRECTORY")
    others = 0o037 if credentials and Path(path).parent == Path(credentials) else 0o077
    if status.st_mode & others:
        raise ConfigError(
            f"holds a secret and may be read by others (mode {status.st_mode & 0o777:04o})",
            file=path,
            key=what,
            hint=f"chmod 600 {path}",
        )
    if status.st_uid not in {os.geteuid(), 0}:
        raise ConfigError("holds a secret and belongs to another user", file=path, key=what, hint=f"chown $USER {path}")


def without_secrets(env: Mapping[str, str]) -> dict[str, str]:
    """Return an environment for a program that is started: it is told no key of any account."""
    return {name: value for name, value in env.items() if not name.upper().endswith(tuple(SECRETS.values()))}


def _printed(command: str, *, what: str, file: str | None) -> str:
    """Return the first line that a command prints. It is run without a shell; what it says on stderr is not kept."""
    import shlex
    import subprocess

    try:
        done = subprocess.run(  # noqa: S603 -- the owner of the configuration wrote the command
            shlex.split(command),
            capture_output=True,
            check=True,
            timeout=_COMMAND_SECONDS,
            env=without_secrets(os.environ),
            stdin=subprocess.DEVNULL,
        )
        lines = done.stdout.decode().splitlines()
    except (OSError, ValueError, subprocess.SubprocessError) as error:
        reason = {
            subprocess.TimeoutExpired: f"took more than {_COMMAND_SECONDS} s",
            subprocess.CalledProcessError: "ended with an error",
            FileNotFoundError: "not found",
        }.get(type(error), "cannot be run")
        raise ConfigError(f"the command for the secret {reason}", file=file, key=what) from None
    if not lines or not lines[0].strip():
        raise ConfigError("the command for the secret printed nothing", file=file, key=what)
    return lines[0].strip()
